"""docs/iam/setup.json: what `setup` needs, no more and no less."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lambda_sandbox.iam.resources import iam_access, lambda_access, s3_access, signer_access
from signed_lambda.errors import InternalError
from signed_lambda.setup import documents
from tests.support.admin import BUCKET, NAMES, Admin
from tests.support.roles import FREE, actions, filled, without

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lambda_sandbox.calls import Call

REGION, ACCOUNT = "eu-west-1", "111122223333"


def policy() -> dict[str, Any]:
    """The published policy with the names of these tests."""
    return filled(
        "setup",
        {
            "REGION": REGION,
            "ACCOUNT": ACCOUNT,
            "FUNCTION": "orders",
            "PROFILE": "orders_live",
            "BUCKET": BUCKET,
            "ROLES": "orders",
        },
    )


def used(calls: Iterable[Call]) -> set[str]:
    """The IAM actions of calls."""
    found = set()
    for call in calls:
        if call.service == "s3":
            found.add(s3_access(call.operation, call.params)[0])
        elif call.service != "sts":
            access = {"lambda": lambda_access, "signer": signer_access, "iam": iam_access}
            found.add(access[call.service](call.operation, call.params, REGION, ACCOUNT)[0])
    return found - {FREE}


def lived(admin: Admin) -> list[Call]:
    """A setup of everything, a bucket found half made, roles that were edited, a look."""
    calls = list(succeeded(admin, "--apply"))
    iam, s3 = admin.client("iam"), admin.client("s3")
    other = iam.get_role(RoleName="verify-orders")["Role"]["AssumeRolePolicyDocument"]
    iam.update_assume_role_policy(RoleName="deploy-orders", PolicyDocument=json.dumps(other))
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
    calls += succeeded(admin, "--apply", "--change", "roles")
    return calls


def succeeded(admin: Admin, *arguments: str) -> tuple[Call, ...]:
    """The calls of a setup that must succeed."""
    ran = admin.setup(*arguments, *NAMES)
    assert ran.exit_code == 0, ran.out + ran.err
    return ran.calls


def test_setup_needs_exactly_what_its_policy_allows(admin: Admin) -> None:
    admin.only_allowed(json.dumps(policy()))

    assert used(lived(admin)) == actions(policy())


@pytest.mark.parametrize("action", sorted(actions(policy())))
def test_every_action_of_the_policy_is_missed_when_it_is_taken_away(
    tmp_path: Path, action: str
) -> None:
    admin = Admin(tmp_path)
    admin.only_allowed(json.dumps(without(policy(), action)))

    with pytest.raises(AssertionError) as failed:
        lived(admin)

    assert action in str(failed.value)


def test_the_policy_reaches_the_four_roles_and_no_other(admin: Admin) -> None:
    iam = admin.client("iam")
    places = [f"arn:aws:iam::{ACCOUNT}:role/{n}" for n in ("deploy-orders", "admin", "deploy-cart")]

    said = iam.simulate_custom_policy(
        PolicyInputList=[json.dumps(policy())],
        ActionNames=["iam:PutRolePolicy"],
        ResourceArns=places,
    )["EvaluationResults"]

    assert {s["EvalResourceName"]: s["EvalDecision"] for s in said} == dict(
        zip(places, ["allowed", "implicitDeny", "implicitDeny"], strict=True)
    )


def test_only_placeholders_are_filled_and_each_once() -> None:
    names = {"FUNCTION": "${ACCOUNT}", "ACCOUNT": "1"}

    text = documents.fill("${FUNCTION}:$LATEST:$$:$FUNCTION:${ACCOUNT}", names)

    assert text == "${ACCOUNT}:$LATEST:$$:$FUNCTION:1"


@pytest.mark.parametrize("hole", ["${OTHER}", "${EMPTY}", "${function}", "${}", "${FUNCTION"])
def test_a_placeholder_that_is_left_unfilled_is_refused(hole: str) -> None:
    with pytest.raises(InternalError) as refused:
        documents.fill(f"function:{hole}", {"FUNCTION": "orders", "EMPTY": ""})

    assert refused.value.problems[0].id == "E-INTERNAL-01"
    assert hole in refused.value.problems[0].what
