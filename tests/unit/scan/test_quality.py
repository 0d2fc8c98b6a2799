"""The rules about the quality of Python code: what is told, and what is left alone."""

from __future__ import annotations

import inspect
import re
import textwrap
from typing import TYPE_CHECKING

import botocore.session
import pytest
from botocore import xform_name

from lambda_sandbox.core import VirtualClock
from signed_lambda.report.comment import render_comment
from signed_lambda.report.jsonreport import render_json
from signed_lambda.report.sarif import render_sarif
from signed_lambda.report.text import render_text
from signed_lambda.scan import findings_in, loop_rules, quality_rules, review
from signed_lambda.scan.form import Module
from signed_lambda.scan.infra.read import read_templates
from signed_lambda.scan.reading import read
from signed_lambda.scan.waiters import WAITERS
from signed_lambda.scan.world import world_of
from tests.unit.package.trees import Place
from tests.unit.report.cases import PACKAGE, report

if TYPE_CHECKING:
    from pathlib import Path

    from signed_lambda.report.model import Finding
    from signed_lambda.scan import Rule

RULES = quality_rules()
SAID = {
    "LAM-BATCH": ("medium", "handler"),
    "LAM-CLIENT": ("low", "handler"),
    "LAM-CREDENTIALS": ("medium", ""),
    "LAM-POLLING": ("low", "handler"),
    "LAM-RESERVED-ENV": ("low", "handler"),
}
"""What each page's example is told as."""
KEY_ID = "AK" + "IAZ3MUBV5NQTYHKWRD"
SECRET = "q7Zr1Kf9Lw3Xn5Vb8Jm2Tc6Ys4Hd0Gp7Uo1Ie5Ra"
every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.ID)


def found(text: str, template: str = "", **others: str) -> tuple[Finding, ...]:
    """The findings of these rules in app.py, beside other files by name."""
    files = {"app.py": text, **{f"{name}.py": body for name, body in others.items()}}
    modules = [read(path, textwrap.dedent(body).encode()) for path, body in files.items()]
    read_whole = [m for m in modules if isinstance(m, Module)]
    assert len(read_whole) == len(modules)
    infra, unread = read_templates({"template.yaml": template.encode()} if template else {})
    assert unread == ()
    return findings_in(world_of(read_whole, "orders", infra), RULES)


def told(text: str, **others: str) -> list[tuple[str, int]]:
    """Rule and line of each finding."""
    return [(f.rule, f.line) for f in found(text, **others)]


def example(rule: Rule, title: str) -> str:
    """A code block of the rule's page."""
    page = inspect.getdoc(rule) or ""
    block = re.search(rf"^{title}::\n\n((?:(?:    .*)?\n)+)", page + "\n", re.MULTILINE)
    assert block, f"{rule.ID} has no {title}"
    return textwrap.dedent(block[1])


@every_rule
def test_the_bad_example_is_told_and_is_low_or_medium(rule: Rule) -> None:
    [finding] = found(example(rule, "Bad"))

    assert (finding.rule, finding.severity, finding.function) == (rule.ID, *SAID[rule.ID])
    assert (finding.certainty, finding.cycle, finding.guard) == ("certain", (), None)
    assert finding.fix


@every_rule
def test_the_good_example_is_clean(rule: Rule) -> None:
    assert found(example(rule, "Good")) == ()


@every_rule
def test_a_page_says_why_and_where_from(rule: Rule) -> None:
    page = inspect.getdoc(rule) or ""

    assert page.splitlines()[0].endswith(".")
    assert "\nWhy: " in page
    assert "\nSource: https://" in page
    assert re.fullmatch("LAM-[A-Z-]+", rule.ID)


def test_the_rules_about_loops_are_others() -> None:
    loops = {rule.ID for rule in loop_rules()}

    assert all(id_.startswith("REC-") for id_ in loops)
    assert findings_in(world_of([parsed(example(RULES[0], "Bad"))])) == ()


def parsed(text: str) -> Module:
    module = read("app.py", text.encode())
    assert isinstance(module, Module)
    return module


# -- LAM-CLIENT

HEAD = "import boto3, os, functools\nfrom botocore.config import Config\nCONFIG = Config()\n"


def in_handler(body: str, above: str = "") -> list[tuple[str, int]]:
    """What is told of a handler with this body."""
    code = f"{HEAD}{above}\ndef handler(event, context):\n{textwrap.indent(body, '    ')}\n"
    return [(rule, line) for rule, line in told(code) if rule == "LAM-CLIENT"]


@pytest.mark.parametrize(
    "body",
    [
        "boto3.client('s3')",
        "s3 = boto3.resource('s3', region_name='eu-west-1')",
        "boto3.client(service_name='s3', config=CONFIG)",
        "boto3.client('s3', config=Config(retries={'max_attempts': 3}))",
        "boto3.client('s3', region_name=os.environ['R'])",
        "boto3.client('s3', region_name=os.getenv('R'))",
        "boto3.Session().client('s3')",
        "boto3.Session(region_name='eu-west-1').client('s3')",
        "session = boto3.session.Session()\ns3 = session.client('s3')",
        "region = 'eu-west-1'\nboto3.client('s3', region_name=region)",
        "table = boto3.resource('dynamodb').Table('x')",
        "if event['x'] == 1:\n    boto3.client('s3')",
    ],
)
def test_a_client_that_is_the_same_each_time_is_told(body: str) -> None:
    assert len(in_handler(body)) == 1


@pytest.mark.parametrize(
    ("body", "above"),
    [
        ("boto3.client('s3', region_name=event['region'])", ""),
        ("r = event['r']\nboto3.client('s3', region_name=r)", ""),
        ("r = os.environ['R']\nr = event['r']\nboto3.client('s3', region_name=r)", ""),
        ("r = r or 'x'\nboto3.client('s3', region_name=r)", ""),
        ("boto3.Session(aws_access_key_id=event['k']).client('s3')", ""),
        ("s = make(event)\ns.client('s3')", ""),
        ("boto3.client(event['service'])", ""),
        ("global s3\nif s3 is None:\n    s3 = boto3.client('s3')", "s3 = None"),
        ("global s3\nif not s3:\n    s3 = boto3.client('s3')", "s3 = None"),
        ("global s3\ns3 = s3 or boto3.client('s3')", "s3 = None"),
        ("if 's3' not in known:\n    known['s3'] = boto3.client('s3')", "known = {}"),
        ("known['s3'] = boto3.client('s3')", "known = {}"),
        ("other.client('s3')", "import other"),
        ("client('s3')", "def client(x): return x"),
        ("pass", "s3 = boto3.client('s3')"),
        ("region()", "def region():\n    return boto3.Session().region_name"),
        ("get()", "@functools.lru_cache\ndef get():\n    return boto3.client('s3')"),
        ("get()", "@functools.cache\ndef get():\n    return boto3.client('s3')"),
        ("get()", "@functools.lru_cache(maxsize=1)\ndef get():\n    return boto3.client('s3')"),
        ("if s3 is None:\n    get()", "s3 = None\ndef get():\n    return boto3.client('s3')"),
        ("pass", "def unused():\n    return boto3.client('s3')"),
        ("get()", "def get(c=None):\n    if c is None:\n        c = boto3.client('s3')"),
        ("get('x')", "r = 'y'\ndef get(r):\n    return boto3.client('s3', region_name=r)"),
        ("x.get()", "class A:\n    def get(self):\n        return boto3.client('s3')\nx = A()"),
    ],
)
def test_a_client_that_is_kept_or_differs_is_left_alone(body: str, above: str) -> None:
    assert in_handler(body, above) == []


def test_a_helper_that_a_handler_calls_is_told_with_the_handler() -> None:
    [finding] = found(
        "from helper import put\ndef handler(event, context):\n    put()\n",
        helper="import boto3\ndef put():\n    boto3.client('s3').put_object()\n",
    )

    assert (finding.path, finding.line) == ("helper.py", 3)
    assert "`put`, which `handler` calls," in finding.message


def test_a_method_of_the_same_object_is_followed() -> None:
    code = """
        import boto3
        class Work:
            def __init__(self):
                self.s3 = boto3.client("s3")
            def run(self):
                self.load()
            def load(self):
                boto3.client("sqs")
        work = Work()
        def handler(event, context):
            Work.run(work)
    """

    assert told(code) == []


# -- LAM-BATCH


def batch(body: str) -> list[int]:
    """Lines that are told of a function with this body."""
    code = (
        f"import boto3\nk = boto3.client('kinesis')\ndef send(r):\n{textwrap.indent(body, '    ')}"
    )
    return [line for rule, line in told(code) if rule == "LAM-BATCH"]


PUT = "k.put_records(StreamName='s', Records=r)"


@pytest.mark.parametrize(
    "body",
    [
        PUT,
        f"a = {PUT}",
        f"a = {PUT}\nprint(a)",
        f"a = {PUT}\nlogger.info('sent %s', json.dumps(a))",
        f"a = {PUT}\nlogger.info(f'sent {{a}}')",
        f"a = {PUT}\nif a['ResponseMetadata']['HTTPStatusCode'] != 200:\n    raise ValueError",
        "x = boto3.resource('dynamodb').batch_get_item(RequestItems=r)\nreturn x['Responses']",
        "x = db.batch_get_item(RequestItems=r)\nreturn x.get('Responses')",
        "boto3.client('firehose').put_record_batch(DeliveryStreamName='d', Records=r)",
        "sqs.send_message_batch(QueueUrl='q', Entries=r)",
        "queue.send_messages(Entries=r)",
        "db.batch_write_item(RequestItems=r)",
        "events.put_events(Entries=r)",
        "s3.delete_objects(Bucket='b', Delete=r)",
        "for x in r:\n    events.put_events(Entries=x)",
    ],
)
def test_failures_that_nobody_looks_at_are_told(body: str) -> None:
    assert len(batch(body)) == 1


@pytest.mark.parametrize(
    "body",
    [
        f"return {PUT}",
        f"a = {PUT}\nreturn a",
        f"a = {PUT}\ncheck(a)",
        f"a = {PUT}\nif a['FailedRecordCount']:\n    raise ValueError",
        f"a = {PUT}\nif a.get('FailedRecordCount', 0) > 0:\n    raise ValueError",
        f"a = {PUT}\nfor one in a['Records']:\n    print(one)",
        f"if {PUT}['FailedRecordCount']:\n    raise ValueError",
        f"self.last = {PUT}",
        f"a = {PUT}\nprint(check(a))",
        f"a = {PUT}\ndef inner():\n    return a",
        "x = db.batch_get_item(RequestItems=r)\nr = x['UnprocessedKeys']",
        "while r:\n    r = db.batch_write_item(RequestItems=r)['UnprocessedItems']",
        "k.put_records(r)",
        "k.put_events(Entries=r)",
        "own.put_records(Records=r)\ndef put_records(Records): ...",
        "put_records(Records=r)",
    ],
)
def test_failures_that_somebody_may_look_at_are_left_alone(body: str) -> None:
    assert batch(body) == []


# -- LAM-POLLING

ASK = "ec2.describe_volumes(VolumeIds=[v])"


def polling(body: str) -> list[int]:
    """Lines that are told of a function with this body."""
    head = "import boto3, time\nec2 = boto3.client('ec2')\nsfn = boto3.client('stepfunctions')\n"
    code = f"{head}def wait(v):\n{textwrap.indent(body, '    ')}"
    return [line for rule, line in told(code) if rule == "LAM-POLLING"]


@pytest.mark.parametrize(
    "body",
    [
        f"while {ASK}['Volumes'][0]['State'] != 'available':\n    time.sleep(5)",
        (
            f"while True:\n    a = {ASK}\n    s = a['Volumes'][0]['State']\n"
            "    if s == 'available':\n        return\n    time.sleep(5)"
        ),
        f"for _ in range(9):\n    a = {ASK}\n    if a:\n        break\n    time.sleep(5)",
        f"done = False\nwhile not done:\n    done = {ASK}\n    time.sleep(5)",
        (
            "while True:\n    a = cfn.describe_stacks(StackName=v)\n    if a:\n        break\n"
            "    time.sleep(1)"
        ),
    ],
)
def test_a_loop_that_asks_and_sleeps_is_told(body: str) -> None:
    assert len(polling(body)) == 1


@pytest.mark.parametrize(
    "body",
    [
        f"for v in vs:\n    a = {ASK}\n    if a:\n        break\n    time.sleep(1)",
        f"while True:\n    a = {ASK}\n    if a:\n        break",
        f"while more():\n    {ASK}\n    time.sleep(1)",
        (
            f"while True:\n    try:\n        a = {ASK}\n        if a:\n            break\n"
            "    except Exception:\n        time.sleep(1)"
        ),
        (
            "t = None\nwhile True:\n    a = ec2.describe_volumes(NextToken=t)\n"
            "    t = a['NextToken']\n    if not t:\n        break\n    time.sleep(1)"
        ),
        (
            "while True:\n    a = ec2.describe_volumes(**args)\n    if 'NextToken' not in a:\n"
            "        break\n    time.sleep(1)"
        ),
        (
            "while True:\n    a = sfn.describe_execution(executionArn=v)\n"
            "    if a['status'] != 'RUNNING':\n        break\n    time.sleep(1)"
        ),
        (
            "while True:\n    a = self.describe_volumes(v)\n    if a:\n        break\n"
            "    time.sleep(1)"
        ),
        (
            "def describe_volumes(v): ...\nwhile True:\n    a = own.describe_volumes(v)\n"
            "    if a:\n        break\n    time.sleep(1)"
        ),
        f"a = {ASK}\nwhile True:\n    if a:\n        break\n    time.sleep(1)",
    ],
)
def test_another_loop_is_left_alone(body: str) -> None:
    assert polling(body) == []


def test_the_waiters_are_botocores() -> None:
    session = botocore.session.get_session()
    wanted: dict[str, set[str]] = {}
    for service in session.get_available_services():
        try:
            model = session.get_waiter_model(service)
        except Exception:  # noqa: BLE001 - UnknownServiceError of many kinds: it has none
            continue
        operations = {xform_name(model.get_waiter(n).operation) for n in model.waiter_names}
        if operations:
            wanted[service] = operations

    assert {service: set(names) for service, names in WAITERS.items()} == wanted


# -- LAM-RESERVED-ENV


@pytest.mark.parametrize(
    "line",
    [
        "os.environ['AWS_REGION'] = 'x'",
        "environ['AWS_ACCESS_KEY_ID'] = 'x'",
        "os.environ.update({'AWS_REGION': 'x', 'OTHER': 'y'})",
        "os.environ.update(AWS_REGION='x')",
        "os.putenv('_HANDLER', 'x')",
    ],
)
def test_a_reserved_variable_that_code_sets_is_told(line: str) -> None:
    code = f"import os\nfrom os import environ\n{line}\ndef handler(event, context): ...\n"

    assert told(code) == [("LAM-RESERVED-ENV", 3)]


@pytest.mark.parametrize(
    "code",
    [
        "os.environ['MY_REGION'] = 'x'\ndef handler(event, context): ...\n",
        "x = os.environ['AWS_REGION']\ndef handler(event, context): ...\n",
        "os.environ.setdefault('AWS_REGION', 'x')\ndef handler(event, context): ...\n",
        "other['AWS_REGION'] = 'x'\ndef handler(event, context): ...\n",
        "os.environ['AWS_REGION'] = 'x'\n",
        (
            "def handler(event, context): ...\nif __name__ == '__main__':\n"
            "    os.environ['AWS_REGION'] = 'x'\n"
        ),
    ],
    ids=["own", "read", "default", "another table", "no handler", "script"],
)
def test_other_variables_and_other_places_are_left_alone(code: str) -> None:
    assert told(f"import os\n{code}") == []


def test_a_reserved_variable_of_a_template_is_told_at_the_function() -> None:
    template = """
Resources:
  Work:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Environment: {Variables: {AWS_REGION: eu-west-1, REGION: x}}
"""

    [finding] = found("def handler(event, context): ...\n", template)

    assert (finding.rule, finding.severity) == ("LAM-RESERVED-ENV", "medium")
    assert (finding.path, finding.line) == ("template.yaml", 4)


# -- LAM-CREDENTIALS


@pytest.mark.parametrize(
    ("line", "severity"),
    [
        (f"K = '{KEY_ID}'", "low"),
        (f"boto3.client('s3', aws_secret_access_key='{SECRET}')", "medium"),
        (f"SECRET_KEY = '{SECRET}'", "medium"),
        (f"c = {{'aws_secret_access_key': '{SECRET}'}}", "medium"),
        (f"os.environ['AWS_SECRET_ACCESS_KEY'] = '{SECRET}'", "medium"),
        (f"os.environ.setdefault('AWS_SECRET_ACCESS_KEY', '{SECRET}')", "medium"),
    ],
)
def test_a_credential_is_told_and_not_shown(line: str, severity: str) -> None:
    [finding] = found(f"import boto3, os\n{line}\n")

    assert (finding.rule, finding.severity, finding.line) == ("LAM-CREDENTIALS", severity, 2)
    assert KEY_ID not in repr(finding)
    assert SECRET not in repr(finding)


@pytest.mark.parametrize(
    "line",
    [
        "K = 'AKIAIOSFODNN7EXAMPLE'",
        "aws_secret_access_key = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'",
        f"K = 'AK' 'IA{'X' * 16}'",
        f"K = 'AK' 'IA{'1234567890' * 2}'",
        "aws_secret_access_key = 'testing'",
        "aws_secret_access_key = os.environ['KEY']",
        "secret_key = '" + "da39a3ee5e6b4b0d3255bfef95601890afd80709" + "'",
        f"digest = '{SECRET}'",
        "# not a text: K = 1",
    ],
)
def test_placeholders_and_other_texts_are_left_alone(line: str) -> None:
    assert found(f"import os\n{line}\n") == ()


def test_no_sink_of_the_report_shows_a_credential_of_any_finding(tmp_path: Path) -> None:
    place = Place.beneath(tmp_path)
    long = "x" * 40  # the secret stands where the evidence is cut
    python = (
        "import boto3\ndef handler(event, context):\n"
        f"    boto3.client('lambda', aws_access_key_id='{KEY_ID}', config={long}, "
        f"aws_secret_access_key='{SECRET}').invoke(FunctionName=context.function_name)\n"
        f"    if event['{'y' * 80}'] == '{SECRET}' and event['n'] < 3:\n"
        "        c.invoke(FunctionName=context.function_name)\n"
    )
    javascript = (
        "exports.handler = async (event, context) => {\n"
        f"  if (event.key === '{SECRET}' && event.n < 3) "
        "lambda.invoke({FunctionName: context.functionName});\n};\n"
    )
    place.fill({"app.py": python.encode(), "app.js": javascript.encode()})

    done = review(place.pack(), "orders", VirtualClock())

    shown = report(findings=done.findings, package=PACKAGE)
    assert {(f.rule, f.path) for f in done.findings} >= {
        ("REC-SELF-CTX", "app.py"),
        ("REC-SELF-CTX", "app.js"),
        ("LAM-CREDENTIALS", "app.py"),
    }
    sinks = [render_comment(shown), render_text(shown), render_json(shown), render_sarif(shown, {})]
    for text in (*sinks, repr(done.findings)):
        assert KEY_ID not in text
        assert SECRET[:12] not in text


# -- where these rules look


@pytest.mark.parametrize("path", ["tests/test_app.py", "test_app.py", "app.js"])
def test_tests_and_other_languages_are_left_alone(path: str) -> None:
    module = read(path, b"k.put_records(Records=r)\n")
    assert isinstance(module, Module)

    assert findings_in(world_of([module]), RULES) == ()


def test_installed_packages_are_left_alone(tmp_path: Path) -> None:
    place = Place.beneath(tmp_path)
    code = b"import boto3\nboto3.client('kinesis').put_records(Records=[])\n"
    makes = b"def make():\n    boto3.client('s3')\n"
    place.fill(
        {
            "lib/__init__.py": code + makes,
            "lib-1.dist-info/METADATA": b"Name: lib\nVersion: 1\n",
            "lib-1.dist-info/RECORD": b"lib/__init__.py,,\n",
            "own.py": code + b"import lib\ndef handler(event, context):\n    lib.make()\n",
        }
    )

    done = review(place.pack(), "orders", VirtualClock())

    assert [f.path for f in done.findings] == ["own.py"]
