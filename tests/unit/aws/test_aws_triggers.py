"""What triggers a function, as boto3 parses it: only what has its form goes on."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from lambda_sandbox import Sandbox
from signed_lambda.aws.answer import Answer, NotAnAnswer
from signed_lambda.aws.trigger_reads import (
    _event_source,
    _notifications,
    _permissions,
    _simulated,
    read_statement,
)
from signed_lambda.errors import AwsError
from signed_lambda.latest import Simulated, Statement
from signed_lambda.model import FunctionName
from signed_lambda.triggers import EventSource, FilterPolicy, Notification, Permission
from tests.support.aws import make_aws, shared_clients

if TYPE_CHECKING:
    from signed_lambda.aws import Aws

ORDERS = FunctionName("orders")
HERE = "eu-west-1:111122223333"


@pytest.fixture
def sandbox() -> Sandbox:
    """An account without a function."""
    return Sandbox()


@pytest.fixture
def aws(sandbox: Sandbox) -> Aws:
    """The product's AWS on it."""
    return make_aws(sandbox)


def test_what_many_questions_need_is_made_before_they_are_asked(sandbox: Sandbox, aws: Aws) -> None:
    clients = shared_clients()
    asked_for: list[str] = []

    def of(service: str) -> object:
        asked_for.append(service)
        return clients.of(service)

    aws._clients = replace(clients, of=of)
    aws.get_ready()
    ready, sent = set(asked_for), list(sandbox.calls)
    asked_for.clear()
    aws.notifications("bucket")
    aws.log_subscriptions("/aws/lambda/orders")
    aws.rule_names(f"arn:aws:lambda:{HERE}:function:orders", "default")

    assert sent == []
    assert ready == set(asked_for)


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        (
            {"Principal": {"Service": "s3.amazonaws.com"}},
            [Permission("s3.amazonaws.com", "")],
        ),
        (
            {
                "Principal": {"Service": "s3.amazonaws.com"},
                "Condition": {
                    "StringEquals": {"AWS:SourceAccount": "111122223333"},
                    "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::b"},
                },
            },
            [Permission("s3.amazonaws.com", "arn:aws:s3:::b")],
        ),
        (
            {
                "Principal": {"AWS": ["arn:aws:iam::1:root", "*"]},
                "Condition": {"StringLikeIfExists": {"aws:sourceArn": ["a", "b"]}},
            },
            [
                Permission("arn:aws:iam::1:root", "a"),
                Permission("arn:aws:iam::1:root", "b"),
                Permission("*", "a"),
                Permission("*", "b"),
            ],
        ),
        ({"Principal": "*"}, [Permission("*", "")]),
        ({"Principal": "*", "Effect": "Deny"}, []),
        (
            {"Principal": "*", "Condition": {"StringNotEquals": {"AWS:SourceArn": "a"}}},
            [Permission("*", "")],
        ),
    ],
)
def test_a_statement_says_who_may_start_the_function(
    statement: dict[str, Any], found: list[Permission]
) -> None:
    whole = {"Effect": "Allow", "Action": "lambda:InvokeFunction"} | statement

    as_list = tuple(_permissions(json.dumps({"Statement": [whole]})))
    alone = tuple(_permissions(json.dumps({"Statement": whole})))

    assert as_list == alone == tuple(found)


@pytest.mark.parametrize(
    "policy", ["", "x", "[]", '{"Statement": [1]}', '{"Statement": "x"}', "[" * 100_000]
)
def test_a_policy_of_another_form_is_no_answer(policy: str) -> None:
    with pytest.raises(NotAnAnswer):
        tuple(_permissions(policy))


def test_criteria_that_lambda_does_not_tell_are_a_filter_all_the_same() -> None:
    hidden = {"State": "Enabled", "EventSourceArn": "a", "FilterCriteriaError": {"ErrorCode": "x"}}
    none = {"State": "Enabled", "EventSourceArn": "a", "FilterCriteria": {}}

    assert _event_source(Answer(hidden)) == EventSource("a", "Enabled", ("",))
    assert _event_source(Answer(none)) == EventSource("a", "Enabled", ())


def test_a_notification_is_read_whatever_it_is_sent_to_and_however_its_rules_are_spelled() -> None:
    rules = [{"Name": "Prefix", "Value": "in/"}, {"Name": "suffix", "Value": ".json"}]
    answer = Answer(
        {
            "QueueConfigurations": [{"QueueArn": "q", "Events": ["s3:ObjectCreated:Put"]}],
            "TopicConfigurations": [
                {"TopicArn": "t", "Events": ["x"], "Filter": {"Key": {"FilterRules": rules}}}
            ],
            "EventBridgeConfiguration": {},
        }
    )

    assert tuple(_notifications(answer)) == (
        Notification("q", ("s3:ObjectCreated:Put",), "", ""),
        Notification("t", ("x",), "in/", ".json"),
    )


def test_what_does_not_exist_triggers_nothing(aws: Aws) -> None:
    topic = f"arn:aws:sns:{HERE}:nobody"

    assert aws.permissions(ORDERS) == ()
    assert aws.destinations(ORDERS, "live") == ()
    assert aws.notifications("nobody") == ()
    assert aws.subscriptions(topic).items == ()
    assert aws.filter_policy(f"{topic}:0b1e") == FilterPolicy("", "")
    assert aws.rule_names(f"arn:aws:lambda:{HERE}:function:orders", "nobody").items == ()
    assert aws.rule("nobody", "default") is None
    assert aws.log_subscriptions("/aws/lambda/orders").items == ()


def test_every_page_is_read_up_to_a_thousand(sandbox: Sandbox, aws: Aws) -> None:
    sns: Any = shared_clients().sns()
    topic = sns.create_topic(Name="t")["TopicArn"]
    for number in range(120):
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:{HERE}:q{number}")

    found = aws.subscriptions(topic)

    assert (len(found.items), found.whole) == (120, True)
    assert [c.operation for c in sandbox.calls].count("ListSubscriptionsByTopic") == 2


def test_more_than_is_read_is_not_taken_for_the_whole(sandbox: Sandbox, aws: Aws) -> None:
    del sandbox
    events: Any = shared_clients().events()
    target = f"arn:aws:lambda:{HERE}:function:orders"
    for number in range(505):  # moto gives 50 a page
        events.put_rule(Name=f"r{number}", EventPattern='{"source":["x"]}')
        events.put_targets(Rule=f"r{number}", Targets=[{"Id": "1", "Arn": target}])

    found = aws.rule_names(target, "default")

    assert (len(found.items), found.whole) == (500, False)


@pytest.mark.parametrize("kind", ["throttle", "error500_before", "conn_before"])
def test_a_read_that_no_deploy_depends_on_is_given_up_soon(
    sandbox: Sandbox, aws: Aws, kind: str
) -> None:
    sandbox.faults.add("GetBucketNotificationConfiguration", kind, times=None)
    began = sandbox.clock.monotonic()

    with pytest.raises(AwsError) as refused:
        aws.notifications("some-bucket")

    assert sandbox.clock.monotonic() - began <= 20
    assert "some-bucket" not in str(refused.value)


def test_no_line_of_a_failing_network_holds_the_buckets_name(sandbox: Sandbox) -> None:
    lines: list[str] = []
    aws = make_aws(sandbox, say=lines.append)
    sandbox.faults.add("GetBucketNotificationConfiguration", "conn_before", times=2)

    aws.notifications("s3cret-bucket")

    assert lines
    assert "s3cret-bucket" not in "".join(lines)


@pytest.mark.parametrize(
    ("detail", "allowed"),
    [
        ({"AllowedByOrganizations": False}, False),
        ({"AllowedByOrganizations": True}, True),
        ({}, None),
        (None, None),
    ],
)
def test_a_simulation_says_what_the_organization_says(
    detail: dict[str, Any] | None, *, allowed: bool | None
) -> None:
    result = {"EvalDecision": "explicitDeny", "OrganizationsDecisionDetail": detail}

    assert _simulated(Answer(result)) == Simulated("explicitDeny", allowed)


def test_a_statement_is_read_whatever_it_leaves_out() -> None:
    bare = {"Effect": "Deny", "NotPrincipal": {"AWS": "a"}, "NotAction": "b", "NotResource": "c"}

    assert read_statement(Answer(bare)) == Statement(
        sid="",
        effect="Deny",
        principals=(),
        actions=(),
        resources=(),
        sources=(),
        conditional=False,
    )


@pytest.mark.parametrize("effect", ["Audit", "", None])
def test_a_statement_of_another_effect_is_no_answer(effect: str | None) -> None:
    with pytest.raises(NotAnAnswer):
        read_statement(Answer({"Effect": effect}))


def test_nobody_is_simulated_who_does_not_exist(aws: Aws) -> None:
    nobody = "arn:aws:iam::111122223333:role/nobody"

    assert aws.simulated(nobody, "lambda:InvokeFunction", ("*",)) is None
