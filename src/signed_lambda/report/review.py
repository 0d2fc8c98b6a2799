"""What was reviewed before the merge, as Markdown: the first link of the chain, or what differs.

Pure: imports escape, hashes, story and model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.report import escape, hashes, story

if TYPE_CHECKING:
    from signed_lambda.report.model import Report, Review

_CLIP: Final = 300


def chain_row(report: Report) -> list[str]:
    """The row that says that the build is the reviewed one; none when it is not, or not known."""
    review = report.review
    if review is None or not review.same or review.build_sha256 is None:
        return []
    where = f"pull request {_number(review)}, commit {_commit(review)}"
    name = f"[Build reviewed]({review.url})" if story.is_link(review.url) else "Build reviewed"
    return [f"| ✅ | {name} ({where}) = the build | {hashes.short(review.build_sha256)} |"]


def warning(report: Report) -> str:
    """That the build is not the reviewed one, where that stops nothing; else ""."""
    review = report.review
    if review is None or review.same or report.problems:
        return ""
    if review.build_sha256 is None:
        told = f"No plan of pull request {_number(review)} recorded a build."
    else:
        told = (
            f"This is not the build that was reviewed in pull request {_number(review)}:"
            f" {hashes.short(review.build_sha256)} of commit {_commit(review)}."
        )
    return f"⚠️ **{told}** With `require-reviewed: true` it would have been refused."


def _number(review: Review) -> str:
    """As it is not taken for a commit's: seven digits and more are."""
    return escape.prose(str(review.pull_request))


def section(review: Review, at_most: int) -> str:
    """Which files differ from the reviewed build; "" when none does or it is not known.

    Args:
        review: With what differs.
        at_most: So many are shown.
    """
    if review.same or review.build_sha256 is None or at_most == 0:
        return ""
    found = review.differing
    title = f"What differs from the reviewed build ({len(found):,})"
    rows = ["| File or folder | Since the review |", "|:--|:--|"]
    rows += [f"| {escape.code(escape.clip(d.name, _CLIP))} | {d.what} |" for d in found[:at_most]]
    more = len(found) - at_most
    rows += [f"| and {more:,} more | see the JSON report |"] if more > 0 else []
    body = "\n".join(rows)
    if not found:
        title = "What differs from the reviewed build"
        body = "Which files differ is not known: the record holds no list of them."
    return f"<details open><summary><b>{title}</b></summary>\n\n{body}\n\n</details>"


def _commit(review: Review) -> str:
    return escape.code(review.commit[:7])
