"""A job that is cancelled in the real container while an answer of AWS does not come.

It writes nothing more, ends in time, and its last line says what stands and how to go on.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import boto3
import pytest

from tests.image.conftest import deploy_inputs
from tests.support.docker_engine import sandbox_on_a_port
from tests.support.runner_job import Job

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import docker

    from tests.support.runner_job import Step

pytestmark = pytest.mark.docker
EXIT_S: Final = 5.0
WATCHDOG_S: Final = 7.0
DOCKER_S: Final = 1.0
"""What Docker itself may take, on a busy machine, from a container's end until it says so."""


@dataclass(frozen=True)
class Stall:
    """Where the run stalls.

    Attributes:
        operation: Whose answer does not come.
        nth: The how manieth call of it, from 1.
        kept: "request": it never had its effect. "answer": it had, and nobody is told.
    """

    operation: str
    nth: int = 1
    kept: str = "answer"

    def __str__(self) -> str:
        return f"{self.kept} of {self.operation} {self.nth}"


STALLS: Final = {
    "deploy": (
        Stall("GetCallerIdentity"),
        Stall("GetFunctionConfiguration"),
        Stall("GetBucketVersioning"),
        Stall("PutObject", kept="request"),
        Stall("PutObject"),
        Stall("StartSigningJob"),
        Stall("DescribeSigningJob"),
        Stall("UpdateFunctionCode", 2, kept="request"),
        Stall("UpdateFunctionCode", 2),
        Stall("PublishVersion"),
        Stall("UpdateAlias", kept="request"),
        Stall("UpdateAlias"),
    ),
    "rollback": (
        Stall("GetCallerIdentity"),
        Stall("GetFunctionConfiguration"),
        Stall("GetAlias"),
        Stall("GetFunctionCodeSigningConfig"),
        Stall("GetFunctionConfiguration", 3),
        Stall("GetFunction"),
        Stall("DescribeSigningJob"),
        Stall("GetSigningProfile"),
        Stall("GetCodeSigningConfig", 2),
        Stall("UpdateAlias", kept="request"),
        Stall("UpdateAlias"),
        Stall("GetAlias", 2),
    ),
}


class Team:
    """A function with two versions, and its AWS on a port."""

    def __init__(self, job: Job, url: str) -> None:
        self.job = job
        self.url = url
        self.aws = boto3.client(
            "lambda",
            endpoint_url=url,
            region_name="eu-west-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )
        self._contents = itertools.count()
        for _ in range(2):
            ended = self.start("deploy").end()
            assert ended.outputs["outcome"] == "deployed", ended.printed

    def start(self, command: str, to: str = "previous") -> Step:
        """Starts a deploy of a new build, or a rollback."""
        inputs = deploy_inputs(self.url) | {"command": command}
        if command == "deploy":
            changed = self.job.workspace / "function" / "data" / "words.txt"
            changed.write_text(f"{next(self._contents)}\n")
        else:
            inputs = {k: v for k, v in inputs.items() if k not in NOT_FOR_ROLLBACK} | {"to": to}
        return self.job.start(inputs)

    def stall(self, at: Stall) -> Callable[[], bool]:
        """Orders the stall; tells whether the run has come to it."""
        order = {"op": at.operation, "kind": f"timeout_{BEFORE_OR_AFTER[at.kept]}", "seconds": 600}
        self.control("DELETE", "calls")
        self.control("POST", "faults", [order | {"skip": at.nth - 1}])

        def stalls() -> bool:
            arrived = at.nth - (at.kept == "request")
            ordered = self.control("GET", "faults")["faults"]
            return not ordered and self._count(at.operation) >= arrived

        return stalls

    def _count(self, operation: str) -> int:
        return sum(call["operation"] == operation for call in self.calls())

    def calls(self) -> list[dict[str, Any]]:
        """All requests that had their effect."""
        return self.control("GET", "calls")["calls"]

    def writes_since(self, moment: datetime) -> list[str]:
        """Operations that changed something after the moment."""
        return [
            call["operation"]
            for call in self.calls()
            if call["write"] and datetime.fromisoformat(call["at"]) > moment
        ]

    def alias(self) -> str:
        """The version that `live` runs; it is never weighted."""
        alias = self.aws.get_alias(FunctionName="orders", Name="live")
        assert not alias.get("RoutingConfig")
        return str(alias["FunctionVersion"])

    def newest(self) -> str:
        """The version that was published last."""
        pages = self.aws.get_paginator("list_versions_by_function").paginate(FunctionName="orders")
        return max(
            (v["Version"] for page in pages for v in page["Versions"] if v["Version"] != "$LATEST"),
            key=int,
        )

    def control(self, method: str, name: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        """Asks the sandbox itself."""
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.url}/_sandbox/{name}", data, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)


NOT_FOR_ROLLBACK: Final = ("source", "bucket", "signing-profile")
BEFORE_OR_AFTER: Final = {"request": "before", "answer": "after"}


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory, client: docker.DockerClient) -> Iterator[Team]:
    """One for all cases: each leaves what a next run goes on from."""
    job = Job(tmp_path_factory.mktemp("job"))
    with sandbox_on_a_port(job.workspace / "signer-root.pem", signing_s=0.2) as url:
        founded = Team(job, url)
        yield founded
        founded.aws.close()


def interrupt(step: Step) -> None:
    """SIGINT, as a person's Ctrl+C; the docker client passes it on."""
    step.process.send_signal(signal.SIGINT)


def terminate(step: Step) -> None:
    """SIGTERM, as a runner that is shut down."""
    step.process.send_signal(signal.SIGTERM)


def cancel(step: Step) -> None:
    """The runner's sequence."""
    step.cancel()


def cancel_and_kill(step: Step) -> None:
    """A runner that grants nothing: SIGINT, and then the docker client is gone."""
    step.process.send_signal(signal.SIGINT)
    time.sleep(0.3)  # the client has to pass it on
    step.process.kill()


SIGNALS: Final = {
    "SIGINT": interrupt,
    "SIGTERM": terminate,
    "runner": cancel,
    "killed": cancel_and_kill,
}


def cases() -> list[Any]:
    """All of them; an eighth is in the suite: every second stall, with each signal in turn."""
    made = []
    for number, (command, at) in enumerate(itertools.product(STALLS, range(12))):
        in_suite = list(SIGNALS)[number // 2 % 4] if number % 2 == (command == "rollback") else ""
        for sent in SIGNALS:
            stall = STALLS[command][at]
            marks = () if sent == in_suite else (pytest.mark.sweep,)
            made.append(
                pytest.param(command, stall, sent, marks=marks, id=f"{command}: {stall}: {sent}")
            )
    return made


@pytest.mark.parametrize(("command", "stall", "sent"), cases())
def test_a_cancelled_job_writes_nothing_more_ends_in_time_and_says_what_stands(
    team: Team,
    command: str,
    stall: Stall,
    sent: str,
    record_property: Callable[[str, object], None],
) -> None:
    before = team.alias()
    other = "1" if before != "1" else "2"
    comes = team.stall(stall)
    step = team.start(command, other)
    with ended_container(step) as waiting:
        until(comes, step)
        moment, began = datetime.now(UTC), time.monotonic()
        SIGNALS[sent](step)
        waiting.wait(30)
        took_s = time.monotonic() - began
    ended = step.end()
    team.control("DELETE", "faults")

    record_property("took_s", round(took_s, 2))
    assert took_s < EXIT_S + DOCKER_S
    assert not step.lives_on
    assert team.writes_since(moment) == []
    moved = "UpdateAlias" in [c["operation"] for c in team.calls() if c["write"]]
    expected = {"deploy": team.newest(), "rollback": other}[command]
    assert team.alias() == (expected if moved else before)
    if sent != "killed" and moved and stall.operation == "UpdateAlias":
        # its answer did not come: one look at the alias, and what was moved is told as moved
        done = {"deploy": "deployed", "rollback": "rolled-back"}[command]
        assert (ended.exit_code, ended.outputs["outcome"]) == (0, done), ended.printed
    elif sent != "killed":
        told = what_stands(command, stall, before)
        moves = told.startswith("The move")
        assert (ended.exit_code, ended.outputs["outcome"]) == (
            (32, "moved-unconfirmed") if moves else (31, "failed")
        ), ended.printed
        assert "Traceback" not in ended.printed
        last = ended.log[-1]
        assert last.startswith("E-CANCEL-01 The job was cancelled (SIG")
        assert "Run it again" in last
        assert told in last


def what_stands(command: str, stall: Stall, before: str) -> str:
    """What the last line has to say."""
    if stall.operation == "UpdateAlias" and command == "deploy":
        return f"Alias 'live' is still at {before}"
    if stall == Stall("GetAlias", 2):
        return "The move of alias 'live' was sent and may have happened"
    if command == "rollback":
        return "Nothing was written"
    in_s3 = f"Lambda was not touched (alias 'live' is still at {before})"
    return {
        "PutObject": in_s3,
        "StartSigningJob": in_s3,
        "DescribeSigningJob": in_s3,
        "UpdateFunctionCode": f"Alias 'live' is still at {before}, no version was published",
        "PublishVersion": f"Alias 'live' is still at {before}; a new version, if there is one",
    }.get(stall.operation, "Nothing was written")


def test_after_all_that_a_run_that_nobody_disturbs_ends_well(team: Team) -> None:
    deployed = team.start("deploy").end()
    again = team.start("rollback").end()

    assert deployed.outputs["outcome"] == "deployed", deployed.printed
    assert again.outputs["outcome"] == "rolled-back", again.printed


def test_a_container_whose_client_is_killed_without_a_word_comes_to_a_whole_end(
    team: Team,
) -> None:
    team.control("POST", "faults", [{"op": "PublishVersion", "kind": "slow", "seconds": 2}])
    step = team.start("deploy")
    with ended_container(step) as waiting:
        until(lambda: not team.control("GET", "faults")["faults"], step)
        step.process.kill()
        lives_on = step.lives_on
        waiting.wait(60)
    step.end()

    assert lives_on
    assert team.alias() == team.newest()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be a name server")
def test_a_call_that_python_cannot_interrupt_keeps_no_run_alive(
    tmp_path: Path, client: docker.DockerClient
) -> None:
    """The C library looks up a name, takes no notice of signals, and has a minute for it."""
    configuration = tmp_path / "resolv.conf"
    configuration.write_text("nameserver 127.0.0.77\noptions timeout:30 attempts:2\n")
    job = Job(tmp_path / "job")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as name_server:
        name_server.bind(("127.0.0.77", 53))
        name_server.settimeout(30)
        inputs = deploy_inputs("http://aws.example") | {"signer-root": ""}
        step = job.start(inputs, options=("-v", f"{configuration}:/etc/resolv.conf"))
        name_server.recv(512)
        began = time.monotonic()
        step.process.send_signal(signal.SIGINT)
        ended = step.end()
        took_s = time.monotonic() - began

    (told,) = [a for a in ended.annotations if a.level == "error"]
    assert ended.exit_code == 31
    assert took_s < EXIT_S + DOCKER_S
    assert not step.lives_on
    assert told.title.startswith("E-CANCEL-01")
    assert told.message.startswith("the job was cancelled (SIGINT). Run it again")
    assert "What stands: Nothing was written" in told.message


@contextmanager
def ended_container(step: Step) -> Iterator[subprocess.Popen[bytes]]:
    """A process that ends when the container does, whatever became of its client."""
    until(lambda: step.lives_on, step)
    waiting = subprocess.Popen(["docker", "wait", step.name], stdout=subprocess.DEVNULL)
    try:
        yield waiting
    finally:
        step.remove()
        waiting.kill()
        waiting.wait()


def until(happens: Callable[[], bool], step: Step) -> None:
    """Returns when it happens, or fails with what was printed."""
    for _ in range(600):
        if happens():
            return
        time.sleep(0.05)
    pytest.fail("".join(step.printed))
