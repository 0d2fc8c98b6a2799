"""JavaScript and TypeScript: what is followed to a call, and what stands before it."""

from __future__ import annotations

import pytest

from signed_lambda.scan import findings_in
from signed_lambda.scan.form import Module
from signed_lambda.scan.reading import read
from tests.unit.scan.conftest import MakesWorlds

V2 = "const AWS = require('aws-sdk');\nconst lambda = new AWS.Lambda();\n"
V3 = "import {LambdaClient, InvokeCommand} from '@aws-sdk/client-lambda';\n"


@pytest.mark.parametrize(
    "text",
    [
        (
            f"{V2}exports.handler = (event, context, done) => {{\n"
            "  lambda.invoke({FunctionName: context.functionName}, done);\n};"
        ),
        (
            f"{V2}exports.handler = async function(event, ctx) {{\n"
            "  const params = {FunctionName: ctx.functionName};\n  await lambda.invoke(params);\n};"
        ),
        (
            f"{V2}exports.handler = async (event, context) => {{\n  const params = {{}};\n"
            "  params.FunctionName = context.functionName;\n  await lambda.invoke(params);\n};"
        ),
        (
            f"{V2}exports.handler = async (event, {{functionName}}) => {{}};\n"
            "function start(context) {\n  const {functionName: name} = context;\n"
            "  return lambda.invokeAsync({FunctionName: name});\n}"
        ),
        (
            f"{V2}module.exports.handler = (event, context) => {{\n"
            "  const FunctionName = `${context.functionName}:live`;\n"
            "  rows.forEach(row => lambda.invoke({FunctionName}));\n};"
        ),
        (
            f"{V2}const again = context =>\n"
            "  lambda.invoke({FunctionName: context.functionName});\n"
            "exports.handler = async (event, context) => { await again(context); };"
        ),
        (
            f"{V2}let n;\nexports.handler = (event, context) => {{ n = context.functionName; }};\n"
            "function again() { lambda.invoke({FunctionName: n}); }"
        ),
        (
            f"{V2}class Starter {{\n  constructor(context) {{ this.context = context; }}\n"
            "  run() { lambda.invoke({FunctionName: this.context.functionName}); }\n}\n"
            "exports.handler = (event, context) => new Starter(context).run();"
        ),
        (
            f"{V3}export const handler = async (event, context) => {{\n"
            "  await client.send(new InvokeCommand({FunctionName: context.functionName}));\n};"
        ),
    ],
)
def test_the_own_name_is_followed_through_javascript(world: MakesWorlds, text: str) -> None:
    found = findings_in(world({"index.mjs": text}))

    assert [f.rule for f in found] == ["REC-SELF-CTX"]


@pytest.mark.parametrize(
    "name",
    [
        "process.env.AWS_LAMBDA_FUNCTION_NAME",
        "process.env['AWS_LAMBDA_FUNCTION_NAME']",
        "process.env.AWS_LAMBDA_FUNCTION_NAME!",
        "process.env.AWS_LAMBDA_FUNCTION_NAME as string",
        "process.env.AWS_LAMBDA_FUNCTION_NAME ?? 'x'",
        "env.AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_NAME",
    ],
)
def test_the_own_name_is_read_from_the_environment_of_typescript(
    world: MakesWorlds, name: str
) -> None:
    text = (
        f"{V3}import {{env}} from 'process';\nconst {{AWS_LAMBDA_FUNCTION_NAME}} = process.env;\n"
        "export const handler = async (event: Event): Promise<void> => {\n"
        f"  await client.send(new InvokeCommand({{FunctionName: {name}}}));\n}};"
    )

    [found] = findings_in(world({"index.ts": text}))

    assert (found.rule, found.severity, found.line) == ("REC-SELF-ENV", "high", 5)


@pytest.mark.parametrize(
    "name",
    [
        "context.functionName + '-worker'",
        "event.functionName",
        "process.env.TARGET",
        "context.invokedFunctionArn.split(':')[4]",
        "'other'",
    ],
)
def test_another_name_is_clean(world: MakesWorlds, name: str) -> None:
    text = f"{V2}exports.handler = (event, context) => lambda.invoke({{FunctionName: {name}}});"

    assert findings_in(world({"index.js": text})) == ()


def test_the_own_name_is_followed_into_another_file(world: MakesWorlds) -> None:
    files = {
        "src/index.ts": (
            "import {again} from './lib/again';\n"
            "export async function handler(event: any, context: Context) {\n"
            "  await again(context.invokedFunctionArn.split(':')[6]);\n}"
        ),
        "src/lib/again.ts": (
            f"{V3}export async function again(name: string) {{\n"
            "  return client.send(new InvokeCommand({FunctionName: name}));\n}"
        ),
    }

    [found] = findings_in(world(files))

    assert (found.rule, found.path, found.line) == ("REC-SELF-ARN", "src/index.ts", 3)
    assert found.severity == "high"
    assert found.evidence[0].startswith("src/lib/again.ts:")


@pytest.mark.parametrize(
    ("code", "guard"),
    [
        ("if (event.count > 3) return;\n  CALL", "counter: event.count > 3"),
        ("if (event.count < 3) { CALL }", "counter: event.count < 3"),
        ("event.count < 3 && CALL", "counter: event.count < 3"),
        ("event.count < 3 ? CALL : null", "counter: event.count < 3"),
        ("if (nextToken) { CALL }", "what is left to do: nextToken"),
        ("switch (event.action) { case 'go': CALL; break; }", "flag: event.action is 'go'"),
        (
            "later(() => { if (event.count < 3) { next(() => CALL); } });",
            "counter: event.count < 3",
        ),
        ("if (event) { CALL }", None),
        ("CALL; if (event.count > 3) return;", None),
    ],
)
def test_what_stands_before_the_call_is_named(
    world: MakesWorlds, code: str, guard: str | None
) -> None:
    call = "lambda.invoke({FunctionName: context.functionName})"
    text = f"{V2}exports.handler = (event, context) => {{\n  {code.replace('CALL', call)}\n}};"

    [found] = findings_in(world({"index.js": text}))

    assert found.guard == guard
    assert found.severity == ("low" if guard else "high")


def test_a_finding_covers_the_arguments_and_the_call(world: MakesWorlds) -> None:
    text = (
        f"{V2}exports.handler = (event, context) => {{\n  const params = {{\n"
        "    FunctionName: context.functionName,\n  };\n  lambda.invoke(params);\n};"
    )

    [found] = findings_in(world({"index.js": text}))

    assert (found.line, found.end_line) == (4, 7)
    assert found.evidence[0] == "index.js:7 lambda.invoke(params);"


def test_a_table_that_spreads_itself_ends(world: MakesWorlds) -> None:
    text = (
        f"{V2}let p = {{a: 1}};\np = {{...p, b: 2}};\np = {{...p, ...q}};\nlet q = {{...p}};\n"
        "exports.handler = (event, context) => lambda.invoke(p);"
    )

    assert findings_in(world({"index.js": text})) == ()


@pytest.mark.parametrize(
    "text",
    [
        "const x = (;\nexports.handler = (event, context) => 1;",
        "x" * 100_000,
        "a(" * 3_000,
        "[" * 3_000,
        "1" + "+1" * 3_000,
        ",".join("a" for _ in range(20_000)),
        "\0",
        "\ufeffconst a = 1;",
    ],
    ids=range(8),
)
def test_any_text_is_read_or_said_to_be_partly_read(world: MakesWorlds, text: str) -> None:
    module = read("index.js", text.encode())

    if isinstance(module, Module):
        assert findings_in(world({"index.js": text})) == ()
    else:
        assert module.why == "not parsed: RecursionError"
