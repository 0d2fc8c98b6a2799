"""Which function of a template is which function of the code: by folder, class and wrapper."""

from __future__ import annotations

from pathlib import Path

import pytest

from signed_lambda.report.model import Finding
from signed_lambda.scan import findings_in
from signed_lambda.scan.discovery import find_templates
from signed_lambda.scan.form import Module
from signed_lambda.scan.infra.read import read_templates
from signed_lambda.scan.reading import read
from signed_lambda.scan.world import world_of

TEMPLATE = """
Resources:
  Work:
    Type: AWS::Serverless::Function
    Properties:
      Handler: HANDLER
      CodeUri: FOLDER
      Environment: {Variables: {NEXT: !Ref Jobs}}
      Events: {Job: {Type: SQS, Properties: {Queue: !GetAtt Jobs.Arn}}}
  Jobs: {Type: AWS::SQS::Queue}
"""
JAVA = """package com.shop;
public class Worker extends Base implements RequestHandler<SQSEvent, String> {
  private final SqsClient sqs = SqsClient.create();
  public String METHOD(SQSEvent event, Context context) {
    sqs.sendMessage(b -> b.queueUrl(System.getenv("NEXT")).messageBody("again"));
    return "ok";
  }
}
"""
GO = """package main
import (
  "context"
  "os"
  "github.com/aws/aws-lambda-go/lambda"
  "github.com/aws/aws-sdk-go-v2/aws"
  "github.com/aws/aws-sdk-go-v2/service/sqs"
)
func handle(ctx context.Context, event Event) error {
  client := sqs.NewFromConfig(cfg)
  _, err := client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(os.Getenv("NEXT"))})
  return err
}
func main() { lambda.Start(handle) }
"""
QUIET = GO.replace("client.SendMessage", "client.Peek").replace("SendMessageInput", "PeekInput")
SEND = "sqs.sendMessage({QueueUrl: process.env.NEXT, MessageBody: 'again'}).promise()"
JS = "const AWS = require('aws-sdk');\nconst sqs = new AWS.SQS();\n"


def found(files: dict[str, str], root: str | None = "") -> tuple[Finding, ...]:
    """The findings in code and templates; what ends as code does is code."""
    code = {p: t for p, t in files.items() if p.endswith((".py", ".js", ".go", ".java", ".ts"))}
    modules = [read(path, text.encode()) for path, text in code.items()]
    whole = [m for m in modules if isinstance(m, Module)]
    assert len(whole) == len(modules)
    rest = {p: t.encode() for p, t in files.items() if p not in code}
    infra, unread = read_templates(rest)
    assert unread == ()
    return findings_in(world_of(whole, "", infra, root))


def template(handler: str, folder: str) -> str:
    """A function that reads a queue, whose variable NEXT is that queue."""
    return TEMPLATE.replace("HANDLER", handler).replace("FOLDER", folder)


@pytest.mark.parametrize(
    ("handler", "method", "count"),
    [
        ("com.shop.Worker::work", "work", 1),
        ("com.shop.Worker::handleRequest", "handleRequest", 1),
        ("com.shop.Worker", "handleRequest", 1),
        ("com.shop.Other::handleRequest", "handleRequest", 0),
        ("com.other.Worker::handleRequest", "handleRequest", 0),
        ("com.shop.Worker::other", "work", 0),
    ],
)
def test_a_class_of_java_is_found_below_its_folder(handler: str, method: str, count: int) -> None:
    files = {
        "work/src/main/java/com/shop/Worker.java": JAVA.replace("METHOD", method),
        "template.yaml": template(handler, "work"),
    }

    assert [f.rule for f in found(files)] == ["REC-SQS"] * count


def test_a_method_of_a_base_class_is_the_handler_too() -> None:
    files = {
        "src/com/shop/Base.java": JAVA.replace("METHOD", "handleRequest").replace(
            "class Worker extends Base", "class Base"
        ),
        "src/com/shop/Worker.java": "package com.shop;\npublic class Worker extends Base {}\n",
        "template.yaml": template("com.shop.Worker", "."),
    }

    assert [f.rule for f in found(files)] == ["REC-SQS"]


def test_of_two_classes_of_a_name_the_one_in_the_folder_is_meant() -> None:
    quiet = JAVA.replace("METHOD", "handleRequest").replace("sqs.sendMessage", "log")
    files = {
        "a/src/com/shop/Worker.java": JAVA.replace("METHOD", "handleRequest"),
        "b/src/com/shop/Worker.java": quiet,
    }

    assert found(files | {"template.yaml": template("com.shop.Worker", "b")}) == ()
    assert len(found(files | {"template.yaml": template("com.shop.Worker", "a")})) == 1


@pytest.mark.parametrize(
    ("folder", "handler", "count"),
    [("work", "bootstrap", 1), ("quiet", "bootstrap", 0), ("work/", "main", 1)],
)
def test_a_program_of_go_is_found_in_its_folder(folder: str, handler: str, count: int) -> None:
    files = {
        "work/main.go": GO,
        "quiet/main.go": QUIET,
        "template.yaml": template(handler, folder),
    }

    assert [f.rule for f in found(files)] == ["REC-SQS"] * count


SERVERLESS = """
service: shop
provider: {name: aws, runtime: provided.al2}
functions:
  work:
    handler: bin/work
    environment: {NEXT: !Ref Jobs}
    events: [{sqs: {arn: !GetAtt Jobs.Arn}}]
resources: {Resources: {Jobs: {Type: AWS::SQS::Queue}}}
"""


def test_a_built_program_of_go_is_known_by_its_folders_name() -> None:
    files = {"cmd/work/main.go": GO, "cmd/quiet/main.go": QUIET, "serverless.yml": SERVERLESS}

    assert [f.rule for f in found(files)] == ["REC-SQS"]


@pytest.mark.parametrize(
    "handler",
    [
        f"exports.handler = wrap(async () => {SEND});",
        f"exports.handler = middy(async () => {SEND}).use(log());",
        f"const work = async () => {SEND};\nexports.handler = middy(work).use(log()).use(more());",
        f"const work = wrap(async () => {SEND});\nexports.handler = work;",
        f"const work = async () => {SEND};\nconst both = once(work);\nexports.handler = both;",
    ],
)
def test_a_handler_is_found_in_what_wraps_it(handler: str) -> None:
    files = {"src/app.js": JS + handler, "template.yaml": template("app.handler", "src")}

    assert [f.rule for f in found(files)] == ["REC-SQS"]


def test_a_second_template_does_not_take_a_handler_that_is_bound() -> None:
    quiet = template("app.handler", ".").replace("NEXT: !Ref Jobs", "NEXT: !Ref Done")
    quiet += "  Done: {Type: AWS::SQS::Queue}\n"
    files = {
        "a/app.js": JS + f"exports.handler = async () => {SEND};",
        "z/template.yaml": template("app.handler", "gone").replace("Work:", "Copy:"),
    }

    assert len(found(files)) == 1
    assert found(files | {"a/template.yaml": quiet}) == ()


SYNTHESIZED = """{"Resources": {
  "Work1A2B": {"Type": "AWS::Lambda::Function", "Properties": {
    "Code": {"S3Bucket": {"Fn::Sub": "cdk-assets-${AWS::AccountId}"}, "S3Key": "KEY"},
    "Handler": "index.handler",
    "Environment": {"Variables": {"NEXT": {"Ref": "Jobs3C4D"}}}}METADATA},
  "Jobs3C4D": {"Type": "AWS::SQS::Queue"},
  "Map": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {
    "EventSourceArn": {"Fn::GetAtt": ["Jobs3C4D", "Arn"]},
    "FunctionName": {"Ref": "Work1A2B"}}}}}"""
HASH = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("key", "metadata"),
    [
        (f"{HASH}.zip", ""),
        ("built.zip", f', "Metadata": {{"aws:asset:path": "asset.{HASH}"}}'),
    ],
)
def test_a_synthesized_application_says_where_its_code_is(key: str, metadata: str) -> None:
    files = {
        f"cdk.out/asset.{HASH.replace('0', '1')}/index.js": "exports.handler = async () => 1;",
        f"cdk.out/asset.{HASH}/index.js": JS + f"exports.handler = async () => {SEND};",
        "cdk.out/Shop.template.json": SYNTHESIZED.replace("KEY", key).replace("METADATA", metadata),
    }

    [one] = found(files)

    assert (one.rule, one.severity) == ("REC-SQS", "high")
    assert one.path == f"cdk.out/asset.{HASH}/index.js"


def test_a_synthesized_application_is_found(tmp_path: Path) -> None:
    out = tmp_path / "cdk.out"
    out.mkdir()
    (out / "Shop.template.json").write_text(SYNTHESIZED, "utf-8")
    (out / "manifest.json").write_text('{"version": "36.0.0"}', "utf-8")

    templates, unread = find_templates(tmp_path)

    assert list(templates) == ["cdk.out/Shop.template.json"]
    assert unread == ()


@pytest.mark.parametrize(
    ("name", "text", "is_one"),
    [
        ("shop-service.yaml", "Resources: {A: {Type: AWS::SQS::Queue}}", True),
        ("deploy/functions.json", '{"Resources": {"A": {"Type": "AWS::SQS::Queue"}}}', True),
        ("flow.asl.json", '{\n  "StartAt": "A", "States": {}}', True),
        ("settings.yaml", "name: shop", False),
        ("package-lock.json", '{"a": "AWS::SQS::Queue"}', False),
        ("shop/shop_stack.py", "from aws_cdk import Stack", True),
        ("shop/shop_stack.py", "class Stack: ...", False),
        ("shop/parts.py", "from aws_cdk import Stack", False),
    ],
)
def test_a_template_of_any_name_is_found_by_what_it_says(
    tmp_path: Path, name: str, text: str, *, is_one: bool
) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text, "utf-8")

    assert (name in find_templates(tmp_path)[0]) is is_one


@pytest.mark.parametrize(
    "given", ["{}/deploy/../template.yaml", "./template.yaml", "{}/template.yaml"]
)
def test_a_template_is_known_by_its_path_in_the_workspace_however_it_is_given(
    tmp_path: Path, given: str
) -> None:
    (tmp_path / "deploy").mkdir()
    (tmp_path / "template.yaml").write_text(TEMPLATE)

    found, unread = find_templates(tmp_path, (given.format(tmp_path),))

    assert ([*found], unread) == (["template.yaml"], ())


def test_a_template_at_an_absolute_path_is_bound_and_the_review_ends() -> None:
    """Found by the fuzzer: the folders above `/template.yaml` had no end."""
    assert found({"/template.yaml": template("app.handler", "src"), "app.py": "x = 1\n"}) == ()


def test_all_of_a_cdk_application_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "app" / "shop").mkdir(parents=True)
    (tmp_path / "app" / "cdk.json").write_text('{"app": "python app.py"}', "utf-8")
    (tmp_path / "app" / "shop" / "parts.py").write_text("from aws_cdk import Stack", "utf-8")

    assert list(find_templates(tmp_path)[0]) == ["app/shop/parts.py"]


CHILD = """
Parameters: {Url: {Type: String}}
Resources:
  Jobs: {Type: AWS::SQS::Queue}
  Done: {Type: AWS::SQS::Queue}
Outputs:
  Queue: {Value: !Ref Jobs}
  QueueArn: {Value: !GetAtt Jobs.Arn}
  Other: {Value: !Ref Done}
"""
PARENT = """
Resources:
  Parts: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: PATH}}
  Work:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Environment: {Variables: {NEXT: !GetAtt Parts.Outputs.NAME}}
      Events: {Job: {Type: SQS, Properties: {Queue: !GetAtt Parts.Outputs.QueueArn}}}
"""


@pytest.mark.parametrize("path", ["./parts.yaml", "https://s3.amazonaws.com/b/v1/parts.yaml"])
@pytest.mark.parametrize(("name", "count"), [("Queue", 1), ("Other", 0)])
def test_an_output_of_a_nested_stack_is_what_it_says(path: str, name: str, count: int) -> None:
    files = {
        "app.js": JS + f"exports.handler = async () => {SEND};",
        "template.yaml": PARENT.replace("PATH", path).replace("NAME", name),
        "parts.yaml": CHILD,
    }

    assert [f.rule for f in found(files)] == ["REC-SQS"] * count


def test_a_parameter_of_a_nested_stack_is_what_it_is_given() -> None:
    parent = """
Resources:
  Jobs: {Type: AWS::SQS::Queue}
  Parts:
    Type: AWS::Serverless::Application
    Properties:
      Location: parts.yaml
      Parameters: {Url: !Ref Jobs, Arn: !GetAtt Jobs.Arn}
"""
    child = template("app.handler", ".").replace("!Ref Jobs", "!Ref Url")
    child = child.replace("!GetAtt Jobs.Arn", "!Ref Arn")
    child = child.replace("  Jobs: {Type: AWS::SQS::Queue}\n", "")
    files = {
        "app.js": JS + f"exports.handler = async () => {SEND};",
        "template.yaml": parent,
        "parts.yaml": child,
    }

    assert [f.rule for f in found(files)] == ["REC-SQS"]


def test_a_permission_adds_nothing_to_a_notification() -> None:
    text = """
Resources:
  Work: {Type: AWS::Lambda::Function, Properties: {Handler: app.handler}}
  May:
    Type: AWS::Lambda::Permission
    Properties: {FunctionName: !Ref Work, Principal: s3.amazonaws.com, SourceArn: !GetAtt In.Arn}
  In:
    Type: AWS::S3::Bucket
    Properties:
      NotificationConfiguration:
        LambdaConfigurations:
          - Event: s3:ObjectCreated:*
            Function: !GetAtt Work.Arn
            Filter: {S3Key: {Rules: [{Name: prefix, Value: in/}]}}
"""
    code = (
        "import boto3\ndef handler(event, context):\n"
        "    bucket = event['Records'][0]['s3']['bucket']['name']\n"
        "    boto3.client('s3').put_object(Bucket=bucket, Key='out/a')\n"
    )

    assert found({"app.py": code, "template.yaml": text}) == ()
    only = text[: text.index("  In:")] + "  In: {Type: AWS::S3::Bucket}\n"
    assert [f.severity for f in found({"app.py": code, "template.yaml": only})] == ["ask"]


@pytest.mark.parametrize(("prefix", "severity"), [("out/", None), ("in/", "high")])
def test_a_key_from_the_environment_is_held_against_the_filter(
    prefix: str, severity: str | None
) -> None:
    text = f"""
Resources:
  Work:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Environment: {{Variables: {{PREFIX: {prefix}}}}}
      Events:
        New:
          Type: S3
          Properties:
            Bucket: !Ref In
            Events: s3:ObjectCreated:*
            Filter: {{S3Key: {{Rules: [{{Name: prefix, Value: in/}}]}}}}
  In: {{Type: AWS::S3::Bucket}}
"""
    code = (
        "import boto3, os\ndef handler(event, context):\n"
        "    bucket = event['Records'][0]['s3']['bucket']['name']\n"
        "    boto3.client('s3').put_object(Bucket=bucket, Key=os.environ['PREFIX'] + event['x'])\n"
    )

    found_severities = [f.severity for f in found({"app.py": code, "template.yaml": text})]

    assert found_severities == ([severity] if severity else [])


def test_the_bucket_of_the_event_is_the_declared_one_in_terraform() -> None:
    text = """
resource "aws_s3_bucket" "in" { bucket = "in" }
resource "aws_lambda_function" "work" {
  function_name = "work"
  handler = "app.handler"
}
resource "aws_s3_bucket_notification" "n" {
  bucket = aws_s3_bucket.in.id
  lambda_function {
    lambda_function_arn = aws_lambda_function.work.arn
    events = ["s3:ObjectCreated:*"]
    filter_prefix = "in/"
  }
}
"""
    code = (
        "import boto3\ndef handler(event, context):\n"
        "    bucket = event['Records'][0]['s3']['bucket']['name']\n"
        "    boto3.client('s3').put_object(Bucket=bucket, Key='out/a')\n"
    )

    assert found({"app.py": code, "main.tf": text}) == ()
    assert len(found({"app.py": code.replace("out/a", "in/a"), "main.tf": text})) == 1


def test_a_circle_is_told_where_a_function_is_invoked() -> None:
    text = """
Resources:
  Ask:
    Type: AWS::Serverless::Function
    Properties:
      Handler: ask.handler
      Environment: {Variables: {NEXT: !Ref Jobs}}
  Jobs: {Type: AWS::SQS::Queue}
  Do:
    Type: AWS::Serverless::Function
    Properties:
      Handler: do.handler
      Environment: {Variables: {ASK: !Ref Ask}}
      Events: {Job: {Type: SQS, Properties: {Queue: !GetAtt Jobs.Arn}}}
"""
    invoke = "new AWS.Lambda().invoke({FunctionName: process.env.ASK}).promise()"
    files = {
        "ask.js": JS + f"exports.handler = async () => {SEND};",
        "do.js": JS + f"exports.handler = async () => {invoke};",
        "template.yaml": text,
    }

    [one] = found(files)

    assert (one.rule, one.path, one.cycle) == ("REC-CYCLE", "do.js", ("Do", "Ask", "Jobs", "Do"))


PY = """
import boto3, os
def work(event, context):
    boto3.client("sqs").send_message(QueueUrl=os.environ["NEXT"], MessageBody="again")
"""


@pytest.mark.parametrize(
    ("handler", "others", "count"),
    [
        ("lambda_function.work", {}, 1),
        ("lambda_function.other", {}, 0),
        ("lambda_function.work", {"src/more.py": "def work(event, context): pass"}, 0),
        ("lambda_function.work", {"tests/test_more.py": "def work(event, context): pass"}, 1),
    ],
)
def test_the_only_handler_is_that_of_a_file_that_a_build_renames(
    handler: str, others: dict[str, str], count: int
) -> None:
    files = {"src/requeue.py": PY, "template.yaml": template(handler, "s3://builds/a.zip")}

    assert [f.rule for f in found(files | others)] == ["REC-SQS"] * count


SEVERAL = """
Resources:
  FIRST:
    Type: AWS::Lambda::Function
    Properties:
      Handler: HANDLER
      Environment: {Variables: {NEXT: !Ref Jobs}}
  Second: {Type: AWS::Lambda::Function, Properties: {Handler: HANDLER}}
  Source:
    Type: AWS::Lambda::EventSourceMapping
    Properties: {EventSourceArn: !GetAtt Jobs.Arn, FunctionName: !Ref FIRST}
  Jobs: {Type: AWS::SQS::Queue}
"""


@pytest.mark.parametrize("handler", ["requeue.work", "index.work"])
@pytest.mark.parametrize(
    ("first", "severities"),
    [("RequeueFunction", ["high"]), ("ReQueue", ["high"]), ("First", None)],
)
def test_of_functions_with_one_handler_the_one_that_is_called_like_the_file(
    first: str, severities: list[str] | None, handler: str
) -> None:
    text = SEVERAL.replace("FIRST", first).replace("HANDLER", handler)
    asked = ["ask"] if handler == "requeue.work" else []

    findings = found({"functions/requeue.py": PY, "template.yaml": text})

    assert [f.severity for f in findings] == (asked if severities is None else severities)
