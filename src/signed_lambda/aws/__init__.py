"""AWS with botocore: the port `signed_lambda.cloud.Cloud`, implemented.

The only package that imports botocore. Nothing untyped leaves it: every answer is looked
at member by member, every refusal becomes an error of the port or of the catalogue. It decides
nothing about the chain.

`session` makes the clients, `calls` is the one loop that repeats them, `refusals` and `diagnosis`
say what an error means, and one module each speaks to Lambda (reads, writes), Signer, S3, and to
what triggers a function.
"""

from __future__ import annotations

import random
from functools import partial
from typing import TYPE_CHECKING

from signed_lambda.aws.calls import Calls
from signed_lambda.aws.download import CodeSource, Fetch, UrlFetch
from signed_lambda.aws.lambda_reads import LambdaReads
from signed_lambda.aws.lambda_writes import LambdaWrites
from signed_lambda.aws.pace import Pace
from signed_lambda.aws.s3 import S3Calls
from signed_lambda.aws.session import Clients, make_clients
from signed_lambda.aws.signer import SignerCalls
from signed_lambda.aws.trigger_reads import TriggerReads

if TYPE_CHECKING:
    from collections.abc import Callable

    from signed_lambda.clock import Deadline
    from signed_lambda.cloud import Clock, Cloud

__all__ = ["Aws", "Clients", "Fetch", "UrlFetch", "make_clients"]


class Aws(LambdaReads, LambdaWrites, SignerCalls, S3Calls, TriggerReads):
    """AWS, as far as the chain needs it."""

    def __init__(
        self,
        clients: Clients,
        *,
        clock: Clock,
        deadline: Deadline,
        fetch: Fetch,
        say: Callable[[str], None],
        jitter: Callable[[], float] = random.random,
        pace: Pace | None = None,
    ) -> None:
        """Takes everything that reaches outside.

        Args:
            clients: Of `make_clients`.
            clock: Sleeps between repetitions.
            deadline: Of the whole run.
            fetch: Downloads presigned URLs; `UrlFetch` outside of tests.
            say: Prints one line of progress.
            jitter: 0..1, spreads repetitions.
            pace: Of the whole run; one that is alone by default.
        """
        pace = pace or Pace(1, jitter)
        calls = Calls(clock=clock, deadline=deadline, say=say, jitter=jitter, pace=pace)
        self._jitter, self._pace = jitter, pace
        self._again = partial(
            Aws, clock=clock, deadline=deadline, fetch=fetch, say=say, jitter=jitter
        )
        super().__init__(clients, calls, CodeSource(fetch, clients.endpoint_url))

    def slowed(self, calls_per_s: float) -> Aws:
        """The same, with so many calls of Lambda a second, of all threads together."""
        pace = Pace(1, self._jitter, gap_s=1 / calls_per_s)
        return self._again(self._clients, pace=pace)

    def elsewhere(self, region: str, role: str | None = None) -> Aws:
        """The same in another region, and as another role where one is named.

        Raises:
            AccessError: The role may not be assumed.
            IdentityError: E-IDENTITY-04, there is no such region.
        """
        if role is None and region == self._clients.region:
            return self
        keys = self._assumed(role) if role is not None else None
        return self._again(self._clients.elsewhere(region, keys), pace=self._pace)


if TYPE_CHECKING:

    def _implements(aws: Aws) -> Cloud:
        """Fails to type-check when a method of the port is missing or differs."""
        return aws
