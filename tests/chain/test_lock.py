"""The lock on `$LATEST`: one Deny in the function's policy, beside all that is there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from signed_lambda.latest import SID
from tests.support.live import Live
from tests.support.lying import Lie, lying

if TYPE_CHECKING:
    from tests.support.action import Ended, Team

Json = dict[str, Any]


@pytest.fixture
def live(team: Team) -> Live:
    """One release, and nothing that triggers the function."""
    team.deployed()
    return Live(team)


def policy(live: Live) -> list[Json]:
    """The statements of the function's policy."""
    try:
        text = live.lambda_.get_policy(FunctionName=live.team.estate.function)["Policy"]
    except ClientError:
        return []
    found: list[Json] = json.loads(text)["Statement"]
    return found


def locked(live: Live, **inputs: str) -> Ended:
    """A run that puts the lock in."""
    return live.team.run("lock", lock_latest="policy", **inputs)


def partner(live: Live, sid: str = "partner") -> Json:
    """Another account may invoke the function; its statement."""
    live.lambda_.add_permission(
        FunctionName=live.team.estate.function,
        StatementId=sid,
        Action="lambda:InvokeFunction",
        Principal="999988887777",
    )
    return next(s for s in policy(live) if s["Sid"] == sid)


def may_invoke(live: Live, qualifier: str = "") -> bool:
    """Whether the account itself may."""
    given = {"Qualifier": qualifier} if qualifier else {}
    try:
        live.lambda_.invoke(
            FunctionName=live.team.estate.function, InvocationType="DryRun", **given
        )
    except ClientError:
        return False
    return True


@pytest.mark.parametrize("others", [0, 2])
def test_the_lock_stands_beside_every_other_statement_and_goes_as_it_came(
    live: Live, others: int
) -> None:
    known = [partner(live, f"partner{n}") for n in range(others)]

    ended = locked(live)
    with_lock = policy(live)
    again = locked(live)
    removed = live.team.run("lock", lock_latest="remove")

    assert (ended.exit_code, ended.outputs["outcome"]) == (0, "locked"), ended.log
    assert ended.writes == ["PutResourcePolicy"]
    assert with_lock == [
        *known,
        {
            "Sid": SID,
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["lambda:InvokeFunction", "lambda:InvokeFunctionUrl"],
            "Resource": [live.function(), live.function("$LATEST")],
        },
    ]
    assert (again.outputs["outcome"], again.writes) == ("unchanged", [])
    assert (removed.exit_code, removed.outputs["outcome"]) == (0, "unlocked"), removed.log
    assert policy(live) == known


def test_the_lock_refuses_the_unqualified_name_and_no_alias(live: Live) -> None:
    before = [may_invoke(live, q) for q in ("", "live", "1")]

    locked(live)

    assert before == [True, True, True]
    assert [may_invoke(live, q) for q in ("", "live", "1")] == [False, True, True]


def test_verify_says_that_the_lock_stands_and_that_it_is_gone(live: Live) -> None:
    locked(live)

    stands = live.team.run("verify", lock_latest="policy")
    live.team.run("lock", lock_latest="remove")
    gone = live.team.run("verify", lock_latest="policy")
    told = live.team.run("verify")

    assert stands.exit_code == 0, stands.log
    assert (gone.exit_code, gone.error_ids) == (35, ["E-DRIFT-01", "E-DRIFT-04"])
    assert told.exit_code == 0


def test_a_lock_that_may_not_be_seen_is_not_verified(live: Live) -> None:
    live.team.sandbox.faults.add("GetPolicy", "denied", times=None)

    ended = live.team.run("verify", lock_latest="policy")

    assert (ended.exit_code, ended.error_ids) == (28, ["E-ACCESS-03"])


def test_a_report_prints_the_statements_names_the_trap_and_writes_nothing(live: Live) -> None:
    ended = live.team.run("lock")

    told = [f["proof"].strip("`") for f in ended.report["facts"] if f["step"] == "lock-statement"]
    statements = [json.loads(text) for text in told]
    assert (ended.exit_code, ended.writes) == (0, []), ended.log
    assert [s["Effect"] for s in statements] == ["Deny"] * 4
    assert "Principal" not in statements[1]
    assert statements[2]["NotResource"] == "arn:aws:lambda:*:*:function:*:*"
    assert "function:orders*" in ended.report["warnings"][-1]


@pytest.mark.parametrize("way", ["S3", "SNS", "EventBridge", "URL"])
def test_a_lock_that_would_cut_off_a_trigger_is_refused(live: Live, way: str) -> None:
    if way == "S3":
        live.bucket("acme-in")
    elif way == "SNS":
        live.topic("orders-topic")
    elif way == "EventBridge":
        live.rule("again")
    else:
        live.lambda_.create_function_url_config(
            FunctionName=live.team.estate.function, AuthType="NONE"
        )
    before = policy(live)

    ended = locked(live)

    assert (ended.exit_code, ended.error_ids) == (39, ["E-LOCK-06"])
    assert (ended.writes, policy(live)) == ([], before)


def test_a_permission_that_comes_meanwhile_is_kept(live: Live) -> None:
    first = partner(live)
    live.team.sandbox.before("PutResourcePolicy", lambda _: partner(live, "second"))

    ended = locked(live)

    assert ended.exit_code == 0, ended.log
    assert [s["Sid"] for s in policy(live)] == [first["Sid"], "second", SID]


def test_a_policy_that_keeps_changing_is_left_as_it_is(live: Live) -> None:
    partner(live)
    for n in range(9):
        live.team.sandbox.before("PutResourcePolicy", lambda _, n=n: partner(live, f"p{n}"), n + 1)

    ended = locked(live)

    assert (ended.exit_code, ended.error_ids) == (39, ["E-LOCK-04"])
    assert ended.report["left"].startswith("Nothing was written")
    assert SID not in {s["Sid"] for s in policy(live)}


@pytest.mark.parametrize("fault", ["lost_after", "error500_after"])
def test_a_lost_answer_to_the_write_is_read_back(live: Live, fault: str) -> None:
    partner(live)
    live.team.sandbox.faults.add("PutResourcePolicy", fault)

    ended = locked(live)

    assert (ended.exit_code, ended.outputs["outcome"]) == (0, "locked"), ended.log
    assert [s["Sid"] for s in policy(live)] == ["partner", SID]


@pytest.mark.parametrize("others", [0, 1])
def test_a_write_that_nobody_can_read_back_says_so(live: Live, others: int) -> None:
    if others:
        partner(live)

    def put(real: Lie, *given: str) -> None:
        real(*given)
        live.team.sandbox.faults.add("GetResourcePolicy", "denied", times=None)

    live.team.wrap = lying(put_policy=put)

    ended = locked(live)

    assert (ended.exit_code, ended.error_ids) == (39, ["E-LOCK-05"])
    assert "policy was sent and may have happened" in ended.report["left"]


def test_a_write_that_did_not_take_place_is_told_as_it_failed(live: Live) -> None:
    partner(live)
    live.team.sandbox.faults.add("PutResourcePolicy", "denied", times=None)

    ended = locked(live)

    assert (ended.exit_code, ended.error_ids) == (28, ["E-ACCESS-01"])
    assert ended.report["left"].startswith("Nothing was written")
    assert [s["Sid"] for s in policy(live)] == ["partner"]


def test_a_statement_of_our_name_that_is_not_the_lock_is_not_replaced(live: Live) -> None:
    partner(live, SID)
    before = policy(live)

    ended = locked(live)

    assert (ended.exit_code, ended.error_ids) == (39, ["E-LOCK-01"])
    assert (ended.writes, policy(live)) == ([], before)


def test_a_policy_that_would_be_too_long_is_not_written(live: Live) -> None:
    long = {
        "Sid": "long",
        "Effect": "Allow",
        "Principal": {"AWS": "999988887777"},
        "Action": "lambda:GetFunction",
        "Resource": live.function(),
        "Condition": {"StringEquals": {"aws:PrincipalTag/a": ["x" * 200] * 99}},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [long]})
    live.lambda_.put_resource_policy(ResourceArn=live.function(), Policy=document)

    ended = locked(live)

    assert (ended.exit_code, ended.error_ids) == (39, ["E-LOCK-02"])
    assert ended.report["left"].startswith("Nothing was written")
    assert (ended.writes, policy(live)) == ([], [long])


def test_a_policy_that_is_read_back_otherwise_is_an_error(live: Live) -> None:
    partner(live)

    def put(real: Lie, *given: str) -> None:
        real(*given)
        partner(live, "second")

    live.team.wrap = lying(put_policy=put)

    assert locked(live).error_ids == ["E-LOCK-03"]


def test_a_function_that_is_missing_is_told(live: Live) -> None:
    ended = locked(live, function_name="gone")

    assert (ended.exit_code, ended.error_ids) == (17, ["E-FUNCTION-01"])


def test_verify_removes_no_lock(live: Live) -> None:
    ended = live.team.run("verify", lock_latest="remove")

    assert (ended.exit_code, ended.error_ids) == (10, ["E-INPUT-04"])
