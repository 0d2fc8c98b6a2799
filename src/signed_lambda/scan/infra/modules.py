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
                root = _root(expr)
                if isinstance(root, Call):  # `concat(a.*.arn, [""])[0]`, `one(a.b).c`
                    inner = self.within(root, [k for k in chain_of(expr) if k != "?"], scope)
                    return self.value(*inner) if inner is not None else UNSEEN
                found = self._reference(chain_of(expr), scope)
            case Call():
                found = self._call(expr, scope)
            case Row() if expr.items:
                found = self.value(expr.items[0], scope) if _is_one(expr) else UNSEEN
        return found

    def _call(self, call: Call, scope: Scope) -> Str:
        name = call.func.name if isinstance(call.func, Name) else ""
        values = [self.value(a, scope) for a in call.args]
        if name in _FIRST:
            return next((v for v in values if v not in (UNSEEN, _NOTHING)), UNSEEN)
        if name == "lookup" and len(values) > 1:
            key = values[1].literal
            inner = self.within(call.args[0], [key], scope) if key is not None else None
            return self.value(*inner) if inner is not None else values[-1]
        if name == "format" and values:
            return self._format(values)
        if name == "join" and len(values) > 1 and isinstance(call.args[1], Row):
            parts: list[Str] = []
            for item in call.args[1].items:
                parts += [values[0]] if parts else []
                parts.append(self.value(item, scope))
            return joined(tuple(parts))
        return values[-1] if name == "join" and values else UNSEEN

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
                    inner = self.within(block.attributes[rest[0]], rest[1:], scope)
                    return self.value(*inner) if inner is not None else UNSEEN
        if head == "module" and len(rest) > 1:
            return self._output(rest, scope)
        if head == "path":
            return text("")
        return self._resource_of(chain, scope)

    def _output(self, rest: list[str], scope: Scope) -> Str:
        """What a module gives; of one from elsewhere, the module itself."""
        name, output, *keys = rest
        inner = self.called.get((scope, name))
        if inner is not None:
            for _, block in inner.folder.of("output", output):
                value = block.attributes.get("value")
                found = self.within(value, keys, inner) if value is not None else None
                return self.value(*found) if found is not None else UNSEEN
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
            given = self.within(scope.given[rest[0]], rest[1:], scope.caller)
            return self.value(*given) if given is not None else UNSEEN
        for _, block in scope.folder.of("variable", rest[0]):
            default = block.attributes.get("default")
            inner = self.within(default, rest[1:], scope) if default is not None else None
            if inner is not None:
                found = self.value(*inner)
                if found not in (UNSEEN, _NOTHING) and found.literal != "null":
                    return found
        return Str((Ref(f"param:{scope.prefix}:var.{'.'.join(rest)}"),))

    def written(self, expr: Expr | None, scope: Scope) -> tuple[Expr | None, Scope]:
        """What a local or a given variable was written as, and in which scope."""
        found, where = expr, scope
        for _ in range(DEPTH):
            chain = chain_of(found) if isinstance(found, Member) else [""]
            inner: tuple[Expr, Scope] | None
            if chain[0] == "var" and chain[1:] and chain[1] in where.given and where.caller:
                inner = self._step(where.given[chain[1]], chain[2:], where.caller)
            elif chain[0] == "local" and len(chain) > 1:
                blocks = [b for _, b in where.folder.of("locals") if chain[1] in b.attributes]
                made = blocks[0].attributes[chain[1]] if blocks else None
                inner = self._step(made, chain[2:], where) if made is not None else None
            else:
                break
            found, where = inner if inner is not None else (None, where)
        return found, where

    def within(self, expr: Expr, keys: list[str], scope: Scope) -> tuple[Expr, Scope] | None:
        """What stands at a path in a table that is given through variables and merged of others."""
        return self._step(expr, keys, scope)

    def _step(self, expr: Expr, keys: list[str], scope: Scope) -> tuple[Expr, Scope] | None:
        if not keys:
            return expr, scope
        if self._depth > DEPTH:
            return None
        self._depth += 1
        try:
            found, where = self.written(expr, scope)
            return self._member(found, keys, where)
        finally:
            self._depth -= 1

    def _member(
        self, found: Expr | None, keys: list[str], where: Scope
    ) -> tuple[Expr, Scope] | None:
        key, *more = keys
        if isinstance(found, Table):
            named = [v for k, v in found.items if isinstance(k, Text) and k.text == key]
            return self._step(named[-1], more, where) if named else None
        if isinstance(found, Call):  # the last of merge(a, b) that has it, the first of try(a, b)
            merges = isinstance(found.func, Name) and found.func.name == "merge"
            for arg in reversed(found.args) if merges else found.args:
                inner = self._step(arg, keys, where)
                if inner is not None:
                    return inner
            return None
        if isinstance(found, Either | Row):
            options = found.options if isinstance(found, Either) else found.items[:1]
            inners = (self._step(option, keys, where) for option in options)
            return next((i for i in inners if i is not None), None)
        if not isinstance(found, Member | Name):
            return None
        for name in keys:
            found = Member(found, Text(name))
        return found, where

    def table(self, expr: Expr | None, scope: Scope) -> Iterator[tuple[str, Str]]:
        """The members of a table, also of one that is given through variables."""
        found, where = self.written(expr, scope)
        if isinstance(found, Call) and found.args:  # merge(a, b)
            for arg in found.args:
                yield from self.table(arg, where)
            return
        if isinstance(found, Either):  # `x ? {a = b} : {}`
            for option in found.options:
                yield from self.table(option, where)
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


def _root(expr: Expr) -> Expr:
    while isinstance(expr, Member):
        expr = expr.of
    return expr


def _is_one(row: Row) -> bool:
    """Whether a list stands for its first item: it has no other, or only an empty one."""
    return all(isinstance(item, Text) and not item.text for item in row.items[1:])


_NOTHING: Final = text("")
_FIRST: Final = frozenset(
    {
        *("try", "coalesce", "lower", "trimspace", "tostring", "one", "nonsensitive", "element"),
        *("concat", "compact", "flatten", "coalescelist", "sensitive", "toset", "tolist"),
    }
)
"""Functions that stand for the first of their arguments that is known, where one value is meant."""
