"""What only a plan's report has: a line with a mark for each check, and what a merge sets off.

Pure: imports escape, story and model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.report import escape
from signed_lambda.report.model import Status

if TYPE_CHECKING:
    from signed_lambda.report.model import Fact, Report

MARKS: Final = {
    Status.OK: "✅",
    Status.WARNING: "⚠️",
    Status.SKIPPED: "⚪",
    Status.FAILED: "❌",
}
_ON_DEPLOY: Final = "plan"
"""The step that says what a deploy would do."""
_MAX_CHECKS: Final = 20
_CLIP: Final = 400


def checks(report: Report) -> str:
    """A line for each look and check; the mark comes first. "" when none was made.

    No table: a hash or an ARN does not break in a cell, and would push the result off a phone.
    """
    facts = [fact for fact in report.facts if fact.step != _ON_DEPLOY]
    if not facts:
        return ""
    lines = [line(fact) for fact in facts[:_MAX_CHECKS]]
    more = len(facts) - _MAX_CHECKS
    lines += [f"- and {more:,} more: see the JSON report"] if more > 0 else []
    return "\n".join(lines)


def line(fact: Fact, took: str = "") -> str:
    """One look, check or step: mark, what it was, how long it took, what it showed."""
    title, proof = (escape.prose(escape.clip(t, _CLIP)) or "–" for t in (fact.title, fact.proof))  # noqa: RUF001 - a dash
    return f"- {MARKS[fact.status]} **{title}**{took}: {proof}"


def on_merge(report: Report) -> str:
    """What the deploy does, step by step; "" when it would do nothing."""
    told = [fact.proof for fact in report.facts if fact.step == _ON_DEPLOY]
    if not told or report.problems:
        return ""
    steps = escape.prose(escape.clip(told[0], _CLIP))
    return f"**On merge:** {steps}. Each step's hash is compared with the one before it."
