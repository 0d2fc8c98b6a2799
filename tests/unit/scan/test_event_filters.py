"""Patterns, policies and filters of triggers, held against what the code sends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from signed_lambda.scan.infra.model import SHARED
from signed_lambda.scan.matching import Open
from signed_lambda.scan.messages import VALUES
from signed_lambda.scan.selection import Filter
from signed_lambda.scan.values import text
from tests.unit.scan.conftest import MakesWorlds, scanned

if TYPE_CHECKING:
    from signed_lambda.scan.matching import Known

# -- EventBridge

PUTS = (
    "import boto3, json, os\n"
    "def handler(event, context):\n"
    "    boto3.client('events').put_events(Entries=[ENTRY])\n"
)
ENTRY = "{'Source': 'shop', 'DetailType': 'paid', 'Detail': json.dumps({'id': 1, 'by': 'us'})}"
RULE = """
Resources:
  Work:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Events:
        Any: {Type: EventBridgeRule, Properties: {Pattern: PATTERN}}
"""


@pytest.mark.parametrize(
    ("pattern", "severity"),
    [
        ("{source: [shop]}", "high"),
        ("{source: [shop], detail-type: [paid]}", "high"),
        ("{source: [shop], detail: {by: [us]}}", "high"),
        ("{source: [{prefix: sh}]}", "high"),
        ("{source: [{wildcard: 's*p'}], detail: {id: [{exists: true}]}}", "high"),
        ("{'$or': [{source: [other]}, {detail-type: [paid]}]}", "high"),
        ("{source: [other]}", None),
        ("{source: [shop], detail-type: [refunded]}", None),
        ("{source: [{anything-but: shop}]}", None),
        ("{source: [shop], detail: {by: [{exists: false}]}}", None),
        ("{source: [shop], detail: {id: [{numeric: ['>', 5]}]}}", None),
        ("{source: [shop], region: [eu-west-1]}", "ask"),
        ("{source: [!Ref Source]}", "ask"),
    ],
)
def test_an_event_is_held_against_the_pattern_of_the_rule(
    pattern: str, severity: str | None
) -> None:
    found = scanned(
        {"app.py": PUTS.replace("ENTRY", ENTRY)}, {"t.yaml": RULE.replace("PATTERN", pattern)}
    )

    assert [f.severity for f in found] == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("entry", "severity"),
    [
        ("{'Source': 'shop', 'DetailType': event['type'], 'Detail': '{}'}", "ask"),
        ("{'Source': 'audit', 'DetailType': event['type'], 'Detail': '{}'}", None),
        ("{'Source': 'shop', 'DetailType': 'paid', 'Detail': '{}'}, {'Source': 'x'}", "high"),
        ("{'Source': 'x'}, {'Source': 'y'}", None),
        ("{'EventBusName': 'b', 'Source': 'x'}, {'Source': 'shop', 'DetailType': 'paid'}", "high"),
        ("{**event, 'Source': 'audit'}", None),
        ("event", "ask"),
        ("{'EventBusName': 'other', 'Source': 'shop', 'DetailType': 'paid'}", None),
        ("{'EventBusName': 'default', 'Source': 'shop', 'DetailType': 'paid'}", "high"),
    ],
)
def test_what_is_not_known_of_an_event_is_asked_where_it_matters(
    entry: str, severity: str | None
) -> None:
    template = RULE.replace("PATTERN", "{source: [shop], detail-type: [paid]}")

    found = scanned({"app.py": PUTS.replace("ENTRY", entry)}, {"t.yaml": template})

    assert [f.severity for f in found] == ([severity] if severity else [])


def test_entries_that_are_appended_one_by_one_are_seen() -> None:
    text = (
        "import boto3\ndef handler(event, context):\n    rows = []\n"
        "    rows.append({'Source': SOURCE, 'DetailType': 'paid', 'Detail': '{}'})\n"
        "    boto3.client('events').put_events(Entries=rows)\n"
    )
    template = RULE.replace("PATTERN", "{source: [shop]}")

    [found] = scanned({"app.py": text.replace("SOURCE", "'shop'")}, {"t.yaml": template})

    assert found.severity == "high"
    assert scanned({"app.py": text.replace("SOURCE", "'audit'")}, {"t.yaml": template}) == ()

    begun = text.replace("rows = []", "rows = [{'Source': 'audit'}]")
    [again] = scanned({"app.py": begun.replace("SOURCE", "'shop'")}, {"t.yaml": template})
    assert again.severity == "high"


@pytest.mark.parametrize(
    "rows",
    [
        "rows = [rows, rows]",
        "t = {'Source': 'shop'}\n    t['Detail'] = {n: t for n in event}\n    rows = [t, t]",
        "t = {'Detail': {'a': t, 'b': t, 'c': t, 'd': t, 'e': t, 'f': t}}\n    rows = [t, t, t]",
    ],
)
def test_tables_that_hold_each_other_are_known_to_a_limit(world: MakesWorlds, rows: str) -> None:
    text = (
        f"import boto3\ndef handler(event, context):\n    {rows}\n"
        "    boto3.client('events').put_events(Entries=rows)\n"
    )

    [sink] = world({"app.py": text}).sinks

    assert size_of(sink.message) <= 2 * VALUES


def size_of(known: object) -> int:
    """How many values there are in what is known."""
    inner = known.members if isinstance(known, Open) else known
    listed = inner.values() if isinstance(inner, dict) else inner if isinstance(inner, list) else ()
    return 1 + sum(size_of(each) for each in listed)


@pytest.mark.parametrize("state", ["State: DISABLED", "Enabled: false"])
def test_a_rule_that_is_switched_off_starts_nothing(state: str) -> None:
    template = RULE.replace("Pattern: PATTERN", f"Pattern: {{source: [shop]}}, {state}")

    assert scanned({"app.py": PUTS.replace("ENTRY", ENTRY)}, {"t.yaml": template}) == ()


SENDERS = {
    "index.js": (
        "const {EventBridgeClient, PutEventsCommand} = require('@aws-sdk/client-eventbridge');\n"
        "const client = new EventBridgeClient({});\n"
        "exports.handler = async (event) => {\n"
        "  await client.send(new PutEventsCommand({Entries: [{Source: 'shop', DetailType: 'paid',"
        "    Detail: JSON.stringify({by: 'us'})}]}));\n};\n"
    ),
    "main.go": (
        "package main\nfunc main() { lambda.Start(handler) }\n"
        "func handler(ctx context.Context, event Event) error {\n"
        "  svc.PutEvents(ctx, &events.PutEventsInput{Entries: []types.PutEventsRequestEntry{{\n"
        '    Source: aws.String("shop"), DetailType: aws.String("paid"),\n'
        '    Detail: aws.String("{\\"by\\": \\"us\\"}"),\n  }}})\n  return nil\n}\n'
    ),
    "App.java": (
        "package a;\nclass App implements RequestHandler<E, String> {\n"
        "  EventBridgeClient client = EventBridgeClient.create();\n"
        "  public String handleRequest(E event, Context context) {\n"
        '    PutEventsRequestEntry e = PutEventsRequestEntry.builder().source("shop")\n'
        '      .detailType("paid").detail("{\\"by\\": \\"us\\"}").build();\n'
        "    client.putEvents(PutEventsRequest.builder().entries(e).build());\n"
        '    return "";\n  }\n}\n'
    ),
}


@pytest.mark.parametrize("name", SENDERS)
def test_every_language_s_entries_are_read(world: MakesWorlds, name: str) -> None:
    sinks = world({name: SENDERS[name]}).sinks

    for source, chance in (("shop", "yes"), ("audit", "no")):
        pattern: Known = {"source": [source], "detail-type": ["paid"]}
        assert {Filter((pattern,)).takes(sink, SHARED) for sink in sinks} == {chance}
    assert {sink.targets for sink in sinks} == {(text("default"),)}


RULES = {
    "template.yaml": (
        "Resources:\n  Work: {Type: 'AWS::Lambda::Function', Properties: {Handler: app.handler}}\n"
        "  Rule: {Type: 'AWS::Events::Rule', Properties: {EventPattern: {source: [SOURCE]},"
        " Targets: [{Arn: !GetAtt Work.Arn, Id: a}]}}\n"
    ),
    "serverless.yml": (
        "service: shop\nprovider: {name: aws}\nfunctions:\n  work:\n    handler: app.handler\n"
        "    events: [{eventBridge: {pattern: {source: [SOURCE]}}}]\n"
    ),
    "main.tf": (
        'resource "aws_lambda_function" "w" {\n  handler = "app.handler"\n}\n'
        'resource "aws_cloudwatch_event_rule" "r" {\n'
        '  event_pattern = jsonencode({ source = ["SOURCE"] })\n}\n'
        'resource "aws_cloudwatch_event_target" "t" {\n'
        "  rule = aws_cloudwatch_event_rule.r.name\n  arn = aws_lambda_function.w.arn\n}\n"
    ),
    "text.tf": (
        'resource "aws_lambda_function" "w" {\n  handler = "app.handler"\n}\n'
        'resource "aws_cloudwatch_event_rule" "r" {\n'
        '  event_pattern = <<EOF\n{"source": ["SOURCE"]}\nEOF\n}\n'
        'resource "aws_cloudwatch_event_target" "t" {\n'
        "  rule = aws_cloudwatch_event_rule.r.name\n  arn = aws_lambda_function.w.arn\n}\n"
    ),
    "stack.ts": (
        "import * as cdk from 'aws-cdk-lib';\nexport class S extends cdk.Stack {\n"
        "  constructor(scope: Construct, id: string) {\n    super(scope, id);\n"
        "    const w = new lambda.Function(this, 'Work', {handler: 'app.handler',"
        " code: lambda.Code.fromAsset('.')});\n"
        "    new events.Rule(this, 'R', {eventPattern: {source: ['SOURCE']},"
        " targets: [new targets.LambdaFunction(w)]});\n  }\n}\n"
    ),
    "stack.py": (
        "from aws_cdk import Stack, aws_events as events, aws_lambda as lambda_\n"
        "class S(Stack):\n    def __init__(self, scope, id):\n"
        "        w = lambda_.Function(self, 'Work', handler='app.handler',"
        " code=lambda_.Code.from_asset('.'))\n"
        "        rule = events.Rule(self, 'R',"
        " event_pattern=events.EventPattern(source=['SOURCE']))\n"
        "        rule.add_target(targets.LambdaFunction(w))\n"
    ),
}


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize(("source", "count"), [("shop", 1), ("audit", 0)])
def test_every_kind_of_template_says_its_patterns(name: str, source: str, count: int) -> None:
    template = RULES[name].replace("SOURCE", source)

    found = scanned({"app.py": PUTS.replace("ENTRY", ENTRY)}, {name: template})

    assert [(f.rule, f.severity) for f in found] == [("REC-EVENTBRIDGE", "high")] * count


# -- SNS

PUBLISHES = (
    "import boto3, json, os\n"
    "def handler(event, context):\n"
    "    boto3.client('sns').publish(TopicArn=os.environ['TOPIC'], Message=json.dumps({'n': 'x'})"
    "ATTRIBUTES)\n"
)
AGAIN = ", MessageAttributes={'kind': {'DataType': 'String', 'StringValue': 'again'}}"
TOPIC = """
Resources:
  Work:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Environment: {Variables: {TOPIC: !Ref News}}
      Events: {New: {Type: SNS, Properties: {Topic: !Ref News, FilterPolicy: POLICY}}}
  News: {Type: AWS::SNS::Topic}
"""


@pytest.mark.parametrize(
    ("attributes", "policy", "severity"),
    [
        (AGAIN, "{kind: [again]}", "high"),
        (AGAIN, "{kind: [first]}", None),
        (AGAIN, "{kind: [{anything-but: [again]}]}", None),
        (AGAIN, "{kind: [{exists: false}]}", None),
        ("", "{kind: [first]}", None),
        ("", "{kind: [{exists: false}]}", "high"),
        (", MessageAttributes=event['attributes']", "{kind: [first]}", "ask"),
        ("", "{n: [x]}, FilterPolicyScope: MessageBody", "high"),
        ("", "{n: [y]}, FilterPolicyScope: MessageBody", None),
        (", MessageStructure='json'", "{n: [y]}, FilterPolicyScope: MessageBody", "ask"),
    ],
)
def test_a_message_is_held_against_the_filter_policy(
    attributes: str, policy: str, severity: str | None
) -> None:
    found = scanned(
        {"app.py": PUBLISHES.replace("ATTRIBUTES", attributes)},
        {"t.yaml": TOPIC.replace("POLICY", policy)},
    )

    assert [f.severity for f in found] == ([severity] if severity else [])


@pytest.mark.parametrize(("policy", "count"), [("again", 1), ("first", 0)])
def test_terraform_and_serverless_yml_say_filter_policies(policy: str, count: int) -> None:
    terraform = (
        'resource "aws_lambda_function" "w" {\n  handler = "app.handler"\n'
        "  environment { variables = { TOPIC = aws_sns_topic.t.arn } }\n}\n"
        'resource "aws_sns_topic" "t" {}\n'
        'resource "aws_sns_topic_subscription" "s" {\n  topic_arn = aws_sns_topic.t.arn\n'
        '  protocol = "lambda"\n  endpoint = aws_lambda_function.w.arn\n'
        f'  filter_policy = jsonencode({{ kind = ["{policy}"] }})\n}}\n'
    )
    serverless = (
        "service: shop\nprovider: {name: aws}\nfunctions:\n  work:\n    handler: app.handler\n"
        "    environment: {TOPIC: news}\n"
        f"    events: [{{sns: {{topicName: news, filterPolicy: {{kind: [{policy}]}}}}}}]\n"
    )
    code = {"app.py": PUBLISHES.replace("ATTRIBUTES", AGAIN)}

    for name, template in (("main.tf", terraform), ("serverless.yml", serverless)):
        found = scanned(code, {name: template})
        assert [(f.rule, f.severity) for f in found] == [("REC-SNS", "high")] * count


# -- event source mappings

SENDS = (
    "import boto3, json, os\n"
    "def handler(event, context):\n"
    "    boto3.client('sqs').send_message(QueueUrl=os.environ['QUEUE'], MessageBody=BODY)\n"
)
QUEUE = """
Resources:
  Work:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Environment: {Variables: {QUEUE: !Ref Jobs}}
      Events:
        Job:
          Type: SQS
          Properties: {Queue: !GetAtt Jobs.Arn, FilterCriteria: {Filters: [{Pattern: 'PATTERN'}]}}
  Jobs: {Type: AWS::SQS::Queue}
"""


@pytest.mark.parametrize(
    ("body", "pattern", "severity"),
    [
        ("json.dumps({'kind': 'again'})", '{"body": {"kind": ["again"]}}', "high"),
        ("json.dumps({'kind': 'done'})", '{"body": {"kind": ["again"]}}', None),
        ("json.dumps({'kind': event['k']})", '{"body": {"kind": ["again"]}}', "ask"),
        ("'again'", '{"body": ["again"]}', "high"),
        ("'done'", '{"body": ["again"]}', None),
        ("event['body']", '{"body": ["again"]}', "ask"),
        ("'again'", "not json", "ask"),
    ],
)
def test_a_message_is_held_against_the_filters_of_the_event_source(
    body: str, pattern: str, severity: str | None
) -> None:
    found = scanned(
        {"app.py": SENDS.replace("BODY", body)}, {"t.yaml": QUEUE.replace("PATTERN", pattern)}
    )

    assert [f.severity for f in found] == ([severity] if severity else [])


CHANGES = (
    "import boto3, os\n"
    "def handler(event, context):\n"
    "    table = boto3.resource('dynamodb').Table(os.environ['TABLE'])\n"
    "    table.CALL\n"
)
TABLE = """
Resources:
  Work:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Environment: {Variables: {TABLE: !Ref Orders}}
      Events:
        Change:
          Type: DynamoDB
          Properties:
            Stream: !GetAtt Orders.StreamArn
            FilterCriteria: {Filters: [{Pattern: 'PATTERN'}]}
  Orders: {Type: AWS::DynamoDB::Table}
"""


@pytest.mark.parametrize(
    ("call", "pattern", "severity"),
    [
        ("put_item(Item={'id': 'x'})", '{"eventName": ["REMOVE"]}', None),
        ("put_item(Item={'id': 'x'})", '{"eventName": ["INSERT", "MODIFY"]}', "high"),
        ("put_item(Item={'id': 'x'})", '{"eventName": ["INSERT"]}', "ask"),
        ("delete_item(Key={'id': 'x'})", '{"eventName": ["REMOVE"]}', "high"),
        ("delete_item(Key={'id': 'x'})", '{"eventName": ["INSERT"]}', None),
        (
            "put_item(Item={'state': 'done'})",
            '{"dynamodb": {"NewImage": {"state": {"S": ["new"]}}}}',
            None,
        ),
        (
            "put_item(Item={'state': 'new'})",
            '{"dynamodb": {"NewImage": {"state": {"S": ["new"]}}}}',
            "high",
        ),
        (
            "put_item(Item={'id': 'x'})",
            '{"userIdentity": {"type": ["Service"]}}',
            None,
        ),
    ],
)
def test_a_change_of_a_table_is_held_against_the_filters_of_its_stream(
    call: str, pattern: str, severity: str | None
) -> None:
    found = scanned(
        {"app.py": CHANGES.replace("CALL", call)}, {"t.yaml": TABLE.replace("PATTERN", pattern)}
    )

    assert [f.severity for f in found] == ([severity] if severity else [])


@pytest.mark.parametrize(("kind", "count"), [("again", 1), ("done", 0)])
def test_a_record_of_a_stream_is_held_against_the_filters_of_terraform(
    kind: str, count: int
) -> None:
    template = (
        'resource "aws_lambda_function" "w" {\n  handler = "app.handler"\n'
        "  environment { variables = { STREAM = aws_kinesis_stream.s.name } }\n}\n"
        'resource "aws_kinesis_stream" "s" { name = "clicks" }\n'
        'resource "aws_lambda_event_source_mapping" "m" {\n'
        "  event_source_arn = aws_kinesis_stream.s.arn\n"
        "  function_name = aws_lambda_function.w.arn\n"
        "  filter_criteria {\n"
        '    filter { pattern = jsonencode({ data = { kind = ["again"] } }) }\n  }\n}\n'
    )
    code = (
        "import boto3, json, os\ndef handler(event, context):\n"
        "    boto3.client('kinesis').put_record(StreamName=os.environ['STREAM'],"
        f" Data=json.dumps({{'kind': '{kind}'}}), PartitionKey='a')\n"
    )

    found = scanned({"app.py": code}, {"main.tf": template})

    assert [f.severity for f in found] == ["high"] * count
