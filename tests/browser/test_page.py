"""The page that stands in for GitHub does as GitHub does: what the other tests rest on."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.support import node, page
from tests.support.browser import DESK, PHONE, Shown, opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from playwright.sync_api import Browser

    Show = Callable[..., AbstractContextManager[Shown]]

pytestmark = pytest.mark.browser

LINES = "https://github.com/acme/orders/blob/a1b2c3d4e5f60718293a4b5c6d7e8f9012345678/src/a%20b.py#L3-L5"


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Show:
    """Opens a comment."""

    @contextmanager
    def opener(markdown: str, *, width: int = DESK, dark: bool = False) -> Iterator[Shown]:
        file = tmp_path / "comment.html"
        file.write_text(page.document(markdown, node.module), encoding="utf-8")
        with opened(browser, file, width=width, dark=dark) as shown:
            yield shown

    return opener


def test_an_alert_has_its_title_and_colour(show: Show) -> None:
    with show("> [!CAUTION]\n> Do not merge.\n\n> [!HINT]\n> A quotation.") as shown:
        alert = shown.page.locator(".markdown-alert-caution")

        assert alert.inner_text().split() == ["Caution", "Do", "not", "merge."]
        assert shown.page.locator("blockquote").inner_text().startswith("[!HINT]")


def test_a_permanent_link_alone_on_its_line_is_a_card(show: Show) -> None:
    with show(f"{LINES}\n\nsee {LINES}") as shown:
        cards = shown.page.locator(".card").all_inner_texts()

        assert [card.splitlines()[:2] for card in cards] == [
            ["acme/orders/src/a b.py", "Lines 3 to 5 in a1b2c3d"]
        ]
        assert shown.page.locator(".markdown-body > p").inner_text() == f"see {LINES}"


def test_people_issues_and_commits_are_links_in_the_text_but_not_in_code(show: Show) -> None:
    named = "@anna @acme/team #12 GH-7 a1b2c3d4"

    with show(f"see {named}, `{named}`, a@b.example") as shown:
        assert shown.page.locator(".mention").all_inner_texts() == named.split()


def test_tasks_are_boxes(show: Show) -> None:
    with show("- [x] done\n- [ ] open") as shown:
        boxes = shown.page.locator("li.task-list-item > input")

        assert [box.is_checked() for box in boxes.all()] == [True, False]


def test_scripts_styles_and_handlers_are_left_out(show: Show) -> None:
    evil = '<b style="color:red" onclick="x()" class="mention" open>b</b><style>b{}</style>'

    with show(f"<script>console.error(1)</script>{evil}<!-- marker -->") as shown:
        assert shown.page.locator(".markdown-body").inner_html().count("<b ") == 1
        assert shown.page.locator(".markdown-body b").evaluate("b => b.attributes.length") == 1
        assert shown.complaints == []


def test_an_image_of_another_host_is_noticed_and_not_loaded(show: Show) -> None:
    with show("![beacon](https://evil.example/x.png)") as shown:
        assert shown.asked == ["https://evil.example/x.png"]


def test_a_diagram_that_cannot_be_read_is_a_complaint(show: Show) -> None:
    with show("```mermaid\nflowchart TB\n  n0[\n```") as shown:
        assert [text for text in shown.complaints if "not drawn" in text]


def test_a_reader_of_dark_pages_gets_a_dark_page(show: Show) -> None:
    colours = []
    for dark in (False, True):
        with show("```mermaid\nflowchart TB\n  n0\n```", dark=dark) as shown:
            background = shown.page.locator(".markdown-body").evaluate(
                "e => getComputedStyle(e).backgroundColor"
            )
            node_fill = shown.page.locator(".node rect.label-container").evaluate(
                "e => getComputedStyle(e).fill"
            )
            colours.append((background, node_fill))

    assert colours[0][0] == "rgb(255, 255, 255)"
    assert colours[1][0] == "rgb(13, 17, 23)"
    assert colours[0][1] != colours[1][1]


def test_a_phone_shows_the_comment_in_its_whole_width(show: Show) -> None:
    with show("text", width=PHONE) as shown:
        box = shown.page.locator(".comment").bounding_box()

        assert box is not None
        assert box["width"] == PHONE - 32
