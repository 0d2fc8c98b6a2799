"""Every bad input: the whole action is run on it, and what it told and wrote is looked at.

Real boto3 over a socket to the sandbox, a stand-in for GitHub's API over another, the runner's
files and its reading of the log. Secrets are planted everywhere, in each case.
"""

from __future__ import annotations

import json
import re
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest

from signed_lambda.signals import StopFlag
from tests.badinputs import acts, makers
from tests.badinputs.acts import World
from tests.badinputs.case import CASES, Case
from tests.badinputs.message import message_of
from tests.support.action import Team
from tests.support.canaries import IN_FILES, IN_THE_FUNCTION, IN_THE_JOB, PLANTED, presigned
from tests.support.github_server import BOT
from tests.support.project import MERGED
from tests.support.sinks import secrets_shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lambda_sandbox.calls import Call
    from tests.support.action import Ended
    from tests.support.github_server import GitHubServer

HEAD = "e" * 40
FILES = {
    "function/settings.py": 'PASSWORD = "{}"\n',
    "function/.env": "PASSWORD={}\n",
    "template.yaml": "Parameters:\n  Password:\n    Default: {}\nResources: {{}}\n",
}
REACHES = {"nothing": 0, "artefacts": 1, "latest": 2, "version": 3, "alias": 4}


@pytest.fixture
def folder() -> Iterator[Path]:
    """Beside pytest's folders, which are private to root, and with a path of one length.

    It stands in messages that are wrapped, and one case enters it as another user.
    """
    with TemporaryDirectory(prefix="w-") as name:
        yield Path(name)


@pytest.fixture
def world(folder: Path, github: GitHubServer, monkeypatch: pytest.MonkeyPatch) -> World:
    """A team, a merged pull request that waits to be deployed, and canaries everywhere."""
    variables = {name: c.value for name, c in IN_THE_FUNCTION.items()}
    team = Team(folder, variables=variables)
    for name, form in FILES.items():
        (team.workspace / name).write_text(form.format(IN_FILES[name].value))
    github.users = {IN_THE_JOB["INPUT_GITHUB-TOKEN"].value: BOT}
    merged = {"state": "closed", "merged_at": "2026-11-22T08:59:00Z", "merge_commit_sha": MERGED}
    github.commits[MERGED] = [github.pull(7, head=_side(HEAD), **merged)]
    team.stop = stop = StopFlag()
    return World(team, github, stop, ExitStack(), monkeypatch)


def _side(sha: str, name: str = "acme/orders", ref: str = "fix") -> dict[str, Any]:
    return {"ref": ref, "sha": sha, "repo": {"full_name": name, "owner": {"login": name[:4]}}}


def _event(case: Case) -> tuple[str, dict[str, Any], str]:
    """Name of the event that started the workflow, its payload, and the ref."""
    fork = "mallory/orders" if case.event in ("fork", "workflow_run") else "acme/orders"
    pull = {"number": 7, "head": _side(HEAD, fork), "base": _side("0" * 40, ref="main")}
    if case.event in ("pull_request", "fork"):
        return "pull_request", {"pull_request": pull}, "refs/pull/7/merge"
    if case.event == "pull_request_target":
        return case.event, {"pull_request": pull}, "refs/heads/main"
    if case.event == "workflow_run":
        begun_by = {
            "event": "pull_request",
            "head_sha": HEAD,
            "head_branch": "fix",
            "head_repository": {"full_name": fork, "owner": {"login": "mallory"}},
        }
        return case.event, {"workflow_run": begun_by}, "refs/heads/main"
    return case.event, {}, "refs/heads/main"


def _environment(case: Case, world: World) -> dict[str, str]:
    """Of the job: what started it, where GitHub is, secrets, and what the case adds."""
    name, payload, ref = _event(case)
    event = world.team.folder / "event-of-the-case.json"
    if not any(maker == "event" for maker, _ in case.make):
        event.write_text(json.dumps(payload))
    return {
        **{name: c.value for name, c in IN_THE_JOB.items() if not name.startswith("INPUT_")},
        "RUNNER_DEBUG": "1",
        "GITHUB_API_URL": world.github.url,
        "GITHUB_EVENT_NAME": name,
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_REF": ref,
        "GITHUB_SHA": MERGED,
    } | {**case.environment, **world.environment}


def _do(world: World, name: str, argument: object, _: object) -> None:
    """An act, in the thread of the sandbox: what goes wrong there, the test must hear of."""
    try:
        getattr(acts, name)(world, argument)
    except Exception as error:
        world.failed.append(f"{name}: {error!r}")
        raise


def run(case: Case, world: World) -> Ended:
    """Makes the case's world, and runs the whole action in it."""
    team = world.team
    for name, argument in case.given:
        getattr(acts, name)(world, argument)
    for path, content in case.files.items():
        target = team.workspace / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
    for name, argument in case.make:
        getattr(makers, name)(team.workspace, argument)
    for operation, nth, (name, argument) in case.meanwhile:
        team.sandbox.before(operation, partial(_do, world, name, argument), nth)
    for fault in case.faults:
        team.sandbox.faults.add(**fault)
    for fault in case.github:
        world.github.fail(**fault)
    given = {"comment": "update", "github_token": IN_THE_JOB["INPUT_GITHUB-TOKEN"].value}
    given |= {name.replace("-", "_"): value or "" for name, value in case.inputs.items()}
    given |= world.inputs
    command = given.pop("command", case.command)
    with team.on_a_port(), world.surroundings as inside:
        for enter in world.during:
            inside.enter_context(enter())
        return team.run(command, env=_environment(case, world), **given)


def level_of(ended: Ended, others: Sequence[Call] = ()) -> str:
    """How far the run's writes came, by the sandbox's log alone: never by what the run says."""
    foreign = set(map(id, others))
    sent = [c for c in ended.calls if c.write and id(c) not in foreign]
    if not sent:
        return "U0"
    level = 1
    for call in sent:
        assert call.service in ("s3", "signer", "lambda")
        if call.service == "lambda" and call.error is None:
            name = str(call.params.get("Name", ""))
            on_alias = call.operation in ("CreateAlias", "UpdateAlias")
            moved = 4 if on_alias and not name.startswith("HASH-") else 3
            level = max(level, 2 if call.operation == "UpdateFunctionCode" else moved)
    return f"U{level}"


def judge_level(case: Case, ended: Ended, world: World) -> None:
    """The level is the expected one, and the report's own account of it is no kinder."""
    level = level_of(ended, world.others)
    if case.level == "done":
        assert ended.exit_code == 0
        return
    assert level == case.level
    if (case.level, case.exit) == ("U4", 0):
        assert world.github.comments == []
    if ended.exit_code and ended.report:
        assert REACHES[ended.report["reach"]] >= int(level[1])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.folder.name)
def test_a_bad_input_is_told_as_it_should_be_and_writes_no_more_than_it_may(
    case: Case, world: World, *, refresh: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    ended = run(case, world)

    streams = capfd.readouterr()
    message = message_of(ended, world.team.folder)
    if refresh:
        case.message.write_text(message, encoding="utf-8")
    assert world.failed == []
    assert (ended.exit_code, tuple(ended.error_ids)) == (case.exit, case.ids), ended.log
    assert ended.outputs["outcome"] == case.outcome
    judge_level(case, ended, world)
    assert message == case.message.read_text("utf-8")
    assert (streams.out, streams.err) == ("", "")
    assert "Traceback" not in ended.log
    shown = secrets_shown(world.team, ended, PLANTED, github=world.github)
    assert shown == []


def test_the_canaries_are_where_secrets_would_be(world: World) -> None:
    case = Case(folder=CASES[0].folder, why="none", level="done", exit=0)

    ended = run(case, world)

    token = IN_THE_JOB["INPUT_GITHUB-TOKEN"].value
    variables = world.version("1").configuration["Environment"]["Variables"]
    packed = {path: (world.team.workspace / path).read_text("utf-8") for path in IN_FILES}
    masked = {line for line in ended.log.split("\n") if line.startswith("::add-mask::")}
    assert ended.exit_code == 0, ended.log
    assert {s.headers["authorization"] for s in world.github.seen} == {f"token {token}"}
    assert [name for name, c in IN_THE_FUNCTION.items() if variables[name] != c.value] == []
    assert [path for path, c in IN_FILES.items() if c.value not in packed[path]] == []
    assert len(world.team.sandbox.presigned_urls) == 1
    assert len(world.github.comments) == 1
    assert masked == {
        f"::add-mask::{c.value}"
        for c in (*IN_THE_JOB.values(), *presigned(world.team.sandbox.presigned_urls))
        if c.maskable
    }


def test_every_case_has_a_folder_of_its_own_number() -> None:
    numbers = [re.match(r"(\d{3})-[a-z0-9-]+$", case.folder.name) for case in CASES]

    assert all(numbers)
    assert len({match[1] for match in numbers if match}) == len(CASES)


def test_there_are_at_least_130_cases_and_each_row_of_the_list_has_one() -> None:
    assert len(CASES) >= 130
    assert {case.row for case in CASES} == set(range(101))
