"""Terraform: names through variables, locals and modules, and what triggers what."""

from __future__ import annotations

import itertools

import pytest

from signed_lambda.report.model import Finding
from signed_lambda.scan import findings_in
from signed_lambda.scan.form import Module
from signed_lambda.scan.infra.read import read_templates
from signed_lambda.scan.reading import read
from signed_lambda.scan.watch import Watch
from signed_lambda.scan.world import world_of

CODE = """
import boto3, os
def handler(event, context):
    boto3.client('sqs').send_message(QueueUrl=os.environ['URL'], MessageBody='x')
    boto3.client('lambda').invoke(FunctionName=os.environ['URL'])
    boto3.client('s3').put_object(Bucket=os.environ['URL'], Key='out/a.png')
"""
MAIN = """
variable "stage" { default = "prod" }
variable "open" {}
locals { name = "shop-${var.stage}" }
resource "aws_lambda_function" "worker" {
  function_name = "${local.name}-worker"
  handler       = "app.handler"
  filename      = data.archive_file.code.output_path
  environment { variables = { URL = VALUE } }
}
data "archive_file" "code" { source_dir = "${path.module}/src" }
resource "aws_sqs_queue" "jobs" { name = "${local.name}-jobs" }
resource "aws_s3_bucket" "images" { bucket = "images-${var.open}" }
TRIGGER
"""
QUEUE = """
resource "aws_lambda_event_source_mapping" "jobs" {
  event_source_arn = aws_sqs_queue.jobs.arn
  function_name    = aws_lambda_function.worker.arn
}
"""
BUCKET = """
resource "aws_s3_bucket_notification" "images" {
  bucket = aws_s3_bucket.images.id
  lambda_function {
    lambda_function_arn = aws_lambda_function.worker.arn
    events              = ["s3:ObjectCreated:*"]
    filter_prefix       = "PREFIX"
  }
}
"""


def found(files: dict[str, str]) -> tuple[Finding, ...]:
    module = read("src/app.py", CODE.encode())
    assert isinstance(module, Module)
    infra, unread = read_templates({path: text.encode() for path, text in files.items()})
    assert unread == ()
    return findings_in(world_of([module], "", infra))


@pytest.mark.parametrize(
    ("value", "trigger", "rules"),
    [
        ("aws_sqs_queue.jobs.url", QUEUE, ["REC-SQS"]),
        ("aws_sqs_queue.jobs.id", QUEUE, ["REC-SQS"]),
        ('"${aws_sqs_queue.jobs.id}"', QUEUE, ["REC-SQS"]),
        ('"https://sqs.eu-west-1.amazonaws.com/1/shop-prod-jobs"', QUEUE, ["REC-SQS"]),
        ('"https://sqs.eu-west-1.amazonaws.com/1/shop-prod-jobs2"', QUEUE, []),
        ("aws_sqs_queue.jobs.url", "", []),
        ("aws_sqs_queue.jobs.url", QUEUE.replace("}", "  enabled = false\n}"), []),
        ("var.open", QUEUE, []),
        ('"${local.name}-worker"', "", ["REC-SELF-ENVVAR-IAC"]),
        ('"shop-prod-worker"', "", ["REC-SELF-ENVVAR-IAC"]),
        ('format("shop-%s-worker", var.stage)', "", ["REC-SELF-ENVVAR-IAC"]),
        ("aws_lambda_function.worker.function_name", "", ["REC-SELF-ENVVAR-IAC"]),
        ('"shop-prod-worker-2"', "", []),
        ("aws_s3_bucket.images.bucket", BUCKET.replace("PREFIX", "out/"), ["REC-S3"]),
        ("aws_s3_bucket.images.id", BUCKET.replace("PREFIX", "in/"), []),
        ('"images-${var.open}"', BUCKET.replace("PREFIX", ""), ["REC-S3"]),
    ],
)
def test_names_are_resolved_and_held_against_triggers(
    value: str, trigger: str, rules: list[str]
) -> None:
    main = MAIN.replace("VALUE", value).replace("TRIGGER", trigger)

    assert [f.rule for f in found({"main.tf": main})] == rules


MODULE = """
variable "name" {}
variable "env" {}
resource "aws_lambda_function" "this" {
  function_name = var.name
  handler       = "app.handler"
  source_dir    = "src"
  environment { variables = var.env }
}
output "arn" { value = aws_lambda_function.this.arn }
"""
CALLS = """
resource "aws_sqs_queue" "one" {}
resource "aws_sqs_queue" "two" {}
module "worker" {
  source = "./fn"
  name   = "worker"
  env    = { URL = aws_sqs_queue.SENDS.url }
}
resource "aws_lambda_event_source_mapping" "m" {
  event_source_arn = aws_sqs_queue.one.arn
  function_name    = module.worker.arn
}
"""


@pytest.mark.parametrize(("sends", "rules"), [("one", ["REC-SQS"]), ("two", [])])
def test_a_module_is_read_with_what_its_call_gives(sends: str, rules: list[str]) -> None:
    files = {"main.tf": CALLS.replace("SENDS", sends), "fn/main.tf": MODULE}

    assert [f.rule for f in found(files)] == rules


def test_a_module_from_elsewhere_that_looks_like_a_function_is_one() -> None:
    main = (
        'module "worker" {\n  source = "registry/lambda/aws"\n  function_name = "${var.p}_w"\n'
        '  handler = "app.handler"\n  environment_variables = { URL = "${var.p}_w" }\n}\n'
    )

    assert [f.rule for f in found({"main.tf": main})] == ["REC-SELF-ENVVAR-IAC"]


def test_a_dead_letter_queue_that_is_played_back_is_told() -> None:
    main = (
        MAIN.replace("VALUE", "aws_sqs_queue.main.url").replace("TRIGGER", QUEUE)
        + 'resource "aws_sqs_queue" "main" {\n'
        "  redrive_policy = jsonencode({ deadLetterTargetArn = aws_sqs_queue.jobs.arn })\n}\n"
    )

    [one] = found({"main.tf": main})

    assert one.rule == "REC-CYCLE-REDRIVE"
    assert one.evidence[1] == 'main.tf:20 resource "aws_sqs_queue" "main" {'


def test_modules_that_call_themselves_end_at_a_limit() -> None:
    main = 'module "a" { source = "./b" }\nmodule "c" { source = "./b" }\n'
    files = {"main.tf": main, "b/main.tf": main.replace("./b", "../b") * 3}

    assert found(files) == ()


@pytest.mark.parametrize(
    "text",
    ["{" * 3_000, 'a = "${' * 2_000, "\0", "resource {", "a = " + "[" * 3_000, "x" * 100_000],
)
def test_any_text_is_read_or_said_to_be_partly_read(text: str) -> None:
    infra, unread = read_templates({"main.tf": text.encode()})

    assert not infra.functions
    assert all("not understood" in u.why or "not parsed" in u.why for u in unread)


@pytest.mark.parametrize("nested", ["-" * 9_000 + "x", "!" * 9_000 + "x", "%{if a}" * 4_500])
def test_a_file_that_is_nested_too_deep_is_not_scanned_and_the_others_are(nested: str) -> None:
    """Found by the fuzzer: signs before signs, and directives in directives."""
    queue = 'resource "aws_sqs_queue" "jobs" { name = "jobs" }\n'

    infra, unread = read_templates(
        {"deep.tf": f"locals {{\n  a = {nested}\n}}\n".encode(), "main.tf": queue.encode()}
    )

    assert [(u.path, u.why) for u in unread] == [("deep.tf", "nested too deep; not scanned")]
    assert infra.sources == ["main.tf"]


def test_a_file_that_takes_too_long_is_not_scanned() -> None:
    """Found beside the fuzzer: tables in tables, 150,000 deep, take the parser 2 s."""
    looks = itertools.count()

    infra, unread = read_templates(
        {"slow.tf": b"locals {\n  a = " + b"a{" * 20_000, "main.tf": b'locals { a = "x" }\n'},
        Watch(lambda: float(next(looks))),
    )

    assert [(u.path, u.why) for u in unread] == [("slow.tf", "took over 2 s; not scanned")]
    assert infra.sources == ["main.tf"]
