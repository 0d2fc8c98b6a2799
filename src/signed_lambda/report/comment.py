"""The report as the one comment on the pull request.

Pure: imports this package's markdown and marker. The first line is the hidden marker by which
`github` finds the comment again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.report.markdown import Rung, document
from signed_lambda.report.marker import Marker

if TYPE_CHECKING:
    from signed_lambda.report.model import Report

_LADDER: Final = (
    Rung(findings=20),
    Rung(findings=20, steps=False),
    Rung(findings=20, steps=False, package=False),
    Rung(findings=20, files=10, steps=False, package=False),
    Rung(findings=5, files=0, steps=False, package=False),
    Rung(findings=0, files=0, steps=False, package=False),
    Rung(findings=0, files=0, details=False),
)


def render_record(report: Report, *, limit_bytes: int = 60_000) -> str:
    """The same document for a check run, whose summary has at most 65,535 characters.

    Source: https://docs.github.com/en/rest/checks/runs#create-a-check-run
    """
    return document(report, ladder=_LADDER, limit_bytes=limit_bytes)


def render_comment(report: Report, *, limit_bytes: int = 60_000) -> str:
    """The comment, line 1 is the hidden marker.

    Args:
        report: To be shown.
        limit_bytes: GitHub takes 65,536 characters; bytes are the safer measure of them.

    Raises:
        ValueError: The limit is below `markdown.MIN_LIMIT_BYTES`.

    Source: https://github.com/orgs/community/discussions/41331
    """
    above = Marker.of(report).line + "\n"
    return document(report, ladder=_LADDER, limit_bytes=limit_bytes, above=above)
