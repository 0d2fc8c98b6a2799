"""The report as the job summary, with everything that the comment has no room for.

Pure: imports this package's markdown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.report.markdown import Rung, document

if TYPE_CHECKING:
    from signed_lambda.report.model import Report

_LADDER: Final = (
    Rung(findings=500, files=2_000),
    Rung(findings=100, files=1_000),
    Rung(findings=100, files=1_000, steps=False),
    Rung(findings=20, files=100, steps=False, package=False),
    Rung(findings=0, files=0, steps=False, package=False),
    Rung(findings=0, files=0, details=False),
)


def render_summary(report: Report, *, limit_bytes: int = 900_000) -> str:
    """The job summary.

    Args:
        report: To be shown.
        limit_bytes: The runner drops a summary above 1,048,576 bytes as a whole; other steps of
            the job have their own.

    Raises:
        ValueError: The limit is below `markdown.MIN_LIMIT_BYTES`.

    Source: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions#step-isolation-and-limits
    """
    return document(report, ladder=_LADDER, limit_bytes=limit_bytes)
