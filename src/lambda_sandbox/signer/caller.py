"""Who calls, and in which world.

May import the sandbox's core and this package's state.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lambda_sandbox.core import World
    from lambda_sandbox.partition import Partition
    from lambda_sandbox.signer.authority import Authority
    from lambda_sandbox.signer.behaviour import Behaviour
    from lambda_sandbox.signer.state import Job, State


@dataclass(frozen=True, slots=True)
class Caller:
    """An account's view of the service; all views share world, state and authority."""

    world: World
    state: State
    authority: Authority
    behaviour: Behaviour
    account: str
    partition: Partition | None = None

    @property
    def principal(self) -> str:
        """The IAM principal that the API shows: the account's root."""
        return f"arn:aws:iam::{self.account}:root"

    def settles(self, job: Job) -> bool:
        """Whether a job's objects are in this world's S3: each account has its own."""
        partition, home = self.partition, self.world.account
        return partition is None or not partition.is_abroad(job.invoker, home)

    def arn(self, resource: str, account: str | None = None) -> str:
        """An ARN of Signer; its resource part begins with "/"."""
        return f"arn:aws:signer:{self.world.region}:{account or self.account}:{resource}"
