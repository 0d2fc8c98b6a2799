"""Settings that a library fills from the environment, and defaults of data classes."""

from __future__ import annotations

import pytest

from tests.unit.scan.conftest import scanned

QUEUE = """
Resources:
  Jobs: {Type: AWS::SQS::Queue}
  Work:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Environment: {Variables: {NEXT: !Ref Jobs}}
      Events: {Job: {Type: SQS, Properties: {Queue: !GetAtt Jobs.Arn}}}
"""
PYTHON = """
import os, boto3
SETTINGS
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=URL, MessageBody="x")
"""
PYDANTIC = """
from pydantic_settings import BaseSettings
class Settings(BaseSettings):
    next: str
    other: str = "elsewhere"
settings = Settings()
"""
DATACLASS = """
from dataclasses import dataclass, field
@dataclass
class Settings:
    next: str = field(default_factory=lambda: os.environ["NEXT"])
    other: str = field(default="elsewhere")
settings = Settings()
"""
ENVIRONS = (
    'from environs import Env\nenv = Env()\nnext, other = env.str("NEXT"), env.str("OTHER")\n'
)
DECOUPLE = 'from decouple import config\nnext, other = config("NEXT"), config("OTHER")\n'


@pytest.mark.parametrize(
    ("settings", "url", "other"),
    [
        (PYDANTIC, "settings.next", "settings.other"),
        (DATACLASS, "settings.next", "settings.other"),
        (ENVIRONS, "next", "other"),
        (DECOUPLE, "next", "other"),
    ],
    ids=["pydantic", "data class", "environs", "decouple"],
)
def test_settings_are_variables_of_the_environment(settings: str, url: str, other: str) -> None:
    code = PYTHON.replace("SETTINGS", settings)

    found = scanned({"app.py": code.replace("URL", url)}, {"template.yaml": QUEUE})
    beside = scanned({"app.py": code.replace("URL", other)}, {"template.yaml": QUEUE})

    assert [f.rule for f in found] == ["REC-SQS"]
    assert beside == ()


SCRIPT = """
const env = require('env-var');
const { SQS } = require('aws-sdk');
const sqs = new SQS();
const url = env.get('WHICH').required().asString();
exports.handler = async () => sqs.sendMessage({ QueueUrl: url, MessageBody: 'x' }).promise();
"""


@pytest.mark.parametrize(("which", "rules"), [("NEXT", ["REC-SQS"]), ("OTHER", [])])
def test_variables_of_env_var(which: str, rules: list[str]) -> None:
    found = scanned({"app.js": SCRIPT.replace("WHICH", which)}, {"template.yaml": QUEUE})

    assert [f.rule for f in found] == rules
