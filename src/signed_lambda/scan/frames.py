"""Small questions about frames and values that the evaluator asks again and again.

Pure: imports `form` and `values`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.scan.values import IN_JSON, UNSEEN, Env, Frame, Path, Str

if TYPE_CHECKING:
    from collections.abc import Sequence

    from signed_lambda.scan.form import Call, Expr, Function, Row
    from signed_lambda.scan.values import Value

OPTIONS: Final = 12
"""Values that are kept of one expression."""
_ENVIRONMENTS: Final = {
    ("os", ("environ",)),
    ("environ", ()),
    ("process", ("env",)),
    ("System", ("getenv()",)),
    ("Deno", ("env",)),
    ("env-var", ()),
}


def outer_frame(frame: Frame) -> Frame | None:
    """The frame that a function was written in."""
    if frame.outer is not None:
        return frame.outer
    outer = frame.function.outer
    return Frame(outer, {}, None, frame.this) if outer is not None else None


def arguments(function: Function, call: Call) -> dict[str, Expr]:
    """What a call gives for each parameter, by name or by place."""
    params = [p.name for p in function.given]
    given = dict(zip(params, call.args, strict=False))
    return given | {name: arg for name, arg in call.named if name in params and name is not None}


def spelled(value: Value) -> str:
    """The text, "*" where it is not known."""
    literal = value.literal if isinstance(value, Str) else None
    return "*" if literal is None else literal


def of_text(base: Str, key: str) -> Value:
    """A member of what is known by a path only."""
    path = base.path
    if path is None:
        only = base.atoms[0] if len(base.atoms) == 1 else None
        if isinstance(only, Env) and key != "*":
            return Str((Env(f"{only.name}{IN_JSON}{key}"),))
        return UNSEEN
    if (path.root, path.steps) in _ENVIRONMENTS:
        return Str((Env(key),)) if key != "*" else UNSEEN
    return Str((Path(path.root, (*path.steps, key)[:24]),))


def distinct(found: Sequence[Value]) -> tuple[Value, ...]:
    """Each value once, the first ones."""
    if len(found) < 2:  # noqa: PLR2004 - nearly always, and nothing to compare
        return tuple(found)
    kept: dict[Value, None] = {}
    for value in found:
        kept[value] = None
        if len(kept) >= OPTIONS:
            break
    return tuple(kept)


def items_at(row: Row, key: str) -> tuple[Expr, ...]:
    """The item at a place, all of them where the place is not known."""
    plain = key.removeprefix("-")
    if not plain.isdigit() or len(plain) > len(str(len(row.items))):
        return row.items if not plain.isdigit() else ()
    place = int(key)
    return (row.items[place],) if -len(row.items) <= place < len(row.items) else ()
