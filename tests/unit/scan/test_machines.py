"""State machines, in whatever a template writes them: which functions they run."""

from __future__ import annotations

import pytest

from tests.unit.scan.conftest import scanned

CODE = """
import boto3, os
def handler(event, context):
    boto3.client("stepfunctions").start_execution(stateMachineArn=os.environ["FLOW"], input="{}")
"""
ARN = "arn:aws:states:eu-west-1:111122223333:stateMachine:loop"
HCL = """
resource "aws_lambda_function" "step" {
  function_name = "step"
  handler = "step.handler"
  environment { variables = { FLOW = "ARN" } }
}
resource "aws_lambda_function" "other" {
  function_name = "other"
  handler = "other.handler"
}
data "template_file" "flow" {
  template = file("${path.module}/flow.json")
  vars = { task = aws_lambda_function.WHICH.arn }
}
locals { states = { A = { Type = "Task", Resource = aws_lambda_function.WHICH.arn, End = true } } }
resource "aws_sfn_state_machine" "flow" {
  name = "loop"
  definition = DEFINITION
}
""".replace("ARN", ARN)
DOCUMENT = '{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "%s", "End": true}}}'
TASK = (
    '{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource":'
    ' "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "%s"}, "End": true}}}'
)


@pytest.mark.parametrize("which", ["step", "other"])
@pytest.mark.parametrize(
    "definition",
    [
        "<<EOF\n" + DOCUMENT % "${aws_lambda_function.WHICH.arn}" + "\nEOF",
        "<<EOF\n" + TASK % "${aws_lambda_function.WHICH.arn}:live" + "\nEOF",
        'jsonencode({ StartAt = "A", States = local.states })',
        "data.template_file.flow.rendered",
        'templatefile("${path.module}/flow.json", { task = aws_lambda_function.WHICH.arn })',
    ],
)
def test_a_machine_of_terraform_runs_what_its_definition_names(definition: str, which: str) -> None:
    hcl = HCL.replace("DEFINITION", definition).replace("WHICH", which)

    found = scanned({"step.py": CODE}, {"main.tf": hcl, "flow.json": DOCUMENT % "${task}"})

    assert [f.rule for f in found] == ["REC-SFN"] * (which == "step")


CFN = """
Resources:
  Step:
    Type: AWS::Lambda::Function
    Properties: {Handler: step.handler, Environment: {Variables: {FLOW: ARN}}}
  Other: {Type: AWS::Lambda::Function, Properties: {Handler: other.handler}}
  Flow:
    Type: AWS::StepFunctions::StateMachine
    Properties: {StateMachineName: loop, DefinitionString: DEFINITION}
""".replace("ARN", ARN)


@pytest.mark.parametrize("which", ["Step", "Other"])
@pytest.mark.parametrize(
    "definition",
    [
        "!Sub '" + DOCUMENT % "${WHICH.Arn}" + "'",
        "{'Fn::Join': ['', ['" + (DOCUMENT % "|").replace("|", "', !GetAtt WHICH.Arn, '") + "']]}",
        "!Sub ['" + DOCUMENT % "${task}" + "', {task: !GetAtt WHICH.Arn}]",
    ],
)
def test_a_definition_in_one_text_is_read_too(definition: str, which: str) -> None:
    template = CFN.replace("DEFINITION", definition).replace("WHICH", which)

    found = scanned({"step.py": CODE}, {"template.yaml": template})

    assert [f.rule for f in found] == ["REC-SFN"] * (which == "Step")


def test_a_definition_that_is_no_document_says_nothing() -> None:
    template = CFN.replace("DEFINITION", "'{[}'")

    assert scanned({"step.py": CODE}, {"template.yaml": template}) == ()


SLS = """
service: shop
provider: {name: aws, environment: {FLOW: ARN}}
functions: {step: {handler: step.handler}, other: {handler: other.handler}}
stepFunctions:
  stateMachines:
    flow:
      name: loop
      definition:
        StartAt: A
        States: {A: {Type: Task, Resource: RESOURCE, End: true}}
""".replace("ARN", ARN)


@pytest.mark.parametrize(
    ("resource", "count"),
    [
        ("!GetAtt StepLambdaFunction.Arn", 1),
        ("{'Fn::GetAtt': [step, Arn]}", 1),
        ("step", 1),
        ("other", 0),
        ("!GetAtt OtherLambdaFunction.Arn", 0),
    ],
)
def test_a_machine_of_the_plugin_runs_a_function_of_the_file(resource: str, count: int) -> None:
    template = SLS.replace("RESOURCE", resource)

    found = scanned({"step.py": CODE}, {"serverless.yml": template})

    assert [f.rule for f in found] == ["REC-SFN"] * count
