"""Where a loop is told: at the place that says where the call leads."""

from __future__ import annotations

import pytest

from signed_lambda.scan import findings_in
from tests.unit.scan.conftest import MakesWorlds

AWS = "const AWS = require('aws-sdk');\nconst lambda = new AWS.Lambda();\n"


def test_arguments_that_a_helper_is_given_whole_are_told_where_they_stand(
    world: MakesWorlds,
) -> None:
    text = (
        f"{AWS}async function send(params) {{\n  return lambda.invoke(params).promise();\n}}\n"
        "exports.handler = async (event, context) => {\n  await send({\n"
        "    FunctionName: context.functionName,\n  });\n};\n"
    )

    [one] = findings_in(world({"index.js": text}))

    assert (one.line, one.end_line, one.function) == (7, 9, "handler")
    assert one.evidence[0] == "index.js:4 return lambda.invoke(params).promise();"


def test_a_step_of_the_same_file_is_told_itself(world: MakesWorlds) -> None:
    text = (
        f"{AWS}async function step(name) {{\n"
        "  return lambda.invoke({FunctionName: name}).promise();\n}\n"
        "exports.handler = async (event, context) => step(context.functionName);\n"
    )

    [one] = findings_in(world({"index.js": text}))

    assert (one.line, one.function) == (4, "step")


@pytest.mark.parametrize(
    ("helper", "line"),
    [
        ("module.exports = name => lambda.invoke({FunctionName: name});", 3),
        ("module.exports = o => { const n = o.name; lambda.invoke({FunctionName: n}); };", 3),
        ("module.exports = () => lambda.invoke({FunctionName: process.env.OTHER});", 0),
    ],
)
def test_a_helper_of_another_file_is_told_where_it_is_called(
    world: MakesWorlds, helper: str, line: int
) -> None:
    given = "{name: context.functionName}" if "o.name" in helper else "context.functionName"
    files = {
        "again.js": AWS + helper,
        "index.js": (
            "const again = require('./again');\n"
            f"exports.handler = async (event, context) => {{\n  await again({given});\n}};\n"
        ),
    }

    found = findings_in(world(files))

    assert [(f.path, f.line) for f in found] == ([("index.js", line)] if line else [])


def test_a_helper_that_is_used_twice_is_told_twice(world: MakesWorlds) -> None:
    files = {
        "aws.py": (
            "import boto3\nclient = boto3.client('lambda')\n"
            "def invoke(name, body):\n    client.invoke(FunctionName=name, Payload=body)\n"
        ),
        "app.py": (
            "from aws import invoke\ndef handler(event, context):\n"
            "    invoke(context.function_name, '1')\n    invoke('other', '2')\n"
            "    invoke(context.invoked_function_arn, '3')\n"
        ),
    }

    found = findings_in(world(files))

    assert sorted((f.path, f.line, f.rule) for f in found) == [
        ("app.py", 3, "REC-SELF-CTX"),
        ("app.py", 5, "REC-SELF-ARN"),
    ]


def test_helpers_of_helpers_are_followed_to_who_says_it(world: MakesWorlds) -> None:
    files = {
        "a.py": "import boto3\ndef low(n):\n    boto3.client('lambda').invoke(FunctionName=n)\n",
        "b.py": "from a import low\ndef high(n):\n    low(n)\n",
        "app.py": (
            "from b import high\ndef handler(event, context):\n"
            "    name = context.function_name\n    high(name)\n"
        ),
    }

    [one] = findings_in(world(files))

    assert (one.path, one.line) == ("app.py", 4)
