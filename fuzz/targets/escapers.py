"""Foreign text in every sink: what tests/unit/report/test_escape.py says must hold of any text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.support.hostile import PIECES
from tests.unit.report.test_escape import PROPERTIES

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES: Final = 256
RUNS: Final = 4_000
"""Of one process: cmarkgfm, which the properties compare with, frees none of its trees."""
WORDS: Final = tuple(piece.encode("utf-8", "surrogatepass")[:60] for piece in PIECES)


def seeds() -> Iterator[bytes]:
    """The known tricks."""
    yield from WORDS


def check(data: bytes) -> None:
    """Each sink obeys its rules."""
    for holds in PROPERTIES:
        holds(data.decode("utf-8", "surrogateescape"))
