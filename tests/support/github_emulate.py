"""The same GitHub over the state of another project: npm `emulate`.

Its comments, authors, permissions and pages are not ours, so a mistake that our own state and our
product share shows here. Requests pass the same judge and the same faults; what emulate 0.12.2
lacks or does otherwise than GitHub is done before it (GitHubServer) or mended in its answers
(`_as_github`), each at its place with the reason. Check runs and changed files stay in our own
state: emulate's check runs have no app, which is what decides about them, and its pull requests no
files.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Self

import requests
from github import Auth

from tests.support import node, openapi
from tests.support.checked_server import Answer, Seen
from tests.support.github_server import BOT, GitHubServer, Route, User, not_accessible

_SCRIPT: Final = Path(__file__).parents[1] / "node" / "github.mjs"
_GHOST: Final = User("ghost", "User")
"""Writes what an account wrote that is deleted now."""
_PEOPLE: Final = ("dev-anna", "github-actions", "mallory", _GHOST.login)
_APPS: Final = {"github-actions": 15368, "other-app": 2}
_ANNA: Final = User("dev-anna", "User", integration=False)
_PULLS: Final = (7, 8)
_WRITE: Final = {"issues": "write", "pull_requests": "write", "checks": "write"}


class Emulate:
    """A running `emulate` with one repository; stopped at the end of the block."""

    def __init__(self) -> None:
        """Starts it, which takes a second."""
        script = [node.NODE, _SCRIPT, node.module("emulate") / "dist" / "api.js"]
        self._process = subprocess.Popen(
            script,
            env={"PATH": os.environ["PATH"]},  # EMULATE_BASE_URL and the like would move it
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        ready = json.loads(self._asked(json.dumps(_seed())))
        self.names = ready["url"]
        """How it calls itself in its answers."""
        self.url = self.names.replace("localhost", "127.0.0.1")
        self._keys = {s["id"]: s["value"] for s in ready["secrets"]}
        self._tokens: dict[tuple[str, str, str], str] = {}
        self._session = requests.Session()
        self._session.trust_env = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()
        self._process.communicate(timeout=10)  # the end of its input ends it

    def reset(self) -> None:
        """As it was at the start."""
        self._asked("reset")
        self._tokens.clear()

    def send(
        self,
        user: User,
        method: str,
        path: str,
        body: openapi.Json = None,
        query: openapi.Json = None,
    ) -> requests.Response:
        """One request as this user."""
        return self._session.request(
            method,
            self.url + path,
            params=query,
            json=body,
            headers={"Authorization": f"Bearer {self._token(user)}"},
            timeout=10,
        )

    def _token(self, user: User) -> str:
        """A person's stands in the seed; an app's is made as GitHub makes GITHUB_TOKEN."""
        if user.kind == "User":
            return f"token-of-{user.login}"
        key = (user.login, user.pull_requests, user.checks)
        if key not in self._tokens:
            app = _APPS[user.login.removesuffix("[bot]")]
            made = self._session.post(
                f"{self.url}/app/installations/{app}/access_tokens",
                json={"permissions": _permissions(user)},
                headers={"Authorization": f"Bearer {self._signed(app)}"},
                timeout=10,
            )
            made.raise_for_status()
            self._tokens[key] = made.json()["token"]
        return self._tokens[key]

    def _signed(self, app: int) -> str:
        return Auth.AppAuth(app, self._keys[str(app)]).token

    def _asked(self, line: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()


def _seed() -> dict[str, Any]:
    apps = [
        {
            "app_id": id_,
            "slug": slug,
            "name": slug,
            "permissions": _WRITE,
            "installations": [{"installation_id": id_, "account": "acme"}],
        }
        for slug, id_ in _APPS.items()
    ]
    return {
        "tokens": {f"token-of-{p}": {"login": p, "scopes": ["repo"]} for p in _PEOPLE},
        "github": {
            "users": [{"login": p} for p in _PEOPLE],
            "orgs": [
                {"login": "acme", "members": [{"login": _ANNA.login, "role": "admin"}]},
            ],
            "repos": [{"owner": "acme", "name": "orders"}],
            "apps": apps,
        },
    }


def _permissions(user: User) -> dict[str, str]:
    levels = {"pull_requests": user.pull_requests, "checks": user.checks}
    return {area: level for area, level in levels.items() if level != "none"}


class EmulatedComment:
    """A comment in emulate; its text is read when it is asked for."""

    def __init__(self, server: EmulatedGitHub, told: dict[str, Any]) -> None:
        self._server = server
        self.id: int = told["id"]
        self.node_id: str = told["node_id"]
        self.number = int(told["issue_url"].rpartition("/")[2])
        login, kind = told["user"]["login"], told["user"]["type"]
        self.author = None if login == _GHOST.login else User(login, kind)

    @property
    def body(self) -> str:
        """As it is now."""
        return str(self._server.as_json(self)["body"])

    @property
    def minimized(self) -> str:
        """Kept here: emulate has no GraphQL."""
        return self._server.minimized.get(self.id, "")

    @minimized.setter
    def minimized(self, classifier: str) -> None:
        self._server.minimized[self.id] = classifier


class EmulatedGitHub(GitHubServer):
    """The repository with the pull requests 7 and 8, in emulate."""

    def __init__(self, emulate: Emulate) -> None:
        super().__init__()
        self.minimized: dict[int, str] = {}
        self._emulate = emulate
        emulate.reset()
        for number in range(1, _PULLS[0]):
            self._sent(_ANNA, "POST", "/issues", {"title": f"Issue {number}"})
        for number in _PULLS:
            pull = {"title": "Fix", "head": f"fix-{number}", "base": "main"}
            self._sent(_ANNA, "POST", "/pulls", pull)

    # ---- what a test arranges, and finds

    @property
    def comments(self) -> list[EmulatedComment]:
        """All that are there, in the order of their creation."""
        out: list[EmulatedComment] = []
        for number in _PULLS:  # emulate's list of all the repository's comments is not found
            for page in itertools.count(1):
                query = {"per_page": "100", "page": f"{page}"}
                told = self._sent(_ANNA, "GET", f"/issues/{number}/comments", query=query)
                out += [EmulatedComment(self, t) for t in told]
                if len(told) < 100:
                    break
        return sorted(out, key=lambda c: c.id)

    def remove(self, comment: EmulatedComment) -> None:
        """Somebody deletes a comment by hand."""
        self._sent(_ANNA, "DELETE", f"/issues/comments/{comment.id}")

    def comment(self, body: str, *, author: User | None = BOT, number: int = 7) -> EmulatedComment:
        """A comment that is already there, whatever the author may now."""
        writer = replace(author or _GHOST, pull_requests="write")
        told = self._sent(writer, "POST", f"/issues/{number}/comments", {"body": body})
        return EmulatedComment(self, told)

    def as_json(self, comment: EmulatedComment) -> dict[str, Any]:
        """The comment as GitHub sends it."""
        answer = self._emulate.send(_ANNA, "GET", self._path(f"/issues/comments/{comment.id}"))
        answer.raise_for_status()
        return dict(self._as_github(answer)[1])

    def propose(self, number: int, *, owner: str = "acme") -> str:
        """An open pull request, the next one; 9 is the first."""
        writer, head = _ANNA, f"/repos/{owner}/orders"
        if owner != "acme":
            writer = User(owner, "User")
            self._sent(writer, "POST", "/forks", {})
        [branch] = self._emulate.send(writer, "GET", f"{head}/branches").json()[-1:]
        ref = {"ref": f"refs/heads/fix-{number}", "sha": branch["commit"]["sha"]}
        self._emulate.send(writer, "POST", f"{head}/git/refs", ref).raise_for_status()
        file = {"message": "Fix", "content": "Zml4", "branch": f"fix-{number}"}
        self._emulate.send(writer, "PUT", f"{head}/contents/{number}", file).raise_for_status()
        pull = {"title": "Fix", "head": f"{owner}:fix-{number}", "base": "main"}
        made = self._sent(writer, "POST", "/pulls", pull)
        assert made["number"] == number
        return str(made["head"]["sha"])

    def merge(self, number: int) -> str:
        """Somebody merges it; the commit on the base branch."""
        return str(self._sent(_ANNA, "PUT", f"/pulls/{number}/merge", {})["sha"])

    # ---- what GitHub does

    def _routes(self) -> list[Route]:
        """What emulate has is answered by it; so it also decides who may."""
        has = ("_list", "_get", "_create", "_edit", "_delete", "_pulls", "_get_pull")
        return [
            replace(r, area="", method=self._forward) if r.method.__name__ in has else r
            for r in super()._routes()
        ]

    def _forward(self, seen: Seen, user: User, *_: str) -> Answer:
        answer = self._emulate.send(user, seen.method, seen.path, seen.body, seen.query)
        if answer.status_code == 403:  # GitHub says whom it refuses
            return 403, {"message": not_accessible(user)}, {}
        return self._as_github(answer)

    def _commit_pulls(self, seen: Seen, _user: User, sha: str) -> Answer:
        """Emulate has no such operation, only the pull requests themselves."""
        pulls = self._sent(_ANNA, "GET", "/pulls", query={"state": "all", "per_page": "100"})
        holds = [
            p
            for p in pulls
            if sha == p["merge_commit_sha"]
            or (sha == p["head"]["sha"] and p["head"]["repo"]["full_name"] == self.repository)
        ]
        return self._page(seen, [openapi.filled("pull-request-simple", p) for p in holds])

    def _as_github(self, answer: requests.Response) -> Answer:
        """Its answer with our addresses, and what it tells otherwise than GitHub put right."""
        text = answer.text.replace(self._emulate.names, self.url)
        told = json.loads(text) if text else None
        if isinstance(told, list):
            told = [self._mended(one, "pull-request-simple") for one in told]
        elif isinstance(told, dict):
            told = self._mended(told, "pull-request")
        link = answer.headers.get("Link", "").replace(self._emulate.url, self.url)
        return answer.status_code, told, {"Link": link} if link else {}

    def _mended(self, told: dict[str, Any], schema: str) -> dict[str, Any]:
        if "merge_commit_sha" in told:  # lacks addresses of users, that GitHub promises
            return openapi.filled(schema, told)
        if "issue_url" in told:
            page = f"{self.repository}/pull/{told['issue_url'].rpartition('/')[2]}"
            told["html_url"] = f"https://github.com/{page}#issuecomment-{told['id']}"
            if told["user"]["login"] == _GHOST.login:
                told["user"] = None
        return told

    def _sent(
        self,
        user: User,
        method: str,
        path: str,
        body: openapi.Json = None,
        query: openapi.Json = None,
    ) -> openapi.Json:
        answer = self._emulate.send(user, method, self._path(path), body, query)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def _path(self, path: str) -> str:
        return f"/repos/{self.repository}{path}"
