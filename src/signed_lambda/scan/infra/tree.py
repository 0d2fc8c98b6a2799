"""YAML and JSON as data: texts, lists and tables with lines and tags, nothing constructed.

A template that could cost more than it says (aliases in aliases, deep nesting), that gives a key
twice or that is not one document is refused with the reason: it is "not scanned", never clean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import yaml
from yaml.nodes import ScalarNode, SequenceNode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from yaml.nodes import Node

MAX_NODES: Final = 100_000
MAX_DEPTH: Final = 100
MAX_TEMPLATE_BYTES: Final = 1024 * 1024


class NotScannedError(ValueError):
    """Why a template is not scanned, with line and column where there is one."""


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """A node.

    Attributes:
        tag: A short-form tag of CloudFormation ("!Ref"), "" for none.
        value: A text, a table or a list.
    """

    line: int
    tag: str
    value: str | dict[str, Tree] | tuple[Tree, ...]

    @property
    def text(self) -> str:
        """The scalar, "" for anything else."""
        return self.value if isinstance(self.value, str) else ""

    @property
    def table(self) -> dict[str, Tree]:
        """The members, empty for anything else."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def items(self) -> tuple[Tree, ...]:
        """The list; a table or a text that stands for a list of one is one."""
        if isinstance(self.value, tuple):
            return self.value
        return (self,) if self.value else ()

    def get(self, *keys: str) -> Tree:
        """The member at a path, `NOTHING` where there is none."""
        found = self
        for key in keys:
            found = found.table.get(key, NOTHING)
        return found

    def __bool__(self) -> bool:
        return bool(self.value)


NOTHING: Final = Tree(0, "", "")


def parse(body: bytes) -> Tree:
    """The document.

    Raises:
        NotScannedError: It is not one document within the limits.
    """
    if len(body) > MAX_TEMPLATE_BYTES:
        raise NotScannedError(f"more than {MAX_TEMPLATE_BYTES:,} bytes")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = _decoded(body)
    if text.lstrip().startswith(("{", "[")):
        text = text.replace("\t", "  ")  # JSON: a tab is space only between tokens
    try:
        node = yaml.compose(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{mark.line + 1}:{mark.column + 1} " if mark is not None else ""
        raise NotScannedError(f"{where}{error.problem or 'not YAML'}") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise NotScannedError(f"not YAML: {type(error).__name__}") from None
    if node is None:
        raise NotScannedError("empty")
    return _Reader().tree(node, 0)


def _decoded(body: bytes) -> str:
    encoding = "utf-16" if body[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        raise NotScannedError(f"not {encoding}: byte {error.start}") from None


class _Reader:
    def __init__(self) -> None:
        self.nodes = 0

    def tree(self, node: Node, depth: int) -> Tree:
        """The node as data; an alias is read as often as it is used, and counted each time."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise NotScannedError(f"more than {MAX_NODES:,} nodes after aliases")
        if depth > MAX_DEPTH:
            raise NotScannedError(f"nested more than {MAX_DEPTH} deep")
        line = node.start_mark.line + 1
        tag = node.tag if node.tag.startswith("!") else ""
        if node.tag.startswith("tag:yaml.org,2002:python"):
            raise NotScannedError(f"{line}:{node.start_mark.column + 1} a Python object")
        if isinstance(node, ScalarNode):
            return Tree(line, tag, str(node.value))
        if isinstance(node, SequenceNode):
            return Tree(line, tag, tuple(self.tree(n, depth + 1) for n in node.value))
        return Tree(line, tag, dict(self._members(node, depth)))

    def _members(self, node: Node, depth: int) -> Iterator[tuple[str, Tree]]:
        seen = set[str]()
        merged: dict[str, Tree] = {}
        for key, value in node.value:
            name = str(key.value) if isinstance(key, ScalarNode) else ""
            if name == "<<":
                for part in self.tree(value, depth + 1).items:
                    merged |= part.table
                continue
            if name in seen:
                raise NotScannedError(f"{key.start_mark.line + 1}: {name!r} twice")
            seen.add(name)
            yield name, self.tree(value, depth + 1)
        yield from ((k, v) for k, v in merged.items() if k not in seen)
