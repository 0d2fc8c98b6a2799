"""A run's share of Lambda's requests, once Lambda has said that there are too many.

An account has 15 requests a second in a region, for all runs and all operations together, and the
limit cannot be raised. Runs that only wait a little longer each time take the places of one
another: of 200 deploys at once, six calls in seven are then refused. So each run of a matrix, told
how many there are, sends no more than its share from the first refusal on.

Pure but for a lock: the calls of one run come from several threads.
Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html#api-requests
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

REQUESTS_A_SECOND: Final = 15
"""Of the control plane but for GetFunction and invocations, which have limits of their own."""
SHARE: Final = 0.92
"""Of the fair room between requests: at any time some runs wait for Signer and ask nothing."""
OTHERS: Final = frozenset({"lambda:GetFunction", "lambda:Invoke"})


class Pace:
    """The room between a run's requests; by default none until one was refused as too many."""

    def __init__(self, jobs: int, jitter: Callable[[], float], *, gap_s: float = 0.0) -> None:
        """Takes what the share depends on.

        Args:
            jobs: Runs at the same time, this one too.
            jitter: 0..1, keeps runs from asking together.
            gap_s: Room from the first request on, for what must leave most of the rate to others.
        """
        self._share_s = SHARE * max(1, jobs) / REQUESTS_A_SECOND
        self._jitter = jitter
        self._gap_s = gap_s
        self._free_at = 0.0
        self._lock = threading.Lock()

    def wait_s(self, operation: str, now: float) -> float:
        """Seconds until this request may be sent; the next one has to wait until after it."""
        if not _counted(operation):
            return 0.0
        with self._lock:
            if not self._gap_s:
                return 0.0
            at = max(now, self._free_at)
            self._free_at = at + self._spread(self._gap_s)
            return at - now

    def refused(self, operation: str, now: float) -> None:
        """A request was one too many."""
        if _counted(operation):
            with self._lock:
                self._gap_s = max(self._gap_s, self._share_s)
                self._free_at = max(self._free_at, now + self._spread(self._gap_s))

    def _spread(self, seconds: float) -> float:
        """Half as long to half as long again."""
        return seconds * (0.5 + self._jitter())


def _counted(operation: str) -> bool:
    return operation.startswith("lambda:") and operation not in OTHERS
