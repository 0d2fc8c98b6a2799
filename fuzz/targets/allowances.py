"""`.signed-lambda.yml`: what it allows, or every fault of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fuzz.shared import assert_printable, literals, shuffled
from signed_lambda.errors import ScanError
from signed_lambda.scan import all_rules
from signed_lambda.scan.allowances_file import entries_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

MAX_BYTES: Final = 2_048
RULES: Final = tuple(rule.ID for rule in all_rules())
WORDS: Final = (
    *(b"allow:", b"- rule:", b"path:", b"reason:", b"function:", b"<<:", b"&a", b"*a", b"!Ref"),
    *(b"**/", b"[!a-z]", b"[[:alpha:]]", b"\\", b"*", b"?", b"!", b"#", b"|", b"{", b"}", b"- "),
    *(rule.encode() for rule in RULES),
)
PATHS: Final = ("app.py", "src/lib/app.py", "a/" * 60 + "a", "a" * 200)


def seeds() -> Iterator[bytes]:
    """What the tests write, and an entry of each rule."""
    for text in literals("allowances_file"):
        yield text.encode()
    for rule in RULES:
        yield f"allow:\n- rule: {rule}\n  path: '**/app*.py'\n  reason: seen\n".encode()


def check(data: bytes) -> None:
    """Entries that answer for any path, or one error of printable problems."""
    try:
        entries = entries_of(data, RULES)
    except ScanError as error:
        assert_printable(error)
        return
    for entry in entries:
        assert entry.reason
        entry.concerns(PATHS, "")


def mutated(data: bytes, random: Random) -> bytes:
    """By the piece."""
    return shuffled(data, WORDS, random)
