"""Two accounts in two regions: what was released in one is promoted to the other."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from lambda_sandbox import Sandbox
from tests.support.action import Team
from tests.support.aws import on_transport
from tests.support.roles import filled

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.action import Ended

DEV, PROD = "111122223333", "444455556666"
ROLE: Final = "read-orders"


@dataclass(frozen=True)
class TwoAccounts:
    """Both have a function `orders` and a bucket; only `dev` signs, `prod` allows its profile."""

    dev: Team
    prod: Team

    @property
    def source(self) -> str:
        """The ARN of dev's function."""
        region = self.dev.sandbox.world.region
        return f"arn:aws:lambda:{region}:{DEV}:function:{self.dev.estate.function}"

    @property
    def role(self) -> str:
        """The ARN of the role that reads it."""
        return f"arn:aws:iam::{DEV}:role/{ROLE}"

    def release(self, text: str = "tried in dev") -> Ended:
        """A release behind dev's alias `staging`."""
        self.dev.change_code(text)
        return self.dev.deployed(alias="staging")

    def promote(self, **inputs: str) -> Ended:
        """A run of prod's role."""
        given = {
            "from_function": self.source,
            "from_role": self.role,
            "from_alias": "staging",
            "bucket": self.prod.estate.bucket,
            **inputs,
        }
        return self.prod.run("promote", **given)

    def at_dev(self, service: str) -> Any:  # noqa: ANN401 - of any service
        """A client of dev's account."""
        on_transport(self.dev.sandbox.before_send)
        return self.dev.client(service)

    def at_prod(self, service: str) -> Any:  # noqa: ANN401 - of any service
        """A client of prod's account."""
        on_transport(self.prod.sandbox.before_send)
        return self.prod.client(service)


def two_accounts(folder: Path) -> TwoAccounts:
    """Makes them, with the role that prod assumes to read dev's function.

    Args:
        folder: Private to the test.
    """
    for name in ("dev", "prod"):
        (folder / name).mkdir()
    dev = Team(folder / "dev")
    sandbox = Sandbox(account=PROD, region="eu-central-1", seed=1, beside=dev.sandbox)
    prod = Team(folder / "prod", sandbox=sandbox)
    pair = TwoAccounts(dev, prod)
    allow_publishers(pair, dev.estate.profile_version_arn)
    names = {
        "REGION": dev.sandbox.world.region,
        "ACCOUNT": DEV,
        "FUNCTION": dev.estate.function,
        "PROFILE": dev.estate.profile,
        "TARGET_ROLE": f"arn:aws:iam::{PROD}:root",
    }
    iam = dev.sandbox.session().client("iam")
    trust = filled("trust-promote-source", names)
    iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(trust))
    policy = json.dumps(filled("promote-source", names))
    iam.put_role_policy(RoleName=ROLE, PolicyName="read", PolicyDocument=policy)
    pair.at_dev("signer").add_profile_permission(
        profileName=dev.estate.profile,
        action="signer:GetSigningProfile",
        principal=PROD,
        statementId="prod",
    )
    return pair


def allow_publishers(pair: TwoAccounts, *versions: str) -> None:
    """Prod's function takes what these profile versions signed."""
    pair.at_prod("lambda").update_code_signing_config(
        CodeSigningConfigArn=pair.prod.estate.code_signing_config_arn,
        AllowedPublishers={"SigningProfileVersionArns": list(versions)},
    )
