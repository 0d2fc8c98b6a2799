"""The report of a `verify` as an issue: title, text, and what is said when it changes.

Pure: imports this package's escape, markdown, marker, story and model.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from signed_lambda.report import escape, story
from signed_lambda.report.markdown import Rung, document
from signed_lambda.report.marker import Marker

if TYPE_CHECKING:
    from signed_lambda.report.model import Report

_LADDER: Final = (
    Rung(findings=0, files=300),
    Rung(findings=0, files=100, steps=False),
    Rung(findings=0, files=20, steps=False),
    Rung(findings=0, files=0, details=False),
)
_TITLE: Final = 200
"""GitHub takes 256 characters."""


def render_title(report: Report) -> str:
    """One line of plain text."""
    return escape.clip(f"Lambda drift: {story.plain(story.target(report))}", _TITLE)


def render_issue(report: Report, *, limit_bytes: int = 60_000) -> str:
    """The text; line 1 is the hidden marker, line 2 a hidden hash of what is wrong.

    Args:
        report: Of a `verify`.
        limit_bytes: GitHub takes 65,536 characters.
    """
    above = f"{Marker.of(report).line}\n<!-- state {_state(report)} -->\n"
    return document(report, ladder=_LADDER, limit_bytes=limit_bytes, above=above)


def render_said(report: Report) -> str:
    """A comment on the issue, one paragraph."""
    url = story.run_url(report.run)
    where = f" ([run {report.run.run_id}]({url}))" if url else ""
    if report.outcome == "verified":
        return f"All is as it was released again{where}."
    return f"What is wrong has changed since: {escape.prose(story.headline(report))}{where}."


def _state(report: Report) -> str:
    """What is wrong, without what differs from run to run."""
    wrong = sorted((c.name, c.verdict, *(p.id for p in c.problems)) for c in report.checks)
    return hashlib.sha256(repr(wrong).encode()).hexdigest()[:16]
