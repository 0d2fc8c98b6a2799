"""Terraform's modules and values: variables, locals and outputs from call to call.

A folder is read once for each call of it. Imports `form`, `infra.hcl`, `values`.
"""

from __future__ import annotations

import posixpath
from dataclasses import field
from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import dataclass
from signed_lambda.scan.form import Call, Either, Join, Member, Name, Row, Table, Text
from signed_lambda.scan.values import UNSEEN, Ref, Str, joined, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.scan.form import Expr, Module
    from signed_lambda.scan.infra.hcl import Block

MAX_SCOPES: Final = 200
"""Calls of modules that are followed, in modules in modules."""
DEPTH: Final = 12


@dataclass(slots=True, eq=False)
class Folder:
    """The blocks of one folder, which is what Terraform calls a module."""

    path: str
    blocks: list[tuple[Module, Block]] = field(default_factory=list)

    def of(self, kind: str, *labels: str) -> Iterator[tuple[Module, Block]]:
        """The blocks of a kind whose labels start so."""
        for module, block in self.blocks:
            if block.kind == kind and block.labels[: len(labels)] == labels:
                yield module, block


@dataclass(slots=True, eq=False)
class Scope:
    """A folder as it is called: its variables are what the caller gives."""

    folder: Folder
    prefix: str
    given: dict[str, Expr] = field(default_factory=dict)
    caller: Scope | None = None


class Modules:
    """The folders, every call of them, and what an expression is in a call."""

    def __init__(self, folders: dict[str, Folder]) -> None:
        self.folders = folders
        self.all: list[Scope] = []
        self.called: dict[tuple[Scope, str], Scope] = {}
        self._depth = 0

    # -- modules

    def scopes(self) -> list[Scope]:
        """Every call of every folder; a folder that nobody calls stands for itself."""
        called = {self._source(f, b) for f in self.folders.values() for _, b in f.of("module")}
        waiting = [Scope(f, f.path) for path, f in self.folders.items() if path not in called]
        waiting = waiting or [Scope(f, f.path) for f in self.folders.values()]
        while waiting and len(self.all) < MAX_SCOPES:
            scope = waiting.pop(0)
            self.all.append(scope)
            for _, block in scope.folder.of("module"):
                inner = self.folders.get(self._source(scope.folder, block))
                if inner is not None and inner is not scope.folder and block.labels:
                    name = block.labels[0]
                    made = Scope(inner, f"{scope.prefix}!{name}", block.attributes, scope)
                    self.called[scope, name] = made
                    waiting.append(made)
        return self.all

    def _source(self, folder: Folder, block: Block) -> str:
        source = block.attributes.get("source")
        literal = source.text if isinstance(source, Text) else ""
        if not literal.startswith("."):
            return "\0"
        found = posixpath.normpath(posixpath.join(folder.path, literal))
        return "" if found == "." else found

    # -- values

    def value(self, expr: Expr | None, scope: Scope) -> Str:
        """What an expression is, with what only the deployment knows as references."""
        if expr is None or self._depth > DEPTH:
            return UNSEEN
        self._depth += 1
        try:
            return self._value(expr, scope)
        finally:
            self._depth -= 1

    def _value(self, expr: Expr, scope: Scope) -> Str:
        found = UNSEEN
        match expr:
            case Text():
                found = text(expr.text)
            case Join():
                found = joined(tuple(self.value(p, scope) for p in expr.parts))
            case Either():
                options = [self.value(o, scope) for o in expr.options]
                found = next((o for o in options if o.literal != "" and o != UNSEEN), UNSEEN)
            case Member() | Name():
                found = self._reference(chain_of(expr), scope)
            case Call():
                found = self._call(expr, scope)
            case Row() if len(expr.items) == 1:
                found = self.value(expr.items[0], scope)
        return found

    def _call(self, call: Call, scope: Scope) -> Str:
        name = call.func.name if isinstance(call.func, Name) else ""
        values = [self.value(a, scope) for a in call.args]
        if name in ("try", "coalesce", "lower", "trimspace", "tostring", "one", "nonsensitive"):
            return values[0] if values else UNSEEN
        if name == "format" and values:
            return self._format(values)
        if name == "join" and len(values) > 1 and isinstance(call.args[1], Row):
            parts: list[Str] = []
            for item in call.args[1].items:
                parts += [values[0]] if parts else []
                parts.append(self.value(item, scope))
            return joined(tuple(parts))
        return values[-1] if name in ("join", "element") and values else UNSEEN

    def _format(self, values: list[Str]) -> Str:
        pieces = (values[0].literal or "").split("%s")
        parts: list[Str] = []
        for place, piece in enumerate(pieces):
            parts.append(text(piece))
            if place + 1 < len(pieces):
                parts.append(values[place + 1] if place + 1 < len(values) else UNSEEN)
        return joined(tuple(parts))

    def _reference(self, chain: list[str], scope: Scope) -> Str:
        head, *rest = chain
        if head == "var" and rest:
            return self._variable(rest, scope)
        if head == "local" and rest:
            for _, block in scope.folder.of("locals"):
                if rest[0] in block.attributes:
                    return self.value(_deeper(block.attributes[rest[0]], rest[1:]), scope)
        if head == "module" and len(rest) > 1:
            return self._output(rest[0], rest[1], scope)
        if head == "path":
            return text("")
        return self._resource_of(chain, scope)

    def _output(self, name: str, output: str, scope: Scope) -> Str:
        """What a module gives; of one from elsewhere, the module itself."""
        inner = self.called.get((scope, name))
        if inner is not None:
            for _, block in inner.folder.of("output", output):
                return self.value(block.attributes.get("value"), inner)
        return Str((Ref(f"{scope.prefix}#module.{name}", output),))

    def _resource_of(self, chain: list[str], scope: Scope) -> Str:
        head, *rest = chain
        if rest and (head.startswith("aws_") or head == "data"):
            where = chain[:3] if head == "data" else chain[:2]
            last = chain[-1] if len(chain) > len(where) else ""
            return Str((Ref(f"{scope.prefix}#{'.'.join(where)}", last),))
        return Str((Ref(f"param:{scope.prefix}:{'.'.join(chain)}"),))

    def _variable(self, rest: list[str], scope: Scope) -> Str:
        if rest[0] in scope.given and scope.caller is not None:
            return self.value(_deeper(scope.given[rest[0]], rest[1:]), scope.caller)
        for _, block in scope.folder.of("variable", rest[0]):
            default = block.attributes.get("default")
            if default is not None:
                found = self.value(_deeper(default, rest[1:]), scope)
                if found != UNSEEN and found.literal not in ("", "null"):
                    return found
        return Str((Ref(f"param:{scope.prefix}:var.{'.'.join(rest)}"),))

    def written(self, expr: Expr | None, scope: Scope) -> tuple[Expr | None, Scope]:
        """What a local or a given variable was written as, and in which scope."""
        found, where = expr, scope
        for _ in range(DEPTH):
            chain = chain_of(found) if isinstance(found, Member) else [""]
            if chain[0] == "var" and chain[1:] and chain[1] in where.given and where.caller:
                found, where = where.given[chain[1]], where.caller
            elif chain[0] == "local" and len(chain) > 1:
                blocks = [b for _, b in where.folder.of("locals") if chain[1] in b.attributes]
                found = _deeper(blocks[0].attributes[chain[1]], chain[2:]) if blocks else None
            else:
                break
        return found, where

    def table(self, expr: Expr | None, scope: Scope) -> Iterator[tuple[str, Str]]:
        """The members of a table, also of one that is given through variables."""
        found, where = self.written(expr, scope)
        if isinstance(found, Call) and found.args:  # merge(a, b)
            for arg in found.args:
                yield from self.table(arg, where)
            return
        if isinstance(found, Table):
            for key, value in found.items:
                if isinstance(key, Text):
                    yield key.text, self.value(value, where)


def chain_of(expr: Expr) -> list[str]:
    """`a.b[0].c` as its names; an index is "*" or what it says."""
    parts: list[str] = []
    while isinstance(expr, Member):
        parts.append(expr.key.text if isinstance(expr.key, Text) else "*")
        expr = expr.of
    parts.append(expr.name if isinstance(expr, Name) else "?")
    return [p for p in reversed(parts) if not p.isdigit() and p != "*"] or ["?"]


def _deeper(expr: Expr, keys: list[str]) -> Expr | None:
    found: Expr | None = expr
    for key in keys:
        members = found.items if isinstance(found, Table) else ()
        named = [v for k, v in members if isinstance(k, Text) and k.text == key]
        if not named and isinstance(found, Member | Name):
            found = Member(found, Text(key))
        else:
            found = named[0] if named else None
    return found
