"""What carries a name to a call: pools, threads, data classes, tables that others filled."""

from __future__ import annotations

import pytest

from signed_lambda.scan import findings_in
from tests.unit.scan.conftest import MakesWorlds

HEAD = """
import asyncio, boto3, os, threading
from functools import partial
from dataclasses import dataclass
client = boto3.client("lambda")
def call(name, payload):
    client.invoke(FunctionName=name, Payload=payload)
def retried(call, **given):
    return call(**given)
def again(event):
    client.invoke(FunctionName=event["self"], Payload=b"")
@dataclass
class Settings:
    name: str
    @classmethod
    def made(cls, name):
        return cls(name=name)
"""
OWN, OTHER = "context.function_name", "event['other']"


@pytest.mark.parametrize("name", [OWN, OTHER])
@pytest.mark.parametrize(
    "body",
    [
        "pool.map(partial(call, NAME), range(10))",
        "pool.submit(call, NAME, b'')",
        "threading.Thread(target=call, args=(NAME, b'')).start()",
        "loop.run_in_executor(None, call, NAME, b'')",
        "asyncio.run(asyncio.to_thread(call, NAME, payload=b''))",
        "retried(client.invoke, FunctionName=NAME)",
        "pool.map(again, [dict(event, self=NAME)])",
        "event['self'] = NAME; again(event)",
        "client.invoke(**dict(FunctionName=NAME, Payload=b''))",
        "client.invoke(FunctionName=Settings(name=NAME).name)",
        "client.invoke(FunctionName=Settings.made(NAME).name)",
    ],
)
def test_a_name_is_followed_to_the_call(world: MakesWorlds, body: str, name: str) -> None:
    code = f"{HEAD}def handler(event, context):\n    {body.replace('NAME', name)}\n"

    found = findings_in(world({"app.py": code}))

    assert {f.rule for f in found if f.rule.startswith("REC")} == (
        {"REC-SELF-CTX"} if name == OWN else set()
    )


@pytest.mark.parametrize(
    ("cut", "count"),
    [
        ("':'.join(arn.split(':')[:7])", 1),
        ("':'.join(arn.split(':')[:5])", 0),
        ("'-'.join(arn.split(':')[:7])", 0),
        ("':'.join(arn.split(':')[1:7])", 0),
    ],
)
def test_an_arn_without_its_version_is_the_function(
    world: MakesWorlds, cut: str, count: int
) -> None:
    code = (
        "import boto3\ndef handler(event, context):\n    arn = context.invoked_function_arn\n"
        f"    boto3.client('lambda').invoke(FunctionName={cut})\n"
    )

    assert [f.rule for f in findings_in(world({"app.py": code}))] == ["REC-SELF-ARN"] * count


@pytest.mark.parametrize(
    ("target", "count"),
    [("record.queue_url", 1), ("record.body", 0), ("event.raw_event['queue_url']", 0)],
)
def test_a_record_of_powertools_says_its_queue(world: MakesWorlds, target: str, count: int) -> None:
    code = (
        "import boto3\ndef handler(event, context):\n    for record in event.records:\n"
        f"        boto3.client('sqs').send_message(QueueUrl={target}, MessageBody='x')\n"
    )

    assert [f.rule for f in findings_in(world({"app.py": code}))] == ["REC-SQS"] * count


SETTERS = """package main
import (
  "github.com/aws/aws-lambda-go/lambda"
  "github.com/aws/aws-lambda-go/lambdacontext"
  awslambda "github.com/aws/aws-sdk-go/service/lambda"
)
type invoker struct { client *awslambda.Lambda }
func handle(ctx context.Context, event Event) error {
  return invoker{client: awslambda.New(s)}.call(NAME)
}
func (i invoker) call(name string) error {
  input := awslambda.InvokeInput{}
  input.SetFunctionName(name)
  _, err := i.client.Invoke(&input)
  return err
}
func main() { lambda.Start(handle) }
"""


@pytest.mark.parametrize(
    ("name", "rules"),
    [("lambdacontext.FunctionName", ["REC-SELF-CTX"]), ("event.Next", [])],
)
def test_a_request_of_go_may_be_filled_by_setters(
    world: MakesWorlds, name: str, rules: list[str]
) -> None:
    found = findings_in(world({"main.go": SETTERS.replace("NAME", name)}))

    assert [f.rule for f in found] == rules
