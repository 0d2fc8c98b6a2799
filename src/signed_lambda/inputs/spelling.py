"""How a value is shown in a message, how a place in it is named, and what was probably meant.

Pure: imports the standard library only. Nothing here raises; foreign text goes in, printable text
comes out, so that no value can break a line of the log.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

SHOWN_CHARACTERS: Final = 80
"""A value longer than this is cut in messages."""
BLANKS: Final = " \t\r\n"
"""Trimmed from both ends of a value: YAML block scalars end with a line break."""

_NAMED: Final = {
    "\0": "a NUL",
    "\t": "a tab",
    "\n": "a line break",
    "\r": "a carriage return",
    " ": "a space",
    "\u00a0": "a no-break space (U+00A0)",
}
_JOINERS: Final = "\u200c\u200d"
"""Zero-width joiners: parts of ordinary words in some scripts, and of emoji."""


def shown(value: str) -> str:
    """The value in quotes, with all that cannot be seen escaped, cut to a readable length."""
    if len(value) <= SHOWN_CHARACTERS:
        return repr(value)
    return f"{value[: SHOWN_CHARACTERS // 2]!r}... ({len(value):,} characters)"


def character(char: str) -> str:
    """A character in words: "a space", "a line break", "'/'"."""
    if char in _NAMED:
        return _NAMED[char]
    if "\udc80" <= char <= "\udcff":  # how Python keeps a byte of the environment it cannot decode
        return f"a byte that is not UTF-8 (0x{ord(char) - 0xDC00:02x})"
    if char.isascii():
        return repr(char) if char.isprintable() else f"a control character (0x{ord(char):02x})"
    name = f"U+{ord(char):04X} {unicodedata.name(char, '')}".rstrip()
    return f"{char!r} ({name})" if char.isprintable() else f"an invisible character ({name})"


def first_hidden(value: str, *, free_text: bool) -> int | None:
    """The index of the first character that a reader would not see as what it is.

    Args:
        value: Any text.
        free_text: Take the blanks and joiners of other scripts ("régression : ...", emoji).
    """
    for index, char in enumerate(value):
        if " " <= char <= "~":
            continue
        category = unicodedata.category(char)
        if free_text and (category == "Zs" or char in _JOINERS):
            continue
        if category[0] in "CZ":
            return index
    return None


def counted(number: int, noun: str = "character") -> str:
    """The number with its noun: "1 character", "1,000 characters"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def nearest(value: str, known: Iterable[str]) -> str | None:
    """The known word that the value most resembles, whatever its case; None if none does."""
    folded = {word.casefold(): word for word in known}
    import difflib  # noqa: PLC0415 - for a mistake only

    hits = difflib.get_close_matches(value[:100].casefold(), folded, n=1, cutoff=0.6)
    return folded[hits[0]] if hits else None


def listed(words: Iterable[str]) -> str:
    """The words as "a, b or c"."""
    *rest, last = words
    return f"{', '.join(rest)} or {last}" if rest else last
