"""The one comment: find ours, write over it, never over a later run's, never a second one.

GitHub has no write that creates a comment only once, and none that compares before it writes. So:
an earlier comment is found by marker and author over all pages; after each create all comments are
read again, and of several of ours the one of the latest run stays. Two runs that write within the
same second may still leave the earlier one's text until the next run: the comment is for reading,
no check rests on it.

Edits send no mail. So when the verdict gets worse than the one that stands there, a new comment is
written and the old one is retired: its first line is no marker any more, it says where the new one
is, and it is minimised.

Imports session (PyGithub), report.marker and this package.

Source: https://docs.github.com/en/rest/issues/comments
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final, Self

from signed_lambda.errors import Cancelled
from signed_lambda.github import CommentResult
from signed_lambda.github.session import GitHubTrouble, Session, Unanswered
from signed_lambda.lazy import dataclass
from signed_lambda.report.marker import Marker

if TYPE_CHECKING:
    from github.Issue import Issue
    from github.IssueComment import IssueComment
    from github.NamedUser import NamedUser
    from github.Organization import Organization

    from signed_lambda.github import Access, PullRequest

RETIRED: Final = "<!-- signed-lambda-deploy:v1 replaced -->"
"""First line of a comment that a newer one replaces."""
_CREATE_TRIES: Final = 3
_GONE: Final = (404, 410)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A comment with our key in its marker; not necessarily by us.

    Attributes:
        author: Login; "" for an account that was deleted.
        body: With plain line feeds, whatever GitHub makes of them.
    """

    id: int
    author: str
    url: str
    body: str
    marker: Marker
    comment: IssueComment

    @classmethod
    def read(cls, comment: IssueComment, key: str) -> Self | None:
        """The comment, when its marker has the key. Reads all members now: they may be missing."""
        body = (comment.body or "").replace("\r\n", "\n")
        marker = Marker.parse(body)
        if marker is None or marker.key != key:
            return None
        user: NamedUser | Organization | None = comment.user
        return cls(
            id=comment.id,
            author="" if user is None else user.login,
            url=comment.html_url,
            body=body,
            marker=marker,
            comment=comment,
        )

    @property
    def rank(self) -> tuple[tuple[int, int], int]:
        """Highest for the one to keep: the latest run's, of these the first that was written."""
        return self.marker.order, -self.id


def upsert(pull_request: PullRequest, body: str, access: Access, author: str) -> CommentResult:
    """See `signed_lambda.github.upsert_comment`."""
    marker = Marker.parse(body)
    if marker is None:
        return CommentResult(url="", notice=_not_written("it has no marker, a mistake of ours"))
    try:
        with Session(access) as session:
            repository = session.repository(pull_request.repository)
            issue = repository.get_issue(pull_request.number)
            return _Upsert(session, issue, marker, body, author).run()
    except GitHubTrouble as trouble:
        why = _read_only(pull_request) if trouble.integration else trouble.notice
        return CommentResult(url="", notice=_not_written(why))
    except Cancelled:
        return CommentResult(url="", notice=_not_written("the job was cancelled"))


class _Upsert:
    """One attempt to bring the comment up to date."""

    def __init__(
        self, session: Session, issue: Issue, marker: Marker, body: str, author: str
    ) -> None:
        self._session = session
        self._issue = issue
        self._marker = marker
        self._body = body
        self._author = author

    def run(self) -> CommentResult:
        """Edits the comment of an earlier run, or creates one."""
        found = self._look()
        if not found:
            return self._create()
        return self._settle(self._by(self._me(), found))

    def _me(self) -> str:
        """The token's user, asked of GitHub once at most."""
        self._author = self._author or self._session.login()
        return self._author

    def _settle(self, mine: list[Found]) -> CommentResult:
        """Writes into the best of our comments, and deletes the others."""
        if not mine:
            return self._create()
        best, *others = sorted(mine, key=lambda f: f.rank, reverse=True)
        if best.marker.order > self._marker.order:
            return CommentResult(
                url=best.url,
                notice=f"the comment was left as it is: run {best.marker.run_id} (attempt"
                f" {best.marker.attempt}) is later than this one",
            )
        if self._marker.is_worse_than(best.marker):
            return self._create(retiring=best)
        try:
            self._edit(best)
        except GitHubTrouble as trouble:
            if trouble.status in _GONE:  # deleted by hand a moment ago
                return self._create()
            raise
        return self._alone(best.url, others)

    def _create(self, retiring: Found | None = None) -> CommentResult:
        """Creates the comment; afterwards there is one of ours, whatever happened in between.

        Args:
            retiring: The one that it takes the place of, which is kept as history.
        """
        created = self._post()
        try:
            mine = self._by(created.author, self._look())
        except GitHubTrouble as trouble:
            return CommentResult(
                url=created.url,
                notice=f"it was not checked whether the comment is the only one: {trouble.notice}",
            )
        best, *others = sorted(mine, key=lambda f: f.rank, reverse=True) or [created]
        if best.marker.order > self._marker.order:
            stands = f"run {best.marker.run_id} is later than this one, its comment stands"
            ours = [f for f in mine if f.marker.order == self._marker.order]
            return self._alone(best.url, ours, stands)
        if retiring is not None:  # kept, unless it cannot be edited
            others = [o for o in others if o.id != retiring.id or not self._retire(o, best.url)]
        return self._alone(best.url, others)

    def _post(self) -> Found:
        """Sends the comment until one is there.

        A lost answer is not repeated before a look whether the comment came through.
        """
        tried = 0
        while True:
            tried += 1
            try:
                made = self._session.once(
                    lambda: Found.read(self._issue.create_comment(self._body), self._marker.key)
                )
            except Unanswered:
                mine = self._by(self._me(), self._look())
                if written := [f for f in mine if f.marker == self._marker]:
                    return written[0]
                if tried == _CREATE_TRIES:
                    raise
            else:
                if made is None:
                    raise GitHubTrouble("GitHub changed the comment's first line")
                return made

    def _retire(self, old: Found, url: str) -> bool:
        """Makes a comment of ours history; False when it could not be edited."""
        said = f"{RETIRED}\nThe verdict got worse: [a newer comment]({url}) replaces this one.\n"
        try:
            self._session.repeat(lambda: old.comment.edit(said + old.body.split("\n", 1)[-1]))
        except GitHubTrouble:
            return False
        with suppress(GitHubTrouble):
            self._session.repeat(lambda: old.comment.minimize("OUTDATED"))
        return True

    def _look(self) -> list[Found]:
        """All comments with our key, over all pages, by anybody."""

        def read() -> list[Found]:
            each = (Found.read(c, self._marker.key) for c in self._issue.get_comments())
            return [f for f in each if f is not None]

        return self._session.repeat(read)

    def _by(self, login: str, found: list[Found]) -> list[Found]:
        """Those by this user; a forged marker by anybody else is never adopted."""
        return [f for f in found if login and f.author.lower() == login.lower()]

    def _edit(self, found: Found) -> None:
        """Sends the text; an answer that does not show it counts as none."""

        def write() -> None:
            found.comment.edit(self._body)
            shown = Found.read(found.comment, self._marker.key)
            if shown is None or shown.marker != self._marker:  # a portal's page, with status 200
                raise ValueError("the answer does not show the comment")

        if found.body != self._body:
            self._session.repeat(write)

    def _alone(self, url: str, others: list[Found], notice: str = "") -> CommentResult:
        """Deletes further comments of ours; the result is the one at `url` whatever happens."""
        for other in others:
            try:
                self._session.repeat(other.comment.delete)
            except GitHubTrouble as trouble:
                if trouble.status not in _GONE:  # gone: the other run deleted it as well
                    notice = f"an older comment of ours is still there: {trouble.notice}"
        return CommentResult(url=url, notice=notice)


def _read_only(pull_request: PullRequest) -> str:
    if pull_request.from_fork:
        return (
            "a fork's pull request runs with a read-only token; a second workflow, started by"
            " `workflow_run`, may write it"
        )
    return "the token is read-only: give the job `permissions: pull-requests: write`"


def _not_written(why: str) -> str:
    return f"the pull-request comment was not written: {why}. The report is in the job summary"
