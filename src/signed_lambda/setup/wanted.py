"""The names of what a deploy needs: given, or made of the function's name and the account.

Pure. The same names are the defaults of docs/setup/cloudformation.yml and docs/setup/terraform.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from signed_lambda.lazy import dataclass

if TYPE_CHECKING:
    from pathlib import Path

    from signed_lambda.cloud import Identity
    from signed_lambda.model import AliasName, FunctionName

Duty = Literal["deploy", "rollback", "plan", "verify"]
DUTIES: Final[tuple[Duty, ...]] = ("deploy", "rollback", "plan", "verify")
"""What a role of its own is for; the first word of its name."""
ENVIRONMENTS: Final[dict[Duty, str]] = {"deploy": "production", "rollback": "rollback"}
"""GitHub's environment whose jobs may take the role, as the workflows in examples/ name it."""
PREFIX: Final = "signed-lambda"
"""As the input `prefix` has it by default."""
LONGEST_ROLE: Final = 64
"""Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
ISSUER: Final = "token.actions.githubusercontent.com"
AUDIENCE: Final = "sts.amazonaws.com"
"""Source: https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """The repository whose workflows take the roles.

    Attributes:
        owner, name: As GitHub spells them.
        owner_id, id: GitHub's numbers: never reused, unlike names.
    """

    owner: str
    name: str
    owner_id: int
    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What there shall be.

    Attributes:
        bucket: For artefacts, under `PREFIX`.
        profile: Of Signer.
        profile_said: The user chose the profile's name; else it was made up here.
        roles: What the roles' names end in.
        repository: None where it is not known who takes the roles.
        branch: The repository's default branch.
        checkout: The repository's folder.
        action: What the workflows use: "acme/signed-lambda-deploy@<commit>"; None where the user
            did not say it: the workflows then name a placeholder, or what the user wrote.
    """

    function: FunctionName
    alias: AliasName
    account: str
    region: str
    partition: str
    bucket: str
    profile: str
    profile_said: bool
    roles: str
    repository: Repository | None
    branch: str
    checkout: Path
    action: str | None

    def role(self, duty: Duty) -> str:
        """Name of the role for a duty: "deploy-orders"."""
        return f"{duty}-{self.roles}"

    @property
    def provider_arn(self) -> str:
        """GitHub's OIDC provider in this account; there can be one only."""
        return f"arn:{self.partition}:iam::{self.account}:oidc-provider/{ISSUER}"

    @property
    def description(self) -> str:
        """By which a code-signing configuration is known again."""
        return f"signed-lambda-deploy: {self.function}"


def usual_bucket(identity: Identity) -> str:
    """A bucket's name that is the account's own: names are unique in the world."""
    return f"signed-lambda-{identity.account}-{identity.region}"


def usual_profile(function: str) -> str:
    """A profile's name: those have no hyphens, and 2 characters at least."""
    return f"{function.replace('-', '_')}_live"[:64]
