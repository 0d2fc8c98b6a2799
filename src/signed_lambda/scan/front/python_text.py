"""Which bytes Python's own parser may be given: it cannot be stopped, and no thread runs beside it.

Pure; imports the watch's error alone.
"""

from __future__ import annotations

import codecs
import string
import unicodedata
from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import regex
from signed_lambda.scan.watch import TookTooLongError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_MARKS: Final = 250_000
"""Line ends, brackets, operators and commas: what `ast` takes its time for, some 8 us each."""
MAX_ROW: Final = 200
"""Combining marks in a row. Python normalizes identifiers, in a time that grows with the square of
the marks in a row; texts of people have some three.

Source: https://www.unicode.org/reports/tr15/#Stream_Safe_Text_Format (30)
"""
_NO_MARKS: Final = string.ascii_letters.encode() + string.digits.encode() + b"_ #\"'\t\r\\"
_FOREIGN: Final = regex(r"[^\x00-\x7f]++")
_COOKIE: Final = regex(rb".*?coding[:=][ \t]*([-\w.]+)")
"""What declares an encoding, in one of the first two lines; more than that does (it must be a
comment), and to look at a text in one encoding too many does no harm.

Source: https://docs.python.org/3/reference/lexical_analysis.html#encoding-declarations
"""
_SLOW: Final = ("idna", "punycode")
"""Written in Python, in a time that grows with the square of the text."""


def require_bounded(body: bytes) -> None:
    """Does nothing for a file that `ast` reads in seconds.

    Raises:
        TookTooLongError: It might take minutes, or days.
    """
    if len(body.translate(None, _NO_MARKS)) > MAX_MARKS:
        raise TookTooLongError(f"more than {MAX_MARKS:,} signs to parse")
    if any(_longest_row(text) > MAX_ROW for text in _texts(body)):
        raise TookTooLongError(f"more than {MAX_ROW} combining marks in a row")


def _texts(body: bytes) -> Iterator[str]:
    """The file in each encoding that Python may take for its own: UTF-8, and what it declares."""
    if not body.isascii():
        yield body.decode("utf-8", "replace")
    lines = body.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n", 2)[:2]
    for declared in filter(None, map(_COOKIE.match, lines)):
        try:
            codec = codecs.lookup(declared[1].decode())
        except LookupError:
            continue  # Python refuses it, too
        if codec.name in _SLOW:
            raise TookTooLongError(f"an encoding that takes long to read, {codec.name}")
        try:
            yield body.decode(codec.name, "replace")
        except (LookupError, UnicodeError):
            continue  # no encoding of texts, or none that replaces: Python refuses it, too


def _longest_row(text: str) -> int:
    """Of combining marks, wherever they stand."""
    longest = 0
    for row in _FOREIGN.findall(text):
        if len(row) > MAX_ROW:
            marks = bytes(map(bool, map(unicodedata.combining, row)))
            longest = max(longest, *map(len, marks.split(b"\0")))
    return longest
