"""The port `signed_lambda.setup.account.Account`, implemented: what an administrator's calls are.

Not in the action's image: no run of the action makes a role or a bucket. Nothing here decides.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from signed_lambda.aws.calls import Calls
from signed_lambda.aws.download import CodeSource, UrlFetch
from signed_lambda.aws.lambda_reads import LambdaReads
from signed_lambda.aws.setup.buckets import BucketCalls
from signed_lambda.aws.setup.iam import IamCalls
from signed_lambda.aws.setup.signing import SigningCalls

if TYPE_CHECKING:
    from collections.abc import Callable

    from signed_lambda.aws.session import Clients
    from signed_lambda.clock import Deadline
    from signed_lambda.cloud import Clock

__all__ = ["AwsSetup"]


class AwsSetup(LambdaReads, SigningCalls, BucketCalls, IamCalls):
    """AWS, as far as `setup` needs it."""

    def __init__(
        self,
        clients: Clients,
        *,
        clock: Clock,
        deadline: Deadline,
        say: Callable[[str], None],
        mask: Callable[[str], None],
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """Takes everything that reaches outside; see `aws.Aws` and `make_clients`."""
        calls = Calls(clock=clock, deadline=deadline, say=say, jitter=jitter)
        super().__init__(clients, calls, CodeSource(UrlFetch(mask), clients.endpoint_url))
