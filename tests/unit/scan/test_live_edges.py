"""What is live beside what is declared: which is the same, which decides, and who is meant."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from signed_lambda.scan import findings_in
from signed_lambda.scan.form import Module
from signed_lambda.scan.infra.model import Infra
from signed_lambda.scan.infra.read import read_templates
from signed_lambda.scan.live import add
from signed_lambda.scan.reading import read
from signed_lambda.scan.world import groundwork, world_around
from signed_lambda.triggers import (
    EventRule,
    EventSource,
    FilterPolicy,
    LiveTriggers,
    LogSubscription,
    Notification,
    Permission,
    Subscription,
    Unseen,
)

if TYPE_CHECKING:
    from signed_lambda.report.model import Finding

HERE = "eu-west-1:111122223333"
ME = f"arn:aws:lambda:{HERE}:function:orders"
TOPIC = f"arn:aws:sns:{HERE}:again"
NOTHING = LiveTriggers(
    function="orders",
    account="111122223333",
    region="eu-west-1",
    handler="app.handler",
    environment={},
    log_group="/aws/lambda/orders",
    dead_letter="",
    destinations=(),
    recursive_loop="Terminate",
    permissions=(),
    event_sources=(),
    buckets={},
    topics={},
    rules={},
    log_subscriptions=(),
    qualifiers=("",),
    unseen=(),
    calls=6,
)
WRITES = """import boto3
s3 = boto3.client("s3")
def handler(event, context):
    s3.put_object(Bucket="acme-in", Key="out/x", Body=b"")
"""
SENDS = """import boto3
sqs = boto3.client("sqs")
def handler(event, context):
    sqs.send_message(QueueUrl="https://sqs.eu-west-1.amazonaws.com/111122223333/jobs")
"""
PUBLISHES = f"""import boto3
sns = boto3.client("sns")
def handler(event, context):
    sns.publish(TopicArn="{TOPIC}", Message="x")
"""


def parsed(name: str, text: str) -> Module:
    module = read(name, text.encode())
    assert isinstance(module, Module)
    return module


def found(live: LiveTriggers, template: str = "", **files: str) -> list[Finding]:
    """The findings in Python files by their names, with a template and what is live."""
    infra, unread = read_templates({"template.yaml": template.encode()} if template else {})
    assert unread == ()
    modules = [parsed(f"{name}.py", text) for name, text in files.items()]
    return list(findings_in(world_around(groundwork(modules, "orders", infra), live)))


def sent(prefix: str, target: str = ME) -> tuple[Notification, ...]:
    return (Notification(target, ("s3:ObjectCreated:*",), prefix, ""),)


@pytest.mark.parametrize("target", [ME, f"{ME}:live", f"{ME}:7"])
def test_every_qualifier_of_the_function_is_the_function(target: str) -> None:
    live = replace(NOTHING, buckets={"acme-in": sent("out/", target)})

    assert [f.severity for f in found(live, app=WRITES)] == ["high"]


@pytest.mark.parametrize(
    "target",
    [
        f"{ME}-copy",
        "arn:aws:lambda:us-east-1:111122223333:function:orders",
        "arn:aws:lambda:eu-west-1:999988887777:function:orders",
    ],
)
def test_a_function_of_another_name_region_or_account_is_another_function(target: str) -> None:
    live = replace(NOTHING, buckets={"acme-in": sent("", target)})

    assert found(live, app=WRITES) == []


def test_a_topic_of_another_account_is_not_the_one_of_its_name() -> None:
    theirs = TOPIC.replace("111122223333", "999988887777")
    subscribed = (Subscription(f"{theirs}:1", "lambda", ME, FilterPolicy("", "")),)

    assert found(replace(NOTHING, topics={theirs: subscribed}), app=PUBLISHES) == []


def test_a_subscription_that_waits_for_its_confirmation_gets_nothing() -> None:
    waiting = (Subscription("PendingConfirmation", "lambda", ME, None),)

    assert found(replace(NOTHING, topics={TOPIC: waiting}), app=PUBLISHES) == []


def test_a_topic_leads_back_through_a_queue() -> None:
    queue = f"arn:aws:sqs:{HERE}:jobs"
    live = replace(
        NOTHING,
        topics={TOPIC: (Subscription(f"{TOPIC}:1", "sqs", queue, FilterPolicy("", "")),)},
        event_sources=(EventSource(queue, "Enabled", ()),),
    )

    [one] = found(live, app=PUBLISHES)

    assert (one.severity, one.cycle) == ("high", ("orders", "again", "jobs", "orders"))


@pytest.mark.parametrize(
    ("state", "findings"),
    [("Enabled", 1), ("Creating", 1), ("Updating", 1), ("Disabled", 0), ("Disabling", 0)],
)
def test_a_mapping_counts_while_it_is_on_or_about_to_be(state: str, findings: int) -> None:
    live = replace(NOTHING, event_sources=(EventSource(f"arn:aws:sqs:{HERE}:jobs", state, ()),))

    assert len(found(live, app=SENDS)) == findings


def test_the_live_handler_says_which_of_the_packages_functions_is_deployed() -> None:
    live = replace(NOTHING, event_sources=(EventSource(f"arn:aws:sqs:{HERE}:jobs", "Enabled", ()),))

    deployed = found(replace(live, handler="sender.handler"), app=WRITES, sender=SENDS)
    other = found(replace(live, handler="app.handler"), app=WRITES, sender=SENDS)

    assert [(f.path, f.severity) for f in deployed] == [("sender.py", "high")]
    assert other == []


def test_a_handler_that_is_not_found_makes_a_question() -> None:
    live = replace(
        NOTHING,
        handler="bootstrap",
        event_sources=(EventSource(f"arn:aws:sqs:{HERE}:jobs", "Enabled", ()),),
    )

    assert [f.severity for f in found(live, app=WRITES, sender=SENDS)] == ["ask"]


def test_a_java_handler_is_found_by_its_class() -> None:
    text = """package com.acme;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.SendMessageRequest;
public class Orders implements RequestHandler<Object, String> {
  private final SqsClient sqs = SqsClient.create();
  public String handleRequest(Object event, Context context) {
    sqs.sendMessage(SendMessageRequest.builder()
        .queueUrl("https://sqs.eu-west-1.amazonaws.com/111122223333/jobs").build());
    return "";
  }
}
"""
    live = replace(NOTHING, event_sources=(EventSource(f"arn:aws:sqs:{HERE}:jobs", "Enabled", ()),))
    ground = groundwork([parsed("com/acme/Orders.java", text)], "orders", Infra())

    severities = [
        [f.severity for f in findings_in(world_around(ground, replace(live, handler=handler)))]
        for handler in ("com.acme.Orders", "com.acme.Orders::handleRequest")
    ]

    assert severities == [["high"], ["high"]]


PERMITTED = """Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties: {FunctionName: orders, CodeUri: ., Handler: app.handler}
  May:
    Type: AWS::Lambda::Permission
    Properties:
      Principal: s3.amazonaws.com
      FunctionName: !Ref Orders
      SourceArn: arn:aws:s3:::acme-in
"""


@pytest.mark.parametrize(
    ("buckets", "severities"),
    [
        ({}, ["ask"]),
        ({"acme-in": None}, ["ask"]),
        ({"acme-in": sent("in/")}, []),
        ({"acme-in": sent("")}, ["high"]),
    ],
)
def test_what_a_template_leaves_open_is_decided_by_what_is_live(
    buckets: dict[str, tuple[Notification, ...] | None], severities: list[str]
) -> None:
    live = replace(NOTHING, buckets=buckets)

    assert [f.severity for f in found(live, PERMITTED, app=WRITES)] == severities


def test_what_a_template_declares_for_certain_stays() -> None:
    declared = """Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: orders
      CodeUri: .
      Handler: app.handler
      Events:
        Up: {Type: S3, Properties: {Bucket: !Ref In, Events: "s3:ObjectCreated:*"}}
  In: {Type: AWS::S3::Bucket, Properties: {BucketName: acme-in}}
"""
    live = replace(NOTHING, buckets={"acme-in": sent("in/")})

    [one] = found(live, declared, app=WRITES)

    assert (one.severity, one.evidence[1].partition(" ")[0]) == ("high", "template.yaml:9")


def test_a_survey_is_judged_again_and_again_with_the_same_result() -> None:
    infra, _ = read_templates({"template.yaml": PERMITTED.encode()})
    ground = groundwork([parsed("app.py", WRITES)], "orders", infra)
    live = replace(NOTHING, buckets={"acme-in": sent("")})

    alone = findings_in(world_around(ground))
    first, second = (findings_in(world_around(ground, live)) for _ in range(2))

    assert first == second
    assert findings_in(world_around(ground)) == alone != first


def test_the_functions_answer_to_loops_is_kept_with_it() -> None:
    ground = groundwork([parsed("app.py", WRITES)], "orders", Infra())
    infra = ground.infra.copied()

    add(infra, ground.program, ground.sinks, replace(NOTHING, recursive_loop="Allow"))

    assert [(f.label, f.recursive_loop) for f in infra.functions] == [("orders", "Allow")]


@pytest.mark.parametrize(
    ("log_group", "pattern", "severities"),
    [
        ("/aws/lambda/orders", "", ["medium"]),
        ("/acme/orders", "", ["medium"]),
        ("/acme/orders", "ERROR", ["ask"]),
    ],
)
def test_its_own_log_starts_it_whatever_the_log_group_is_called(
    log_group: str, pattern: str, severities: list[str]
) -> None:
    live = replace(NOTHING, log_group=log_group, log_subscriptions=(LogSubscription(ME, pattern),))

    assert [f.severity for f in found(live, app="def handler(event, context):\n    pass\n")] == (
        severities
    )


def test_a_rule_that_was_not_seen_is_a_question() -> None:
    puts = """import boto3
def handler(event, context):
    entry = {"EventBusName": "shop", "Source": "x", "DetailType": "y", "Detail": "{}"}
    boto3.client("events").put_events(Entries=[entry])
"""
    rule = f"arn:aws:events:{HERE}:rule/shop/again"
    unseen = (Unseen("events:DescribeRule", rule, "not allowed"),)

    [one] = found(replace(NOTHING, rules={rule: None}, unseen=unseen), app=puts)

    assert (one.rule, one.severity) == ("REC-EVENTBRIDGE", "ask")
    assert "events:DescribeRule is missing" in one.evidence[1]


@pytest.mark.parametrize("pattern", ["", "x", "[]", '{"source": 1}', '{"source": "x"}'])
def test_a_pattern_of_another_form_breaks_nothing(pattern: str) -> None:
    rule = f"arn:aws:events:{HERE}:rule/again"
    live = replace(NOTHING, rules={rule: EventRule("again", "default", True, pattern)})

    assert found(live, app=WRITES) == []


@pytest.mark.parametrize(
    "arn", ["", "arn", "x:y", "arn:aws:events:r:1:rule/x", "arn:aws:kafka:a:b:c"]
)
def test_an_arn_of_another_form_names_nothing(arn: str) -> None:
    live = replace(
        NOTHING,
        permissions=(Permission("*", arn),),
        event_sources=(EventSource(arn, "Enabled", ()),),
        dead_letter=arn,
    )

    assert found(live, app=WRITES) == []


def test_no_value_of_the_environment_is_in_the_text_of_what_is_live() -> None:
    live = replace(NOTHING, environment={"TOKEN": "s3cret"}, buckets={"s3cret": None})

    assert "s3cret" not in repr(live)
