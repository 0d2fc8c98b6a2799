"""Front ends: one language each, from bytes to `form`; they conclude nothing."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

NESTING: Final = 12_000
"""Calls of our own readers one inside the other: they use no C stack, so that this is safe."""


@contextmanager
def deep() -> Iterator[None]:
    """Lets our own readers go deeper than Python does by itself; never around a parser in C."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, NESTING))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)
