"""YAML and JSON as data: texts, lists and tables with lines and tags, nothing constructed.

A template that could cost more than it says (aliases in aliases, deep nesting), that gives a key
twice or that is not one document is refused with the reason: it is "not scanned", never clean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from signed_lambda.lazy import dataclass
from signed_lambda.scan.infra.document import NOTHING, Tree

if TYPE_CHECKING:
    from yaml.events import Event

MAX_NODES: Final = 100_000
MAX_DEPTH: Final = 100
MAX_TEMPLATE_BYTES: Final = 1024 * 1024


class NotScannedError(ValueError):
    """Why a template is not scanned, with line and column where there is one."""


def parse(body: bytes, twice: list[tuple[int, str]] | None = None) -> Tree:
    """The document.

    Args:
        body: YAML or JSON.
        twice: Takes line and key of each key that its table has already; without it, the first
            one is refused.

    Raises:
        NotScannedError: It is not one document within the limits.
    """
    if len(body) > MAX_TEMPLATE_BYTES:
        raise NotScannedError(f"more than {MAX_TEMPLATE_BYTES:,} bytes")
    text = _decoded(body)
    if text.lstrip().startswith(("{", "[")):
        text = text.replace("\t", "  ")  # JSON: a tab is space only between tokens
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    builder = _Builder(twice)
    try:
        for event in yaml.parse(text, Loader=loader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{mark.line + 1}:{mark.column + 1} " if mark is not None else ""
        at_tab = mark is not None and _line(text, mark.line)[mark.column :].startswith("\t")
        problem = "a tab, where YAML takes blanks only" if at_tab else error.problem
        raise NotScannedError(f"{where}{problem or 'not YAML'}") from None
    except yaml.reader.ReaderError as error:
        raise NotScannedError(f"U+{error.character:04X}, which YAML does not take") from None
    except yaml.YAMLError as error:
        raise NotScannedError(f"not YAML: {type(error).__name__}") from None
    if builder.document is None:
        raise NotScannedError("empty")
    return builder.document


def _line(text: str, number: int) -> str:
    lines = text.split("\n")
    return lines[number] if number < len(lines) else ""


def _decoded(body: bytes) -> str:
    encoding = "utf-16" if body[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        raise NotScannedError(f"not {encoding}: byte {error.start}") from None


@dataclass(slots=True)
class _Open:
    """A list or table that is not at its end yet."""

    line: int
    tag: str
    anchor: str | None
    is_table: bool
    before: int
    items: list[Tree]


class _Builder:
    """Builds the tree from the parser's events, without recursion.

    A composer of nodes is recursive, in C at that: 100,000 brackets end the process. An alias
    counts as often as what it stands for would, written out.
    """

    def __init__(self, twice: list[tuple[int, str]] | None) -> None:
        self.document: Tree | None = None
        self._twice = twice
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Tree, int]] = {}
        self._nodes = 0

    def take(self, event: Event) -> None:
        """The next event."""
        line = _mark(event)[0]
        match event:
            case ScalarEvent():
                self._count(1)
                self._put(Tree(line, _tag(event), event.value), event.anchor, 1)
            case SequenceStartEvent() | MappingStartEvent():
                self._count(1)
                if len(self._open) >= MAX_DEPTH:
                    raise NotScannedError(f"nested more than {MAX_DEPTH} deep")
                is_table = isinstance(event, MappingStartEvent)
                self._open.append(
                    _Open(line, _tag(event), event.anchor, is_table, self._nodes - 1, [])
                )
            case SequenceEndEvent() | MappingEndEvent():
                done = self._open.pop()
                tree = Tree(
                    done.line,
                    done.tag,
                    _table(done, self._twice) if done.is_table else (*done.items,),
                )
                self._put(tree, done.anchor, self._nodes - done.before)
            case AliasEvent():
                tree, size = self._anchors.get(event.anchor or "", (NOTHING, 0))
                if not size:
                    raise NotScannedError(f"{line}: *{event.anchor} stands for nothing before it")
                self._count(size)
                self._put(tree, None, size)
            case DocumentStartEvent() if self.document is not None:
                raise NotScannedError(f"{line}: a second document")

    def _count(self, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            raise NotScannedError(f"more than {MAX_NODES:,} nodes after aliases")

    def _put(self, tree: Tree, anchor: str | None, size: int) -> None:
        if anchor is not None:
            self._anchors[anchor] = (tree, size)
        if self._open:
            self._open[-1].items.append(tree)
        else:
            self.document = tree if tree.value or tree.tag else None


def _mark(event: Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)


def _tag(event: ScalarEvent | SequenceStartEvent | MappingStartEvent) -> str:
    tag = event.tag or ""
    if tag.startswith("tag:yaml.org,2002:python"):
        line, column = _mark(event)
        raise NotScannedError(f"{line}:{column} a Python object")
    return tag if tag.startswith("!") and tag != "!" else ""


def _table(done: _Open, twice: list[tuple[int, str]] | None) -> dict[str, Tree]:
    found: dict[str, Tree] = {}
    merged: dict[str, Tree] = {}
    for key, value in zip(done.items[::2], done.items[1::2], strict=True):
        if key.text == "<<":
            for part in value.items:
                merged |= part.table
        elif key.text in found and twice is not None:
            twice.append((key.line, key.text))
        elif key.text in found:
            raise NotScannedError(f"{key.line}: {key.text!r} twice")
        else:
            found[key.text] = value
    return merged | found


def as_table(tree: Tree) -> Tree:
    """A pattern that is written as JSON in a text, as the table that it is."""
    if tree.tag or not tree.text:
        return tree
    try:
        return parse(tree.text.encode())
    except NotScannedError:
        return tree
