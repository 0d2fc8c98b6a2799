"""The table of a `verify` of several aliases: a line each, what differs first.

Pure: imports escape, story and model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.report import escape, story

if TYPE_CHECKING:
    from signed_lambda.report.model import Check, Report

MARKS: Final = {"drifted": "🛑", "unverified": "⚪", "verified": "✅"}
_CLIP: Final = 160
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
    rows = ["| | Alias | Version | Found |", "|:-:|:--|:--|:--|"]
    rows += [
        f"| {MARKS[c.verdict]} | {escape.code(escape.clip(c.name, 200))}"
        f" | {escape.prose(escape.clip(c.version, 40)) or '?'} | {escape.prose(found(c))} |"
        for c in ranked[:most]
    ]
    more = len(ranked) - most
    rows += [f"| | and {more:,} more: see the JSON report | | |"] if more > 0 else []
    return "\n".join(rows)


def found(check: Check) -> str:
    """What was found, in one sentence of bounded length."""
    if not check.problems:
        told = f", {story.count(len(check.warnings), 'warning')}" if check.warnings else ""
        return f"runs what was recorded{told}"
    first, *others = check.problems
    more = f" (and {len(others)} more)" if others else ""
    return f"{first.id}: {escape.clip(story.plain(first.what), _CLIP)}{more}"
