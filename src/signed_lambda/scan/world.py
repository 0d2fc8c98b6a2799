"""What the rules look at: the program, its sinks, and what was said to be allowed.

Imports the report's model and its own modules; reads no file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from signed_lambda.report.model import Finding
from signed_lambda.scan.evaluate import Evaluator
from signed_lambda.scan.explore import explore
from signed_lambda.scan.program import Program

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Literal

    from signed_lambda.report.model import Severity
    from signed_lambda.scan.form import Module
    from signed_lambda.scan.sinks import Sink

ALLOWANCE: Final = re.compile(r"(?:#|//)\s*signed-lambda:\s*allow\s+(REC-[A-Z0-9-]+)\s+--\s*(\S.*)")
"""`# signed-lambda: allow REC-SELF-CTX -- reason`, on the line of the finding or the one above."""
AWS_STOPS: Final = (
    "AWS stops the loop after about 16 calls where the SDK passes its tracing header; the calls"
    " until then are made and paid"
)
"""Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html"""
AWS_DOES_NOT_STOP: Final = "AWS's recursive-loop detection does not see this loop: it runs on"
"""Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html"""


@dataclass(frozen=True, slots=True)
class World:
    """Everything that was read.

    Attributes:
        function_name: What the deployed function is called, "" when unknown.
    """

    program: Program
    sinks: tuple[Sink, ...]
    function_name: str = ""

    def sinks_of(self, *services: str) -> Iterable[Sink]:
        """The sinks of some services."""
        return (s for s in self.sinks if s.service in services)


def world_of(modules: Iterable[Module], function_name: str = "") -> World:
    """Puts the files together."""
    program = Program(modules)
    return World(program, explore(program, Evaluator(program)), function_name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """What a rule concludes of a sink."""

    rule: str
    message: str
    sink: Sink
    cycle: tuple[str, ...]
    evidence: tuple[str, ...]
    fix: str
    certainty: Literal["certain", "ask"] = "certain"
    aws_stops: str = AWS_STOPS
    guards: tuple[str, ...] = field(default=())


def finding(loop: Loop) -> Finding:
    """The finding: high when a handler leads to it past no guard, low behind one."""
    sink = loop.sink
    guard = sink.guard or next(iter(loop.guards), None)
    severity: Severity = "low" if guard else "high" if sink.entry is not None else "medium"
    if loop.certainty == "ask":
        severity = "ask"
    module = sink.function.module
    return Finding(
        rule=loop.rule,
        severity=severity,
        certainty=loop.certainty,
        path=sink.path,
        line=sink.line,
        end_line=sink.call.end_line,
        function=sink.function.name,
        message=loop.message,
        cycle=loop.cycle,
        evidence=(sink.where, *loop.evidence),
        guard=guard,
        aws_stops=loop.aws_stops,
        fix=loop.fix,
        allowed=allowed(module, loop.rule, sink.line) or allowed(module, loop.rule, sink.call.line),
    )


def allowed(module: Module, rule: str, line: int) -> str | None:
    """The reason given for allowing the rule at a line, None when there is none."""
    for text in module.lines[max(0, line - 2) : line]:
        said = ALLOWANCE.search(text)
        if said and said[1] == rule:
            return said[2].strip()
    return None
