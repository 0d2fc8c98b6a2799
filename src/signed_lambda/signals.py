"""SIGINT and SIGTERM: no new write starts, the run ends within seconds.

GitHub cancels with SIGINT, 7.5 s later SIGTERM, 2.5 s later it kills the docker client, after which
the container would live on. Python as PID 1 ignores SIGTERM unless it is handled.
Source: actions/runner, ProcessInvoker.cs.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import FrameType

    from signed_lambda.clock import StopFlag

WATCHDOG_S: Final = 7.0
"""Then the process ends whatever it waits for: before the runner's SIGTERM at 7.5 s."""
EXIT_CANCELLED: Final = 31
"""As errors.Cancelled."""


def handle_stop_signals(stop: StopFlag, watchdog_s: float = WATCHDOG_S) -> None:
    """Sets the flag at the first signal, and makes sure that the process ends soon after.

    Args:
        stop: Set by the handler.
        watchdog_s: Seconds from the signal to the end of the process, whatever it waits for.
    """

    def on_signal(number: int, _frame: FrameType | None) -> None:
        if not stop.is_set():
            stop.set(signal.Signals(number).name)
            watchdog = threading.Timer(watchdog_s, _end)
            watchdog.daemon = True
            watchdog.start()

    signal.signal(signal.SIGINT, on_signal)
    signal.signal(signal.SIGTERM, on_signal)


def _end() -> None:
    sys.stdout.write("stopped by the watchdog: a call did not end; running it again converges\n")
    sys.stdout.flush()
    os._exit(EXIT_CANCELLED)
