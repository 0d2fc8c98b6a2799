"""What the tests of the comment have in common."""

from __future__ import annotations

import dataclasses

from signed_lambda.github import PullRequest
from signed_lambda.report.comment import render_comment
from tests.unit.report.cases import CASES, RUN

HERE = PullRequest(repository="acme/orders", number=7)
COMMENTS = "/repos/acme/orders/issues/7/comments"


def body(
    run_id: int = RUN.run_id, attempt: int = 1, *, alias: str = "live", case: str = "deployed"
) -> str:
    """The comment of a run."""
    run = dataclasses.replace(RUN, run_id=run_id, attempt=attempt)
    return render_comment(dataclasses.replace(CASES[case], run=run, alias=alias))
