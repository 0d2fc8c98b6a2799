"""A function that invokes itself by a name that its template gives it.

Why: each run starts another run; cost and concurrency grow until somebody notices.

Bad::

    import boto3, os

    def handler(event, context):
        boto3.client("lambda").invoke(FunctionName=os.environ["NEXT"])

    # file: serverless.yml
    service: shop
    provider:
      name: aws
      stage: ${opt:stage, 'dev'}
    functions:
      resize:
        handler: app.handler
        environment:
          NEXT: ${self:service}-${self:provider.stage}-resize

Good::

    import boto3, os

    def handler(event, context):
        boto3.client("lambda").invoke(FunctionName=os.environ["NEXT"])

    # file: serverless.yml
    service: shop
    provider:
      name: aws
      stage: ${opt:stage, 'dev'}
    functions:
      resize:
        handler: app.handler
        environment:
          NEXT: ${self:service}-${self:provider.stage}-publish

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import regex
from signed_lambda.scan.selfcall import FIX
from signed_lambda.scan.through import by_name
from signed_lambda.scan.values import Env, Str
from signed_lambda.scan.world import Loop, finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.report.model import Finding
    from signed_lambda.scan.world import World

ID: Final = "REC-SELF-ENVVAR-IAC"
_ENDING: Final = regex(r"(?i)_?(function|lambda)?_?(arn|name)?$")


def check(world: World) -> Iterator[Finding]:
    """The calls of Invoke that lead straight back, or that only the variable's name tells of."""
    yield from by_name(
        world,
        ID,
        "environment",
        message="invokes its own function (by an environment variable that holds its name)",
    )
    for sink in world.sinks_of("lambda"):
        name = sink.entry.name if sink.entry is not None else ""
        variables = [
            atom.name
            for target in sink.targets
            if isinstance(target, Str)
            for atom in target.atoms[:1]
            if isinstance(atom, Env)
        ]
        if _plain(name) and any(_plain(v) == _plain(name) for v in variables):
            yield finding(
                world,
                Loop(
                    rule=ID,
                    message="may invoke its own function (by an environment variable of its name)",
                    sink=sink,
                    cycle=(name, name),
                    evidence=(f"{variables[0]} is called as the handler is",),
                    fix=FIX,
                    certainty="ask",
                ),
            )


def _plain(name: str) -> str:
    return _ENDING.sub("", name).replace("_", "").lower()
