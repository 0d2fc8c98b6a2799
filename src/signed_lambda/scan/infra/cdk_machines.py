"""State machines of CDK applications, however their definitions are put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.scan.form import Call, Member, Name, Row, Table
from signed_lambda.scan.infra.cdk_base import Stacks
from signed_lambda.scan.names import last_name
from signed_lambda.scan.values import (
    Frame,
    Func,
    Given,
    Ref,
    Str,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.scan.form import Expr
    from signed_lambda.scan.form import Function as CodeFunction

_TASKS: Final = {
    "LambdaInvoke": ("lambdaFunction", "function", ""),
    "StepFunctionsStartExecution": ("stateMachine", "machine", "start"),
}
"""Tasks of a machine: the setting that names what they run, what that is, how they lead there."""

_OLD_TASKS: Final = ("InvokeFunction", "RunLambdaTask")

_SELF: Final = ("this", "self")

_PARTS: Final = 2000
"""Expressions that are looked at for the tasks of one machine."""


class Machines(Stacks):
    """What machines run."""

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


def _is_chained(call: Call, to: Name | Member) -> bool:
    """`a.next(b)`, `a.when(c, d).otherwise(e)` to `a`."""
    at = call.func
    while isinstance(at, Member):
        at = at.of.func if isinstance(at.of, Call) else at.of
        if type(at) is type(to) and last_name(at) == last_name(to):
            return True
    return False
