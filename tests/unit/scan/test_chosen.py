"""Functions that the run chooses by a name, and names that the run is told."""

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
SEND = 'boto3.client("sqs").send_message(QueueUrl=os.environ["NEXT"], MessageBody="x")'
METHODS = f"""
import boto3, os
class Base:
    def retry(self, event):
        {SEND}
class Jobs(Base):
    def done(self, event):
        return None
class Quiet:
    def done(self, event):
        return None
def handler(event, context):
    jobs = WHICH()
    USE
"""


@pytest.mark.parametrize(
    "use",
    [
        'getattr(jobs, event["action"])(event)',
        'chosen = getattr(jobs, event["action"], None); chosen(event)',
        'chosen = jobs.__getattribute__(event["action"]); chosen(event)',
    ],
)
@pytest.mark.parametrize(("which", "rules"), [("Jobs", ["REC-SQS"]), ("Quiet", [])])
def test_any_method_may_be_the_one_that_is_chosen(use: str, which: str, rules: list[str]) -> None:
    code = METHODS.replace("USE", use).replace("WHICH", which)

    assert [f.rule for f in scanned({"app.py": code}, {"template.yaml": QUEUE})] == rules


def test_a_method_that_is_named_is_the_only_one() -> None:
    code = METHODS.replace("USE", 'getattr(jobs, "done")(event)').replace("WHICH", "Jobs")

    assert scanned({"app.py": code}, {"template.yaml": QUEUE}) == ()


TABLE = f"""
import boto3, os
def retry(event):
    {SEND}
def done(event):
    return None
ACTIONS = {{"go": WHICH, "end": done}}
def handler(event, context):
    USE
"""


@pytest.mark.parametrize(
    "use",
    [
        'ACTIONS[event["action"]](event)',
        'chosen = ACTIONS.get(event["action"]); chosen(event)',
        'ACTIONS.get(event["action"], done)(event)',
    ],
)
@pytest.mark.parametrize(("which", "rules"), [("retry", ["REC-SQS"]), ("done", [])])
def test_a_table_of_functions_is_looked_into(use: str, which: str, rules: list[str]) -> None:
    code = TABLE.replace("USE", use).replace("WHICH", which)

    assert [f.rule for f in scanned({"app.py": code}, {"template.yaml": QUEUE})] == rules


SCRIPT = """
const { SQS } = require('aws-sdk');
const sqs = new SQS();
const retry = () => sqs.sendMessage({ QueueUrl: process.env.NEXT, MessageBody: '' }).promise();
const done = async () => null;
const actions = { go: WHICH, done };
exports.handler = async (event) => actions[event.Records[0].body](event);
"""


@pytest.mark.parametrize(("which", "rules"), [("retry", ["REC-SQS"]), ("done", [])])
def test_a_table_of_functions_of_javascript(which: str, rules: list[str]) -> None:
    code = {"app.js": SCRIPT.replace("WHICH", which)}

    assert [f.rule for f in scanned(code, {"template.yaml": QUEUE})] == rules


NAMED = """
import boto3
from settings import BaseSettings
class Settings(BaseSettings):
    aws_lambda_function_name: str
    other_function_name: str
settings = Settings()
def start(request):
    boto3.client("lambda").invoke(FunctionName=WHICH)
def handler(event, context):
    request = make(event)
    request.context["aws_lambda_invoked_function_arn"] = context.invoked_function_arn
    start(request)
"""


@pytest.mark.parametrize(
    ("which", "rules"),
    [
        ('request.context["aws_lambda_invoked_function_arn"]', ["REC-SELF-ARN"]),
        ("settings.aws_lambda_function_name", ["REC-SELF-ENV"]),
        ("settings.other_function_name", []),
        ('request.context["aws_lambda_invoked_function_arn"].replace("-a", "-b")', []),
    ],
)
def test_what_is_called_as_the_own_name_is_called_is_it(which: str, rules: list[str]) -> None:
    found = scanned({"app.py": NAMED.replace("WHICH", which)}, {})

    assert [f.rule for f in found] == rules


OWN = """
import boto3, os
def get_queue_url(name):
    return os.environ[name]
def handler(event, context):
    url = get_queue_url("WHICH")
    boto3.client("sqs").send_message(QueueUrl=url, MessageBody="x")
"""


@pytest.mark.parametrize(("which", "rules"), [("NEXT", ["REC-SQS"]), ("OTHER", [])])
def test_a_function_of_the_package_is_no_call_of_aws(which: str, rules: list[str]) -> None:
    code = {"app.py": OWN.replace("WHICH", which)}

    assert [f.rule for f in scanned(code, {"template.yaml": QUEUE})] == rules


LIFT = """
service: jobs
provider:
  name: aws
  environment: {NEXT: "${construct:WHICH.queueUrl}"}
constructs:
  jobs: {type: queue, worker: {handler: app.handler}}
  later: {type: queue, worker: {handler: later.handler}}
"""


@pytest.mark.parametrize(("which", "rules"), [("jobs", ["REC-SQS"]), ("later", [])])
def test_a_queue_of_lift_has_its_worker(which: str, rules: list[str]) -> None:
    code = {"app.py": OWN.replace("WHICH", "NEXT"), "later.py": "def handler(e, c): pass"}

    found = scanned(code, {"serverless.yml": LIFT.replace("WHICH", which)})

    assert [f.rule for f in found] == rules
