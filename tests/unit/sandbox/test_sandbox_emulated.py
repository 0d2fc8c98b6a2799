"""The services that moto gives, through the sandbox: evidence of triggers, events, alarms."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.sandbox.rig import ACCOUNT, client, refused

if TYPE_CHECKING:
    from tests.unit.sandbox.rig import Rig

ARN = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:orders"


@pytest.fixture
def live(rig: Rig) -> Rig:
    """A function with version 1 and the alias live."""
    rig.function()
    rig.sandbox.acts.publish("orders")
    rig.sandbox.acts.create_alias("orders", "live", "1")
    return rig


def invoked(rig: Rig) -> list[tuple[str, Any]]:
    """What was invoked, by which ARN, with which event."""
    return [
        (invocation["context"].invoked_function_arn, invocation["event"])
        for invocation in rig.sandbox.lambda_state.invocations
    ]


def test_rules_are_found_by_their_target(live: Rig) -> None:
    del live
    events = client("events")
    events.put_rule(Name="nightly", EventPattern='{"source":["acme"]}')
    events.put_targets(Rule="nightly", Targets=[{"Id": "1", "Arn": f"{ARN}:live"}])

    assert events.list_rule_names_by_target(TargetArn=f"{ARN}:live")["RuleNames"] == ["nightly"]


def test_message_of_a_topic_invokes_our_function(live: Rig) -> None:
    sns = client("sns")
    topic = sns.create_topic(Name="t")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=f"{ARN}:live")

    sns.publish(TopicArn=topic, Message="hello")

    ((arn, event),) = invoked(live)
    assert (arn, event["Records"][0]["Sns"]["Message"]) == (f"{ARN}:live", "hello")
    subscription = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"][0]
    assert subscription["Endpoint"] == f"{ARN}:live"


def test_message_for_a_missing_function_is_nobodys_error(rig: Rig) -> None:
    sns = client("sns")
    topic = sns.create_topic(Name="t")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=ARN)

    sns.publish(TopicArn=topic, Message="hello")

    assert invoked(rig) == []


def test_object_of_a_bucket_invokes_our_function(live: Rig) -> None:
    bucket = live.bucket()
    live.s3.put_bucket_notification_configuration(
        Bucket=bucket,
        NotificationConfiguration={
            "LambdaFunctionConfigurations": [
                {"LambdaFunctionArn": f"{ARN}:live", "Events": ["s3:ObjectCreated:*"]}
            ]
        },
    )

    live.s3.put_object(Bucket=bucket, Key="k", Body=b"x")

    ((arn, event),) = invoked(live)
    assert (arn, event["Records"][0]["s3"]["object"]["key"]) == (f"{ARN}:live", "k")


def test_lines_of_a_log_invoke_our_function(live: Rig) -> None:
    logs = client("logs")
    group = "/aws/lambda/orders"
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    logs.put_subscription_filter(
        logGroupName=group, filterName="all", filterPattern="", destinationArn=f"{ARN}:live"
    )

    # moto takes no line that is old by the machine's clock
    line = {"timestamp": int(datetime.now(UTC).timestamp() * 1000), "message": "hello"}
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[line])

    ((arn, event),) = invoked(live)
    told = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
    assert (arn, told["logGroup"], told["owner"]) == (f"{ARN}:live", group, ACCOUNT)
    assert [e["message"] for e in told["logEvents"]] == ["hello"]


def test_new_alarm_has_insufficient_data_and_a_changed_one_keeps_its_state(rig: Rig) -> None:
    del rig
    cloudwatch = client("cloudwatch")
    alarm: dict[str, Any] = {
        "AlarmName": "errors",
        "Namespace": "AWS/Lambda",
        "MetricName": "Errors",
        "ComparisonOperator": "GreaterThanThreshold",
        "EvaluationPeriods": 1,
        "Period": 60,
        "Statistic": "Sum",
        "Threshold": 1,
    }

    def state() -> str:
        found: str = cloudwatch.describe_alarms(AlarmNames=["errors"])["MetricAlarms"][0][
            "StateValue"
        ]
        return found

    cloudwatch.put_metric_alarm(**alarm)
    new = state()
    cloudwatch.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="test")

    assert (new, state()) == ("INSUFFICIENT_DATA", "ALARM")


def test_codedeploy_applications_come_and_go(rig: Rig) -> None:
    del rig
    codedeploy = client("codedeploy")
    codedeploy.create_application(applicationName="app", computePlatform="Lambda")
    there = codedeploy.list_applications()["applications"]

    codedeploy.delete_application(applicationName="app")

    assert there == ["app"]
    assert codedeploy.list_applications()["applications"] == []


def test_web_identity_needs_no_credentials_and_gives_a_session(rig: Rig) -> None:
    answer = rig.sts.assume_role_with_web_identity(
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/deploy",
        RoleSessionName="run-1",
        WebIdentityToken="header.claims.signature",
    )

    session = client("sts", access_key=answer["Credentials"]["AccessKeyId"])

    assert session.get_caller_identity()["Arn"] == (
        f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/run-1"
    )


def test_operation_that_moto_lacks_is_501_and_says_so(rig: Rig) -> None:
    del rig

    with refused("NotImplemented", 501, "moto: "):
        client("codedeploy").list_git_hub_account_token_names()


def test_queues_and_policies_are_motos(rig: Rig) -> None:
    del rig
    url = client("sqs").create_queue(QueueName="jobs")["QueueUrl"]
    client("sqs").send_message(QueueUrl=url, MessageBody="m")
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    arn = client("iam").create_policy(PolicyName="p", PolicyDocument=policy)["Policy"]["Arn"]

    assert client("sqs").receive_message(QueueUrl=url)["Messages"][0]["Body"] == "m"
    assert arn == f"arn:aws:iam::{ACCOUNT}:policy/p"
