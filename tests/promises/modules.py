"""The product's modules as syntax trees, for tests about how the code is built."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).resolve().parent.parent.parent
SRC: Final = ROOT / "src"
ERROR_ID: Final = re.compile(r"E-[A-Z]+-\d\d")


@dataclass(frozen=True)
class Module:
    """One module.

    Attributes:
        name: Dotted: "signed_lambda.inputs.table"; a package's own module has the package's name.
        text: Its source.
        is_package: It is an `__init__`.
    """

    name: str
    text: str
    is_package: bool = False

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed source."""
        return ast.parse(self.text, self.name)

    def within(self, *layers: str) -> bool:
        """Whether it is one of these modules or packages of the product, or part of one."""
        full = [f"signed_lambda.{layer}" for layer in layers]
        return any(self.name == layer or self.name.startswith(f"{layer}.") for layer in full)

    @cached_property
    def imports(self) -> tuple[tuple[str, int], ...]:
        """Each imported module or name in full, with its line; relative imports resolved."""
        return tuple((full, line) for _, full, line in self._bindings)

    @cached_property
    def dotted(self) -> tuple[tuple[str, int], ...]:
        """Each name or attribute as it would be imported: "os.environ", "datetime.datetime.now"."""
        names = {local: full for local, full, _ in self._bindings if local}
        found = []
        for node in ast.walk(self.tree):
            parts = _parts(node)
            if parts and isinstance(node, ast.expr):
                full = ".".join((names.get(parts[0], parts[0]), *parts[1:]))
                found.append((full, node.lineno))
        return tuple(found)

    @cached_property
    def _bindings(self) -> tuple[tuple[str, str, int], ...]:
        """Each import as (local name, "" where the full name is used; full name; line)."""
        found = []
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found += [(alias.asname or "", alias.name, node.lineno) for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                base = self._base(node)
                found += [
                    (alias.asname or alias.name, f"{base}.{alias.name}", node.lineno)
                    for alias in node.names
                ]
        return tuple(found)

    def _base(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        own = self.name.split(".")
        parts = own[: len(own) - node.level + (1 if self.is_package else 0)]
        return ".".join([*parts, node.module] if node.module else parts)

    def calls(self) -> Iterator[tuple[str, int]]:
        """The last name of each call: "PublishedVersion" of `publish.PublishedVersion(...)`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                target = node.func
                if isinstance(target, ast.Name):
                    yield target.id, node.lineno
                elif isinstance(target, ast.Attribute):
                    yield target.attr, node.lineno

    def error_ids(self) -> Iterator[str]:
        """The error ids that the code names: "E-ZIP-01" itself, or the number of a shorthand.

        A shorthand is a function with f"E-AREA-{number}", number being its first parameter.
        """
        shorthands = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                if ERROR_ID.fullmatch(node.value):
                    yield node.value
            elif isinstance(node, ast.FunctionDef) and node.args.args:
                begin = re.search(
                    rf"f['\"](E-[A-Z]+-)\{{{node.args.args[0].arg}\}}", ast.unparse(node)
                )
                if begin:
                    shorthands[node.name] = begin[1]
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                number = node.args[0]
                if node.func.id in shorthands and isinstance(number, ast.Constant):
                    yield f"{shorthands[node.func.id]}{number.value!s}"


def _parts(node: ast.AST) -> tuple[str, ...]:
    """("os", "environ") of a name with attributes; () of anything else."""
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.Attribute):
        inner = _parts(node.value)
        return (*inner, node.attr) if inner else ()
    return ()


def product() -> list[Module]:
    """Every module of src/signed_lambda."""
    return [_read(path) for path in sorted((SRC / "signed_lambda").rglob("*.py"))]


def _read(path: Path) -> Module:
    parts = path.relative_to(SRC).with_suffix("").parts
    is_package = parts[-1] == "__init__"
    name = ".".join(parts[:-1] if is_package else parts)
    return Module(name, path.read_text("utf-8"), is_package)
