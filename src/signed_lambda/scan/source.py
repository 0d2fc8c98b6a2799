"""Parses a file of the package once, for all rules; never runs or imports it."""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass
from typing import Final

_LINE_END: Final = re.compile(r"\r\n|\r|\n")
"""What ends a line for Python's tokenizer: a form feed or U+2028 does not.

Source: https://docs.python.org/3/reference/lexical_analysis.html#physical-lines
"""
FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef)
_SCOPES: Final = (*FUNCTIONS, ast.ClassDef)
ALLOWANCE: Final = re.compile(r"#\s*signed-lambda:\s*allow\s+(REC-[A-Z-]+)\s+--\s*(\S.*)")
"""`# signed-lambda: allow REC-SELF-CTX -- reason`, on the line of the finding or the one above."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A file with code that was not reviewed, and why."""

    path: str
    why: str


@dataclass(frozen=True, slots=True)
class PythonSource:
    """A parsed Python file.

    Attributes:
        parents: The enclosing node of each node.
        assigned: What is assigned to a name, by the scope that the assignment is made in.
        function_name: What the deployed function is called, "" when unknown.
    """

    path: str
    tree: ast.Module
    lines: tuple[str, ...]
    parents: dict[ast.AST, ast.AST]
    assigned: dict[tuple[ast.AST, str], list[ast.expr]]
    function_name: str

    def enclosing(self, node: ast.AST) -> tuple[ast.AST, ...]:
        """The nodes around a node, innermost first."""
        found = []
        while (parent := self.parents.get(node)) is not None:
            found.append(parent)
            node = parent
        return tuple(found)

    def assigning_scope(self, name: ast.Name) -> tuple[ast.AST, str] | None:
        """The key in `assigned` of the scope whose variable the name is; None where it is unknown.

        A parameter is unknown: what it is depends on the caller. Names of a class' body are not
        seen from its methods.
        Source: https://docs.python.org/3/reference/executionmodel.html#resolution-of-names
        """
        for scope in (*filter(_is_function, self.enclosing(name)), self.tree):
            if (scope, name.id) in self.assigned:
                return scope, name.id
            if name.id in _parameters(scope):
                return None
        return None

    def allowed(self, rule: str, line: int) -> str | None:
        """The reason given for allowing the rule at a line, None when there is none."""
        for text in self.lines[max(0, line - 2) : line]:
            said = ALLOWANCE.search(text)
            if said and said[1] == rule:
                return said[2].strip()
        return None


def parse(path: str, body: bytes, function_name: str) -> PythonSource | Unread:
    """The parsed file, or why it cannot be read."""
    if not path.endswith(".py"):
        return Unread(path, "this version reads Python only")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # SyntaxWarning: of somebody else's code
            tree = ast.parse(body)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return Unread(path, f"not parsed: {type(error).__name__}")
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    lines = tuple(_LINE_END.split(body.decode("utf-8", "replace")))
    source = PythonSource(path, tree, lines, parents, {}, function_name)
    shared = {n for node in ast.walk(tree) if isinstance(node, ast.Global) for n in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            scope = next((n for n in source.enclosing(node) if isinstance(n, _SCOPES)), tree)
            for name in {target.id for target in node.targets if isinstance(target, ast.Name)}:
                key = (tree if name in shared else scope, name)
                source.assigned.setdefault(key, []).append(node.value)
    return source


def _is_function(node: ast.AST) -> bool:
    return isinstance(node, (*FUNCTIONS, ast.Lambda))


def _parameters(scope: ast.AST) -> set[str]:
    if not isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        return set()
    given = scope.args
    found = (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg)
    return {argument.arg for argument in found if argument is not None}
