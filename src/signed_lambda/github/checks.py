"""Plans' records as check runs: written by `plan`, read by `require-reviewed`.

A check run can be written by an app only, and is not edited by people, as a comment can be. The
record is on the commit that was planned: a pull request's head, or the merge queue's commit. It is
bound to one function by its name and carries the build's hash as `external_id`. One of another app
is not a record, whatever it says. A workflow of this repository that has `checks: write` could
write a false one: whoever may change workflows is trusted (SECURITY.md).

Imports session (PyGithub), manifest, model, review and this package.

Source: https://docs.github.com/en/rest/checks/runs
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from github.GithubObject import NotSet

from signed_lambda.errors import Cancelled
from signed_lambda.github import NoPullRequest, PullRequest, RecordResult, lookup
from signed_lambda.github.session import GitHubTrouble, Session
from signed_lambda.lazy import regex
from signed_lambda.manifest import decode
from signed_lambda.model import Sha256
from signed_lambda.review import MergedPullRequest, NotAsked, NotMerged, RecordedPlan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from github.CheckRun import CheckRun
    from github.Repository import Repository

    from signed_lambda.github import Access, PlanRecord
    from signed_lambda.report.model import Run
    from signed_lambda.review import Reviewed

GITHUB_ACTIONS: Final = "github-actions"
"""Slug of the app whose tokens workflows get."""
_FENCE: Final = "```"
_FOR: Final = regex(r"For pull request ([1-9][0-9]{0,9})\.")
MAX_OUTPUT: Final = 65_535
"""Characters of a check run's summary, and of its text.

Source: https://docs.github.com/en/rest/checks/runs#create-a-check-run
"""


def record(plan: PlanRecord, access: Access) -> RecordResult:
    """See `signed_lambda.github.record_plan`."""
    try:
        with Session(access) as session:
            return session.repeat(lambda: _create(session.repository(plan.repository), plan))
    except GitHubTrouble as trouble:
        why = trouble.notice
        if trouble.integration:
            why = "the token may not write check runs: give the job `permissions: checks: write`"
        return RecordResult(notice=_not_recorded(why))
    except Cancelled:
        return RecordResult(notice=_not_recorded("the job was cancelled"))


def reviewed(
    event: Mapping[str, object], run: Run, access: Access, *, name: str, pr_number: str
) -> Reviewed:
    """See `signed_lambda.github.find_reviewed`."""
    found = lookup.find(event, run, access, pr_number)
    if isinstance(found, NoPullRequest):
        return NotAsked(found.reason) if found.unknown else NotMerged(found.reason)
    why_not = _not_merged(found, run, event)
    if why_not:
        return NotMerged(why_not)
    try:
        with Session(access) as session:
            app = _app(session)
            repository = session.repository(found.repository)
            # The merge queue plans the very commit that it pushes; no other one is the merge's.
            merge = run.commit if run.commit == found.merge_commit else ""
            commits = list(dict.fromkeys(c for c in (merge, found.head) if c))
            looks = [partial(_latest, repository, c, name, app, found.number) for c in commits]
            plans = tuple(plan for look in looks if (plan := session.repeat(look)) is not None)
    except GitHubTrouble as trouble:
        return NotAsked(trouble.notice)
    except Cancelled:
        return NotAsked("the job was cancelled")
    return MergedPullRequest(number=found.number, head=found.head, plans=plans)


def _create(repository: Repository, plan: PlanRecord) -> RecordResult:
    made = repository.create_check_run(
        name=plan.name,
        head_sha=plan.commit,
        details_url=plan.details_url or NotSet,
        external_id=plan.build_sha256.hex,
        status="completed",
        conclusion="success" if plan.passed else "failure",
        output={
            "title": plan.title,
            "summary": plan.summary,
            "text": f"For pull request {plan.pull_request}.\n\nThe build's files, for"
            f" `require-reviewed`:\n{_FENCE}\n{plan.manifest}\n{_FENCE}\n",
        },
    )
    return RecordResult(url=made.html_url or "", author=f"{made.app.slug}[bot]")


def _not_merged(found: PullRequest, run: Run, event: Mapping[str, object]) -> str:
    """Why a pull request does not vouch for the commit, "" when it does.

    A run of a tag is held to the default branch: a tag can be put on a commit of any branch.
    """
    if not found.merged:
        return f"pull request {found.number} is not merged"
    repository = event.get("repository")
    default = repository.get("default_branch") if isinstance(repository, dict) else None
    wanted = run.branch or default
    if found.base != wanted:
        return (
            f"pull request {found.number} was merged into {found.base!r}, and this run is for"
            f" {wanted or 'no branch that is known'!r}"
        )
    return ""


def _app(session: Session) -> str:
    """Slug of the app that plans' records are of: the token's own, for people's tokens Actions'."""
    login = session.login()
    return login.removesuffix("[bot]") if login.endswith("[bot]") else GITHUB_ACTIONS


def _latest(
    repository: Repository, commit: str, name: str, app: str, number: int
) -> RecordedPlan | None:
    """The last record for the pull request on the commit: what its comment shows."""
    runs = repository.get_commit(commit).get_check_runs(check_name=name, filter="all")
    ours = [r for r in runs if r.name == name and r.app.slug == app and r.status == "completed"]
    ours = [r for r in ours if _is_for(r, number)]
    last = max(ours, key=lambda r: r.id, default=None)
    return None if last is None else _recorded(last, commit)


def _is_for(run: CheckRun, number: int) -> bool:
    """Whether it is of this pull request: two of them may have the same head."""
    found = _FOR.match(run.output.text or "")
    return found is not None and int(found[1]) == number


def _recorded(run: CheckRun, commit: str) -> RecordedPlan:
    try:
        build = Sha256.from_hex(run.external_id or "")
    except ValueError:
        build = None
    return RecordedPlan(
        commit=commit,
        build_sha256=build,
        passed=run.conclusion == "success",
        manifest=decode(_fenced(run.output.text or "")),
        url=run.html_url or "",
    )


def _fenced(text: str) -> str:
    """The line between the fences."""
    parts = text.replace("\r\n", "\n").split(f"{_FENCE}\n")
    return parts[1].strip() if len(parts) > 1 else ""


def _not_recorded(why: str) -> str:
    return f"the plan was not recorded, so `require-reviewed` cannot find it: {why}"
