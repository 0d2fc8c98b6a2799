"""The process in the image is not root when it first talks to the network, and cannot be again."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from signed_lambda.package import pack
from signed_lambda.package.crew import MANY_FILES
from tests.image.conftest import deploy_inputs
from tests.support.canned import Reply
from tests.support.docker_engine import sandbox_on_a_port
from tests.support.runner_job import PERSON, Job
from tests.unit.aws.local_server import Asked, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    import docker

    from tests.support.runner_job import Step

pytestmark = [
    pytest.mark.docker,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can give the workspace away"),
]
NO_GROUP = 65534
HARDENED = (
    *("--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL"),
    *("--cap-add", "SETUID", "--cap-add", "SETGID", "--cap-add", "DAC_OVERRIDE"),
)
KNOCK = (
    "import socket, sys\n"
    "try:\n    socket.socket(socket.AF_UNIX).connect('/var/run/docker.sock')\n"
    "except OSError as error:\n    print(type(error).__name__)\n"
    "else:\n    print('open')\n"
)


@dataclass
class Seen:
    """What the kernel told of the process when its first request came.

    Attributes:
        status: Of /proc/<pid>/status, by name.
        socket: What a process of the same user and groups met at Docker's socket.
        environ: What a process of the same user met at the first environment.
    """

    step: Step | None = None
    status: dict[str, str] = field(default_factory=dict)
    socket: str = ""
    environ: str = ""

    def look(self) -> None:
        """Looks from outside, and with a second process in the container."""
        assert self.step is not None
        pid = _docker("inspect", "--format", "{{.State.Pid}}", self.step.name)
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        self.status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
        user, group = (self.status[name].split()[1] for name in ("Uid", "Gid"))
        self.socket = self.second(f"{user}:{group}", "-c", KNOCK)
        peek = "try: open('/proc/1/environ').read(); print('read')\nexcept OSError as e: print(e)"
        self.environ = self.second(f"{user}:{group}", "-c", peek)

    def second(self, user: str, *arguments: str) -> str:
        """What a second process of the user prints."""
        assert self.step is not None
        python = ("/usr/local/bin/python", "-I")
        return _docker("exec", "--user", user, self.step.name, *python, *arguments)


@contextmanager
def watched() -> Iterator[tuple[str, Seen]]:
    """A server in the place of AWS that looks at who asks, and refuses."""
    seen = Seen()

    looking = threading.Lock()

    def refuse(_asked: Asked) -> Reply:
        with looking:  # questions come side by side: the first refusal may end the process
            if not seen.status:
                seen.look()
        return Reply(b"<Error/>", status=403)

    with serving(refuse) as server:
        yield server.url, seen


def inputs_at(url: str, job: Job) -> dict[str, str]:
    """Inputs of a deploy that asks the URL first."""
    (job.workspace / "signer-root.pem").touch()
    return deploy_inputs(url) | {"signer-root": ""}


def test_the_process_is_the_workspaces_owner_in_no_group_at_its_first_request(job: Job) -> None:
    with watched() as (url, seen):
        seen.step = job.start(inputs_at(url, job))
        ended = seen.step.end()

    assert seen.status["Uid"].split() == [str(PERSON)] * 4, ended.printed
    assert seen.status["Gid"].split() == [str(NO_GROUP)] * 4
    assert seen.status["Groups"].strip() == ""
    assert {int(seen.status[f"Cap{k}"], 16) for k in ("Inh", "Prm", "Eff", "Amb")} == {0}
    assert seen.status["NoNewPrivs"] == "1"
    assert seen.socket == "PermissionError"
    assert "Permission denied" in seen.environ
    assert f"user {PERSON}, to whom the workspace belongs" in ended.shown
    assert ended.strangers == ()


def test_root_could_have_used_the_socket_and_so_could_the_workspaces_group(job: Job) -> None:
    """Without which the test above would prove nothing."""
    with watched() as (_, seen):
        waits = "echo begun; exec sleep 60"
        seen.step = job.start({}, entrypoint="/bin/sh", arguments=("-c", waits))
        try:
            seen.step.wait_for("begun")
            group = str(job.workspace.stat().st_gid)
            met = [seen.second(user, "-c", KNOCK) for user in ("0:0", f"{PERSON}:{group}")]
        finally:
            seen.step.remove()
            seen.step.end()

    assert met == ["open", "open"]


@pytest.mark.parametrize("options", [(), HARDENED], ids=["as GitHub runs it", "hardened"])
def test_all_that_is_written_is_the_owners_and_outputs_reach_the_runner(
    job: Job, options: tuple[str, ...]
) -> None:
    private = job.workspace / "function" / "private.py"
    private.write_text("KEPT = 1\n")
    private.chmod(0o600)
    with sandbox_on_a_port(job.workspace / "signer-root.pem") as url:
        ended = job.run(deploy_inputs(url), options=options)

    assert ended.outputs["outcome"] == "deployed", ended.printed
    assert ended.strangers == ()
    assert "Now runs version 1" in ended.summary
    report = job.workspace / ended.outputs["report"]
    assert json.loads(report.read_text())["outcome"] == "deployed"
    assert "could not be written" not in ended.shown


def test_files_that_only_root_can_read_are_packed(job: Job) -> None:
    inputs = inputs_at("http://127.0.0.1:9", job) | {"command": "scan", "aws-endpoint-url": ""}
    of_root = job.workspace / "function" / "of_root.py"
    of_root.write_text("x = 1\n")
    of_root.chmod(0o600)
    job.of_root.append(of_root)

    ended = job.run(inputs)

    assert ended.outputs["outcome"] == "scanned", ended.printed


@pytest.mark.parametrize("options", [(), HARDENED], ids=["as GitHub runs it", "hardened"])
def test_many_files_are_packed_by_processes_as_root_to_the_same_bytes_as_here(
    job: Job, tmp_path: Path, options: tuple[str, ...]
) -> None:
    inputs = inputs_at("http://127.0.0.1:9", job) | {"command": "scan", "aws-endpoint-url": ""}
    many = job.workspace / "function" / "many"
    many.mkdir()
    for number in range(MANY_FILES + 1):
        (many / f"m{number:04}.py").write_text(f"x = {number}\n" * 30)
    of_root = many / "of_root.py"
    of_root.write_text("x = 1\n")
    of_root.chmod(0o600)
    job.of_root.append(of_root)

    ended = job.run(inputs, options=options)

    assert ended.outputs["outcome"] == "scanned", ended.printed
    here = pack(Path("function"), workspace=job.workspace, into=tmp_path)
    assert ended.outputs["build-sha256"] == here.sha256.hex


@pytest.mark.parametrize("missing", ["SETUID", "SETGID"])
def test_root_that_cannot_be_given_up_asks_nobody_anything(job: Job, missing: str) -> None:
    at = HARDENED.index(missing)
    options = (*HARDENED[: at - 1], *HARDENED[at + 1 :])
    with watched() as (url, seen):
        seen.step = job.start(inputs_at(url, job), options=options)
        ended = seen.step.end()

    assert (ended.exit_code, ended.outputs["outcome"]) == (37, "refused"), ended.printed
    assert "E-ROOT-01" in ended.shown
    assert "Nothing was written" in ended.shown
    assert "Traceback" not in ended.printed
    assert seen.status == {}


def test_in_a_workspace_of_roots_the_report_says_that_it_stays_root(
    tmp_path: Path, client: docker.DockerClient
) -> None:
    job = Job(tmp_path, owner=0)
    with sandbox_on_a_port(job.workspace / "signer-root.pem") as url:
        ended = job.run(deploy_inputs(url))

    assert ended.outputs["outcome"] == "deployed", ended.printed
    report = json.loads((job.workspace / ended.outputs["report"]).read_text())
    [fact] = [f for f in report["facts"] if f["step"] == "privileges"]
    assert fact["status"] == "warning"
    assert fact["proof"].startswith("still root: the workspace is root's")
    assert fact["proof"].endswith("can use /var/run/docker.sock")


def _docker(*arguments: str) -> str:
    done = subprocess.run(["docker", *arguments], check=False, capture_output=True, text=True)
    return (done.stdout or done.stderr).strip()
