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

from signed_lambda.scan.own import own
from signed_lambda.scan.world import Loop, finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.report.model import Finding
    from signed_lambda.scan.world import World

ID: Final = "REC-SELF-SCHEDULE"
FIX: Final = "Schedule it once (`at(...)`), and remove the rule when its work is done"


def check(world: World) -> Iterator[Finding]:
    """The targets of rules and schedules that are the function itself."""
    name = world.function_name or "this function"
    for sink in world.sinks_of("schedule"):
        if any(own(target) for target in sink.targets):
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
