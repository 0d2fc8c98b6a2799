"""The static review with the live triggers: what is in the account decides what the code may do."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

import pytest

from signed_lambda.chain.workbench import Lanes
from signed_lambda.errors import AwsError, Cancelled
from tests.support.live import Live, skipped, told
from tests.support.lying import lying

if TYPE_CHECKING:
    from tests.support.action import Ended, Team

LOOKS = {
    "GetPolicy",
    "ListEventSourceMappings",
    "GetFunctionEventInvokeConfig",
    "GetFunctionRecursionConfig",
    "GetBucketNotificationConfiguration",
    "ListSubscriptionsByTopic",
    "GetSubscriptionAttributes",
    "ListRuleNamesByTarget",
    "DescribeRule",
    "DescribeSubscriptionFilters",
}
WRITE = 's3.put_object(Bucket=os.environ["BUCKET"], Key="out/x.json", Body=b"")'
SEND = 'sqs.send_message(QueueUrl=os.environ["JOBS"], MessageBody="again")'
PUBLISH = 'sns.publish(TopicArn=os.environ["TOPIC"], Message="again")'
PUT_EVENT = (
    'events.put_events(Entries=[{"EventBusName": "default", "Source": "shop",'
    ' "DetailType": "again", "Detail": "{}"}])'
)
QUEUE_URL = "https://sqs.eu-west-1.amazonaws.com/111122223333/jobs"


@pytest.fixture
def live(team: Team) -> Live:
    """Ways to make triggers for the team's function."""
    return Live(team)


def looked(ended: Ended) -> set[str]:
    """Which of the live reads were made."""
    return {c.operation for c in ended.calls} & LOOKS


# -- S3


@pytest.mark.parametrize(
    ("prefix", "suffix", "found"),
    [
        ("", "", [("REC-S3", "high")]),
        ("out/", "", [("REC-S3", "high")]),
        ("out/", ".json", [("REC-S3", "high")]),
        ("in/", "", []),
        ("", ".png", []),
        ("out/x.json.bak", "", []),
    ],
)
def test_the_live_filter_of_the_bucket_decides(
    team: Team, live: Live, prefix: str, suffix: str, found: list[tuple[str, str]]
) -> None:
    live.bucket("acme-in", prefix=prefix, suffix=suffix)
    live.environment(BUCKET="acme-in")
    live.code(WRITE)

    ended = team.run()

    assert told(ended) == found
    assert ended.error_ids == (["E-SCAN-01"] if found else []), ended.log
    assert bool(ended.writes) is not bool(found)


def test_a_finding_says_of_each_edge_where_it_was_seen(team: Team, live: Live) -> None:
    live.bucket("acme-in", prefix="out/")
    live.environment(BUCKET="acme-in")
    live.code(WRITE)

    [found] = team.run("plan").report["findings"]

    assert found["cycle"] == ["orders", "acme-in", "orders"]
    written, sent = found["evidence"]
    assert written.startswith("app.py:11 s3.put_object(")
    assert sent == (
        "live answer of s3:GetBucketNotificationConfiguration: acme-in sends s3:ObjectCreated:* of"
        f" prefix 'out/' to {live.function()}"
    )
    assert found["certainty"] == "certain"


@pytest.mark.parametrize(("prefix", "found"), [("in/", []), ("", [("REC-S3", "high")])])
def test_the_bucket_of_the_event_is_the_one_that_is_live(
    team: Team, live: Live, prefix: str, found: list[tuple[str, str]]
) -> None:
    body = 'name = event["Records"][0]["s3"]["bucket"]["name"]\n'
    live.code(body + 's3.put_object(Bucket=name, Key="out/x", Body=b"")')
    alone = team.run("scan", source="function")
    live.bucket("acme-in", prefix=prefix)

    ended = team.run("plan")

    assert told(alone) == [("REC-S3", "ask")]
    assert told(ended) == found


def test_no_bucket_starts_it_where_all_its_triggers_were_seen(team: Team, live: Live) -> None:
    body = 'name = event["Records"][0]["s3"]["bucket"]["name"]\n'
    live.code(body + 's3.put_object(Bucket=name, Key="out/x", Body=b"")')

    nothing_live = team.run("plan")
    live.queue("uploads")  # it may bring the events of any bucket
    by_a_queue = team.run("plan")

    assert (told(nothing_live), told(by_a_queue)) == ([], [("REC-S3", "ask")])


def test_a_key_is_made_of_the_live_environment(team: Team, live: Live) -> None:
    live.bucket("acme-in", prefix="in/")
    live.code('s3.put_object(Bucket="acme-in", Key=os.environ["OUT"] + "x", Body=b"")')

    live.environment(OUT="out/")
    disjoint = team.run("plan")
    live.environment(OUT="in/")
    overlapping = team.run("plan")

    assert (told(disjoint), told(overlapping)) == ([], [("REC-S3", "high")])


def test_a_bucket_that_the_policy_does_not_name_may_lead_back_through_a_queue(
    team: Team, live: Live
) -> None:
    live.queue("jobs")
    live.bucket("acme-mid", target=live.function(), told=False)
    live.s3.put_bucket_notification_configuration(
        Bucket="acme-mid",
        NotificationConfiguration={
            "QueueConfigurations": [
                {"QueueArn": live.arn("sqs", "jobs"), "Events": ["s3:ObjectCreated:Put"]}
            ]
        },
        SkipDestinationValidation=True,
    )
    live.environment(BUCKET="acme-mid")
    live.code(WRITE)

    [found] = team.run("plan").report["findings"]

    assert (found["severity"], found["cycle"]) == ("high", ["orders", "acme-mid", "jobs", "orders"])


# -- queues and streams


@pytest.mark.parametrize("qualifier", ["", "live", "1"])
def test_a_queue_that_it_sends_to_starts_it(team: Team, live: Live, qualifier: str) -> None:
    team.deployed()
    live.queue("jobs", qualifier)
    live.environment(JOBS=QUEUE_URL)
    live.code(SEND)

    assert told(team.run("plan")) == [("REC-SQS", "high")]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ('{"kind": "new"}', [("REC-SQS", "high")]),
        ('{"kind": event["kind"]}', [("REC-SQS", "ask")]),
        ('{"kind": "done"}', []),
    ],
)
def test_the_filter_of_a_live_mapping_is_held_against_the_message(
    team: Team, live: Live, body: str, found: list[tuple[str, str]]
) -> None:
    pattern = json.dumps({"body": {"kind": ["new"]}})
    live.queue("jobs", FilterCriteria={"Filters": [{"Pattern": pattern}]})
    live.environment(JOBS=QUEUE_URL)
    live.code(SEND.replace('"again"', f"json.dumps({body})"))

    assert told(team.run("plan")) == found


def test_a_mapping_that_is_off_starts_nothing(team: Team, live: Live) -> None:
    live.queue("jobs", Enabled=False)
    live.environment(JOBS=QUEUE_URL)
    live.code(SEND)

    assert told(team.run("plan")) == []


def test_a_table_whose_stream_starts_it_is_known_by_the_stream(team: Team, live: Live) -> None:
    live.mapping(
        live.arn("dynamodb", "table/orders-table/stream/2026-01-05T00:00:00.000"),
        StartingPosition="LATEST",
    )
    live.code('dynamodb.put_item(TableName="orders-table", Item={"id": {"S": "1"}})')

    [found] = team.run("plan").report["findings"]

    assert (found["rule"], found["severity"]) == ("REC-DDB-STREAM", "high")
    assert found["aws_stops"] is False


def test_the_last_page_of_the_mappings_is_read(team: Team, live: Live) -> None:
    for number in range(230):
        live.lambda_.create_event_source_mapping(
            FunctionName=team.estate.function, EventSourceArn=live.arn("sqs", f"other-{number}")
        )
    live.queue("jobs")
    live.environment(JOBS=QUEUE_URL)
    live.code(SEND)

    assert told(team.run("plan")) == [("REC-SQS", "high")]


# -- topics, buses, logs, destinations


@pytest.mark.parametrize(
    ("policy", "attributes", "found"),
    [
        (None, "{}", [("REC-SNS", "high")]),
        ({}, "{}", [("REC-SNS", "high")]),
        ({"kind": ["new"]}, "{}", []),
        ({"kind": ["new"]}, 'event["attributes"]', [("REC-SNS", "ask")]),
        (
            {"kind": ["new"]},
            '{"kind": {"DataType": "String", "StringValue": "new"}}',
            [("REC-SNS", "high")],
        ),
    ],
)
def test_the_live_filter_policy_of_a_topic_is_held_against_the_message(
    team: Team,
    live: Live,
    policy: dict[str, object] | None,
    attributes: str,
    found: list[tuple[str, str]],
) -> None:
    topic = live.topic("orders-topic", policy)
    live.environment(TOPIC=topic)
    live.code(PUBLISH.replace('"again")', f'"again", MessageAttributes={attributes})'))

    assert told(team.run("plan")) == found


@pytest.mark.parametrize("bus", ["default", "shop-bus"])
def test_a_rule_of_any_bus_starts_it_while_it_is_enabled(team: Team, live: Live, bus: str) -> None:
    live.rule("again", bus=bus)
    live.code(PUT_EVENT.replace("default", bus))

    enabled = team.run("plan")
    live.events.disable_rule(Name="again", EventBusName=bus)
    disabled = team.run("plan")

    assert told(enabled) == [("REC-EVENTBRIDGE", "high")]
    assert told(disabled) == []


def test_a_log_that_is_sent_to_its_own_function_is_found(team: Team, live: Live) -> None:
    live.logged()
    live.code("return 1")

    [found] = team.run("plan").report["findings"]

    assert (found["rule"], found["certainty"]) == ("REC-LOGS", "certain")
    assert found["path"] == "app.py"
    assert found["evidence"][-1].startswith("live answer of logs:DescribeSubscriptionFilters")


def test_failures_that_go_to_what_starts_it_are_found(team: Team, live: Live) -> None:
    live.queue("jobs")
    live.destination(live.arn("sqs", "jobs"))
    live.code("return 1")

    [found] = team.run("plan").report["findings"]

    assert found["rule"] == "REC-DEST"
    assert found["cycle"] == ["orders", "jobs", "orders"]
    assert all(line.startswith("live answer of lambda:") for line in found["evidence"])


def test_a_function_that_may_loop_by_its_live_setting_is_told_and_worse(
    team: Team, live: Live
) -> None:
    live.queue("jobs")
    live.destination(live.arn("sqs", "jobs"))
    live.code("return 1")
    before = team.run("plan")
    live.lambda_.put_function_recursion_config(
        FunctionName=team.estate.function, RecursiveLoop="Allow"
    )

    after = team.run("plan")

    assert told(before) == [("REC-DEST", "medium")]
    assert sorted(told(after)) == [("REC-ALLOW", "low"), ("REC-DEST", "high")]


# -- more than one function

OTHER = """import boto3


def handler(event, context):
    boto3.client("lambda").invoke(FunctionName="orders")
"""
TEMPLATE = """Resources:
  Other:
    Type: AWS::Serverless::Function
    Properties: {FunctionName: other, CodeUri: function, Handler: other.handler}
"""


def test_two_functions_that_start_each_other_through_a_live_bucket(team: Team, live: Live) -> None:
    live.bucket("acme-mid", target=live.arn("lambda", "function:other"), told=False)
    live.environment(BUCKET="acme-mid")
    live.code(WRITE, **{"other.py": OTHER})
    (team.workspace / "template.yaml").write_text(TEMPLATE)

    ended = team.run("plan")

    assert told(ended) == [("REC-CYCLE", "high")]
    assert set(ended.report["findings"][0]["cycle"]) == {"orders", "acme-mid", "other"}


def test_a_function_that_the_policy_lets_start_it_is_a_question(team: Team, live: Live) -> None:
    live.allow("lambda", live.arn("lambda", "function:other"))
    live.code('functions.invoke(FunctionName="other")')

    [found] = team.run("plan").report["findings"]

    assert (found["rule"], found["severity"]) == ("REC-CYCLE", "ask")
    assert "lambda:GetPolicy" in found["evidence"][1]


# -- template and live together

DECLARED = """Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: function
      Handler: app.handler
      Environment: {Variables: {BUCKET: !Ref Images}}
      Events:
        Upload:
          Type: S3
          Properties: {Bucket: !Ref Images, Events: "s3:ObjectCreated:*"}
  Images:
    Type: AWS::S3::Bucket
"""


@pytest.mark.parametrize("name", ["acme-images", "shop-images-1a2b3c4d5e6f"])
def test_what_a_template_and_aws_tell_is_one_finding(team: Team, live: Live, name: str) -> None:
    live.bucket(name)
    live.environment(BUCKET=name)
    live.code(WRITE)
    (team.workspace / "template.yaml").write_text(DECLARED)

    [found] = team.run("plan").report["findings"]

    assert found["cycle"] == ["orders", name, "orders"]
    [_, both] = found["evidence"]
    assert both.startswith("template.yaml:10 Type: S3; ")
    assert "live answer of s3:GetBucketNotificationConfiguration" in both


# -- what the role may not see


@pytest.mark.parametrize(
    ("operation", "missing", "rule"),
    [
        ("GetPolicy", "lambda:GetPolicy on {function}", None),
        ("ListEventSourceMappings", "lambda:ListEventSourceMappings on *", "REC-SQS"),
        ("GetFunctionEventInvokeConfig", "lambda:GetFunctionEventInvokeConfig on {function}", None),
        ("GetFunctionRecursionConfig", "lambda:GetFunctionRecursionConfig on {function}", None),
        (
            "GetBucketNotificationConfiguration",
            "s3:GetBucketNotification on arn:aws:s3:::acme-in",
            "REC-S3",
        ),
        ("ListSubscriptionsByTopic", "sns:ListSubscriptionsByTopic on {topic}", "REC-SNS"),
        ("GetSubscriptionAttributes", "sns:GetSubscriptionAttributes on *", "REC-SNS"),
        ("ListRuleNamesByTarget", "events:ListRuleNamesByTarget on *", None),
        ("DescribeRule", "events:DescribeRule on {rule}", "REC-EVENTBRIDGE"),
        (
            "DescribeSubscriptionFilters",
            "logs:DescribeSubscriptionFilters on {logs}",
            None,
        ),
    ],
)
def test_what_the_role_may_not_see_is_named_and_no_more_than_a_question(
    team: Team, live: Live, operation: str, missing: str, rule: str | None
) -> None:
    live.bucket("acme-in")
    live.queue("jobs")
    topic = live.topic("orders-topic")
    live.rule("again")
    live.environment(BUCKET="acme-in", JOBS=QUEUE_URL, TOPIC=topic)
    live.code(f"{WRITE}\n{SEND}\n{PUBLISH}\n{PUT_EVENT}")
    team.sandbox.faults.add(operation, "denied", times=None)

    ended = team.run("plan", fail_on="never")

    names = {
        "function": live.function(),
        "topic": topic,
        "rule": live.arn("events", "rule/again"),
        "logs": live.arn("logs", "log-group:/aws/lambda/orders"),
    }
    assert skipped(ended) == [f"missing {missing.format(**names)}"]
    assert {r for r, _ in told(ended)} == {"REC-S3", "REC-SQS", "REC-SNS", "REC-EVENTBRIDGE"}
    assert rule is None or (rule, "ask") in told(ended)
    assert ended.exit_code == 0


def test_a_role_without_any_live_read_deploys_and_says_all_that_it_lacks_once(
    team: Team, live: Live
) -> None:
    live.queue("jobs")
    live.environment(JOBS=QUEUE_URL)
    live.code(SEND)
    for operation in LOOKS:
        team.sandbox.faults.add(operation, "denied", times=None)

    ended = team.run()

    [said] = skipped(ended)
    assert (ended.exit_code, ended.outputs["outcome"]) == (0, "deployed"), ended.log
    assert told(ended) == []
    assert f"missing lambda:GetPolicy on {live.function()}; " in said
    assert "missing lambda:ListEventSourceMappings on *" in said


def test_an_unseen_trigger_stops_a_plan_that_must_see_all(team: Team) -> None:
    team.change_code()
    team.sandbox.faults.add("GetPolicy", "denied", times=None)

    ended = team.run("plan", fail_on_unseen="true")

    assert ended.error_ids == ["E-ACCESS-03"]


@pytest.mark.parametrize("operation", sorted(LOOKS))
def test_a_throttle_of_any_live_read_is_ridden_out(team: Team, live: Live, operation: str) -> None:
    live.bucket("acme-in")
    live.topic("orders-topic")
    live.rule("again")
    live.environment(BUCKET="acme-in")
    live.code(WRITE)
    team.sandbox.faults.add(operation, "throttle", times=2)

    ended = team.run("plan")

    assert (skipped(ended), told(ended)) == ([], [("REC-S3", "high")])


@pytest.mark.parametrize("kind", ["throttle", "error500_before", "conn_before", "html_200"])
def test_a_live_read_that_never_comes_ends_no_run(team: Team, live: Live, kind: str) -> None:
    live.code("return 1")
    team.sandbox.faults.add("GetPolicy", kind, times=None)

    ended = team.run()

    assert ended.outputs["outcome"] == "deployed", ended.log
    [said] = skipped(ended)
    assert said.startswith(f"lambda:GetPolicy on {live.function()}: no answer, E-")
    assert ended.report["took_s"] < 120


def test_a_run_that_is_cancelled_while_it_looks_ends(team: Team) -> None:
    def cancel(*_: object) -> None:
        raise Cancelled.of("E-CANCEL-01", "the job was cancelled (SIGTERM)", "Run it again")

    team.wrap = lying(permissions=cancel)

    ended = team.run()

    assert ended.error_ids == ["E-CANCEL-01"]
    assert ended.writes == []


def test_a_run_whose_time_is_over_while_it_looks_ends(team: Team) -> None:
    def take_long(*_: object) -> None:
        team.sandbox.clock.sleep(3600)
        raise AwsError.of("E-AWS-01", "gave up", "Run it again")

    team.wrap = lying(permissions=take_long)

    ended = team.run("plan")

    assert ended.error_ids == ["E-TIME-01"]


# -- secrets

CANARY = "c4nary-0f-a-s3cret"


def every_text(team: Team, ended: Ended) -> str:
    """All that a run writes."""
    files = [p for p in team.workspace.rglob("*") if p.is_file() and "function" not in p.parts]
    written = "".join(p.read_text(encoding="utf-8", errors="replace") for p in files)
    return ended.log + ended.summary + json.dumps(dict(ended.outputs)) + written


@pytest.mark.parametrize("fault", [None, "denied", "conn_before", "throttle", "html_200"])
def test_a_value_of_the_live_environment_is_never_shown(
    team: Team, live: Live, fault: str | None
) -> None:
    live.queue("jobs-dlq")  # what it sends on may come back there: the finding names the queue
    live.bucket("acme-in")
    live.environment(BUCKET=CANARY, JOBS=CANARY, TOPIC=f"arn:aws:sns:eu-west-1:1:{CANARY}")
    live.code(
        f"{WRITE}\n{SEND}\n{PUBLISH}\n"
        'functions.invoke(FunctionName=os.environ["BUCKET"])\n'
        's3.put_object(Bucket="acme-in", Key=os.environ["JOBS"], Body=b"")'
    )
    if fault is not None:
        for operation in LOOKS:
            team.sandbox.faults.add(operation, fault, times=None)

    ended = team.run("plan")

    assert CANARY not in every_text(team, ended)
    if fault is None:
        assert "GetBucketNotificationConfiguration" in looked(ended)
        [redrive] = [f for f in ended.report["findings"] if f["rule"] == "REC-CYCLE-REDRIVE"]
        assert redrive["cycle"] == ["orders", "${JOBS}", "jobs-dlq", "orders"]
    else:
        assert "arn:aws:s3:::${BUCKET}" in "".join(skipped(ended))


def test_a_value_that_is_no_bucket_name_is_sent_nowhere(team: Team, live: Live) -> None:
    live.environment(BUCKET="Not_A_Bucket")
    live.code(WRITE)

    ended = team.run("plan")

    assert "GetBucketNotificationConfiguration" not in looked(ended)


# -- what it costs


def test_a_run_that_changes_nothing_looks_at_no_trigger(team: Team, live: Live) -> None:
    live.code("return 1")
    team.deployed()
    live.queue("jobs")

    deployed, planned = team.run(), team.run("plan")

    assert (deployed.outputs["outcome"], planned.outputs["outcome"]) == ("unchanged", "unchanged")
    assert (looked(deployed), looked(planned)) == (set(), set())


def test_what_the_live_look_cleared_does_not_come_back_on_the_next_run(
    team: Team, live: Live
) -> None:
    """The topic of the event is proof enough for the code alone; its filter holds it back."""
    live.topic("orders-topic", {"kind": ["new"]})
    live.code('sns.publish(TopicArn=event["Records"][0]["Sns"]["TopicArn"], Message="x")')

    alone, first, second = team.run("scan", source="function"), team.run(), team.run()

    assert told(alone) == [("REC-SNS", "high")]
    assert told(first) == told(second) == []
    assert (first.outputs["outcome"], second.outputs["outcome"]) == ("deployed", "unchanged")


def test_the_reads_are_made_side_by_side(team: Team) -> None:
    """Each waits for the other, which only comes when they are under way together."""
    both = threading.Barrier(2, timeout=30)
    team.sandbox.before("GetPolicy", lambda _: both.wait())
    team.sandbox.before("DescribeSubscriptionFilters", lambda _: both.wait())
    team.lanes = Lanes

    ended = team.run()

    assert not both.broken
    assert ended.outputs["outcome"] == "deployed", ended.log


def test_only_so_many_resources_are_looked_at_and_the_cut_is_said(team: Team, live: Live) -> None:
    for number in range(23):
        live.allow("s3", f"arn:aws:s3:::acme-{number}")

    ended = team.run("plan")

    asked = [c for c in ended.calls if c.operation == "GetBucketNotificationConfiguration"]
    assert len(asked) == 20
    assert skipped(ended) == [
        "s3:GetBucketNotification on *: only the first 20 of 23 were looked at"
    ]


def test_a_live_look_only_reads(team: Team, live: Live) -> None:
    live.bucket("acme-in")
    live.topic("orders-topic")
    live.rule("again")

    ended = team.run("plan")

    assert looked(ended) == LOOKS
    assert ended.writes == []
