"""The program as a whole: every command, every kind of end, and never a traceback."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import signed_lambda
from signed_lambda.clock import SystemClock
from signed_lambda.dispatch import COMMANDS as BOUND
from signed_lambda.errors import CATALOGUE, DeployError, Problem, RootError
from signed_lambda.inputs import COMMANDS
from signed_lambda.main import SECRETS, _loading, main
from signed_lambda.privileges import Owner, WithoutRoot
from signed_lambda.signals import StopFlag
from tests.support.action import Team, read_outputs
from tests.support.canned import Reply, sts_refused
from tests.support.lying import lying
from tests.support.runner_rules import Console
from tests.unit.aws.local_server import Asked, serving

if TYPE_CHECKING:
    from collections.abc import Callable

    from signed_lambda.cloud import Cloud
    from tests.support.lying import Lie

PACKING = ("deploy", "plan", "scan")
OUTCOMES = {
    "deploy": "unchanged",
    "plan": "unchanged",
    "rollback": "rolled-back",
    "promote": "promoted",
    "verify": "verified",
    "history": "listed",
    "lock": "unchanged",
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


@pytest.mark.parametrize("command", ["deploy", "plan", "verify"])
@pytest.mark.parametrize("text", [None, "no certificate", ""])
def test_a_root_that_cannot_be_read_is_an_input_error(
    team: Team, text: str | None, command: str
) -> None:
    if text is not None:
        (team.workspace / "root.pem").write_text(text)

    ended = team.run(command, signer_root="root.pem")

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


class Watched(Owner):
    """An owner of the workspace that only tells when it was to be become, and perhaps refuses."""

    def __init__(self, happened: list[str], error: RootError | None = None) -> None:
        super().__init__(1001)
        object.__setattr__(self, "happened", happened)
        object.__setattr__(self, "error", error)

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """Any."""
        with tempfile.TemporaryDirectory() as name:
            yield Path(name)

    def become(self, made: Iterable[Path] = ()) -> WithoutRoot:
        """Tells it."""
        self.happened.append("root given up" if self.error is None else "root kept")
        self.happened.extend(path.suffix for path in made)
        if self.error is not None:
            raise self.error
        return WithoutRoot(user=1001, sockets=())


@pytest.fixture
def happened(team: Team) -> Iterator[list[str]]:
    """What happened in the team's runs: requests to AWS and GitHub, and root given up."""
    events: list[str] = []

    def aws(cloud: Cloud) -> Cloud:
        events.append("aws")
        return cloud

    def github(_asked: Asked) -> Reply:
        events.append("github")
        return Reply(b"{}", status=404)

    team.wrap = aws
    with serving(github) as server:
        team.more = {
            "GITHUB_API_URL": server.url,
            "INPUT_GITHUB-TOKEN": "t",
            "INPUT_PR-NUMBER": "7",
        }
        yield events


@pytest.mark.parametrize(
    ("command", "inputs", "exit_code"),
    [
        ("deploy", {}, 0),
        ("plan", {}, 0),
        ("deploy", {"require_reviewed": "true"}, 36),
        ("deploy", {"source": "gone"}, 11),
        ("deploy", {"smoke_event": "gone.json"}, 25),
        ("rollback", {}, 18),
        ("verify", {}, 35),
        ("scan", {"source": "function"}, 0),
        ("scan", {"source": "gone"}, 11),
    ],
)
def test_root_is_given_up_before_the_network_whatever_happens(
    team: Team, happened: list[str], command: str, inputs: dict[str, str], exit_code: int
) -> None:
    team.owner = Watched(happened)

    ended = team.run(command, comment="update", **inputs)

    assert ended.exit_code == exit_code, ended.log
    assert happened[0] == "root given up"
    assert happened.count("root given up") == 1
    assert "github" in happened  # the comment
    assert (".zip" in happened) == (command in PACKING and "gone" not in str(inputs))


def test_no_thread_that_root_began_outlives_what_it_was_begun_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would keep what the process gives up: no_new_privs is each thread's own."""
    (tmp_path / "slow_to_load.py").write_text("import threading\nthreading.Event().wait(0.1)\n")
    monkeypatch.syspath_prepend(tmp_path)

    with _loading("slow_to_load"):
        begun = [t.name for t in threading.enumerate()]
    left = [t.name for t in threading.enumerate()]

    assert "loading" in begun
    assert "loading" not in left
    assert "slow_to_load" in sys.modules


def test_a_run_with_bad_inputs_gives_root_up_before_it_writes_the_report(
    team: Team, happened: list[str]
) -> None:
    team.owner = Watched(happened)

    ended = team.run("nonsense")

    assert (ended.exit_code, happened) == (10, ["root given up"])


@pytest.mark.parametrize(("command", "ids"), [("deploy", 1), ("scan", 1), ("nonsense", 2)])
def test_root_that_cannot_be_given_up_says_nothing_to_the_network(
    team: Team, happened: list[str], command: str, ids: int
) -> None:
    team.owner = Watched(happened, RootError.of("E-ROOT-01", "root was kept", "grant SETUID"))

    ended = team.run(command, comment="update", source="function")

    assert ended.exit_code == (37 if ids == 1 else 10)
    assert ended.error_ids[-1] == "E-ROOT-01"
    whole = "Nothing was written; every alias and version is as it was"
    assert ended.report["left"] == ("A review writes nothing" if command == "scan" else whole)
    assert not {"aws", "github"}.intersection(happened)


def test_what_the_runner_masks_from_the_start_is_not_even_printed_to_mask_it(
    tmp_path: Path,
) -> None:
    out = io.StringIO()
    known = {"ACTIONS_RUNTIME_TOKEN": "0123456789a", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "9876543210"}

    main({**known, "GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(tmp_path)}, out)

    assert not any(value in out.getvalue() for value in known.values())


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
