"""CDK applications in TypeScript, JavaScript or Python, read as source.

Constructs are known by where they are made: `new Queue(this, "Jobs")` is the queue that every
variable, member and property leading to it means. What only the run knows (`props.queue`) is equal
to itself. Nothing is run: a stack that builds its constructs in loops is seen once.
Source: https://docs.aws.amazon.com/cdk/api/v2/
"""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from signed_lambda.scan.evaluate import Evaluator
from signed_lambda.scan.form import Call, Member, Name, Row, Table, Text
from signed_lambda.scan.front import deep
from signed_lambda.scan.infra.cdk_names import (
    ATTRIBUTES,
    DESTINATIONS,
    EVENTS,
    camel,
    pairs_of,
    plain,
    plain_key,
    snake,
    tail_of,
)
from signed_lambda.scan.infra.document import Tree
from signed_lambda.scan.infra.filters import shown
from signed_lambda.scan.infra.model import SHARED, Edge, Function, KeyFilter, Place, Resource
from signed_lambda.scan.infra.object_events import EVENTS as OBJECT_EVENTS
from signed_lambda.scan.infra.object_events import ObjectEvents, of_pattern
from signed_lambda.scan.library import CONSTRUCT, id_of_construct, is_told
from signed_lambda.scan.matching import UNKNOWN
from signed_lambda.scan.messages import known
from signed_lambda.scan.program import Program, constructs, last_name
from signed_lambda.scan.reading import Unread
from signed_lambda.scan.selection import Filter, Recipients, Topics
from signed_lambda.scan.values import (
    Env,
    Frame,
    Func,
    Given,
    Hole,
    Inst,
    Lit,
    Obj,
    Path,
    Ref,
    Str,
    joined,
)
from signed_lambda.scan.watch import TookTooLongError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from signed_lambda.scan.form import Expr, Module
    from signed_lambda.scan.form import Function as CodeFunction
    from signed_lambda.scan.infra.model import Infra
    from signed_lambda.scan.matching import Known
    from signed_lambda.scan.selection import Selection
    from signed_lambda.scan.values import Value
    from signed_lambda.scan.watch import Watch

_NAMES: Final = {
    "Queue": ("queue", "queueName"),
    "Bucket": ("bucket", "bucketName"),
    "Topic": ("topic", "topicName"),
    "Table": ("table", "tableName"),
    "TableV2": ("table", "tableName"),
    "Stream": ("stream", "streamName"),
    "StateMachine": ("machine", "stateMachineName"),
    "EventBus": ("bus", "eventBusName"),
    "DeliveryStream": ("delivery", "deliveryStreamName"),
    "FunctionUrl": ("api", "-"),
    "RestApi": ("api", "-"),
    "LambdaRestApi": ("api", "-"),
    "HttpApi": ("api", "-"),
}
_SOURCES: Final = {
    "SqsEventSource": "queue",
    "SnsEventSource": "topic",
    "S3EventSource": "bucket",
    "S3EventSourceV2": "bucket",
    "DynamoEventSource": "table",
    "KinesisEventSource": "stream",
}
_BUILD: Final = re.compile(r"/(dist|build|out|lib)$")
_CALLS: Final = 3
"""Functions that call functions that make constructs."""
_CALLS_OF: Final = 100
_TASKS: Final = {
    "LambdaInvoke": ("lambdaFunction", "function", ""),
    "StepFunctionsStartExecution": ("stateMachine", "machine", "start"),
}
"""Tasks of a machine: the setting that names what they run, what that is, how they lead there."""
_OLD_TASKS: Final = ("InvokeFunction", "RunLambdaTask")
_SELF: Final = ("this", "self")
_PARTS: Final = 2000
"""Expressions that are looked at for the tasks of one machine."""
_NOT_FUNCTIONS: Final = ("LambdaFunction", "IFunction", "EdgeFunction")


def is_cdk(module: Module) -> bool:
    """Whether it imports the CDK."""
    sources = (source for source, _ in module.imports.values())
    return any(s.startswith(("aws-cdk-lib", "@aws-cdk/", "aws_cdk")) for s in sources)


def read(modules: Iterable[Module], infra: Infra, watch: Watch) -> Iterator[Unread]:
    """Adds what the stacks among some files declare.

    Yields:
        Each stack that takes too long; what it declared until then stays.
    """
    program = Program(modules)
    reader = _Reader(program, infra, watch)
    stacks = [m for m in program.modules.values() if is_cdk(m)]
    given_up: dict[str, str] = {}
    with deep():
        for step in (reader.look, reader.declare_all, reader.connect_all):
            for stack in stacks:
                try:
                    with watch.on(stack.path):
                        step(stack)
                except TookTooLongError as error:
                    given_up[stack.path] = str(error)
    infra.sources.extend(m.path for m in stacks)
    yield from (Unread(path, f"partly read: {why}") for path, why in given_up.items())


class _Reader:
    def __init__(self, program: Program, infra: Infra, watch: Watch) -> None:
        self.infra = infra
        self.evaluator = Evaluator(program, watch)
        self.calls: dict[Module, list[tuple[Call, Frame]]] = defaultdict(list)
        self.rules: dict[str, tuple[Str, Filter]] = {}
        self.objects: dict[str, list[ObjectEvents]] = {}

    def look(self, stack: Module) -> None:
        """Finds the calls of a stack, as they are made."""
        for function in stack.functions:
            for frame in self.frames(function, 0):
                self.calls[stack] += ((site.call, frame) for site in function.sites)

    def declare_all(self, stack: Module) -> None:
        """Adds the resources of a stack."""
        for call, frame in self.calls[stack]:
            self.declare(call, frame)

    def connect_all(self, stack: Module) -> None:
        """Adds what starts what in a stack."""
        for call, frame in self.calls[stack]:
            self.connect(call, frame)

    def frames(self, function: CodeFunction, level: int) -> list[Frame]:
        """A function as it is called: one that is told what to call a construct, at each call."""
        named = (id_of_construct(site.call) for site in function.sites)
        if level > _CALLS or not any(is_told(name, function) for name in named):
            return [Frame(function)]
        program = self.evaluator.program
        this = Inst(function.owner) if function.owner is not None else None
        if constructs(function):
            return [Frame(function)]
        found = [
            self.evaluator.bind(Func(function, None, this), call, frame)
            for call, caller in program.calls_of(function)[:_CALLS_OF]
            if program.may_call(call, function, caller)
            for frame in self.frames(caller, level + 1)
        ]
        return found[:_CALLS_OF] or [Frame(function)]

    # -- constructs

    def declare(self, call: Call, frame: Frame) -> None:
        """Adds the resource that a construct is."""
        name = last_name(call.func)
        bare = name.removeprefix("Cfn")
        if bare in _NAMES or self._is_function(name, call):
            identity = self._made(call, frame)
            if identity is None:
                return
            if bare in _NAMES:
                kind, key = _NAMES[bare]
                given = self._prop(call, key, frame)
                place = self._place(call, frame)
                self.infra.add(Resource(identity, kind, place, given))
            else:
                self._function(identity, call, frame)

    def _is_function(self, name: str, call: Call) -> bool:
        return (
            name.endswith("Function")
            and name[0].isupper()
            and name not in _NOT_FUNCTIONS
            and not name.startswith("Cfn")
            and len(call.args) + len(call.named) > 1
        )

    def _function(self, identity: str, call: Call, frame: Frame) -> None:
        made = Function(identity, "function", self._place(call, frame))
        made.name = self._prop(call, "functionName", frame)
        made.handler, made.folder = self._handler(call, frame)
        if self._says(call, "recursiveLoop", "Allow", frame):
            made.recursive_loop, made.allowed_at = "Allow", made.place
        for expr in self._props(call):
            environment = self.evaluator.member(expr, "environment", frame)
            for value in environment:
                made.env |= self._environment(value)
        for key, expr in call.named:
            if key == "environment":
                for value in self.evaluator.values(expr, frame):
                    made.env |= self._environment(value)
        self.infra.add(made)

    def _says(self, call: Call, name: str, what: str, frame: Frame) -> bool:
        """Whether a setting is `what`, as a text or as a member of an enumeration."""
        found = self._prop(call, name, frame)
        atom = found.atoms[-1] if found is not None and found.atoms else None
        said = atom.text if isinstance(atom, Lit) else atom.of if isinstance(atom, Ref) else ""
        return said.rpartition(".")[2].lower() == what.lower()

    def _environment(self, table: Value) -> dict[str, Str]:
        """The variables of a table, those that are put into it later and those it spreads."""
        if not isinstance(table, Obj) or not isinstance(table.expr, Table):
            return {}
        found: dict[str, Str] = {}
        for key, value in table.expr.items:
            if isinstance(key, Text):
                found[key.text] = self._value(value, table.frame) or Str((Hole(),))
            elif key is None and value is not table.expr:
                for inner in self.evaluator.values(value, table.frame):
                    if inner != table:
                        found |= self._environment(inner)
        for put, value, where in table.puts:
            if isinstance(put, Text):
                at = table.frame if where is table.frame.function else Frame(where)
                found[put.text] = self._value(value, at) or Str((Hole(),))
        return found

    def _handler(self, call: Call, frame: Frame) -> tuple[str, str]:
        """The handler as Lambda would spell it, and where its code is; by convention at last."""
        handler = self._prop(call, "handler", frame)
        entry = self._prop(call, "entry", frame)
        name = (handler.literal if handler else None) or ""
        if entry is not None:
            path = tail_of(entry)
            index = self._prop(call, "index", frame)
            if index is not None and index.literal:
                path = posixpath.join(path, index.literal)
            return f"{posixpath.splitext(path)[0]}.{name or 'handler'}", ""
        code = self._code(call, frame)
        if name and code is not None:
            return name, _BUILD.sub("", tail_of(code))
        identity = (
            call.args[1].text if len(call.args) > 1 and isinstance(call.args[1], Text) else ""
        )
        names = [identity, last_name(call.func).removesuffix("Function")]
        return "?" + "|".join(plain(n) for n in names if n), ""

    def _code(self, call: Call, frame: Frame) -> Str | None:
        """`Code.fromAsset(path)`."""
        for key, expr in (*self._items(call), *call.named):
            for made in self._written(expr, frame) if key == "code" else ():
                if made.args:
                    return self._value(made.args[0], frame)
        return None

    def _items(self, call: Call) -> Iterator[tuple[str, Expr]]:
        for expr in self._props(call):
            for key, value in expr.items if isinstance(expr, Table) else ():
                if isinstance(key, Text):
                    yield key.text, value

    def _props(self, call: Call) -> tuple[Expr, ...]:
        return call.args[2:3]

    def _prop(self, call: Call, name: str, frame: Frame) -> Str | None:
        for key, expr in call.named:
            if key in (name, snake(name)):
                return self._value(expr, frame)
        for expr in self._props(call):
            found = self._value(Member(expr, Text(name)), frame)
            if found is not None:
                return found
        return None

    # -- values

    def _value(self, expr: Expr, frame: Frame) -> Str | None:
        """What an expression means in the template, None when nothing is known of it."""
        for value in self.evaluator.values(expr, frame):
            found = self._as_template(value, frame)
            if found is not None:
                return found
        return None

    def _as_template(self, value: Value, frame: Frame) -> Str | None:
        if not isinstance(value, Str):
            return None
        parts = [self._atom(atom, frame) for atom in value.atoms]
        known = [p for p in parts if p is not None]
        return joined(tuple(known)) if known and len(known) == len(parts) else None

    def _atom(self, atom: object, frame: Frame) -> Str | None:
        if isinstance(atom, Path) and atom.root.startswith(CONSTRUCT):
            if "addFunctionUrl()" in map(camel, atom.steps):
                return Str((Ref(f"{atom.root}{URL}", atom.steps[-1]),))
            return Str((Ref(atom.root, atom.steps[-1] if atom.steps else ""),))
        if isinstance(atom, Path):
            steps = [s for s in atom.steps if s not in ATTRIBUTES]
            where = frame.function.module.path
            return Str((Ref(f"param:{where}:{'.'.join((atom.root, *steps))}"),))
        if isinstance(atom, Env):
            return Str((Ref(f"param:env:{atom.name}"),))
        return Str((atom,)) if isinstance(atom, Lit) else None

    def _made(self, call: Call, frame: Frame) -> str | None:
        for value in self.evaluator.values(call, frame):
            path = value.path if isinstance(value, Str) else None
            if path is not None and path.root.startswith(CONSTRUCT):
                return path.root
        return None

    def _place(self, call: Call, frame: Frame) -> Place:
        module = frame.function.module
        return Place(module.path, call.line, module.line(call.line))

    # -- what starts what

    def connect(self, call: Call, frame: Frame) -> None:
        """Adds the trigger or delivery that a call sets up."""
        name = camel(last_name(call.func))
        reader = _CONNECTS.get(name) or _CONNECTS.get(name.removeprefix("Cfn"))
        if reader is not None:
            reader(self, call, frame)
        elif self._is_function(name, call):
            self.function(call, frame)

    def edge(
        self,
        source: Str | None,
        kind: str,
        target: Str | None,
        target_kind: str,
        call: Call,
        frame: Frame,
        *,
        filters: tuple[KeyFilter, ...] = (),
        events: tuple[str, ...] = (),
        how: str = "",
        selects: bool = False,
        takes: Selection | None = None,
    ) -> None:
        """Keeps an edge whose ends are known."""
        if source is not None and target is not None:
            place = self._place(call, frame)
            self.infra.edges.append(
                Edge(
                    *(source, kind, target, target_kind, place, filters, events, True, how),
                    selects=selects,
                    takes=takes,
                )
            )

    def event_source(self, call: Call, frame: Frame) -> None:
        """`fn.addEventSource(new SqsEventSource(queue))`."""
        if isinstance(call.func, Member):
            me = self._value(call.func.of, frame)
            for source in self._written(call.args[0] if call.args else None, frame):
                self._event_source(source, me, call, frame)

    def _event_source(self, source: Call, me: Str | None, call: Call, frame: Frame) -> None:
        kind = _SOURCES.get(last_name(source.func))
        if kind is not None and (source.args or source.named):
            of = self._value(source.args[0] if source.args else source.named[0][1], frame)
            filters, events = self._key_filters(source, frame)
            selects = any(
                self.evaluator.member(a, "filters", frame) != (UNKNOWN_VALUE,)
                for a in source.args[1:2]
                if kind != "bucket"
            )
            self.edge(
                of,
                kind,
                me,
                "function",
                call,
                frame,
                filters=filters,
                events=events,
                selects=selects,
            )

    def _written(self, expr: Expr | None, frame: Frame) -> Iterator[Call]:
        """The call that makes a value, where it is written or where its variable is set."""
        if isinstance(expr, Call):
            yield expr
        elif isinstance(expr, Name):
            scope: CodeFunction | None = frame.function
            while scope is not None and not scope.declares(expr.name):
                scope = scope.outer
            stored = scope.sets.get(expr.name, ()) if scope is not None else ()
            yield from (v for v, _ in stored if isinstance(v, Call))
        elif isinstance(expr, Member) and isinstance(expr.key, Text):
            around: CodeFunction | None = frame.function
            while around is not None and around.owner is None:
                around = around.outer
            sets = around.owner.sets if around is not None and around.owner else {}
            yield from (v for v, _ in sets.get(expr.key.text, ()) if isinstance(v, Call))

    def function(self, call: Call, frame: Frame) -> None:
        """What the properties of a function say: what starts it, where its failures go."""
        identity = self._made(call, frame)
        known = self.infra.resources.get(identity or "")
        if identity is None or not isinstance(known, Function):
            return
        me = Str((Ref(identity),))
        for key, expr in (*self._items(call), *call.named):
            name = camel(key or "")
            if name == "events" and isinstance(expr, Row):
                for item in expr.items:
                    for source in self._written(item, frame):
                        self._event_source(source, me, call, frame)
            elif name == "deadLetterQueue":
                to = self._value(expr, frame)
                self.edge(me, "function", to, "queue", call, frame, how="destination")
            elif name in ("onFailure", "onSuccess"):
                for to_call in self._written(expr, frame):
                    kind = DESTINATIONS.get(last_name(to_call.func))
                    to = self._value(to_call.args[0], frame) if to_call.args else None
                    if kind is not None:
                        self.edge(me, "function", to, kind, call, frame, how="destination")

    def environment(self, call: Call, frame: Frame) -> None:
        """`fn.addEnvironment("NEXT", fn.functionName)`: the one way to give it its own name."""
        if not isinstance(call.func, Member) or len(call.args) < 2:  # noqa: PLR2004 - key, value
            return
        of = self._value(call.func.of, frame)
        key, value = self._value(call.args[0], frame), self._value(call.args[1], frame)
        atom = of.atoms[0] if of is not None and of.atoms else None
        known = self.infra.resources.get(atom.of) if isinstance(atom, Ref) else None
        literal = key.literal if key is not None else None
        if isinstance(known, Function) and literal is not None:
            known.env[literal] = value or Str((Hole(),))

    def _key_filters(
        self, call: Call, frame: Frame
    ) -> tuple[tuple[KeyFilter, ...], tuple[str, ...]]:
        """The `{prefix, suffix}` and the event types among the arguments of a call."""
        filters: list[KeyFilter] = []
        events: list[str] = []
        waiting: list[Expr] = [*call.args, *(v for _, v in call.named)]
        while waiting:
            expr = waiting.pop()
            if isinstance(expr, Row):
                waiting.extend(expr.items)
            elif isinstance(expr, Member) and isinstance(expr.key, Text):
                events += [EVENTS[expr.key.text]] if expr.key.text in EVENTS else []
            elif isinstance(expr, Table | Call):
                pairs = pairs_of(expr)
                waiting.extend(v for k, v in pairs if k in ("events", "filters"))
                ends = {k: self._value(v, frame) for k, v in pairs if k in ("prefix", "suffix")}
                if ends:
                    texts = {k: (v.literal if v else None) or "" for k, v in ends.items()}
                    filters.append(KeyFilter(texts.get("prefix", ""), texts.get("suffix", "")))
        return tuple(filters), tuple(events)

    def notification(self, call: Call, frame: Frame) -> None:
        """`bucket.addEventNotification(type, new LambdaDestination(fn), {prefix})`."""
        if not isinstance(call.func, Member):
            return
        filters, events = self._key_filters(call, frame)
        if "ObjectCreated" in camel(last_name(call.func)):
            events = ("s3:ObjectCreated:*",)
        source = self._value(call.func.of, frame)
        for arg in (made for given in call.args for made in self._written(given, frame)):
            kind = DESTINATIONS.get(last_name(arg.func))
            if kind is not None and arg.args:
                target = self._value(arg.args[0], frame)
                self.edge(
                    source, "bucket", target, kind, call, frame, filters=filters, events=events
                )

    def subscription(self, call: Call, frame: Frame) -> None:
        """`topic.addSubscription(new SqsSubscription(queue))`."""
        if not isinstance(call.func, Member):
            return
        source = self._value(call.func.of, frame)
        kinds = {"LambdaSubscription": "function", "SqsSubscription": "queue"}
        for arg in self._written(call.args[0] if call.args else None, frame):
            kind = kinds.get(last_name(arg.func))
            if kind is not None and arg.args:
                target = self._value(arg.args[0], frame)
                given = [k for a in arg.args[1:] for k, _ in pairs_of(a)] + [
                    k for k, _ in arg.named
                ]
                selects = any(camel(k or "").startswith("filterPolicy") for k in given)
                self.edge(source, "topic", target, kind, call, frame, selects=selects)

    def mapping(self, call: Call, frame: Frame) -> None:
        """`new EventSourceMapping(this, "x", {eventSourceArn, target})`, also as a method."""
        source = self._prop(call, "eventSourceArn", frame)
        target = self._prop(call, "target", frame) or self._prop(call, "functionName", frame)
        if camel(last_name(call.func)) == "addEventSourceMapping" and isinstance(call.func, Member):
            for expr in call.args[1:2]:
                source = source or self._value(Member(expr, Text("eventSourceArn")), frame)
            target = self._value(call.func.of, frame)
        kind = self.infra.kind_of(source, "queue") if source is not None else ""
        self.edge(source, kind, target, "function", call, frame)

    def queue(self, call: Call, frame: Frame) -> None:
        """`deadLetterQueue: {queue}`, and `dead_letter_queue=DeadLetterQueue(queue=x)`."""
        identity = self._made(call, frame)
        for holder, where in self._settings(call, "deadLetterQueue", frame):
            for expr, at in self._members_of(holder, "queue", where):
                to = self._value(expr, at)
                if identity is not None:
                    me = Str((Ref(identity),))
                    self.edge(me, "queue", to, "queue", call, frame, how="redrive")

    def _members_of(self, holder: Expr, name: str, frame: Frame) -> list[tuple[Expr, Frame]]:
        """A member of a table or of a call, also where a variable has it."""
        found = self._members(holder, name, frame)
        for made in self._written(holder, frame) if not found else ():
            found += self._members(made, name, frame)
        return found

    def machine(self, call: Call, frame: Frame) -> None:
        """What the tasks of a machine run, however its definition is put together."""
        identity = self._made(call, frame)
        given = self._settings(call, "definition", frame)
        given += self._settings(call, "definitionBody", frame)
        for task, at in self._tasks(given) if identity is not None else ():
            me, name = Str((Ref(identity or ""),)), last_name(task.func)
            if name in _OLD_TASKS:
                to = self._value(task.args[0], at) if task.args else None
                self.edge(me, "machine", to, "function", task, at)
            else:
                key, kind, how = _TASKS[name]
                self.edge(me, "machine", self._prop(task, key, at), kind, task, at, how=how)

    def _tasks(self, waiting: list[tuple[Expr, Frame]]) -> Iterator[tuple[Call, Frame]]:
        seen: set[int] = set()
        while waiting and len(seen) < _PARTS:
            expr, frame = waiting.pop()
            if id(expr) in seen:
                continue
            seen.add(id(expr))
            if isinstance(expr, Call):
                if last_name(expr.func) in (*_TASKS, *_OLD_TASKS):
                    yield expr, frame
                waiting += [(e, frame) for e in (*expr.args, *(v for _, v in expr.named))]
                waiting += [(expr.func.of, frame)] if isinstance(expr.func, Member) else []
                for value in self.evaluator.values(expr.func, frame):
                    if isinstance(value, Func):
                        inner = self.evaluator.bind(value, expr, frame)
                        waiting += [(e, inner) for e in value.function.returns]
            elif isinstance(expr, Row):
                waiting += [(e, frame) for e in expr.items]
            elif isinstance(expr, Table):
                waiting += [(e, frame) for _, e in expr.items]
            elif isinstance(expr, Name | Member):
                waiting += self._parts_of(expr, frame)

    def _parts_of(self, expr: Name | Member, frame: Frame) -> list[tuple[Expr, Frame]]:
        """What a variable or property is made of, and what is chained to it."""
        scope: CodeFunction | None = frame.function
        if isinstance(expr, Name):
            while scope is not None and not scope.declares(expr.name):
                scope = scope.outer
            if scope is None or expr.name in _SELF:
                return []
            sets, functions = scope.sets, [scope, frame.function]
        elif not isinstance(expr.of, Name) or expr.of.name not in _SELF:
            return []
        else:
            while scope is not None and scope.owner is None:
                scope = scope.outer
            owner = scope.owner if scope is not None else None
            sets, functions = (owner.sets, [*owner.methods.values()]) if owner else ({}, [])
        given = frame.bound.get(last_name(expr)) if isinstance(expr, Name) else None
        found = [(given.expr, given.frame)] if isinstance(given, Given) else []
        found += [(e, Frame(where)) for e, where in sets.get(last_name(expr), ())]
        for function in functions:
            for site in function.sites:
                if _is_chained(site.call, expr):
                    found += [(arg, Frame(function)) for arg in site.call.args]
        return found

    def delivery(self, call: Call, frame: Frame) -> None:
        """A Firehose that reads a stream, and the functions named anywhere in its settings."""
        for expr in self._props(call):
            source = Member(
                Member(expr, Text("kinesisStreamSourceConfiguration")), Text("kinesisStreamArn")
            )
            of = self._value(source, frame)
            for target in self._functions_in(expr, frame):
                self.edge(of, "stream", target, "function", call, frame)

    def _functions_in(self, expr: Expr, frame: Frame) -> Iterator[Str]:
        waiting: list[Expr] = [expr]
        while waiting:
            inner = waiting.pop()
            if isinstance(inner, Table):
                waiting.extend(v for _, v in inner.items)
            elif isinstance(inner, Row):
                waiting.extend(inner.items)
            elif isinstance(inner, Member):
                found = self._value(inner, frame)
                atom = found.atoms[0] if found is not None and found.atoms else None
                known = self.infra.resources.get(atom.of) if isinstance(atom, Ref) else None
                if found is not None and isinstance(known, Function):
                    yield found

    # -- rules, routes and mail

    def _members(self, expr: Expr, name: str, frame: Frame) -> list[tuple[Expr, Frame]]:
        """What a setting of a table, or of a call with named arguments, is, in both spellings."""
        found = [(v, frame) for k, v in pairs_of(expr) if k in (name, snake(name))]
        if found or isinstance(expr, Table | Call):
            return found
        for value in self.evaluator.values(expr, frame):
            if isinstance(value, Obj) and isinstance(value.expr, Table):
                found += self._members(value.expr, name, value.frame)
        return found

    def _settings(self, call: Call, name: str, frame: Frame) -> list[tuple[Expr, Frame]]:
        found = [(v, frame) for k, v in call.named if k in (name, snake(name))]
        for expr in (*self._props(call), *call.args[:2]):
            if isinstance(expr, Table | Name):
                found += self._members(expr, name, frame)
        return found

    def _rows(self, found: list[tuple[Expr, Frame]]) -> Iterator[tuple[Expr, Frame]]:
        for expr, frame in found:
            for item in expr.items if isinstance(expr, Row) else ():
                yield item, frame

    def _pattern(self, expr: Expr, frame: Frame) -> Known:
        """`{source: ["shop"], detailType: [...]}`, or `EventPattern(source=["shop"])`."""
        pairs = pairs_of(expr)
        if not pairs:
            return UNKNOWN
        return {plain_key(key): self._known(value, frame) for key, value in pairs}

    def _known(self, expr: Expr, frame: Frame) -> Known:
        return known(self.evaluator.values(expr, frame), self.evaluator)

    def rule(self, call: Call, frame: Frame) -> None:
        """`new Rule(this, "x", {eventPattern, targets: [new LambdaFunction(fn)]})`."""
        identity = self._made(call, frame)
        patterns = self._settings(call, "eventPattern", frame)
        if identity is None or not patterns or self._says(call, "enabled", "false", frame):
            return
        bus = self._prop(call, "eventBus", frame) or Str((Lit("default"),))
        takes = Filter(tuple(self._pattern(expr, where) for expr, where in patterns))
        self.rules[identity] = (bus, takes)
        self.objects[identity] = [
            one for expr, where in patterns for one in self._object_events(expr, where)
        ]
        for target, where in self._rows(self._settings(call, "targets", frame)):
            self._rule_target(identity, target, call, where)

    def _object_events(self, pattern: Expr, frame: Frame) -> Iterator[ObjectEvents]:
        given: dict[str, Str] = {}
        document = self._as_tree(pattern, frame, given)
        yield from of_pattern(document, lambda tree: given.get(tree.text, Str((Lit(tree.text),))))

    def _as_tree(self, expr: Expr, frame: Frame, given: dict[str, Str]) -> Tree:
        """A pattern as the document that it will be; what is no text becomes a name in `given`."""
        pairs = pairs_of(expr)
        if pairs:
            members = {plain_key(k): self._as_tree(v, frame, given) for k, v in pairs}
            return Tree(0, "", members)
        if isinstance(expr, Row):
            return Tree(0, "", tuple(self._as_tree(item, frame, given) for item in expr.items))
        value = self._value(expr, frame)
        if value is not None and value.literal is not None:
            return Tree(0, "", value.literal)
        name = f"reference-{len(given)}"
        given[name] = value or Str((Hole(),))
        return Tree(0, "", name)

    def add_target(self, call: Call, frame: Frame) -> None:
        """`rule.addTarget(new LambdaFunction(fn))`."""
        if isinstance(call.func, Member):
            rule = self._ref_in(self._value(call.func.of, frame))
            for target in call.args[:1]:
                self._rule_target(rule, target, call, frame)

    def _ref_in(self, value: Str | None) -> str:
        """What a value refers to, "" for nothing."""
        atom = value.atoms[0] if value is not None and value.atoms else None
        return atom.of if isinstance(atom, Ref) else ""

    def _rule_target(self, rule: str, target: Expr, call: Call, frame: Frame) -> None:
        kind = _TARGETS.get(last_name(target.func)) if isinstance(target, Call) else None
        if kind is not None and rule in self.rules and isinstance(target, Call) and target.args:
            bus, takes = self.rules[rule]
            to = self._value(target.args[0], frame)
            self.edge(bus, "bus", to, kind, call, frame, takes=takes)
            for one in self.objects.get(rule, ()):
                ends = (one.bucket, "bucket", to, kind)
                self.edge(*ends, call, frame, filters=one.filters, events=OBJECT_EVENTS)

    def topic_rule(self, call: Call, frame: Frame) -> None:
        """`new TopicRule(this, "x", {sql, actions: [new LambdaFunctionAction(fn)]})`."""
        for sql, where in self._settings(call, "sql", frame):
            given = sql.args[0] if isinstance(sql, Call) and sql.args else sql
            value = self._value(given, where)
            takes = Topics.of_sql(shown(value)) if value is not None else None
            for action, at in self._rows(self._settings(call, "actions", frame)):
                kind = _TARGETS.get(last_name(action.func)) if isinstance(action, Call) else None
                if takes is not None and kind is not None and isinstance(action, Call):
                    to = self._value(action.args[0], at) if action.args else None
                    self.edge(SHARED, "broker", to, kind, call, frame, takes=takes)

    def receipt_rule(self, call: Call, frame: Frame) -> None:
        """`new ReceiptRule(this, "x", {recipients, actions: [new Lambda({function: fn})]})`."""
        wanted = [
            known(self.evaluator.values(e, f), self.evaluator)
            for e, f in self._rows(self._settings(call, "recipients", frame))
        ]
        takes = Recipients(
            tuple(w for w in wanted if isinstance(w, str)), all(isinstance(w, str) for w in wanted)
        )
        for action, where in self._rows(self._settings(call, "actions", frame)):
            for key, kind in _MAIL.items():
                for expr, at in self._members(action, key, where):
                    to = self._value(expr, at)
                    self.edge(SHARED, "mail", to, kind, call, frame, takes=takes)

    def function_url(self, call: Call, frame: Frame) -> None:
        """`fn.addFunctionUrl()`, `new FunctionUrl(this, "x", {function: fn})`."""
        if camel(last_name(call.func)) == "addFunctionUrl" and isinstance(call.func, Member):
            of = self._value(call.func.of, frame)
            identity: str | None = f"{self._ref_in(of)}{URL}"
        else:
            of, identity = self._prop(call, "function", frame), self._made(call, frame)
        if identity is not None and of is not None:
            self.infra.add(Resource(identity, "api", self._place(call, frame)))
            self.edge(Str((Ref(identity),)), "api", of, "function", call, frame)

    def whole_api(self, call: Call, frame: Frame) -> None:
        """An API that leads every request to one function, unless others are added."""
        identity = self._made(call, frame)
        off = self._says(call, "proxy", "false", frame)
        handlers = [] if off else self._settings(call, "handler", frame)
        for integration, where in self._settings(call, "defaultIntegration", frame):
            handlers += self._integrated(integration, where)
        for expr, where in handlers if identity is not None else ():
            self._leads(identity or "", ("ANY", "$default"), expr, where, (call, frame))

    def _integrated(self, expr: Expr, frame: Frame) -> list[tuple[Expr, Frame]]:
        """The function of `new HttpLambdaIntegration("x", fn)`, `new LambdaIntegration(fn)`."""
        if isinstance(expr, Call) and last_name(expr.func) in _INTEGRATIONS and expr.args:
            place = min(_INTEGRATIONS[last_name(expr.func)], len(expr.args) - 1)
            return [(expr.args[place], frame)]
        if isinstance(expr, Name) and expr.name in frame.function.sets:
            sets = frame.function.sets[expr.name]
            return [i for e, _ in sets if isinstance(e, Call) for i in self._integrated(e, frame)]
        return []

    def routes(self, call: Call, frame: Frame) -> None:
        """`api.addRoutes({path, methods: [HttpMethod.POST], integration})`."""
        if not isinstance(call.func, Member):
            return
        api = self._ref_in(self._value(call.func.of, frame))
        paths = self._settings(call, "path", frame)
        methods = [last_name(m) for m, _ in self._rows(self._settings(call, "methods", frame))] or [
            "ANY"
        ]
        for integration, where in self._settings(call, "integration", frame):
            for expr, at in self._integrated(integration, where):
                for path, there in paths if api else ():
                    value = self._value(path, there)
                    for method in methods if value is not None and value.literal else ():
                        route = (method, (value.literal if value else "") or "")
                        self._leads(api, route, expr, at, (call, frame))

    def method(self, call: Call, frame: Frame) -> None:
        """`api.root.addResource("jobs").addMethod("POST", new LambdaIntegration(fn))`."""
        if not isinstance(call.func, Member) or len(call.args) < 2:  # noqa: PLR2004 - and a target
            return
        path, at = "", call.func.of
        for _level in range(_LEVELS):
            if isinstance(at, Name) and at.name in frame.function.sets:
                at = frame.function.sets[at.name][0][0]
            if not isinstance(at, Call) or last_name(at.func) not in (
                "addResource",
                "add_resource",
            ):
                break
            part = self._value(at.args[0], frame) if at.args else None
            path = f"/{(part.literal if part else None) or '{unknown}'}{path}"
            at = at.func.of if isinstance(at.func, Member) else at.func
        api = self._ref_in(self._value(at, frame))
        method = self._value(call.args[0], frame)
        for expr, where in self._integrated(call.args[1], frame) if api else ():
            route = ((method.literal if method else None) or "ANY", path or "/")
            self._leads(api, route, expr, where, (call, frame))

    def _leads(
        self,
        api: str,
        route: tuple[str, str],
        function: Expr,
        where: Frame,
        at: tuple[Call, Frame],
    ) -> None:
        to = self._value(function, where)
        if to is not None:
            self.infra.route(api, *route, to, self._place(*at))


URL: Final = "#url"
_LEVELS: Final = 20
_TARGETS: Final = {
    "LambdaFunction": "function",
    "LambdaFunctionAction": "function",
    "SqsQueue": "queue",
    "SnsTopic": "topic",
    "SfnStateMachine": "machine",
}
_MAIL: Final = {"function": "function", "topic": "topic", "bucket": "bucket"}
_INTEGRATIONS: Final = {"HttpLambdaIntegration": 1, "LambdaIntegration": 0}
"""Which argument is the function."""
_CONNECTS: Final[dict[str, Callable[[_Reader, Call, Frame], None]]] = {
    "addEventSource": _Reader.event_source,
    "addEventSourceMapping": _Reader.mapping,
    "addEnvironment": _Reader.environment,
    "addEventNotification": _Reader.notification,
    "addObjectCreatedNotification": _Reader.notification,
    "addSubscription": _Reader.subscription,
    "EventSourceMapping": _Reader.mapping,
    "Queue": _Reader.queue,
    "DeliveryStream": _Reader.delivery,
    "StateMachine": _Reader.machine,
    "Rule": _Reader.rule,
    "addTarget": _Reader.add_target,
    "TopicRule": _Reader.topic_rule,
    "ReceiptRule": _Reader.receipt_rule,
    "FunctionUrl": _Reader.function_url,
    "addFunctionUrl": _Reader.function_url,
    "LambdaRestApi": _Reader.whole_api,
    "HttpApi": _Reader.whole_api,
    "addRoutes": _Reader.routes,
    "addMethod": _Reader.method,
}


def _is_chained(call: Call, to: Name | Member) -> bool:
    """`a.next(b)`, `a.when(c, d).otherwise(e)` to `a`."""
    at = call.func
    while isinstance(at, Member):
        at = at.of.func if isinstance(at.of, Call) else at.of
        if type(at) is type(to) and last_name(at) == last_name(to):
            return True
    return False


UNKNOWN_VALUE: Final = Str((Hole(),))
