"""The lock on `$LATEST`: one Deny in the function's policy, beside all that is there."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from signed_lambda.cloud import RevisionMovedError
from signed_lambda.latest import SID
from tests.support.live import Live
from tests.support.lying import Lie, lying

if TYPE_CHECKING:
    from signed_lambda.cloud import PolicyDocument
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


def trigger(live: Live, way: str) -> None:
    """Something that uses $LATEST."""
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


@pytest.mark.parametrize("way", ["S3", "SNS", "EventBridge", "URL"])
def test_a_lock_that_would_cut_off_a_trigger_is_refused(live: Live, way: str) -> None:
    trigger(live, way)
    before = policy(live)

    ended = locked(live)

    assert (ended.exit_code, ended.error_ids) == (39, ["E-LOCK-06"])
    assert (ended.writes, policy(live)) == ([], before)


FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:orders"
TOPIC = "arn:aws:sns:eu-west-1:111122223333:orders-topic"
LOOKS = {
    "S3": (
        "GetBucketNotificationConfiguration",
        "s3:GetBucketNotification on arn:aws:s3:::acme-in",
    ),
    "SNS": ("ListSubscriptionsByTopic", f"sns:ListSubscriptionsByTopic on {TOPIC}"),
    "EventBridge": ("ListRuleNamesByTarget", "events:ListRuleNamesByTarget on *"),
    "URL": ("ListFunctionUrlConfigs", f"lambda:ListFunctionUrlConfigs on {FUNCTION}"),
    "S3, by its permission": ("GetPolicy", f"lambda:GetPolicy on {FUNCTION}"),
}
"""Of each trigger the look that finds it, and how that is named."""


@pytest.mark.parametrize(
    ("fault", "why"), [("denied", "not allowed"), ("throttle", "no answer, E-AWS-01")]
)
@pytest.mark.parametrize("way", sorted(LOOKS))
def test_a_lock_is_refused_while_it_cannot_be_seen_what_it_would_cut_off(
    live: Live, way: str, fault: str, why: str
) -> None:
    operation, look = LOOKS[way]
    trigger(live, way.partition(",")[0])
    before = policy(live)
    live.team.sandbox.faults.add(operation, fault, times=None)

    ended = locked(live)

    live.team.sandbox.faults.clear()
    assert (ended.exit_code, ended.error_ids) == (39, ["E-LOCK-07"]), ended.log
    [problem] = ended.report["problems"]
    assert problem["what"].count(f"{look}: {why}") == 1
    assert "Allow the role" in problem["do"]
    assert "remove-permission" in problem["do"]
    assert ended.report["left"].startswith("Nothing was written")
    assert (ended.writes, policy(live)) == ([], before)


@pytest.mark.parametrize(
    ("service", "source", "look"),
    [
        ("s3", "arn:aws:s3:::acme-{}", "s3:GetBucketNotification"),
        ("sns", f"{TOPIC}-{{}}", "sns:ListSubscriptionsByTopic"),
        (
            "events",
            "arn:aws:events:eu-west-1:111122223333:rule/bus-{}/again",
            "events:ListRuleNamesByTarget",
        ),
    ],
)
def test_a_lock_is_refused_where_only_the_first_of_very_many_were_looked_at(
    live: Live, service: str, source: str, look: str
) -> None:
    allow = {
        "Sid": "many",
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": live.function(),
        "Condition": {"ArnLike": {"AWS:SourceArn": [source.format(n) for n in range(25)]}},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    live.lambda_.put_resource_policy(ResourceArn=live.function(), Policy=document)

    ended = locked(live)

    assert (ended.exit_code, ended.error_ids) == (39, ["E-LOCK-07"])
    [problem] = ended.report["problems"]
    assert f"{look} on *: only the first 20 of" in problem["what"]
    assert (ended.writes, policy(live)) == ([], [allow])


@pytest.mark.parametrize("look", ["function_urls", "rule_names", "subscriptions"])
def test_a_lock_is_refused_where_only_the_first_pages_were_read(live: Live, look: str) -> None:
    live.allow("sns", TOPIC)
    before = policy(live)

    def cut(real: Lie, *given: str) -> Any:  # noqa: ANN401 - the port's
        return replace(real(*given), whole=False)

    live.team.wrap = lying(**{look: cut})

    ended = locked(live)

    assert (ended.exit_code, ended.error_ids) == (39, ["E-LOCK-07"])
    assert (ended.writes, policy(live)) == ([], before)


def test_what_uses_latest_and_what_was_not_seen_are_told_at_once(live: Live) -> None:
    trigger(live, "SNS")
    live.team.sandbox.faults.add("ListFunctionUrlConfigs", "denied", times=None)

    ended = locked(live)

    assert (ended.exit_code, ended.error_ids) == (39, ["E-LOCK-06", "E-LOCK-07"])
    assert ended.writes == []


@pytest.mark.parametrize("operation", ["ListEventSourceMappings", "SimulatePrincipalPolicy"])
def test_what_says_nothing_of_a_use_that_the_lock_ends_does_not_hinder_it(
    live: Live, operation: str
) -> None:
    def identity(real: Lie) -> Any:  # noqa: ANN401 - the port's
        return replace(real(), arn="arn:aws:sts::111122223333:assumed-role/lock/run-1")

    live.queue("jobs")
    live.team.wrap = lying(identity=identity)
    live.team.sandbox.faults.add(operation, "denied", times=None)

    ended = locked(live)

    told = [f["proof"] for f in ended.report["facts"] if f["status"] == "skipped"]
    assert (ended.exit_code, ended.outputs["outcome"]) == (0, "locked"), ended.log
    assert any(operation in proof for proof in told)


def test_a_lock_that_stands_cuts_off_nothing_more_whatever_is_not_seen(live: Live) -> None:
    locked(live)
    live.team.sandbox.faults.add("ListFunctionUrlConfigs", "denied", times=None)

    ended = locked(live)

    assert (ended.exit_code, ended.outputs["outcome"]) == (0, "unchanged"), ended.log


@pytest.mark.parametrize(("mode", "outcome"), [("report", "unchanged"), ("remove", "unlocked")])
def test_what_was_not_seen_hinders_no_report_and_no_removal(
    live: Live, mode: str, outcome: str
) -> None:
    locked(live)
    live.team.sandbox.faults.add("ListFunctionUrlConfigs", "denied", times=None)

    ended = live.team.run("lock", lock_latest=mode)

    told = [f["proof"] for f in ended.report["facts"] if f["status"] == "skipped"]
    assert (ended.exit_code, ended.outputs["outcome"]) == (0, outcome), ended.log
    assert told == [f"lambda:ListFunctionUrlConfigs on {live.function()}: not allowed"]


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


def turned(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """The same JSON, with each list in another order."""
    if isinstance(value, dict):
        return {name: turned(one) for name, one in value.items()}
    return [turned(one) for one in reversed(value)] if isinstance(value, list) else value


class Turning:
    """Answers with the policy's lists in another order each time: IAM's order says nothing."""

    def __init__(self) -> None:
        self._reads = 0

    def __call__(self, real: Lie, arn: str) -> PolicyDocument | None:
        """For `policy_document`."""
        found: PolicyDocument | None = real(arn)
        self._reads += 1
        if found is None or self._reads % 2:
            return found
        return replace(found, content=turned(found.content))


def tagged(live: Live) -> None:
    """Another statement, with a list deep in it."""
    other = {
        "Sid": "tagged",
        "Effect": "Allow",
        "Principal": {"AWS": ["111122223333", "999988887777"]},
        "Action": ["lambda:GetFunction", "lambda:InvokeFunction"],
        "Resource": live.function(),
        "Condition": {"StringEquals": {"aws:PrincipalTag/a": ["x", "y"]}},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [other]})
    live.lambda_.put_resource_policy(ResourceArn=live.function(), Policy=document)


@pytest.mark.parametrize("fault", ["", "lost_after", "error500_after"])
@pytest.mark.parametrize("others", [0, 1])
def test_a_write_is_known_again_in_whatever_order_its_lists_are_read_back(
    live: Live, others: int, fault: str
) -> None:
    if others:
        tagged(live)
    live.team.wrap = lying(policy_document=Turning())
    if fault:
        live.team.sandbox.faults.add("PutResourcePolicy", fault)

    ended = locked(live)

    assert (ended.exit_code, ended.outputs["outcome"]) == (0, "locked"), ended.log
    assert [s["Sid"] for s in policy(live)] == [*["tagged"] * others, SID]


def test_a_write_whose_revision_moved_is_known_again_in_whatever_order(live: Live) -> None:
    tagged(live)

    def put(real: Lie, *given: str) -> None:
        real(*given)
        raise RevisionMovedError

    live.team.wrap = lying(policy_document=Turning(), put_policy=put)

    ended = locked(live)

    assert (ended.exit_code, ended.outputs["outcome"]) == (0, "locked"), ended.log
    assert [s["Sid"] for s in policy(live)] == ["tagged", SID]


def test_a_statement_that_lost_one_of_its_list_is_read_back_otherwise(live: Live) -> None:
    tagged(live)

    def less(real: Lie, arn: str) -> PolicyDocument | None:
        found: PolicyDocument | None = real(arn)
        if found is not None and len(found.content["Statement"]) > 1:
            found.content["Statement"][0]["Action"].pop()
        return found

    live.team.wrap = lying(policy_document=less)

    assert locked(live).error_ids == ["E-LOCK-03"]


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
