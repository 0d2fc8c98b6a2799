"""Where a reader looks for a loop: at the place that says where a call leads.

That is the call itself, with the table of its arguments. A helper that is given all arguments, or
that is of another file (`aws.invoke(name)`), says nothing of the loop: the place is the call of the
helper then, or of the helper's helper.
Imports `form`, `values`, `evaluate`, `frames`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import dataclass
from signed_lambda.scan.form import Call, Member, Name, Table, Text
from signed_lambda.scan.frames import outer_frame
from signed_lambda.scan.own import SAYS_OWN
from signed_lambda.scan.values import Given, Obj

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.scan.evaluate import Evaluator
    from signed_lambda.scan.form import Expr, Function
    from signed_lambda.scan.values import Frame

NEAR: Final = 15
"""Lines between a table of arguments and the call that it is for."""
HELPERS: Final = 5
"""Helpers that call each other, outermost last."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Lines of a function."""

    function: Function
    line: int
    end_line: int


def spot_of(
    call: Call, names: tuple[str, ...], place: int, frame: Frame, evaluator: Evaluator
) -> Spot:
    """Where it is said what a call is for.

    Args:
        call: The call of AWS.
        names: What the argument may be called that says where it leads.
        place: Where that argument stands when it has no name, -1 for nowhere.
        frame: Where the call is.
        evaluator: For it.
    """
    spot = Spot(frame.function, _first_line(call, frame, evaluator), call.end_line)
    for arg in call.args:
        if isinstance(arg, Name) and _is_table(arg, frame, evaluator):
            spot = _outermost(arg.name, frame, spot, anywhere=True)
    for name in _carriers(call, names, place, frame, evaluator):
        spot = _outermost(name, frame, spot, anywhere=False)
    return spot


def _outermost(name: str, frame: Frame, spot: Spot, *, anywhere: bool) -> Spot:
    """The call that first gave the variable its value, through helpers that hand it on."""
    for _ in range(HELPERS):
        scope: Frame | None = frame
        while scope is not None and not scope.function.declares(name):
            scope = outer_frame(scope)
        if scope is None or scope.call is None:
            return spot
        root = _taken_from(name, scope)
        if root:
            name, frame = root, scope
            continue
        given = scope.bound.get(name)
        if not isinstance(given, Given):
            return spot
        caller = given.frame.function
        if given.frame is scope or not (anywhere or scope.function.module is not caller.module):
            return spot
        spot = Spot(caller, scope.call.line, scope.call.end_line)
        if not isinstance(given.expr, Name):
            return spot
        name, frame = given.expr.name, given.frame
    return spot


def _taken_from(name: str, scope: Frame) -> str:
    """`options` of `const bucket = options.bucket`, "" when it is no such variable."""
    stored = scope.function.sets.get(name, ())
    if name in scope.bound or len(stored) != 1:
        return ""
    root = _root(stored[0][0])
    return root if root != name else ""


def _is_table(arg: Name, frame: Frame, evaluator: Evaluator) -> bool:
    return any(isinstance(v, Obj) for v in evaluator.values(arg, frame))


def _carriers(
    call: Call, names: tuple[str, ...], place: int, frame: Frame, evaluator: Evaluator
) -> Iterator[str]:
    """The variables that the argument is taken from."""
    for key, value in call.named:
        if key in names:
            yield from _named(value, frame, evaluator)
    for arg in call.args:
        for table in evaluator.values(arg, frame) if isinstance(arg, Name | Table) else ():
            if isinstance(table, Obj) and isinstance(table.expr, Table):
                inside = table.frame.function is frame.function
                for named, member in table.expr.items if inside else ():
                    if isinstance(named, Text) and named.text in names:
                        yield from _named(member, frame, evaluator)
    if 0 <= place < len(call.args):
        yield from _named(call.args[place], frame, evaluator)


def _named(expr: Expr, frame: Frame, evaluator: Evaluator) -> Iterator[str]:
    if isinstance(expr, Call) and len(expr.args) == 1:  # `aws.String(name)`
        expr = expr.args[0]
    root = _root(expr)
    if root and (isinstance(expr, Name) or _is_table(Name(root), frame, evaluator)):
        yield root


def _root(expr: Expr) -> str:
    """`options` of `options.bucket`; "" where the member itself is a function's own name."""
    while isinstance(expr, Member):
        if isinstance(expr.key, Text) and expr.key.text in SAYS_OWN:
            return ""
        expr = expr.of
    return expr.name if isinstance(expr, Name) else ""


def _first_line(call: Call, frame: Frame, evaluator: Evaluator) -> int:
    for arg in call.args:
        for value in evaluator.values(arg, frame) if isinstance(arg, Name) else ():
            if isinstance(value, Obj) and isinstance(value.expr, Table):
                same = value.frame.function is frame.function
                if same and call.line - NEAR <= value.expr.line < call.line:
                    return value.expr.line
    return call.line
