"""A function for which AWS's recursive-loop detection is switched off.

Why: AWS stops nothing then and tells nobody: a loop that is not meant runs until its cost is seen.
Other findings of the function are one step worse.

Bad::

    def handler(event, context):
        return "done"

    # file: template.yaml
    Resources:
      Work:
        Type: AWS::Serverless::Function
        Properties:
          Handler: app.handler
          RecursiveLoop: Allow

Good::

    def handler(event, context):
        return "done"

    # file: template.yaml
    Resources:
      Work:
        Type: AWS::Serverless::Function
        Properties:
          Handler: app.handler
          RecursiveLoop: Terminate

Source: https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionRecursionConfig.html
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from signed_lambda.report.model import Finding
from signed_lambda.scan.own import own
from signed_lambda.scan.world import Loop, allows_loops, finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from signed_lambda.report.model import Severity
    from signed_lambda.scan.infra.model import Function
    from signed_lambda.scan.sinks import Sink
    from signed_lambda.scan.world import World

ID: Final = "REC-ALLOW"
FIX: Final = "Remove it, or say with an allowance which loop is meant and what ends it"
MESSAGE: Final = "switches AWS's recursive-loop detection off"
WHY: Final = "AWS does not stop this (RecursiveLoop: Allow)"


def check(world: World) -> Iterator[Finding]:
    """Templates that say so, then calls of PutFunctionRecursionConfig."""
    for function in world.infra.functions:
        if function.recursive_loop == "Allow" and function not in world.allowed_by_code:
            yield _declared(world, function)
    for sink in world.sinks_of("recursion"):
        if allows_loops(sink):
            yield _called(world, sink)


def _called(world: World, sink: Sink) -> Finding:
    cycle: tuple[str, ...] = ()
    loop = Loop(rule=ID, message=MESSAGE, sink=sink, cycle=cycle, evidence=(), fix=FIX, kinds=None)
    return replace(
        finding(world, loop),
        severity=_severity(world, world.running(sink)),
        aws_stops=False,
        aws_why=WHY,
    )


def _severity(world: World, functions: Iterable[Function]) -> Severity:
    """Medium alone; low where another finding of the function tells the loop that it is for."""
    return "low" if any(_loops(world, function) for function in functions) else "medium"


def _declared(world: World, function: Function) -> Finding:
    place = function.allowed_at or function.place
    return Finding(
        rule=ID,
        severity=_severity(world, (function,)),
        certainty="certain",
        path=place.path,
        line=place.line,
        end_line=place.line,
        function=function.label,
        message=MESSAGE,
        cycle=(),
        evidence=(str(place),),
        guard=None,
        aws_stops=False,
        aws_why=WHY,
        fix=FIX,
    )


def _loops(world: World, function: Function) -> bool:
    by_name = any(
        own(target)
        for sink in world.sinks_of("lambda", "durable", "schedule")
        if function in world.running(sink)
        for target in sink.targets
    )
    return by_name or any(function in world.on(way) for way in world.ways)
