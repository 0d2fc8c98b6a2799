"""Who can reach `$LATEST`: every way that `verify` knows, what closes it, and what was not seen."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from signed_lambda.errors import AwsError, Cancelled
from signed_lambda.latest import Simulated
from tests.support.live import Live
from tests.support.lying import Lie, lying

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.action import Ended, Team


@pytest.fixture
def live(team: Team) -> Live:
    """One release, and nothing that triggers the function."""
    team.deployed()
    return Live(team)


def facts(ended: Ended, step: str) -> list[tuple[str, str, str]]:
    """Status, title and proof."""
    found = [f for f in ended.report["facts"] if f["step"] == step]
    return [(f["status"], f["title"], f["proof"]) for f in found]


def ways(ended: Ended) -> list[tuple[str, str]]:
    """Kind and names of each way to $LATEST that was found."""
    start = "$LATEST can be reached: "
    return [
        (title.removeprefix(start), proof)
        for _, title, proof in facts(ended, "latest")
        if title.startswith(start)
    ]


def statement(live: Live, **members: object) -> dict[str, Any]:
    """A Deny of everybody on $LATEST, changed as told."""
    return {
        "Sid": "lock",
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["lambda:InvokeFunction", "lambda:InvokeFunctionUrl"],
        "Resource": [live.function(), live.function("$LATEST")],
        **members,
    }


def put(live: Live, *statements: dict[str, Any]) -> None:
    """The function's policy is exactly this."""
    document = {"Version": "2012-10-17", "Statement": [*statements]}
    live.lambda_.put_resource_policy(ResourceArn=live.function(), Policy=json.dumps(document))


def test_nothing_leads_to_latest_of_a_new_function(live: Live) -> None:
    ended = live.team.run("verify")

    assert ended.exit_code == 0, ended.log
    assert facts(ended, "latest") == [
        ("ok", "$LATEST", "nothing that was looked at leads to it"),
    ]
    assert [title for _, title, _ in facts(ended, "lock")] == ["$LATEST is not locked"]


def a_bucket(live: Live) -> str:
    live.bucket("acme-in")
    return "acme-in: s3:ObjectCreated:*"


def a_topic(live: Live) -> str:
    return live.topic("orders-topic")


def a_rule(live: Live) -> str:
    live.rule("again")
    return "default/again"


def a_rule_of_another_bus(live: Live) -> str:
    live.rule("again", bus="shop")
    return "shop/again"


def a_queue(live: Live) -> str:
    live.queue("jobs")
    return f"{live.arn('sqs', 'jobs')} (Enabled)"


def a_queue_of_latest(live: Live) -> str:
    live.queue("jobs", "$LATEST")
    return f"{live.arn('sqs', 'jobs')} (Enabled)"


def a_url(live: Live) -> str:
    live.lambda_.create_function_url_config(FunctionName=live.team.estate.function, AuthType="NONE")
    return "AuthType NONE"


def an_api(live: Live) -> str:
    source = live.arn("execute-api", "a1b2c3/*/GET/orders")
    live.allow("apigateway", source)
    return f"lets apigateway.amazonaws.com (API Gateway) invoke it from {source}"


def another_account(live: Live) -> str:
    live.lambda_.add_permission(
        FunctionName=live.team.estate.function,
        StatementId="partner",
        Action="lambda:InvokeFunction",
        Principal="999988887777",
    )
    return "partner lets arn:aws:iam::999988887777:root invoke it"


WAYS: dict[str, tuple[Callable[[Live], str], str]] = {
    "S3": (a_bucket, "S3 notification"),
    "SNS": (a_topic, "SNS subscription"),
    "EventBridge": (a_rule, "EventBridge rule"),
    "EventBridge, own bus": (a_rule_of_another_bus, "EventBridge rule"),
    "queue": (a_queue, "event source mapping"),
    "queue of $LATEST": (a_queue_of_latest, "event source mapping"),
    "URL": (a_url, "function URL"),
    "API Gateway": (an_api, "policy statement"),
    "another account": (another_account, "policy statement"),
}


@pytest.mark.parametrize("name", sorted(WAYS))
def test_each_way_to_latest_is_told_by_its_name(live: Live, name: str) -> None:
    make, kind = WAYS[name]
    what = make(live)

    ended = live.team.run("verify")

    assert ended.exit_code == 0, ended.log
    assert [w for w in ways(ended) if w[0] == kind and w[1].endswith(what)], ways(ended)
    assert any("$LATEST of orders" in w and "can be reached" in w for w in ended.report["warnings"])


def test_what_leads_to_the_alias_is_no_way_to_latest(live: Live) -> None:
    live.bucket("acme-in", target=live.function("live"), told=False)
    live.allow("s3", "arn:aws:s3:::acme-in", "live")
    live.queue("jobs", "live")
    live.lambda_.create_function_url_config(
        FunctionName=live.team.estate.function, Qualifier="live", AuthType="AWS_IAM"
    )

    assert ways(live.team.run("verify")) == []


@pytest.mark.parametrize(
    ("resource", "opens"),
    [("", True), (":$LATEST", True), (":*", True), ("*", True), (":live", False), (":1", False)],
)
def test_a_statement_opens_latest_by_iams_wildcards(
    live: Live, resource: str, *, opens: bool
) -> None:
    put(live, statement(live, Effect="Allow", Resource=f"{live.function()}{resource}"))

    assert bool(ways(live.team.run("verify"))) is opens


@pytest.mark.parametrize(
    ("members", "opens"),
    [
        ({"Action": "lambda:*"}, True),
        ({"Action": "LAMBDA:invokefunction"}, True),
        ({"Action": "lambda:InvokeFunctionUrl"}, True),
        ({"Action": "lambda:GetFunction"}, False),
        ({"Effect": "Deny"}, False),
    ],
)
def test_a_statement_opens_latest_by_its_actions(
    live: Live, members: dict[str, Any], *, opens: bool
) -> None:
    put(live, statement(live, **{"Effect": "Allow", **members}))

    assert bool(ways(live.team.run("verify"))) is opens


def test_a_deny_for_everybody_is_the_lock_and_closes_what_needs_the_policy(live: Live) -> None:
    a_bucket(live)
    queue = a_queue(live)
    known = json.loads(live.lambda_.get_policy(FunctionName=live.function())["Policy"])
    put(live, *known["Statement"], statement(live))

    ended = live.team.run("verify")

    assert facts(ended, "lock") == [
        ("ok", "$LATEST is locked", "statement lock denies it to everybody")
    ]
    assert ways(ended) == [("event source mapping", queue)]


@pytest.mark.parametrize(
    "members",
    [
        {"Principal": {"AWS": "arn:aws:iam::999988887777:root"}},
        {"Action": "lambda:InvokeFunction"},
        {"Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        {"Resource": "arn:aws:lambda:eu-west-1:111122223333:function:orders"},
        {"Effect": "Allow"},
    ],
)
def test_a_deny_of_less_is_no_lock(live: Live, members: dict[str, Any]) -> None:
    put(live, statement(live, **members))

    [(status, title, _)] = facts(live.team.run("verify"), "lock")

    assert (status, title) == ("warning", "$LATEST is not locked")


@pytest.mark.parametrize(
    ("organization", "locked"),
    [((False, False), True), ((False, True), False), ((None, None), False)],
)
def test_the_organization_locks_latest_when_it_denies_both_names(
    live: Live, organization: tuple[bool | None, ...], *, locked: bool
) -> None:
    asked: list[tuple[str, ...]] = []

    def simulate(_real: Lie, role: str, action: str, resources: tuple[str, ...]) -> Any:  # noqa: ANN401 - the port's
        asked.append((role, action, *resources))
        return tuple(Simulated("explicitDeny", allowed) for allowed in organization)

    def identity(real: Lie) -> Any:  # noqa: ANN401 - the port's answer
        arn = "arn:aws:sts::111122223333:assumed-role/verify/run-1"
        return replace(real(), arn=arn)

    live.team.wrap = lying(simulated=simulate, identity=identity)

    [(_, title, proof)] = facts(live.team.run("verify"), "lock")

    role = "arn:aws:iam::111122223333:role/verify"
    assert asked == [(role, "lambda:InvokeFunction", live.function(), live.function("$LATEST"))]
    assert title == ("$LATEST is locked" if locked else "$LATEST is not locked")
    assert role in proof


def test_what_may_not_be_looked_at_is_told_and_is_no_drift(live: Live) -> None:
    live.team.sandbox.faults.add("ListFunctionUrlConfigs", "denied", times=None)

    ended = live.team.run("verify")

    assert ended.exit_code == 0, ended.log
    assert facts(ended, "latest") == [
        (
            "skipped",
            "Look at $LATEST",
            f"lambda:ListFunctionUrlConfigs on {live.function()}: not allowed",
        )
    ]


def test_fail_on_unseen_makes_what_was_not_seen_no_verified(live: Live) -> None:
    live.team.sandbox.faults.add("ListFunctionUrlConfigs", "denied", times=None)

    ended = live.team.run("verify", fail_on_unseen="true")

    assert (ended.exit_code, ended.error_ids) == (28, ["E-ACCESS-03"])


@pytest.mark.parametrize(("loop", "status"), [("Terminate", "ok"), ("Allow", "warning")])
def test_a_function_whose_loops_lambda_does_not_stop_is_told(
    live: Live, loop: str, status: str
) -> None:
    live.lambda_.put_function_recursion_config(
        FunctionName=live.team.estate.function, RecursiveLoop=loop
    )

    [(found, _, proof)] = facts(live.team.run("verify"), "recursion")

    assert found == status
    assert ("Allow" in proof) is (loop == "Allow")


def fails(*_: object) -> Any:  # noqa: ANN401 - the port's
    """AWS does not answer."""
    raise AwsError.of("E-AWS-01", "AWS kept failing", "Run it again")


def test_what_does_not_answer_or_is_cut_is_told(live: Live) -> None:
    def cut(real: Lie, *given: str) -> Any:  # noqa: ANN401 - the port's
        return replace(real(*given), whole=False)

    live.team.wrap = lying(function_urls=fails, event_sources=cut)

    ended = live.team.run("verify")

    told = [proof for status, _, proof in facts(ended, "latest") if status == "skipped"]
    assert ended.exit_code == 0, ended.log
    assert told == [
        *["lambda:ListEventSourceMappings on *: only the first ten pages were read"] * 2,
        f"lambda:ListFunctionUrlConfigs on {live.function()}: no answer, E-AWS-01",
    ]


def test_a_policy_that_names_very_many_buckets_is_looked_at_in_part_and_says_so(
    live: Live,
) -> None:
    sources = [f"arn:aws:s3:::acme-{n}" for n in range(25)]
    allow = statement(live, Effect="Allow", Principal={"Service": "s3.amazonaws.com"})
    put(live, {**allow, "Condition": {"ArnLike": {"AWS:SourceArn": sources}}})

    ended = live.team.run("verify")

    looked = [c for c in ended.calls if c.operation == "GetBucketNotificationConfiguration"]
    told = [proof for status, _, proof in facts(ended, "latest") if status == "skipped"]
    assert len(looked) == 20
    assert told == ["s3:GetBucketNotification on *: only the first 20 of 25 were looked at"]


def test_a_cancelled_look_ends_the_run(live: Live) -> None:
    def stop(*_: object) -> Any:  # noqa: ANN401 - the port's
        raise Cancelled.of("E-CANCEL-01", "SIGTERM", "Run it again")

    live.team.wrap = lying(function_urls=stop)

    assert live.team.run("verify").exit_code == Cancelled.exit_code
