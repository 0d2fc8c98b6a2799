"""Rules of EventBridge, of IoT and of mail in CDK applications."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.scan.form import Call, Member, Row
from signed_lambda.scan.infra.cdk_base import Stacks
from signed_lambda.scan.infra.cdk_names import (
    pairs_of,
    plain_key,
)
from signed_lambda.scan.infra.document import Tree
from signed_lambda.scan.infra.filters import shown
from signed_lambda.scan.infra.model import SHARED
from signed_lambda.scan.infra.object_events import EVENTS as OBJECT_EVENTS
from signed_lambda.scan.infra.object_events import ObjectEvents, of_pattern
from signed_lambda.scan.matching import UNKNOWN
from signed_lambda.scan.messages import known
from signed_lambda.scan.names import last_name
from signed_lambda.scan.selection import Filter, Recipients, Topics
from signed_lambda.scan.values import (
    Frame,
    Hole,
    Lit,
    Str,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.scan.form import Expr
    from signed_lambda.scan.matching import Known

_TARGETS: Final = {
    "LambdaFunction": "function",
    "LambdaFunctionAction": "function",
    "SqsQueue": "queue",
    "SnsTopic": "topic",
    "SfnStateMachine": "machine",
}

_MAIL: Final = {"function": "function", "topic": "topic", "bucket": "bucket"}


class Rules(Stacks):
    """What starts functions by a pattern."""

    def _pattern(self, expr: Expr, frame: Frame) -> Known:
        """`{source: ["shop"], detailType: [...]}`, or `EventPattern(source=["shop"])`."""
        pairs = pairs_of(expr)
        if not pairs:
            return UNKNOWN
        return {plain_key(key): self._known(value, frame) for key, value in pairs}

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
