"""Bundles of JavaScript: the files that a bundler put into one, each as a file again.

webpack and ncc keep files as functions in a table, and give each `module`, `exports` and their own
`require`; esbuild hands a file as a function to a helper and calls what that gives back. A minifier
changes all these names, so that they are known by their place. Scopes that were joined (rollup,
esbuild of ES modules) need nothing.

Imports `form` and `front.javascript_names`.

Source: https://webpack.js.org/concepts/under-the-hood/
Source: https://esbuild.github.io/content-types/#javascript
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import regex
from signed_lambda.scan.form import Closure, Member, Module, Name, Row, Table, Text
from signed_lambda.scan.front.javascript_names import ENTRY, Names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from signed_lambda.scan.form import Call, Expr, Function
    from signed_lambda.scan.watch import Watch

_MAKES_EXPORTS: Final = regex(
    r"\{\s*(?:(?:id|i|loaded|l)\s*:\s*[\w$!]+\s*,\s*)*exports\s*:\s*\{\s*\}\s*,?\s*\}"
)
"""What every `require` of a bundle does for a file that it loads for the first time; webpack's also
keeps its id, and whether it was loaded, where any file asks for that (lodash does)."""
_COMMENT: Final = regex(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_MAX_HELPER: Final = 3000
"""Characters of such a `require`, or of esbuild's helper."""
_WEBPACK: Final = ("module", "exports", "require")
_ESBUILD: Final = ("exports", "module")
_FUNCTIONS: Final = ("arrow_function", "function_expression", "method_definition")


class Bundles(Names):
    """The part of the reader that takes bundles apart."""

    def __init__(self, module: Module, watch: Watch, source: bytes) -> None:
        super().__init__(module, watch, source)
        self.plain_names: dict[str, str] = {}
        self.makers: set[str] = set()
        self.loaders: set[str] = set()

    def plain(self, text: str) -> str:
        """What the language calls it: `module.exports` for `e.exports` in a file of a bundle."""
        first, dot, rest = text.partition(".")
        known = self.plain_names.get(first)
        return f"{known}{dot}{rest}" if known and not self._shadowed(first) else text

    def _shadowed(self, name: str) -> bool:
        function: Function | None = self.function
        while function is not None and function is not self.module.top:
            if name in function.declared or any(p.name == name for p in function.params):
                return True
            function = function.outer
        return False

    def source_of(self, node: Node) -> str:
        """The file that a call loads, "" for another call; `wrap(load(x))` loads x too."""
        if node.type != "call_expression":
            return ""
        func, args = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        given = [a for a in args.named_children if a.type != "comment"] if args is not None else []
        called = self.text(func)
        if called in self.loaders and not given and not self._shadowed(called):
            return ENTRY + called
        first = given[0] if given else None
        if self.plain(called) == "require" and first is not None:
            mark = "" if called == "require" else ENTRY
            if first.type == "string":
                return mark + self.text(first)[1:-1]
            return mark + self.text(first) if mark and first.type == "number" else ""
        if func is not None and func.type == "identifier" and first is not None:
            return self.source_of(first)
        return ""

    def takes_apart(self, name: Node, value: Node) -> bool:
        """Whether `const name = value` holds files; they are read then."""
        called, value = self.text(name), _inside(value)
        if value.type in ("object", "array"):
            files = self._table_of_functions(value)
            if files and self._loads_by_itself(value):
                for key, node in files:
                    self._file(key, node, _WEBPACK)
                return True
        elif value.type == "call_expression":
            maker = self.text(value.child_by_field_name("function"))
            args = value.child_by_field_name("arguments")
            given = args.named_children[:1] if args is not None else []
            if maker in self.makers and given:
                inner = self._table_of_functions(given[0]) or [(called, given[0])]
                if inner[0][1].type in _FUNCTIONS:
                    self.loaders.add(called)
                    self._file(called, inner[0][1], _ESBUILD)
                    return True
        elif value.type == "arrow_function" and self._is_helper(value):
            self.makers.add(called)
        return False

    def _is_helper(self, node: Node) -> bool:
        size = node.end_byte - node.start_byte
        code = _COMMENT.sub("", self.text(node)) if size < _MAX_HELPER else ""
        return _MAKES_EXPORTS.search(code) is not None

    def _table_of_functions(self, node: Node) -> list[tuple[str, Node]]:
        """Key and function of each item, empty when it holds anything else."""
        items = _places(node) if node.type == "array" else self._pairs(node)
        found = [(key, _inside(value)) for key, value in items]
        return found if all(value.type in _FUNCTIONS for _, value in found) else []

    def _pairs(self, node: Node) -> Iterator[tuple[str, Node]]:
        for part in node.named_children if node.type == "object" else ():
            name = part.child_by_field_name("key") or part.child_by_field_name("name")
            if part.type != "comment":
                value = part.child_by_field_name("value") or part
                yield self.text(name).strip("'\""), value

    def _loads_by_itself(self, table: Node) -> bool:
        """Whether what stands behind the table is a `require` for its functions."""
        statement: Node | None = table
        while statement is not None and not statement.type.endswith("_declaration"):
            statement = statement.parent
        later = statement.next_named_sibling if statement is not None else None
        while later is not None and later.end_byte - later.start_byte < _MAX_HELPER:
            if later.type == "function_declaration" and self._is_helper(later):
                self.plain_names[self.text(later.child_by_field_name("name"))] = "require"
                return True
            later = later.next_named_sibling
        return False

    def _file(self, key: str, node: Node, names: tuple[str, ...]) -> None:
        module = self.module
        inner = Module(module.path, module.language, module.lines)
        inner.outer = module.path
        inner.key = f"{module.path}{ENTRY}{key}"
        inner.beside = module.beside
        inner.beside[ENTRY + key] = inner
        reader = type(self)(inner, self.watch, self.source)
        reader.makers, reader.loaders = self.makers, self.loaders
        single = node.child_by_field_name("parameter")
        params = node.child_by_field_name("parameters")
        listed = [single] if single is not None else params.named_children if params else []
        given = [self.text(p) for p in listed if p.type == "identifier"]
        reader.plain_names = dict(zip(given, names, strict=False))
        reader.expr(node.child_by_field_name("body"))
        reader.finish()
        module.inner.append(inner)

    # -- what a bundle exports

    def exported_getters(self, call: Call) -> None:
        """`define(exports, {handler: () => handler})`, or `["handler", 0, handler]`."""
        target = next((a for a in call.args[:1] if isinstance(a, Name)), None)
        exported = _exported(call.args[1]) if target is not None and len(call.args) > 1 else []
        for key, value in exported:
            if target is not None and self.plain(target.name) == "exports":
                self.export(key.text, value)
            elif target is not None:
                puts = self.function.puts.setdefault(target.name, [])
                puts.append((key, value, self.function))

    def finish(self) -> None:
        """Ends the file: what is stored in the object that becomes `module.exports` is exported."""
        whole = self.module.top.sets.get("module.exports", ())
        names = {name for value, _ in whole for name in _names(value)}
        scopes = [f for f in self.module.functions if f.at_once or f is self.module.top]
        for scope in scopes:
            for name, values in scope.sets.items():
                if any(isinstance(v, Name) and v.name in names for v, _ in values):
                    names = names | {name}
        for scope in scopes:
            for name in names & scope.puts.keys():
                for key, value, _ in list(scope.puts[name]):
                    if isinstance(key, Text):
                        self.export(key.text, value)
        self.module.settle()


def _names(value: Expr) -> list[str]:
    """`x` of `x` and of `wrap(x)`."""
    if isinstance(value, Name):
        return [value.name]
    args = getattr(value, "args", ())
    return [a.name for a in args[-1:] if isinstance(a, Name)]


def _exported(given: Expr) -> list[tuple[Text, Expr]]:
    """Name and value of what is exported so; empty when anything else is given.

    Webpack has written a list since 2026: a name and its getter, or a name, 0, and the value.
    """
    rows: list[tuple[Expr | None, Expr | None]] = []
    if isinstance(given, Table):
        rows = [(key, _getter(value)) for key, value in given.items]
    elif isinstance(given, Row):
        parts = iter(given.items)
        for key in parts:
            value = next(parts, None)
            plain = isinstance(value, Text) and value.text == "0"
            rows.append((key, next(parts, None) if plain else value and _getter(value)))
    found = [(k, v) for k, v in rows if isinstance(k, Text) and v is not None]
    return found if len(found) == len(rows) else []


def _getter(value: Expr) -> Expr | None:
    if not isinstance(value, Closure) or value.body.params or value.body.sites:
        return None
    returned = value.body.returns
    return returned[0] if len(returned) == 1 and isinstance(returned[0], Name | Member) else None


def _places(node: Node) -> Iterator[tuple[str, Node]]:
    """An empty place counts: webpack leaves out what it joined with the entry."""
    place = 0
    for part in node.children:
        if part.type == ",":
            place += 1
        elif part.is_named and part.type != "comment":
            yield str(place), part


def _inside(node: Node) -> Node:
    while node.type == "parenthesized_expression" and node.named_children:
        node = node.named_children[-1]
    return node
