"""Whether AWS stops a loop: what it follows, what was switched off, which SDK is bundled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lambda_sandbox.core import VirtualClock
from signed_lambda.report.model import Finding
from signed_lambda.scan import findings_in, review
from signed_lambda.scan.infra.read import read_templates
from signed_lambda.scan.sdk import OldSdk, old_sdks, tells
from signed_lambda.scan.world import world_of
from tests.unit.package.trees import Place
from tests.unit.scan.conftest import MakesWorlds, scanned

if TYPE_CHECKING:
    from pathlib import Path

SELF = (
    "import boto3\ndef handler(event, context):\n"
    "    boto3.client('lambda').invoke(FunctionName=context.function_name)\n"
)
GUARDED = SELF.replace("    boto3", "    if event['attempts'] < 3:\n        boto3")


def one(found: tuple[Finding, ...], rule: str) -> Finding:
    [only] = [f for f in found if f.rule == rule]
    return only


# -- what AWS follows


@pytest.mark.parametrize(
    ("call", "stops", "why"),
    [
        ("boto3.client('lambda').invoke(FunctionName=context.function_name)", True, "16 hops"),
        (
            "boto3.client('sns').publish(TopicArn=event['Records'][0]['Sns']['TopicArn'])",
            True,
            "16 hops",
        ),
        (
            "events.put_targets(Rule='r', Targets=[{'Arn': context.invoked_function_arn}])",
            False,
            "does not follow EventBridge",
        ),
        (
            "dynamodb.Table(event['Records'][0]['eventSourceARN'].split('/')[1]).put_item(Item={})",
            False,
            "does not follow DynamoDB",
        ),
    ],
)
def test_a_finding_says_whether_aws_stops_it_and_why(
    world: MakesWorlds, call: str, *, stops: bool, why: str
) -> None:
    [found] = findings_in(
        world({"app.py": f"import boto3\ndef handler(event, context):\n  {call}"})
    )

    assert found.aws_stops is stops
    start = "AWS stops this after about 16 hops" if stops else "AWS does not stop this ("
    assert found.aws_why.startswith(start)
    assert why in found.aws_why
    assert found.guard is None
    assert found.guard_seen == "none seen"


# -- RecursiveLoop: Allow

ALLOWS = {
    "sam.yaml": (
        "Resources:\n  Work:\n    Type: AWS::Serverless::Function\n    Properties:\n"
        "      Handler: app.handler\n      RecursiveLoop: SAID\n"
    ),
    "globals.yaml": (
        "Globals: {Function: {RecursiveLoop: SAID}}\nResources:\n  Work:\n"
        "    Type: AWS::Serverless::Function\n    Properties: {Handler: app.handler}\n"
    ),
    "plain.yaml": (
        "Resources:\n  Work:\n    Type: AWS::Lambda::Function\n    Properties:\n"
        "      Handler: app.handler\n      RecursiveLoop: SAID\n"
    ),
    "serverless.yml": (
        "service: shop\nprovider: {name: aws}\nfunctions:\n  work:\n    handler: app.handler\n"
        "    recursiveLoop: SAID\n"
    ),
    "main.tf": (
        'resource "aws_lambda_function" "w" {\n  handler = "app.handler"\n}\n'
        'resource "aws_lambda_function_recursion_config" "r" {\n'
        '  function_name = aws_lambda_function.w.function_name\n  recursive_loop = "SAID"\n}\n'
    ),
    "stack.ts": (
        "import * as cdk from 'aws-cdk-lib';\nexport class S extends cdk.Stack {\n"
        "  constructor(scope: Construct, id: string) {\n    super(scope, id);\n"
        "    const w = new lambda.Function(this, 'Work', {handler: 'app.handler',"
        " code: lambda.Code.fromAsset('.'), recursiveLoop: lambda.RecursiveLoop.SAID});\n  }\n}\n"
    ),
    "stack.py": (
        "from aws_cdk import Stack, aws_lambda as lambda_\n"
        "class S(Stack):\n    def __init__(self, scope, id):\n"
        "        w = lambda_.Function(self, 'Work', handler='app.handler',"
        " code=lambda_.Code.from_asset('.'), recursive_loop=lambda_.RecursiveLoop.SAID)\n"
    ),
}


@pytest.mark.parametrize("name", ALLOWS)
def test_every_kind_of_template_says_that_loops_are_allowed(name: str) -> None:
    said = "ALLOW" if name.startswith("stack") else "Allow"
    harmless = "def handler(event, context):\n    return 1\n"
    template = {name: ALLOWS[name].replace("SAID", said)}

    [alone] = scanned({"app.py": harmless}, template)
    looping = scanned({"app.py": SELF}, template)
    guarded = scanned({"app.py": GUARDED}, template)

    assert (alone.rule, alone.severity, alone.path) == ("REC-ALLOW", "medium", name)
    assert one(looping, "REC-ALLOW").severity == "low"
    loop = one(looping, "REC-SELF-CTX")
    assert (loop.severity, loop.aws_stops) == ("high", False)
    assert "RecursiveLoop: Allow" in loop.aws_why
    assert one(guarded, "REC-SELF-CTX").severity == "medium"


@pytest.mark.parametrize("name", ALLOWS)
def test_terminate_is_what_aws_does_anyway(name: str) -> None:
    said = "TERMINATE" if name.startswith("stack") else "Terminate"

    [found] = scanned({"app.py": GUARDED}, {name: ALLOWS[name].replace("SAID", said)})

    assert (found.rule, found.severity, found.aws_stops) == ("REC-SELF-CTX", "low", True)


CALLS = {
    "app.py": (
        "import boto3\ndef handler(event, context):\n"
        "    boto3.client('lambda').put_function_recursion_config(\n"
        "        FunctionName=context.function_name, RecursiveLoop='Allow')\n"
    ),
    "app.js": (
        "const {LambdaClient, PutFunctionRecursionConfigCommand} ="
        " require('@aws-sdk/client-lambda');\nexports.handler = async (event, context) => {\n"
        "  await new LambdaClient({}).send(new PutFunctionRecursionConfigCommand(\n"
        "    {FunctionName: context.functionName, RecursiveLoop: 'Allow'}));\n};\n"
    ),
    "main.go": (
        "package main\nfunc main() { lambda.Start(handler) }\n"
        "func handler(ctx context.Context, event Event) error {\n"
        "  svc.PutFunctionRecursionConfig(ctx, &awslambda.PutFunctionRecursionConfigInput{\n"
        "    FunctionName: aws.String(lambdacontext.FunctionName),\n"
        "    RecursiveLoop: types.RecursiveLoopAllow})\n  return nil\n}\n"
    ),
    "App.java": (
        "package a;\nclass App implements RequestHandler<E, String> {\n"
        "  LambdaClient client = LambdaClient.create();\n"
        "  public String handleRequest(E event, Context context) {\n"
        "    client.putFunctionRecursionConfig(PutFunctionRecursionConfigRequest.builder()\n"
        "      .functionName(context.getFunctionName()).recursiveLoop(RecursiveLoop.ALLOW)"
        ".build());\n"
        '    return "";\n  }\n}\n'
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_code_that_allows_loops_is_found_in_every_language(world: MakesWorlds, name: str) -> None:
    [found] = findings_in(world({name: CALLS[name]}))
    off = CALLS[name].replace("Allow", "Terminate").replace("ALLOW", "TERMINATE")

    assert (found.rule, found.severity, found.aws_stops) == ("REC-ALLOW", "medium", False)
    assert findings_in(world({name: off})) == ()


def test_code_that_allows_its_own_loops_makes_the_loop_worse(world: MakesWorlds) -> None:
    both = CALLS["app.py"] + GUARDED.partition("context):\n")[2]

    found = one(findings_in(world({"app.py": both})), "REC-SELF-CTX")

    assert (found.severity, found.aws_stops) == ("medium", False)


def test_one_function_of_a_circle_that_does_not_allow_it_ends_it() -> None:
    code = {
        "app.py": (
            "import boto3, os\n"
            "def handler(event, context):\n"
            "    boto3.client('lambda').invoke(FunctionName=os.environ['OTHER'])\n"
            "def second(event, context):\n"
            "    boto3.client('lambda').invoke(FunctionName='first')\n"
        )
    }
    template = (
        "Resources:\n"
        "  A: {Type: 'AWS::Lambda::Function', Properties: {FunctionName: first,"
        " RecursiveLoop: Allow, Handler: app.handler, Environment: {Variables: {OTHER: !Ref B}}}}\n"
        "  B: {Type: 'AWS::Lambda::Function', Properties: {Handler: app.second SAID}}\n"
    )

    ended = one(scanned(code, {"t.yaml": template.replace(" SAID", "")}), "REC-CYCLE")
    runs = one(
        scanned(code, {"t.yaml": template.replace(" SAID", ", RecursiveLoop: Allow")}), "REC-CYCLE"
    )

    assert (ended.aws_stops, runs.aws_stops) == (True, False)


# -- bundled SDKs


@pytest.mark.parametrize(
    ("path", "body", "old"),
    [
        ("botocore-1.27.45.dist-info/METADATA", b"Name: botocore\nVersion: 1.27.45\n", True),
        ("botocore-1.27.46.dist-info/METADATA", b"Name: botocore\nVersion: 1.27.46\n", False),
        ("python/botocore/__init__.py", b"import os\n__version__ = '1.9.0'\n", True),
        ("boto3-1.24.45.dist-info/METADATA", b"Version: 1.24.45\n", True),
        ("boto3-1.34.0.egg-info/PKG-INFO", b"Version: 1.34.0\n", False),
        ("node_modules/aws-sdk/package.json", b'{\n "version": "2.1146.9"\n}', True),
        ("node_modules/aws-sdk/package.json", b'{"version": "2.1147.0"}', False),
        ("node_modules/@aws-sdk/client-s3/package.json", b'{"version": "3.104.0"}', True),
        ("a/node_modules/@aws-sdk/client-sqs/package.json", b'{"version": "3.105.0"}', False),
        ("go.mod", b"require (\n\tgithub.com/aws/aws-sdk-go-v2 v1.17.8\n)\n", True),
        ("go.mod", b"require github.com/aws/aws-sdk-go-v2 v1.18.0\n", False),
        ("go.mod", b"require github.com/aws/aws-sdk-go v1.44.0\n", True),
        ("go.mod", b"require github.com/aws/aws-sdk-go-v2/service/s3 v1.1.0\n", False),
        ("bootstrap", b"\x7fELF\ndep\tgithub.com/aws/aws-sdk-go-v2\tv1.17.0\th1:x\n", True),
        ("bootstrap", b"\x7fELF\ndep\tgithub.com/aws/aws-sdk-go-v2\tv1.30.0\th1:x\n", False),
        ("lib/sdk-core-2.17.134.jar", b"PK", True),
        ("lib/sdk-core-2.20.1.jar", b"PK", False),
        ("lib/aws-java-sdk-core-1.12.500.jar", b"PK", True),
        ("META-INF/maven/a/sdk-core/pom.properties", b"version=2.16.0\n", True),
    ],
)
def test_a_version_below_the_minimum_is_old(path: str, body: bytes, *, old: bool) -> None:
    assert tells(path, len(body))
    assert bool(old_sdks([(path, body)])) is old


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("other-1.0.dist-info/METADATA", b"Version: 1.0\n"),
        ("node_modules/x/package.json", b'{"version": "1.0.0"}'),
        ("package.json", b'{"version": "1.0.0"}'),
        ("node_modules/@aws-sdk/client-ec2/package.json", b'{"version": "3.1.0"}'),
        ("src/bootstrap", b"dep\tgithub.com/aws/aws-sdk-go-v2\tv1.17.0\t\n"),
    ],
)
def test_what_is_no_sdk_tells_nothing(path: str, body: bytes) -> None:
    assert not tells(path, len(body))
    assert old_sdks([(path, body)]) == ()


def test_the_version_s_line_is_told_and_botocore_stands_for_boto3() -> None:
    files = [
        ("boto3-1.20.0.dist-info/METADATA", b"Version: 1.20.0\n"),
        ("botocore-1.21.0.dist-info/METADATA", b"Name: botocore\nVersion: 1.21.0\n"),
        ("botocore/__init__.py", b"__version__ = '1.21.0'\n"),
    ]

    assert old_sdks(files) == (
        OldSdk(
            "botocore",
            "1.21.0",
            "1.27.46",
            "python",
            "botocore-1.21.0.dist-info/METADATA",
            2,
            "Version: 1.21.0",
        ),
    )


def test_an_old_sdk_of_the_package_is_told_and_nothing_of_its_language_is_stopped(
    tmp_path: Path,
) -> None:
    place = Place.beneath(tmp_path)
    js = "exports.handler = (e, context) => lambda.invoke({FunctionName: context.functionName});\n"
    place.fill(
        {
            "app.py": SELF.encode(),
            "index.js": js.encode(),
            "botocore-1.21.0.dist-info/METADATA": b"Name: botocore\nVersion: 1.21.0\n",
            "botocore/__init__.py": b"__version__ = '1.21.0'\n",
        }
    )

    found = review(place.pack(), "orders", VirtualClock()).findings

    old = one(found, "REC-SDK")
    assert (old.severity, old.path, old.line) == ("low", "botocore-1.21.0.dist-info/METADATA", 2)
    python, node = [f for f in found if f.rule == "REC-SELF-CTX"]
    assert (python.path, python.severity, python.aws_stops) == ("app.py", "high", False)
    assert "bundled botocore 1.21.0" in python.aws_why
    assert (node.path, node.aws_stops) == ("index.js", True)


def test_a_loop_that_a_template_declares_meets_any_old_sdk() -> None:
    template = (
        "Resources:\n"
        "  Work: {Type: 'AWS::Serverless::Function', Properties: {Handler: app.handler,"
        " DeadLetterQueue: {Type: SQS, TargetArn: !GetAtt Jobs.Arn},"
        " Events: {J: {Type: SQS, Properties: {Queue: !GetAtt Jobs.Arn}}}}}\n"
        "  Jobs: {Type: 'AWS::SQS::Queue'}\n"
    )
    infra, _ = read_templates({"t.yaml": template.encode()})
    sdk = OldSdk("botocore", "1.21.0", "1.27.46", "python", "x/METADATA", 1, "Version: 1.21.0")

    found = one(findings_in(world_of([], "", infra, sdks=(sdk,))), "REC-DEST")

    assert found.aws_stops is False
