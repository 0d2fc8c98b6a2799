"""A comment as a page that looks as GitHub shows it: for tests in a browser, and for pictures.

cmark-gfm makes the HTML (`gfm`), a sanitizer leaves what GitHub's leaves, page.js does what GitHub
does afterwards (alerts, diagrams, code cards, mentions), and page.css draws the frame of a comment
around it. Style sheet, fonts and mermaid are npm packages of tests/node; nothing comes from the
network. Not drawn: colours inside of code blocks, and the code lines inside of a card.
"""

from __future__ import annotations

import hashlib
import html
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import nh3

from tests.support import gfm

if TYPE_CHECKING:
    from collections.abc import Callable

_HERE: Final = Path(__file__).parent

_TAGS: Final = frozenset(
    re.findall(
        r"\w+",
        "a abbr b bdo blockquote br caption cite code dd del details dfn div dl dt em figcaption"
        " figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q rp rt ruby s samp small"
        " span strike strong sub summary sup table tbody td tfoot th thead time tr tt ul var wbr"
        " input",  # GitHub makes it of `- [ ]` after the sanitizer, cmark-gfm before
    )
)
"""Source: https://github.com/gjtorikian/html-pipeline, sanitization_filter.rb (DEFAULT_CONFIG)."""
_ATTRIBUTES: Final = {
    "a": frozenset({"href"}),
    "img": frozenset({"src", "longdesc"}),
    "input": frozenset({"type", "checked", "disabled"}),
    "*": frozenset(
        {"align", "alt", "aria-hidden", "aria-label", "border", "color", "colspan", "dir"}
        | {"height", "lang", "open", "role", "rowspan", "start", "title", "type", "width"}
    ),
}
"""Of the same list, those that can be seen."""


def sanitized(markdown: str) -> str:
    """The comment's HTML after GitHub's sanitizer: no style, no script, no hidden marker."""
    return nh3.clean(
        gfm.render(markdown),
        tags=set(_TAGS),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow",
    )


def fingerprint(markdown: str) -> str:
    """64 hex digits of all that a picture of the comment depends on, but for packages and fonts."""
    frame = b"".join((_HERE / name).read_bytes() for name in ("page.css", "page.js"))
    return hashlib.sha256(frame + sanitized(markdown).encode()).hexdigest()


def document(markdown: str, module: Callable[[str], Path]) -> str:
    """The whole page, to be opened from a file; it is complete when `<html data-drawn>` is there.

    Args:
        markdown: Of the comment, hidden marker included.
        module: Finds the folder of an npm package (`node.module`, or one that ends otherwise).
    """
    sheets = (
        module("github-markdown-css") / "github-markdown.css",
        module("@fontsource-variable/noto-sans") / "index.css",
        module("@fontsource-variable/noto-sans-mono") / "index.css",
        _HERE / "page.css",
    )
    scripts = [_HERE / "page.js"]
    body = sanitized(markdown)
    if '<pre lang="mermaid">' in body:  # 2.7 MB, as on GitHub only where it is needed
        scripts.insert(0, module("mermaid") / "dist" / "mermaid.min.js")
    links = "".join(f'<link rel="stylesheet" href="{_uri(path)}">' for path in sheets)
    code = "".join(f'<script src="{_uri(path)}"></script>' for path in scripts)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Comment</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">{links}'
        f'<body><main><div class="avatar" aria-hidden="true">⚙</div><div class="comment">'
        f'<header><b>github-actions</b> <span class="bot">bot</span> commented now</header>'
        f'<div class="markdown-body">{body}</div></div></main>{code}</body></html>'
    )


def _uri(path: Path) -> str:
    return html.escape(path.resolve().as_uri())
