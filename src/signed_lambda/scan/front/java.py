"""Java, by tree-sitter's official grammar.

Getters are members, `withX`, `setX` and builder chains are tables: so a request of the AWS SDK
looks as it does in the other languages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import tree_sitter_java
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
from signed_lambda.scan.names import words

if TYPE_CHECKING:
    from tree_sitter import Node

    from signed_lambda.scan.form import Expr, Module
    from signed_lambda.scan.watch import Watch

_JAVA: Final = Language(tree_sitter_java.language())
_ANY: Final = Text("*")
_GETTER: Final = regex(r"(?:get|is)([A-Z]\w*)")
_SETTER: Final = regex(r"(?:with|set)([A-Z]\w*)")
_OF_JAVA: Final = words(
    "String Integer Long Boolean Double Float Object Map List Set Optional Context Void Byte Class"
)
_SDKS: Final = ("com.amazonaws", "software.amazon.awssdk")
_NO_GETTERS: Final = frozenset({"getClass", "getLogger", "getBytes", "getenv", "isEmpty"})


def read(path: str, body: bytes, watch: Watch) -> Module:
    """The file in the common form, as far as the grammar understands it."""
    module, root = parsed(path, "java", body, _JAVA, watch)
    return filled(_Reader(module, watch, body), root)


class _Reader(Reader):
    all_of_sdk = False
    """Whether a whole package of AWS's SDK is imported."""
    leaves = frozenset(
        {"return_statement", "throw_statement", "continue_statement", "break_statement"}
    )

    # -- statements

    def on_block(self, node: Node) -> Expr:
        """`{ ... }`."""
        self.block(node.named_children)
        return UNKNOWN

    on_constructor_body = on_block

    def on_import_declaration(self, node: Node) -> Expr:
        """`import a.b.C;`."""
        whole = self.text(node.named_children[0]) if node.named_children else ""
        package, _, name = whole.rpartition(".")
        if not any(c.type == "asterisk" for c in node.named_children):
            self.module.imports[name] = (package, name)
        elif whole.startswith(_SDKS):
            self.all_of_sdk = True
        return UNKNOWN

    def on_enhanced_for_statement(self, node: Node) -> Expr:
        """`for (T x : rows)`: x is any of them."""
        rows = self.expr(node.child_by_field_name("value"))
        name = self.text(node.child_by_field_name("name"))
        self._declare(name, Member(rows, _ANY))
        self.expr(node.child_by_field_name("body"))
        return UNKNOWN

    def on_local_variable_declaration(self, node: Node) -> Expr:
        """`T a = x;`; of a client the type is enough."""
        kind = self.text(node.child_by_field_name("type"))
        for part in node.named_children:
            if part.type == "variable_declarator":
                name = self.text(part.child_by_field_name("name"))
                value = part.child_by_field_name("value")
                found = self.expr(value) if value is not None else UNKNOWN
                self._declare(name, _typed(found, kind, part))
        return UNKNOWN

    def on_resource(self, node: Node) -> Expr:
        """`try (T a = x)`."""
        name = self.text(node.child_by_field_name("name"))
        self._declare(name, self.expr(node.child_by_field_name("value")))
        return UNKNOWN

    def _declare(self, name: str, value: Expr) -> None:
        self.function.declared.add(name)
        self.function.sets.setdefault(name, []).append((value, self.function))

    def on_assignment_expression(self, node: Node) -> Expr:
        """`a = x`, `this.a = x`."""
        left = node.child_by_field_name("left")
        value = self.expr(node.child_by_field_name("right"))
        name = self.text(left)
        owner = self._class_around()
        if left is not None and left.type == "field_access" and name.startswith("this."):
            if owner is not None:
                key = name.removeprefix("this.")
                owner.sets.setdefault(key, []).append((value, self.function))
        elif name in self.function.declared or owner is None:
            self.function.sets.setdefault(name, []).append((value, self.function))
        else:
            owner.sets.setdefault(name, []).append((value, self.function))
        return value

    def _class_around(self) -> Class | None:
        around: Function | None = self.function
        while around is not None and around.owner is None:
            around = around.outer
        return around.owner if around is not None else None

    # -- classes and functions

    def on_class_declaration(self, node: Node) -> Expr:
        """`class A { ... }`."""
        made = Class(self.text(node.child_by_field_name("name")), self.module)
        self.module.classes.append(made)
        self.module.top.classes[made.name] = made
        parent = node.child_by_field_name("superclass")
        if parent is not None and parent.named_children:
            made.bases.append(Name(self.text(parent.named_children[0])))
        interfaces = node.child_by_field_name("interfaces")
        for listed in interfaces.named_children if interfaces is not None else ():
            made.bases += [Name(self.text(one)) for one in listed.named_children]
        kept, self.owner = self.owner, made
        self.expr(node.child_by_field_name("body"))
        self.owner = kept
        return UNKNOWN

    on_enum_declaration = on_class_declaration
    on_record_declaration = on_class_declaration

    def on_field_declaration(self, node: Node) -> Expr:
        """`private final T a = x;`."""
        kind, owner = self.text(node.child_by_field_name("type")), self.owner
        for part in node.named_children:
            if part.type == "variable_declarator" and owner is not None:
                name = self.text(part.child_by_field_name("name"))
                value = part.child_by_field_name("value")
                kept, self.owner = self.owner, None
                found = self.expr(value) if value is not None else UNKNOWN
                self.owner = kept
                both = _typed(found, kind, part)
                owner.sets.setdefault(name, []).append((both, self.function))
                owner.kinds[name] = _plain_kind(kind)
        return UNKNOWN

    def on_method_declaration(self, node: Node) -> Expr:
        """A method, or a constructor."""
        name = self.text(node.child_by_field_name("name"))
        owner = self.owner
        if node.type == "constructor_declaration":
            name = "constructor"
        made = self.new_function(name, node)
        made.owner = owner
        if owner is not None:
            owner.methods[name] = made
        params = node.child_by_field_name("parameters")
        for param in params.named_children if params is not None else ():
            kind = self.text(param.child_by_field_name("type"))
            called = self.text(param.child_by_field_name("name"))
            default = _of_type(kind, param) if _is_client(kind) else None
            made.params.append(Param(called, default, _plain_kind(kind)))
        self.within(made, node.child_by_field_name("body"))
        return UNKNOWN

    on_constructor_declaration = on_method_declaration

    def on_lambda_expression(self, node: Node) -> Expr:
        """`a -> b`; `b -> b.bucket(x).key(y)` of SDK v2 is the table that it fills."""
        filled_by = self._filled(node)
        if filled_by is not None:
            return filled_by
        made = self.new_function("lambda", node)
        params = node.child_by_field_name("parameters")
        if params is not None and params.type == "identifier":
            made.params.append(Param(self.text(params)))
        for param in params.named_children if params is not None else ():
            name = param.child_by_field_name("name") or param
            made.params.append(Param(self.text(name)))
        body = node.child_by_field_name("body")
        found = self.within(made, body)
        if body is not None and body.type != "block":
            made.returns.append(found)
        return Closure(made)

    def _filled(self, node: Node) -> Table | None:
        params, at = node.child_by_field_name("parameters"), node.child_by_field_name("body")
        if params is None or params.type != "identifier" or at is None:
            return None
        items: list[tuple[Expr | None, Expr]] = []
        while at is not None and at.type == "method_invocation":
            args = at.child_by_field_name("arguments")
            values = args.named_children if args is not None else []
            if len(values) != 1:
                return None
            key = self.text(at.child_by_field_name("name"))
            items.append((Text(key), self.expr(values[0])))
            at = at.child_by_field_name("object")
        if at is None or self.text(at) != self.text(params) or not items:
            return None
        return Table(tuple(items), node.start_point[0] + 1)

    # -- expressions

    def on_identifier(self, node: Node) -> Expr:
        """A variable, or a field of the object."""
        name = self.text(node)
        around: Function | None = self.function
        while around is not None:
            if name in around.declared or name in {p.name for p in around.params}:
                return Name(name)
            around = around.outer
        owner = self._class_around()
        constant = name.isupper() and name not in self.module.imports
        if owner is not None and (name[:1].islower() or constant):
            return Member(Name("this"), Text(name))
        return Name(name)

    def on_this(self, node: Node) -> Expr:
        """The object."""
        del node
        return Name("this")

    def on_string_literal(self, node: Node) -> Expr:
        """A literal."""
        return Text(self.text(node)[1:-1])

    def on_decimal_integer_literal(self, node: Node) -> Expr:
        """By its spelling."""
        return Text(self.text(node))

    def on_field_access(self, node: Node) -> Expr:
        """`a.b`."""
        of = self.expr(node.child_by_field_name("object"))
        return Member(of, Text(self.text(node.child_by_field_name("field"))))

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

    def on_ternary_expression(self, node: Node) -> Expr:
        """`a ? b : c`."""
        condition = node.child_by_field_name("condition")
        self.expr(condition)
        test = self.test(condition)
        yes = self.under(test, node.child_by_field_name("consequence"))
        return Either((yes, self.under(test, node.child_by_field_name("alternative"))))

    def on_method_invocation(self, node: Node) -> Expr:
        """`a.b(c)`: a getter, a part of a table, or a call."""
        name = self.text(node.child_by_field_name("name"))
        of = node.child_by_field_name("object")
        args = node.child_by_field_name("arguments")
        given = [a for a in args.named_children if "comment" not in a.type] if args else []
        chained = self._chain(node, name, of, given)
        if chained is not None:
            return chained
        if of is None:
            around = self._class_around()
            func: Expr = Member(Name("this"), Text(name)) if around is not None else Name(name)
            return self.new_call(func, [self.expr(a) for a in given], node)
        found = self.expr(of)
        getter = _GETTER.fullmatch(name)
        if getter and not given and name not in _NO_GETTERS:
            return Member(found, Text(_lower(getter[1])))
        setter = _SETTER.fullmatch(name)
        if setter and len(given) == 1 and of.type == "identifier":
            kept = self.function.puts.setdefault(self.text(of), [])
            kept.append((Text(_lower(setter[1])), self.expr(given[0]), self.function))
            return found
        return self.new_call(Member(found, Text(name)), [self.expr(a) for a in given], node)

    def _chain(self, node: Node, name: str, of: Node | None, given: list[Node]) -> Expr | None:
        """`X.builder().a(b).build()` and `new X().withA(b)` as the table that they make."""
        if of is None or (name != "build" and not _SETTER.fullmatch(name)):
            return None
        items: list[tuple[Expr | None, Expr]] = []
        at: Node | None = of if name == "build" else node
        while at is not None and at.type == "method_invocation":
            part = self.text(at.child_by_field_name("name"))
            args = at.child_by_field_name("arguments")
            values = args.named_children if args is not None else []
            if part == "builder" and not values:
                return Table(tuple(items), node.start_point[0] + 1)
            if len(values) == 1:
                setter = _SETTER.fullmatch(part)
                key = _lower(setter[1]) if setter else part
                items.append((Text(key), self.expr(values[0])))
            at = at.child_by_field_name("object")
        if at is not None and at.type == "object_creation_expression" and name != "build":
            made = self.expr(at)
            inner = made.args if isinstance(made, Call) else ()
            kind = self.text(at.child_by_field_name("type"))
            if not inner and self._is_of_sdk(kind):
                return Table(tuple(items), node.start_point[0] + 1)
        del given
        return None

    def _is_of_sdk(self, kind: str) -> bool:
        """Whether a class is a request, or a part of one, of AWS's SDK."""
        package = self.module.imports.get(kind, ("", ""))[0]
        return kind.endswith("Request") or (
            package.startswith(_SDKS) if package else self.all_of_sdk
        )

    def on_explicit_constructor_invocation(self, node: Node) -> Expr:
        """`this(a)` in a constructor: another constructor of the class is called."""
        owner, args = self._class_around(), node.child_by_field_name("arguments")
        given = [self.expr(a) for a in args.named_children] if args is not None else []
        if owner is None or self.text(node.child_by_field_name("constructor")) != "this":
            return UNKNOWN
        return self.new_call(Name(owner.name), given, node)

    def on_object_creation_expression(self, node: Node) -> Expr:
        """`new A(b)`."""
        kind = self.text(node.child_by_field_name("type")).partition("<")[0]
        args = node.child_by_field_name("arguments")
        given = args.named_children if args is not None else []
        if kind.endswith("Request") and not given:
            return Table((), node.start_point[0] + 1)  # to be filled by setters
        return self.new_call(Name(kind), [self.expr(a) for a in given], node)

    def on_array_initializer(self, node: Node) -> Expr:
        """`{a, b}`."""
        return Row(tuple(self.expr(c) for c in node.named_children))

    def on_parenthesized_expression(self, node: Node) -> Expr:
        """`(a)`."""
        return self.first(node)

    def on_cast_expression(self, node: Node) -> Expr:
        """`(T) a`."""
        return self.expr(node.child_by_field_name("value"))

    def on_line_comment(self, node: Node) -> Expr:
        """Nothing."""
        del node
        return UNKNOWN

    on_block_comment = on_line_comment
    on_package_declaration = on_line_comment


def _typed(value: Expr, kind: str, node: Node) -> Expr:
    """A value, and what the type of its variable tells."""
    return Either((value, _of_type(kind, node))) if _is_client(kind) else value


def _of_type(kind: str, node: Node) -> Expr:
    """What is known of a variable by its type alone: that it is a client."""
    if not _is_client(kind):
        return UNKNOWN
    line = node.start_point[0] + 1
    return Call(Name(kind), (), (), line, line)


def _is_client(kind: str) -> bool:
    return kind.startswith(("Amazon", "AWS")) or kind.endswith("Client")


def _plain_kind(kind: str) -> str:
    """The class that a variable is of, "" where it is a client or of the language."""
    plain = kind.partition("<")[0]
    return plain if plain[:1].isupper() and plain not in _OF_JAVA and not _is_client(kind) else ""


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]
