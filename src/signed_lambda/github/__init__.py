"""GitHub's API: which pull request a run belongs to, its one comment, and the record of its plan.

The only importer of PyGithub, and only when it is needed: the import costs half a second. The
comment is for readers; the record, a check run, is what `require-reviewed` goes by. Every function
ends with a value, never with an error: what goes wrong here changes no deploy, but for
`require-reviewed` and `require-attestation`, which take "not known" for "not so".

Imports cloud (the clock), model, manifest, review, report.marker and report.model. Must never
print, and never put the token into a text.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from signed_lambda.attestation import Found
    from signed_lambda.cloud import Clock
    from signed_lambda.model import Sha256
    from signed_lambda.report.model import Run
    from signed_lambda.review import Reviewed

DEFAULT_API_URL: Final = "https://api.github.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How GitHub is reached.

    Attributes:
        token: `github-token`; "" when there is none. Never shown.
        clock: For waits between tries and for the limit of all of them.
        api_url: From GITHUB_API_URL; another one than the default on GitHub Enterprise Server.
        proxy_url: The input https-proxy, None to ask GitHub directly.
        budget_s: All waits and tries of one function together end after so many seconds.
        timeout_s: Of one request.
        check: Asked before each request; raises `Cancelled` when a stop signal came.
    """

    token: str = field(repr=False)
    clock: Clock
    api_url: str = DEFAULT_API_URL
    proxy_url: str | None = None
    budget_s: float = 60.0
    timeout_s: int = 10
    check: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """The pull request that a run belongs to, always one of the run's own repository.

    Attributes:
        repository: "owner/name".
        number: From 1.
        from_fork: Its branch lives in another repository: such runs have read-only tokens.
        head: Its last commit, 40 hex digits; "" when the event does not say.
        base: Branch that it goes into; "" likewise.
        merged: Whether it was merged.
        merge_commit: The commit that its merge made, "" while there is none or it is not known.
    """

    repository: str
    number: int
    from_fork: bool = False
    head: str = ""
    base: str = ""
    merged: bool = False
    merge_commit: str = ""


@dataclass(frozen=True, slots=True)
class NoPullRequest:
    """There is none, or it is not certain which.

    Attributes:
        reason: One sentence for the reader.
        expected: True when no event of this kind has a pull request: nothing to warn about.
        unknown: True when GitHub could not be asked: there may be one.
    """

    reason: str
    expected: bool = False
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Origins:
    """Where releases came from, as far as GitHub tells.

    Attributes:
        pull_requests: Number by commit.
        people: Login by run id and attempt.
        notice: What could not be asked, and why; "" when all could.
    """

    pull_requests: Mapping[str, int]
    people: Mapping[tuple[int, int], str]
    notice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentResult:
    """What became of the comment.

    Attributes:
        url: Of the comment that now shows this report, or a later run's; "" when there is none.
        notice: What the reader should know, one or two sentences; "" when all went well.
    """

    url: str
    notice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRecord:
    """What a plan leaves behind for the deploy.

    Attributes:
        repository: "owner/name".
        name: Of the check run; one for each region, function and alias.
        pull_request: Number of the pull request that it is planned for.
        commit: That was planned, 40 hex digits.
        build_sha256: Of the build.
        passed: Whether the plan would let a deploy go on.
        title: One line for people.
        summary: Markdown, at most 65,535 characters.
        manifest: The build's files, of `manifest.encode`.
        details_url: Of the run, "" for none.
    """

    repository: str
    name: str
    pull_request: int
    commit: str
    build_sha256: Sha256
    passed: bool
    title: str
    summary: str
    manifest: str
    details_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordResult:
    """What became of the record.

    Attributes:
        url: Of the check run, "" when there is none.
        notice: What the reader should know, "" when all went well.
        author: Login of the token's app, as its comments show it; "" when it is not known.
    """

    url: str = ""
    notice: str = ""
    author: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a `verify` found, as an issue.

    Attributes:
        repository: "owner/name".
        title: One line.
        body: The first line is the marker, the second a hidden hash of what is wrong.
        said: A comment for who watches the issue, when it is closed or what is wrong has changed.
        clean: Nothing is wrong: an open issue is closed.
        opens: Enough is wrong to open one.
    """

    repository: str
    title: str
    body: str
    said: str
    clean: bool
    opens: bool


@dataclass(frozen=True, slots=True)
class IssueResult:
    """What became of the issue.

    Attributes:
        url: "" when there is none.
        notice: What the reader should know; "" when all went well.
    """

    url: str = ""
    notice: str = ""


def find_origins(
    commits: Iterable[str], runs: Iterable[tuple[int, int]], run: Run, access: Access
) -> Origins:
    """The pull requests of commits, and who started runs, of the run's own repository.

    Args:
        commits: 40 hex digits each.
        runs: Id and attempt each.
        run: Names the repository.
        access: How GitHub is reached.
    """
    from signed_lambda.github import origins  # noqa: PLC0415 - lazy: see the module's docstring

    return origins.find(commits, runs, run, access)


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


def upsert_comment(
    pull_request: PullRequest, body: str, access: Access, *, author: str = ""
) -> CommentResult:
    """Writes the comment, or writes over the one that an earlier run left.

    An earlier comment is ours when its first line is our marker for the same region, function and
    alias, and its author is the token's own user. One of a later run is left as it is. Of several
    of ours (a lost answer, two runs at once) one stays. When the verdict got worse than the one
    that stands there, a new comment is written, because edits send no mail, and the old one is
    minimised.

    Args:
        pull_request: Where.
        body: As `report.comment.render_comment` makes it: the first line is the marker.
        access: How GitHub is reached.
        author: Login of the token's user; asked of GitHub when it is "".
    """
    if not access.token:
        return CommentResult(
            url="",
            notice="no comment was written: `github-token` is empty."
            " The report is in the job summary",
        )
    from signed_lambda.github import comment  # noqa: PLC0415 - lazy: see the module's docstring

    return comment.upsert(pull_request, body, access, author)


def changed_files(pull_request: PullRequest, access: Access) -> frozenset[str] | None:
    """Paths in the repository that a pull request adds, changes, renames or removes.

    Args:
        pull_request: Which.
        access: How GitHub is reached.

    Returns:
        All of them, or None when they are not all known.
    """
    from signed_lambda.github import files  # noqa: PLC0415 - lazy: see the module's docstring

    return files.changed(pull_request, access)


def record_plan(plan: PlanRecord, access: Access) -> RecordResult:
    """Writes the check run by which `require-reviewed` knows the build.

    Args:
        plan: What to write; a second one on the same commit counts instead of the first.
        access: How GitHub is reached.
    """
    from signed_lambda.github import checks  # noqa: PLC0415 - lazy: see the module's docstring

    return checks.record(plan, access)


def find_reviewed(
    event: Mapping[str, object], run: Run, access: Access, *, name: str, pr_number: str = ""
) -> Reviewed:
    """What the plans of the merged pull request recorded that brought this run's commit.

    Args:
        event: The payload of the event that started the workflow.
        run: Says the event's name, the repository, the commit and the branch.
        access: How GitHub is reached.
        name: Of the check runs.
        pr_number: The input of that name; wins over the event when it is not "".
    """
    from signed_lambda.github import checks  # noqa: PLC0415 - lazy: see the module's docstring

    return checks.reviewed(event, run, access, name=name, pr_number=pr_number)


def find_attestations(repository: str, sha256: Sha256, access: Access) -> Found:
    """The attestations of a file that a repository has, as GitHub keeps them: nothing is verified.

    Args:
        repository: "owner/name".
        sha256: Of the file.
        access: How GitHub is reached.
    """
    from signed_lambda.github import attestations  # noqa: PLC0415 - lazy: see the module's docstring

    return attestations.find(repository, sha256, access)


def tend_issue(finding: Finding, access: Access) -> IssueResult:
    """Opens the issue of a `verify`, brings it up to date, or closes it; never a second one.

    Args:
        finding: What was found.
        access: How GitHub is reached.
    """
    from signed_lambda.github import issue  # noqa: PLC0415 - lazy: see the module's docstring

    return issue.tend(finding, access)
