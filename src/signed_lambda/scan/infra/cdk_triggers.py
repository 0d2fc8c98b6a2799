"""Event sources, notifications and subscriptions in CDK applications."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.scan.form import Call, Member, Row, Table, Text
from signed_lambda.scan.infra.cdk_base import Stacks
from signed_lambda.scan.infra.cdk_names import (
    DESTINATIONS,
    EVENTS,
    camel,
    pairs_of,
)
from signed_lambda.scan.infra.model import Function, KeyFilter
from signed_lambda.scan.names import last_name
from signed_lambda.scan.values import (
    Frame,
    Hole,
    Ref,
    Str,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.scan.form import Expr

_SOURCES: Final = {
    "SqsEventSource": "queue",
    "SnsEventSource": "topic",
    "S3EventSource": "bucket",
    "S3EventSourceV2": "bucket",
    "DynamoEventSource": "table",
    "KinesisEventSource": "stream",
}

UNKNOWN_VALUE: Final = Str((Hole(),))


class Triggers(Stacks):
    """What starts functions."""

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
