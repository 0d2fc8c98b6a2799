"""PyGithub, with our own rules for proxies, retries and errors.

PyGithub repeats a POST after a 502 by itself, so that a comment could be written twice, sleeps up
to minutes without asking, and honours proxies and .netrc of the environment. Here it does none of
that: each request is sent once, and `Session` decides what is repeated.

Imports PyGithub, requests and this package. Must never let the token into a message.

Source: PyGithub 2.10.0, GithubRetry.py and Requester.py
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

import requests
from github import Auth, Github
from github.GithubException import BadAttributeException, GithubException
from github.Requester import HTTPRequestsConnectionClass, HTTPSRequestsConnectionClass, Requester

from signed_lambda import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

    from github.Repository import Repository

    from signed_lambda.github import Access

T = TypeVar("T")

_TRIES: Final = 4
_SECONDARY_WAIT_S: Final = 60.0
"""After a secondary rate limit without a Retry-After header.

Source: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
"""
_UNDECIDED: Final = frozenset({408, *range(500, 600)})
"""HTTP statuses that say nothing of whether a request took effect, and may pass.

Source: https://www.rfc-editor.org/rfc/rfc9110#section-15.5.9 (408: the client may repeat it)
"""
_INJECTION: Final = threading.Lock()


class GitHubTrouble(Exception):
    """GitHub did not do what was asked.

    Attributes:
        notice: For the reader: what happened and what helps, without a full stop.
        status: HTTP status, 0 when there was no answer of GitHub.
        integration: GitHub says that the token is an installation's and may not do this.
    """

    def __init__(self, notice: str, *, status: int = 0, integration: bool = False) -> None:
        super().__init__(notice)
        self.notice: Final = notice
        self.status: Final = status
        self.integration: Final = integration


class Unanswered(GitHubTrouble):
    """No usable answer: a write may have happened or not."""


class Session:
    """One user's access to GitHub, with a limit on the time of all requests together."""

    def __init__(self, access: Access) -> None:
        """Nothing is sent yet.

        Raises:
            GitHubTrouble: The API's address is not one.
        """
        self._clock = access.clock
        self._ends_at = access.clock.monotonic() + access.budget_s
        try:
            self._github = _client(access, self._ends_at)
        except (AssertionError, ValueError, TypeError, AttributeError) as error:
            raise GitHubTrouble(f"GITHUB_API_URL is not an address: {access.api_url!r}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._github.close()

    def repository(self, name: str) -> Repository:
        """The repository "owner/name"; nothing is asked of GitHub."""
        return self._github.get_repo(name)

    def read(self, path: str, **parameters: str | int) -> Any:  # noqa: ANN401 - JSON
        """What a path answers that PyGithub knows no name for; the JSON."""
        _, data = self._github.requester.requestJsonAndCheck("GET", path, parameters=parameters)
        return data

    def login(self) -> str:
        """The token's user.

        GraphQL knows it for every kind of token; REST only for people's. A token of a workflow is
        `github-actions[bot]`'s.

        Raises:
            GitHubTrouble: Neither way gave an answer.

        Source: https://docs.github.com/en/graphql/reference/queries#user (viewer),
        https://docs.github.com/en/actions/concepts/security/github_token
        """
        try:
            return self.repeat(self._viewer)
        except GitHubTrouble:
            pass  # GitHub Enterprise Server may have GraphQL switched off: REST is asked next
        try:
            return self.repeat(lambda: self._github.get_user().login)
        except GitHubTrouble as trouble:
            if trouble.integration:
                return "github-actions[bot]"
            raise

    def repeat(self, call: Callable[[], T]) -> T:
        """Sends a request that may be sent again: a read, or a write of a whole value.

        Raises:
            GitHubTrouble: It failed, or kept failing until the limits.
        """
        for tried in range(1, _TRIES):
            try:
                return self.once(call)
            except Unanswered:
                self._wait(2.0 ** (tried - 1))
        return self.once(call)

    def once(self, call: Callable[[], T]) -> T:
        """Sends a request once; again only when GitHub said that it did nothing (rate limits).

        Raises:
            Unanswered: It may have happened or not.
            GitHubTrouble: It did not happen.
        """
        while True:
            try:
                return call()
            except GithubException as error:
                if error.status in _UNDECIDED:
                    raise Unanswered(
                        f"GitHub answered {error.status}", status=error.status
                    ) from error
                wait_s = _rate_limit_wait_s(error, self._clock.now().timestamp())
                if wait_s is None:
                    raise _trouble(error) from error
                self._wait(wait_s, why="GitHub's rate limit is used up")
            except requests.RequestException as error:
                raise Unanswered(f"GitHub did not answer ({type(error).__name__})") from error
            except _NOT_GITHUB as error:
                raise Unanswered(
                    f"an unexpected answer came instead of GitHub's ({type(error).__name__});"
                    " is there a proxy in between?"
                ) from error

    def _viewer(self) -> str:
        _, data = self._github.requester.graphql_query("query { viewer { login } }", {})
        return str(data["data"]["viewer"]["login"])

    def _wait(self, wait_s: float, why: str = "GitHub kept failing") -> None:
        if self._clock.monotonic() + wait_s > self._ends_at:
            raise GitHubTrouble(f"{why}, and waiting {wait_s:.0f} s more would take too long")
        self._clock.sleep(wait_s)


_NOT_GITHUB: Final = (
    AssertionError,  # PyGithub: a link to another host or port
    AttributeError,
    BadAttributeException,
    KeyError,
    OSError,
    RuntimeError,  # PyGithub: redirected elsewhere
    TypeError,
    ValueError,
)
"""What PyGithub raises when an answer is not of GitHub's form."""


def _client(access: Access, ends_at: float) -> Github:
    """PyGithub without retries, pauses, proxies or .netrc; every object lazy.

    Its public hook for other connection classes is global, so it is used under a lock and undone:
    a client keeps the classes that it was made with.
    """

    def check_time() -> None:
        access.check()
        if access.clock.monotonic() > ends_at:
            raise requests.Timeout("the time for all requests is over")

    class Http(_Alone, HTTPRequestsConnectionClass):
        before, proxy_url = staticmethod(check_time), access.proxy_url

    class Https(_Alone, HTTPSRequestsConnectionClass):
        before, proxy_url = staticmethod(check_time), access.proxy_url

    with _INJECTION:
        Requester.injectConnectionClasses(Http, Https)
        try:
            return Github(
                auth=Auth.Token(access.token),
                base_url=access.api_url.rstrip("/"),
                timeout=access.timeout_s,
                user_agent=f"signed-lambda-deploy/{__version__}",
                per_page=100,
                retry=0,
                seconds_between_requests=None,
                seconds_between_writes=None,
                lazy=True,
                api_version="2022-11-28",
            )
        finally:
            Requester.resetConnectionClasses()


class _Alone:
    """A connection that takes nothing from the environment, and asks before each request.

    PyGithub follows pages, redirects and status 202 without end: here each of them is a request.
    """

    session: requests.Session
    before: Callable[[], None]
    proxy_url: str | None

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - PyGithub's
        super().__init__(*args, **kwargs)
        self.session.trust_env = False
        if self.proxy_url is not None:
            self.session.proxies = {"http": self.proxy_url, "https": self.proxy_url}

    def request(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - PyGithub's
        """One request.

        Raises:
            requests.Timeout: The time for all of them is over.
            Cancelled: A stop signal came.
        """
        self.before()
        super().request(*args, **kwargs)  # type: ignore[misc]


def _rate_limit_wait_s(error: GithubException, now: float) -> float | None:
    """Seconds until the request may be sent again; None when it was not a rate limit.

    Source: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
    """
    if error.status not in (403, 429):
        return None
    headers = error.headers or {}
    after = headers.get("retry-after", "")
    if after.isdecimal():
        return float(after)
    if headers.get("x-ratelimit-remaining") == "0":
        reset = headers.get("x-ratelimit-reset", "")
        return max(float(reset) - now, 0) + 1 if reset.isdecimal() else _SECONDARY_WAIT_S
    if error.status == 429 or Requester.isSecondaryRateLimitError(_message(error)):  # noqa: PLR2004
        return _SECONDARY_WAIT_S
    return None


def _trouble(error: GithubException) -> GitHubTrouble:
    """A refusal of GitHub in our words."""
    message = _message(error)
    integration = "not accessible by integration" in message.lower()
    if error.status == 401:  # noqa: PLR2004 - HTTP: unauthorised
        notice = "GitHub does not know the token (401): `github-token` is wrong or has expired"
    elif integration:
        notice = "the token is read-only here (403)"
    else:
        notice = f"GitHub answered {error.status}: {message or 'no reason given'}"
    return GitHubTrouble(notice, status=error.status, integration=integration)


def _message(error: GithubException) -> str:
    """GitHub's own words, with the details of a 422."""
    data = error.data if isinstance(error.data, dict) else {}
    details = data.get("errors")
    more = [
        str(d.get("message") or d.get("code") or "") if isinstance(d, dict) else str(d)
        for d in (details if isinstance(details, list) else [])
    ]
    return ": ".join(text for text in (str(data.get("message") or ""), *more) if text)[:500]
