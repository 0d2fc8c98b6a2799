"""JavaScript and TypeScript, by tree-sitter's official grammars."""

from __future__ import annotations

import functools
import posixpath
from typing import TYPE_CHECKING, Final

from tree_sitter import Language

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
    Test,
    Text,
)
from signed_lambda.scan.front.grammar import filled, parsed
from signed_lambda.scan.front.javascript_bundle import Bundles
from signed_lambda.scan.names import TAKE_FUNCTIONS, last_name

if TYPE_CHECKING:
    from tree_sitter import Node

    from signed_lambda.scan.form import Expr, Module
    from signed_lambda.scan.watch import Watch

_TYPESCRIPT: Final = (".ts", ".mts", ".cts", ".tsx")
_ANY: Final = Text("*")


@functools.cache
def _language(ending: str) -> Language:
    """The grammar of a file; only those that are needed are loaded."""
    if ending not in _TYPESCRIPT:
        import tree_sitter_javascript  # noqa: PLC0415 - lazy: see above

        return Language(tree_sitter_javascript.language())
    import tree_sitter_typescript as typescript  # noqa: PLC0415 - lazy: see above

    return Language(
        typescript.language_tsx() if ending == ".tsx" else typescript.language_typescript()
    )


def _method_in(call: Call) -> Member | None:
    """`client.invoke` of `promisify(client.invoke).bind(client)`, `client.invoke.bind(client)`."""
    inner: Expr = call
    while isinstance(inner, Call):
        name = last_name(inner.func)
        if name == "bind" and isinstance(inner.func, Member):
            inner = inner.func.of
        elif name == "promisify" and inner.args:
            inner = inner.args[0]
        else:
            return None
    return inner if isinstance(inner, Member) else None


def read(path: str, body: bytes, watch: Watch) -> Module:
    """The file in the common form, as far as the grammar understands it."""
    language = _language(posixpath.splitext(path)[1])
    module, root = parsed(path, "javascript", body, language, watch)
    return filled(_Reader(module, watch, body), root)


class _Reader(Bundles):
    leaves = frozenset(
        {"return_statement", "throw_statement", "continue_statement", "break_statement"}
    )

    def __init__(self, module: Module, watch: Watch, source: bytes) -> None:
        super().__init__(module, watch, source)
        self.methods: dict[str, Member] = {}
        """Variables that hold a method of an object, to be called without it."""

    # -- statements

    def on_statement_block(self, node: Node) -> Expr:
        """`{ ... }`."""
        self.block(node.named_children)
        return UNKNOWN

    def on_switch_statement(self, node: Node) -> Expr:
        """Each case stands under a comparison of the value."""
        value = node.child_by_field_name("value")
        body = node.child_by_field_name("body")
        asked = self.test(value)
        self.expr(value)
        for case in body.named_children if body is not None else ():
            which = case.child_by_field_name("value")
            text = f"{asked.text} is {self.text(which) or 'another'}"[:120]
            test = Test(text, case.start_point[0] + 1, compares=True, words=asked.words)
            self.tests.append(test)
            self.block([c for c in case.named_children if c != which])
            self.tests.pop()
        return UNKNOWN

    def on_for_in_statement(self, node: Node) -> Expr:
        """`for (const x of rows)`: x is any of them."""
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        self.bind(left, Member(self.expr(right), _ANY), declares=True)
        self.expr(node.child_by_field_name("body"))
        return UNKNOWN

    # -- functions and classes

    def on_function_declaration(self, node: Node) -> Expr:
        """`function f(a) { ... }`."""
        name = self.text(node.child_by_field_name("name"))
        self.function.functions[name] = self._function(name, node)
        return UNKNOWN

    on_generator_function_declaration = on_function_declaration

    def on_arrow_function(self, node: Node) -> Expr:
        """`a => b`."""
        return self.named(node, "")

    on_function_expression = on_arrow_function
    on_generator_function = on_arrow_function
    on_function = on_arrow_function

    def named(self, node: Node, name: str) -> Expr:
        """A value that is stored under a name: a function is called by it."""
        functions = ("arrow_function", "function_expression", "generator_function", "function")
        if node.type in functions:
            return Closure(
                self._function(name or self.text(node.child_by_field_name("name")), node)
            )
        if node.type in ("call_expression", "await_expression", "parenthesized_expression"):
            found = self.expr(node)
            if name and isinstance(found, Call):
                self._name_wrapped(found, name)
                method = _method_in(found)
                if method is not None:
                    self.methods[name] = method
            return found
        return self.expr(node)

    def _name_wrapped(self, call: Call, name: str) -> None:
        """`const f = wrap(() => ...)`: what is wrapped is called by the name that it is given."""
        if last_name(call.func) in TAKE_FUNCTIONS:
            return
        for arg in call.args:
            if isinstance(arg, Closure) and not arg.body.name:
                arg.body.name = name
            elif isinstance(arg, Call):
                self._name_wrapped(arg, name)
        if isinstance(call.func, Member) and isinstance(call.func.of, Call):
            self._name_wrapped(call.func.of, name)  # `middy(f).use(x)`

    def _function(self, name: str, node: Node) -> Function:
        made = self.new_function(name, node)
        kept, self.function = self.function, made
        params = node.child_by_field_name("parameters") or node.child_by_field_name("parameter")
        listed = params.named_children if params is not None else []
        if params is not None and params.type == "identifier":
            listed = [params]
        for place, param in enumerate(p for p in listed if p.type != "comment"):
            self._param(made, param, place)
        self.function = kept
        body = node.child_by_field_name("body")
        found = self.within(made, body)
        if body is not None and body.type != "statement_block":
            made.returns.append(found)
        return made

    def _param(self, made: Function, node: Node, place: int) -> None:
        pattern, default = node, None
        if node.type in ("required_parameter", "optional_parameter"):
            pattern = node.child_by_field_name("pattern") or node
            default = node.child_by_field_name("value")
            if any(c.type == "accessibility_modifier" for c in node.children) and made.outer:
                made.declared.add("#property:" + self.text(pattern))
        elif node.type == "assignment_pattern":
            pattern = node.child_by_field_name("left") or node
            default = node.child_by_field_name("right")
        given = self.expr(default) if default is not None else None
        if pattern.type == "identifier":
            made.params.append(Param(self.text(pattern), given))
            return
        made.params.append(Param(f"#{place}", given))
        self.bind(pattern, Name(f"#{place}"), declares=True)

    def on_class_declaration(self, node: Node) -> Expr:
        """`class A extends B { ... }`."""
        made = Class(self.text(node.child_by_field_name("name")), self.module)
        self.module.classes.append(made)
        self.function.classes[made.name] = made
        heritage = next((c for c in node.named_children if c.type == "class_heritage"), None)
        if heritage is not None:
            made.bases.append(self.first(heritage))
        kept, self.owner = self.owner, made
        self.expr(node.child_by_field_name("body"))
        self.owner = kept
        return Name(made.name)

    on_class = on_class_declaration
    on_abstract_class_declaration = on_class_declaration

    def on_extends_clause(self, node: Node) -> Expr:
        """`extends B` of TypeScript."""
        return self.expr(node.child_by_field_name("value"))

    def on_method_definition(self, node: Node) -> Expr:
        """A method of a class, or of an object."""
        name = self.text(node.child_by_field_name("name"))
        owner = self.owner
        if owner is None:
            return Closure(self._function(name, node))
        made = self._function(name, node)
        for declared in [d for d in made.declared if d.startswith("#property:")]:
            prop = declared.removeprefix("#property:")
            owner.sets.setdefault(prop, []).append((Name(prop), made))
        return UNKNOWN

    def new_function(self, name: str, node: Node) -> Function:
        """A function; inside a class it is a method."""
        made = super().new_function(name, node)
        owner = self.owner
        if owner is not None and node.type == "method_definition":
            made.owner = owner
            owner.methods[name] = made
        return made

    def on_field_definition(self, node: Node) -> Expr:
        """`name = value` in a class."""
        name = node.child_by_field_name("property") or node.child_by_field_name("name")
        value = node.child_by_field_name("value")
        owner = self.owner
        if owner is not None and value is not None:
            self.owner = None
            found = self.named(value, self.text(name))
            self.owner = owner
            owner.sets.setdefault(self.text(name), []).append((found, self.function))
            if isinstance(found, Closure):
                owner.methods.setdefault(self.text(name), found.body)
                found.body.owner = owner
        return UNKNOWN

    on_public_field_definition = on_field_definition

    # -- expressions

    def on_identifier(self, node: Node) -> Expr:
        """A variable."""
        return Name(self.text(node))

    on_this = on_identifier
    on_super = on_identifier

    def on_string(self, node: Node) -> Expr:
        """A literal."""
        return Text(self.text(node)[1:-1])

    def on_number(self, node: Node) -> Expr:
        """By its spelling."""
        return Text(self.text(node))

    on_regex = on_number
    on_true = on_number
    on_false = on_number

    def on_template_string(self, node: Node) -> Expr:
        """`a${b}c`."""
        parts: list[Expr] = []
        for child in node.named_children:
            if child.type == "template_substitution":
                parts.append(self.first(child))
            else:
                parts.append(Text(self.text(child)))
        return Join(tuple(parts)) if parts else Text("")

    def on_member_expression(self, node: Node) -> Expr:
        """`a.b`."""
        of = self.expr(node.child_by_field_name("object"))
        return Member(of, Text(self.text(node.child_by_field_name("property"))))

    def on_subscript_expression(self, node: Node) -> Expr:
        """`a[b]`."""
        of = self.expr(node.child_by_field_name("object"))
        return Member(of, self.expr(node.child_by_field_name("index")))

    def on_object(self, node: Node) -> Expr:
        """`{a: 1, b, ...c}`."""
        items: list[tuple[Expr | None, Expr]] = []
        for part in node.named_children:
            if part.type == "pair":
                key = self.key(part.child_by_field_name("key"))
                value = part.child_by_field_name("value")
                name = key.text if isinstance(key, Text) else ""
                items.append((key, self.named(value, name) if value is not None else UNKNOWN))
            elif part.type == "shorthand_property_identifier":
                items.append((Text(self.text(part)), Name(self.text(part))))
            elif part.type == "spread_element":
                items.append((None, self.first(part)))
            elif part.type == "method_definition":
                kept, self.owner = self.owner, None
                name = self.text(part.child_by_field_name("name"))
                items.append((Text(name), Closure(self._function(name, part))))
                self.owner = kept
        return Table(tuple(items), node.start_point[0] + 1)

    def on_array(self, node: Node) -> Expr:
        """`[a, b]`."""
        return Row(tuple(self.expr(c) for c in node.named_children if c.type != "comment"))

    def on_binary_expression(self, node: Node) -> Expr:
        """`+` joins, `||` and `??` choose, `&&` guards."""
        operator = self.text(node.child_by_field_name("operator"))
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if operator == "+":
            return Join((self.expr(left), self.expr(right)))
        if operator in ("||", "??"):
            return Either((self.expr(left), self.expr(right)))
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

    def on_sequence_expression(self, node: Node) -> Expr:
        """`a, b`: the last; nested to the left in bundles, thousands deep."""
        found: Expr = UNKNOWN
        for part in node.named_children:
            found = self.expr(part)
        return found

    def on_call_expression(self, node: Node) -> Expr:
        """`f(a)`; `(() => { ... })()` around a whole file is but a scope."""
        called, args = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        given = args.named_children if args is not None and args.type == "arguments" else []
        if self.text(called) == "await" and len(given) == 1:
            return self.expr(given[0])  # the grammar takes `await (0, f)(x)` for a call of `await`
        func = self.expr(called)
        if isinstance(func, Name):
            func = self.methods.get(func.name, func)
        if isinstance(func, Closure):
            func.body.at_once = not given
        call = self.new_call(func, [self.expr(a) for a in given if a.type != "comment"], node)
        self.exported_getters(call)
        return call

    def on_new_expression(self, node: Node) -> Expr:
        """`new A(b)`."""
        func = self.expr(node.child_by_field_name("constructor"))
        args = node.child_by_field_name("arguments")
        given = args.named_children if args is not None else []
        call: Call = self.new_call(func, [self.expr(a) for a in given if a.type != "comment"], node)
        return call

    def on_parenthesized_expression(self, node: Node) -> Expr:
        """`(a)`, and what else stands for its first part: `await a`, `a as B`, `a!`."""
        return self.first(node)

    on_await_expression = on_parenthesized_expression
    on_yield_expression = on_parenthesized_expression
    on_as_expression = on_parenthesized_expression
    on_non_null_expression = on_parenthesized_expression
    on_satisfies_expression = on_parenthesized_expression
    on_spread_element = on_parenthesized_expression
    on_class_heritage = on_parenthesized_expression

    def on_comment(self, node: Node) -> Expr:
        """Nothing, as types are nothing."""
        del node
        return UNKNOWN

    on_type_annotation = on_comment
    on_type_arguments = on_comment
    on_interface_declaration = on_comment
    on_type_alias_declaration = on_comment
