"""SIGINT and SIGTERM: no new write starts, the run ends within seconds, whatever it waits for.

GitHub cancels with SIGINT, 7.5 s later SIGTERM, 2.5 s later it kills the docker client, after which
the container would live on. Python as PID 1 ignores SIGTERM unless it is handled.

A handler of Python runs in the main thread between two of its instructions: at once, so that no
write can follow the signal, but never while a call of the C library does not return. So a thread
keeps the time. It learns of a signal from the handler of C, which writes to a pipe. No thread runs
while an expression of `re` is matched; that looks for signals itself, so the nudges come from a
timer of the system's, which needs no thread.

The entry point sets the handlers before anything else is imported: may import the standard
library's small modules, and nothing of this package at the top.
Source: actions/runner, ProcessInvoker.cs; https://docs.python.org/3/library/signal.html
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

PATIENCE_S: Final = 2.0
"""An answer that is under way is still waited for: it tells whether a write took effect."""
NUDGE_S: Final = 0.25
"""Then the main thread is interrupted again and again, should a library keep one to itself."""
WATCHDOG_S: Final = 7.0
"""Then the process ends whatever it waits for: before the runner's SIGTERM at 7.5 s."""
LAST_WORDS_S: Final = 0.5
"""Printing may hang as well."""
EXIT_CANCELLED: Final = 31
"""As errors.Cancelled."""
_STOPS: Final = (signal.SIGINT, signal.SIGTERM)


class StopFlag:
    """Whether the run was cancelled; waits end at once and no new write starts after it.

    Attributes:
        signal_name: Of the first signal, "" before.
        exit_code: Of the process, should the watchdog have to end it.
        last_words: Says what stands and how to go on, should the watchdog have to end the process.
    """

    def __init__(self) -> None:
        self._event = threading.Event()
        self.signal_name = ""
        self._interruptible = False
        self.exit_code = EXIT_CANCELLED
        self.last_words: Callable[[], None] = _nothing_yet

    def mark(self, signal_name: str) -> None:
        """Marks the run as cancelled; the first signal counts.

        Takes no lock: a handler interrupts the main thread anywhere, also where it holds one.
        """
        self.signal_name = self.signal_name or signal_name

    def set(self, signal_name: str) -> None:
        """Marks the run as cancelled and ends its waits; not for handlers."""
        self.mark(signal_name)
        self._event.set()

    def is_set(self) -> bool:
        """Whether the run was cancelled."""
        return self.signal_name != ""

    def wait(self, seconds: float) -> bool:
        """Waits at most `seconds`; True when the run was cancelled."""
        return self._event.wait(0 if self.is_set() else seconds) or self.is_set()

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """What is done within may be interrupted anywhere, if it goes on after a signal.

        Raises:
            Cancelled: It was.
        """
        self._interruptible = True
        try:
            yield
        finally:
            self.settle()

    def settle(self) -> None:
        """Nothing is interrupted from now on."""
        self._interruptible = False

    def nudge(self) -> None:
        """Ends what may be interrupted, after a signal; called by a handler.

        Raises:
            Cancelled: There was something.
        """
        if self._interruptible:
            self.check()

    def check(self) -> None:
        """Does nothing until the run is cancelled.

        Raises:
            Cancelled: The run was cancelled.
        """
        if self.is_set():
            from signed_lambda.errors import Cancelled  # noqa: PLC0415 - not before the handlers

            raise Cancelled.of(
                "E-CANCEL-01",
                f"the job was cancelled ({self.signal_name})",
                "Run it again: a new run goes on where this one stopped",
            )


def handle_stop_signals(
    stop: StopFlag, patience_s: float = PATIENCE_S, watchdog_s: float = WATCHDOG_S
) -> None:
    """Marks the run as cancelled at the first signal, and makes sure that it ends soon after.

    Called once, by the main thread.

    Args:
        stop: Marked.
        patience_s: Seconds from the signal until what still runs is interrupted.
        watchdog_s: Seconds from the signal to the end of the process, whatever it waits for.
    """

    def on_stop(number: int, _frame: FrameType | None) -> None:
        if not any(signal.getitimer(signal.ITIMER_REAL)):
            signal.setitimer(signal.ITIMER_REAL, patience_s, NUDGE_S)
        stop.mark(signal.Signals(number).name)
        # A nudge that hits a callback of the interpreter would be told with a traceback: the next
        # one ends the run.
        sys.unraisablehook = lambda _: None

    def on_nudge(_number: int, _frame: FrameType | None) -> None:
        stop.nudge()

    for number in _STOPS:
        signal.signal(number, on_stop)
    signal.signal(signal.SIGALRM, on_nudge)
    told, tell = os.pipe()
    os.set_blocking(tell, False)
    signal.set_wakeup_fd(tell, warn_on_full_buffer=False)

    def watch() -> None:
        while (number := os.read(told, 1)[0]) not in _STOPS:
            continue
        stop.set(signal.Signals(number).name)
        threading.Event().wait(watchdog_s)
        _end(stop)

    threading.Thread(target=watch, name="watchdog", daemon=True).start()


def _end(stop: StopFlag) -> None:
    last = threading.Thread(target=stop.last_words, daemon=True)
    last.start()
    last.join(LAST_WORDS_S)
    os._exit(stop.exit_code)


def _nothing_yet() -> None:
    sys.stdout.write("the job was cancelled before anything was done; run it again\n")
    sys.stdout.flush()
