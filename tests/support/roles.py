"""The published roles of docs/iam/: a team's runs get one of them and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lambda_sandbox.iam.resources import (
    lambda_access,
    s3_access,
    s3_on_behalf,
    signer_access,
)
from signed_lambda.aws import Aws, make_clients
from signed_lambda.clock import Deadline
from tests.support.aws import SandboxFetch, session_of, unmasked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lambda_sandbox.calls import Call
    from signed_lambda.cloud import Cloud
    from tests.support.action import Team

FOLDER: Final = Path(__file__).parents[2] / "docs" / "iam"
FREE: Final = "sts:GetCallerIdentity"
"""No policy is needed for it. Source: AWS docs, API_GetCallerIdentity."""


def filled(role: str, names: Mapping[str, str]) -> dict[str, Any]:
    """The published policy of a role with somebody's names in it.

    Filled as docs/iam/README.md tells a person to: by plain replacement, and by no code of ours.
    """
    text = (FOLDER / f"{role}.json").read_text(encoding="utf-8")
    for name, value in names.items():
        text = text.replace(f"${{{name}}}", value)
    assert "${" not in text, text
    read: dict[str, Any] = json.loads(text)
    return read


def trust(name: str, environment: str = "production") -> dict[str, Any]:
    """The statement of the published trust of a role, for acme's repository orders."""
    names = {
        "ACCOUNT": "111122223333",
        "OWNER": "acme",
        "OWNER_ID": "11",
        "REPOSITORY": "orders",
        "REPOSITORY_ID": "22",
        "ENVIRONMENT": environment,
        "BRANCH": "main",
    }
    (statement,) = filled(name, names)["Statement"]
    read: dict[str, Any] = statement
    return read


def policy(team: Team, role: str) -> dict[str, Any]:
    """The published policy of a role with the team's names."""
    world, estate = team.sandbox.world, team.estate
    return filled(
        role,
        {
            "REGION": world.region,
            "ACCOUNT": world.account,
            "FUNCTION": estate.function,
            "PROFILE": estate.profile,
            "BUCKET": estate.bucket,
            "PREFIX": "signed-lambda",
            "SOURCE": f"{estate.function}-dev",
            "SOURCE_ROLE": "arn:aws:iam::444455556666:role/read-orders",
        },
    )


def actions(document: dict[str, Any], effect: str = "Allow") -> set[str]:
    """All that a policy allows, or denies."""
    found = [s["Action"] for s in document["Statement"] if s["Effect"] == effect]
    return {one for a in found for one in ([a] if isinstance(a, str) else a)}


def needed(calls: Iterable[Call], *, region: str, account: str) -> set[tuple[str, str]]:
    """The IAM actions and ARNs of calls, with what AWS does in S3 for the caller."""
    found: set[tuple[str, str]] = set()
    for call in calls:
        if call.service == "lambda":
            found.add(lambda_access(call.operation, call.params, region, account))
        elif call.service == "signer":
            found.add(signer_access(call.operation, call.params, region, account))
        elif call.service == "s3":
            found.add(s3_access(call.operation, call.params))
        else:
            found.add((f"{call.service}:{call.operation}", "*"))
        found |= set(s3_on_behalf(call.operation, call.params))
    return {(action, arn) for action, arn in found if action != FREE}


def without(document: dict[str, Any], action: str) -> dict[str, Any]:
    """The policy with one action denied."""
    changed: dict[str, Any] = json.loads(json.dumps(document))
    changed["Statement"].append({"Effect": "Deny", "Action": action, "Resource": "*"})
    return changed


def allow(team: Team, document: dict[str, Any]) -> None:
    """From now on the team's runs are a user with this policy and nothing else."""
    iam = team.sandbox.session().client("iam")
    name = f"runner-{len(iam.list_users()['Users'])}"
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="role", PolicyDocument=json.dumps(document))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    iam.close()
    session = session_of(key["AccessKeyId"], key["SecretAccessKey"])
    session.register("before-send", team.sandbox.before_send)
    clients = make_clients(
        {}, region=team.sandbox.world.region, endpoint_url=None, mask=unmasked, session=session
    )
    clock = team.sandbox.clock

    def connect(_other: Cloud) -> Cloud:
        return Aws(
            clients,
            clock=clock,
            deadline=Deadline.after(clock, 900, lambda *_: None),
            fetch=SandboxFetch(team.sandbox),
            say=lambda _: None,
        )

    team.wrap = connect


def owner_again(team: Team) -> None:
    """The team's runs may do everything, as before."""
    team.wrap = lambda cloud: cloud
