"""Triggers that stand in a place of their own: exports, redrive policies, log groups, schedules."""

from __future__ import annotations

import pytest

from signed_lambda.scan import findings_in
from tests.unit.scan.conftest import MakesWorlds, scanned

SEND = """
import boto3, os
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=os.environ["NEXT"], MessageBody="again")
"""
USES = """
Resources:
  Work:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Environment: {Variables: {NEXT: !ImportValue JobsUrl}}
      Events: {Job: {Type: SQS, Properties: {Queue: !ImportValue JobsArn}}}
"""
GIVES = """
Resources: {Jobs: {Type: AWS::SQS::Queue}, Done: {Type: AWS::SQS::Queue}}
Outputs:
  Url: {Value: !Ref Jobs, Export: {Name: JobsUrl}}
  Arn: {Value: !GetAtt WHICH.Arn, Export: {Name: JobsArn}}
"""


@pytest.mark.parametrize(("which", "rules"), [("Jobs", ["REC-SQS"]), ("Done", [])])
def test_what_one_stack_exports_another_imports(which: str, rules: list[str]) -> None:
    templates = {"app.yaml": USES, "queues.yaml": GIVES.replace("WHICH", which)}

    assert [f.rule for f in scanned({"app.py": SEND}, templates)] == rules


REDRIVE = """
resource "aws_sqs_queue" "main" { name = "main" }
resource "aws_sqs_queue" "other" { name = "other" }
resource "aws_sqs_queue" "late" { name = "late" }
resource "aws_sqs_queue_redrive_policy" "main" {
  queue_url = aws_sqs_queue.WHICH.id
  redrive_policy = jsonencode({ deadLetterTargetArn = aws_sqs_queue.late.arn })
}
resource "aws_lambda_function" "work" {
  function_name = "work"
  handler = "app.handler"
  environment { variables = { NEXT = aws_sqs_queue.main.url } }
}
resource "aws_lambda_event_source_mapping" "work" {
  event_source_arn = aws_sqs_queue.late.arn
  function_name = aws_lambda_function.work.arn
}
"""


@pytest.mark.parametrize(("which", "rules"), [("main", ["REC-CYCLE-REDRIVE"]), ("other", [])])
def test_a_redrive_policy_may_be_a_resource_of_its_own(which: str, rules: list[str]) -> None:
    found = scanned({"app.py": SEND}, {"main.tf": REDRIVE.replace("WHICH", which)})

    assert [f.rule for f in found] == rules


LOGS = """
resource "aws_lambda_function" "work" {
  function_name = "work"
  handler = "app.handler"
}
resource "aws_lambda_function" "other" {
  function_name = "other"
  handler = "other.handler"
}
resource "aws_cloudwatch_log_group" "work" {
  name = "/aws/lambda/${aws_lambda_function.WHICH.function_name}"
}
resource "aws_cloudwatch_log_subscription_filter" "work" {
  log_group_name = aws_cloudwatch_log_group.work.name
  filter_pattern = ""
  destination_arn = aws_lambda_function.work.arn
}
"""


@pytest.mark.parametrize(("which", "rules"), [("work", ["REC-LOGS"]), ("other", [])])
def test_a_log_group_is_a_function_s_by_its_name(which: str, rules: list[str]) -> None:
    code = {"app.py": "def handler(event, context):\n    print(event)\n"}

    found = scanned(code, {"main.tf": LOGS.replace("WHICH", which)})

    assert [f.rule for f in found] == rules


SHIP = """
Resources:
  Ship:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: ship
      Handler: app.handler
      Events:
        Line: {Type: CloudWatchLogs, Properties: {LogGroupName: GROUP, FilterPattern: 'PATTERN'}}
"""


@pytest.mark.parametrize(
    ("group", "pattern", "severities"),
    [
        ("/aws/lambda/ship", "", ["medium"]),
        ("/aws/lambda/ship", "ERROR", ["ask"]),
        ("/aws/lambda/shop", "", []),
    ],
)
def test_a_log_group_starts_a_function_of_sam(
    group: str, pattern: str, severities: list[str]
) -> None:
    code = {"app.py": "def handler(event, context):\n    print(event)\n"}
    template = SHIP.replace("GROUP", group).replace("PATTERN", pattern)

    found = scanned(code, {"template.yaml": template})

    assert [(f.rule, f.severity) for f in found] == [("REC-LOGS", s) for s in severities]


PLAN = """
import boto3, os
def handler(event, context):
    target = {"Arn": os.environ["TARGET"], "RoleArn": "r"}
    boto3.client("scheduler").create_schedule(Name="x", Target=target)
"""
POLL = """
Resources:
  Poll:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: poll
      Handler: app.handler
      Environment:
        Variables:
          TARGET: !Sub arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:NAME
"""


@pytest.mark.parametrize(("name", "rules"), [("poll", ["REC-SELF-SCHEDULE"]), ("poll-more", [])])
def test_a_schedule_may_know_its_target_by_a_variable(name: str, rules: list[str]) -> None:
    found = scanned({"app.py": PLAN}, {"template.yaml": POLL.replace("NAME", name)})

    assert [f.rule for f in found] == rules


FIREHOSE = """
import boto3
def handler(event, context):
    name = SOURCE.split("/")[1]
    boto3.client("firehose").put_record_batch(DeliveryStreamName=name, Records=[])
    return {"records": event["records"]}
"""


@pytest.mark.parametrize(
    ("source", "rules"),
    [
        ("event['deliveryStreamArn']", ["REC-STREAM-REINGEST"]),
        ("event['otherStreamArn']", []),
        ("event['deliveryStreamArn'].replace('in', 'out')", []),
        ("event['deliveryStreamArn'].replace(':deliverystream', '')", ["REC-STREAM-REINGEST"]),
    ],
)
def test_a_processor_of_a_firehose_is_told_its_stream(
    world: MakesWorlds, source: str, rules: list[str]
) -> None:
    found = findings_in(world({"app.py": FIREHOSE.replace("SOURCE", source)}))

    assert [f.rule for f in found if f.severity != "ask"] == rules


CONSTRUCTORS = """package shop;
public class Work implements RequestHandler<SQSEvent, Void> {
  private final AmazonSQS sqs = AmazonSQSClientBuilder.defaultClient();
  private final String url;
  public Work() { this(System.getenv("NEXT")); }
  public Work(String url) { this.url = url; }
  public Void handleRequest(SQSEvent event, Context context) {
    sqs.sendMessage(new SendMessageRequest().withQueueUrl(url).withMessageBody("again"));
    return null;
  }
}
"""
QUEUE = """
Resources:
  Jobs: {Type: AWS::SQS::Queue}
  Done: {Type: AWS::SQS::Queue}
  Work:
    Type: AWS::Serverless::Function
    Properties:
      Handler: shop.Work
      CodeUri: build/work.jar
      Environment: {Variables: {NEXT: !Ref WHICH}}
      Events: {Job: {Type: SQS, Properties: {Queue: !GetAtt Jobs.Arn}}}
"""


@pytest.mark.parametrize(("which", "rules"), [("Jobs", ["REC-SQS"]), ("Done", [])])
def test_a_constructor_of_java_may_call_another_one(which: str, rules: list[str]) -> None:
    template = QUEUE.replace("WHICH", which)

    found = scanned({"src/shop/Work.java": CONSTRUCTORS}, {"template.yaml": template})

    assert [f.rule for f in found] == rules


WRITES = """
import boto3, os
def handler(event, context):
    boto3.resource("dynamodb").Table(os.environ["ITEMS"]).put_item(Item={"id": "1"})
def start(event, context):
    boto3.client("lambda").invoke(FunctionName=os.environ["WRITER"])
"""
STREAM = """
Resources:
  Items: {Type: AWS::DynamoDB::Table}
  Writer:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Environment: {Variables: {ITEMS: !Ref Items}}
      EVENTS
  Reader:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.start
      Environment: {Variables: {WRITER: !Ref Writer}}
      Events: {Item: {Type: DynamoDB, Properties: {Stream: !GetAtt Items.StreamArn}}}
"""
OWN_STREAM = "Events: {Item: {Type: DynamoDB, Properties: {Stream: !GetAtt Items.StreamArn}}}"


def test_a_circle_through_items_of_a_table_is_a_question() -> None:
    around = scanned({"app.py": WRITES}, {"template.yaml": STREAM.replace("EVENTS", "")})
    straight = scanned({"app.py": WRITES}, {"template.yaml": STREAM.replace("EVENTS", OWN_STREAM)})

    assert [(f.rule, f.severity) for f in around] == [("REC-CYCLE", "ask")]
    assert ("REC-DDB-STREAM", "high") in [(f.rule, f.severity) for f in straight]


CONFIG = """
import boto3, json, os
CONFIG = json.loads(os.environ["CONFIG"])
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=CONFIG["queues"]["KEY"], MessageBody="again")
"""
HOLDS = """
Resources:
  Jobs: {Type: AWS::SQS::Queue}
  Done: {Type: AWS::SQS::Queue}
  Work:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Environment:
        Variables:
          CONFIG: !Sub '{"queues": {"next": "${Jobs}", "last": "${Done}"}}'
      Events: {Job: {Type: SQS, Properties: {Queue: !GetAtt Jobs.Arn}}}
"""


@pytest.mark.parametrize(("key", "rules"), [("next", ["REC-SQS"]), ("last", []), ("none", [])])
def test_a_variable_may_hold_a_document(key: str, rules: list[str]) -> None:
    found = scanned({"app.py": CONFIG.replace("KEY", key)}, {"template.yaml": HOLDS})

    assert [f.rule for f in found] == rules


NEWS = """package shop;
public class Work implements RequestHandler<SNSEvent, String> {
  private final AmazonSNS sns = AmazonSNSClientBuilder.standard().build();
  public String handleRequest(SNSEvent event, Context context) {
    sns.publish(TOPIC, "again");
    return "";
  }
}
"""


@pytest.mark.parametrize(
    ("topic", "rules"),
    [
        ("event.getRecords().get(0).getSNS().getTopicArn()", ["REC-SNS"]),
        ('System.getenv("OTHER")', []),
    ],
)
def test_a_topic_may_be_given_by_its_place(
    world: MakesWorlds, topic: str, rules: list[str]
) -> None:
    code = {"src/shop/Work.java": NEWS.replace("TOPIC", topic)}

    assert [f.rule for f in findings_in(world(code))] == rules
