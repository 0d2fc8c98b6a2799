"""Invocations of the running function by its own name; what the REC-SELF rules share.

Imports its siblings only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.scan.own import own
from signed_lambda.scan.world import Loop, finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.report.model import Finding
    from signed_lambda.scan.own import How
    from signed_lambda.scan.world import World

FIX: Final = "Invoke another function, or count the calls in the payload and stop at a maximum"


def self_calls(
    world: World, rule: str, how: How, words: str, evidence: str, service: str = "lambda"
) -> Iterator[Finding]:
    """The calls of Invoke whose FunctionName is the own name, known in that way.

    Args:
        world: What was read.
        rule: The id.
        how: The way.
        words: The way, for the sentence ("by context.function_name").
        evidence: Why that is the own name.
        service: Of the calls.
    """
    name = world.function_name or "this function"
    for sink in world.sinks_of(service):
        if any(own(target) == how for target in sink.targets):
            yield finding(
                world,
                Loop(
                    rule=rule,
                    message=f"invokes its own function ({words})",
                    sink=sink,
                    cycle=(name, name),
                    evidence=(evidence,),
                    fix=FIX,
                ),
            )
