"""What JavaScript calls things: imports, exports, patterns and assignments.

Imports `form` and `front.grammar`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.scan.form import UNKNOWN, Closure, Either, Join, Member, Name, Table, Text
from signed_lambda.scan.front.grammar import Reader

if TYPE_CHECKING:
    from tree_sitter import Node

    from signed_lambda.scan.form import Expr, Function

_ANY: Final = Text("*")
ENTRY: Final = "#"
"""How the name of a file inside a bundle begins."""


class Names(Reader):
    """The part of the reader that gives names to values."""

    def named(self, node: Node, name: str) -> Expr:
        """A value that is stored under a name."""
        del name
        return self.expr(node)

    def plain(self, text: str) -> str:
        """What the language calls it; a bundle may have another name for `module.exports`."""
        return text

    def source_of(self, node: Node) -> str:
        """The file that a call of `require` names, "" for another call."""
        del node
        return ""

    def takes_apart(self, name: Node, value: Node) -> bool:
        """Whether a variable holds the files of a bundle."""
        del name, value
        return False

    def on_variable_declarator(self, node: Node) -> Expr:
        """`const x = value`, also `require`."""
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is None:
            return UNKNOWN
        if value is not None and (self._required(name, value) or self.takes_apart(name, value)):
            return UNKNOWN
        self.bind(name, self.named(value, self.text(name)) if value else None, declares=True)
        return UNKNOWN

    def _required(self, name: Node, value: Node) -> bool:
        """`const x = require("y")`, `require("y").z`, `const {z} = require("y")`."""
        symbol = ""
        if value.type == "member_expression":
            symbol = self.text(value.child_by_field_name("property"))
            value = value.child_by_field_name("object") or value
        source = self.source_of(value)
        if not source:
            return False
        if source.startswith(ENTRY):
            self.module.imports[source] = (source, "")
            of: Expr = Name(source)
            self.bind(name, Member(of, Text(symbol)) if symbol else of, declares=True)
            return True
        if name.type == "identifier":
            self.module.imports[self.text(name)] = (source, symbol)
            return True
        for part in name.named_children if name.type == "object_pattern" and not symbol else ():
            key, local = self._pair(part)
            self.module.imports[local] = (source, key)
        return name.type == "object_pattern" and not symbol

    def _pair(self, part: Node) -> tuple[str, str]:
        """Key and local name of `{a}` and `{a: b}`."""
        if part.type != "pair_pattern":
            return self.text(part), self.text(part)
        key, value = part.child_by_field_name("key"), part.child_by_field_name("value")
        return self.text(key), self.text(value)

    def on_import_statement(self, node: Node) -> Expr:
        """`import a, {b as c} from "d"`."""
        source = self.text(node.child_by_field_name("source"))[1:-1]
        clause = next((c for c in node.named_children if c.type == "import_clause"), None)
        for part in clause.named_children if clause is not None else ():
            if part.type == "identifier":
                self.module.imports[self.text(part)] = (source, "default")
            elif part.type == "namespace_import":
                self.module.imports[self.text(part.named_children[-1])] = (source, "")
            for one in part.named_children if part.type == "named_imports" else ():
                key = self.text(one.child_by_field_name("name"))
                alias = self.text(one.child_by_field_name("alias"))
                self.module.imports[alias or key] = (source, key)
        return UNKNOWN

    def on_export_statement(self, node: Node) -> Expr:
        """`export const x`, `export default x`, `export {a as b}`."""
        value = node.child_by_field_name("value")
        if value is not None:
            self.export("default", self.named(value, "default"))
        declared = node.child_by_field_name("declaration")
        if declared is not None:
            before = self.module.top.names
            self.expr(declared)
            self.module.starts |= self.module.top.names - before
            if any(c.type == "default" for c in node.children):
                self.export("default", Name(self.text(declared.child_by_field_name("name"))))
        source = self.text(node.child_by_field_name("source"))[1:-1]
        clause = next((c for c in node.named_children if c.type == "export_clause"), None)
        for one in clause.named_children if clause is not None else ():
            key = self.text(one.child_by_field_name("name"))
            alias = self.text(one.child_by_field_name("alias")) or key
            if source:
                self.module.imports[key] = (source, key)
            self.export(alias, Name(key))
        return UNKNOWN

    def export(self, name: str, value: Expr) -> None:
        """Hands a value over under a name."""
        self.module.starts.add(name)
        if isinstance(value, Name):
            self.module.starts.add(value.name)
            self.module.started_as[value.name] = name
        self.module.top.puts.setdefault("exports", []).append((Text(name), value, self.function))

    # -- assignments

    def bind(self, target: Node | None, value: Expr | None, *, declares: bool) -> None:
        """Assigns to a name or to the names of a pattern."""
        if target is None:
            return
        if target.type in ("identifier", "shorthand_property_identifier_pattern"):
            if declares:
                self.function.declared.add(self.text(target))
            kept = self.function.sets.setdefault(self.text(target), [])
            if value is not None:
                kept.append((value, self.function))
        elif target.type == "assignment_pattern":
            right = self.expr(target.child_by_field_name("right"))
            both = Either((value, right)) if value is not None else right
            self.bind(target.child_by_field_name("left"), both, declares=declares)
        elif value is not None:
            self._bind_parts(target, value, declares=declares)

    def _bind_parts(self, target: Node, value: Expr, *, declares: bool) -> None:
        """`{a, b: c} = value`, `[a, b] = value`, `a.b = value`."""
        if target.type == "object_pattern":
            for part in target.named_children:
                self._bind_member(part, value, declares=declares)
        elif target.type == "array_pattern":
            for place, item in enumerate(_places(target)):
                self.bind(item, Member(value, Text(str(place))), declares=declares)
        elif target.type in ("member_expression", "subscript_expression"):
            self._put(target, value)

    def _bind_member(self, part: Node, value: Expr, *, declares: bool) -> None:
        if part.type == "pair_pattern":
            key = self.key(part.child_by_field_name("key"))
            target = part.child_by_field_name("value")
        elif part.type == "object_assignment_pattern":
            target = part.child_by_field_name("left")
            key = Text(self.text(target))
            default = self.expr(part.child_by_field_name("right"))
            self.bind(target, Either((Member(value, key), default)), declares=declares)
            return
        elif part.type == "rest_pattern":
            self.bind(part.named_children[0], value, declares=declares)
            return
        else:
            key, target = Text(self.text(part)), part
        self.bind(target, Member(value, key), declares=declares)

    def on_assignment_expression(self, node: Node) -> Expr:
        """`x = value`, `x.y = value`, `exports.x = value`."""
        left = node.child_by_field_name("left")
        name = self.text(left).rpartition(".")[2]
        value = self.named(node.child_by_field_name("right") or node, name)
        if self.plain(self.text(left)) == "module.exports":
            top = self.module.top
            top.sets.setdefault("module.exports", []).append((value, self.function))
            self._exports_of(value)
        else:
            self.bind(left, value, declares=False)
        return value

    def _exports_of(self, value: Expr) -> None:
        if isinstance(value, Closure):
            self.module.starts.add(value.body.name)
        for key, item in value.items if isinstance(value, Table) else ():
            if isinstance(key, Text):
                self.module.starts.add(item.name if isinstance(item, Name) else key.text)
                if isinstance(item, Name):
                    self.module.started_as[item.name] = key.text

    def on_augmented_assignment_expression(self, node: Node) -> Expr:
        """`x += value`."""
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        value = self.expr(right)
        self.bind(left, Join((self.expr(left), value)), declares=False)
        return value

    def _put(self, target: Node, value: Expr) -> None:
        of = target.child_by_field_name("object")
        key = self.key(
            target.child_by_field_name("property") or target.child_by_field_name("index")
        )
        name = self.plain(self.text(of))
        if name in ("exports", "module.exports") and isinstance(key, Text):
            self.export(key.text, value)
        elif name == "this" and isinstance(key, Text):
            method: Function | None = self.function
            while method is not None and method.owner is None:
                method = method.outer
            if method is not None and method.owner is not None:
                method.owner.sets.setdefault(key.text, []).append((value, self.function))
        elif of is not None and of.type == "identifier":
            self.function.puts.setdefault(name, []).append((key, value, self.function))
        else:
            self.expr(of)

    def key(self, node: Node | None) -> Expr:
        """The key of a member."""
        if node is None:
            return _ANY
        if node.type in ("property_identifier", "private_property_identifier", "number"):
            return Text(self.text(node))
        return self.first(node) if node.type == "computed_property_name" else self.expr(node)


def _places(pattern: Node) -> list[Node | None]:
    """The items of `[, , c]`: an empty place counts."""
    found: list[Node | None] = []
    current: Node | None = None
    for child in pattern.children[1:]:
        if child.type in (",", "]"):
            found.append(current)
            current = None
        else:
            current = child
    return found
