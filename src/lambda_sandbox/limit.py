"""Lambda's limit of requests: a bucket of tokens for the control plane of a region.

Off unless a gateway is given one. May import core and the log.
Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html#api-requests: 15 a
second across all operations but GetFunction and invocations. How many may come at once is not
documented: one second's worth is assumed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lambda_sandbox.core import ApiError

if TYPE_CHECKING:
    from lambda_sandbox.calls import Target

_OTHERS: Final = frozenset({"GetFunction", "Invoke"})


class Bucket:
    """Fills with so many tokens a second; a request takes one."""

    def __init__(self, rate: float = 15.0, burst: float = 15.0) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._at = 0.0

    def take(self, target: Target, now: float) -> None:
        """Takes a token for a request that counts.

        Raises:
            ApiError: TooManyRequestsException, as Lambda spells it.
        """
        if target.service != "lambda" or target.operation in _OTHERS:
            return
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1:
            raise ApiError(
                "TooManyRequestsException",
                "Rate exceeded",
                429,
                Reason="CallerRateLimitExceeded",
            )
        self._tokens -= 1
