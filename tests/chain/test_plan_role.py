"""`plan` under its published policy, docs/iam/plan.json: nothing in it is missing or too much."""

from __future__ import annotations

import json
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

import boto3
import pytest

from signed_lambda.aws import Aws, make_clients
from signed_lambda.clock import Deadline
from tests.support.aws import SandboxFetch, unmasked

if TYPE_CHECKING:
    from signed_lambda.cloud import Cloud
    from tests.support.action import Team

POLICY = Path(__file__).parents[2] / "docs" / "iam" / "plan.json"


def policy(team: Team) -> dict[str, object]:
    """The published policy with the team's names."""
    world, estate = team.sandbox.world, team.estate
    text = Template(POLICY.read_text(encoding="utf-8")).substitute(
        REGION=world.region,
        ACCOUNT=world.account,
        FUNCTION=estate.function,
        PROFILE=estate.profile,
        BUCKET=estate.bucket,
    )
    read: dict[str, object] = json.loads(text)
    return read


def actions(statements: object) -> set[str]:
    """All that it allows."""
    assert isinstance(statements, list)
    found = [s["Action"] for s in statements]
    return {one for a in found for one in ([a] if isinstance(a, str) else a)}


def allow(team: Team, document: dict[str, object]) -> None:
    """From now on the team's runs have a user with this policy and nothing else."""
    iam = team.sandbox.session().client("iam")
    name = f"plan-{team.runs}"
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="plan", PolicyDocument=json.dumps(document))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    iam.close()
    session = boto3.Session(
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        region_name=team.sandbox.world.region,
    )
    session.events.register("before-send", team.sandbox.before_send)
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


@pytest.mark.parametrize(("change", "outcome"), [(True, "planned"), (False, "unchanged")])
def test_a_plan_sees_everything_with_a_role_that_may_only_read(
    team: Team, *, change: bool, outcome: str
) -> None:
    team.deployed()
    if change:
        team.change_code()
    document = policy(team)
    allow(team, document)

    ended = team.run("plan", fail_on_unseen="true")

    assert (ended.exit_code, ended.outputs["outcome"]) == (0, outcome), ended.log
    assert ended.writes == []
    assert [f for f in ended.report["facts"] if f["status"] == "skipped"] == []


def test_the_policy_of_a_plan_only_reads(team: Team) -> None:
    verbs = {action.split(":")[1] for action in actions(policy(team)["Statement"])}

    assert {v for v in verbs if not v.startswith(("Get", "Describe", "List"))} == set()


def test_every_action_of_the_policy_is_needed(team: Team) -> None:
    """Each one taken away is a look that a plan cannot make, and says so."""
    team.deployed()
    whole = policy(team)
    needless = []
    for action in sorted(actions(whole["Statement"])):
        document = json.loads(json.dumps(whole))
        document["Statement"].append({"Effect": "Deny", "Action": action, "Resource": "*"})
        allow(team, document)
        seen = [team.run("plan", fail_on_unseen="true")]
        team.change_code(f"without {action}")
        seen.append(team.run("plan", fail_on_unseen="true"))
        team.change_code("what runs is what was reviewed")
        if all(ended.exit_code == 0 for ended in seen):
            needless.append(action)

    assert needless == []
