"""Which files a pull request changes.

Imports session (PyGithub) and this package.

Source: https://docs.github.com/en/rest/pulls/pulls#list-pull-requests-files
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.errors import Cancelled
from signed_lambda.github.session import GitHubTrouble, Session

if TYPE_CHECKING:
    from signed_lambda.github import Access, PullRequest

MAX_FILES: Final = 3_000
"""GitHub lists no more of one pull request; from there on the list is not whole."""


def changed(pull_request: PullRequest, access: Access) -> frozenset[str] | None:
    """See `signed_lambda.github.changed_files`."""
    try:
        with Session(access) as session:
            pull = session.repository(pull_request.repository).get_pull(pull_request.number)

            def read() -> list[tuple[str, str | None]]:
                return [(f.filename, f.previous_filename) for f in pull.get_files()]

            listed = session.repeat(read)
    except (GitHubTrouble, Cancelled):
        return None
    if len(listed) >= MAX_FILES:
        return None
    return frozenset(name for pair in listed for name in pair if name)
