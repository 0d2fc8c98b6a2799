"""Messages over AWS IoT and mail over Amazon SES: what rules take of what the code sends."""

from __future__ import annotations

import pytest

from signed_lambda.scan.selection import Topics
from signed_lambda.scan.values import Hole, Lit, Str
from tests.unit.scan.conftest import scanned

# -- topics


@pytest.mark.parametrize(
    ("topic", "wanted", "chance"),
    [
        ("a/b", "a/b", "yes"),
        ("a/b", "a/+", "yes"),
        ("a/b", "a/#", "yes"),
        ("a/b/c", "a/#", "yes"),
        ("a/b/c", "a/+", "no"),
        ("a", "a/+", "no"),
        ("a/b", "+/c", "no"),
        ("a/b", "#", "yes"),
        ("a/?/c", "a/+/c", "yes"),
        ("a/?/c", "a/x/c", "maybe"),
        ("a/?/c", "b/+/c", "no"),
        ("a/x?/c", "a/+/c", "yes"),
        ("a/?", "a/+/c", "maybe"),
        ("a/?/c", "a/+", "no"),
        ("?", "a/b", "maybe"),
        ("?", "#", "maybe"),
    ],
)
def test_a_topic_is_held_against_the_filter(topic: str, wanted: str, chance: str) -> None:
    atoms = [Lit(part) for part in topic.split("?")]
    value = Str(tuple(a for lit in atoms for a in (lit, Hole()) if a != Lit(""))[:-1])

    assert Topics(wanted).covers(value) == chance


PUBLISHES = (
    "import boto3\ndef handler(event, context):\n"
    "    boto3.client('iot-data').publish(topic=TOPIC, payload=b'')\n"
)
RULES = {
    "template.yaml": (
        "Resources:\n  Work: {Type: 'AWS::Serverless::Function', Properties: {Handler: app.handler,"
        ' Events: {E: {Type: IoTRule, Properties: {Sql: "SQL"}}}}}\n'
    ),
    "plain.yaml": (
        "Resources:\n  Work: {Type: 'AWS::Lambda::Function', Properties: {Handler: app.handler}}\n"
        '  Rule: {Type: "AWS::IoT::TopicRule", Properties: {TopicRulePayload: {Sql: "SQL",'
        " Actions: [{Lambda: {FunctionArn: !GetAtt Work.Arn}}]}}}\n"
    ),
    "serverless.yml": (
        "service: shop\nprovider: {name: aws}\nfunctions:\n  work:\n    handler: app.handler\n"
        '    events: [{iot: {sql: "SQL"}}]\n'
    ),
    "main.tf": (
        'resource "aws_lambda_function" "w" {\n  handler = "app.handler"\n}\n'
        'resource "aws_iot_topic_rule" "r" {\n  sql = "SQL"\n  enabled = true\n'
        "  lambda { function_arn = aws_lambda_function.w.arn }\n}\n"
    ),
    "stack.ts": (
        "import * as cdk from 'aws-cdk-lib';\nexport class S extends cdk.Stack {\n"
        "  constructor(scope: Construct, id: string) {\n    super(scope, id);\n"
        "    const w = new lambda.Function(this, 'Work', {handler: 'app.handler',"
        " code: lambda.Code.fromAsset('.')});\n"
        "    new iot.TopicRule(this, 'R', {sql: iot.IotSql.fromStringAsVer20160323(\"SQL\"),"
        " actions: [new actions.LambdaFunctionAction(w)]});\n  }\n}\n"
    ),
}


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize(
    ("sql", "severity"),
    [
        ("SELECT * FROM 'devices/+/state'", "high"),
        ("SELECT state.x as x FROM 'devices/#'", "high"),
        ("SELECT * FROM 'devices/+/state' WHERE x > 5", "ask"),
        ("SELECT * FROM 'devices/+/command'", None),
    ],
)
def test_every_kind_of_template_says_its_iot_rules(
    name: str, sql: str, severity: str | None
) -> None:
    code = PUBLISHES.replace("TOPIC", "f\"devices/{event['id']}/state\"")

    found = scanned({"app.py": code}, {name: RULES[name].replace("SQL", sql)})

    assert [f.severity for f in found] == ([severity] if severity else [])
    assert {f.rule for f in found} <= {"REC-IOT"}
    assert all(f.aws_stops is False and "AWS IoT" in f.aws_why for f in found)


def test_a_rule_that_is_switched_off_starts_nothing() -> None:
    sql = "SELECT * FROM 'a'"
    off = {
        "main.tf": RULES["main.tf"].replace("enabled = true", "enabled = false"),
        "plain.yaml": RULES["plain.yaml"].replace("{Sql:", "{RuleDisabled: true, Sql:"),
        "serverless.yml": RULES["serverless.yml"].replace("{sql:", "{enabled: false, sql:"),
    }
    for name, template in off.items():
        text = template.replace("SQL", sql)
        assert scanned({"app.py": PUBLISHES.replace("TOPIC", "'a'")}, {name: text}) == ()


def test_other_languages_publish_too() -> None:
    template = RULES["plain.yaml"].replace("SQL", "SELECT * FROM 'a/+'")
    js = (
        "const {IoTDataPlaneClient, PublishCommand} = require('@aws-sdk/client-iot-data-plane');\n"
        "const client = new IoTDataPlaneClient({});\nexports.handler = async (event) => {\n"
        "  await client.send(new PublishCommand({topic: `a/${event.id}`, payload: ''}));\n};\n"
    )

    [found] = scanned({"app.js": js}, {"template.yaml": template})

    assert (found.rule, found.severity) == ("REC-IOT", "high")


# -- mail

MAILS = (
    "import boto3\ndef handler(event, context):\n"
    "    boto3.client('ses').send_email(Source='a@x.y', Message={}, Destination={DESTINATION})\n"
)
RECEIPT = """
Resources:
  Work: {Type: AWS::Lambda::Function, Properties: {Handler: app.handler}}
  Rule:
    Type: AWS::SES::ReceiptRule
    Properties:
      Rule:
        Enabled: true
        Recipients: RECIPIENTS
        Actions: [{LambdaAction: {FunctionArn: !GetAtt Work.Arn}}]
"""


@pytest.mark.parametrize(
    ("destination", "recipients", "severity"),
    [
        ("'ToAddresses': ['in@shop.example']", "[in@shop.example]", "high"),
        ("'ToAddresses': ['Desk <In@Shop.example>']", "[in@shop.example]", "high"),
        ("'ToAddresses': ['in+7@shop.example']", "[in@shop.example]", "high"),
        ("'CcAddresses': ['in@shop.example']", "[shop.example]", "high"),
        ("'BccAddresses': ['a@b.shop.example']", "[.shop.example]", "high"),
        ("'ToAddresses': [f\"{event['id']}@shop.example\"]", "[shop.example]", "high"),
        ("'ToAddresses': [f\"{event['id']}@shop.example\"]", "[in@shop.example]", "ask"),
        ("'ToAddresses': [f\"{event['id']}@other.example\"]", "[shop.example]", None),
        ("'ToAddresses': ['out@other.example']", "[shop.example]", None),
        ("'ToAddresses': ['a@b.shop.example']", "[shop.example]", None),
        ("'ToAddresses': ['out@shop.example']", "[in@shop.example]", None),
        ("'ToAddresses': [event['to']]", "[shop.example]", "ask"),
        ("'ToAddresses': ['out@shop.example']", "[]", "ask"),
        ("'ToAddresses': ['out@shop.example']", "[!Ref Address]", "ask"),
    ],
)
def test_an_address_is_held_against_the_receipt_rule(
    destination: str, recipients: str, severity: str | None
) -> None:
    found = scanned(
        {"app.py": MAILS.replace("DESTINATION", destination)},
        {"t.yaml": RECEIPT.replace("RECIPIENTS", recipients)},
    )

    assert [f.severity for f in found] == ([severity] if severity else [])
    assert {f.rule for f in found} <= {"REC-SES"}


def test_mail_without_a_receipt_rule_or_with_one_that_is_off_is_nothing() -> None:
    code = {"app.py": MAILS.replace("DESTINATION", "'ToAddresses': [event['to']]")}
    off = RECEIPT.replace("RECIPIENTS", "[]").replace("Enabled: true", "Enabled: false")

    assert scanned(code, {}) == ()
    assert scanned(code, {"t.yaml": off}) == ()


def test_mail_that_is_stored_and_starts_the_function_by_its_bucket_is_a_loop() -> None:
    template = """
Resources:
  Work: {Type: AWS::Lambda::Function, Properties: {Handler: app.handler}}
  Mails:
    Type: AWS::S3::Bucket
    Properties:
      NotificationConfiguration:
        LambdaConfigurations: [{Event: "s3:ObjectCreated:*", Function: !GetAtt Work.Arn}]
  Rule:
    Type: AWS::SES::ReceiptRule
    Properties:
      Rule:
        Enabled: true
        Recipients: [shop.example]
        Actions: [{S3Action: {BucketName: !Ref Mails}}]
"""
    code = MAILS.replace("DESTINATION", "'ToAddresses': ['in@shop.example']")

    [found] = scanned({"app.py": code}, {"t.yaml": template})

    assert (found.rule, found.severity) == ("REC-SES", "high")
    assert found.cycle == ("Work", "mail", "Mails", "Work")
    assert len(found.evidence) == 3


RECEIPTS = {
    "main.tf": (
        'resource "aws_lambda_function" "w" {\n  handler = "app.handler"\n}\n'
        'resource "aws_ses_receipt_rule" "r" {\n  enabled = true\n  recipients = ["DOMAIN"]\n'
        "  lambda_action { function_arn = aws_lambda_function.w.arn }\n}\n"
    ),
    "stack.ts": (
        "import * as cdk from 'aws-cdk-lib';\nexport class S extends cdk.Stack {\n"
        "  constructor(scope: Construct, id: string) {\n    super(scope, id);\n"
        "    const w = new lambda.Function(this, 'Work', {handler: 'app.handler',"
        " code: lambda.Code.fromAsset('.')});\n"
        "    new ses.ReceiptRule(this, 'R', {recipients: ['DOMAIN'],"
        " actions: [new actions.Lambda({function: w})]});\n  }\n}\n"
    ),
}


@pytest.mark.parametrize("name", RECEIPTS)
@pytest.mark.parametrize(("domain", "count"), [("shop.example", 1), ("other.example", 0)])
def test_terraform_and_the_cdk_say_receipt_rules(name: str, domain: str, count: int) -> None:
    code = MAILS.replace("DESTINATION", "'ToAddresses': ['in@shop.example']")

    found = scanned({"app.py": code}, {name: RECEIPTS[name].replace("DOMAIN", domain)})

    assert [(f.rule, f.severity) for f in found] == [("REC-SES", "high")] * count


def test_other_calls_that_send_mail_are_seen() -> None:
    raw = (
        "import boto3\ndef handler(event, context):\n"
        "    boto3.client('ses').send_raw_email(Destinations=['in@shop.example'], RawMessage={})\n"
    )
    js = (
        "const {SESv2Client, SendEmailCommand} = require('@aws-sdk/client-sesv2');\n"
        "const client = new SESv2Client({});\nexports.handler = async (event) => {\n"
        "  const params = {Destination: {ToAddresses: ['in@shop.example']}, Content: {}};\n"
        "  await client.send(new SendEmailCommand(params));\n};\n"
    )
    template = RECEIPT.replace("RECIPIENTS", "[shop.example]")
    for files in ({"app.py": raw}, {"app.js": js}):
        [found] = scanned(files, {"t.yaml": template})
        assert (found.rule, found.severity) == ("REC-SES", "high")
