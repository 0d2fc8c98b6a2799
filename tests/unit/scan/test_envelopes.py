"""Events that come in envelopes: through topics, queues, a bus or a pipe."""

from __future__ import annotations

import pytest

from tests.unit.scan.conftest import scanned

UNPACK = """
import boto3, json
s3 = boto3.client("s3")
def handler(event, context):
    message = json.loads(event["Records"][0]["body"])
    record = json.loads(message["Message"])["Records"][0]["s3"]
    s3.put_object(Bucket=record["bucket"]["name"], Key="out/" + record["object"]["key"], Body=b"")
"""
CHAIN = """
Resources:
  Uploads:
    Type: AWS::S3::Bucket
    Properties:
      NotificationConfiguration:
        TopicConfigurations:
          - Topic: !Ref News
            Event: "s3:ObjectCreated:*"
            Filter: {S3Key: {Rules: [{Name: prefix, Value: PREFIX}]}}
  News: {Type: AWS::SNS::Topic}
  Jobs: {Type: AWS::SQS::Queue}
  Hand:
    Type: AWS::SNS::Subscription
    Properties: {Protocol: sqs, TopicArn: !Ref News, Endpoint: !GetAtt Jobs.Arn}
  Work:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Events: {Job: {Type: SQS, Properties: {Queue: !GetAtt Jobs.Arn}}}
"""


@pytest.mark.parametrize(("prefix", "certainties"), [("out/", ["certain"]), ("in/", [])])
def test_the_bucket_of_an_event_is_found_behind_topic_and_queue(
    prefix: str, certainties: list[str]
) -> None:
    found = scanned({"app.py": UNPACK}, {"template.yaml": CHAIN.replace("PREFIX", prefix)})

    assert [f.certainty for f in found] == certainties
    assert all(f.rule == "REC-S3" for f in found)
    assert all(f.cycle == ("Work", "Uploads", "News", "Jobs", "Work") for f in found)


DETAIL = """
import boto3
s3 = boto3.client("s3")
def handler(event, context):
    s3.put_object(Bucket=event["detail"]["bucket"]["name"], Key="out/report.json", Body=b"")
"""
SAM = """
Resources:
  Store: {Type: AWS::S3::Bucket}
  Work:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Events:
        New:
          Type: EventBridgeRule
          Properties:
            Pattern:
              source: [aws.s3]
              detail-type: ["KIND"]
              detail: {bucket: {name: [!Ref Store]}, object: {key: [WANTED]}}
"""
FRAMEWORK = """
service: files
provider: {name: aws}
functions:
  work:
    handler: app.handler
    events:
      - eventBridge:
          pattern:
            source: [aws.s3]
            detail-type: ["KIND"]
            detail: {bucket: {name: [the-store]}, object: {key: [WANTED]}}
"""
HCL = """
resource "aws_s3_bucket" "store" { bucket = "the-store" }
resource "aws_lambda_function" "work" {
  function_name = "work"
  handler = "app.handler"
}
resource "aws_cloudwatch_event_rule" "new" {
  event_pattern = jsonencode({
    source = ["aws.s3"], detail-type = ["KIND"],
    detail = { bucket = { name = [aws_s3_bucket.store.id] }, object = { key = [WANTED] } }
  })
}
resource "aws_cloudwatch_event_target" "new" {
  rule = aws_cloudwatch_event_rule.new.name
  arn = aws_lambda_function.work.arn
}
"""
HCL_TEXT = (
    HCL.replace("jsonencode({", '<<EOF\n{"detail": ')
    .replace('source = ["aws.s3"], detail-type = ["KIND"],\n    detail = ', "")
    .replace("bucket = {", '"bucket": {')
    .replace("object = {", '"object": {')
    .replace("name = [aws_s3_bucket.store.id]", '"name": ["${aws_s3_bucket.store.id}"]')
    .replace("key = [", '"key": [')
    .replace("\n  })", ', "source": ["aws.s3"], "detail-type": ["KIND"]}\nEOF\n')
)
TEMPLATES = {"t.yaml": SAM, "serverless.yml": FRAMEWORK, "main.tf": HCL, "text.tf": HCL_TEXT}
WANTED = [
    ('{"prefix": "out/"}', "Object Created", "certain"),
    ('{"prefix": "in/"}', "Object Created", ""),
    ('{"suffix": ".json"}', "Object Created", "certain"),
    ('{"suffix": ".csv"}', "Object Created", ""),
    ('{"wildcard": "out/*.json"}', "Object Created", "certain"),
    ('{"wildcard": "in/*.json"}', "Object Created", ""),
    ('"out/report.json"', "Object Created", "certain"),
    ('{"anything-but": {"prefix": "out/"}}', "Object Created", "ask"),
    ('{"prefix": "out/"}', "Object Tags Added", "ask"),
]


@pytest.mark.parametrize("path", TEMPLATES)
@pytest.mark.parametrize(("wanted", "kind", "certainty"), WANTED)
def test_a_rule_on_new_objects_is_a_notification_of_the_bucket(
    path: str, wanted: str, kind: str, certainty: str
) -> None:
    in_hcl = path == "main.tf"
    spelled = wanted.replace('": ', '" = ') if in_hcl else wanted
    template = TEMPLATES[path].replace("WANTED", spelled).replace("KIND", kind)

    found = scanned({"app.py": DETAIL}, {path: template})

    assert [f.certainty for f in found] == ([certainty] if certainty else [])
    assert all(f.rule == "REC-S3" for f in found)


SEND = """
import boto3, os
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=os.environ["NEXT"], MessageBody="again")
"""
PIPE = """
Resources:
  Jobs: {Type: AWS::SQS::Queue}
  Done: {Type: AWS::SQS::Queue}
  Work:
    Type: AWS::Serverless::Function
    Properties: {Handler: app.handler, Environment: {Variables: {NEXT: !Ref WHICH}}}
  Pump:
    Type: AWS::Pipes::Pipe
    Properties: {Source: !GetAtt Jobs.Arn, PLACE: !GetAtt Work.Arn, DesiredState: STATE}
"""
PIPE_HCL = """
resource "aws_sqs_queue" "jobs" { name = "jobs" }
resource "aws_sqs_queue" "done" { name = "done" }
resource "aws_lambda_function" "work" {
  function_name = "work"
  handler = "app.handler"
  environment { variables = { NEXT = aws_sqs_queue.WHICH.url } }
}
resource "aws_pipes_pipe" "pump" {
  source = aws_sqs_queue.jobs.arn
  target = aws_lambda_function.work.arn
  source_parameters { BODY }
}
"""


@pytest.mark.parametrize(
    ("which", "place", "state", "rules"),
    [
        ("Jobs", "Target", "RUNNING", ["REC-SQS"]),
        ("Jobs", "Enrichment", "RUNNING", ["REC-SQS"]),
        ("Done", "Target", "RUNNING", []),
        ("Jobs", "Target", "STOPPED", []),
    ],
)
def test_a_pipe_hands_on_what_comes_to_its_source(
    which: str, place: str, state: str, rules: list[str]
) -> None:
    pipe = PIPE.replace("WHICH", which).replace("PLACE", place).replace("STATE", state)

    assert [f.rule for f in scanned({"app.py": SEND}, {"t.yaml": pipe})] == rules


@pytest.mark.parametrize(
    ("which", "body", "certainties"),
    [
        ("jobs", "", ["certain"]),
        ("done", "", []),
        ("jobs", 'filter_criteria { filter { pattern = "{}" } }', ["ask"]),
    ],
)
def test_a_pipe_of_terraform_too(which: str, body: str, certainties: list[str]) -> None:
    pipe = PIPE_HCL.replace("WHICH", which).replace("BODY", body)

    assert [f.certainty for f in scanned({"app.py": SEND}, {"main.tf": pipe})] == certainties


STACK = """
from aws_cdk import Stack, aws_lambda, aws_sqs, aws_lambda_event_sources
class Jobs(Stack):
    def __init__(self, scope, construct_id):
        super().__init__(scope, construct_id)
        late = aws_sqs.Queue(self, "Late")
        other = aws_sqs.Queue(self, "Other")
        jobs = aws_sqs.Queue(self, "Jobs", dead_letter_queue=GIVEN)
        replay = aws_lambda.Function(
            self, "Replay", handler="app.handler", code=aws_lambda.Code.from_asset("."),
            environment={"NEXT": jobs.queue_url},
        )
        replay.add_event_source(aws_lambda_event_sources.SqsEventSource(late))
"""


@pytest.mark.parametrize(
    ("given", "rules"),
    [
        ("aws_sqs.DeadLetterQueue(max_receive_count=1, queue=late)", ["REC-CYCLE-REDRIVE"]),
        ("aws_sqs.DeadLetterQueue(max_receive_count=1, queue=other)", []),
    ],
)
def test_a_dead_letter_queue_of_the_cdk_in_python(given: str, rules: list[str]) -> None:
    stack = {"stack.py": STACK.replace("GIVEN", given)}

    assert [f.rule for f in scanned({"app.py": SEND}, stack)] == rules


RULES = """
from aws_cdk import Stack, aws_s3 as s3, aws_events as events, aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
class Files(Stack):
    def __init__(self, scope, id):
        super().__init__(scope, id)
        store = s3.Bucket(self, "Store", event_bridge_enabled=True)
        other = s3.Bucket(self, "Other", event_bridge_enabled=True)
        work = lambda_.Function(
            self, "Work", handler="app.handler", code=lambda_.Code.from_asset("."),
            environment={"STORE": store.bucket_name},
        )
        rule = events.Rule(self, "New", event_pattern=events.EventPattern(
            source=["aws.s3"], detail_type=["Object Created"],
            detail={"bucket": {"name": [WHICH.bucket_name]}, "object": {"key": [WANTED]}},
        ))
        rule.add_target(targets.LambdaFunction(work))
"""
WRITE = """
import boto3, os
def handler(event, context):
    boto3.client("s3").put_object(Bucket=os.environ["STORE"], Key="out/report.json", Body=b"")
"""


@pytest.mark.parametrize(
    ("which", "wanted", "rules"),
    [
        ("store", '{"prefix": "out/"}', ["REC-S3"]),
        ("store", '{"prefix": "in/"}', []),
        ("other", '{"prefix": "out/"}', []),
    ],
)
def test_a_rule_on_new_objects_of_the_cdk(which: str, wanted: str, rules: list[str]) -> None:
    stack = {"stack.py": RULES.replace("WHICH", which).replace("WANTED", wanted)}

    assert [f.rule for f in scanned({"app.py": WRITE}, stack)] == rules


BUILT = """
Resources:
  Store: {Type: AWS::S3::Bucket}
  Work:
    Type: AWS::Lambda::Function
    Properties: {Handler: app.handler, Environment: {Variables: {STORE: !Ref Store}}}
  Notifications:
    Type: KIND
    Properties:
      ServiceToken: !ImportValue handler
      BucketName: !Ref Store
      NotificationConfiguration:
        LambdaFunctionConfigurations:
          - Events: ["s3:ObjectCreated:*"]
            LambdaFunctionArn: !GetAtt Work.Arn
            Filter: {Key: {FilterRules: [{Name: prefix, Value: START}]}}
"""


@pytest.mark.parametrize(
    ("kind", "start", "rules"),
    [
        ("Custom::S3BucketNotifications", "out/", ["REC-S3"]),
        ("Custom::Mine", "out/", ["REC-S3"]),
        ("Custom::S3BucketNotifications", "in/", []),
        ("AWS::Other::Thing", "out/", []),
    ],
)
def test_notifications_that_a_custom_resource_sets(kind: str, start: str, rules: list[str]) -> None:
    template = {"built.yaml": BUILT.replace("KIND", kind).replace("START", start)}

    assert [f.rule for f in scanned({"app.py": WRITE}, template)] == rules


OLDER = """
service: shop
provider: {name: aws}
functions:
  work:
    handler: app.handler
    events:
      - cloudwatchEvent: {event: {source: [SOURCE]}, enabled: STATE}
"""
PUT = """
import boto3
def handler(event, context):
    entry = {"Source": "shop", "DetailType": "again", "Detail": "{}"}
    boto3.client("events").put_events(Entries=[entry])
"""


@pytest.mark.parametrize(
    ("source", "state", "rules"),
    [("shop", "true", ["REC-EVENTBRIDGE"]), ("other", "true", []), ("shop", "false", [])],
)
def test_eventbridge_under_its_older_name(source: str, state: str, rules: list[str]) -> None:
    template = {"serverless.yml": OLDER.replace("SOURCE", source).replace("STATE", state)}

    assert [f.rule for f in scanned({"app.py": PUT}, template)] == rules
