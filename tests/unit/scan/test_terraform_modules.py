"""Modules of Terraform that are given tables, and that give some."""

from __future__ import annotations

import pytest

from tests.unit.scan.conftest import scanned

SEND = """
import boto3, os
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=os.environ["NEXT"], MessageBody="again")
"""
WHOLE = """
locals {
  config = merge(var.common, {
    name = "worker"
    handler = "app.handler"
    environment = merge({ LEVEL = "info" }, { NEXT = aws_sqs_queue.WHICH[0].url })
  })
}
resource "aws_sqs_queue" "jobs" {
  count = 1
  name = "jobs"
}
resource "aws_sqs_queue" "done" {
  count = 1
  name = "done"
}
module "worker" {
  count = 1
  source = "./function"
  lambda = local.config
}
resource "aws_lambda_event_source_mapping" "jobs" {
  event_source_arn = SOURCE
  function_name = module.worker[0].all.function.arn
}
"""
INNER = """
variable "lambda" {}
resource "aws_lambda_function" "main" {
  function_name = var.lambda.name
  handler = lookup(var.lambda, "handler", "other.handler")
  dynamic "environment" {
    for_each = [1]
    content { variables = var.lambda.environment }
  }
}
output "all" { value = { function = aws_lambda_function.main, role = "none" } }
"""


@pytest.mark.parametrize(
    "source",
    [
        "aws_sqs_queue.jobs[0].arn",
        "element(aws_sqs_queue.jobs.*.arn, 0)",
        'element(concat(aws_sqs_queue.jobs.*.arn, [""]), 0)',
        'concat(aws_sqs_queue.jobs.*.arn, [""])[0]',
        "one(aws_sqs_queue.jobs[*].arn)",
        'try(aws_sqs_queue.jobs[0].arn, "")',
        'join("", aws_sqs_queue.jobs.*.arn)',
    ],
)
@pytest.mark.parametrize(("which", "rules"), [("jobs", ["REC-SQS"]), ("done", [])])
def test_a_module_may_be_given_one_table_and_give_one(
    source: str, which: str, rules: list[str]
) -> None:
    templates = {
        "main.tf": WHOLE.replace("WHICH", which).replace("SOURCE", source),
        "function/main.tf": INNER,
    }

    assert [f.rule for f in scanned({"app.py": SEND}, templates)] == rules


USUAL = """
module "jobs" {
  source = "terraform-aws-modules/sqs/aws"
  name = "jobs"
}
module "worker" {
  source = "terraform-aws-modules/lambda/aws"
  function_name = "worker"
  handler = "app.handler"
  environment_variables = { NEXT = module.jobs.queue_url }
  event_source_mapping = { sqs = { event_source_arn = module.WHICH.queue_arn } }
}
"""


@pytest.mark.parametrize(("which", "rules"), [("jobs", ["REC-SQS"]), ("others", [])])
def test_the_usual_module_has_its_own_event_sources(which: str, rules: list[str]) -> None:
    templates = {"main.tf": USUAL.replace("WHICH", which)}

    assert [f.rule for f in scanned({"app.py": SEND}, templates)] == rules
