"""Go, by tree-sitter's official grammar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import tree_sitter_go
from tree_sitter import Language

from signed_lambda.lazy import regex
from signed_lambda.scan.form import (
    UNKNOWN,
    Call,
    Class,
    Closure,
    Either,
    Function,
    Join,
    Member,
    Name,
    Param,
    Row,
    Table,
    Text,
)
from signed_lambda.scan.front.grammar import Reader, filled, parsed
from signed_lambda.scan.names import GO_STARTS, last_name

if TYPE_CHECKING:
    from tree_sitter import Node

    from signed_lambda.scan.form import Expr, Module
    from signed_lambda.scan.watch import Watch

_GO: Final = Language(tree_sitter_go.language())
_ANY: Final = Text("*")
_LAMBDA: Final = "aws-lambda-go/lambda"
_TAG: Final = regex(r'\b(?:envconfig|env|mapstructure):"(\w+)')
"""Source: https://pkg.go.dev/github.com/kelseyhightower/envconfig and
https://pkg.go.dev/github.com/caarlos0/env"""
_SETTER: Final = regex(r"Set([A-Z]\w*)")
_VERSION: Final = regex(r"/v\d+$")


def read(path: str, body: bytes, watch: Watch) -> Module:
    """The file in the common form, as far as the grammar understands it."""
    module, root = parsed(path, "go", body, _GO, watch)
    return filled(_Reader(module, watch, body), root)


class _Reader(Reader):
    leaves = frozenset(
        {"return_statement", "continue_statement", "break_statement", "goto_statement"}
    )

    # -- statements

    def on_block(self, node: Node) -> Expr:
        """`{ ... }`."""
        inner = [c for c in node.named_children if c.type == "statement_list"]
        self.block(inner[0].named_children if inner else node.named_children)
        return UNKNOWN

    on_statement_list = on_block

    def on_import_spec(self, node: Node) -> Expr:
        """`alias "path"`."""
        source = _VERSION.sub("", self.text(node.child_by_field_name("path")).strip('"`'))
        alias = self.text(node.child_by_field_name("name"))
        self.module.imports[alias or source.rpartition("/")[2]] = (source, "")
        return UNKNOWN

    def on_range_clause(self, node: Node) -> Expr:
        """`for _, x := range rows`: x is any of them."""
        left = node.child_by_field_name("left")
        rows = self.expr(node.child_by_field_name("right"))
        names = left.named_children if left is not None else []
        for name in names[1:]:
            self._bind(name, Member(rows, _ANY), declares=True)
        return UNKNOWN

    def on_return_statement(self, node: Node) -> Expr:
        """`return x, err`: the first is the value."""
        for row in node.named_children[:1]:
            values = row.named_children if row.type == "expression_list" else [row]
            found = [self.expr(v) for v in values]
            self.function.returns.extend(found[:1])
        return UNKNOWN

    def on_short_var_declaration(self, node: Node) -> Expr:
        """`a, b := x, y`."""
        self._pairs(node, declares=True)
        return UNKNOWN

    def on_assignment_statement(self, node: Node) -> Expr:
        """`a, b = x, y`."""
        self._pairs(node, declares=False)
        return UNKNOWN

    def _pairs(self, node: Node, *, declares: bool) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        names = left.named_children if left is not None else []
        values = [self.expr(v) for v in right.named_children] if right is not None else []
        for place, name in enumerate(names):
            if place < len(values):
                self._bind(name, values[place], declares=declares)

    def on_var_spec(self, node: Node) -> Expr:
        """`var a T = x`, also `const`."""
        values = node.child_by_field_name("value")
        found = [self.expr(v) for v in values.named_children] if values is not None else []
        names = [c for c in node.named_children if c.type == "identifier"]
        empty = self._filled_by_tags(node.child_by_field_name("type"), node)
        for place, name in enumerate(names):
            self._bind(name, found[place] if place < len(found) else empty, declares=True)
        return UNKNOWN

    on_const_spec = on_var_spec

    def _bind(self, target: Node, value: Expr | None, *, declares: bool) -> None:
        name = self.text(target)
        if target.type == "identifier":
            if declares:
                self.function.declared.add(name)
            kept = self.function.sets.setdefault(name, [])
            if value is not None:
                kept.append((value, self.function))
        elif target.type == "selector_expression" and value is not None:
            of = target.child_by_field_name("operand")
            key = self.text(target.child_by_field_name("field"))
            owner = self.function.owner
            if owner is not None and self.text(of) == self.function.receiver:
                owner.sets.setdefault(key, []).append((value, self.function))
            elif of is not None and of.type == "identifier":
                kept_puts = self.function.puts.setdefault(self.text(of), [])
                kept_puts.append((Text(key), value, self.function))

    # -- functions

    def on_function_declaration(self, node: Node) -> Expr:
        """`func f(a T) { ... }`."""
        name = self.text(node.child_by_field_name("name"))
        self.function.functions[name] = self._function(name, node)
        return UNKNOWN

    def on_method_declaration(self, node: Node) -> Expr:
        """`func (r *T) f() { ... }`."""
        receiver = node.child_by_field_name("receiver")
        declared = receiver.named_children[0] if receiver and receiver.named_children else None
        kind = self.text(declared.child_by_field_name("type")).lstrip("*") if declared else ""
        owner = self._class(kind)
        name = self.text(node.child_by_field_name("name"))
        of = self.text(declared.child_by_field_name("name")) if declared else ""
        owner.methods[name] = self._function(name, node, owner, of)
        return UNKNOWN

    def _class(self, name: str) -> Class:
        classes = self.module.top.classes
        if name not in classes:
            classes[name] = Class(name, self.module)
            self.module.classes.append(classes[name])
        return classes[name]

    def on_func_literal(self, node: Node) -> Expr:
        """`func() { ... }` as a value."""
        return Closure(self._function("func", node))

    def _function(
        self, name: str, node: Node, owner: Class | None = None, receiver: str = ""
    ) -> Function:
        made = self.new_function(name, node)
        made.owner, made.receiver = owner, receiver
        params = node.child_by_field_name("parameters")
        for param in params.named_children if params is not None else ():
            kind = self.text(param.child_by_field_name("type")).lstrip("*")
            for one in param.named_children:
                if one.type == "identifier":
                    made.params.append(Param(self.text(one), None, kind))
        self.within(made, node.child_by_field_name("body"))
        return made

    # -- expressions

    def on_identifier(self, node: Node) -> Expr:
        """A variable."""
        return Name(self.text(node))

    def on_interpreted_string_literal(self, node: Node) -> Expr:
        """A literal."""
        return Text(self.text(node)[1:-1])

    on_raw_string_literal = on_interpreted_string_literal

    def on_int_literal(self, node: Node) -> Expr:
        """By its spelling."""
        return Text(self.text(node))

    def on_selector_expression(self, node: Node) -> Expr:
        """`a.b`."""
        of = self.expr(node.child_by_field_name("operand"))
        return Member(of, Text(self.text(node.child_by_field_name("field"))))

    def on_index_expression(self, node: Node) -> Expr:
        """`a[b]`."""
        of = self.expr(node.child_by_field_name("operand"))
        return Member(of, self.expr(node.child_by_field_name("index")))

    def on_composite_literal(self, node: Node) -> Expr:
        """`T{A: x}`, `[]T{x}`."""
        body = node.child_by_field_name("body")
        found = self.expr(body)
        kind = node.child_by_field_name("type")
        if body is not None and not body.named_children:
            return self._filled_by_tags(kind, node) or found
        if kind is not None and kind.type == "type_identifier" and isinstance(found, Table):
            owner = self._class(self.text(kind))
            for key, value in found.items:
                if isinstance(key, Text):
                    owner.sets.setdefault(key.text, []).append((value, self.function))
            line = node.start_point[0] + 1
            return Either((found, Call(Name(owner.name), (), (), line, line)))
        return found

    def on_literal_value(self, node: Node) -> Expr:
        """`{A: x}` or `{x, y}`."""
        parts = [c for c in node.named_children if c.type != "comment"]
        if parts and parts[0].type == "keyed_element":
            items = [self._keyed(part) for part in parts if part.type == "keyed_element"]
            return Table(tuple(items), node.start_point[0] + 1)
        return Row(tuple(self.expr(part) for part in parts))

    def _keyed(self, node: Node) -> tuple[Expr, Expr]:
        key, value = node.named_children[0], node.named_children[-1]
        named = key.named_children[0] if key.type == "literal_element" else key
        if named.type == "identifier":
            return Text(self.text(named)), self.first(value)
        return self.expr(named), self.first(value)

    def on_unary_expression(self, node: Node) -> Expr:
        """`&a`, `*a`."""
        return self.expr(node.child_by_field_name("operand"))

    def on_binary_expression(self, node: Node) -> Expr:
        """`+` joins, `&&` guards."""
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        operator = self.text(node.child_by_field_name("operator"))
        if operator == "+":
            return Join((self.expr(left), self.expr(right)))
        if operator == "&&":
            self.expr(left)
            return self.under(self.test(left), right)
        return self.inside(node)

    def on_call_expression(self, node: Node) -> Expr:
        """`f(a)`; what `lambda.Start` is given is where Lambda starts."""
        func = self.expr(node.child_by_field_name("function"))
        args = node.child_by_field_name("arguments")
        given = args.named_children if args is not None else []
        call = self.new_call(func, [self.expr(a) for a in given if a.type != "comment"], node)
        setter = _SETTER.fullmatch(last_name(func))
        if (
            setter
            and len(call.args) == 1
            and isinstance(func, Member)
            and isinstance(func.of, Name)
        ):
            kept = self.function.puts.setdefault(func.of.name, [])
            kept.append((Text(setter[1]), call.args[0], self.function))
        if self._starts(func) and call.args:
            first = call.args[0]
            named = isinstance(first, Name | Member)
            self.module.starts.add(last_name(first) if named else self.function.name)
        return call

    def _starts(self, func: Expr) -> bool:
        """Whether it is `lambda.Start`, whatever the file calls the package."""
        if not isinstance(func, Member) or not isinstance(func.of, Name):
            return False
        source = self.module.imports.get(func.of.name, ("", ""))[0]
        package = source.rpartition("/")[2] if source.endswith(_LAMBDA) else func.of.name
        return f"{package}.{last_name(func)}" in GO_STARTS

    def on_parenthesized_expression(self, node: Node) -> Expr:
        """`(a)`."""
        return self.first(node)

    on_literal_element = on_parenthesized_expression
    on_type_assertion_expression = on_parenthesized_expression

    def on_type_spec(self, node: Node) -> Expr:
        """`type T struct { A string `env:"A"` }`: what libraries fill from the environment."""
        kind = node.child_by_field_name("type")
        fields = kind.named_children[0] if kind and kind.type == "struct_type" else None
        for field in fields.named_children if fields is not None else ():
            said = _TAG.search(self.text(field.child_by_field_name("tag")))
            if said is not None:
                getenv = Member(Name("os"), Text("Getenv"))
                line = field.start_point[0] + 1
                value = Call(getenv, (Text(said[1]),), (), line, line)
                owner = self._class(self.text(node.child_by_field_name("name")))
                key = self.text(field.child_by_field_name("name"))
                owner.sets.setdefault(key, []).append((value, self.function))
        return UNKNOWN

    def _filled_by_tags(self, kind: Node | None, node: Node) -> Expr | None:
        """An empty struct whose type has such tags, None for any other."""
        owner = self.module.top.classes.get(self.text(kind))
        if owner is None or not owner.sets:
            return None
        line = node.start_point[0] + 1
        return Call(Name(owner.name), (), (), line, line)

    def on_comment(self, node: Node) -> Expr:
        """Nothing, as types are nothing."""
        del node
        return UNKNOWN

    on_parameter_list = on_comment
