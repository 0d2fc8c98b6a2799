"""Templates: what they declare, what they decide, and what is not scanned."""

from __future__ import annotations

from pathlib import Path

import pytest

from signed_lambda.errors import ScanError
from signed_lambda.report.model import Finding
from signed_lambda.scan import findings_in
from signed_lambda.scan.discovery import find_templates
from signed_lambda.scan.form import Module
from signed_lambda.scan.infra.read import read_templates
from signed_lambda.scan.infra.serverless import MAX_TEXT
from signed_lambda.scan.infra.tree import MAX_DEPTH, MAX_NODES, NotScannedError, parse
from signed_lambda.scan.reading import read
from signed_lambda.scan.world import world_of

COPIES = (
    "import boto3\ns3 = boto3.client('s3')\n"
    "def handler(event, context):\n"
    "    bucket = event['Records'][0]['s3']['bucket']['name']\n"
    "    key = event['Records'][0]['s3']['object']['key']\n"
    "    s3.put_object(Bucket=bucket, Key=NEW)\n"
)
S3 = """
Resources:
  Resize:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Events:
        Upload:
          Type: S3
          Properties: {Bucket: !Ref Images, Events: EVENTS, Filter: {S3Key: {Rules: RULES}}}
  Images:
    Type: AWS::S3::Bucket
"""
SENDS = (
    "import boto3, os\nsqs = boto3.client('sqs')\n"
    "def handler(event, context):\n"
    "    sqs.send_message(QueueUrl=os.environ['URL'], MessageBody='x')\n"
)


def found(
    code: str, template: str, name: str = "template.yaml", root: str | None = "", function: str = ""
) -> tuple[Finding, ...]:
    """The findings of app.py beside a template."""
    module = read("app.py", code.encode())
    assert isinstance(module, Module)
    infra, unread = read_templates({name: template.encode()})
    assert unread == ()
    return findings_in(world_of([module], function, infra, root))


# -- keys against filters


@pytest.mark.parametrize(
    ("key", "rules", "severity"),
    [
        ("'out/' + name", "[{Name: prefix, Value: in/}]", None),
        ("'in/' + name", "[{Name: prefix, Value: in/}]", "high"),
        ("'in' + name", "[{Name: prefix, Value: in/}]", "ask"),
        ("name", "[{Name: prefix, Value: in/}]", "ask"),
        ("key", "[{Name: prefix, Value: in/}]", "high"),
        ("key + '.bak'", "[{Name: prefix, Value: in/}]", "high"),
        ("key.replace('in/', 'out/')", "[{Name: prefix, Value: in/}]", None),
        ("key.replace('in/', 'in/out/')", "[{Name: prefix, Value: in/}]", "high"),
        ("key.replace('in/', 'o')", "[{Name: prefix, Value: in/}]", None),
        ("key.replace('a', 'b')", "[{Name: prefix, Value: in/}]", "ask"),
        ("key.replace('in/', '')", "[{Name: prefix, Value: in/}]", "ask"),
        ("key.replace('in/', 'out/').replace('a', 'b')", "[{Name: prefix, Value: in/}]", "ask"),
        ("key.replace('.png', '.jpg')", "[{Name: suffix, Value: .png}]", None),
        ("os.path.splitext(key)[0] + '.jpg'", "[{Name: prefix, Value: in/}]", "high"),
        ("key.rsplit('.', 1)[0] + '.jpg'", "[{Name: suffix, Value: .png}]", None),
        ("os.path.splitext(key)[1] + '.jpg'", "[{Name: prefix, Value: in/}]", "ask"),
        ("'in-small/a'", "[{Name: prefix, Value: in/}]", None),
        ("name + '.jpg'", "[{Name: suffix, Value: .png}]", None),
        ("name + '.png'", "[{Name: suffix, Value: .png}]", "high"),
        ("key", "[{Name: suffix, Value: .png}]", "high"),
        ("'out/' + key", "[{Name: suffix, Value: .png}]", "high"),
        ("'out/a.png'", "[{Name: prefix, Value: in/}, {Name: suffix, Value: .png}]", None),
        ("name", "[]", "high"),
    ],
)
def test_a_key_is_held_against_the_filter(key: str, rules: str, severity: str | None) -> None:
    template = S3.replace("EVENTS", "'s3:ObjectCreated:*'").replace("RULES", rules)

    findings = found(COPIES.replace("NEW", key), template)

    assert [f.severity for f in findings] == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("events", "count"),
    [
        ("'s3:ObjectCreated:*'", 1),
        ("'s3:ObjectCreated:Put'", 1),
        ("'s3:ObjectCreated:Copy'", 0),
        ("'s3:ObjectRemoved:*'", 0),
        ("['s3:ObjectRemoved:*', 's3:ObjectCreated:Put']", 1),
    ],
)
def test_a_write_starts_only_what_waits_for_such_an_event(events: str, count: int) -> None:
    template = S3.replace("EVENTS", events).replace("RULES", "[]")

    assert len(found(COPIES.replace("NEW", "'a'"), template)) == count


def test_a_bucket_that_no_template_declares_is_a_question() -> None:
    [one] = found(COPIES.replace("NEW", "'a'"), "Resources: {A: {Type: 'AWS::SNS::Topic'}}")

    assert (one.rule, one.severity, one.certainty) == ("REC-S3", "ask", "ask")
    assert one.cycle == ("handler", "the bucket of the event", "handler")


@pytest.mark.parametrize(
    ("reads", "severities"),
    [
        ("Bucket='pictures', Key=key", ["ask"]),
        ("Bucket='pictures', Key=key.replace('+', ' ')", ["ask"]),
        ("Bucket='pictures', Key='fixed'", []),
        ("Bucket='others', Key=key", []),
    ],
)
def test_the_bucket_that_holds_the_event_s_object_is_the_event_s(
    reads: str, severities: list[str]
) -> None:
    code = COPIES.replace("NEW", "'a'").replace("Bucket=bucket", "Bucket='pictures'")
    code += f"    s3.get_object({reads})\n"

    findings = found(code, "Resources: {A: {Type: 'AWS::SNS::Topic'}}")

    assert [f.severity for f in findings] == severities


def test_a_function_of_amplify_is_known_by_its_folder() -> None:
    path = "amplify/backend/function/S3Trigger1/src/app.py"
    module = read(path, COPIES.replace("NEW", "'a'").encode())
    assert isinstance(module, Module)
    notified = "{LambdaConfigurations: [{Event: 's3:ObjectCreated:*', Function: !Ref PARAM}]}"
    template = (
        "Resources: {Images: {Type: 'AWS::S3::Bucket', Properties: "
        f"{{NotificationConfiguration: {notified}}}}}}}"
    )

    severities = {}
    for name in ("functionS3Trigger1Arn", "functionOtherArn"):
        infra, _ = read_templates({"t.json": template.replace("PARAM", name).encode()})
        severities[name] = [f.severity for f in findings_in(world_of([module], "", infra))]

    assert severities == {"functionS3Trigger1Arn": ["high"], "functionOtherArn": ["ask"]}


# -- names


SQS = """
Parameters: {{Other: {{Type: String}}}}
Resources:
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Environment: {{Variables: {{URL: {url}}}}}
      Events: {{Job: {{Type: SQS, Properties: {{Queue: {queue}}}}}}}
  Jobs: {{Type: 'AWS::SQS::Queue', Properties: {{QueueName: jobs}}}}
"""


@pytest.mark.parametrize(
    ("url", "queue", "loops"),
    [
        ("!Ref Jobs", "!GetAtt Jobs.Arn", True),
        ("!GetAtt Jobs.QueueUrl", "{'Fn::GetAtt': [Jobs, Arn]}", True),
        ("!Sub '${Jobs}'", "!Sub '${Jobs.Arn}'", True),
        ("https://sqs.eu-west-1.amazonaws.com/123456789012/jobs", "!GetAtt Jobs.Arn", True),
        ("!Ref Jobs", "arn:aws:sqs:eu-west-1:123456789012:jobs", True),
        ("!Ref Other", "!Ref Other", True),
        ("!ImportValue url", "!ImportValue url", True),
        ("!Ref Other", "!GetAtt Jobs.Arn", False),
        ("https://sqs.eu-west-1.amazonaws.com/123456789012/jobs2", "!GetAtt Jobs.Arn", False),
        ("!Select [0, !Ref Other]", "!GetAtt Jobs.Arn", False),
        ("!Sub '${Jobs}-other'", "!GetAtt Jobs.Arn", False),
    ],
)
def test_two_names_of_one_queue_are_one(url: str, queue: str, loops: bool) -> None:  # noqa: FBT001
    findings = found(SENDS, SQS.format(url=url, queue=queue))

    assert [f.rule for f in findings] == (["REC-SQS"] if loops else [])


def test_a_trigger_that_is_switched_off_starts_nothing() -> None:
    template = SQS.format(url="!Ref Jobs", queue="!Ref Jobs, Enabled: false")

    assert found(SENDS, template) == ()


def test_a_filter_of_the_event_source_makes_it_a_question() -> None:
    template = SQS.format(url="!Ref Jobs", queue="!Ref Jobs, FilterCriteria: {Filters: [{}]}")

    [one] = found(SENDS, template)

    assert one.severity == "ask"


def test_a_finding_names_the_line_of_the_trigger() -> None:
    [one] = found(SENDS, SQS.format(url="!Ref Jobs", queue="!Ref Jobs"))

    assert one.cycle == ("Worker", "jobs", "Worker")
    assert one.evidence == (
        "app.py:4 sqs.send_message(QueueUrl=os.environ['URL'], MessageBody='x')",
        "template.yaml:9 Events: {Job: {Type: SQS, Properties: {Queue: !Ref Jobs}}}",
    )


def test_a_reader_of_a_dead_letter_queue_that_sends_on_is_asked_about() -> None:
    template = SQS.format(url="!Ref Other", queue="!Ref JobsDeadLetter")

    [one] = found(SENDS, template)

    assert (one.rule, one.severity) == ("REC-CYCLE-REDRIVE", "ask")
    assert one.evidence[1] == "${JobsDeadLetter} may be the dead-letter queue of ${Other}"


MACHINE = """
Resources:
  Flow:
    Type: AWS::Serverless::StateMachine
    Properties: {DefinitionUri: flow.asl.json}
"""


@pytest.mark.parametrize(("choice", "severity"), [(True, "low"), (False, "medium")])
def test_a_machine_that_starts_itself_is_told_at_its_definition(
    choice: bool,  # noqa: FBT001
    severity: str,
) -> None:
    start = '"Resource": "arn:aws:states:::states:startExecution"'
    end = '"B": {"Type": "Choice"}' if choice else '"B": {"Type": "Pass"}'
    files = {
        "infra/template.yaml": MACHINE.encode(),
        "infra/flow.asl.json": (
            f'{{"States": {{"A": {{"Type": "Task", {start},\n'
            f'"Parameters": {{"StateMachineArn.$": "$$.StateMachine.Id"}}}}, {end}}}}}'
        ).encode(),
    }
    infra, _ = read_templates(files)

    [one] = findings_in(world_of([], "", infra))

    assert (one.rule, one.severity) == ("REC-SFN", severity)
    assert (one.path, one.line) == ("infra/flow.asl.json", 2)


SERVERLESS = """
service: shop
custom: {{queue: '${{self:service}}-${{opt:stage, "dev"}}-jobs'}}
provider: {{name: aws, environment: {{URL: {url}}}}}
functions:
  worker:
    handler: app.handler
    events:
      - sqs: {event}
resources:
  Resources:
    Jobs: {{Type: 'AWS::SQS::Queue', Properties: {{QueueName: '${{self:custom.queue}}'}}}}
"""


@pytest.mark.parametrize(
    ("url", "event", "loops"),
    [
        ("!Ref Jobs", "{arn: !GetAtt Jobs.Arn}", True),
        ("{Ref: Jobs}", "{'Fn::GetAtt': [Jobs, Arn]}", True),
        ("'https://sqs.x.amazonaws.com/1/${self:custom.queue}'", "!GetAtt Jobs.Arn", True),
        ("https://sqs.x.amazonaws.com/1/shop-dev-jobs", "!GetAtt Jobs.Arn", True),
        ("'${ssm:/a}'", "'${ssm:/a}'", True),
        ("'${ssm:/a}'", "'${ssm:/b}'", False),
        ("https://sqs.x.amazonaws.com/1/shop-prod-jobs", "!GetAtt Jobs.Arn", False),
    ],
)
def test_variables_of_serverless_yml_are_resolved(url: str, event: str, loops: bool) -> None:  # noqa: FBT001
    template = SERVERLESS.format(url=url, event=event)

    findings = found(SENDS, template, "serverless.yml")

    assert [f.rule for f in findings] == (["REC-SQS"] if loops else [])


def test_functions_of_serverless_yml_may_stand_in_another_file() -> None:
    files = {
        "serverless.yml": b"service: s\nprovider: {name: aws}\nfunctions: ${file(conf/f.yml)}\n",
        "conf/f.yml": b"one: {handler: app.handler, name: orders}\n",
    }

    infra, _ = read_templates(files)

    assert [(f.handler, f.label) for f in infra.functions] == [("app.handler", "orders")]


def test_code_in_a_template_is_read_and_told_by_the_template_s_lines() -> None:
    template = (
        "Resources:\n  Own:\n    Type: AWS::Lambda::Function\n    Properties:\n"
        "      Handler: index.handler\n      Runtime: python3.12\n      Code:\n"
        "        ZipFile: |\n          import boto3\n          def handler(event, context):\n"
        "            boto3.client('lambda').invoke(FunctionName=context.function_name)\n"
    )

    [one] = found("A = 1\n", template)

    assert (one.rule, one.path, one.line) == ("REC-SELF-CTX", "template.yaml", 11)


# -- whose handler it is


TWO = """
Resources:
  Jobs: {Type: 'AWS::SQS::Queue'}
  Done: {Type: 'AWS::SQS::Queue'}
  One:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: one
      CodeUri: one/
      Handler: app.handler
      Environment: {Variables: {URL: !Ref Jobs}}
      Events: {Job: {Type: SQS, Properties: {Queue: !GetAtt Jobs.Arn}}}
  Two:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: two
      CodeUri: two/
      Handler: app.handler
      Environment: {Variables: {URL: !Ref Done}}
      Events: {Job: {Type: SQS, Properties: {Queue: !GetAtt Jobs.Arn}}}
"""


@pytest.mark.parametrize(
    ("root", "function", "severities"),
    [
        ("one", "", ["high"]),
        ("two", "", []),
        (None, "one", ["high"]),
        (None, "two", []),
        (None, "", ["ask"]),
        ("build", "", ["ask"]),
    ],
)
def test_the_package_s_place_or_name_tells_which_function_it_is(
    root: str | None, function: str, severities: list[str]
) -> None:
    findings = found(SENDS, TWO, root=root, function=function)

    assert [f.severity for f in findings] == severities


def test_variables_that_multiply_end_at_a_limit() -> None:
    custom = "".join(f"  a{n}: '{f'${{self:custom.a{n + 1}}}' * 10}'\n" for n in range(12))
    template = (
        f"service: s\nprovider: {{name: aws}}\ncustom:\n{custom}  a12: x\n"
        "functions: {one: {handler: app.handler, name: '${self:custom.a0}'}}\n"
    )

    infra, _ = read_templates({"serverless.yml": template.encode()})

    assert len(infra.functions[0].label) <= MAX_TEXT


# -- what is not scanned


def bomb() -> str:
    """Nine times nine times nine ... nodes in a few lines."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (bomb(), f"more than {MAX_NODES:,} nodes after aliases"),
        ("a: &a [*a]", "1: *a stands for nothing before it"),
        ("[" * 200 + "]" * 200, f"nested more than {MAX_DEPTH} deep"),
        ("a:\n  Handler: x\n  Handler: y", "3: 'Handler' twice"),
        ("a: !!python/object:os.system {}", "1:4 a Python object"),
        ("a:\n\tb: 1", "2:1 a tab, where YAML takes blanks only"),
        ("a: 1\n---\nb: 2", "2: a second document"),
        ("", "empty"),
        ("a: \0", "U+0000, which YAML does not take"),
        ("a: [", "not YAML|did not find"),
        ("x" * (1024 * 1024 + 1), "more than 1,048,576 bytes"),
    ],
    ids=range(11),
)
def test_a_template_that_is_no_plain_data_is_not_scanned_and_says_why(text: str, why: str) -> None:
    _, [unread] = read_templates({"template.yaml": text.encode()})

    assert unread.path == "template.yaml"
    assert any(part in unread.why for part in why.split("|")), unread.why
    assert unread.why.endswith("; not scanned")


def test_very_deep_nesting_ends_with_a_reason_and_not_with_the_run() -> None:
    with pytest.raises(NotScannedError):
        parse(b"[" * 100_000)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_scalars_are_text_whatever_yaml_makes_of_them(encoding: str) -> None:
    text = "account: 012345670123\non: no\ntime: 1:30\nnothing: null\n"

    tree = parse(text.encode(encoding))

    assert {key: member.text for key, member in tree.table.items()} == {
        "account": "012345670123",
        "on": "no",
        "time": "1:30",
        "nothing": "null",
    }


def test_json_with_tabs_is_read() -> None:
    assert parse(b'{\n\t"a": {"b": "c"}\n}').get("a", "b").text == "c"


# -- where they are found


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("a: 1\n", "utf-8")


def test_templates_are_found_by_their_usual_names(tmp_path: Path) -> None:
    wanted = ["template.yaml", "infra/stack.json", "a/b/serverless.yml", "cdk.out/A.template.json"]
    put(tmp_path, *wanted, "package.json", "node_modules/x/template.yaml", "notes.yaml")

    files, unread = find_templates(tmp_path)

    assert sorted(files) == sorted(wanted)
    assert unread == ()


TYPE = '{"Resources": {"A": {"Type": "AWS::SQS::Queue"}}}'


def test_of_an_installed_package_only_what_is_called_a_template_and_says_so_is_one(
    tmp_path: Path,
) -> None:
    put(tmp_path, "build/sdk/a/resources-1.json", "build/infra/template.yaml")
    for name in ("build/sdk/model.json", "build/sdk/a/template.json", "build/odd/queue.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(TYPE, "utf-8")
    record = tmp_path / "build" / "sdk-1.0.dist-info" / "RECORD"
    record.parent.mkdir()
    record.write_text("sdk/__init__.py,,\nsdk/a/resources-1.json,sha256=x,2\napp.py,,\n", "utf-8")
    put(tmp_path, "build/untold-1.0.dist-info/METADATA")

    files, unread = find_templates(tmp_path)

    wanted = ["build/infra/template.yaml", "build/odd/queue.json", "build/sdk/a/template.json"]
    assert sorted(files) == wanted
    assert unread == ()


def test_a_record_hides_no_template_of_the_repository(tmp_path: Path) -> None:
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "template.json").write_text(TYPE, "utf-8")
    put(tmp_path, "evil-1.0.dist-info/METADATA")
    (tmp_path / "evil-1.0.dist-info" / "RECORD").write_text("infra/template.json,,\n", "utf-8")

    assert list(find_templates(tmp_path)[0]) == ["infra/template.json"]


def test_a_link_is_not_followed_when_they_are_looked_for(tmp_path: Path) -> None:
    put(tmp_path, "work/x.yaml", "outside/template.yaml")
    (tmp_path / "work" / "template.yaml").symlink_to("../outside/template.yaml")
    (tmp_path / "work" / "more").symlink_to("../outside")

    assert find_templates(tmp_path / "work") == ({}, ())


@pytest.mark.parametrize("given", ["missing.yaml", "../outside.yaml", "folder", "link.yaml"])
def test_a_given_template_that_cannot_be_read_is_refused(tmp_path: Path, given: str) -> None:
    put(tmp_path, "outside.yaml", "work/folder/x.yaml")
    (tmp_path / "work" / "link.yaml").symlink_to("folder/x.yaml")

    with pytest.raises(ScanError) as caught:
        find_templates(tmp_path / "work", (given,))

    assert caught.value.problems[0].id == "E-SCAN-02"
    assert given in caught.value.problems[0].what


def test_only_given_templates_are_read_when_some_are_given(tmp_path: Path) -> None:
    put(tmp_path, "template.yaml", "deploy/odd-name.yaml")

    files, _ = find_templates(tmp_path, ("deploy/odd-name.yaml",))

    assert list(files) == ["deploy/odd-name.yaml"]
