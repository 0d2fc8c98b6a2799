"""The program as a whole: every command, every kind of end, and never a traceback."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import signed_lambda
from signed_lambda.clock import StopFlag, SystemClock
from signed_lambda.errors import CATALOGUE, DeployError, Problem
from signed_lambda.inputs import COMMANDS
from signed_lambda.main import COMMANDS as BOUND
from signed_lambda.main import SECRETS, main
from tests.support.action import Team, read_outputs
from tests.support.canned import Reply, sts_refused
from tests.support.lying import lying
from tests.support.runner_rules import Console
from tests.unit.aws.local_server import Asked, serving

if TYPE_CHECKING:
    from collections.abc import Callable

    from signed_lambda.cloud import Cloud
    from tests.support.lying import Lie

OUTCOMES = {
    "deploy": "unchanged",
    "plan": "unchanged",
    "rollback": "rolled-back",
    "promote": "promoted",
    "verify": "verified",
    "scan": "scanned",
}
CLASSES = DeployError.__subclasses__()


def test_every_command_is_bound_to_its_function() -> None:
    assert set(BOUND) == set(COMMANDS) == set(OUTCOMES)


@pytest.mark.parametrize("command", OUTCOMES)
def test_every_command_ends_with_its_outcome(team: Team, command: str) -> None:
    if command == "rollback":
        team.deployed()
        team.change_code()
    if command != "scan":
        team.deployed()
    more = {"promote": {"from_alias": "live", "alias": "prod"}, "scan": {"source": "function"}}

    ended = team.run(command, **more.get(command, {}))

    assert (ended.exit_code, ended.outputs["outcome"]) == (0, OUTCOMES[command]), ended.log
    assert ended.report["command"] == command
    assert ended.report["problems"] == []
    assert ended.report["left"] == ""


def raising(error: Exception) -> Callable[[Cloud], Cloud]:
    """A cloud whose first call fails."""

    def fail(_real: Lie, *_args: object) -> object:
        raise error

    return lying(identity=fail)


def told(log: str, exit_code: int, cls: type[DeployError]) -> None:
    """An error is told by its id, what stands, and no traceback."""
    assert exit_code == cls.exit_code
    assert f"E-{cls.area}-" in log
    assert "What stands: Nothing was written" in log
    assert "Traceback" not in log


@pytest.mark.parametrize("cls", CLASSES, ids=lambda c: c.__name__)
def test_every_error_ends_with_its_own_exit_code_and_outcome(
    team: Team, cls: type[DeployError]
) -> None:
    first = next(id_ for id_ in CATALOGUE if id_.split("-")[1] == cls.area)
    team.wrap = raising(cls(Problem(first, "it was wrong", "mend it")))

    ended = team.run()

    told(ended.log, ended.exit_code, cls)
    assert ended.outputs["outcome"] == cls.outcome
    assert ended.error_ids == [first]
    assert ended.writes == []


class OddError(Exception):
    """Something that nobody thought of."""


@pytest.mark.parametrize(
    "error",
    [
        OddError("no idea"),
        KeyError("x"),
        RecursionError("too deep"),
        MemoryError(),
        ZeroDivisionError("by zero"),
        OSError(28, "No space left on device"),
        OddError("two\nlines ::error::forged\n::set-output name=x::y"),
    ],
    ids=lambda e: type(e).__name__,
)
def test_a_mistake_of_ours_is_one_line_with_its_place_and_no_traceback(
    team: Team, error: Exception
) -> None:
    team.wrap = raising(error)

    ended = team.run()

    assert (ended.exit_code, ended.error_ids) == (70, ["E-INTERNAL-01"])
    assert ended.outputs["outcome"] == "failed"
    place = rf"{type(error).__name__} at \w+\.py:\d+, raised in test_main\.py:\d+"
    assert re.search(place, " ".join(ended.log.split()))
    assert "no idea" not in ended.log  # the text of somebody's exception may hold a secret
    assert "Traceback" not in ended.log
    assert 'File "' not in ended.log
    assert "Nothing was written" in ended.report["left"]
    assert not re.search(r"^::(set-output|error::forged)", ended.log, re.MULTILINE)


def test_a_mistake_of_ours_after_a_write_says_how_far_it_came(team: Team) -> None:
    def fail(_real: Lie, *_args: object) -> object:
        raise OddError("no idea")

    team.deployed()
    team.change_code()
    team.wrap = lying(publish=fail)

    ended = team.run()

    assert (ended.exit_code, ended.error_ids) == (70, ["E-INTERNAL-01"])
    assert ended.report["left"] == (
        "Alias 'live' is still at 1; a new version, if there is one, takes no traffic"
    )
    assert ended.report["reach"] == "version"


@pytest.mark.parametrize(
    "environ",
    [{}, {"INPUT_COMMAND": ""}, {"INPUT_COMMAND": "deploy"}, {"INPUT_COMMAND": "nonsense"}],
)
def test_bad_inputs_are_told_before_anything_is_asked(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    (tmp_path / "output").touch()
    out = io.StringIO()

    def connect(*_: object) -> Cloud:
        raise AssertionError("AWS was asked")

    code = main(
        environ | {"GITHUB_WORKSPACE": str(tmp_path), "GITHUB_OUTPUT": str(tmp_path / "output")},
        out,
        connect,
    )

    outputs = read_outputs(tmp_path / "output")
    report = json.loads((tmp_path / outputs["report"]).read_text())
    assert code == 10
    assert outputs["outcome"] == report["outcome"] == "refused"
    assert report["command"] in ("deploy", "nonsense")
    assert report["alias"] == "live"
    assert "E-INPUT-" in out.getvalue()


@pytest.mark.parametrize("text", [None, "no certificate", ""])
def test_a_root_that_cannot_be_read_is_an_input_error(team: Team, text: str | None) -> None:
    if text is not None:
        (team.workspace / "root.pem").write_text(text)

    ended = team.run(signer_root="root.pem")

    assert (ended.exit_code, ended.error_ids) == (10, ["E-INPUT-03"])
    assert "signer-root: 'root.pem' is not a readable PEM certificate" in ended.log
    assert ended.writes == []


def test_every_secret_is_masked_before_anything_else_is_printed(tmp_path: Path) -> None:
    out = io.StringIO()
    values = {name: f"s3cr3t-of-{number}" for number, name in enumerate(SECRETS)}

    main({**values, "GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(tmp_path)}, out)

    lines = out.getvalue().splitlines()
    assert lines[: len(SECRETS)] == [f"::add-mask::{value}" for value in values.values()]
    assert not any("s3cr3t" in line for line in lines[len(SECRETS) :])


def test_the_warning_about_another_endpoint_is_in_the_report(team: Team) -> None:
    ended = team.run("plan")

    assert ended.report["warnings"] == [
        "AWS calls go to http://sandbox.invalid (aws-endpoint-url), not to AWS"
    ]


def test_nothing_private_is_left_in_the_temporary_folder(
    team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = tmp_path / "private"
    private.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(private))

    ended = team.run()

    assert ended.exit_code == 0
    assert list(private.iterdir()) == []


def test_without_credentials_the_real_connection_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environ = {
        "INPUT_COMMAND": "verify",
        "INPUT_FUNCTION-NAME": "orders",
        "INPUT_AWS-REGION": "eu-west-1",
        "GITHUB_WORKSPACE": str(tmp_path),
    }

    code = main(environ, clock=SystemClock(StopFlag()))

    assert code == 13
    assert "E-IDENTITY-01" in capsys.readouterr().out


def test_what_the_real_connection_fetches_is_masked_before_it_is_used(tmp_path: Path) -> None:
    secret, token = "fetched-secret-value", "fetched-session-token"
    members = {
        "AccessKeyId": "ASIA",
        "SecretAccessKey": secret,
        "Token": token,
        "Expiration": "2099-01-01T00:00:00Z",
    }
    out, printed = io.StringIO(), list[str]()

    def answer(asked: Asked) -> Reply:
        if "creds" in asked.line:
            return Reply(json.dumps(members).encode())
        printed.append(out.getvalue())
        return sts_refused("AccessDenied", f"not for {secret} and {token}", 403)

    with serving(answer) as server:
        environ = {
            "INPUT_COMMAND": "verify",
            "INPUT_FUNCTION-NAME": "orders",
            "INPUT_AWS-REGION": "eu-west-1",
            "INPUT_AWS-ENDPOINT-URL": server.url,
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{server.url}/creds",
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(tmp_path),
        }
        main(environ, out, clock=SystemClock(StopFlag()))

    console = Console()
    console.feed(out.getvalue())
    assert printed[0].splitlines()[-2:] == [f"::add-mask::{secret}", f"::add-mask::{token}"]
    assert "not for *** and ***" in " ".join("\n".join(console.log).split())
    assert secret not in str(console.log) + str(console.annotations)


def test_optimised_python_changes_nothing(tmp_path: Path) -> None:
    program = (
        "import sys\nassert not __debug__ or sys.exit(99)\n"
        "from signed_lambda.main import main\nsys.exit(main())\n"
    )
    source = str(Path(signed_lambda.__file__).parents[1])

    done = subprocess.run(
        [sys.executable, "-O", "-c", program],
        env={**os.environ, "PYTHONPATH": source, "GITHUB_WORKSPACE": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 10, done.stderr
    assert "E-INPUT-" in done.stdout
    assert done.stderr == ""
