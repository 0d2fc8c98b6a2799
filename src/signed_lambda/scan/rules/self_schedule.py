"""A function that schedules itself.

Why: the rule or schedule starts it again, and AWS's recursive-loop detection does not see that; a
rule that is not removed fires for ever.

Bad::

    import boto3

    def handler(event, context):
        target = {"Id": "1", "Arn": context.invoked_function_arn}
        boto3.client("events").put_targets(Rule="again", Targets=[target])

Good::

    import boto3, os

    def handler(event, context):
        target = {"Id": "1", "Arn": os.environ["OTHER_ARN"]}
        boto3.client("events").put_targets(Rule="again", Targets=[target])

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.scan.graph import Graph
from signed_lambda.scan.own import own
from signed_lambda.scan.world import Loop, finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.report.model import Finding
    from signed_lambda.scan.sinks import Sink
    from signed_lambda.scan.values import Value
    from signed_lambda.scan.world import World

ID: Final = "REC-SELF-SCHEDULE"
FIX: Final = "Schedule it once (`at(...)`), and remove the rule when its work is done"


def check(world: World) -> Iterator[Finding]:
    """The targets of rules and schedules that are the function itself."""
    name = world.function_name or "this function"
    graph: Graph | None = None
    for sink in world.sinks_of("schedule"):
        graph = graph or Graph(world.infra)
        if any(own(target) or _names(world, graph, sink, target) for target in sink.targets):
            yield finding(
                world,
                Loop(
                    rule=ID,
                    message="schedules its own function",
                    sink=sink,
                    cycle=(name, "schedule", name),
                    evidence=("the target of the schedule is the running function",),
                    fix=FIX,
                    kinds=("schedule",),
                ),
            )


def _names(world: World, graph: Graph, sink: Sink, target: Value) -> bool:
    """Whether a template says that it is the running function."""
    return any(f.certain and graph.named_function(target, f) is f for f in world.running(sink))
