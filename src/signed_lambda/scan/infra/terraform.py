"""Terraform: resources, what triggers what, and the modules between them.

A module of the tree is read once for each call of it, with what the call gives; a variable has its
default where nobody gives one. A module from elsewhere that looks like a function is one.
Source: https://registry.terraform.io/providers/hashicorp/aws/latest/docs
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Final, Literal

from signed_lambda.scan.form import Call, Member, Name, Row, Table, Text
from signed_lambda.scan.infra import asl, object_events
from signed_lambda.scan.infra.document import Tree
from signed_lambda.scan.infra.filters import known_of, recursion_of, scope_of, shown
from signed_lambda.scan.infra.hcl import Block, parse
from signed_lambda.scan.infra.model import (
    PERMISSION,
    SHARED,
    Edge,
    Function,
    KeyFilter,
    Place,
    Resource,
)
from signed_lambda.scan.infra.modules import Folder, Modules, Scope, chain_of
from signed_lambda.scan.infra.tree import NotScannedError
from signed_lambda.scan.infra.tree import parse as parse_document
from signed_lambda.scan.matching import UNKNOWN, loaded
from signed_lambda.scan.reading import Unread
from signed_lambda.scan.selection import Filter, Recipients, Topics
from signed_lambda.scan.values import Hole, Ref, Str, text
from signed_lambda.scan.watch import TookTooLongError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from signed_lambda.scan.form import Expr, Module
    from signed_lambda.scan.infra.model import Infra
    from signed_lambda.scan.matching import Known
    from signed_lambda.scan.selection import Selection
    from signed_lambda.scan.watch import Watch

_KINDS: Final = {
    "aws_s3_bucket": ("bucket", "bucket"),
    "aws_sqs_queue": ("queue", "name"),
    "aws_sns_topic": ("topic", "name"),
    "aws_dynamodb_table": ("table", "name"),
    "aws_kinesis_stream": ("stream", "name"),
    "aws_sfn_state_machine": ("machine", "name"),
    "aws_cloudwatch_event_bus": ("bus", "name"),
    "aws_cloudwatch_log_group": ("logs", "name"),
    "aws_lambda_function_url": ("api", ""),
    "aws_apigatewayv2_api": ("api", ""),
    "aws_api_gateway_rest_api": ("api", ""),
}
_STANDS_FOR: Final = {
    "aws_lambda_alias": "function_name",
    "aws_apigatewayv2_stage": "api_id",
    "aws_api_gateway_stage": "rest_api_id",
    "aws_api_gateway_deployment": "rest_api_id",
}
"""Resources that lead to another one, and the argument that names it."""
_LEVELS: Final = 20
"""Of a path whose parts are resources of their own."""


def read(files: Mapping[str, bytes], infra: Infra, watch: Watch) -> list[Unread]:
    """Adds what the files declare; those that are only partly understood are returned.

    Files of another ending are what a `file(...)` or `templatefile(...)` may name.
    """
    folders: dict[str, Folder] = {}
    unread: list[Unread] = []
    for path, body in files.items():
        if not path.endswith(".tf"):
            continue
        try:
            with watch.on(path):
                module, blocks = parse(path, body, watch)
        except RecursionError:
            unread.append(Unread(path, "nested too deep; not scanned"))
            continue
        except TookTooLongError as error:
            unread.append(Unread(path, f"{error}; not scanned"))
            continue
        if module.unread_line:
            why = f"partly read: line {module.unread_line} is not understood"
            unread.append(Unread(path, why))
        at = posixpath.dirname(path)
        folder = folders.setdefault(at, Folder(at))
        folder.blocks += [(module, block) for block in blocks]
        infra.sources.append(path)
    reader = _Reader(folders, infra, files)
    for scope in reader.scopes():
        reader.declare(scope)
    for scope in reader.all:
        reader.connect(scope)
    return unread


class _Reader(Modules):
    def __init__(
        self, folders: dict[str, Folder], infra: Infra, files: Mapping[str, bytes]
    ) -> None:
        super().__init__(folders)
        self.infra, self.files = infra, files

    # -- resources

    def declare(self, scope: Scope) -> None:
        """Adds the resources of a scope."""
        for module, block in scope.folder.blocks:
            if block.kind == "resource" and len(block.labels) > 1:
                self._resource(module, block, scope)
            elif block.kind == "module" and block.labels and _is_function(block):
                identity = f"{scope.prefix}#module.{block.labels[0]}"
                if (scope, block.labels[0]) not in self.called:
                    self._function(identity, module, block, scope)

    def _resource(self, module: Module, block: Block, scope: Scope) -> None:
        kind, name = block.labels[:2]
        identity = f"{scope.prefix}#{kind}.{name}"
        if kind == "aws_lambda_function":
            self._function(identity, module, block, scope)
        elif kind in _STANDS_FOR:
            atom = self.value(block.attributes.get(_STANDS_FOR[kind]), scope).atoms[0]
            if isinstance(atom, Ref):
                self.infra.aliases[identity] = atom.of
        elif kind in _KINDS:
            what, key = _KINDS[kind]
            given = block.attributes.get(key)
            called = self.value(given, scope) if given is not None else None
            self.infra.add(Resource(identity, what, _place(module, block), _known(called)))

    def _function(self, identity: str, module: Module, block: Block, scope: Scope) -> None:
        made = Function(identity, "function", _place(module, block))
        attributes = block.attributes
        made.name = _known(self.value(attributes.get("function_name"), scope))
        made.handler = self.value(attributes.get("handler"), scope).literal or ""
        made.folder = self._folder(block, scope)
        made.recursive_loop = self._recursion(block, scope)
        made.allowed_at = _place(module, block) if made.recursive_loop == "Allow" else None
        tables = [attributes.get("environment_variables")]
        tables += [b.attributes.get("variables") for b in block.inner("environment")]
        for table in tables:
            for key, value in self.table(table, scope):
                made.env[key] = value
        self.infra.add(made)

    def _folder(self, block: Block, scope: Scope) -> str:
        """Where the code is: a path given, or the source of the archive that is given."""
        for name in ("source_path", "source_dir"):
            literal = self.value(block.attributes.get(name), scope).literal
            if literal:
                return literal.lstrip("/")
        filename = block.attributes.get("filename")
        chain = chain_of(filename) if isinstance(filename, Member) else []
        if chain[:2] == ["data", "archive_file"] and len(chain) > 2:  # noqa: PLR2004 - and its name
            for _, archive in scope.folder.of("data", "archive_file", chain[2]):
                folder = self.value(archive.attributes.get("source_dir"), scope).literal
                file = self.value(archive.attributes.get("source_file"), scope).literal
                return (folder or posixpath.dirname(file or "")).lstrip("/")
        return ""

    def _recursion(self, block: Block, scope: Scope) -> Literal["Allow", "Terminate"] | None:
        given = block.attributes.get("recursive_loop")
        return recursion_of(self.value(given, scope).literal or "") if given is not None else None

    # -- edges

    def connect(self, scope: Scope) -> None:
        """Adds the edges of a scope."""
        for module, block in scope.folder.blocks:
            kind = block.labels[0] if block.kind == "resource" and block.labels else ""
            reader = _EDGES.get(kind)
            if reader is not None:
                reader(self, module, block, scope)
            elif block.kind == "module" and "lambda_notifications" in block.attributes:
                self.notification_module(module, block, scope)
            elif block.kind == "module" and "event_source_mapping" in block.attributes:
                self.mapping_module(module, block, scope)

    def edge(
        self,
        ends: tuple[Str, str, Str, str],
        at: tuple[Module, Block],
        *,
        filters: tuple[KeyFilter, ...] = (),
        events: tuple[str, ...] = (),
        how: str = "",
        certain: bool = True,
        selects: bool = False,
        takes: Selection | None = None,
    ) -> None:
        """Keeps an edge: source, its kind, target, its kind."""
        place = _place(*at)
        self.infra.edges.append(
            Edge(*ends, place, filters, events, certain, how, selects, takes=takes)
        )

    def _kind_of(self, value: Str, default: str) -> str:
        atom = value.atoms[0] if value.atoms else None
        resource = atom.of.rpartition("#")[2].partition(".")[0] if isinstance(atom, Ref) else ""
        return self.infra.kind_of(value, _KINDS.get(resource, (default, ""))[0])

    def mapping(self, module: Module, block: Block, scope: Scope) -> None:
        """`aws_lambda_event_source_mapping`."""
        given = block.attributes
        if self.value(given.get("enabled"), scope).literal == "false":
            return
        source = self.value(given.get("event_source_arn"), scope)
        target = self.value(given.get("function_name"), scope)
        kind = self._kind_of(source, "queue")
        patterns = [
            self.json(one.attributes.get("pattern"), scope)
            for criteria in block.inner("filter_criteria")
            for one in criteria.inner("filter")
        ]
        takes = Filter(tuple(patterns)) if patterns else None
        self.edge((source, kind, target, "function"), (module, block), takes=takes)

    def mapping_module(self, module: Module, block: Block, scope: Scope) -> None:
        """`event_source_mapping` of the usual module for a function."""
        me = Str((Ref(f"{scope.prefix}#module.{block.labels[0]}"),))
        given, where = self.written(block.attributes["event_source_mapping"], scope)
        for _, one in given.items if isinstance(given, Table) else ():
            named = dict(self.table(one, where))
            source = named.get("event_source_arn")
            if source is not None:
                kind = self._kind_of(source, "queue")
                self.edge((source, kind, me, "function"), (module, block))

    def pipe(self, module: Module, block: Block, scope: Scope) -> None:
        """`aws_pipes_pipe`: a poller between a source and its targets."""
        source = self.value(block.attributes.get("source"), scope)
        given = [b for p in block.inner("source_parameters") for b in p.inner("filter_criteria")]
        selects = bool(given)
        for name in ("enrichment", "target"):
            if name in block.attributes:
                to = self.value(block.attributes[name], scope)
                ends = (source, self._kind_of(source, "queue"), to, self._kind_of(to, ""))
                self.edge(ends, (module, block), selects=selects)

    def notification(self, module: Module, block: Block, scope: Scope) -> None:
        """`aws_s3_bucket_notification`."""
        bucket = self.value(block.attributes.get("bucket"), scope)
        for name, key, kind in (
            ("lambda_function", "lambda_function_arn", "function"),
            ("queue", "queue_arn", "queue"),
            ("topic", "topic_arn", "topic"),
        ):
            for one in block.inner(name):
                target = self.value(one.attributes.get(key), scope)
                self._notifies(bucket, target, kind, one.attributes, (module, one), scope)

    def notification_module(self, module: Module, block: Block, scope: Scope) -> None:
        """`lambda_notifications` of the usual module for it."""
        bucket = self.value(block.attributes.get("bucket"), scope)
        given = block.attributes["lambda_notifications"]
        for _, one in given.items if isinstance(given, Table) else ():
            if isinstance(one, Table):
                members = {k.text: v for k, v in one.items if isinstance(k, Text)}
                arn = members.get("function_arn") or members.get("function_name")
                target = self.value(arn, scope)
                self._notifies(bucket, target, "function", members, (module, block), scope)

    def _notifies(
        self,
        bucket: Str,
        target: Str,
        kind: str,
        given: dict[str, Expr],
        at: tuple[Module, Block],
        scope: Scope,
    ) -> None:
        ends = [self.value(given[k], scope) if k in given else text("") for k in _ENDS]
        certain = all(e.literal is not None for e in ends)
        prefix, suffix = (e.literal or "" for e in ends)
        events = given.get("events")
        names = (
            [self.value(e, scope).literal or "*" for e in events.items]
            if (isinstance(events, Row))
            else []
        )
        filters = (KeyFilter(prefix, suffix),)
        self.edge(
            (bucket, "bucket", target, kind),
            at,
            filters=filters,
            events=tuple(names),
            certain=certain,
        )

    def subscription(self, module: Module, block: Block, scope: Scope) -> None:
        """`aws_sns_topic_subscription`."""
        given = block.attributes
        protocol = self.value(given.get("protocol"), scope).literal or ""
        kind = {"lambda": "function", "sqs": "queue"}.get(protocol)
        if kind:
            topic = self.value(given.get("topic_arn"), scope)
            target = self.value(given.get("endpoint"), scope)
            policy, takes = given.get("filter_policy"), None
            if policy is not None:
                of = scope_of(self.value(given.get("filter_policy_scope"), scope).literal or "")
                takes = Filter((self.json(policy, scope),), of)
            self.edge((topic, "topic", target, kind), (module, block), takes=takes)

    def queue(self, module: Module, block: Block, scope: Scope) -> None:
        """`redrive_policy` of a queue, in it or as a resource of its own."""
        given = block.attributes.get("redrive_policy")
        table = given.args[0] if isinstance(given, Call) and given.args else None
        for key, value in table.items if isinstance(table, Table) else ():
            if isinstance(key, Text) and key.text == "deadLetterTargetArn":
                url = block.attributes.get("queue_url")
                me = self._me(block, scope) if url is None else self.value(url, scope)
                to = self.value(value, scope)
                self.edge((me, "queue", to, "queue"), (module, block), how="redrive")

    def destinations(self, module: Module, block: Block, scope: Scope) -> None:
        """`aws_lambda_function_event_invoke_config`."""
        source = self.value(block.attributes.get("function_name"), scope)
        for config in block.inner("destination_config"):
            for name in ("on_failure", "on_success"):
                for one in config.inner(name):
                    to = self.value(one.attributes.get("destination"), scope)
                    ends = (source, "function", to, self._kind_of(to, "function"))
                    self.edge(ends, (module, one), how="destination")

    def dead_letters(self, module: Module, block: Block, scope: Scope) -> None:
        """`dead_letter_config` of a function."""
        me = Str((Ref(f"{scope.prefix}#{'.'.join(block.labels[:2])}"),))
        for one in block.inner("dead_letter_config"):
            to = self.value(one.attributes.get("target_arn"), scope)
            ends = (me, "function", to, self._kind_of(to, "queue"))
            self.edge(ends, (module, one), how="destination")

    def permission(self, module: Module, block: Block, scope: Scope) -> None:
        """`aws_lambda_permission`: that the service does is declared elsewhere, or nowhere."""
        given = block.attributes
        principal = self.value(given.get("principal"), scope).literal or ""
        kind = {"s3": "bucket", "sns": "topic"}.get(principal.partition(".")[0])
        if kind and "source_arn" in given:
            source = self.value(given["source_arn"], scope)
            target = self.value(given.get("function_name"), scope)
            ends = (source, kind, target, "function")
            self.edge(ends, (module, block), certain=False, how=PERMISSION)

    def log_filter(self, module: Module, block: Block, scope: Scope) -> None:
        """`aws_cloudwatch_log_subscription_filter`."""
        given = block.attributes
        source = self.value(given.get("log_group_name"), scope)
        target = self.value(given.get("destination_arn"), scope)
        selects = bool((self.value(given.get("filter_pattern"), scope).literal or "").strip())
        ends = (source, "logs", target, self._kind_of(target, "function"))
        self.edge(ends, (module, block), selects=selects)

    # -- what else starts a function

    def json(self, expr: Expr | None, scope: Scope) -> Known:
        """`jsonencode({...})`, or a text that is JSON."""
        if isinstance(expr, Call) and expr.args:
            return self._json(expr.args[0], scope)
        literal = self.value(expr, scope).literal
        return loaded(literal) if literal is not None else UNKNOWN

    def _json(self, expr: Expr, scope: Scope) -> Known:
        if isinstance(expr, Table):
            named = {k.text: self._json(v, scope) for k, v in expr.items if isinstance(k, Text)}
            return named if len(named) == len(expr.items) else UNKNOWN
        if isinstance(expr, Row):
            return [self._json(item, scope) for item in expr.items]
        return known_of(self.value(expr, scope))

    def machine(self, module: Module, block: Block, scope: Scope) -> None:
        """The functions that a state machine runs, and the machines that it starts."""
        me = self._me(block, scope)
        definition, given = self._definition(block.attributes.get("definition"), scope)
        for state in asl.states(definition) if definition else ():
            function, started = asl.invoked(state), asl.started(state)
            if function is not None:
                to = asl.filled(function, given)
                self.edge((me, "machine", to, "function"), (module, block))
            if started is not None:
                to = me if started.text == asl.OWN else asl.filled(started, given)
                self.edge((me, "machine", to, "machine"), (module, block), how="start")

    def _definition(self, expr: Expr | None, scope: Scope) -> tuple[Tree | None, dict[str, Str]]:
        """A definition, and what stands for the `${name}` in it."""
        expr, scope = self.written(expr, scope)
        chain = chain_of(expr) if isinstance(expr, Member) else [""]
        if chain[:2] == ["data", "template_file"]:
            for _, block in scope.folder.of("data", *chain[1:3]):
                definition, given = self._definition(block.attributes.get("template"), scope)
                return definition, given | dict(self.table(block.attributes.get("vars"), scope))
        name = expr.func.name if isinstance(expr, Call) and isinstance(expr.func, Name) else ""
        if not isinstance(expr, Call) or not expr.args:
            return asl.written(self.value(expr, scope))
        if name in ("file", "templatefile"):
            body = self._file(self.value(expr.args[0], scope).literal or "", scope)
            given = dict(self.table(expr.args[1], scope)) if len(expr.args) > 1 else {}
            return _tree(body), given
        given = {}
        return self._as_tree(expr.args[0], scope, given), given

    def _as_tree(self, expr: Expr | None, scope: Scope, given: dict[str, Str]) -> Tree:
        """`{States = {...}}` as the document that it will be; references become `${name}`."""
        expr, scope = self.written(expr, scope)
        if isinstance(expr, Table):
            members = ((_key(self.value(k, scope)), v) for k, v in expr.items if k is not None)
            return Tree(0, "", {k: self._as_tree(v, scope, given) for k, v in members})
        if isinstance(expr, Row):
            return Tree(0, "", tuple(self._as_tree(item, scope, given) for item in expr.items))
        value = self.value(expr, scope)
        if value.literal is not None:
            return Tree(0, "", value.literal)
        name = f"reference-{len(given)}"
        given[name] = value
        return Tree(0, "", f"${{{name}}}")

    def _file(self, path: str, scope: Scope) -> bytes:
        """The file at a path, or the only one of its name."""
        at = posixpath.normpath(posixpath.join(scope.folder.path, path.lstrip("/")))
        base = posixpath.basename(path)
        same = [p for p in self.files if base and posixpath.basename(p) == base]
        found = at if at in self.files else same[0] if len(same) == 1 else ""
        return self.files.get(found, b"")

    def _block(self, value: Str, kind: str, scope: Scope) -> Block | None:
        """The block of a resource of the same scope that a value refers to."""
        for atom in value.atoms:
            of = atom.of.removeprefix(f"{scope.prefix}#") if isinstance(atom, Ref) else ""
            if of.startswith(f"{kind}."):
                for _, block in scope.folder.of("resource", kind, of.partition(".")[2]):
                    return block
        return None

    def event_target(self, module: Module, block: Block, scope: Scope) -> None:
        """`aws_cloudwatch_event_target`, with the pattern of its rule."""
        given = block.attributes
        named = self.value(given.get("rule"), scope)
        rule = self._block(named, "aws_cloudwatch_event_rule", scope)
        pattern = rule.attributes.get("event_pattern") if rule is not None else None
        if rule is None or pattern is None or self._is_off(rule, scope):
            return
        bus = rule.attributes.get("event_bus_name")
        source = self.value(bus, scope) if bus is not None else text("default")
        target = self.value(given.get("arn"), scope)
        kind = self._kind_of(target, "function")
        self._object_events(pattern, (target, kind), (module, block), scope)
        ends = (source, "bus", target, kind)
        self.edge(ends, (module, block), takes=Filter((self.json(pattern, scope),)))

    def _object_events(
        self, pattern: Expr, to: tuple[Str, str], at: tuple[Module, Block], scope: Scope
    ) -> None:
        """The buckets whose events a rule takes."""
        document, given = self._definition(pattern, scope)
        if document is None:
            return
        for one in object_events.of_pattern(document, lambda tree: asl.filled(tree, given)):
            ends = (one.bucket, "bucket", *to)
            self.edge(
                ends, at, filters=one.filters, events=object_events.EVENTS, certain=one.certain
            )

    def _is_off(self, block: Block, scope: Scope) -> bool:
        said = {
            key: self.value(block.attributes[key], scope).literal
            for key in ("state", "is_enabled", "enabled")
            if key in block.attributes
        }
        return bool({"DISABLED", "false"} & set(said.values()))

    def recursion(self, module: Module, block: Block, scope: Scope) -> None:
        """`aws_lambda_function_recursion_config`."""
        atom = self.value(block.attributes.get("function_name"), scope).atoms[0]
        function = self.infra.resources.get(atom.of) if isinstance(atom, Ref) else None
        if isinstance(function, Function):
            function.recursive_loop = self._recursion(block, scope)
            allows = function.recursive_loop == "Allow"
            function.allowed_at = _place(module, block) if allows else None

    def _me(self, block: Block, scope: Scope) -> Str:
        return Str((Ref(f"{scope.prefix}#{'.'.join(block.labels[:2])}"),))

    def function_url(self, module: Module, block: Block, scope: Scope) -> None:
        """`aws_lambda_function_url`."""
        target = self.value(block.attributes.get("function_name"), scope)
        self.edge((self._me(block, scope), "api", target, "function"), (module, block))

    def quick_api(self, module: Module, block: Block, scope: Scope) -> None:
        """`aws_apigatewayv2_api` with a target: all requests go there."""
        target = block.attributes.get("target")
        if target is not None:
            self._leads(self._me(block, scope), ("ANY", "$default"), target, (module, block), scope)

    def route(self, module: Module, block: Block, scope: Scope) -> None:
        """`aws_apigatewayv2_route`, whose target is an integration of the same folder."""
        given = block.attributes
        to = self._block(self.value(given.get("target"), scope), _INTEGRATION, scope)
        uri = to.attributes.get("integration_uri") if to is not None else None
        if uri is not None:
            key = self.value(given.get("route_key"), scope).literal or "$default"
            method, _, path = key.rpartition(" ")
            api = self.value(given.get("api_id"), scope)
            self._leads(api, (method, path), uri, (module, block), scope)

    def integration(self, module: Module, block: Block, scope: Scope) -> None:
        """`aws_api_gateway_integration`, whose path is spelled by the resources above it."""
        given = block.attributes
        path, at = "", self.value(given.get("resource_id"), scope)
        for _level in range(_LEVELS):
            above = self._block(at, "aws_api_gateway_resource", scope)
            if above is None:
                break
            part = self.value(above.attributes.get("path_part"), scope).literal or "{unknown}"
            path, at = f"/{part}{path}", self.value(above.attributes.get("parent_id"), scope)
        method = self.value(given.get("http_method"), scope)
        of = self._block(method, "aws_api_gateway_method", scope)
        if of is not None:
            method = self.value(of.attributes.get("http_method"), scope)
        route = (method.literal or "ANY", path or "/")
        api = self.value(given.get("rest_api_id"), scope)
        self._leads(api, route, given.get("uri"), (module, block), scope)

    def _leads(
        self,
        api: Str,
        route: tuple[str, str],
        uri: Expr | None,
        at: tuple[Module, Block],
        scope: Scope,
    ) -> None:
        of = next((a.of for a in api.atoms if isinstance(a, Ref)), "")
        for atom in self.value(uri, scope).atoms if of else ():
            known = self.infra.resources.get(atom.of) if isinstance(atom, Ref) else None
            if isinstance(known, Function):
                self.infra.route(of, *route, Str((Ref(known.id),)), _place(*at))

    def topic_rule(self, module: Module, block: Block, scope: Scope) -> None:
        """`aws_iot_topic_rule`."""
        takes = Topics.of_sql(shown(self.value(block.attributes.get("sql"), scope)))
        if takes is None or self._is_off(block, scope):
            return
        for name, (kind, key) in _ACTIONS.items():
            for one in block.inner(name):
                target = self.value(one.attributes.get(key), scope)
                self.edge((SHARED, "broker", target, kind), (module, one), takes=takes)

    def receipt_rule(self, module: Module, block: Block, scope: Scope) -> None:
        """`aws_ses_receipt_rule`."""
        enabled = self.value(block.attributes.get("enabled"), scope).literal
        if enabled != "true":
            return
        given = block.attributes.get("recipients")
        listed = given.items if isinstance(given, Row) else ()
        values = [self.value(item, scope).literal for item in listed]
        known = None not in values and (given is None or isinstance(given, Row))
        takes = Recipients(tuple(v for v in values if v is not None), known)
        for name, (kind, key) in _MAIL_ACTIONS.items():
            for one in block.inner(name):
                target = self.value(one.attributes.get(key), scope)
                self.edge((SHARED, "mail", target, kind), (module, one), takes=takes)


_INTEGRATION: Final = "aws_apigatewayv2_integration"
_ACTIONS: Final = {
    "lambda": ("function", "function_arn"),
    "sns": ("topic", "target_arn"),
    "sqs": ("queue", "queue_url"),
    "kinesis": ("stream", "stream_name"),
}
"""Of an IoT rule: what each leads to, and which argument names it."""
_MAIL_ACTIONS: Final = {
    "lambda_action": ("function", "function_arn"),
    "sns_action": ("topic", "topic_arn"),
    "s3_action": ("bucket", "bucket_name"),
}
_ENDS: Final = ("filter_prefix", "filter_suffix")
_EDGES: Final[dict[str, Callable[[_Reader, Module, Block, Scope], None]]] = {
    "aws_lambda_event_source_mapping": _Reader.mapping,
    "aws_s3_bucket_notification": _Reader.notification,
    "aws_sns_topic_subscription": _Reader.subscription,
    "aws_sfn_state_machine": _Reader.machine,
    "aws_pipes_pipe": _Reader.pipe,
    "aws_sqs_queue": _Reader.queue,
    "aws_sqs_queue_redrive_policy": _Reader.queue,
    "aws_lambda_function_event_invoke_config": _Reader.destinations,
    "aws_lambda_function": _Reader.dead_letters,
    "aws_lambda_permission": _Reader.permission,
    "aws_cloudwatch_log_subscription_filter": _Reader.log_filter,
    "aws_cloudwatch_event_target": _Reader.event_target,
    "aws_lambda_function_recursion_config": _Reader.recursion,
    "aws_lambda_function_url": _Reader.function_url,
    "aws_apigatewayv2_api": _Reader.quick_api,
    "aws_apigatewayv2_route": _Reader.route,
    "aws_api_gateway_integration": _Reader.integration,
    "aws_iot_topic_rule": _Reader.topic_rule,
    "aws_ses_receipt_rule": _Reader.receipt_rule,
}


def _is_function(block: Block) -> bool:
    given = block.attributes.keys()
    return "function_name" in given and bool(given & {"handler", "environment_variables"})


def _known(value: Str | None) -> Str | None:
    """A name, None where a part of it is unknown."""
    if value is None or any(isinstance(a, Hole) for a in value.atoms):
        return None
    return value


def _key(value: Str) -> str:
    return value.literal or shown(value)


def _tree(body: bytes) -> Tree | None:
    try:
        return parse_document(body)
    except NotScannedError:
        return None


def _place(module: Module, block: Block) -> Place:
    return Place(module.path, block.line, module.line(block.line))
