"""Templates of every kind: read, joined to a world, and held against every rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fuzz.shared import CLOCK, examples, joined, literals, shuffled, split
from signed_lambda.scan import all_rules, findings_in
from signed_lambda.scan.infra.read import read_templates
from signed_lambda.scan.watch import Watch
from signed_lambda.scan.world import world_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

MAX_BYTES: Final = 8_192
WORDS: Final = tuple(
    b"""
    Resources: Type: Properties: Ref Fn::GetAtt Fn::Sub Fn::Join Fn::ImportValue !Ref !Sub !GetAtt
    !Join !If !Select !Split AWS::Serverless::Function AWS::Lambda::EventSourceMapping Events:
    AWS::S3::Bucket AWS::SQS::Queue AWS::Events::Rule FilterCriteria EventPattern Globals Parameters
    DefinitionString DefinitionUri ZipFile ${AWS::Region} ${self: ${opt: ${env: ${file( functions:
    provider: custom: resource module variable locals data default jsonencode( for_each count.index
    ${ %{ { } [ ] ( ) : - & * << " ' | > , = ? StartAt States Next Choices Resource
    aws-cdk-lib addEventNotification addEventSource new this.props # // \\ ..
    """.split()
)
ENDINGS: Final = {
    "main.tf": ("terraform",),
    "lib/stack.ts": ("cdk",),
    "lib/stack.py": ("cdk",),
    "template.yaml": ("templates", "event_filters", "http", "iot_ses", "durable"),
    "serverless.yml": ("templates", "event_filters", "http"),
    "template.json": ("templates",),
}
STEPS: Final = (
    '{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "${F}", "End": true}}}'
)
MACHINE: Final = """
Resources:
  Loop:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: loop.asl.json
      DefinitionSubstitutions: {F: !GetAtt Work.Arn}
  Work: {Type: AWS::Serverless::Function, Properties: {Handler: app.handler, CodeUri: src}}
"""


def seeds() -> Iterator[bytes]:
    """The rules' pages, and what the tests write of each kind."""
    yield from examples()
    yield joined({"template.yaml": MACHINE, "loop.asl.json": STEPS})
    for name, tests in ENDINGS.items():
        for text in literals(*tests):
            yield joined({name: text})


def check(data: bytes) -> None:
    """Nothing is raised; what is not read is said in one line."""
    infra, unread = read_templates(split(data), Watch(CLOCK.processor))

    assert all(u.why.isprintable() for u in unread), unread
    findings_in(world_of([], "", infra), all_rules())


def mutated(data: bytes, random: Random) -> bytes:
    """By the piece."""
    return shuffled(data, WORDS, random)
