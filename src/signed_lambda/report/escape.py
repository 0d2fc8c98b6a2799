"""Foreign text, made safe: one function for each place where text ends up.

File names, AWS's messages, branch names, commit messages and inputs are data written by others.
Each renderer passes them through the one function of its sink and through nothing else, so that no
text can mention a person, make a link, open a table cell, close a fence, or speak to the runner.

Pure: imports the standard library only. Must never be applied twice for the same sink (but `log`
is idempotent), and must never be skipped because a value "cannot" be hostile.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

from signed_lambda.lazy import regex

_JOINER: Final = "\u2060"
"""WORD JOINER: no width, no break. Parts @ from a name where code cannot be used.

A backslash or an entity does not stop a mention: GitHub looks for them in the rendered text.
Source: https://github.com/github/cmark-gfm/issues/389
"""

_HIDDEN: Final = regex(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Printable by Unicode's category, yet nothing is seen: fillers, joiners, variation selectors."""

_SURROGATE: Final = regex("[\ud800-\udfff]")

_ENTITIES: Final = str.maketrans({c: f"&#{ord(c)};" for c in "&<>\\`*_[]~|"})
_INSIDE_CODE: Final = str.maketrans(
    {chr(n): f"&#{n};" for n in range(33, 127) if not chr(n).isalnum()} | {"@": "&#64;" + _JOINER}
)
"""Every character that Markdown or an autolinker could see, by number; @ parted from a name."""

_SHA: Final = regex(r"([0-9a-fA-F]{6})(?=[0-9a-fA-F])")
_SHORTCODE: Final = regex(r":(?=[\w+-]+:)")
_BLOCK_START: Final = regex(r"^[-+=:0-9#>~]")

_PLAIN_WORD: Final = regex(
    r"[^\W_]+(?:['\u2019/-][^\W_]+)*%?|[0-9]+(?:\.[0-9]+)+|[\u2192\u00b7=]|\u2013"
)
_OPENS, _CLOSES = "(\"'", ".,;:!?)\"'\u2026"
_LINKED_WORD: Final = regex(r"(?<![0-9A-Za-z])[0-9a-fA-F]{7,40}(?![0-9A-Za-z])|\b[Gg][Hh]-[0-9]")
"""What GitHub links although it looks like a word: a commit, an issue."""
_LIST_START: Final = regex(r"^[0-9](?=[0-9]*[.)](?: |$))|^=")


def visible(text: str, *, keep: str = "") -> str:
    r"""The text with everything that is not seen written out: \n, \x1b, \u202e, \udcff.

    Control and format characters (bidirectional overrides, zero width), lone surrogates (file
    names that are not UTF-8), unusual blanks and unassigned characters. Afterwards the text can be
    encoded as UTF-8 and shows what it holds.

    Args:
        text: Foreign.
        keep: Characters to leave as they are ("\n").
    """
    seen = text.translate(dict.fromkeys(map(ord, keep))) if keep else text
    if seen.isprintable() and not _HIDDEN.search(seen):
        return text
    return "".join(
        c if c in keep or (c.isprintable() and not _HIDDEN.match(c)) else _written_out(c)
        for c in text
    )


def clip(text: str, limit: int) -> str:
    """The text, cut to at most `limit` characters, the last one then an ellipsis."""
    return text if len(text) <= limit else text[: max(limit - 1, 0)] + "…"


def text(foreign: str) -> str:
    """Foreign text as literal Markdown text, on one line, outside of code.

    `$` is put into a span as GitHub advises for text beside mathematics.

    Source: https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/writing-mathematical-expressions
    """
    out = _SHORTCODE.sub(":" + _JOINER, visible(foreign).strip(" "))
    out = (
        out.translate(_ENTITIES)
        .replace("://", "&#58;//")
        .replace("www.", "www&#46;")
        .replace("WWW.", "WWW&#46;")
    )
    out = _SHA.sub(r"\1" + _JOINER, out)
    out = re.sub(r"&#(?=\d+;)", "\0", out)  # our own entities: their "#" is no issue reference
    out = out.replace("#", "#" + _JOINER).replace("@", "@" + _JOINER)
    out = re.sub(r"\b([Gg][Hh]-)(?=\d)", r"\1" + _JOINER, out)
    out = out.replace("$", "<span>$</span>").replace("\0", "&#")
    return _BLOCK_START.sub(lambda m: f"&#{ord(m[0])};", out)


def cell(foreign: str) -> str:
    """Foreign text as the whole content of a table cell: like `text`, and never empty."""
    return text(foreign) or "–"  # noqa: RUF001 - a dash, as tables show "nothing"


def code(foreign: str) -> str:
    """Foreign text as a code span, safe in running text and inside tables.

    A span of backticks, longer than any run inside. A `|` would end a table cell even there, and
    its backslash would show outside of tables; then the HTML element is used, whose content is
    Markdown text again and is escaped as such. (cmark-gfm links e-mail addresses even there.)
    """
    out = visible(foreign)
    if not out.strip(" "):
        return f"<code>{'&#32;' * len(out)}</code>" if out else "–"  # noqa: RUF001 - as in cell
    if "|" in out:
        return f"<code>{out.translate(_INSIDE_CODE)}</code>"
    ticks = "`" * (1 + max((len(run) for run in re.findall("`+", out)), default=0))
    pad = " " if out[0] in "` " or out[-1] in "` " else ""
    return f"{ticks}{pad}{out}{pad}{ticks}"


def prose(sentence: str) -> str:
    """One of our sentences, which may hold foreign words, as Markdown on one line.

    What stands between backticks becomes a code span. Outside of them plain words stay as they
    are, and every word that is not plain (a path, an ARN, an address, a hash) becomes a code span
    too, so that it is shown literally and can be copied without hidden characters.
    """
    whole = visible(sentence.replace("\r\n", " ").replace("\n", " ")).replace("->", "→")
    parts = whole.split("`")
    if len(parts) % 2 == 0:  # an odd backtick: not markup of ours
        parts = [whole]
    out = ""
    for i, part in enumerate(parts):
        piece = _words(part) if i % 2 == 0 else code(part) if part else ""
        out += (_JOINER if out.endswith("`") and piece.startswith("`") else "") + piece
    out = out.strip(" ")
    return _LIST_START.sub(lambda m: f"&#{ord(m[0])};", out)


def fence(foreign: str, language: str = "") -> str:
    r"""Foreign text as a fenced code block, longer fenced than any run of backticks inside.

    Args:
        foreign: Any number of lines; "\n" ends a line, other breaks are written out.
        language: Ours, never foreign: "json", "diff".
    """
    out = visible(foreign.replace("\r\n", "\n"), keep="\n\t")
    ticks = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", out)), default=0))
    return f"{ticks}{language}\n{out}\n{ticks}"


def mermaid_label(foreign: str) -> str:
    """Foreign text for a label between double quotes: every character that is not plain by number.

    Source: https://mermaid.js.org/syntax/flowchart.html#entity-codes-to-escape-characters
    """
    out = clip(visible(foreign[:200]).strip(" "), 60)
    return "".join(c if c.isalnum() or c == " " else f"#{ord(c)};" for c in out) or "#32;"


def sarif_message(foreign: str) -> str:
    """Foreign text as SARIF's plain text, any number of lines.

    There `[a](b)` is a link and `{0}` a placeholder, and GitHub repeats the text in a comment
    beside the line. A word joiner parts them, as not all readers take away SARIF's own escapes.

    Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html (3.11.5, 3.11.6)
    """
    out = visible(foreign.replace("\r\n", "\n"), keep="\n").replace("](", f"]{_JOINER}(")
    out = re.sub(r"\{(?=[0-9]+\})", "{" + _JOINER, out)
    return out.replace("@", "@" + _JOINER)


def uri(path: str) -> str:
    """Foreign path, "/"-separated, as a relative URI; what is not UTF-8 in it as U+FFFD.

    Source: https://www.rfc-editor.org/rfc/rfc3986#section-4.2
    """
    return quote(_SURROGATE.sub("\ufffd", path), safe="/")


def log(foreign: str) -> str:
    """Foreign text as (a part of) one printed line that the runner takes for text.

    The runner reads `::name::` at the start of a line, after blanks, and `##[name]` anywhere in it.
    Line breaks, escape sequences and characters without a picture are written out. Idempotent.

    Source: actions/runner 2.336.0, src/Runner.Common/ActionCommand.cs
    """
    out = visible(foreign).replace("##[", "## [")
    start = len(out) - len(out.lstrip())
    return out[:start] + ": :" + out[start + 2 :] if out.startswith("::", start) else out


def command_data(foreign: str) -> str:
    """Foreign text as the message of a workflow command; line breaks are kept.

    Source: actions/toolkit, packages/core/src/command.ts (escapeData)
    """
    out = visible(foreign.replace("\r\n", "\n"), keep="\n")
    return out.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def command_property(foreign: str) -> str:
    """Foreign text as a property (file, title) of a workflow command, on one line.

    Source: actions/toolkit, packages/core/src/command.ts (escapeProperty)
    """
    out = visible(foreign).replace("%", "%25")
    return out.replace(":", "%3A").replace(",", "%2C")


def heredoc(name: str, value: str, token: str) -> str:
    """One output for the file GITHUB_OUTPUT, in the form that no value can break out of.

    Args:
        name: Ours: letters, digits, "-" and "_".
        value: Foreign, any number of lines.
        token: Random, fresh for each value.

    Raises:
        ValueError: The name is not of its form, or the value holds the token.

    Source: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions#multiline-strings
    """
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", name):
        raise ValueError(f"not the name of an output: {name!r}")
    if not re.fullmatch(r"[A-Za-z0-9_]{16,}", token) or token in value:
        raise ValueError("the token is too short, or the value holds it")
    return f"{name}<<{token}\n{visible(value, keep=chr(10) + chr(9))}\n{token}\n"


def _written_out(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def _words(sentence: str) -> str:
    return " ".join(_word(word) for word in re.split(" +", sentence))


def _word(word: str) -> str:
    """One word: itself when it is plain, a code span with its punctuation outside otherwise."""
    inside = word.lstrip(_OPENS)
    core = inside.rstrip(_CLOSES)
    before, after = word[: len(word) - len(inside)], inside[len(core) :]
    if core and before.endswith("'") and after.startswith("'"):  # 'live': a name, in quotes
        return before[:-1] + code(core) + after[1:]
    if not core or (_PLAIN_WORD.fullmatch(core) and not _LINKED_WORD.search(core)):
        return before + core + after
    return before + code(core) + after
