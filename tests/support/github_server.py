"""A stateful stand-in for GitHub's API on loopback, over real HTTP.

What it does is what GitHub does: comments and check runs with pages and Link headers, authors by
token, permissions by area, GitHub's limits. Its state is its own; `github_emulate` has the same
rules over another's state. Requests and answers are judged by `checked_server`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from tests.support import graphql_api, openapi
from tests.support.checked_server import Answer, CheckedServer, Seen

MAX_COMMENT: Final = 65_536
MAX_CHECK_TEXT: Final = 65_535
NOW: Final = "2026-11-22T09:00:00Z"
_LEVELS: Final = ("none", "read", "write")


@dataclass
class User:
    """Whom a token belongs to.

    Attributes:
        integration: An installation token, as GITHUB_TOKEN is one: REST does not know its user.
        pull_requests: Permission of the token: "none", "read" or "write".
        checks, issues, actions, attestations: Likewise.
    """

    login: str
    kind: str = "Bot"
    integration: bool = True
    pull_requests: str = "write"
    checks: str = "write"
    actions: str = "read"
    issues: str = "write"
    attestations: str = "read"


BOT = User("github-actions[bot]")


@dataclass
class Comment:
    """A comment on an issue or pull request.

    Attributes:
        minimized: Why it is hidden, as GraphQL's classifier; "" while it is not.
    """

    id: int
    number: int
    author: User | None
    body: str
    minimized: str = ""

    @property
    def node_id(self) -> str:
        """GraphQL's name of it."""
        return f"IC_{self.id}"


@dataclass(frozen=True)
class Route:
    """Who may send a request, and what answers it."""

    pattern: str
    area: str
    level: str
    method: Callable[..., Answer]


class GitHubServer(CheckedServer):
    """One repository, "acme/orders"."""

    repository = "acme/orders"

    def __init__(self) -> None:
        super().__init__()
        self.users: dict[str, User] = {"ghs_ours": BOT}
        self._comments: list[Comment] = []
        self.pulls: dict[int, dict[str, Any]] = {}
        self.commits: dict[str, list[dict[str, Any]]] = {}
        self.files: dict[int, list[dict[str, Any]]] = {}
        self.checks: list[dict[str, Any]] = []
        self.started: dict[int, tuple[str, int, str]] = {}
        self.issues: list[dict[str, Any]] = []
        self.attestations: dict[str, list[dict[str, Any]]] = {}
        self.locked: set[int] = set()
        self.graphql = True
        self._next_id = 1000

    # ---- what a test arranges, and finds

    @property
    def comments(self) -> list[Comment]:
        """All that are there, in the order of their creation."""
        return list(self._comments)

    def remove(self, comment: Comment) -> None:
        """Somebody deletes a comment by hand."""
        self._comments.remove(comment)

    def comment(self, body: str, *, author: User | None = BOT, number: int = 7) -> Comment:
        """A comment that is already there."""
        made = Comment(self._new_id(), number, author, body)
        self._comments.append(made)
        return made

    def issue(
        self, body: str, *, author: User | None = BOT, **more: openapi.Json
    ) -> dict[str, Any]:
        """An issue that is already there."""
        number = 100 + len(self.issues)
        made = {
            "id": self._new_id(),
            "number": number,
            "title": "an issue",
            "body": body,
            "state": "open",
            "state_reason": None,
            "html_url": f"https://github.com/{self.repository}/issues/{number}",
            "url": f"{self.url}/repos/{self.repository}/issues/{number}",
            "user": author and {"login": author.login, "type": author.kind},
        } | more
        self.issues.append(made)
        return made

    def pull(self, number: int, **changes: openapi.Json) -> dict[str, Any]:
        """A pull request that is already there; `commits` names who holds it."""
        side = {"ref": "main", "sha": "0" * 40, "repo": {"full_name": self.repository}}
        state = {"state": "open", "merged_at": None, "merge_commit_sha": None}
        self.pulls[number] = {"number": number, **state, "base": side, "head": side} | changes
        return self.pulls[number]

    def propose(self, number: int, *, owner: str = "acme") -> str:
        """An open pull request with a commit of its own, a fork's for another owner; the commit."""
        sha = hashlib.sha1(f"fix {number}".encode()).hexdigest()
        head = {"ref": f"fix-{number}", "sha": sha, "repo": {"full_name": f"{owner}/orders"}}
        made = self.pull(number, head=head)
        if owner == "acme":  # a fork's commit is in no branch of this repository
            self.commits[sha] = [made]
        return sha

    def merge(self, number: int) -> str:
        """Somebody merges it; the commit on the base branch."""
        sha = hashlib.sha1(f"merge {number}".encode()).hexdigest()
        merged = {"state": "closed", "merged_at": NOW, "merge_commit_sha": sha}
        self.commits[sha] = [self.pulls[number]]
        self.pulls[number] |= merged
        return sha

    def changed(self, number: int, *names: str) -> None:
        """Files that a pull request changes."""
        self.files[number] = [{"filename": name, "status": "modified"} for name in names]

    def check(
        self, name: str, sha: str, *, app: str = "github-actions", **more: openapi.Json
    ) -> dict[str, Any]:
        """A check run that is already there, completed with success; another `app` is forged."""
        id_ = self._new_id()
        home = f"https://github.com/{self.repository}/runs/{id_}"
        output = {"title": None, "summary": None, "text": None} | more.pop("output", {})
        made = {
            "id": id_,
            "node_id": f"CR_{id_}",
            "name": name,
            "head_sha": sha,
            "url": f"{self.url}/repos/{self.repository}/check-runs/{id_}",
            "html_url": home,
            "details_url": home,
            "external_id": "",
            "status": "completed",
            "conclusion": "success",
            "started_at": NOW,
            "completed_at": NOW,
            "check_suite": {"id": 1},
            "app": {"id": 15368 if app == "github-actions" else 1, "slug": app, "name": app},
            "output": output | {"annotations_count": 0, "annotations_url": f"{home}/annotations"},
        } | more
        self.checks.append(made)
        return made

    def _new_id(self) -> int:
        with self._lock:
            self._next_id += 1
            return self._next_id

    # ---- what GitHub does

    def answer(self, seen: Seen) -> Answer:
        """GitHub's answer: who is it, may they, is it within the limits, then the thing itself."""
        user = self.users.get(seen.headers.get("authorization", "").rpartition(" ")[2])
        if user is None:
            return 401, {"message": "Bad credentials"}, {}
        for route in self._routes():
            if match := re.fullmatch(route.pattern, seen.line):
                area = self._area(route, match)
                if area and not _may(user, area, route.level):
                    needed = {"X-Accepted-GitHub-Permissions": f"{area}={route.level}"}
                    return 403, {"message": not_accessible(user)}, needed
                return self._refused(seen) or route.method(seen, user, *match.groups())
        return 404, {"message": "Not Found"}, {}

    def _area(self, route: Route, match: re.Match[str]) -> str:
        """The permission that counts: comments on an issue are the issue's."""
        on = next(iter(match.groups()), "")
        is_issue = route.pattern.endswith(r"/issues/(\d+)/comments") and any(
            str(issue["number"]) == on for issue in self.issues
        )
        return "issues" if is_issue else route.area

    def _refused(self, seen: Seen) -> Answer | None:
        """GitHub's refusal of a comment, if it has a reason."""
        created = re.fullmatch(r"POST .*/issues/(\d+)/comments", seen.line)
        if created and int(created[1]) in self.locked:
            return 403, {"message": "Unable to create comment because issue is locked."}, {}
        if "/comments" in seen.path and len((seen.body or {}).get("body", "")) > MAX_COMMENT:
            problem = {
                "resource": "IssueComment",
                "code": "unprocessable",
                "field": "data",
                "message": f"Body is too long (maximum is {MAX_COMMENT} characters)",
            }
            return 422, {"message": "Validation Failed", "errors": [problem]}, {}
        return None

    def _routes(self) -> list[Route]:
        repo = f"/repos/{re.escape(self.repository)}"
        pulls, checks = "pull_requests", "checks"
        return [
            Route(r"POST /graphql", "", "", self._graphql),
            Route(r"GET /user", "", "", self._user),
            Route(rf"GET {repo}/pulls", pulls, "read", self._pulls),
            Route(rf"GET {repo}/pulls/(\d+)", pulls, "read", self._get_pull),
            Route(rf"GET {repo}/pulls/(\d+)/files", pulls, "read", self._files),
            Route(rf"GET {repo}/commits/([0-9a-f]+)/pulls", pulls, "read", self._commit_pulls),
            Route(rf"GET {repo}/issues", "issues", "read", self._issues),
            Route(rf"POST {repo}/issues", "issues", "write", self._create_issue),
            Route(rf"PATCH {repo}/issues/(\d+)", "issues", "write", self._edit_issue),
            Route(rf"GET {repo}/issues/(\d+)/comments", pulls, "read", self._list),
            Route(rf"POST {repo}/issues/(\d+)/comments", pulls, "write", self._create),
            Route(rf"GET {repo}/issues/comments/(\d+)", pulls, "read", self._get),
            Route(rf"PATCH {repo}/issues/comments/(\d+)", pulls, "write", self._edit),
            Route(rf"DELETE {repo}/issues/comments/(\d+)", pulls, "write", self._delete),
            Route(rf"POST {repo}/check-runs", checks, "write", self._create_check),
            Route(rf"GET {repo}/commits/([^/]+)/check-runs", checks, "read", self._checks),
            Route(rf"GET {repo}/actions/runs/(\d+)", "actions", "read", self._get_run),
            Route(
                rf"GET {repo}/attestations/sha256:([0-9a-f]{{64}})",
                "attestations",
                "read",
                self._attestations,
            ),
        ]

    def _graphql(self, seen: Seen, user: User) -> Answer:
        if not self.graphql:
            return 404, {"message": "Not Found"}, {}

        def minimize(_: object, input: dict[str, str]) -> dict[str, Any]:  # noqa: A002 - GraphQL's
            found = [c for c in self.comments if c.node_id == input["subjectId"]]
            if not found:
                text = f"Could not resolve to a node with the global id of '{input['subjectId']}'"
                raise graphql_api.Refusal("NOT_FOUND", text)
            if user.pull_requests != "write":
                raise graphql_api.Refusal("FORBIDDEN", not_accessible(user))
            found[0].minimized = input["classifier"]
            return {"minimizedComment": _node(found[0])}

        def node(_: object, id: str) -> dict[str, Any] | None:  # noqa: A002 - GraphQL's name
            return next((_node(c) for c in self.comments if c.node_id == id), None)

        root = {"viewer": {"login": user.login}, "minimizeComment": minimize, "node": node}
        return 200, graphql_api.answer(seen.body, root), {}

    def _user(self, _seen: Seen, user: User) -> Answer:
        if user.integration:
            return 403, {"message": not_accessible(user)}, {}
        return 200, openapi.filled("private-user", {"login": user.login}), {}

    def _pulls(self, seen: Seen, _user: User) -> Answer:
        """Newest first; a `head` without owner is no filter."""
        state, head = seen.query.get("state", "open"), seen.query.get("head", "")
        found = [
            pull
            for _, pull in sorted(self.pulls.items(), reverse=True)
            if state in ("all", pull["state"])
            and (":" not in head or head == _label(pull["head"]))
            and seen.query.get("base", pull["base"]["ref"]) == pull["base"]["ref"]
        ]
        return self._page(seen, [openapi.filled("pull-request-simple", p) for p in found])

    def _get_pull(self, _seen: Seen, _user: User, number: str) -> Answer:
        pull = self.pulls.get(int(number))
        if pull is None:
            return 404, {"message": "Not Found"}, {}
        return 200, openapi.filled("pull-request", pull), {}

    def _files(self, seen: Seen, _user: User, number: str) -> Answer:
        files = self.files.get(int(number), [])
        return self._page(seen, [openapi.filled("diff-entry", f) for f in files])

    def _commit_pulls(self, seen: Seen, _user: User, sha: str) -> Answer:
        pulls = self.commits.get(sha, [])
        return self._page(seen, [openapi.filled("pull-request-simple", p) for p in pulls])

    def _get_run(self, _seen: Seen, _user: User, id_: str) -> Answer:
        if int(id_) not in self.started:
            return 404, {"message": "Not Found"}, {}
        actor, attempt, last = self.started[int(id_)]
        known = {
            "id": int(id_),
            "run_attempt": attempt,
            "actor": {"login": actor},
            "triggering_actor": {"login": last},
        }
        return 200, openapi.filled("workflow-run", known), {}

    def _attestations(self, seen: Seen, _user: User, sha256: str) -> Answer:
        """Of one file; 404 when there is none. What is only at `bundle_url` has no bundle."""
        found = self.attestations.get(sha256, [])[: int(seen.query.get("per_page", 30))]
        if not found:
            return 404, {"message": "Not Found"}, {}
        more = {"repository_id": 1, "bundle_url": f"{self.url}/bundle"}
        return 200, {"attestations": [one | more for one in found]}, {}

    def _list(self, seen: Seen, _user: User, number: str) -> Answer:
        return self._page(seen, [self.as_json(c) for c in self.comments if c.number == int(number)])

    def _get(self, _seen: Seen, _user: User, id_: str) -> Answer:
        found = self._found(id_)
        return (
            (404, {"message": "Not Found"}, {}) if found is None else (200, self.as_json(found), {})
        )

    def _create(self, seen: Seen, user: User, number: str) -> Answer:
        made = self.comment(seen.body["body"], author=user, number=int(number))
        return 201, self.as_json(made), {}

    def _edit(self, seen: Seen, _user: User, id_: str) -> Answer:
        comment = self._found(id_)
        if comment is None:
            return 404, {"message": "Not Found"}, {}
        comment.body = seen.body["body"]
        return 200, self.as_json(comment), {}

    def _delete(self, _seen: Seen, _user: User, id_: str) -> Answer:
        comment = self._found(id_)
        if comment is None:
            return 404, {"message": "Not Found"}, {}
        self.remove(comment)
        return 204, None, {}

    def _found(self, id_: str) -> Comment | None:
        return next((c for c in self.comments if c.id == int(id_)), None)

    def _issues(self, seen: Seen, _user: User) -> Answer:
        """Newest first; pull requests are issues too."""
        asked = seen.query
        found = [
            issue
            for issue in reversed(self.issues)
            if asked.get("state", "open") in ("all", issue["state"])
            and asked.get("creator", _author(issue)).lower() == _author(issue).lower()
        ]
        return self._page(seen, [openapi.filled("issue", _sent(i)) for i in found])

    def _create_issue(self, seen: Seen, user: User) -> Answer:
        made = self.issue(seen.body.get("body", ""), author=user, title=seen.body["title"])
        return 201, openapi.filled("issue", _sent(made)), {}

    def _edit_issue(self, seen: Seen, _user: User, number: str) -> Answer:
        issue = next((i for i in self.issues if i["number"] == int(number)), None)
        if issue is None:
            return 404, {"message": "Not Found"}, {}
        issue |= seen.body
        return 200, openapi.filled("issue", _sent(issue)), {}

    def _create_check(self, seen: Seen, user: User) -> Answer:
        if not user.integration:
            return 403, {"message": "You must authenticate via a GitHub App."}, {}
        output = seen.body.get("output", {})
        for text in (output.get("summary", ""), output.get("text", "")):
            if (size := len(text.encode())) > MAX_CHECK_TEXT:
                told = f"Only {MAX_CHECK_TEXT} characters are allowed; {size} were supplied."
                return 422, {"message": f"Invalid request.\n\n{told}"}, {}
        given = {k: v for k, v in seen.body.items() if k != "head_sha"}
        ended = "conclusion" in given
        state = {"status": "completed" if ended else given.get("status", "queued")}
        if not ended:
            state |= {"conclusion": None, "completed_at": None}
        made = self.check(given.pop("name"), seen.body["head_sha"], **(given | state))
        return 201, openapi.filled("check-run", made), {}

    def _checks(self, seen: Seen, _user: User, ref: str) -> Answer:
        """Newest first; of each name and app the newest only, unless all are asked for."""
        asked = seen.query
        found = [
            c
            for c in reversed(self.checks)
            if c["head_sha"] == ref
            and asked.get("check_name", c["name"]) == c["name"]
            and int(asked.get("app_id", c["app"]["id"])) == c["app"]["id"]
            and asked.get("status", c["status"]) == c["status"]
        ]
        if asked.get("filter") != "all":
            newest = {(c["name"], c["app"]["id"]): c for c in reversed(found)}
            found = [c for c in found if newest[c["name"], c["app"]["id"]] is c]
        status, shown, headers = self._page(seen, [openapi.filled("check-run", c) for c in found])
        return status, {"total_count": len(found), "check_runs": shown}, headers

    def _page(self, seen: Seen, items: list[Any]) -> Answer:
        size, page = int(seen.query.get("per_page", 30)), int(seen.query.get("page", 1))
        size = min(size, 100)
        shown = items[(page - 1) * size : page * size]
        if page * size >= len(items):
            return 200, shown, {}
        links = {"next": page + 1, "last": -(-len(items) // size)}
        at = f"{self.url}{seen.path}?"
        texts = [
            f'<{at}{urlencode(seen.query | {"page": n})}>; rel="{rel}"' for rel, n in links.items()
        ]
        return 200, shown, {"Link": ", ".join(texts)}

    def as_json(self, comment: Comment) -> dict[str, Any]:
        """The comment as GitHub sends it."""
        author = comment.author
        known = {
            "id": comment.id,
            "node_id": comment.node_id,
            "url": f"{self.url}/repos/{self.repository}/issues/comments/{comment.id}",
            "html_url": f"https://github.com/{self.repository}/pull/{comment.number}"
            f"#issuecomment-{comment.id}",
            "body": comment.body.replace("\n", "\r\n"),
            "user": author and {"login": author.login, "type": author.kind},
        }
        return openapi.filled("issue-comment", known)


def _may(user: User, area: str, level: str) -> bool:
    return _LEVELS.index(getattr(user, area)) >= _LEVELS.index(level)


def _author(issue: dict[str, Any]) -> str:
    """Login, "" of an account that was deleted."""
    return issue["user"]["login"] if issue["user"] else ""


def _sent(issue: dict[str, Any]) -> dict[str, Any]:
    """An issue as GitHub sends it: line feeds become carriage returns, too."""
    return {**issue, "body": issue["body"].replace("\n", "\r\n")}


def not_accessible(user: User) -> str:
    """GitHub's words for a token without the permission."""
    by = "integration" if user.integration else "personal access token"
    return f"Resource not accessible by {by}"


def _label(side: dict[str, Any]) -> str:
    """Of a pull request's side, "owner:branch"; a deleted fork's says it in `label`."""
    owner = side["repo"]["full_name"].partition("/")[0] if side["repo"] else ""
    return side.get("label") or f"{owner}:{side['ref']}"


def _node(comment: Comment) -> dict[str, Any]:
    return {
        "__typename": "IssueComment",
        "id": comment.node_id,
        "body": comment.body,
        "url": "https://github.com",
        "isMinimized": bool(comment.minimized),
        "minimizedReason": comment.minimized.lower() or None,
        "viewerCanMinimize": True,
    }
