"""How long reading may take: a file that takes too long is given up, and so is a package.

All that is done for a file counts: parsing it, reading its tree, following what its functions do.
The time is the processor's, so that a busy machine gives up no file; the clock is injected. A
parser in C is asked in between (tree-sitter), or is given only what it is known to finish in time
(`ast`). Imports nothing of the product but the clock's shape.
"""

from __future__ import annotations

import math
from collections import defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FILE_S: Final = 2.0
"""For one file, all in all."""
PACKAGE_S: Final = 60.0
"""For all files of a package: some 20 MB of code that names calls of AWS."""
_EVERY: Final = 500
"""Steps between two looks at the clock: one takes some microseconds."""


class TookTooLongError(Exception):
    """The time for a file or for the package is over; says which."""


class Watch:
    """Ends the work on a file that takes too long.

    One for a review. A test gives a clock that stands still.
    """

    def __init__(self, processor: Callable[[], float]) -> None:
        """Begins nothing.

        Args:
            processor: Seconds of the processor that were used so far (`Clock.processor`).
        """
        self._processor = processor
        self._spent: defaultdict[str, float] = defaultdict(float)
        self._all = 0.0
        self._steps = _EVERY
        self._path = ""
        self._since = 0.0
        self._ends = math.inf

    @contextmanager
    def on(self, path: str) -> Iterator[None]:
        """Counts what is done meanwhile as work on a file, and not on the one that asked for it.

        May be entered again for the same file: its time goes on.

        Raises:
            TookTooLongError: The time of the file, or of the package, is over or was before.
        """
        before = self._path
        self._turn_to(path)
        try:
            self._check(self._since)
            yield
        finally:
            self._turn_to(before)

    def step(self, steps: int = 1) -> None:
        """Counts steps of some microseconds; looks at the clock now and then.

        Raises:
            TookTooLongError: The file's time is over.
        """
        self._steps -= steps
        if self._steps <= 0:
            self.look()

    def look(self) -> None:
        """Looks at the clock.

        Raises:
            TookTooLongError: The file's time is over.
        """
        self._steps = _EVERY
        self._check(self._processor())

    def _turn_to(self, path: str) -> None:
        now = self._processor()
        if self._path:
            self._spent[self._path] += now - self._since
            self._all += now - self._since
        self._path, self._since, self._steps = path, now, _EVERY
        left = min(FILE_S - self._spent[path], PACKAGE_S - self._all)
        self._ends = now + left if path else math.inf

    def _check(self, now: float) -> None:
        if now <= self._ends:
            return
        if self._all + now - self._since > PACKAGE_S:
            raise TookTooLongError(f"the package took over {PACKAGE_S:.0f} s")
        raise TookTooLongError(f"took over {FILE_S:.0f} s")


def untimed() -> Watch:
    """For a few files that are known: time stands still."""
    return Watch(lambda: 0.0)
