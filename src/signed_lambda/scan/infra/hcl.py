"""HCL as blocks and expressions, by tree-sitter's grammar; nothing is evaluated here."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Final

import tree_sitter_hcl
from tree_sitter import Language

from signed_lambda.lazy import dataclass
from signed_lambda.scan.form import (
    UNKNOWN,
    Call,
    Either,
    Join,
    Member,
    Name,
    Other,
    Row,
    Table,
    Text,
)
from signed_lambda.scan.front import deep
from signed_lambda.scan.front.grammar import parsed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tree_sitter import Node

    from signed_lambda.scan.form import Expr, Module
    from signed_lambda.scan.watch import Watch

_HCL: Final = Language(tree_sitter_hcl.language())


@dataclass(slots=True, eq=False)
class Block:
    """`kind "label" { attribute = x, inner { ... } }`."""

    kind: str
    labels: tuple[str, ...]
    line: int
    attributes: dict[str, Expr] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)

    def inner(self, kind: str) -> Iterator[Block]:
        """The blocks of a kind in it, also dynamic ones."""
        for block in self.blocks:
            if block.kind == kind:
                yield block
            elif block.kind == "dynamic" and block.labels == (kind,):
                yield from block.inner("content")


def parse(path: str, body: bytes, watch: Watch) -> tuple[Module, list[Block]]:
    """The top blocks; the module has the lines, and the first one that was not understood.

    Raises:
        RecursionError: It is nested too deep.
        TookTooLongError: The file's time is over.
    """
    module, root = parsed(path, "hcl", body, _HCL, watch)
    with deep():
        blocks = [b for part in root.named_children for b in _body(part).blocks]
    return module, blocks


def _body(node: Node) -> Block:
    found = Block("", (), node.start_point[0] + 1)
    for part in node.named_children:
        if part.type == "attribute" and len(part.named_children) > 1:
            found.attributes[_text(part.named_children[0])] = _expr(part.named_children[1])
        elif part.type == "block":
            found.blocks.append(_block(part))
    return found


def _block(node: Node) -> Block:
    names = [_text(c).strip('"') for c in node.named_children if c.type in _LABELS]
    inner = next((c for c in node.named_children if c.type == "body"), None)
    made = _body(inner) if inner is not None else Block("", (), 0)
    made.kind, made.labels = names[0] if names else "", tuple(names[1:])
    made.line = node.start_point[0] + 1
    return made


def _expr(node: Node) -> Expr:
    handler = _EXPRESSIONS.get(node.type)
    if handler is not None:
        return handler(node)
    return Other(tuple(_expr(c) for c in node.named_children)) if node.named_children else UNKNOWN


def _expression(node: Node) -> Expr:
    """A chain: `a.b[0].c`; or the one thing in it."""
    children = node.named_children
    if not children:
        return UNKNOWN
    found = _expr(children[0])
    for part in children[1:]:
        if part.type == "get_attr":
            found = Member(found, Text(_text(part.named_children[0])))
        elif part.type == "index":
            key = part.named_children[0].named_children if part.named_children else []
            found = Member(found, _expr(key[0]) if key else Text("*"))
        elif part.type == "splat":
            found = Member(found, Text("*"))
            for step in part.named_children[0].named_children if part.named_children else ():
                if step.type == "get_attr":
                    found = Member(found, Text(_text(step.named_children[0])))
    return found


def _template(node: Node) -> Expr:
    parts: list[Expr] = []
    for part in node.named_children:
        if part.type == "template_literal":
            parts.append(Text(_text(part)))
        elif part.type == "template_interpolation":
            inner = [c for c in part.named_children if c.type == "expression"]
            parts.append(_expression(inner[0]) if inner else UNKNOWN)
    return Join(tuple(parts)) if len(parts) != 1 else parts[0]


def _object(node: Node) -> Expr:
    items: list[tuple[Expr | None, Expr]] = []
    for part in node.named_children:
        if part.type == "object_elem" and len(part.named_children) > 1:
            key = _expr(part.named_children[0])
            items.append(
                (Text(key.name) if isinstance(key, Name) else key, _expr(part.named_children[1]))
            )
    return Table(tuple(items), node.start_point[0] + 1)


def _function(node: Node) -> Expr:
    name = _text(node.named_children[0])
    args = [c for c in node.named_children if c.type == "function_arguments"]
    given = args[0].named_children if args else []
    line = node.start_point[0] + 1
    return Call(Name(name), tuple(_expr(a) for a in given), (), line, line)


def _first(node: Node) -> Expr:
    return _expr(node.named_children[0]) if node.named_children else Text(_text(node))


def _string(node: Node) -> Expr:
    return Text("".join(_text(c) for c in node.named_children if c.type == "template_literal"))


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


_LABELS: Final = ("identifier", "string_lit")
_EXPRESSIONS: Final[dict[str, Callable[[Node], Expr]]] = {
    "expression": _expression,
    "variable_expr": lambda node: Name(_text(node)),
    "literal_value": _first,
    "numeric_lit": lambda node: Text(_text(node)),
    "bool_lit": lambda node: Text(_text(node)),
    "string_lit": _string,
    "template_expr": _first,
    "quoted_template": _template,
    "heredoc_template": _template,
    "collection_value": _first,
    "object": _object,
    "tuple": lambda n: Row(tuple(_expr(c) for c in n.named_children if c.type == "expression")),
    "conditional": lambda n: Either(tuple(_expr(c) for c in n.named_children[1:])),
    "function_call": _function,
}
