"""The comment as people see it: GitHub's look, in a real browser, on a phone and on a desk."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Final, get_args

import pytest
from PIL import Image, ImageChops

from signed_lambda.report import findings, story
from signed_lambda.report.model import Outcome
from signed_lambda.report.plan import MARKS
from tests.browser.hostile import HOSTILE, LABELS
from tests.browser.look import SCREENS, Look, looks
from tests.unit.report.cases import CASES, LOOP, QUEUE, report

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser

    from signed_lambda.report.model import Report

    See = Callable[[str, tuple[str, str]], Look]

pytestmark = pytest.mark.browser

COMMENTS: Final = CASES | HOSTILE
LEGIBLE_PX: Final = 9
"""The smallest text of a diagram that is read without a glass; a comment's own has 14."""
ALIKE: Final = 0.8
"""Two marks with more of their ink in common differ by colour only: two discs have 0.95."""

every_comment = pytest.mark.parametrize("name", COMMENTS)
every_ordinary_comment = pytest.mark.parametrize("name", CASES)
every_screen = pytest.mark.parametrize("screen", SCREENS, ids="-".join)
phone_only = pytest.mark.parametrize(
    "screen", [s for s in SCREENS if s[0] == "phone"], ids="-".join
)


@pytest.fixture(scope="module")
def see(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> See:
    """Opens each comment once in each colour scheme."""
    folder = tmp_path_factory.mktemp("comments")

    @cache
    def once(name: str, colours: str) -> dict[str, Look]:
        return looks(browser, COMMENTS[name], colours, folder)

    return lambda name, screen: once(name, screen[1])[screen[0]]


def _drawn(case: Report) -> list[list[str]]:
    """The nodes of each diagram: of the releases, and of each loop."""
    days = [
        f"{r.version}, {r.published_at[:10]}{'' if r.build else ', by others'}"
        for r in reversed(case.releases)
    ]
    loops = [list(dict.fromkeys(f.cycle)) for f in findings.ranked(case) if f.cycle]
    return [*([[*days, case.alias]] if days else []), *loops]


@every_screen
@every_comment
def test_every_diagram_is_drawn_with_its_labels_as_text(
    name: str, screen: tuple[str, str], see: See
) -> None:
    seen = see(name, screen)

    assert [diagram.labels for diagram in seen.diagrams] == _drawn(COMMENTS[name])
    assert [diagram.overhanging for diagram in seen.diagrams] == [[] for _ in seen.diagrams]


@phone_only
@pytest.mark.parametrize("name", [name for name in COMMENTS if name != "long"])
def test_diagrams_are_legible_on_a_phone(name: str, screen: tuple[str, str], see: See) -> None:
    seen = see(name, screen)

    assert [d for d in seen.diagrams if d.smallest_font_px < LEGIBLE_PX] == []


@every_screen
@every_comment
def test_the_browser_has_no_complaint_and_the_page_asks_nothing_of_the_network(
    name: str, screen: tuple[str, str], see: See
) -> None:
    seen = see(name, screen)

    assert (seen.complaints, seen.asked, seen.images) == ((), (), 0)


@every_screen
@every_comment
def test_the_page_does_not_scroll_sideways(name: str, screen: tuple[str, str], see: See) -> None:
    seen = see(name, screen)

    assert seen.sideways_px == 0


@every_screen
@every_comment
def test_every_mark_of_a_table_is_seen_before_it_is_scrolled(
    name: str, screen: tuple[str, str], see: See
) -> None:
    seen = see(name, screen)

    assert seen.hidden_marks == []


def test_the_marks_of_the_chain_are_found(see: See) -> None:
    links = len(CASES["deployed"].links)  # the first has none: it is where the chain begins

    assert see("deployed", SCREENS[0]).marks[: links - 1] == ["✅"] * (links - 1)


@every_screen
@every_ordinary_comment
def test_what_is_not_folded_away_needs_no_scrolling_sideways(
    name: str, screen: tuple[str, str], see: See
) -> None:
    seen = see(name, screen)

    assert seen.scrolled_tables == []


@every_screen
@every_comment
def test_no_text_is_cut_off(name: str, screen: tuple[str, str], see: See) -> None:
    seen = see(name, screen)

    assert seen.clipped == []


@every_screen
@every_comment
def test_foreign_text_links_nowhere_and_mentions_nobody(
    name: str, screen: tuple[str, str], see: See
) -> None:
    seen = see(name, screen)

    assert seen.mentions == []
    assert [
        url for url in seen.links if not url.startswith("https://github.com/acme/orders/")
    ] == []


@phone_only
@every_ordinary_comment
def test_the_first_five_lines_tell_verdict_place_and_build(
    name: str, screen: tuple[str, str], see: See
) -> None:
    case = CASES[name]
    first = "\n".join(see(name, screen).lines[:5])  # the beginning of the mail, too
    identity = case.build_sha256 or case.code_sha256

    assert story.headline(case).replace("`", "").lower() in first.lower()
    if case.checks:  # several aliases: no one place and no one build, but how many are well
        assert (case.region in first, "1 of 3 aliases were read again" in first) == (True, True)
        return
    assert identity is not None
    assert (case.function_name in first, case.alias in first) == (True, True)
    assert identity.b64[:12] in first


def test_the_labels_are_hostile_and_short_enough_to_be_shown_whole() -> None:
    assert [label for label in LABELS if len(label) > 60 or label.isalnum()] == []


def _shapes(browser: Browser, marks: list[str]) -> dict[str, Image.Image]:
    """Each mark as someone without colours sees it, its own brightness taken out."""
    page = browser.new_page(viewport={"width": 100, "height": 100})
    page.context.new_cdp_session(page).send(
        "Emulation.setEmulatedVisionDeficiency", {"type": "achromatopsia"}
    )
    shapes = {}
    for mark in marks:
        page.set_content(f'<p style="font: 64px Noto Color Emoji; margin: 8px">{mark}</p>')
        grey = Image.open(io.BytesIO(page.screenshot())).convert("L")
        darkest, brightest = grey.getextrema()
        middle = (darkest + brightest) / 2
        shapes[mark] = grey.point(lambda value, middle=middle: 255 if value > middle else 0)
    page.close()
    return shapes


def _alike(a: Image.Image, b: Image.Image) -> float:
    """From 0 to 1: how much of the ink of both is in the same place."""
    both, either = ImageChops.lighter(a, b), ImageChops.darker(a, b)
    return both.histogram()[0] / either.histogram()[0]


def _marks_of_findings() -> set[str]:
    """The pictogram of each severity, and of an allowed finding."""
    every = (*(replace(LOOP, severity=severity) for severity in findings.SEVERITIES), QUEUE)
    section = findings.section(report(findings=every), len(every))
    return set(re.findall(r"^(?:####|-) (\S+) [A-Z]", section, re.MULTILINE))


def test_marks_that_stand_in_one_place_differ_by_more_than_colour(
    browser: Browser, see: See
) -> None:
    places = (
        {mark for name in COMMENTS for mark in see(name, SCREENS[0]).marks},  # of tables
        {story.mark(report(outcome=outcome)) for outcome in get_args(Outcome)},
        _marks_of_findings(),
        set(MARKS.values()),  # of checks and steps
    )
    shapes = _shapes(browser, sorted(set.union(*places)))

    assert min(len(place) for place in places) > 2
    for place in places:
        pairs = [(a, b) for a in place for b in place if a < b]
        assert [(a, b) for a, b in pairs if _alike(shapes[a], shapes[b]) > ALIKE] == []
