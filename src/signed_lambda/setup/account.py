"""The port of `setup` to AWS: what it asks and makes, and the shape of each answer.

`aws.setup` implements it with botocore. Every method may raise what `cloud`'s methods may raise; a
read that a policy denies raises `AccessError` with the missing action. Each write is safe to send
again: a name that is taken already is `AlreadyExistsError`, and the caller reads back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

from signed_lambda.lazy import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from signed_lambda.cloud import CodeSigning, FunctionConfiguration, Identity, SigningProfile
    from signed_lambda.model import FunctionName

Document = dict[str, object]
"""A policy or a trust as JSON."""
Versioning = Literal["Enabled", "Suspended", "never", "missing"]
"""Of a bucket; "missing": there is no such bucket."""
PLATFORM = "AWSLambda-SHA384-ECDSA"
"""Source: https://docs.aws.amazon.com/signer/latest/developerguide/lambda-workflow.html"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A role, as far as it says who may take it and what they may then do.

    Attributes:
        trust: Its trust policy.
        inline: Names of the policies that are written into it.
        attached: ARNs of the managed policies that are attached to it.
    """

    trust: Mapping[str, object]
    inline: tuple[str, ...]
    attached: tuple[str, ...]


class Account(Protocol):
    """One account and region, as an administrator sees and changes it."""

    # -- reads

    def identity(self) -> Identity:
        """STS GetCallerIdentity."""
        ...

    def function(self, name: FunctionName) -> FunctionConfiguration | None:
        """The function's configuration; None when it does not exist."""
        ...

    def code_signing(self, name: FunctionName) -> CodeSigning | None:
        """The configuration that is attached to the function; None when none is."""
        ...

    def find_code_signing(self, description: str, publisher: str) -> str | None:
        """ARN of the configuration with this description, Enforce, and this publisher alone."""
        ...

    def profile(self, name: str, owner: str | None) -> SigningProfile | None:
        """The signing profile; None when nobody ever took the name."""
        ...

    def versioning(self, bucket: str, owner: str) -> Versioning:
        """Whether the bucket is there and keeps versions."""
        ...

    def holds_objects(self, bucket: str, owner: str) -> bool:
        """Whether any version of anything is in the bucket."""
        ...

    def blocks_public_access(self, bucket: str, owner: str) -> bool:
        """Whether all four settings of the public-access block are on."""
        ...

    def encryption(self, bucket: str, owner: str) -> str | None:
        """The default encryption: "AES256", "aws:kms", ...; None when there is none."""
        ...

    def bucket_policy(self, bucket: str, owner: str) -> Document | None:
        """The bucket's policy; None when it has none."""
        ...

    def audiences(self, provider_arn: str) -> tuple[str, ...] | None:
        """The client ids of an OIDC provider; None when it does not exist."""
        ...

    def role(self, name: str) -> Role | None:
        """The role; None when it does not exist."""
        ...

    def role_policy(self, role: str, name: str) -> Document | None:
        """A policy that is written into a role; None when it is not there."""
        ...

    # -- writes

    def make_bucket(self, bucket: str) -> None:
        """Makes it in this region; fine when it is ours already."""
        ...

    def block_public_access(self, bucket: str, owner: str) -> None:
        """Turns all four settings on."""
        ...

    def encrypt(self, bucket: str, owner: str) -> None:
        """Makes AES256 the default."""
        ...

    def keep_versions(self, bucket: str, owner: str) -> None:
        """Turns versioning on."""
        ...

    def put_bucket_policy(self, bucket: str, owner: str, policy: Document) -> None:
        """Puts the whole policy in place of the one that is there."""
        ...

    def make_profile(self, name: str, tags: Mapping[str, str]) -> None:
        """Takes the name, for ever.

        Raises:
            AlreadyExistsError: It is taken, perhaps by us.
        """
        ...

    def make_code_signing(self, description: str, publisher: str) -> str:
        """Makes a configuration that enforces, or finds the one that an earlier try made; ARN."""
        ...

    def attach_code_signing(self, function: FunctionName, arn: str) -> None:
        """Attaches the configuration to the function."""
        ...

    def make_provider(self, url: str, audience: str) -> None:
        """Makes the OIDC provider; fine when it is there."""
        ...

    def make_role(self, name: str, description: str, trust: Document) -> None:
        """Makes the role.

        Raises:
            AlreadyExistsError: The name is taken, perhaps by us.
        """
        ...

    def set_trust(self, role: str, trust: Document) -> None:
        """Replaces the role's trust policy."""
        ...

    def put_role_policy(self, role: str, name: str, policy: Document) -> None:
        """Writes the policy into the role, in place of one of the same name."""
        ...
