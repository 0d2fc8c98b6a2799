"""Markdown as GitHub renders it: cmark-gfm, GitHub's own library, and a look at what came out.

Real GitHub does more afterwards (mentions, issue and commit links in the text outside of code);
`linked` finds what it would make of the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

import cmarkgfm
from cmarkgfm.cmark import Options

_OPTIONS = (
    Options.CMARK_OPT_UNSAFE
    | Options.CMARK_OPT_HARDBREAKS
    | Options.CMARK_OPT_GITHUB_PRE_LANG
    | Options.CMARK_OPT_FOOTNOTES
)
_EXTENSIONS = ["table", "autolink", "tagfilter", "strikethrough", "tasklist"]
_VOID = ("br", "img", "hr", "input")
_LINKED = re.compile(
    r"(?<![\w/])@[A-Za-z0-9]"  # a person or a team
    r"|(?<!\w)#\d|\b[Gg][Hh]-\d"  # an issue
    r"|(?<![0-9A-Za-z])[0-9a-f]{7,40}(?![0-9A-Za-z])"  # a commit
    r"|:[+\w-]+:"  # a pictogram
    r"|\$[^\s]"  # mathematics
)


@dataclass
class Seen:
    """What a browser would show.

    Attributes:
        tags: Of all elements, in order.
        text: All of it.
        outside: The text outside of code and links, each text node for itself.
        code: The content of each code element.
        tables: For each table the number of cells of each row.
        links: Where each link leads.
        summaries: The text of each `<summary>`.
        unbalanced: Elements that begin or end alone.
    """

    tags: list[str] = field(default_factory=list)
    text: str = ""
    outside: list[str] = field(default_factory=list)
    code: list[str] = field(default_factory=list)
    tables: list[list[int]] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    summaries: list[str] = field(default_factory=list)
    unbalanced: list[str] = field(default_factory=list)

    @property
    def rows(self) -> list[int]:
        """The number of cells of each row of all tables."""
        return [cells for rows in self.tables for cells in rows]

    @property
    def linked(self) -> list[str]:
        """What GitHub would link or replace in the text."""
        return [m[0] for node in self.outside for m in _LINKED.finditer(node)]


def render(markdown: str) -> str:
    """HTML of a comment, before GitHub's sanitizer."""
    html: str = cmarkgfm.markdown_to_html_with_extensions(
        markdown, options=_OPTIONS, extensions=_EXTENSIONS
    )
    return html


def look(markdown: str) -> Seen:
    """What a comment shows."""
    parser = _Parser()
    parser.feed(render(markdown))
    parser.close()
    parser.seen.unbalanced += parser.open
    return parser.seen


class _Parser(HTMLParser):
    """Collects what `Seen` holds."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen = Seen()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        self.seen.tags.append(tag)
        self.seen.links += [v or "" for k, v in attrs if k in ("href", "src")]
        if tag in _VOID:
            return
        self.open.append(tag)
        if tag == "code":
            self.seen.code.append("")
        if tag == "summary":
            self.seen.summaries.append("")
        if tag == "table":
            self.seen.tables.append([])
        if tag == "tr":
            self.seen.tables[-1].append(0)
        if tag in ("td", "th"):
            self.seen.tables[-1][-1] += 1

    def handle_endtag(self, tag: str) -> None:
        """An element ends."""
        if tag in _VOID:
            return
        if tag not in self.open:
            self.seen.unbalanced.append(f"/{tag}")
            return
        while (closed := self.open.pop()) != tag:
            self.seen.unbalanced.append(closed)

    def handle_data(self, data: str) -> None:
        """Text between tags."""
        self.seen.text += data
        if "summary" in self.open:
            self.seen.summaries[-1] += data
        if "code" in self.open:
            self.seen.code[-1] += data
        elif "a" not in self.open and "pre" not in self.open and data.strip():
            self.seen.outside.append(data)
