"""What the front ends on tree-sitter share: where the walk is, and what it keeps.

A file with an error in it is read as far as the grammar understands it, and says so.
Imports `form` and tree-sitter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tree_sitter import Parser

from signed_lambda.lazy import regex
from signed_lambda.scan.form import UNKNOWN, Call, Function, Module, Other, Site, Test
from signed_lambda.scan.front import deep
from signed_lambda.scan.names import words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tree_sitter import Language, Node

    from signed_lambda.scan.form import Class, Expr
    from signed_lambda.scan.watch import Watch

_SPACE: Final = regex(r"\s+")
_LINE_END: Final = regex(r"\r\n|\r|\n")
_COMPARISONS: Final = frozenset(
    {"<", ">", "<=", ">=", "==", "!=", "===", "!==", "in", "instanceof"}
)
_CHECKS: Final = words(
    "includes startswith endswith match test has hasprefix hassuffix contains equals indexof"
    " equalsignorecase matches matchstring"
)
_PIECE_BYTES: Final = 256
_ASKED_EVERY: Final = 25
"""Steps of a reader's length that the parser makes between two questions."""
_BLOCKS: Final = ("statement_block", "block", "statement_list")
_WORDS: Final = words(
    "identifier property_identifier shorthand_property_identifier string_fragment number"
    " field_identifier package_identifier interpreted_string_literal_content int_literal"
    " decimal_integer_literal"
)


def parsed(
    path: str, language_name: str, body: bytes, language: Language, watch: Watch
) -> tuple[Module, Node]:
    """The tree and the module that it is to be written into.

    The parser asks now and then whether it may go on; it does so only where it is given the bytes
    piece by piece.

    Raises:
        TookTooLongError: The file's time is over.
    """

    def go_on(_at: int, _failed: bool) -> bool:  # noqa: FBT001 - tree-sitter's shape
        watch.step(_ASKED_EVERY)
        return False

    text = body.decode("utf-8", "replace")
    module = Module(path, language_name, tuple(_LINE_END.split(text)))
    tree = Parser(language).parse(
        lambda at, _point: body[at : at + _PIECE_BYTES], progress_callback=go_on
    )
    root = tree.root_node
    if root.has_error:
        module.unread_line = _first_error(root)
    return module, root


def filled(reader: Reader, root: Node) -> Module:
    """The module with all that the reader finds in the tree."""
    with deep():
        reader.block(root.named_children)
    reader.finish()
    return reader.module


def _first_error(node: Node) -> int:
    while True:
        if node.is_error or node.is_missing:
            return node.start_point[0] + 1
        inner = next((c for c in node.children if c.has_error or c.is_missing), None)
        if inner is None:
            return node.start_point[0] + 1
        node = inner


class Reader:
    """Walks a tree once; a subclass has a method `on_X` for each node type X that it knows."""

    leaves: frozenset[str] = frozenset()
    """Statements that leave the block."""

    def __init__(self, module: Module, watch: Watch, source: bytes) -> None:
        """Begins at the top of a file.

        Args:
            module: What is written.
            watch: Is told each step.
            source: The file that the nodes are of.
        """
        self.module = module
        self.watch = watch
        self.source = source
        self._handlers: dict[int, Callable[[Node], Expr]] = {}
        self.function = module.top
        self.owner: Class | None = None
        self.tests: list[Test] = []

    def finish(self) -> None:
        """Ends the file."""
        self.module.settle()

    def expr(self, node: Node | None) -> Expr:
        """The expression or statement."""
        if node is None:
            return UNKNOWN
        self.watch.step()
        kind = node.kind_id
        handler = self._handlers.get(kind)
        if handler is None:
            handler = self._handlers[kind] = getattr(self, f"on_{node.type}", self.inside)
        return handler(node)

    def text(self, node: Node | None) -> str:
        """The source of a node, cut from the file: the tree would ask for it piece by piece."""
        if node is None:
            return ""
        return self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def on_if_statement(self, node: Node) -> Expr:
        """Both branches stand under the condition; the name of Go's first part is its own."""
        self.expr(node.child_by_field_name("initializer"))
        condition = node.child_by_field_name("condition")
        self.expr(condition)
        test = self.test(condition)
        self.under(test, node.child_by_field_name("consequence"))
        self.under(test, node.child_by_field_name("alternative"))
        return UNKNOWN

    def on_return_statement(self, node: Node) -> Expr:
        """`return x`."""
        if node.named_children:
            self.function.returns.append(self.expr(node.named_children[0]))
        return UNKNOWN

    def inside(self, node: Node) -> Expr:
        """A node that is not known: what is in it is looked at."""
        parts = tuple(p for p in map(self.expr, node.named_children) if p is not UNKNOWN)
        return Other(parts) if parts else UNKNOWN

    def first(self, node: Node) -> Expr:
        """A node that stands for its first child."""
        children = [c for c in node.named_children if "comment" not in c.type]
        found = self.expr(children[0]) if children else UNKNOWN
        for child in children[1:]:
            self.expr(child)
        return found

    def block(self, nodes: Iterable[Node]) -> None:
        """Statements in order; what stands after `if (x) return` stands under x."""
        depth = len(self.tests)
        for node in nodes:
            self.expr(node)
            if node.type == "if_statement" and self._leaves(
                node.child_by_field_name("consequence")
            ):
                self.tests.append(self.test(node.child_by_field_name("condition")))
        del self.tests[depth:]

    def _leaves(self, node: Node | None) -> bool:
        if node is None:
            return False
        if node.type in self.leaves:
            return True
        children = [c for c in node.named_children if c.type != "comment"]
        return bool(children) and node.type in _BLOCKS and self._leaves(children[-1])

    def under(self, test: Test, node: Node | None) -> Expr:
        """What a node is, read under a condition."""
        self.tests.append(test)
        found = self.expr(node)
        self.tests.pop()
        return found

    def within(self, made: Function, node: Node | None) -> Expr:
        """Reads the body of a function."""
        kept = self.function, self.owner, self.tests
        self.function, self.owner, self.tests = made, None, []
        found = self.expr(node)
        self.function, self.owner, self.tests = kept
        return found

    def new_function(self, name: str, node: Node) -> Function:
        """A function at a node, inside the one that is being read."""
        made = Function(name, self.module, node.start_point[0] + 1, self.function)
        self.module.functions.append(made)
        return made

    def new_call(self, func: Expr, args: Iterable[Expr], node: Node) -> Call:
        """A call, kept with the conditions that it stands under."""
        start, end = node.start_point[0] + 1, node.end_point[0] + 1
        call = Call(func, tuple(args), (), start, end, node.start_point[1])
        self.function.sites.append(Site(call, tuple(reversed(self.tests))))
        return call

    def test(self, node: Node | None) -> Test:
        """The condition at a node."""
        if node is None:
            return Test("", 0, compares=False, words=frozenset())
        found, compares = set[str](), False
        waiting = [node]
        while waiting:
            part = waiting.pop()
            waiting.extend(part.children)
            if part.type in _WORDS:
                word = self.text(part).lower()
                found.add(word)
                compares = compares or word in _CHECKS
            elif part.type in _COMPARISONS:
                compares = True
        text = _SPACE.sub(" ", self.text(node)).strip()
        if text.startswith("(") and text.endswith(")"):
            text = text[1:-1].strip()
        line = node.start_point[0] + 1
        return Test(text[:120], line, compares=compares, words=frozenset(found))
