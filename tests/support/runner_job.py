"""A step of a job on the real Docker engine, as GitHub's runner runs a container action.

Mounts, environment by name, HOME, file commands, both streams parsed, and the end of a cancelled
step; what it all means is in `runner_rules`.

Source: actions/runner 2.336.0, src/Runner.Worker/Handlers/ContainerActionHandler.cs,
Container/DockerCommandManager.cs (DockerRun), src/Runner.Sdk/ProcessInvoker.cs
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import yaml

from tests.support.action import SOURCE
from tests.support.docker_engine import IMAGE, ROOT
from tests.support.runner_rules import Console, inputs_of, read_pairs, read_summary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.runner_rules import Shown

TOKEN: Final = "ghs_token-of-the-job-0123456789"
JOB_SECRETS: Final = {
    "ACTIONS_RUNTIME_TOKEN": "runtime-token-of-the-job",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "oidc-request-token-of-the-job",
}
AWS: Final = {
    "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalr/secret+of/the+job",
}
FOLDERS: Final = {
    "home": "_github_home",
    "workflow": "_github_workflow",
    "file_commands": "_runner_file_commands",
}
FILES: Final = {
    "GITHUB_OUTPUT": "set_output",
    "GITHUB_ENV": "set_env",
    "GITHUB_STATE": "save_state",
    "GITHUB_PATH": "add_path",
    "GITHUB_STEP_SUMMARY": "step_summary",
}
SOCKET: Final = Path("/var/run/docker.sock")
PERSON: Final = 1001
"""The user who runs GitHub's runner, and to whom the workspace belongs."""
SIGINT_S: Final = 7.5
SIGTERM_S: Final = 2.5
"""How long a cancelled step may go on after each signal; then the docker client is killed."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a step ended, as GitHub shows it.

    Attributes:
        conclusion: "success" or "failure".
        log: Of the job's page, see `Console`.
        printed: As it was printed, secrets and all.
        faults: What failed the step besides the exit code: a command, a file.
        notes: What the runner says of the step besides.
        strangers: Files in the workspace that its owner could not delete.
    """

    exit_code: int
    conclusion: str
    console: Console
    printed: str
    outputs: Mapping[str, str]
    env: Mapping[str, str]
    summary: str
    faults: tuple[str, ...]
    notes: tuple[str, ...]
    strangers: tuple[str, ...]

    @property
    def log(self) -> list[str]:
        """Of the job's page."""
        return self.console.log

    @property
    def annotations(self) -> list[Shown]:
        """As GitHub shows them."""
        return self.console.annotations

    @property
    def shown(self) -> str:
        """Everything that people can see."""
        told = (self.summary, *map(str, self.annotations), *self.outputs.values())
        return "\n".join((*self.log, *told))


@dataclass
class Step:
    """A step that runs."""

    job: Job
    name: str
    process: subprocess.Popen[bytes]
    console: Console
    files: Mapping[str, Path]
    notes: tuple[str, ...]
    printed: list[str] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _readers: list[threading.Thread] = field(default_factory=list)

    def listen(self) -> None:
        """Reads both streams as they come."""
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            reader = threading.Thread(target=self._read, args=(stream,))
            reader.start()
            self._readers.append(reader)

    def _read(self, stream: IO[bytes]) -> None:
        with stream:
            for line in stream:
                with self._changed:
                    self.printed.append(line.decode("utf-8", "replace"))
                    self.console.feed(self.printed[-1])
                    self._changed.notify_all()

    def wait_for(self, text: str, timeout_s: float = 60.0) -> None:
        """Returns once a line of the log holds the text."""
        with self._changed:
            seen = self._changed.wait_for(
                lambda: any(text in line for line in self.console.log), timeout_s
            )
        assert seen, f"{text!r} was not printed in time:\n" + "".join(self.printed)

    def cancel(self, sigint_s: float = SIGINT_S, sigterm_s: float = SIGTERM_S) -> Ended:
        """Cancels the job: SIGINT, SIGTERM, then the docker client is killed."""
        for number, patience_s in ((signal.SIGINT, sigint_s), (signal.SIGTERM, sigterm_s)):
            self.process.send_signal(number)
            try:
                self.process.wait(patience_s)
                break
            except subprocess.TimeoutExpired:
                continue
        else:
            self.process.kill()
        return self.end()

    @property
    def lives_on(self) -> bool:
        """Whether the container still runs; killing the client does not end it."""
        listed = subprocess.run(
            ["docker", "ps", "-q", "--filter", f"name={self.name}"],
            check=True,
            capture_output=True,
        )
        return bool(listed.stdout)

    def remove(self) -> None:
        """Ends the container, if it lives on."""
        subprocess.run(["docker", "rm", "-f", self.name], check=False, capture_output=True)

    def end(self) -> Ended:
        """Waits for the end, and does with the step's files what the runner does."""
        code = self.process.wait(120)
        for reader in self._readers:
            reader.join(10)
        faults = list(self.console.refused)
        pairs: dict[str, dict[str, str]] = {}
        for name in ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_STATE"):
            try:
                pairs[name] = read_pairs(self.files[name].read_text("utf-8", "replace"))
            except ValueError as error:
                faults.append(f"{name}: {error}")
        summary, note = read_summary(self.files["GITHUB_STEP_SUMMARY"].read_bytes())
        return Ended(
            exit_code=code,
            conclusion="failure" if code or faults else "success",
            console=self.console,
            printed="".join(self.printed),
            outputs={**self.console.outputs, **pairs.get("GITHUB_OUTPUT", {})},
            env=pairs.get("GITHUB_ENV", {}),
            summary=self.console.masked(summary),
            faults=tuple(faults),
            notes=(*self.notes, *([note] if note else ())),
            strangers=self.job.strangers(),
        )


class Job:
    """A job on a runner: its folders, and the steps that run the action in them.

    Attributes:
        of_root: Files in the workspace that an earlier container action left behind.
    """

    def __init__(
        self, folder: Path, *, image: str = IMAGE, network: str = "host", owner: int = PERSON
    ) -> None:
        """Makes the folders, with a function's source as if it was checked out.

        Args:
            folder: Private to the test.
            image: Built from the action's Dockerfile before.
            network: GitHub makes one for each job; "host" reaches the sandbox.
            owner: To whom the workspace belongs, where the test is root.
        """
        self._owner = owner
        self.of_root: list[Path] = []
        self.temp, self.workspace = folder / "_temp", folder / "workspace"
        self._image = image
        self._network = network
        for path in (self.workspace, *(self.temp / name for name in FOLDERS.values())):
            path.mkdir(parents=True)
        for name, text in SOURCE.items():
            path = self.workspace / "function" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        self.event = self.temp / FOLDERS["workflow"] / "event.json"
        self.event.write_text("{}")

    @property
    def home(self) -> Path:
        """Mounted as the action's HOME."""
        return self.temp / FOLDERS["home"]

    def _give_away(self) -> None:
        """Makes everything in the workspace the runner's user's, if we are root.

        The group is Docker's, as on GitHub's own runners.
        Source: https://github.com/actions/runner/issues/1282
        """
        if os.geteuid() == 0:
            docker = SOCKET.stat().st_gid
            for path in (self.workspace, *self.workspace.rglob("*")):
                os.lchown(path, self._owner, docker)
            for path in self.of_root:
                os.lchown(path, 0, 0)

    def strangers(self) -> tuple[str, ...]:
        """What in the workspace belongs to another than its owner."""
        owner = self.workspace.stat().st_uid
        return tuple(
            path.relative_to(self.workspace).as_posix()
            for path in sorted(self.workspace.rglob("*"))
            if path.lstat().st_uid != owner
        )

    def run(
        self,
        inputs: Mapping[str, str],
        env: Mapping[str, str] | None = None,
        *,
        event_name: str = "push",
        options: tuple[str, ...] = (),
    ) -> Ended:
        """Runs the action to its end; see `start`."""
        return self.start(inputs, env, event_name=event_name, options=options).end()

    def start(
        self,
        inputs: Mapping[str, str],
        env: Mapping[str, str] | None = None,
        *,
        event_name: str = "push",
        entrypoint: str = "",
        arguments: tuple[str, ...] = (),
        options: tuple[str, ...] = (),
    ) -> Step:
        """Starts the action.

        Args:
            inputs: `with:`; the others get their defaults from action.yml.
            env: `env:` of the job and the step; wins over nothing that the runner sets.
            event_name: What started the workflow.
            entrypoint: Another program than the image's, to try the runner itself.
            arguments: For that program.
            options: More options of `docker run`, as a runner of one's own may set them.
        """
        action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
        self._give_away()
        variables, unknown, missing = inputs_of(action["inputs"], inputs, TOKEN)
        files = {}
        for variable, prefix in FILES.items():
            files[variable] = self.temp / FOLDERS["file_commands"] / f"{prefix}_{uuid.uuid4()}"
            files[variable].touch()
        environment = {
            **AWS,
            **(env or {}),
            **variables,
            **self._context(event_name),
            **{name: f"/github/file_commands/{path.name}" for name, path in files.items()},
        }
        name = f"step_{uuid.uuid4().hex[:12]}"
        command = self._docker_run(name, environment, entrypoint)
        console = Console()
        for secret in (TOKEN, *JOB_SECRETS.values()):
            console.hide(secret)
        notes = [f"Unexpected input(s) '{n}'" for n in unknown]
        notes += [f"Input required and not supplied: {n}" for n in missing]
        process = subprocess.Popen(
            [*command, *options, self._image, *arguments],
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        step = Step(self, name, process, console, files, tuple(notes))
        step.listen()
        return step

    def _docker_run(self, name: str, environment: Mapping[str, str], entrypoint: str) -> list[str]:
        """The command line: values reach the container by the client's own environment."""
        mounts = {
            str(SOCKET): str(SOCKET),
            str(self.temp): "/github/runner_temp",
            **{str(self.temp / kept): f"/github/{seen}" for seen, kept in FOLDERS.items()},
            str(self.workspace): "/github/workspace",
        }
        return [
            *("docker", "run", "--name", name, "--label", "runner", "--rm"),
            *("--workdir", "/github/workspace"),
            *(word for variable in environment for word in ("-e", variable)),
            *("-e", "GITHUB_ACTIONS=true", "-e", "CI=true"),
            *(("--entrypoint", entrypoint) if entrypoint else ()),
            *("--network", self._network),
            *(word for here, there in mounts.items() for word in ("-v", f"{here}:{there}")),
        ]

    @staticmethod
    def _context(event_name: str) -> dict[str, str]:
        """What the runner itself sets, last."""
        return {
            "HOME": "/github/home",
            "GITHUB_ACTION": "deploy",
            "GITHUB_ACTOR": "dev-anna",
            "GITHUB_TRIGGERING_ACTOR": "dev-anna",
            "GITHUB_API_URL": "https://api.github.com",
            "GITHUB_EVENT_NAME": event_name,
            "GITHUB_EVENT_PATH": "/github/workflow/event.json",
            "GITHUB_GRAPHQL_URL": "https://api.github.com/graphql",
            "GITHUB_JOB": "deploy",
            "GITHUB_REF": "refs/heads/main",
            "GITHUB_REPOSITORY": "acme/orders",
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_RUN_ID": "1658821493",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_SHA": "a" * 40,
            "GITHUB_WORKFLOW": "deploy",
            "GITHUB_WORKSPACE": "/github/workspace",
            "RUNNER_ARCH": "X64",
            "RUNNER_OS": "Linux",
            "RUNNER_TEMP": "/github/runner_temp",
            "ACTIONS_RUNTIME_URL": "http://127.0.0.1:9/",
            "ACTIONS_ID_TOKEN_REQUEST_URL": "http://127.0.0.1:9/token?api-version=2.0",
            **JOB_SECRETS,
        }
