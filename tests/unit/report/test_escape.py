"""Foreign text is shown, and does nothing: each sink against the real renderer or reader.

`FOREIGN_TEXTS` generated texts go through every sink (`PROPERTIES`), and each known trick too.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

import pytest
from hypothesis import given, settings

from signed_lambda.report import escape
from tests.support.gfm import look
from tests.support.hostile import DANGERS, FOREIGN, PIECES, dangers
from tests.support.runner_rules import commands, read_pairs

if TYPE_CHECKING:
    from collections.abc import Callable

FOREIGN_TEXTS: Final = 8_000
"""How many generated texts go through every sink; always the same ones."""
SEEN_AT_LEAST: Final = 20
"""How many of them hold each danger, the rarest one included."""

JOINER = "\u2060"


def shown(text: str) -> str:
    """The text without what only parts it for the renderer."""
    return text.replace(JOINER, "")


FRAMES = ("{}", "**Word:** {}", "- {}", "> {}", "### {}", "word {} word", "word\n{}", "({})")


@cache
def plain_tags(frame: str) -> list[str]:
    """The elements of a frame around a plain word."""
    return look(frame.format("x")).tags


def text_is_literal_in_every_place(foreign: str) -> None:
    escaped = escape.text(foreign)
    want = " ".join(escape.visible(foreign).split())

    for frame in FRAMES:
        out = look(frame.format(escaped))
        tags = [t for t in out.tags if t != "span"]
        assert tags == plain_tags(frame)[: len(tags)]
        assert out.linked == []
        assert want in " ".join(shown(out.text).split())


def prose_is_literal_in_every_place(foreign: str) -> None:
    escaped = escape.prose(foreign)

    for frame in FRAMES:
        out = look(frame.format(escaped))
        tags = [t for t in out.tags if t != "code"]
        assert tags == plain_tags(frame)[: len(tags)]
        assert out.linked == []


def prose_loses_no_word(foreign: str) -> None:
    out = look(f"**Word:** {escape.prose(foreign)}")

    want = escape.visible(foreign.replace("\r\n", " ").replace("\n", " "))
    assert re.sub(r"\W", "", out.text) == "Word" + re.sub(r"\W", "", want)


def code_is_one_span_that_shows_the_text(foreign: str) -> None:
    out = look(f"word {escape.code(foreign)} word")

    if foreign:
        assert out.code == [out.code[0]]
        assert shown(out.code[0]) == escape.visible(foreign)
    assert set(out.tags) <= {"p", "code"}
    assert out.linked == []


def no_sink_breaks_a_table(foreign: str) -> None:
    for sink in (escape.text, escape.cell, escape.code, escape.prose):
        out = look(f"| a | b |\n|:--|:--|\n| {sink(foreign)} | {sink(foreign)} |\n| c | d |")
        assert out.rows == [2, 2, 2]
        assert out.linked == []
        assert out.links == []
        assert "img" not in out.tags


def code_in_a_table_shows_the_text(foreign: str) -> None:
    out = look(f"| a | b |\n|:--|:--|\n| {escape.code(foreign)} | x |")

    if foreign:
        assert [shown(c) for c in out.code] == [escape.visible(foreign)]


def fence_holds_the_text_and_ends(foreign: str) -> None:
    out = look(f"{escape.fence(foreign, 'sh')}\n\nafter")

    kept = escape.visible(foreign.replace("\r\n", "\n"), keep="\n\t")
    assert out.tags == ["pre", "code", "p"]
    assert out.code[0] == kept + "\n" or (kept == "" and out.code[0] in ("", "\n"))
    assert out.text.endswith("after\n")


def mermaid_label_has_neither_quote_nor_line_nor_markup(foreign: str) -> None:
    out = escape.mermaid_label(foreign)

    assert re.fullmatch(r"(?:[^\W_]| |#[0-9]+;)+", out)
    shown_again = re.sub(r"#([0-9]+);", lambda m: chr(int(m[1])), out)
    want = escape.clip(escape.visible(foreign).strip(" "), 60)
    assert shown_again == (want or " ")


def log_is_one_line_without_a_command(foreign: str) -> None:
    out = escape.log(foreign)

    assert out.isprintable()
    assert commands(out) == commands(f"  {out}") == []
    assert escape.log(out) == out
    out.encode("utf-8")


def log_after_our_own_words_is_without_a_command(foreign: str) -> None:
    half = len(foreign) // 2
    out = f"{escape.log(foreign[:half])}: {escape.log(foreign[half:])}"

    assert commands(escape.log(out)) == []


def command_data_comes_back_on_its_own_lines(foreign: str) -> None:
    out = escape.command_data(foreign)

    want = escape.visible(foreign.replace("\r\n", "\n"), keep="\n")
    assert commands(f"::notice::{out}") == [("notice", {}, want)]


def command_property_comes_back_and_ends_nothing(foreign: str) -> None:
    out = escape.command_property(foreign)

    want = {"title": escape.visible(foreign), "line": "7"}
    given = {k: v for k, v in want.items() if v}
    assert commands(f"::error title={out},line=7::x") == [("error", given, "x")]


def heredoc_gives_back_one_output(foreign: str) -> None:
    out = escape.heredoc("report", foreign, "end_0123456789abcdef")

    assert read_pairs(out) == {"report": escape.visible(foreign, keep="\n\t")}


def sarif_message_has_neither_link_nor_placeholder_nor_mention(foreign: str) -> None:
    out = escape.sarif_message(foreign)

    assert not re.search(r"\]\(|\{[0-9]+\}|@\w", out)
    assert shown(out) == shown(escape.visible(foreign.replace("\r\n", "\n"), keep="\n"))


def uri_is_relative_and_comes_back(foreign: str) -> None:
    out = escape.uri(foreign)

    assert re.fullmatch(r"(?:[A-Za-z0-9._~/-]|%[0-9A-F]{2})*", out)
    assert unquote(out, errors="strict") == re.sub("[\ud800-\udfff]", "\ufffd", foreign)


PROPERTIES: Final[tuple[Callable[[str], None], ...]] = (
    text_is_literal_in_every_place,
    prose_is_literal_in_every_place,
    prose_loses_no_word,
    code_is_one_span_that_shows_the_text,
    no_sink_breaks_a_table,
    code_in_a_table_shows_the_text,
    fence_holds_the_text_and_ends,
    mermaid_label_has_neither_quote_nor_line_nor_markup,
    log_is_one_line_without_a_command,
    log_after_our_own_words_is_without_a_command,
    command_data_comes_back_on_its_own_lines,
    command_property_comes_back_and_ends_nothing,
    heredoc_gives_back_one_output,
    sarif_message_has_neither_link_nor_placeholder_nor_mention,
    uri_is_relative_and_comes_back,
)
"""What every foreign text must leave true, of every sink."""


def test_no_generated_text_does_anything_in_any_sink() -> None:
    """The sweep; it also shows that what it generated held every danger, often."""
    seen: Counter[str] = Counter()

    @settings(max_examples=FOREIGN_TEXTS)
    @given(foreign=FOREIGN)
    def sweep(foreign: str) -> None:
        seen.update({"texts", *dangers(foreign)})
        for holds in PROPERTIES:
            holds(foreign)

    sweep()

    assert seen["texts"] >= FOREIGN_TEXTS
    assert {danger: seen[danger] for danger in DANGERS if seen[danger] < SEEN_AT_LEAST} == {}


@pytest.mark.parametrize("piece", PIECES)
def test_each_known_trick_alone_does_nothing_in_any_sink(piece: str) -> None:
    for place in ("{}", "word {}", "({})", "{} word"):
        for holds in PROPERTIES:
            holds(place.replace("{}", piece))


@pytest.mark.parametrize(
    ("name", "value", "token"),
    [
        ("a b", "x", "end_0123456789abcdef"),
        ("a\nb", "x", "end_0123456789abcdef"),
        ("a<<b", "x", "end_0123456789abcdef"),
        ("", "x", "end_0123456789abcdef"),
        ("a", "x\nend_0123456789abcdef\nb=c", "end_0123456789abcdef"),
        ("a", "x", "short"),
        ("a", "x", "end_0123456789abc\nf"),
    ],
)
def test_heredoc_refuses_what_could_break_out(name: str, value: str, token: str) -> None:
    with pytest.raises(ValueError, match=r"name of an output|token"):
        escape.heredoc(name, value, token)


@pytest.mark.parametrize(
    ("sentence", "markdown"),
    [
        ("Calls through `live` run it.", "Calls through `live` run it."),
        ("alias 'live' is still at 41", "alias `live` is still at 41"),
        ("the build's 415 files", "the build's 415 files"),
        ("missing lambda:Publish on arn:aws:x.", "missing `lambda:Publish` on `arn:aws:x`."),
        ("7 -> 9, read back", "7 → 9, read back"),
        ("1. is a number", "&#49;. is a number"),
        ("= b", "&#61; b"),
        ("an odd ` mark", "an odd `` ` `` mark"),
        ("a_b`c`", "`a_b`\u2060`c`"),
        ("(see app.py)", "(see `app.py`)"),
        ("", ""),
    ],
)
def test_prose_reads_as_it_was_written(sentence: str, markdown: str) -> None:
    assert escape.prose(sentence) == markdown


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("a\nb", r"a\nb"),
        ("\x1b[0m", r"\x1b[0m"),
        ("\u202eexe.py", r"\u202eexe.py"),
        ("bad\udcff.py", r"bad\udcff.py"),
        ("\u3164", r"\u3164"),
        ("日本 語é", "日本 語é"),
    ],
)
def test_visible_writes_out_what_is_not_seen(text: str, want: str) -> None:
    assert escape.visible(text) == want


def test_clip_says_that_something_is_missing() -> None:
    assert escape.clip("abcdef", 6) == "abcdef"
    assert escape.clip("abcdefg", 6) == "abcde…"
    assert escape.clip("abc", 0) == "…"


def test_cell_is_never_empty() -> None:
    assert escape.cell("") == escape.cell("  ") == "–"  # noqa: RUF001 - the dash
