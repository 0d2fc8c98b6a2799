"""The table of a `verify` of several aliases: a line each, what differs first.

Pure: imports escape, story and model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.report import escape, story

if TYPE_CHECKING:
    from signed_lambda.report.model import Check, Report

MARKS: Final = {"drifted": "⛔", "unverified": "⚪", "verified": "✅"}
_ORDER: Final = tuple(MARKS)


def section(report: Report, most: int) -> str:
    """The table; "" where there are not several.

    Args:
        report: Of a `verify`.
        most: So many lines are shown.
    """
    if len(report.checks) < 2:  # noqa: PLR2004 - one alias is the whole report
        return ""
    ranked = sorted(report.checks, key=lambda c: _ORDER.index(c.verdict))
    rows = ["| | Alias | Found |", "|:-:|:--|:--|"]
    rows += [
        f"| {MARKS[c.verdict]} | {escape.code(escape.clip(c.name, 200))}"
        f" | {escape.prose(_place(c) + found(c))} |"
        for c in ranked[:most]
    ]
    more = len(ranked) - most
    rows += [f"| | and {more:,} more: see the JSON report | |"] if more > 0 else []
    return "\n".join(rows)


def _place(check: Check) -> str:
    return f"version {escape.clip(check.version, 40)}: " if check.version else ""


def found(check: Check) -> str:
    """What was found, in few words: the problems themselves stand in full in the report."""
    if not check.problems:
        told = f", {story.count(len(check.warnings), 'warning')}" if check.warnings else ""
        return f"as recorded{told}"
    return ", ".join(dict.fromkeys(problem.id for problem in check.problems))
