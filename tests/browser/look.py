"""What a browser makes of a comment: every fact that the tests ask about, measured at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from signed_lambda.report.comment import render_comment
from tests.support import node, page
from tests.support.browser import DESK, PHONE, opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from signed_lambda.report.model import Report

_MEASURE: Final = Path(__file__).with_name("look.js").read_text(encoding="utf-8")
_WIDTHS: Final = {"phone": PHONE, "desk": DESK}

SCREENS: Final = tuple((width, colours) for width in _WIDTHS for colours in ("light", "dark"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagram:
    """One mermaid diagram.

    Attributes:
        labels: Of its nodes, in order.
        overhanging: Those that stick out of their node.
        smallest_font_px: Of a label, as drawn: a diagram too wide for the screen is shrunk.
    """

    labels: list[str]
    overhanging: list[str]
    smallest_font_px: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A comment on one screen, with all folds opened but for `lines`.

    Attributes:
        lines: What stands there before anything is opened, one for each paragraph or row.
        sideways_px: So far the page as a whole can be pushed to the left.
        marks: Table cells that hold one pictogram.
        hidden_marks: Those that are not wholly seen before their table is scrolled.
        scrolled_tables: Headings of tables outside of folds that are wider than their place.
        clipped: Text that is cut off where no scrolling helps.
        mentions: People, issues and commits that GitHub would link in the text.
        complaints: Of the browser.
        asked: Addresses that the page wanted from the network.
    """

    lines: list[str]
    sideways_px: float
    marks: list[str]
    hidden_marks: list[str]
    scrolled_tables: list[str]
    clipped: list[str]
    diagrams: list[Diagram]
    mentions: list[str]
    links: list[str]
    images: int
    complaints: tuple[str, ...]
    asked: tuple[str, ...]


def looks(browser: Browser, report: Report, colours: str, folder: Path) -> dict[str, Look]:
    """The report's comment in a browser whose window is made wider, by the screen's name.

    Args:
        browser: Started.
        report: To be shown as a comment.
        colours: "light" or "dark".
        folder: For the page's file.
    """
    file = folder / "comment.html"
    file.write_text(page.document(render_comment(report), node.module), encoding="utf-8")
    measured = {}
    with opened(browser, file, width=PHONE, dark=colours == "dark") as shown:
        for screen, width in _WIDTHS.items():
            shown.page.set_viewport_size({"width": width, "height": 844})
            seen: dict[str, Any] = shown.page.evaluate(_MEASURE)
            seen["diagrams"] = [Diagram(**diagram) for diagram in seen["diagrams"]]
            measured[screen] = Look(
                **seen, complaints=tuple(shown.complaints), asked=tuple(shown.asked)
            )
    return measured
