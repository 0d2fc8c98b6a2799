"""A team's repository with the workflows that we ship, run by act: not one byte is changed.

act takes every action that they use from this machine (`--local-repository`): ours is the checkout
under test, `actions/checkout` is act's own, the other three have stand-ins in `actions/`. AWS is
the sandbox and GitHub the stand-in of tests/support, each on a port.

The workflows rightly do not name the sandbox. So the copy of the checkout that act is given has
two defaults more in its action.yml: `aws-endpoint-url` and `signer-root`. Nothing else differs.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import boto3
import yaml

from lambda_sandbox.estate import make_estate
from tests.support.docker_engine import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.github_server import GitHubServer

HEAD: Final = "a1" * 20
FORK_HEAD: Final = "f0" * 20
"""Last commits of the pull requests, as the files in `events` have them."""
OURS: Final = "owner/signed-lambda-deploy@v1"
HERE: Final = Path(__file__).parent
RUNNER: Final = "signed-lambda-deploy-act-runner:test"
LOCK: Final = Path(tempfile.gettempdir()) / "signed-lambda-deploy-act.lock"
"""act names its containers by workflow and job: two runs at once would stop each other's."""
FILES: Final = {
    "src/app.py": "from greet import hello\n\n\ndef handler(event, context):\n"
    "    return hello(event)\n",
    "src/greet.py": "def hello(event):\n    return {'hello': event}\n",
    "events/ping.json": '{"ping": true}\n',
    "build.sh": "#!/bin/sh -e\nmkdir -p dist\ncp -r src/. dist/\n"
    "chmod 755 dist/app.py\nln -sf greet.py dist/hello.py\n",
    ".gitignore": "dist/\nbuild.zip\nsigner-root.pem\n",
}
"""The team's own. The build has a program, as custom runtimes' `bootstrap`, and a link: a zip made
without care loses the one and follows the other, and the build would have another hash."""


@dataclass(frozen=True)
class Ran:
    """How act ended.

    Attributes:
        log: All that was printed, of every job.
        steps: What was run, as act names it.
        outputs: Of the action's step, by name, the last run of it.
        writes: Operations that changed something in AWS.
    """

    exit_code: int
    log: str
    steps: tuple[str, ...]
    outputs: Mapping[str, str]
    writes: tuple[str, ...]


@dataclass
class Team:
    """The repository acme/orders, its AWS and its GitHub."""

    folder: Path
    aws: str
    github: GitHubServer
    action: Path
    runs: int = 2000
    _clients: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def found(cls, folder: Path, *, aws: str, github: GitHubServer, shipped: str) -> Self:
        """A new repository with the workflows of a folder of ours."""
        defaults = {"aws-endpoint-url": aws, "signer-root": "signer-root.pem"}
        action = checkout_under_test(folder / "signed-lambda-deploy", defaults)
        team = cls(folder / "orders", aws, github, action)
        for name, text in FILES.items():
            team.write(name, text)
        (team.folder / "build.sh").chmod(0o755)
        for path in sorted((ROOT / shipped).glob("*.yml")):
            team.write(f".github/workflows/{path.name}", path.read_text("utf-8"))
        (folder / "artifacts").mkdir()
        team._git("init", "-q", "-b", "main")
        team._git("remote", "add", "origin", "https://github.com/acme/orders")
        team._commit("x")
        make_estate(team.client)
        return team

    def close(self) -> None:
        """Closes the connections to the sandbox."""
        for client in self._clients.values():
            client.close()

    def write(self, name: str, text: str) -> None:
        """Writes a file of the repository."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def merge(self, number: int) -> str:
        """Commits what there is as the merge of a pull request; the commit's SHA."""
        sha = self._commit(f"Merge pull request #{number}")
        merged = {"state": "closed", "merged_at": "2026-11-22T09:00:00Z", "merge_commit_sha": sha}
        self.github.pulls[number] |= merged
        self.github.commits[sha] = [self.github.pulls[number]]
        return sha

    def act(
        self,
        event: str,
        workflow: str,
        *,
        payload: str = "",
        token: str = "ghs_ours",
        **inputs: str,
    ) -> Ran:
        """Runs a workflow.

        Args:
            event: Its trigger.
            workflow: Name of its file.
            payload: Name of a file in `events`.
            token: What GITHUB_TOKEN is.
            inputs: Of workflow_dispatch, "_" for "-".
        """
        self.runs += 1
        self._control("DELETE", "calls")
        command = [
            *(str(Path(sys.executable).parent / "act"), event),
            *("-W", f".github/workflows/{workflow}"),
            *("-P", f"ubuntu-latest={RUNNER}", "--pull=false", "--network=host", "--rm"),
            *("--container-options", f"--volume={self.folder.parent / 'artifacts'}:/artifacts"),
            *_flags("--local-repository", self._actions()),
            *_flags("--env", self._environment()),
            *_flags("--input", {k.replace("_", "-"): v for k, v in inputs.items()}),
            *("-s", f"GITHUB_TOKEN={token}"),
            *(("-e", str(HERE / "events" / payload)) if payload else ()),
        ]
        with LOCK.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            done = subprocess.run(
                command,
                check=False,
                cwd=self.folder,
                env=os.environ | {"HOME": str(self.folder.parent)},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=300,
            )
        calls = self._control("GET", "calls")["calls"]
        return Ran(
            exit_code=done.returncode,
            log=done.stdout,
            steps=tuple(re.findall(r"⭐ Run Main (.*)", done.stdout)),
            outputs=dict(re.findall(r"::set-output:: ([a-z0-9-]+)=(.*)", done.stdout)),
            writes=tuple(c["operation"] for c in calls if c["write"] and c["status"] < 400),
        )

    def artifact(self, name: str) -> Path:
        """Where the last run's artifact lies."""
        place = self.folder.parent / "artifacts" / str(self.runs) / name
        place.parent.mkdir(exist_ok=True)
        return place

    def release(self, text: str) -> None:
        """Changes the code in pull request 7 and deploys it, without act: that is quicker."""
        self.runs += 1
        self.write("src/words.txt", text)
        sha = self.merge(7)
        subprocess.run([self.folder / "build.sh"], cwd=self.folder, check=True)
        with urllib.request.urlopen(f"{self.aws}/_sandbox/signer-root.pem") as pem:
            (self.folder / "signer-root.pem").write_bytes(pem.read())
        inputs = {
            "function-name": "orders",
            "source": "dist",
            "bucket": "acme-artifacts",
            "signing-profile": "orders_prod",
            "aws-region": "eu-west-1",
            "aws-endpoint-url": self.aws,
            "signer-root": "signer-root.pem",
            "github-token": "ghs_ours",
        }
        environment = {f"INPUT_{name.upper()}": value for name, value in inputs.items()} | {
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": self.github.url,
            "GITHUB_EVENT_NAME": "push",
            "GITHUB_REPOSITORY": self.github.repository,
            "GITHUB_RUN_ID": str(self.runs),
            "GITHUB_SHA": sha,
        }
        subprocess.run(
            [sys.executable, "-I", "-B", ROOT / "entrypoint.py"],
            check=True,
            cwd=self.folder,
            env=environment,
            stdout=subprocess.DEVNULL,
        )

    def alias(self, name: str = "live") -> str:
        """The version that an alias runs, "" when there is no such alias."""
        client = self.client("lambda")
        try:
            return str(client.get_alias(FunctionName="orders", Name=name)["FunctionVersion"])
        except client.exceptions.ResourceNotFoundException:
            return ""

    def client(self, service: str) -> Any:  # noqa: ANN401 - of any service
        """A boto3 client of the sandbox."""
        if service not in self._clients:
            self._clients[service] = boto3.client(
                service,
                endpoint_url=self.aws,
                region_name="eu-west-1",
                aws_access_key_id="testing",
                aws_secret_access_key="testing",
            )
        return self._clients[service]

    def _environment(self) -> dict[str, str]:
        return {
            "GITHUB_API_URL": self.github.url,
            "GITHUB_RUN_ID": str(self.runs),
            "SANDBOX_URL": self.aws,
        }

    def _actions(self) -> dict[str, Path]:
        """Where act finds each action that the workflows, ours called by them included, use."""
        workflows = [self.folder / ".github" / "workflows", ROOT / ".github" / "workflows"]
        texts = [path.read_text("utf-8") for folder in workflows for path in folder.glob("*.yml")]
        used = {
            name for text in texts for name in re.findall(r"uses: ([^\s@]+@[0-9a-f]{40})", text)
        }
        found = {name: HERE / "actions" / name.split("@")[0].rpartition("/")[2] for name in used}
        return {OURS: self.action} | {n: folder for n, folder in found.items() if folder.is_dir()}

    def _control(self, method: str, name: str) -> Any:  # noqa: ANN401 - JSON
        request = urllib.request.Request(f"{self.aws}/_sandbox/{name}", method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def _commit(self, message: str) -> str:
        self._git("add", "-A")
        by = ("-c", "user.name=t", "-c", "user.email=t@example.com")
        self._git(*by, "commit", "-q", "--allow-empty", "-m", message)
        return self._git("rev-parse", "HEAD")

    def _git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()


def checkout_under_test(folder: Path, defaults: Mapping[str, str]) -> Path:
    """The project as a clone has it, but for defaults of inputs."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        source = ROOT / name
        if source.is_file() and not name.startswith("tests/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, folder / name)
    action = yaml.safe_load((folder / "action.yml").read_text("utf-8"))
    for name, value in defaults.items():
        action["inputs"][name]["default"] = value
    (folder / "action.yml").write_text(yaml.safe_dump(action), encoding="utf-8")
    return folder


def _flags(flag: str, values: Mapping[str, object]) -> list[str]:
    return [word for name, value in values.items() for word in (flag, f"{name}={value}")]
