"""Foreign text is shown, and does nothing: each sink against the real renderer or reader."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signed_lambda.report import escape
from tests.support.gfm import look

JOINER = "\u2060"

PIECES = [
    "@octocat", "@acme/team", "mail@example.com", "#1", "acme/orders#12", "GH-7", "a1b2c3d4e5f6",
    "a1b2c3d4e5f60718293a4b5c6d7e8f9012345678", "https://evil.example/x", "www.evil.example",
    "http://a", "ftp://a.b", "mailto:a@b.cd", "xmpp:a@b.cd", "[a](b)", "![a](https://e.example/b.png)",
    "[^1]", "[^1]: note", "<img src=x>", "<a href=//e.example>", "<!-- x", "-->",
    "</details>",
    "</code>", "<script>", "&lt;", "&#64;octocat", "&commat;", "`", "``", "```", "~~~", "~~a~~",
    "|", "\\|", "\\", "\\`", "*a*", "__b__", "_", "$x$", "$$", "$`a`$", ":tada:", "# h", "> q",
    "- [x] t",
    "1. l", "1) l", "+ l", "---", "===", "    code", "\t", "\n", "\r\n", "\n\n",
    "\r", "\x1b[31m",
    "\u202e", "\u200b", "\u2066", "\ufeff", "\u2028", "\x00", "\x85", "\ud800", "\udcff",
    "\U000e0041",
    "\u3164", "\u00a0", "::error::x", "::add-mask::a", "##[error]x", "##[group]", "'live'", "it's",
    "->", "é", "日本語", "👩‍💻", " ", "a", "word", "E-HASH-03", "CVE-2024-1",
    "100%0A::error::x", "%25", "deadbeef1", "1234567", "x|mail@example.com|",
    "1,234", "50%",
    "arn:aws:s3:::bucket/key", "src/app.py:47", "<details open>", "%%{init}%%", '"]', "end", "@",
]  # fmt: skip
foreign = st.lists(
    st.one_of(st.sampled_from(PIECES), st.text(max_size=6)), min_size=0, max_size=8
).map("".join)


def shown(text: str) -> str:
    """The text without what only parts it for the renderer."""
    return text.replace(JOINER, "")


PLACES = ("{}", "word {}", "({})", "{} word")


@pytest.mark.parametrize("piece", PIECES)
def test_each_known_trick_alone_is_shown_and_does_nothing(piece: str) -> None:
    for place in PLACES:
        whole = place.format(piece)
        for sink in (escape.text, escape.cell, escape.code, escape.prose):
            for markdown in (sink(whole), f"| a |\n|---|\n| {sink(whole)} |"):
                out = look(markdown)
                assert set(out.tags) <= PLAIN
                assert out.linked == out.links == []
        assert not RUNNER_COMMAND.search(escape.log(whole))
        assert unescape(escape.command_data(whole), "") == escape.visible(
            whole.replace("\r\n", "\n"), keep="\n"
        )


PLAIN = {"p", "code", "span", "table", "thead", "tbody", "tr", "th", "td"}
FRAMES = ("{}", "**Word:** {}", "- {}", "> {}", "### {}", "word {} word", "word\n{}", "({})")


@given(foreign=foreign)
def test_text_is_literal_in_every_place(foreign: str) -> None:
    escaped = escape.text(foreign)
    want = " ".join(escape.visible(foreign).split())

    for frame in FRAMES:
        out = look(frame.format(escaped))
        tags = [t for t in out.tags if t != "span"]
        assert tags == look(frame.format("x")).tags[: len(tags)]
        assert out.linked == []
        assert want in " ".join(shown(out.text).split())


@given(foreign=foreign)
def test_prose_is_literal_in_every_place(foreign: str) -> None:
    escaped = escape.prose(foreign)

    for frame in FRAMES:
        out = look(frame.format(escaped))
        tags = [t for t in out.tags if t != "code"]
        assert tags == look(frame.format("x")).tags[: len(tags)]
        assert out.linked == []


@given(foreign=foreign)
def test_prose_loses_no_word(foreign: str) -> None:
    out = look(f"**Word:** {escape.prose(foreign)}")

    want = escape.visible(foreign.replace("\r\n", " ").replace("\n", " "))
    assert re.sub(r"\W", "", out.text) == "Word" + re.sub(r"\W", "", want)


@given(foreign=foreign)
def test_code_is_one_span_that_shows_the_text(foreign: str) -> None:
    out = look(f"word {escape.code(foreign)} word")

    if foreign:
        assert out.code == [out.code[0]]
        assert shown(out.code[0]) == escape.visible(foreign)
    assert set(out.tags) <= {"p", "code"}
    assert out.linked == []


@given(foreign=foreign)
def test_no_sink_breaks_a_table(foreign: str) -> None:
    for sink in (escape.text, escape.cell, escape.code, escape.prose):
        out = look(f"| a | b |\n|:--|:--|\n| {sink(foreign)} | {sink(foreign)} |\n| c | d |")
        assert out.rows == [2, 2, 2]
        assert out.linked == []
        assert out.links == []
        assert "img" not in out.tags


@given(foreign=foreign)
def test_code_in_a_table_shows_the_text(foreign: str) -> None:
    out = look(f"| a | b |\n|:--|:--|\n| {escape.code(foreign)} | x |")

    if foreign:
        assert [shown(c) for c in out.code] == [escape.visible(foreign)]


@given(foreign=foreign)
def test_fence_holds_the_text_and_ends(foreign: str) -> None:
    out = look(f"{escape.fence(foreign, 'sh')}\n\nafter")

    kept = escape.visible(foreign.replace("\r\n", "\n"), keep="\n\t")
    assert out.tags == ["pre", "code", "p"]
    assert out.code[0] == kept + "\n" or (kept == "" and out.code[0] in ("", "\n"))
    assert out.text.endswith("after\n")


@given(foreign=foreign)
def test_mermaid_label_has_neither_quote_nor_line_nor_markup(foreign: str) -> None:
    out = escape.mermaid_label(foreign)

    assert re.fullmatch(r"(?:[^\W_]| |#[0-9]+;)+", out)
    shown_again = re.sub(r"#([0-9]+);", lambda m: chr(int(m[1])), out)
    want = escape.clip(escape.visible(foreign).strip(" "), 60)
    assert shown_again == (want or " ")


RUNNER_COMMAND = re.compile(r"^\s*::|##\[")


@given(foreign=foreign)
def test_log_is_one_line_without_a_command(foreign: str) -> None:
    out = escape.log(foreign)

    assert out.isprintable()
    assert not RUNNER_COMMAND.search(out)
    assert escape.log(out) == out
    out.encode("utf-8")


@given(first=foreign, second=foreign)
def test_log_after_our_own_words_is_without_a_command(first: str, second: str) -> None:
    out = f"{escape.log(first)}: {escape.log(second)}"

    assert not RUNNER_COMMAND.search(escape.log(out))


def unescape(text: str, marks: str) -> str:
    """What the runner makes of a command's data ("") or property (":,")."""
    for char in "\r\n" + marks:
        text = text.replace(f"%{ord(char):02X}", char)
    return text.replace("%25", "%")


@given(foreign=foreign)
def test_command_data_comes_back_on_its_own_lines(foreign: str) -> None:
    out = escape.command_data(foreign)

    assert "\n" not in out
    assert "\r" not in out
    assert unescape(out, "") == escape.visible(foreign.replace("\r\n", "\n"), keep="\n")


@given(foreign=foreign)
def test_command_property_comes_back_and_ends_nothing(foreign: str) -> None:
    out = escape.command_property(foreign)

    assert not set(out) & set("\r\n:,")
    assert unescape(out, ":,") == escape.visible(foreign)


def read_outputs(content: str) -> dict[str, str]:
    """What the runner reads from GITHUB_OUTPUT (actions/runner, FileCommandManager.cs)."""
    out, lines = {}, iter(content.removesuffix("\n").split("\n"))
    for line in lines:
        name, sign, token = line.partition("<<")
        assert sign
        value = []
        for inner in lines:
            if inner == token:
                break
            value.append(inner)
        else:
            pytest.fail("the value does not end")
        out[name] = "\n".join(value)
    return out


@given(foreign=foreign)
def test_heredoc_gives_back_one_output(foreign: str) -> None:
    out = escape.heredoc("report", foreign, "end_0123456789abcdef")

    assert read_outputs(out) == {"report": escape.visible(foreign, keep="\n\t")}


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
