"""A team with its repository on GitHub: pull requests are planned, merged and deployed.

The action runs as in the image (see `action`), its AWS is the sandbox, its GitHub a stand-in on
loopback that checks every request against GitHub's own description.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from signed_lambda.report.marker import Marker

if TYPE_CHECKING:
    from tests.support.action import Ended, Team
    from tests.support.github_server import Comment, GitHubServer

TOKEN = "ghs_ours"
NUMBER = 7
MERGED = "d" * 40
"""The commit on main; a merge queue tries it before it is pushed."""


class Project:
    """One pull request, number 7, and the branch main."""

    def __init__(self, team: Team, github: GitHubServer) -> None:
        self.team = team
        self.github = github
        self.head = "e" * 40
        self.pull = github.pull(NUMBER, head=self._side("fix", self.head))

    def plan(self, *, fork: bool = False, **inputs: str) -> Ended:
        """A plan on the pull request."""
        head = self._side("fix", self.head, "mallory/orders" if fork else "acme/orders")
        event = {"pull_request": {"number": NUMBER, "head": head, "base": self._side("main", "0")}}
        return self.run("plan", "pull_request", event, f"refs/pull/{NUMBER}/merge", **inputs)

    def merge(self) -> None:
        """Merges the pull request as `MERGED`."""
        merged = {"state": "closed", "merged_at": "2026-11-22T08:59:00Z"}
        self.pull |= merged | {"merge_commit_sha": MERGED}
        self.github.commits[MERGED] = [self.pull]

    def deploy(self, **inputs: str) -> Ended:
        """A deploy on push to main, of the commit that was merged last."""
        return self.run("deploy", "push", {}, "refs/heads/main", **inputs)

    def run(self, command: str, name: str, event: dict[str, Any], ref: str, **inputs: str) -> Ended:
        """A run of the action in a workflow that an event started."""
        path = self.team.folder / f"event-{self.team.runs}.json"
        path.write_text(json.dumps(event), encoding="utf-8")
        environment = {
            "GITHUB_API_URL": self.github.url,
            "GITHUB_EVENT_NAME": name,
            "GITHUB_EVENT_PATH": str(path),
            "GITHUB_REF": ref,
            "GITHUB_SHA": MERGED,
        }
        given = {"comment": "update", "github_token": TOKEN} | inputs
        return self.team.run(command, env=environment, **given)

    def comments(self) -> list[Comment]:
        """Our comments that stand for a run, the first one first."""
        return [c for c in self.github.comments if Marker.parse(c.body) is not None]

    def records(self) -> list[tuple[str, str, str]]:
        """Commit, hash and conclusion of each check run."""
        checks = self.github.checks
        return [(c["head_sha"], c["external_id"], c["conclusion"]) for c in checks]

    def requests(self) -> list[str]:
        """What GitHub was asked, in order; forgotten afterwards."""
        asked = [
            f"{s.method} {s.path.removeprefix('/repos/acme/orders')}" for s in self.github.seen
        ]
        self.github.seen.clear()
        return asked

    def _side(self, ref: str, sha: str, name: str = "acme/orders") -> dict[str, Any]:
        return {"ref": ref, "sha": sha, "repo": {"full_name": name}}
