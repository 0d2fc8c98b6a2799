"""The mutants of a module: every function body, each changed in one place by a standard operator.

Pure: parses and compiles, runs nothing. Left alone: docstrings, annotations, asserts (they narrow
types), texts (messages have snapshots; only texts that are compared are changed), and what stands
outside of functions.
"""

from __future__ import annotations

import ast
import types
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_COMPARISONS: Final[dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_ARITHMETIC: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.RShift: ast.LShift,
    ast.LShift: ast.RShift,
}
_NO_TEXT: Final = "another text"
_TOLD_CHARACTERS: Final = 60


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change.

    Attributes:
        module: Name for import.
        function: Qualified name of the outermost function that holds the change.
        lines: First and last line of the statement (of a block: of its head).
        key: Module, function and change in words; stays when lines move. The second of two equal
            changes in a function ends in "#2".
    """

    module: str
    function: str
    lines: tuple[int, int]
    key: str
    _site: _Site

    def code(self) -> types.CodeType:
        """The function's code with the change."""
        return self._site.compiled(self.function)


@dataclass(frozen=True, slots=True)
class _Site:
    tree: ast.Module
    path: Path
    parent: ast.AST
    field: str
    index: int | None
    old: object
    new: object

    def compiled(self, function: str) -> types.CodeType:
        self._put(self.new)
        try:
            whole = compile(self.tree, str(self.path), "exec", dont_inherit=True)
        finally:
            self._put(self.old)
        return next(code for code in _codes(whole) if code.co_qualname == function)

    def _put(self, value: object) -> None:
        if self.index is None:
            setattr(self.parent, self.field, value)
        else:
            getattr(self.parent, self.field)[self.index] = value


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


def mutants(module: str, path: Path) -> Iterator[Mutant]:
    """All mutants of a file, in the order of its text."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    seen: Counter[str] = Counter()
    for function, name in _functions(tree, ""):
        for statement in function.body:
            if _is_docstring(statement):
                continue
            for parent, field, index, lines in _places(statement, function):
                old = getattr(parent, field) if index is None else getattr(parent, field)[index]
                for new in _alternatives(old, parent, field):
                    words = f"{module}:{name}: {_change(old, new)}"
                    seen[words] += 1
                    key = words if seen[words] == 1 else f"{words} #{seen[words]}"
                    fixed = ast.fix_missing_locations(ast.copy_location(new, old))
                    site = _Site(tree, path, parent, field, index, old, fixed)
                    yield Mutant(module, name, lines, key, site)


def _functions(node: ast.AST, prefix: str) -> Iterator[tuple[ast.FunctionDef, str]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef):
            yield child, prefix + child.name
        elif isinstance(child, ast.ClassDef):
            yield from _functions(child, f"{prefix}{child.name}.")


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _places(
    statement: ast.stmt, function: ast.FunctionDef
) -> Iterator[tuple[ast.AST, str, int | None, tuple[int, int]]]:
    """Where an expression or statement stands: parent, field, index; and the lines around it."""
    index = function.body.index(statement)
    lines = _lines(statement)
    yield function, "body", index, lines
    yield from _below(statement, lines)


def _below(
    node: ast.AST, lines: tuple[int, int]
) -> Iterator[tuple[ast.AST, str, int | None, tuple[int, int]]]:
    if isinstance(node, ast.Assert | ast.JoinedStr):
        return
    for field, value in ast.iter_fields(node):
        if field in {"annotation", "returns", "format_spec", "ctx"}:
            continue
        children = value if isinstance(value, list) else [value]
        for index, child in enumerate(children):
            if not isinstance(child, ast.expr | ast.stmt | ast.AST):
                continue
            if isinstance(child, ast.stmt) and _is_docstring(child):
                continue
            around = _lines(child) if isinstance(child, ast.stmt) else lines
            if isinstance(child, ast.expr | ast.stmt):
                yield node, field, index if isinstance(value, list) else None, around
            yield from _below(child, around)


def _lines(statement: ast.stmt) -> tuple[int, int]:
    body = getattr(statement, "body", None)
    if isinstance(body, list) and body:
        return statement.lineno, max(statement.lineno, body[0].lineno - 1)
    return statement.lineno, statement.end_lineno or statement.lineno


def _change(old: ast.AST, new: ast.AST) -> str:
    """In words."""
    if isinstance(old, ast.Call) and isinstance(new, ast.Call):
        gone = [k.arg for k in old.keywords if k not in new.keywords]
        what = f"without {gone[0]}=" if gone else "with its first two arguments swapped"
        return f"{_told(old.func)}() {what}"
    return f"{_told(old)} => {_told(new)}"


def _told(node: ast.AST) -> str:
    text = ast.unparse(ast.fix_missing_locations(node)).split("\n", 1)[0]
    return text if len(text) <= _TOLD_CHARACTERS else f"{text[:_TOLD_CHARACTERS]}..."


def _alternatives(old: object, parent: ast.AST, field: str) -> Iterator[ast.AST]:
    if isinstance(old, ast.stmt):
        yield from _statements(old)
    elif isinstance(old, ast.expr):
        yield from _expressions(old, parent)
        if field == "test" and not isinstance(old, ast.Compare | ast.UnaryOp):
            yield ast.UnaryOp(ast.Not(), old)


def _statements(old: ast.stmt) -> Iterator[ast.AST]:
    """Without the statement; a loop that goes on; nothing returned."""
    match old:
        case ast.Expr() | ast.Raise() | ast.AugAssign() | ast.Break() | ast.Continue():
            yield ast.Pass()
        case ast.Return(value=ast.expr() as value) if not _is_constant(value):
            yield ast.Return(ast.Constant(None))


def _is_constant(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value in {None, True, False}


def _expressions(old: ast.expr, parent: ast.AST) -> Iterator[ast.AST]:
    match old:
        case ast.Compare(left=left, ops=[*ops], comparators=right):
            for at, op in enumerate(ops):
                for other in _COMPARISONS[type(op)]:
                    yield ast.Compare(left, [*ops[:at], other(), *ops[at + 1 :]], right)
        case ast.BoolOp(op=op, values=values):
            yield ast.BoolOp(ast.And() if isinstance(op, ast.Or) else ast.Or(), values)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
            yield ast.BinOp(left, _ARITHMETIC[type(op)](), right)
        case ast.Constant():
            yield from _constants(old.value, parent)
        case ast.Call():
            yield from _calls(old)


def _constants(value: object, parent: ast.AST) -> Iterator[ast.AST]:
    match value:
        case bool():
            yield ast.Constant(not value)
        case int() | float():
            yield ast.Constant(value + 1)
            yield ast.Constant(value - 1)
        case str() if isinstance(parent, ast.Compare):
            yield ast.Constant(_NO_TEXT)


def _calls(old: ast.Call) -> Iterator[ast.AST]:
    """The first two arguments swapped, where that matters; one keyword less."""
    first, second = (*old.args, None, None)[:2]
    commutes = isinstance(old.func, ast.Name) and old.func.id in {"min", "max"}
    if first and second and not commutes and not isinstance(first, ast.Starred | ast.Constant):
        yield ast.Call(old.func, [second, first, *old.args[2:]], old.keywords)
    for at, keyword in enumerate(old.keywords):
        if keyword.arg is not None:
            yield ast.Call(old.func, old.args, old.keywords[:at] + old.keywords[at + 1 :])
