"""CDK applications in TypeScript, JavaScript or Python, read as source.

Constructs are known by where they are made: `new Queue(this, "Jobs")` is the queue that every
variable, member and property leading to it means. What only the run knows (`props.queue`) is equal
to itself. Nothing is run: a stack that builds its constructs in loops is seen once.
Source: https://docs.aws.amazon.com/cdk/api/v2/
"""

from __future__ import annotations

import posixpath
from collections import defaultdict
from itertools import islice
from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import regex
from signed_lambda.scan.form import Call, Member, Row, Table, Text
from signed_lambda.scan.front import deep
from signed_lambda.scan.infra.cdk_apis import Apis
from signed_lambda.scan.infra.cdk_machines import Machines
from signed_lambda.scan.infra.cdk_names import (
    DESTINATIONS,
    camel,
    plain,
    tail_of,
)
from signed_lambda.scan.infra.cdk_rules import Rules
from signed_lambda.scan.infra.cdk_triggers import Triggers
from signed_lambda.scan.infra.model import Function, Resource
from signed_lambda.scan.library import id_of_construct, is_told
from signed_lambda.scan.names import last_name
from signed_lambda.scan.program import Program, constructs
from signed_lambda.scan.reading import Unread
from signed_lambda.scan.values import (
    Frame,
    Func,
    Hole,
    Inst,
    Obj,
    Ref,
    Str,
)
from signed_lambda.scan.watch import TookTooLongError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from signed_lambda.scan.form import Function as CodeFunction
    from signed_lambda.scan.form import Module
    from signed_lambda.scan.infra.model import Infra
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
_BUILD: Final = regex(r"/(dist|build|out|lib)$")
_CALLS: Final = 3
"""Functions that call functions that make constructs."""
_CALLS_OF: Final = 100
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


class _Reader(Apis, Rules, Machines, Triggers):
    def __init__(self, program: Program, infra: Infra, watch: Watch) -> None:
        super().__init__(program, infra, watch)
        self.calls: dict[Module, list[tuple[Call, Frame]]] = defaultdict(list)

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
        self.evaluator.watch.step()
        named = (id_of_construct(site.call) for site in function.sites)
        if level > _CALLS or not any(is_told(name, function) for name in named):
            return [Frame(function)]
        program = self.evaluator.program
        this = Inst(function.owner) if function.owner is not None else None
        if constructs(function):
            return [Frame(function)]
        found = (
            self.evaluator.bind(Func(function, None, this), call, frame)
            for call, caller in program.calls_of(function)[:_CALLS_OF]
            if program.may_call(call, function, caller)
            for frame in self.frames(caller, level + 1)
        )
        return [*islice(found, _CALLS_OF)] or [Frame(function)]

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

    # -- what starts what

    def connect(self, call: Call, frame: Frame) -> None:
        """Adds the trigger or delivery that a call sets up."""
        name = camel(last_name(call.func))
        reader = _CONNECTS.get(name) or _CONNECTS.get(name.removeprefix("Cfn"))
        if reader is not None:
            reader(self, call, frame)
        elif self._is_function(name, call):
            self.function(call, frame)

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
