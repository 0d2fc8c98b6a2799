"""Durable functions: `context.invoke` of the own name, and of any other."""

from __future__ import annotations

import pytest

from signed_lambda.scan import findings_in
from tests.unit.scan.conftest import MakesWorlds, scanned

PYTHON = (
    "import os\nfrom aws_durable_execution_sdk_python import durable_execution\n"
    "@durable_execution\ndef handler(event, context):\n    context.invoke(CALL)\n"
)
JS = (
    "import {withDurableExecution} from '@aws/durable-execution-sdk-js';\n"
    "const run = async (event, context) => {\n  await context.invoke(CALL);\n};\n"
    "export const handler = withDurableExecution(run);\n"
)


@pytest.mark.parametrize(
    ("call", "count"),
    [
        ("context.lambda_context.function_name, event", 1),
        ("function_name=context.lambda_context.function_name, payload=event", 1),
        ("os.environ['AWS_LAMBDA_FUNCTION_NAME'], event", 1),
        ("context.lambda_context.invoked_function_arn, event", 1),
        ("'another:1', event", 0),
        ("event['name'], event", 0),
        ("'another:1', context.lambda_context.function_name", 0),
    ],
)
def test_python_invokes_its_own_name(world: MakesWorlds, call: str, count: int) -> None:
    found = findings_in(world({"app.py": PYTHON.replace("CALL", call)}))

    assert [(f.rule, f.severity) for f in found] == [("REC-DURABLE", "high")] * count
    assert all(f.aws_stops for f in found)


@pytest.mark.parametrize(
    ("call", "count"),
    [
        ("process.env.AWS_LAMBDA_FUNCTION_NAME, event", 1),
        ("'again', process.env.AWS_LAMBDA_FUNCTION_NAME, event", 1),
        ("context.lambdaContext.functionName, event", 1),
        ("event.functionName, event.payload", 0),
        ("'again', 'another', event", 0),
    ],
)
def test_javascript_invokes_its_own_name(world: MakesWorlds, call: str, count: int) -> None:
    found = findings_in(world({"app.js": JS.replace("CALL", call)}))

    assert [f.rule for f in found] == ["REC-DURABLE"] * count


def test_a_name_that_the_template_gives_is_known() -> None:
    template = (
        "Resources:\n  Work: {Type: 'AWS::Serverless::Function', Properties: {Handler: app.handler,"
        " FunctionName: work, Environment: {Variables: {NEXT: NAME}}}}\n"
    )
    for call, name, count in (
        ("'work', event", "x", 1),
        ("os.environ['NEXT'], event", "work", 1),
        ("os.environ['NEXT'], event", "worker", 0),
    ):
        found = scanned(
            {"app.py": PYTHON.replace("CALL", call)}, {"t.yaml": template.replace("NAME", name)}
        )
        assert [(f.rule, f.severity) for f in found] == [("REC-DURABLE", "high")] * count


def test_an_invoke_of_anything_else_is_no_durable_one(world: MakesWorlds) -> None:
    call = "context.invoke(context.function_name, 1)"
    text = f"import boto3\ndef handler(event, context):\n    {call}\n"

    assert findings_in(world({"app.py": text})) == ()
