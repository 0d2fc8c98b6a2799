"""GitHub's API: which pull request a run belongs to, and its one comment.

The only importer of PyGithub, and only when it is needed: the import costs half a second. The
comment is for readers. Nothing is ever decided by what GitHub answers here, and nothing that goes
wrong here changes the result of a deploy: both functions end with a value, never with an error.

Imports cloud (the clock), report.marker and report.model. Must never print, and never put the
token into a text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from signed_lambda.cloud import Clock
    from signed_lambda.report.model import Run

DEFAULT_API_URL: Final = "https://api.github.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How GitHub is reached.

    Attributes:
        token: `github-token`; "" when there is none. Never shown.
        clock: For waits between tries and for the limit of all of them.
        api_url: From GITHUB_API_URL; another one than the default on GitHub Enterprise Server.
        budget_s: All waits and tries of one function together end after so many seconds.
        timeout_s: Of one request.
    """

    token: str = field(repr=False)
    clock: Clock
    api_url: str = DEFAULT_API_URL
    budget_s: float = 60.0
    timeout_s: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """The pull request that a run belongs to, always one of the run's own repository.

    Attributes:
        repository: "owner/name".
        number: From 1.
        from_fork: Its branch lives in another repository: such runs have read-only tokens.
    """

    repository: str
    number: int
    from_fork: bool = False


@dataclass(frozen=True, slots=True)
class NoPullRequest:
    """There is none, or it is not certain which.

    Attributes:
        reason: One sentence for the reader.
        expected: True when no event of this kind has a pull request: nothing to warn about.
    """

    reason: str
    expected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentResult:
    """What became of the comment.

    Attributes:
        url: Of the comment that now shows this report, or a later run's; "" when there is none.
        notice: What the reader should know, one or two sentences; "" when all went well.
    """

    url: str
    notice: str = ""


def find_pull_request(
    event: Mapping[str, object], run: Run, access: Access, *, pr_number: str = ""
) -> PullRequest | NoPullRequest:
    """The pull request of this run; never one of another repository, never a guess.

    Args:
        event: The payload of the event that started the workflow.
        run: Says the event's name, the repository and the commit.
        access: How GitHub is reached; not used when the event itself names the pull request.
        pr_number: The input of that name; wins over the event when it is not "".
    """
    from signed_lambda.github import lookup  # noqa: PLC0415 - lazy: see the module's docstring

    return lookup.find(event, run, access, pr_number)


def upsert_comment(pull_request: PullRequest, body: str, access: Access) -> CommentResult:
    """Writes the comment, or writes over the one that an earlier run left.

    An earlier comment is ours when its first line is our marker for the same region, function and
    alias, and its author is the token's own user. One of a later run is left as it is. Of several
    of ours (a lost answer, two runs at once) one stays.

    Args:
        pull_request: Where.
        body: As `report.comment.render_comment` makes it: the first line is the marker.
        access: How GitHub is reached.
    """
    if not access.token:
        return CommentResult(
            url="",
            notice="no comment was written: `github-token` is empty."
            " The report is in the job summary",
        )
    from signed_lambda.github import comment  # noqa: PLC0415 - lazy: see the module's docstring

    return comment.upsert(pull_request, body, access)
