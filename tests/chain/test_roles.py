"""The published roles, docs/iam/*.json: what each command needs, no more and no less."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import pytest
from botocore.exceptions import ClientError

from tests.support.live import Live, skipped
from tests.support.roles import (
    FOLDER,
    actions,
    allow,
    needed,
    owner_again,
    policy,
    trust,
    without,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.action import Ended, Team

SMOKE: Final = "event.json"


def ready(team: Team) -> None:
    """Three releases by the owner: live at 3, a smoke event, a stage, triggers of each kind."""
    live = Live(team)
    live.bucket("acme-in")
    live.topic("orders-topic")
    live.rule("again")
    (team.workspace / SMOKE).write_text("{}")
    for text in ("one", "two", "three"):
        team.change_code(text)
        team.deployed()


def deploys(team: Team) -> Iterator[Ended]:
    """A new alias, an update with a smoke test, no change, an old build; old versions removed."""
    yield team.run(alias="fresh")
    team.change_code(f"four {team.runs}")
    yield team.run(smoke_event=SMOKE)
    yield team.run()
    team.change_code("two")
    yield team.run()
    team.change_code(f"five {team.runs}")
    yield team.run(keep_versions="1")
    yield team.run(env={"GITHUB_RUN_ID": str(1000 + team.runs), "GITHUB_RUN_ATTEMPT": "2"})


def rollbacks(team: Team) -> Iterator[Ended]:
    """By order, by number, by the code's hash, by the hash alias; one that is not there."""
    yield team.run("rollback")
    code = base64.b64decode(dict(team.versions())["1"]).hex()
    yield team.run("rollback", to="3")
    yield team.run("rollback", to=f"sha256:{code}")
    aliases = team.client("lambda").list_aliases(
        FunctionName=team.estate.function, FunctionVersion="2"
    )["Aliases"]
    yield team.run("rollback", to=next(a["Name"] for a in aliases if a["Name"][:5] == "HASH-"))


def promotes(team: Team) -> Iterator[Ended]:
    """To an alias that is not there yet, and to one that is."""
    yield team.run("promote", alias=f"first-{team.runs}", from_alias="live")
    owner = team.wrap
    owner_again(team)
    team.run("rollback", to="1")
    team.wrap = owner
    yield team.run("promote", alias="prod", from_alias="live")
    owner_again(team)
    team.run("rollback", to="3")
    team.wrap = owner
    yield team.run("promote", alias="prod", from_alias="live")


def verifies(team: Team) -> Iterator[Ended]:
    """Of a signed release."""
    yield team.run("verify")


def histories(team: Team) -> Iterator[Ended]:
    """Of three releases."""
    yield team.run("history")


def locks(team: Team) -> Iterator[Ended]:
    """What denies; the lock where there is no policy, and its end; beside other statements."""
    live = Live(team)
    live.events.remove_targets(Rule="again", Ids=["1"])
    with suppress(ClientError):
        live.lambda_.delete_resource_policy(ResourceArn=live.function())
    yield team.run("lock")
    yield team.run("lock", lock_latest="policy")
    yield team.run("lock", lock_latest="remove")
    live.allow("s3", "arn:aws:s3:::acme-none")
    live.allow("sns", live.arn("sns", "none"))
    yield team.run("lock")


SCENARIOS: Final[dict[str, Callable[[Team], Iterator[Ended]]]] = {
    "deploy": deploys,
    "rollback": rollbacks,
    "promote": promotes,
    "verify": verifies,
    "history": histories,
    "lock": locks,
}
SUBJECTS: Final = {
    "trust": ["environment:production"],
    "trust-plan": [
        "pull_request",
        "ref:refs/heads/main",
        "ref:refs/heads/gh-readonly-queue/main/*",
    ],
    "trust-verify": ["ref:refs/heads/main"],
}
"""Whose jobs each trust lets in."""
ELSEWHERE: Final = {
    *("plan", "setup", "bucket"),
    *("promote-from-function", "promote-source", "trust-promote-source"),
}
"""Tested in test_plan_role.py, tests/setup and test_promote_roles.py."""
ROLES: Final = sorted(SCENARIOS)


def test_every_published_policy_is_tested() -> None:
    assert {p.stem for p in FOLDER.glob("*.json")} == {*SCENARIOS, *ELSEWHERE, *SUBJECTS}


@pytest.mark.parametrize("role", ROLES)
def test_a_command_needs_exactly_what_its_role_allows(team: Team, role: str) -> None:
    ready(team)
    document = policy(team, role)
    allow(team, document)

    ended = list(SCENARIOS[role](team))

    assert [e.exit_code for e in ended] == [0] * len(ended), [e.log for e in ended if e.exit_code]
    world = team.sandbox.world
    used = [needed(e.calls, region=world.region, account=world.account) for e in ended]
    assert {action for each in used for action, _ in each} == actions(document)


@pytest.mark.parametrize("role", ROLES)
def test_every_action_of_a_role_is_missed_when_it_is_taken_away(team: Team, role: str) -> None:
    ready(team)
    document = policy(team, role)
    needless = []
    for action in sorted(actions(document)):
        allow(team, without(document, action))
        missed = (
            (e.exit_code != 0 and action in json.dumps(e.report["problems"]))
            or action in json.dumps(skipped(e))  # of the review alone: a deploy goes on
            for e in SCENARIOS[role](team)
        )
        if not any(missed):
            needless.append(action)

    assert needless == []


@pytest.mark.parametrize(
    ("role", "action", "resource"),
    [
        ("deploy", "lambda:InvokeFunction", "{function}"),
        ("deploy", "lambda:InvokeFunction", "{function}:$LATEST"),
        ("deploy", "lambda:UpdateFunctionConfiguration", "{function}"),
        ("deploy", "lambda:DeleteFunction", "{function}"),
        ("deploy", "lambda:DeleteFunction", "{function}-other:1"),
        ("deploy", "lambda:DeleteFunctionCodeSigningConfig", "{function}"),
        ("deploy", "lambda:PutFunctionCodeSigningConfig", "{function}"),
        ("deploy", "lambda:UpdateCodeSigningConfig", "{csc}"),
        ("deploy", "lambda:AddPermission", "{function}"),
        ("deploy", "s3:DeleteObjectVersion", "{bucket}/signed-lambda/signed/a.zip"),
        ("deploy", "s3:PutBucketVersioning", "{bucket}"),
        ("deploy", "iam:PassRole", "*"),
        ("rollback", "lambda:UpdateFunctionCode", "{function}"),
        ("rollback", "lambda:PublishVersion", "{function}"),
        ("rollback", "lambda:InvokeFunction", "{function}:1"),
        ("rollback", "iam:PutRolePolicy", "*"),
        ("promote", "lambda:UpdateFunctionCode", "{function}"),
        ("promote-from-function", "signer:StartSigningJob", "*"),
        ("promote-from-function", "lambda:InvokeFunction", "{function}:1"),
        ("promote-from-function", "lambda:UpdateFunctionConfiguration", "{function}"),
        ("promote-from-function", "s3:DeleteObject", "{bucket}/signed-lambda/signed/a.zip"),
        ("lock", "lambda:UpdateFunctionCode", "{function}"),
        ("lock", "lambda:AddPermission", "{function}"),
        ("lock", "lambda:InvokeFunction", "{function}:$LATEST"),
    ],
)
def test_what_a_role_must_never_do_is_denied_whatever_else_is_attached(
    team: Team, role: str, action: str, resource: str
) -> None:
    place = resource.format(
        function=f"arn:aws:lambda:{team.sandbox.world.region}:{team.sandbox.world.account}"
        f":function:{team.estate.function}",
        csc=team.estate.code_signing_config_arn,
        bucket=f"arn:aws:s3:::{team.estate.bucket}",
    )
    everything = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}

    assert decision(team, action, place, everything, policy(team, role)) == "explicitDeny"


@pytest.mark.parametrize(
    "role",
    [
        *("deploy", "rollback", "promote", "verify", "lock", "history", "plan"),
        *("promote-from-function", "promote-source"),
    ],
)
def test_a_role_reaches_no_other_function_bucket_or_profile(team: Team, role: str) -> None:
    region, account = team.sandbox.world.region, team.sandbox.world.account
    others = {
        "lambda:": f"arn:aws:lambda:{region}:{account}:function:{team.estate.function}-other",
        "s3:": f"arn:aws:s3:::{team.estate.bucket}-other/signed-lambda/signed/a.zip",
        "signer:": f"arn:aws:signer:{region}:{account}:/signing-profiles/{team.estate.profile}2",
    }
    document = policy(team, role)
    everywhere = {
        "signer:DescribeSigningJob",  # its ARN holds a number nobody knows before
        "lambda:ListEventSourceMappings",  # it has no resource
        "s3:GetBucketNotification",  # the code and the policy say which
    }

    reached = [
        (action, place)
        for action in sorted(actions(document) - everywhere)
        for service, place in others.items()
        if action.startswith(service) and decision(team, action, place, document) == "allowed"
    ]

    assert reached == []


def test_a_policy_that_was_filled_by_hand_denies_to_run_what_is_not_published(team: Team) -> None:
    region, account = team.sandbox.world.region, team.sandbox.world.account
    function = f"arn:aws:lambda:{region}:{account}:function:{team.estate.function}"
    by_hand = policy(team, "deploy")

    denied = [
        s["Resource"]
        for s in by_hand["Statement"]
        if (s["Effect"], s["Action"]) == ("Deny", "lambda:InvokeFunction")
    ]
    said = {
        place: decision(team, "lambda:InvokeFunction", f"{function}{place}", by_hand)
        for place in ("", ":$LATEST", ":live", ":7")
    }

    assert denied == [[function, f"{function}:$LATEST"]]
    assert said == {
        "": "explicitDeny",
        ":$LATEST": "explicitDeny",
        ":live": "allowed",
        ":7": "allowed",
    }


@pytest.mark.parametrize("name", sorted(SUBJECTS))
def test_a_role_trusts_one_repository_only_in_both_spellings_of_its_subject(name: str) -> None:
    statement = trust(name)

    issuer = "token.actions.githubusercontent.com"
    assert statement["Principal"] == {
        "Federated": f"arn:aws:iam::111122223333:oidc-provider/{issuer}"
    }
    condition = statement["Condition"]
    exact = condition["StringEquals"]
    assert exact[f"{issuer}:aud"] == "sts.amazonaws.com"
    assert exact[f"{issuer}:repository_id"] == "22"
    subjects = [sub for each in condition.values() for sub in each.get(f"{issuer}:sub", [])]
    assert subjects == [
        f"repo:{repository}:{subject}"
        for subject in SUBJECTS[name]
        for repository in ("acme@11/orders@22", "acme/orders")
    ]
    assert ("StringLike" in condition) == any("*" in subject for subject in subjects)


def decision(team: Team, action: str, resource: str, *documents: dict[str, Any]) -> str:
    """What IAM says of an action under some policies."""
    iam = team.sandbox.session().client("iam")
    answer = iam.simulate_custom_policy(
        PolicyInputList=[json.dumps({"Version": "2012-10-17", **d}) for d in documents],
        ActionNames=[action],
        ResourceArns=[resource],
    )
    iam.close()
    said: str = answer["EvaluationResults"][0]["EvalDecision"]
    return said
