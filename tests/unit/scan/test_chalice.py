"""Chalice's decorators as triggers, and other ways to name the queue that an event came from."""

from __future__ import annotations

import pytest

from signed_lambda.scan import findings_in
from tests.unit.scan.conftest import MakesWorlds

HEAD = "import os, boto3\nfrom chalice import Chalice\napp = Chalice(app_name='a')\n"


@pytest.mark.parametrize(
    ("decorator", "body", "found"),
    [
        (
            "on_sqs_message(queue='jobs')",
            "boto3.resource('sqs').get_queue_by_name(QueueName='jobs').send_message(MessageBody='x')",
            [("REC-SQS", "high")],
        ),
        (
            "on_sqs_message(queue='jobs')",
            "boto3.resource('sqs').get_queue_by_name(QueueName='done').send_message(MessageBody='x')",
            [],
        ),
        (
            "on_sns_message(topic=os.environ['TOPIC'])",
            "boto3.client('sns').publish(TopicArn=os.environ['TOPIC'], Message='x')",
            [("REC-SNS", "high")],
        ),
        (
            "on_s3_event(bucket='pictures', prefix='in/')",
            "boto3.client('s3').put_object(Bucket=event.bucket, Key='out/a')",
            [],
        ),
        (
            "on_s3_event(bucket='pictures', prefix='in/')",
            "boto3.client('s3').put_object(Bucket='pictures', Key='in/a')",
            [("REC-S3", "high")],
        ),
        ("lambda_function()", "boto3.client('sns').publish(TopicArn='x', Message='x')", []),
    ],
)
def test_a_decorator_is_a_trigger(
    world: MakesWorlds, decorator: str, body: str, found: list[tuple[str, str]]
) -> None:
    text = f"{HEAD}@app.{decorator}\ndef work(event):\n    {body}\n"

    findings = findings_in(world({"app.py": text}))

    assert [(f.rule, f.severity) for f in findings] == found


@pytest.mark.parametrize(
    "url",
    [
        "f\"https://sqs.{arn.split(':')[3]}.amazonaws.com/{arn.split(':')[4]}/{arn.split(':')[5]}\"",
        "sqs.get_queue_url(QueueName=arn.split(':')[-1])['QueueUrl']",
    ],
)
def test_a_url_that_is_made_of_the_source_s_arn_is_the_source(world: MakesWorlds, url: str) -> None:
    text = (
        "import boto3\nsqs = boto3.client('sqs')\ndef handler(event, context):\n"
        "    arn = event['Records'][0]['eventSourceARN']\n"
        f"    sqs.send_message(QueueUrl={url}, MessageBody='x')\n"
    )

    findings = findings_in(world({"app.py": text}))

    assert [(f.rule, f.severity) for f in findings] == [("REC-SQS", "high")]


def test_what_an_api_answers_is_unknown(world: MakesWorlds) -> None:
    text = (
        "import boto3\ndef handler(event, context):\n"
        "    name = boto3.client('ssm').get_parameter(Name='x')['Parameter']['Value']\n"
        "    boto3.client('lambda').invoke(FunctionName=name)\n"
    )

    assert findings_in(world({"app.py": text})) == ()


def test_a_queue_is_known_by_its_name_in_javascript(world: MakesWorlds) -> None:
    text = (
        "const {SQSClient, GetQueueUrlCommand, SendMessageCommand} =\n"
        "  require('@aws-sdk/client-sqs');\n"
        "const sqs = new SQSClient({});\nexports.handler = async (event) => {\n"
        "  const QueueName = event.Records[0].eventSourceARN.split(':').pop();\n"
        "  const {QueueUrl} = await sqs.send(new GetQueueUrlCommand({QueueName}));\n"
        "  await sqs.send(new SendMessageCommand({QueueUrl, MessageBody: 'x'}));\n};\n"
    )

    findings = findings_in(world({"index.js": text}))

    assert [(f.rule, f.severity) for f in findings] == [("REC-SQS", "high")]
