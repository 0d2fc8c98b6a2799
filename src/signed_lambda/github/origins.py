"""Which pull requests held commits, and who started runs; asked by the dozen, for a history.

Imports session and lookup (lazily: PyGithub) and this package.

Source: https://docs.github.com/en/rest/commits/commits#list-pull-requests-associated-with-a-commit,
https://docs.github.com/en/rest/actions/workflow-runs#get-a-workflow-run
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from signed_lambda.errors import Cancelled
from signed_lambda.github import Origins
from signed_lambda.github.lookup import numbered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from github.Repository import Repository

    from signed_lambda.github import Access
    from signed_lambda.report.model import Run

NOT_FOUND: Final = frozenset({404, 422})
"""A commit or a run that this repository does not have; 422: no commit of that SHA."""


def find(
    commits: Iterable[str], runs: Iterable[tuple[int, int]], run: Run, access: Access
) -> Origins:
    """See `signed_lambda.github.find_origins`."""
    if not re.fullmatch(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+", run.repository):
        return Origins({}, {}, "not run by GitHub: there is no repository")
    if not access.token:
        return Origins({}, {}, "`github-token` is empty, so GitHub cannot be asked")
    from signed_lambda.github.session import GitHubTrouble, Session  # noqa: PLC0415 - lazy

    pulls: dict[str, int] = {}
    people: dict[tuple[int, int], str] = {}
    troubles: dict[str, None] = {}
    try:
        with Session(access) as session:
            repository = session.repository(run.repository)

            def each(what: str, questions: Iterable[Callable[[], None]]) -> None:
                for question in questions:
                    try:
                        session.repeat(question)
                    except GitHubTrouble as trouble:
                        if trouble.status not in NOT_FOUND:
                            troubles[f"{what} could not be asked for: {trouble.notice}"] = None
                            return

            each("pull requests", (_pull(repository, run, c, pulls) for c in commits))
            each("who started runs", (_person(repository, r, a, people) for r, a in runs))
    except GitHubTrouble as trouble:
        troubles[trouble.notice] = None
    except Cancelled:
        troubles["the job was cancelled"] = None
    return Origins(pulls, people, "; ".join(troubles))


def _pull(
    repository: Repository, run: Run, commit: str, into: dict[str, int]
) -> Callable[[], None]:
    def question() -> None:
        number = numbered(repository, run.repository, commit)
        if number is not None:
            into[commit] = number

    return question


def _person(
    repository: Repository, run_id: int, attempt: int, into: dict[tuple[int, int], str]
) -> Callable[[], None]:
    """Whoever began the attempt, where it is the run's last; else whoever began the run."""

    def question() -> None:
        found = repository.get_workflow_run(run_id)
        last = found.run_attempt == attempt
        into[run_id, attempt] = (found.triggering_actor if last else found.actor).login

    return question
