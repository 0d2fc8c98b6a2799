"""serverless.yml: functions with their events, and the variables between them.

`${self:...}` is resolved, `${opt:...}` and `${sls:stage}` by their default, `${file(...)}` among
the files that were given; everything else stays a name that is equal only to itself.
Source: https://www.serverless.com/framework/docs/providers/aws/guide/serverless.yml
"""

from __future__ import annotations

import posixpath
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import regex
from signed_lambda.scan.infra import asl, cloudformation, object_events
from signed_lambda.scan.infra.document import NOTHING, Tree
from signed_lambda.scan.infra.filters import json_of, policy_of, recursion_of, shown
from signed_lambda.scan.infra.intrinsics import value_of
from signed_lambda.scan.infra.model import (
    SHARED,
    Edge,
    Function,
    KeyFilter,
    Place,
    Resource,
    ref,
)
from signed_lambda.scan.selection import Filter, Topics
from signed_lambda.scan.values import Ref, Str, joined, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from signed_lambda.scan.infra.model import Infra
    from signed_lambda.scan.selection import Selection
    from signed_lambda.scan.values import Atom

DEPTH: Final = 12
"""Variables in variables."""
MAX_TEXT: Final = 4096
"""Of a value with its variables in it: ten of ten of ten ... end here."""
_VARIABLE: Final = regex(r"\$\{([^${}]+)\}")
_OPTION: Final = regex(r"(?:opt|sls|param):([\w.-]+)")
_MADE: Final = ("ApiGatewayRestApi", "HttpApi")
"""What the framework calls the APIs that it makes.

Source: https://www.serverless.com/framework/docs/providers/aws/guide/resources
"""
_FILE: Final = regex(r"file\(([^()]++)\)(?::(.+))?")


def is_template(tree: Tree) -> bool:
    """Whether it is a configuration of the Serverless Framework."""
    return bool(tree.get("service")) and bool(tree.get("functions") or tree.get("provider"))


def read(
    path: str, tree: Tree, infra: Infra, lines: tuple[str, ...], others: Mapping[str, Tree]
) -> None:
    """Adds what the file declares.

    Args:
        path: Where it is.
        tree: What it says.
        infra: Is added to.
        lines: For evidence.
        others: Files that it may include, by path.
    """
    _Reader(path, tree, infra, lines, others).read()


class _Reader:
    def __init__(
        self,
        path: str,
        tree: Tree,
        infra: Infra,
        lines: tuple[str, ...],
        others: Mapping[str, Tree],
    ) -> None:
        self.path, self.tree, self.infra, self.lines = path, tree, infra, lines
        self.others = others
        self.resources: dict[str, Tree] = {}
        self.functions = {
            name.replace("-", "dash").replace("_", "underscore").lower()
            for part in self.included(tree.get("functions"))
            for name in part.table
        }

    def read(self) -> None:
        """The resources as CloudFormation, then the functions."""
        for part in self.included(self.tree.get("resources")):
            self.resources |= self._resolved(part.get("Resources"), 0).table
        if self.resources:
            whole = Tree(1, "", {"Resources": Tree(1, "", self.resources)})
            cloudformation.read(self.path, whole, self.infra, self.lines)
        for part in self.included(self.tree.get("functions")):
            for name, function in part.table.items():
                for one in self.included(function):
                    self._function(name, one)
        queues = (p.table.items() for p in self.included(self.tree.get("constructs")))
        for name, construct in chain.from_iterable(queues):
            self._construct(name, construct)
        for part in self.included(self.tree.get("stepFunctions", "stateMachines")):
            for name, machine in part.table.items():
                self._machine(name, machine)

    def included(self, tree: Tree) -> Iterator[Tree]:
        """The tree, or each of its parts where it is a list; files in place of their names."""
        parts = tree.value if isinstance(tree.value, tuple) else (tree,)
        for part in parts:
            found = self._file(part.text) if part.text else part
            if found:
                yield found

    def _file(self, given: str) -> Tree:
        said = _FILE.search(given)
        if said is None:
            return NOTHING
        base = posixpath.normpath(posixpath.join(posixpath.dirname(self.path), said[1].strip()))
        found = self.others.get(base, NOTHING)
        return found.get(*said[2].strip("}").split(".")) if said[2] else found

    # -- variables

    def resolved(self, given: str, depth: int = 0) -> str:
        """A text with its variables replaced, as far as the files say what they are."""
        if depth > DEPTH or len(given) > MAX_TEXT:
            return given[:MAX_TEXT]
        found = _VARIABLE.sub(lambda m: self._variable(m[1], m[0]), given)
        return self.resolved(found, depth + 1) if found != given else found

    def _variable(self, name: str, whole: str) -> str:
        wanted, _, default = name.partition(",")
        wanted, default = wanted.strip(), default.strip().strip("'\"")
        if wanted.startswith("self:"):
            keys = wanted.removeprefix("self:").split(".")
            value = self.tree.get(*keys)
            if value.text:
                return value.text
            file = (
                self._file(self.tree.get(*keys[:1]).text).get(*keys[1:])
                if len(keys) > 1
                else NOTHING
            )
            if file.text:
                return file.text
            if keys in (["service"], ["provider", "stage"]):
                return self.tree.get("service", "name").text or "dev"
        said = _OPTION.fullmatch(wanted)
        if said and said[1] == "stage" and not default:
            stage = self.tree.get("provider", "stage").text
            default = "dev" if "stage" in stage else stage or "dev"
        if default:
            return default if ":" not in default else f"${{{default}}}"
        return self._file(whole).text or whole

    def _resolved(self, tree: Tree, depth: int) -> Tree:
        if isinstance(tree.value, str):
            return replace(tree, value=self.resolved(tree.value))
        if isinstance(tree.value, tuple):
            return replace(tree, value=tuple(self._resolved(t, depth + 1) for t in tree.value))
        members = {self.resolved(k): self._resolved(v, depth + 1) for k, v in tree.value.items()}
        return replace(tree, value=members)

    def value(self, tree: Tree) -> Str:
        """A value; a variable that stays open is equal to itself only."""
        found = value_of(self._resolved(tree, 0), self._reference)
        literal = found.literal
        if literal is None or "${" not in literal:
            return found
        parts: list[Str] = []
        end = 0
        for hole in _VARIABLE.finditer(literal):
            parts += [text(literal[end : hole.start()]), ref(f"param:{hole[1]}")]
            end = hole.end()
        return joined((*parts, text(literal[end:])))

    def _reference(self, name: str, attribute: str) -> Atom:
        logical = name.removesuffix("Url").removesuffix("LambdaFunction")
        made = name in _MADE or (logical != name and logical.lower() in self.functions)
        known = name in self.resources or made
        return Ref(f"{self.path}#{name}" if known else f"param:{name}", attribute)

    # -- functions

    def _function(self, name: str, given: Tree) -> None:
        own = self.value(given.get("name")) if given.get("name") else self._name(name)
        variables: dict[str, Tree] = {}
        for environment in (self.tree.get("provider", "environment"), given.get("environment")):
            for part in self.included(environment):
                variables |= part.table
        function = Function(f"{self.path}#{name}", "function", self._place(given), own)
        function.handler = self.resolved(given.get("handler").text)
        function.env = {key: self.value(v) for key, v in variables.items()}
        self.infra.add(function)
        plain = name.replace("-", "Dash").replace("_", "Underscore")
        logical = f"{plain[:1].upper()}{plain[1:]}LambdaFunction"
        self.infra.aliases[f"{self.path}#{logical}"] = function.id
        recursion = self._resolved(given.get("recursiveLoop"), 0)
        function.recursive_loop = recursion_of(recursion.text)
        function.allowed_at = self._place(recursion) if recursion.text == "Allow" else None
        if given.get("url").table or given.get("url").text.lower() == "true":
            url = Resource(f"{self.path}#{logical}Url", "api", self._place(given))
            self.infra.add(url)
            self._edge(ref(url.id), "api", ref(function.id), "function", given.get("url"))
        for event in given.get("events").items:
            for kind, member in event.table.items():
                reader = _EVENTS.get(kind)
                if reader is not None:
                    reader(self, ref(function.id), member, event)
        to = given.get("destinations")
        for which in ("onSuccess", "onFailure"):
            if to.get(which):
                self._destination(ref(function.id), to.get(which))

    def _construct(self, name: str, given: Tree) -> None:
        """A queue of Lift with the function that reads it.

        Source: https://github.com/getlift/lift/blob/master/docs/queue.md
        """
        if given.get("type").text != "queue":
            return
        queue = Resource(f"{self.path}#{name}", "queue", self._place(given))
        self.infra.add(queue)
        for attribute in ("queueUrl", "queueArn"):
            self.infra.aliases[f"param:construct:{name}.{attribute}"] = queue.id
        self._function(f"{name}Worker", given.get("worker"))
        me = ref(f"{self.path}#{name}Worker")
        self._edge(ref(queue.id), "queue", me, "function", given)

    def _machine(self, name: str, given: Tree) -> None:
        """A machine of the usual plugin, which is also known by its logical id.

        Source: https://github.com/serverless-operations/serverless-step-functions
        """
        own = self.value(given.get("name")) if given.get("name") else None
        me = Resource(f"{self.path}#{name}", "machine", self._place(given), own)
        self.infra.add(me)
        logical = given.get("id").text or f"{name[:1].upper()}{name[1:]}"
        for alias in (logical, f"{logical}StepFunctionsStateMachine"):
            self.infra.aliases[f"param:{alias}"] = me.id
        for definition in self.included(given.get("definition")):
            for state in asl.states(definition):
                function, started = asl.invoked(state), asl.started(state)
                if function is not None:
                    self._edge(ref(me.id), "machine", self._task(function), "function", state)
                if started is not None:
                    to = ref(me.id) if started.text == asl.OWN else self.value(started)
                    self._edge(ref(me.id), "machine", to, "machine", state, how="start")

    def _task(self, given: Tree) -> Str:
        """The function of a task, which the plugin knows by its short name, too."""
        value = self.value(given)
        atom = value.atoms[0]
        name = atom.of.removeprefix("param:") if isinstance(atom, Ref) else given.text
        return ref(f"{self.path}#{name}") if self.tree.get("functions", name) else value

    def _name(self, name: str) -> Str:
        service = self.tree.get("service")
        given = self.resolved(service.text or service.get("name").text)
        stage = self.resolved(self.tree.get("provider", "stage").text or "dev")
        return self.value(Tree(0, "", f"{given}-{stage}-{name}"))

    def _destination(self, function: Str, to: Tree) -> None:
        literal = self.resolved(to.text)
        target = self._name(literal) if to.text and ":" not in literal else self.value(to)
        self._edge(function, "function", target, "function", to, how="destination")

    def _place(self, tree: Tree) -> Place:
        there = self.lines[tree.line - 1].strip()[:160] if 0 < tree.line <= len(self.lines) else ""
        return Place(self.path, tree.line, there)

    def _edge(
        self,
        source: Str,
        kind: str,
        target: Str,
        target_kind: str,
        at: Tree,
        *,
        filters: tuple[KeyFilter, ...] = (),
        events: tuple[str, ...] = (),
        certain: bool = True,
        how: str = "",
        selects: bool = False,
        takes: Selection | None = None,
    ) -> None:
        self.infra.edges.append(
            Edge(
                source,
                kind,
                target,
                target_kind,
                self._place(at),
                filters,
                events,
                certain,
                how,
                selects,
                takes=takes,
            )
        )

    # -- events

    def s3(self, me: Str, given: Tree, at: Tree) -> None:
        """`s3: bucket` or a table."""
        bucket = given.get("bucket") if given.table else given
        source = self.value(bucket)
        custom = self.tree.get("provider", "s3", source.literal or "", "name")
        if custom:
            source = self.value(custom)
        rules = [pair for rule in given.get("rules").items for pair in rule.table.items()]
        filters = {key: self.resolved(value.text) for key, value in rules}
        keys = (KeyFilter(filters.get("prefix", ""), filters.get("suffix", "")),) if rules else ()
        event = self.resolved(given.get("event").text) or "s3:ObjectCreated:*"
        self._edge(source, "bucket", me, "function", at, filters=keys, events=(event,))

    def sqs(self, me: Str, given: Tree, at: Tree) -> None:
        """`sqs: arn` or a table."""
        if given.get("enabled").text.lower() == "false":
            return
        source = self.value(given.get("arn") if _is_plain_table(given) else given)
        self._edge(source, "queue", me, "function", at, takes=self._patterns(given))

    def sns(self, me: Str, given: Tree, at: Tree) -> None:
        """`sns: name`, an ARN or a table."""
        topic = given
        if _is_plain_table(given):
            topic = given.get("arn") or given.get("topicName")
        takes = policy_of(self._resolved(given, 0), given)
        self._edge(self.value(topic), "topic", me, "function", at, takes=takes)

    def stream(self, me: Str, given: Tree, at: Tree) -> None:
        """`stream: arn` or a table."""
        if given.get("enabled").text.lower() == "false":
            return
        source = self.value(given.get("arn") if _is_plain_table(given) else given)
        literal = "".join(getattr(a, "text", "") for a in source.atoms)
        named = given.get("type").text or ("kinesis" if ":kinesis:" in literal else "dynamodb")
        kind = "stream" if named == "kinesis" else "table"
        self._edge(source, kind, me, "function", at, takes=self._patterns(given))

    def _patterns(self, given: Tree) -> Filter | None:
        listed = self._resolved(given.get("filterPatterns"), 0)
        patterns = tuple(json_of(one) for one in listed.items)
        return Filter(patterns) if patterns else None

    def event_bridge(self, me: Str, given: Tree, at: Tree) -> None:
        """`eventBridge` with a pattern."""
        pattern = given.get("pattern")
        if not pattern or given.get("enabled").text.lower() == "false":
            return
        bus = self.value(given.get("eventBus")) if given.get("eventBus") else text("default")
        resolved = self._resolved(pattern, 0)
        for one in object_events.of_pattern(resolved, self.value):
            self._edge(
                *(one.bucket, "bucket", me, "function", at),
                filters=one.filters,
                events=object_events.EVENTS,
                certain=one.certain,
            )
        takes = Filter((json_of(resolved),))
        self._edge(bus, "bus", me, "function", at, takes=takes)

    def cloudwatch_event(self, me: Str, given: Tree, at: Tree) -> None:
        """`cloudwatchEvent` with a pattern, as EventBridge was called before."""
        pattern = given.get("event")
        whole = Tree(at.line, "", {"pattern": pattern, "enabled": given.get("enabled")})
        self.event_bridge(me, whole, at)

    def http(self, me: Str, given: Tree, at: Tree) -> None:
        """`http: POST jobs` or a table: a route of the REST API."""
        self._route(me, "ApiGatewayRestApi", given, at)

    def http_api(self, me: Str, given: Tree, at: Tree) -> None:
        """`httpApi: POST /jobs`, `*` or a table: a route of the HTTP API."""
        self._route(me, "HttpApi", given, at)

    def _route(self, me: Str, api: str, given: Tree, at: Tree) -> None:
        method, _, path = self.resolved(given.text).strip().rpartition(" ")
        if given.table:
            method = self.resolved(given.get("method").text)
            path = self.resolved(given.get("path").text)
        path = "$default" if path == "*" else f"/{path.lstrip('/')}"
        self.infra.route(f"{self.path}#{api}", method, path, me, self._place(at))

    def iot(self, me: Str, given: Tree, at: Tree) -> None:
        """`iot: {sql: ...}`."""
        takes = Topics.of_sql(shown(self.value(given.get("sql"))))
        if takes is not None and given.get("enabled").text.lower() != "false":
            self._edge(SHARED, "broker", me, "function", at, takes=takes)

    def logs(self, me: Str, given: Tree, at: Tree) -> None:
        """`cloudwatchLog`."""
        group = given.get("logGroup") if given.table else given
        selects = bool(given.get("filter").text)
        self._edge(self.value(group), "logs", me, "function", at, selects=selects)


_EVENTS: Final[dict[str, Callable[[_Reader, Str, Tree, Tree], None]]] = {
    "s3": _Reader.s3,
    "sqs": _Reader.sqs,
    "sns": _Reader.sns,
    "stream": _Reader.stream,
    "eventBridge": _Reader.event_bridge,
    "cloudwatchEvent": _Reader.cloudwatch_event,
    "cloudwatchLog": _Reader.logs,
    "http": _Reader.http,
    "httpApi": _Reader.http_api,
    "iot": _Reader.iot,
}


def _is_plain_table(given: Tree) -> bool:
    """A table of settings, not one intrinsic function."""
    keys = given.table.keys()
    return bool(keys) and not any(k == "Ref" or k.startswith("Fn::") for k in keys)
