"""Which pull request a run belongs to.

The event says it, or the commit does. A commit can be in several pull requests, of this repository
and of forks: then only a clear answer counts, and a pull request of another repository never.

Imports session (lazily: PyGithub) and this package.

Source: https://docs.github.com/en/rest/commits/commits#list-pull-requests-associated-with-a-commit
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from signed_lambda.errors import Cancelled
from signed_lambda.github import NoPullRequest, PullRequest
from signed_lambda.lazy import dataclass, regex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from github.PullRequest import PullRequest as GitHubPullRequest
    from github.Repository import Repository

    from signed_lambda.github import Access
    from signed_lambda.report.model import Run

    Question = Callable[[Repository, str], PullRequest | NoPullRequest]
    Way = Callable[[Mapping[str, object], Run], PullRequest | NoPullRequest | Question]

_QUEUE_REF: Final = regex(r"(?:refs/heads/)?gh-readonly-queue/.+/pr-([1-9][0-9]{0,9})-[0-9a-f]+")
_NUMBER: Final = regex(r"[1-9][0-9]{0,9}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A pull request that holds the commit."""

    number: int
    is_open: bool
    is_merged: bool
    merge_commit: str
    head: str
    base: str
    from_fork: bool


def find(
    event: Mapping[str, object], run: Run, access: Access, pr_number: str
) -> PullRequest | NoPullRequest:
    """See `signed_lambda.github.find_pull_request`."""
    if not re.fullmatch(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+", run.repository):
        return NoPullRequest("not run by GitHub: there is no repository", expected=True)
    way = _from_input(pr_number) if pr_number else _WAYS.get(run.event, _from_no_event)(event, run)
    return way if isinstance(way, PullRequest | NoPullRequest) else _asked(access, run, way)


def choose(candidates: Iterable[Candidate], commit: str) -> Candidate | str:
    """The one that a commit belongs to, or why it is not certain.

    The merge that made the commit comes first, then an open pull request whose head it is, then
    merged ones, then open ones; within the first of these that has any there must be one only.

    Args:
        candidates: Of this repository.
        commit: 40 hex digits.
    """
    known = list(candidates)  # a closed one that was never merged is in none of the tiers
    tiers = (
        [c for c in known if c.is_merged and c.merge_commit == commit],
        [c for c in known if c.is_open and c.head == commit],
        [c for c in known if c.is_merged],
        [c for c in known if c.is_open],
    )
    first = next((tier for tier in tiers if tier), [])
    if len(first) == 1:
        return first[0]
    if not first:
        return f"no pull request of this repository holds commit {commit[:7]}"
    numbers = ", ".join(f"{c.number}" for c in sorted(first, key=lambda c: c.number))
    return f"several pull requests hold commit {commit[:7]}: {numbers}"


def _from_input(pr_number: str) -> NoPullRequest | Question:
    if not _NUMBER.fullmatch(pr_number):
        return NoPullRequest(f"pr-number {pr_number[:40]!r} is not a number")
    return lambda repository, name: _by_number(repository, name, int(pr_number))


def _from_pull_request(event: Mapping[str, object], run: Run) -> PullRequest | NoPullRequest:
    number = _at(event, "pull_request", "number")
    base = _at(event, "pull_request", "base", "repo", "full_name")
    head = _at(event, "pull_request", "head", "repo", "full_name")
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        return NoPullRequest("the event names no pull request")
    if not isinstance(base, str) or base.lower() != run.repository.lower():
        return NoPullRequest("the event's pull request is of another repository")
    return PullRequest(
        repository=run.repository,
        number=number,
        from_fork=not isinstance(head, str) or head.lower() != run.repository.lower(),
        head=_text(_at(event, "pull_request", "head", "sha")),
        base=_text(_at(event, "pull_request", "base", "ref")),
        merged=_at(event, "pull_request", "merged") is True,
        merge_commit=_text(_at(event, "pull_request", "merge_commit_sha")),
    )


def _from_merge_group(event: Mapping[str, object], _run: Run) -> NoPullRequest | Question:
    """The last pull request of the group: its number stands in the name of the queue's branch."""
    queued = _QUEUE_REF.fullmatch(str(_at(event, "merge_group", "head_ref") or ""))
    if queued is None:
        return NoPullRequest("the merge group names no pull request")
    return lambda repository, name: _by_number(repository, name, int(queued[1]))


def _from_push(_event: Mapping[str, object], run: Run) -> NoPullRequest | Question:
    return _from_commit(run.commit)


def _from_workflow_run(event: Mapping[str, object], _run: Run) -> NoPullRequest | Question:
    """By the head commit: `workflow_run.pull_requests` is empty for forks.

    A fork's commit is in no branch of this repository, and GitHub then names no pull request for
    it: it is looked for among the open ones from the fork's branch.
    Source: https://github.com/github/docs/issues/22501 and, for forks' commits,
    https://github.com/quarkusio/pt.quarkus.io/pull/389
    """
    commit = _at(event, "workflow_run", "head_sha")
    owner = _text(_at(event, "workflow_run", "head_repository", "owner", "login"))
    branch = _text(_at(event, "workflow_run", "head_branch"))
    by_commit = _from_commit(commit)
    if isinstance(by_commit, NoPullRequest) or not (owner and branch):
        return by_commit

    def ask(repository: Repository, name: str) -> PullRequest | NoPullRequest:
        found = by_commit(repository, name)
        if isinstance(found, PullRequest):
            return found
        return _by_branch(repository, name, f"{owner}:{branch}", str(commit)) or found

    return ask


def _from_commit(commit: object) -> NoPullRequest | Question:
    if not isinstance(commit, str) or not re.fullmatch("[0-9a-f]{40}", commit):
        return NoPullRequest("the event names no commit")
    return lambda repository, name: _by_commit(repository, name, commit)


def _from_no_event(_event: Mapping[str, object], run: Run) -> NoPullRequest:
    return NoPullRequest(f"the event '{run.event}' belongs to no pull request", expected=True)


_WAYS: Final[Mapping[str, Way]] = {
    "pull_request": _from_pull_request,
    "pull_request_target": _from_pull_request,
    "merge_group": _from_merge_group,
    "push": _from_push,
    "workflow_run": _from_workflow_run,
}


def _asked(access: Access, run: Run, ask: Question) -> PullRequest | NoPullRequest:
    """Asks GitHub; every trouble becomes a reason."""
    if not access.token:
        return NoPullRequest("`github-token` is empty, so GitHub cannot be asked", unknown=True)
    from signed_lambda.github.session import GitHubTrouble, Session  # noqa: PLC0415 - lazy

    try:
        with Session(access) as session:
            repository = session.repository(run.repository)
            return session.repeat(lambda: ask(repository, run.repository))
    except GitHubTrouble as trouble:
        why = f"the pull request could not be looked up: {trouble.notice}"
        return NoPullRequest(why, unknown=True)
    except Cancelled:
        why = "the job was cancelled before the pull request was looked up"
        return NoPullRequest(why, unknown=True)


def _by_number(repository: Repository, name: str, number: int) -> PullRequest | NoPullRequest:
    found = repository.get_pull(number)
    if not _is_of(found, name):
        return NoPullRequest(f"pull request {number} is of another repository")
    return _described(_candidate(found, name), name)


def numbered(repository: Repository, name: str, commit: str) -> int | None:
    """The number of the pull request that a commit belongs to, None where it is not certain."""
    chosen = _chosen(repository, name, commit)
    return None if isinstance(chosen, str) else chosen.number


def _chosen(repository: Repository, name: str, commit: str) -> Candidate | str:
    pulls = repository.get_commit(commit).get_pulls()
    return choose([_candidate(p, name) for p in pulls if _is_of(p, name)], commit)


def _by_commit(repository: Repository, name: str, commit: str) -> PullRequest | NoPullRequest:
    chosen = _chosen(repository, name, commit)
    return NoPullRequest(chosen) if isinstance(chosen, str) else _described(chosen, name)


def _by_branch(repository: Repository, name: str, head: str, commit: str) -> PullRequest | None:
    """The open pull request from "owner:branch" whose head is still this commit."""
    pulls = repository.get_pulls(state="open", head=head)
    found = [p for p in pulls if _is_of(p, name) and p.head.sha == commit]
    return _described(_candidate(found[0], name), name) if len(found) == 1 else None


def _candidate(found: GitHubPullRequest, name: str) -> Candidate:
    return Candidate(
        number=found.number,
        is_open=found.state == "open",
        is_merged=found.merged_at is not None,
        merge_commit=found.merge_commit_sha or "",
        head=found.head.sha,
        base=found.base.ref,
        from_fork=_from_fork(found, name),
    )


def _described(chosen: Candidate, name: str) -> PullRequest:
    return PullRequest(
        repository=name,
        number=chosen.number,
        from_fork=chosen.from_fork,
        head=chosen.head,
        base=chosen.base,
        merged=chosen.is_merged,
        merge_commit=chosen.merge_commit,
    )


def _is_of(found: GitHubPullRequest, name: str) -> bool:
    return found.base.repo.full_name.lower() == name.lower()


def _from_fork(found: GitHubPullRequest, name: str) -> bool:
    """Whether the head is elsewhere; GitHub sends no head repository once a fork is deleted."""
    head: Repository | None = found.head.repo
    return head is None or head.full_name.lower() != name.lower()


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _at(value: object, *names: str) -> object:
    """The member of nested objects, None where one is missing."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value
