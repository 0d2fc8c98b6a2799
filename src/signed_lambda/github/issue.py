"""The one issue of a `verify`: opened when something drifted, edited while it stays so, closed.

It is found again as the comment is: by the marker in its first line and by its author, the token's
own user, among the open issues; so one that people closed by hand is not opened again by its
marker, a new one is written. After each create all are read again, and of several of ours the first
stays. Edits send no mail: when what is wrong has changed since, a short comment says so.

Imports session (PyGithub), report.marker and this package.

Source: https://docs.github.com/en/rest/issues/issues
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Self

from signed_lambda.errors import Cancelled
from signed_lambda.github import IssueResult
from signed_lambda.github.session import GitHubTrouble, Session, Unanswered
from signed_lambda.lazy import dataclass
from signed_lambda.report.marker import Marker

if TYPE_CHECKING:
    from github.Issue import Issue
    from github.NamedUser import NamedUser
    from github.Organization import Organization
    from github.Repository import Repository

    from signed_lambda.github import Access, Finding


@dataclass(frozen=True, slots=True)
class _Found:
    """An open issue of ours."""

    number: int
    url: str
    marker: Marker
    body: str
    issue: Issue

    @classmethod
    def read(cls, issue: Issue, key: str, login: str) -> Self | None:
        """The issue, when its marker has the key and it is by this user; no pull request."""
        body = (issue.body or "").replace("\r\n", "\n")
        marker = Marker.parse(body)
        user: NamedUser | Organization | None = issue.user
        author = "" if user is None else user.login
        if marker is None or marker.key != key or "/pull/" in issue.html_url:
            return None
        if author.lower() != login.lower():  # a forged marker is never adopted
            return None
        return cls(issue.number, issue.html_url, marker, body, issue)


def tend(finding: Finding, access: Access) -> IssueResult:
    """See `signed_lambda.github.tend_issue`."""
    marker = Marker.parse(finding.body)
    if marker is None:
        return IssueResult(notice=_not_written("it has no marker, a mistake of ours"))
    try:
        with Session(access) as session:
            repository = session.repository(finding.repository)
            return _Tending(session, repository, finding, marker).run()
    except GitHubTrouble as trouble:
        why = trouble.notice
        if trouble.integration:
            why = "the token may not write issues: give the job `permissions: issues: write`"
        return IssueResult(notice=_not_written(why))
    except Cancelled:
        return IssueResult(notice=_not_written("the job was cancelled"))


class _Tending:
    """One attempt to bring the issue up to date."""

    def __init__(
        self, session: Session, repository: Repository, finding: Finding, marker: Marker
    ) -> None:
        self._session = session
        self._repository = repository
        self._finding = finding
        self._marker = marker
        self._login = session.login()

    def run(self) -> IssueResult:
        """Opens, edits or closes."""
        found = self._look()
        if not found:
            return self._open() if self._finding.opens else IssueResult()
        first, *others = found
        if first.marker.order > self._marker.order:
            return IssueResult(
                first.url,
                f"the issue was left as it is: run {first.marker.run_id} is later than this one",
            )
        if self._finding.clean:
            self._close(first)
        else:
            self._edit(first)
        return self._alone(first, others)

    def _look(self) -> list[_Found]:
        """All open issues of ours with our key, the first one first."""

        def read() -> list[_Found]:
            listed = self._repository.get_issues(
                state="open",
                creator=self._login,  # type: ignore[arg-type] # it takes a login, too
            )
            each = (_Found.read(issue, self._marker.key, self._login) for issue in listed)
            return sorted((f for f in each if f is not None), key=lambda f: f.number)

        return self._session.repeat(read)

    def _open(self) -> IssueResult:
        try:
            made = self._session.once(
                lambda: (
                    self._repository.create_issue(
                        title=self._finding.title, body=self._finding.body
                    ).html_url
                )
            )
        except Unanswered:
            # It may be there, which the look below tells; where it is not, the next run opens it.
            made = ""
        found = self._look()
        if found:
            return self._alone(found[0], found[1:])
        if made:
            return IssueResult(made)
        raise GitHubTrouble("GitHub did not answer when the issue was to be opened")

    def _edit(self, found: _Found) -> None:
        self._session.repeat(
            lambda: found.issue.edit(title=self._finding.title, body=self._finding.body)
        )
        if _state(found.body) != _state(self._finding.body):
            with suppress(Unanswered):
                self._session.once(lambda: found.issue.create_comment(self._finding.said))

    def _close(self, found: _Found) -> None:
        with suppress(Unanswered):
            self._session.once(lambda: found.issue.create_comment(self._finding.said))
        self._session.repeat(lambda: found.issue.edit(state="closed", state_reason="completed"))

    def _alone(self, first: _Found, others: list[_Found]) -> IssueResult:
        """Closes further issues of ours; of two runs at once each may have opened one."""
        notice = ""
        for other in others:
            try:
                closing = partial(other.issue.edit, state="closed", state_reason="not_planned")
                self._session.repeat(closing)
            except GitHubTrouble as trouble:
                notice = f"a second issue of ours is still open: {trouble.notice}"
        return IssueResult(first.url, notice)


def _state(body: str) -> str:
    """The second hidden line: what is wrong, as a hash."""
    return [*body.split("\n"), ""][1]


def _not_written(why: str) -> str:
    return f"the issue was not brought up to date: {why}. The report is in the job summary"
