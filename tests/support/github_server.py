"""A stateful stand-in for GitHub's REST API on loopback, over real HTTP.

What it does is what GitHub does (comments with pages and Link headers, authors by token,
read-only tokens, the limit of 65,536 characters); what it is told to do is what GitHub sometimes
does (`fail`, `meanwhile`). Every request and every answer is checked against GitHub's own OpenAPI
description: `violations` must be empty at the end of each test.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.support import openapi

MAX_COMMENT = 65_536
_NOT_INTEGRATION = "Resource not accessible by integration"


@dataclass
class User:
    """Whom a token belongs to.

    Attributes:
        integration: An installation token, as GITHUB_TOKEN is one: REST does not know its user.
        may_write: `pull-requests: write`.
    """

    login: str
    kind: str = "Bot"
    integration: bool = True
    may_write: bool = True


BOT = User("github-actions[bot]")


@dataclass
class Comment:
    """A comment on an issue or pull request."""

    id: int
    number: int
    author: User | None
    body: str


@dataclass
class Fault:
    """What happens to the next `times` requests that match.

    Attributes:
        match: Regular expression over "METHOD /path".
        status: Answer; 0 closes the connection without one.
        effect: Whether the request takes effect before.
    """

    match: str
    status: int
    body: Any = field(
        default_factory=lambda: {"message": "Server Error"}
    )  # bytes: sent as they are
    headers: dict[str, str] = field(default_factory=dict)
    effect: bool = False
    times: int = 1


@dataclass(frozen=True)
class Seen:
    """A request, in the order of arrival."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    headers: dict[str, str]


class GitHubServer:
    """One repository, "acme/orders"."""

    repository = "acme/orders"

    def __init__(self) -> None:
        self.users: dict[str, User] = {"ghs_ours": BOT}
        self.comments: list[Comment] = []
        self.pulls: dict[int, dict[str, Any]] = {}
        self.commits: dict[str, list[dict[str, Any]]] = {}
        self.locked: set[int] = set()
        self.graphql = True
        self.faults: list[Fault] = []
        self.seen: list[Seen] = []
        self.violations: list[str] = []
        self._meanwhile: list[tuple[str, Callable[[], object]]] = []
        self._next_id = 1000
        self._lock = threading.RLock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Of the API."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    # ---- what a test arranges

    def comment(self, body: str, *, author: User | None = BOT, number: int = 7) -> Comment:
        """A comment that is already there."""
        with self._lock:
            self._next_id += 1
            made = Comment(self._next_id, number, author, body)
            self.comments.append(made)
            return made

    def pull(self, number: int, **changes: openapi.Json) -> dict[str, Any]:
        """A pull request that is already there; `commits` names who holds it."""
        side = {"ref": "main", "sha": "0" * 40, "repo": {"full_name": self.repository}}
        state = {"state": "open", "merged_at": None, "merge_commit_sha": None}
        self.pulls[number] = {"number": number, **state, "base": side, "head": side} | changes
        return self.pulls[number]

    def fail(self, match: str, status: int, **more: openapi.Json) -> None:
        """The next requests that match fail."""
        self.faults.append(Fault(match, status, **more))

    def meanwhile(self, match: str, action: Callable[[], object]) -> None:
        """Does something just after the next matching request was answered in the server."""
        self._meanwhile.append((match, action))

    def sent(self, method: str) -> list[Seen]:
        """The requests of a method, GraphQL's queries left out."""
        return [s for s in self.seen if s.method == method and s.path != "/graphql"]

    # ---- what GitHub does

    def handle(self, seen: Seen) -> tuple[int, Any, dict[str, str]]:
        """The answer to a request: status (0 for none), JSON, headers."""
        with self._lock:
            self.seen.append(seen)
            line = f"{seen.method} {seen.path}"
            if seen.path != "/graphql":
                self.violations += [
                    f"{line}: {v}"
                    for v in openapi.request_violations(
                        seen.method, seen.path, seen.query, seen.body
                    )
                ]
            fault = next((f for f in self.faults if f.times and re.search(f.match, line)), None)
            if fault is None:
                status, body, headers = self._answer(seen)
                self._check(seen, status, body)
            else:
                fault.times -= 1
                if fault.effect:
                    self._answer(seen)
                status, body, headers = fault.status, fault.body, fault.headers
            for entry in [m for m in self._meanwhile if re.search(m[0], line)][:1]:
                self._meanwhile.remove(entry)
                entry[1]()
            return status, body, headers

    def _check(self, seen: Seen, status: int, body: openapi.Json) -> None:
        if seen.path != "/graphql" and status < 400:
            self.violations += openapi.answer_violations(seen.method, seen.path, status, body)

    def _answer(self, seen: Seen) -> tuple[int, Any, dict[str, str]]:
        token = seen.headers.get("authorization", "").rpartition(" ")[2]
        user = self.users.get(token)
        if user is None:
            return 401, {"message": "Bad credentials"}, {}
        if seen.method in ("POST", "PATCH", "DELETE") and seen.path != "/graphql":
            if not user.may_write:
                return 403, {"message": _NOT_INTEGRATION}, {}
            length = len((seen.body or {}).get("body", ""))
            if length > MAX_COMMENT:
                problem = {
                    "resource": "IssueComment",
                    "code": "unprocessable",
                    "field": "data",
                    "message": f"Body is too long (maximum is {MAX_COMMENT} characters)",
                }
                return 422, {"message": "Validation Failed", "errors": [problem]}, {}
        for pattern, method in self._routes():
            if match := re.fullmatch(pattern, f"{seen.method} {seen.path}"):
                return method(seen, user, *match.groups())
        return 404, {"message": "Not Found"}, {}

    def _routes(self) -> list[tuple[str, Callable[..., tuple[int, Any, dict[str, str]]]]]:
        repo = f"/repos/{re.escape(self.repository)}"
        return [
            (r"POST /graphql", self._viewer),
            (r"GET /user", self._user),
            (rf"GET {repo}/pulls/(\d+)", self._get_pull),
            (rf"GET {repo}/commits/([0-9a-f]+)/pulls", self._commit_pulls),
            (rf"GET {repo}/issues/(\d+)/comments", self._list),
            (rf"POST {repo}/issues/(\d+)/comments", self._create),
            (rf"PATCH {repo}/issues/comments/(\d+)", self._edit),
            (rf"DELETE {repo}/issues/comments/(\d+)", self._delete),
        ]

    def _viewer(self, _seen: Seen, user: User) -> tuple[int, Any, dict[str, str]]:
        if not self.graphql:
            return 404, {"message": "Not Found"}, {}
        return 200, {"data": {"viewer": {"login": user.login}}}, {}

    def _user(self, _seen: Seen, user: User) -> tuple[int, Any, dict[str, str]]:
        if user.integration:
            return 403, {"message": _NOT_INTEGRATION}, {}
        return 200, openapi.filled("private-user", {"login": user.login}), {}

    def _get_pull(self, _seen: Seen, _user: User, number: str) -> tuple[int, Any, dict[str, str]]:
        pull = self.pulls.get(int(number))
        if pull is None:
            return 404, {"message": "Not Found"}, {}
        return 200, openapi.filled("pull-request", pull), {}

    def _commit_pulls(self, seen: Seen, _user: User, sha: str) -> tuple[int, Any, dict[str, str]]:
        pulls = self.commits.get(sha, [])
        return self._page(seen, [openapi.filled("pull-request-simple", p) for p in pulls])

    def _list(self, seen: Seen, _user: User, number: str) -> tuple[int, Any, dict[str, str]]:
        return self._page(seen, [self.as_json(c) for c in self.comments if c.number == int(number)])

    def _create(self, seen: Seen, user: User, number: str) -> tuple[int, Any, dict[str, str]]:
        if int(number) in self.locked:
            text = "Unable to create comment because issue is locked."
            return 403, {"message": text}, {}
        return (
            201,
            self.as_json(self.comment(seen.body["body"], author=user, number=int(number))),
            {},
        )

    def _edit(self, seen: Seen, _user: User, id_: str) -> tuple[int, Any, dict[str, str]]:
        comment = next((c for c in self.comments if c.id == int(id_)), None)
        if comment is None:
            return 404, {"message": "Not Found"}, {}
        comment.body = seen.body["body"]
        return 200, self.as_json(comment), {}

    def _delete(self, _seen: Seen, _user: User, id_: str) -> tuple[int, Any, dict[str, str]]:
        comment = next((c for c in self.comments if c.id == int(id_)), None)
        if comment is None:
            return 404, {"message": "Not Found"}, {}
        self.comments.remove(comment)
        return 204, None, {}

    def _page(self, seen: Seen, items: list[Any]) -> tuple[int, Any, dict[str, str]]:
        size, page = int(seen.query.get("per_page", 30)), int(seen.query.get("page", 1))
        size = min(size, 100)
        shown = items[(page - 1) * size : page * size]
        if page * size >= len(items):
            return 200, shown, {}
        query = urlencode(seen.query | {"page": page + 1})
        return 200, shown, {"Link": f'<{self.url}{seen.path}?{query}>; rel="next"'}

    def as_json(self, comment: Comment) -> dict[str, Any]:
        """The comment as GitHub sends it."""
        author = comment.author
        known = {
            "id": comment.id,
            "url": f"{self.url}/repos/{self.repository}/issues/comments/{comment.id}",
            "html_url": f"https://github.com/{self.repository}/pull/{comment.number}"
            f"#issuecomment-{comment.id}",
            "body": comment.body.replace("\n", "\r\n"),
            "user": author and {"login": author.login, "type": author.kind},
        }
        return openapi.filled("issue-comment", known)


def _handler(server: GitHubServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Nothing is printed: `seen` holds the requests."""

        def _serve(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path)
            query = {k: v[0] for k, v in parse_qs(parts.query).items()}
            body = json.loads(raw) if raw else None
            headers = {k.lower(): v for k, v in self.headers.items()}
            status, answer, extra = server.handle(
                Seen(self.command, parts.path, query, body, headers)
            )
            if status == 0:
                self.close_connection = True
                self.connection.close()
                return
            if not isinstance(answer, bytes):
                answer = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            for name, value in extra.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815 - http.server's names

    return Handler
