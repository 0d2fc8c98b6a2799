"""CDK applications in TypeScript, JavaScript or Python, read as source.

Constructs are known by where they are made: `new Queue(this, "Jobs")` is the queue that every
variable, member and property leading to it means. What only the run knows (`props.queue`) is equal
to itself. Nothing is run: a stack that builds its constructs in loops is seen once.
Source: https://docs.aws.amazon.com/cdk/api/v2/
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Final

from signed_lambda.scan.evaluate import Evaluator
from signed_lambda.scan.form import Call, Member, Row, Table, Text
from signed_lambda.scan.front import deep
from signed_lambda.scan.infra.cdk_names import (
    ATTRIBUTES,
    EVENTS,
    camel,
    pairs_of,
    plain,
    snake,
    tail_of,
)
from signed_lambda.scan.infra.model import Edge, Function, KeyFilter, Place, Resource
from signed_lambda.scan.library import CONSTRUCT
from signed_lambda.scan.program import Program, last_name
from signed_lambda.scan.values import Env, Frame, Hole, Lit, Obj, Path, Ref, Str, joined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from signed_lambda.scan.form import Expr, Module
    from signed_lambda.scan.infra.model import Infra
    from signed_lambda.scan.values import Value

MARKS: Final = (b"aws-cdk-lib", b"@aws-cdk/", b"aws_cdk")
"""What the source of a CDK application imports."""
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
_NOT_FUNCTIONS: Final = ("LambdaFunction", "IFunction", "EdgeFunction")


def is_cdk(module: Module) -> bool:
    """Whether it imports the CDK."""
    sources = (source for source, _ in module.imports.values())
    return any(s.startswith(("aws-cdk-lib", "@aws-cdk/", "aws_cdk")) for s in sources)


def read(modules: Iterable[Module], infra: Infra) -> None:
    """Adds what the stacks among some files declare."""
    program = Program(modules)
    reader = _Reader(program, infra)
    stacks = [m for m in program.modules.values() if is_cdk(m)]
    calls = [(s.call, f) for m in stacks for f in m.functions for s in f.sites]
    with deep():
        for step in (reader.declare, reader.connect):
            for call, function in calls:
                step(call, Frame(function))
    infra.sources.extend(m.path for m in stacks)


class _Reader:
    def __init__(self, program: Program, infra: Infra) -> None:
        self.infra = infra
        self.evaluator = Evaluator(program)

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
        for expr in self._props(call):
            environment = self.evaluator.member(expr, "environment", frame)
            for value in environment:
                if isinstance(value, Obj) and isinstance(value.expr, Table):
                    made.env |= self._environment(value.expr, value.frame)
        for key, expr in call.named:
            if key == "environment":
                for value in self.evaluator.values(expr, frame):
                    if isinstance(value, Obj) and isinstance(value.expr, Table):
                        made.env |= self._environment(value.expr, value.frame)
        self.infra.add(made)

    def _environment(self, table: Table, frame: Frame) -> dict[str, Str]:
        found: dict[str, Str] = {}
        for key, value in table.items:
            if isinstance(key, Text):
                found[key.text] = self._value(value, frame) or Str((Hole(),))
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
            if key == "code" and isinstance(expr, Call) and expr.args:
                return self._value(expr.args[0], frame)
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
        reader = _CONNECTS.get(camel(last_name(call.func)))
        if reader is not None:
            reader(self, call, frame)

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
    ) -> None:
        """Keeps an edge whose ends are known."""
        if source is not None and target is not None:
            place = self._place(call, frame)
            self.infra.edges.append(
                Edge(source, kind, target, target_kind, place, filters, events, True, how, selects)
            )

    def event_source(self, call: Call, frame: Frame) -> None:
        """`fn.addEventSource(new SqsEventSource(queue))`."""
        source = call.args[0] if call.args else None
        if not isinstance(call.func, Member) or not isinstance(source, Call) or not source.args:
            return
        kind = _SOURCES.get(last_name(source.func))
        if kind is not None:
            of = self._value(source.args[0], frame)
            me = self._value(call.func.of, frame)
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
        kinds = {"LambdaDestination": "function", "SqsDestination": "queue"}
        filters, events = self._key_filters(call, frame)
        if "ObjectCreated" in camel(last_name(call.func)):
            events = ("s3:ObjectCreated:*",)
        for arg in call.args:
            kind = kinds.get(last_name(arg.func)) if isinstance(arg, Call) else None
            if kind is not None and isinstance(arg, Call) and arg.args:
                source = self._value(call.func.of, frame)
                target = self._value(arg.args[0], frame)
                self.edge(
                    source, "bucket", target, kind, call, frame, filters=filters, events=events
                )

    def subscription(self, call: Call, frame: Frame) -> None:
        """`topic.addSubscription(new SqsSubscription(queue))`."""
        arg = call.args[0] if call.args else None
        if not isinstance(call.func, Member) or not isinstance(arg, Call) or not arg.args:
            return
        kinds = {"LambdaSubscription": "function", "SqsSubscription": "queue"}
        kind = kinds.get(last_name(arg.func))
        if kind is not None:
            source, target = self._value(call.func.of, frame), self._value(arg.args[0], frame)
            selects = any(k == "filterPolicy" for a in arg.args[1:] for k, _ in pairs_of(a))
            self.edge(source, "topic", target, kind, call, frame, selects=selects)

    def mapping(self, call: Call, frame: Frame) -> None:
        """`new EventSourceMapping(this, "x", {eventSourceArn, target})`."""
        source = self._prop(call, "eventSourceArn", frame)
        target = self._prop(call, "target", frame) or self._prop(call, "functionName", frame)
        kind = self.infra.kind_of(source, "queue") if source is not None else ""
        self.edge(source, kind, target, "function", call, frame)

    def queue(self, call: Call, frame: Frame) -> None:
        """`deadLetterQueue: {queue}` of a queue."""
        for expr in self._props(call):
            inner = Member(Member(expr, Text("deadLetterQueue")), Text("queue"))
            to = self._value(inner, frame)
            identity = self._made(call, frame)
            if identity is not None and to is not None:
                me = Str((Ref(identity),))
                self.edge(me, "queue", to, "queue", call, frame, how="redrive")

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


_CONNECTS: Final[dict[str, Callable[[_Reader, Call, Frame], None]]] = {
    "addEventSource": _Reader.event_source,
    "addEventNotification": _Reader.notification,
    "addObjectCreatedNotification": _Reader.notification,
    "addSubscription": _Reader.subscription,
    "EventSourceMapping": _Reader.mapping,
    "Queue": _Reader.queue,
    "CfnDeliveryStream": _Reader.delivery,
}
UNKNOWN_VALUE: Final = Str((Hole(),))
