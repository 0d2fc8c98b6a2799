"""What other reviewers found, as Markdown and as lines: counted by tool and level, then the worst.

Informational: it changes no verdict. Every word of it is foreign.

Pure: imports this package's escape, story and model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.report import escape, story

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.report.model import OtherFinding, OtherReview, Report

_CLIP: Final = 300
_MAX_TOOLS: Final = 10


def total(report: Report) -> int:
    """How many findings other reviewers have."""
    return sum(review.total for review in report.other_reviews)


def headline(report: Report) -> str:
    """One line: each tool with its counts; "" when no other reviewer was read."""
    reviews = report.other_reviews
    told = [f"{_tool(r)} {r.counts}" for r in reviews[:_MAX_TOOLS]]
    told += [f"and {len(reviews) - _MAX_TOOLS:,} more"] if len(reviews) > _MAX_TOOLS else []
    return f"**Other reviewers:** {'; '.join(told)}." if told else ""


def blocks(report: Report, at_most: int) -> Iterator[str]:
    """A block for each tool that found something.

    Args:
        report: Holds the reviews.
        at_most: So many findings are shown of all tools together, as evenly as can be.
    """
    speaking = [r for r in report.other_reviews if r.total][: min(_MAX_TOOLS, at_most)]
    if not speaking:
        return
    yield "#### Other reviewers\n\nTheir findings block nothing here."
    for review in speaking:
        shown = review.findings[: at_most // len(speaking)]
        lines = [f"- {f.level} · {_place(f)}{_prose(f.message)}" for f in shown]
        more = review.total - len(shown)
        lines += [f"- and {more:,} more: see {_tool(review)}'s own report"] if more > 0 else []
        yield f"**{_tool(review)}:** {review.counts}\n\n" + "\n".join(lines)


def plain(report: Report, at_most: int) -> Iterator[str]:
    """The same as plain lines, not escaped yet."""
    for review in report.other_reviews:
        yield f"{review.tool}: {review.counts}"
        for f in review.findings[:at_most]:
            place = f"{f.path}:{f.line}" if f.line else f.path
            yield "  " + "  ".join(part for part in (f.level, f.rule, place, f.message) if part)
        more = review.total - len(review.findings[:at_most])
        if more > 0:
            yield f"  and {more:,} more"


def _place(finding: OtherFinding) -> str:
    path = escape.clip(finding.path, 200)
    parts = [escape.code(escape.clip(finding.rule, 100))] if finding.rule else []
    parts += [escape.code(f"{path}:{finding.line}" if finding.line else path)] if path else []
    return f"{' · '.join(parts)}: " if parts else ""


def _tool(review: OtherReview) -> str:
    return escape.prose(escape.clip(review.tool, 60)) or "A tool without a name"


def _prose(message: str) -> str:
    return story.sentence(escape.prose(escape.clip(message, _CLIP)) or "no message was given")
