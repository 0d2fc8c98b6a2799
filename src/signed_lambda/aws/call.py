"""What is asked of AWS: the operation and the resource, as messages and policies name them.

May import nothing of botocore. Holds no answer and no secret.
"""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from signed_lambda.lazy import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from signed_lambda.aws.refusals import Refusal


class NotThere(Exception):
    """The thing asked for does not exist; the method that asked answers None."""


def not_there(_: Refusal) -> NotThere:
    """Reads a refusal as "does not exist"."""
    return NotThere()


Expected: TypeAlias = "Callable[[Refusal], Exception | None]"
"""What a refusal means: an error to raise, a repetition, or None for nothing special."""


UNKNOWN: Final = "*"
"""Stands for the account in an ARN until it is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One question to AWS.

    Attributes:
        operation: "lambda:PublishVersion", for messages.
        action: The IAM action it needs; differs from the operation for S3.
        resource: ARN, for messages and the policy statement.
        expected: What a refusal of a code means for this call; None from it means: nothing special.
        reads: ARN of the object version that AWS reads for it with the caller's rights.
        hint: A further sentence when a permission is missing and this call has a usual cause.
        secret: A parameter may be a value of the function's environment: no text about a failure
            of the network holds the address.
    """

    operation: str
    action: str
    resource: str
    expected: Mapping[str, Expected] = field(default_factory=dict)
    hint: str = ""
    reads: str = ""
    secret: bool = False

    def of_account(self, account: Callable[[], str]) -> Call:
        """The same call, where its resource was spelled before the account was known.

        Args:
            account: Tells it; called only then.
        """
        if f":{UNKNOWN}:" not in self.resource:
            return self
        return replace(self, resource=self.resource.replace(f":{UNKNOWN}:", f":{account()}:"))


@dataclass(frozen=True, slots=True)
class Place:
    """Partition, region and account, for the ARNs of messages.

    Attributes:
        account: 12 digits, UNKNOWN until it is known.
    """

    partition: str
    region: str
    account: str = UNKNOWN

    def of_account(self, account: str) -> Place:
        """The same place, once the account is known."""
        return replace(self, account=account)

    def function(self, name: str, qualifier: str | None = None) -> str:
        """ARN of a function, a version or an alias."""
        tail = f":{qualifier}" if qualifier else ""
        return f"arn:{self.partition}:lambda:{self.region}:{self.account}:function:{name}{tail}"

    def profile(self, name: str, owner: str | None) -> str:
        """ARN of a signing profile."""
        account = owner or self.account
        return f"arn:{self.partition}:signer:{self.region}:{account}:/signing-profiles/{name}"

    def job(self, job_id: str) -> str:
        """ARN of a signing job."""
        return f"arn:{self.partition}:signer:{self.region}:{self.account}:/signing-jobs/{job_id}"

    def bucket(self, name: str) -> str:
        """ARN of a bucket."""
        return f"arn:{self.partition}:s3:::{name}"

    def role(self, name: str) -> str:
        """ARN of a role."""
        return f"arn:{self.partition}:iam::{self.account}:role/{name}"

    def oidc_provider(self, host: str) -> str:
        """ARN of an OIDC provider."""
        return f"arn:{self.partition}:iam::{self.account}:oidc-provider/{host}"

    def rule(self, name: str, bus: str) -> str:
        """ARN of a rule of EventBridge; those of the default bus do not name it."""
        path = name if bus == "default" else f"{bus}/{name}"
        return f"arn:{self.partition}:events:{self.region}:{self.account}:rule/{path}"

    def log_group(self, name: str) -> str:
        """ARN of a log group."""
        return f"arn:{self.partition}:logs:{self.region}:{self.account}:log-group:{name}"

    def object(self, bucket: str, key: str) -> str:
        """ARN of an object."""
        return f"arn:{self.partition}:s3:::{bucket}/{key}"
