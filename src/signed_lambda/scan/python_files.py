"""The function's own Python files as Python's parser sees them: loops, and what becomes of results.

The common form (`form`) drops these. A file is parsed for this when a rule asks for words that it
holds, once for all rules. Imports `form`, `explore` (which files are tests).
"""

from __future__ import annotations

import ast
import warnings
from functools import cached_property
from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import dataclass, regex
from signed_lambda.scan.program import is_test

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator

    from signed_lambda.scan.form import Module

Def = ast.FunctionDef | ast.AsyncFunctionDef
Loop = ast.While | ast.For | ast.AsyncFor
_SERVICE: Final = regex(r"[a-z][a-z0-9-]*")


@dataclass(eq=False)
class PythonFile:
    """A file with its tree."""

    module: Module
    tree: ast.Module

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """What each node is in."""
        return {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    @cached_property
    def calls(self) -> tuple[ast.Call, ...]:
        """All calls, in the order of their lines."""
        found = [node for node in ast.walk(self.tree) if isinstance(node, ast.Call)]
        return tuple(sorted(found, key=lambda c: (c.lineno, c.col_offset)))

    @cached_property
    def services(self) -> dict[str, str]:
        """What services names and attributes stand for: `self.ec2 = boto3.client("ec2")`.

        A name that stands for two is left out.
        """
        found: dict[str, set[str]] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                service = made_service(node.value)
                for target in node.targets if service else ():
                    found.setdefault(last_part(target), set()).add(service)
        return {name: min(of) for name, of in found.items() if len(of) == 1 and name}

    def above(self, node: ast.AST) -> Iterator[ast.AST]:
        """What the node is in, innermost first."""
        while (parent := self.parents.get(node)) is not None:
            yield parent
            node = parent

    def function(self, node: ast.AST) -> Def | None:
        """The function that it stands in, None for the file's own body."""
        return next((a for a in self.above(node) if isinstance(a, Def)), None)

    def loop(self, node: ast.AST) -> Loop | None:
        """The innermost loop of the same function that it stands in."""
        for parent in self.above(node):
            if isinstance(parent, Loop):
                return parent
            if isinstance(parent, Def | ast.Lambda):
                return None
        return None

    def service(self, receiver: ast.expr) -> str:
        """The service of a client, as boto3 names it; "" when it is not known."""
        if isinstance(receiver, ast.Call):
            return made_service(receiver)
        return self.services.get(last_part(receiver), "")


def last_part(node: ast.expr) -> str:
    """`c` of `a.b.c` and of `c`, "" of anything else."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def made_service(call: ast.Call) -> str:
    """The service of `boto3.client("ec2")` and `session.resource("s3")`, "" of another call."""
    if last_part(call.func) not in ("client", "resource"):
        return ""
    named = [k.value for k in call.keywords if k.arg == "service_name"]
    for arg in (*named, *call.args[:1]):
        if isinstance(arg, ast.Constant) and isinstance(arg.value, str):
            return arg.value if _SERVICE.fullmatch(arg.value) else ""
    return ""


class PythonFiles:
    """The Python files of a program, without installed packages and tests."""

    def __init__(self, modules: Iterable[Module]) -> None:
        self._modules = [
            m for m in modules if m.language == "python" and not m.installed and not is_test(m.path)
        ]
        self._read: dict[Module, PythonFile | None] = {}

    def with_words(self, words: re.Pattern[str]) -> Iterator[PythonFile]:
        """The files that have such words on any line."""
        for module in self._modules:
            if any(words.search(line) for line in module.lines):
                if module not in self._read:
                    self._read[module] = _parsed(module)
                found = self._read[module]
                if found is not None:
                    yield found


def _parsed(module: Module) -> PythonFile | None:
    """The file, None where it is too deep for a second reading (the first one says so)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return PythonFile(module, ast.parse("\n".join(module.lines).removeprefix("\ufeff")))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
