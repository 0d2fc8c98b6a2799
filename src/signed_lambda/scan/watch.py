"""How long reading may take: a file that takes too long is given up, and so is a package.

The clock is injected. A parser in C is asked in between (tree-sitter), or is given only what it is
known to finish in time (`ast`). Imports nothing of the product but the clock's shape.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

FILE_S: Final = 2.0
"""For one file, parsed and read."""
PACKAGE_S: Final = 60.0
"""For all files of a package: some 20 MB of code that names calls of AWS."""
_EVERY: Final = 500
"""Steps between two looks at the clock: one takes some microseconds."""


class TookTooLongError(Exception):
    """The time for a file or for the package is over; says which."""


class Watch:
    """Stops the reading of a file that takes too long.

    One for a review; `start` begins a file. A test gives a clock that stands still.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._steps = 0
        self._file_ends = 0.0
        self._package_ends: float | None = None

    def start(self) -> None:
        """Begins a file.

        Raises:
            TookTooLongError: The package's time is over.
        """
        now = self._monotonic()
        if self._package_ends is None:
            self._package_ends = now + PACKAGE_S
        if now > self._package_ends:
            raise TookTooLongError(f"the package took over {PACKAGE_S:.0f} s")
        self._file_ends = now + FILE_S
        self._steps = _EVERY

    def step(self) -> None:
        """Counts a step; looks at the clock now and then.

        Raises:
            TookTooLongError: The file's time is over.
        """
        self._steps -= 1
        if self._steps <= 0:
            self.look()

    def look(self) -> None:
        """Looks at the clock.

        Raises:
            TookTooLongError: The file's time is over.
        """
        self._steps = _EVERY
        if self._monotonic() > self._file_ends:
            raise TookTooLongError(f"took over {FILE_S:.0f} s")


def untimed() -> Watch:
    """For a few files that are known: time stands still."""
    return Watch(lambda: 0.0)
