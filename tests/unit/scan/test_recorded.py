"""Calls of AWS that come back by a rule on CloudTrail's records."""

from __future__ import annotations

import pytest

from tests.unit.scan.conftest import scanned

PYTHON = """
import boto3
made = boto3.client("SERVICE")
def handler(event, context):
    made.create_tags(Resources=["i-1"], Tags=[])
"""
SCRIPT = """
const { EC2Client, CreateTagsCommand } = require('@aws-sdk/client-SERVICE');
const client = new EC2Client({});
exports.handler = async (event) => client.send(new CreateTagsCommand({ Resources: [], Tags: [] }));
"""
RULE = """
Resources:
  Work:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Events:
        Made:
          Type: EventBridgeRule
          Properties:
            Pattern:
              source: [aws.ec2]
              detail-type: [KIND]
              detail: {eventSource: [ec2.amazonaws.com], eventName: [RunInstances, NAME]MORE}
"""
TRAIL = "AWS API Call via CloudTrail"


def rule(name: str = "CreateTags", kind: str = TRAIL, more: str = "") -> dict[str, str]:
    """A template with such a rule."""
    said = RULE.replace("NAME", name).replace("KIND", kind).replace("MORE", more)
    return {"template.yaml": said}


@pytest.mark.parametrize(("path", "code"), [("app.py", PYTHON), ("app.js", SCRIPT)])
@pytest.mark.parametrize(
    ("service", "name", "kind", "certainties"),
    [
        ("ec2", "CreateTags", TRAIL, ["certain"]),
        ("ec2", "CreateTags20200101v2", TRAIL, ["certain"]),
        ("ec2", "DeleteTags", TRAIL, []),
        ("ssm", "CreateTags", TRAIL, []),
        ("ec2", "CreateTags", "EC2 Instance State-change Notification", []),
    ],
)
def test_a_call_whose_record_starts_the_function_is_told(
    path: str, code: str, service: str, name: str, kind: str, certainties: list[str]
) -> None:
    found = scanned({path: code.replace("SERVICE", service)}, rule(name, kind))

    assert [f.certainty for f in found] == certainties
    assert all(f.rule == "REC-EVENTBRIDGE" for f in found)


def test_who_calls_may_be_left_out_by_the_rule() -> None:
    more = ', userIdentity: {arn: [{anything-but: "arn:aws:sts::1:assumed-role/tagger/x"}]}'

    found = scanned({"app.py": PYTHON.replace("SERVICE", "ec2")}, rule(more=more))

    assert [f.certainty for f in found] == ["ask"]


def test_what_only_reads_is_not_sent_to_the_bus() -> None:
    code = PYTHON.replace("SERVICE", "ec2").replace("create_tags", "describe_instances")

    assert scanned({"app.py": code}, rule("DescribeInstances")) == ()


def test_a_method_of_that_name_is_no_call_of_aws() -> None:
    code = PYTHON.replace('boto3.client("SERVICE")', "make()")

    assert scanned({"app.py": code}, rule()) == ()
