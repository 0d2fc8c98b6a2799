"""The real clock, and the deadline of a run; the only module that reads the time or sleeps.

Tests inject another clock of the same shape (`cloud.Clock`).
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Self

from signed_lambda.errors import DeadlineError
from signed_lambda.lazy import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from signed_lambda.cloud import Clock
    from signed_lambda.signals import StopFlag


TELL_FIRST_S: Final = 3.0
"""Most waits are over before; a person who opens the log of a longer one sees what is going on."""
TELL_EVERY_S: Final = 10.0
"""A log that stands still for longer looks like a run that hangs."""
GRACE_S: Final = 3.0
"""A look takes a tenth of a second; a cancelled job has 7.5 s."""
_TICK_S: Final = 0.001
"""Shorter than any pause that matters, longer than a clock's rounding."""


class SystemClock:
    """The machine's time; sleeping ends when the run is cancelled."""

    def __init__(self, stop: StopFlag) -> None:
        self._stop = stop

    def now(self) -> datetime:
        """The current time, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds of a clock that never goes back."""
        return time.monotonic()

    def processor(self) -> float:
        """Seconds of the processor that this thread has used."""
        return time.thread_time()

    def sleep(self, seconds: float) -> None:
        """Waits.

        Raises:
            Cancelled: A stop signal came.
        """
        self._stop.wait(seconds)
        self._stop.check()


@dataclass(slots=True)
class Deadline:
    """The end of the run's time, and whether it was cancelled: asked before each call.

    Attributes:
        clock: Whose monotonic seconds `at` is in.
        at: Monotonic seconds at which the time is over.
        check_stop: Raises `Cancelled` when a stop signal came.
    """

    clock: Clock
    at: float
    check_stop: Callable[[], None]
    _grace_ends_at: float | None = None
    _whole: Deadline | None = None

    @classmethod
    def after(cls, clock: Clock, seconds: float, check_stop: Callable[[], None]) -> Self:
        """The deadline `seconds` from now."""
        return cls(clock, clock.monotonic() + seconds, check_stop)

    def within(self, seconds: float) -> Deadline:
        """The deadline of a part of the run that may take no longer than so many seconds.

        It ends with the whole, too.
        """
        return replace(self, at=min(self.at, self.clock.monotonic() + seconds), _whole=self)

    def end(self) -> None:
        """Ends the time now: what is still under way elsewhere begins nothing new."""
        self.at = min(self.at, self.clock.monotonic())

    def left_s(self) -> float:
        """Seconds left, 0 when over."""
        ends_at = self.at if self._grace_ends_at is None else max(self.at, self._grace_ends_at)
        left_s = max(0.0, ends_at - self.clock.monotonic())
        return left_s if self._whole is None else min(left_s, self._whole.left_s())

    @contextmanager
    def grace(self) -> Iterator[None]:
        """For seconds, neither the end of the time nor a stop signal keeps a call from starting.

        Only for a look at what a write that was sent has become: without it nobody could say.
        """
        self._grace_ends_at = self.clock.monotonic() + GRACE_S
        try:
            yield
        finally:
            self._grace_ends_at = None

    def check(self, doing: str) -> None:
        """Does nothing while there is time.

        Args:
            doing: What would be begun, for the message ("waiting for signing job 0a1b").

        Raises:
            Cancelled: The run was cancelled.
            DeadlineError: The time is over.
        """
        if self._grace_ends_at is not None and self.clock.monotonic() < self._grace_ends_at:
            return
        self.check_stop()
        if self.left_s() <= 0:
            raise DeadlineError.of(
                "E-TIME-01",
                f"the time given by timeout-minutes was over while {doing}",
                "Run it again (a new run goes on where this one stopped) or raise timeout-minutes",
            )


class Wait:
    """One wait for something outside, which never keeps the reader of the log in the dark.

    After 3 s, and then every 10 s, a line tells the state, how long it has taken, and how long the
    run may still take.
    """

    def __init__(self, doing: str, deadline: Deadline, say: Callable[[str], None]) -> None:
        """Begins the wait; nothing is said yet.

        Args:
            doing: Begins each line ("waiting for signing job 0a1b").
            deadline: Of the run; its clock sleeps.
            say: Prints one line.
        """
        self._doing = doing
        self._deadline = deadline
        self._say = say
        self._began_at = deadline.clock.monotonic()
        self._tell_at = self._began_at + TELL_FIRST_S

    def sleep(self, seconds: float, state: str) -> None:
        """Sleeps, and tells the state whenever it is time to, also in the midst of it.

        Raises:
            Cancelled: A stop signal came.
        """
        clock, left_s = self._deadline.clock, seconds
        while left_s > 0:
            now = clock.monotonic()
            if now > self._tell_at - _TICK_S:
                self._tell_at = now + TELL_EVERY_S
                self._say(
                    f"{self._doing}: {state}, {now - self._began_at:.0f} s so far,"
                    f" {self._deadline.left_s():.0f} s left of timeout-minutes"
                )
            nap = min(left_s, self._tell_at - now)
            clock.sleep(nap)
            left_s -= nap
