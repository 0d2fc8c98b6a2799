"""One team's world for tests: a sandbox with its estate, a workspace, and runs of the action.

The action runs as in the image: environment in; exit code, outputs, report and log out. Only its
AWS is the sandbox in this process, and its clock is virtual.
"""

from __future__ import annotations

import io
import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lambda_sandbox import Sandbox
from lambda_sandbox.estate import first_code, make_estate
from signed_lambda.main import main
from tests.support.aws import SandboxFetch, aws_over, shared_clients
from tests.support.lanes import OneByOne
from tests.support.port import on_a_port
from tests.support.runner_rules import Console, read_pairs, unfolded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from concurrent.futures import Executor
    from pathlib import Path

    from lambda_sandbox.calls import Call
    from lambda_sandbox.estate import Estate
    from signed_lambda.clock import Deadline
    from signed_lambda.cloud import Cloud
    from signed_lambda.inputs import Inputs
    from signed_lambda.privileges import Owner
    from signed_lambda.signals import StopFlag

SOURCE = {
    "app.py": "from greet import hello\n\n\ndef handler(event, context):\n"
    "    return hello(event)\n",
    "greet.py": "def hello(event):\n    return {'hello': event}\n",
    "data/words.txt": "what runs is what was reviewed\n",
}


@dataclass(frozen=True)
class Ended:
    """How a run of the action ended.

    Attributes:
        outputs: As the runner would read them from GITHUB_OUTPUT.
        report: The JSON report; empty where it could not be written.
        console: What GitHub's runner makes of the log.
        calls: What reached AWS during the run.
    """

    exit_code: int
    outputs: Mapping[str, str]
    report: Mapping[str, Any]
    log: str
    console: Console
    summary: str
    calls: tuple[Call, ...]

    @property
    def error_ids(self) -> list[str]:
        """Ids of the problems told."""
        return [p["id"] for p in self.report.get("problems", ())]

    @property
    def writes(self) -> list[str]:
        """Operations that changed something."""
        return [c.operation for c in self.calls if c.write and c.status < 400]


class Team:
    """The world."""

    def __init__(
        self,
        folder: Path,
        *,
        seed: int = 0,
        variables: Mapping[str, str] | None = None,
        sandbox: Sandbox | None = None,
    ) -> None:
        """Makes it.

        Args:
            folder: Private to the test.
            seed: Of the sandbox.
            variables: Environment of the function; two when None.
            sandbox: Its account, still empty; a new one when None.
        """
        self.sandbox = sandbox or Sandbox(seed=seed)
        self.workspace = folder / "workspace"
        self.folder = folder
        self.runs = 0
        self.wrap: Callable[[Cloud], Cloud] = lambda cloud: cloud
        self.connect_error: Exception | None = None
        self.owner: Owner | None = None
        self.stop: StopFlag | None = None
        self.lanes: Callable[[], Executor] = OneByOne
        self.more: dict[str, str] = {}
        self.endpoint = ""
        self._attach()
        self.estate: Estate = make_estate(
            self.client,
            sleep=self.sandbox.clock.sleep,
            environment=variables,
            region=self.sandbox.world.region,
        )
        self.write_source(SOURCE)
        (self.workspace / "signer-root.pem").write_bytes(self.sandbox.signer_root_pem)

    @contextmanager
    def on_a_port(self) -> Iterator[None]:
        """Serves the sandbox: the action then makes its own clients, with its own credentials."""
        with on_a_port(self.sandbox) as url:
            self.endpoint = url
            try:
                yield
            finally:
                self.endpoint = ""

    def client(self, service: str) -> Any:  # noqa: ANN401 - of any service
        """A boto3 client of the sandbox, for arranging and asserting."""
        clients = shared_clients(self.sandbox.world.region)
        known = {"lambda": clients.lambda_, "s3": clients.s3, "signer": clients.signer}
        return known[service]

    def write_source(self, files: Mapping[str, str]) -> None:
        """Writes the function's files."""
        for name, text in files.items():
            path = self.workspace / "function" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def change_code(self, text: str = "changed") -> None:
        """Changes one file of the function."""
        self.write_source({"data/words.txt": f"{text}\n"})

    def run(
        self, command: str = "deploy", *, env: Mapping[str, str] | None = None, **inputs: str
    ) -> Ended:
        """Runs the action; inputs by their names with "_" for "-"; "" leaves one out."""
        self.runs += 1
        folder = self.folder / f"run-{self.runs}"
        folder.mkdir()
        environment = self.environment(command, folder, inputs) | self.more | dict(env or {})
        begun, out = len(self.sandbox.calls), io.StringIO()
        self._attach()
        code = main(
            environment,
            out,
            None if self.endpoint else self._connect,
            self.sandbox.clock,
            stop=self.stop,
            owner_of=lambda _: self.owner,
            lanes=self.lanes,
        )
        outputs = read_outputs(folder / "output")
        report = outputs["report"] and (self.workspace / outputs["report"]).read_text("utf-8")
        console = Console()
        console.feed(out.getvalue())
        unfolded(console.log)
        assert not console.stopped
        assert console.refused == []
        return Ended(
            exit_code=code,
            outputs=outputs,
            report=json.loads(report) if report else {},
            log=out.getvalue(),
            console=console,
            summary=(folder / "summary").read_text(encoding="utf-8"),
            calls=tuple(self.sandbox.calls[begun:]),
        )

    def deployed(self, **inputs: str) -> Ended:
        """A deploy that must succeed, to start from."""
        ended = self.run(**inputs)
        assert ended.exit_code == 0, ended.log
        return ended

    def another_function(self, name: str) -> None:
        """A further function, made and guarded as the first one."""
        client = self.client("lambda")
        client.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role="arn:aws:iam::111122223333:role/orders",
            Handler="app.handler",
            Code={"ZipFile": first_code()},
            Timeout=3,
            MemorySize=128,
        )
        self.sandbox.clock.sleep(5)
        client.put_function_code_signing_config(
            FunctionName=name, CodeSigningConfigArn=self.estate.code_signing_config_arn
        )

    def alias(self, name: str = "live") -> Mapping[str, Any] | None:
        """The alias as Lambda answers it, None when it does not exist."""
        client = self.client("lambda")
        try:
            answer = client.get_alias(FunctionName=self.estate.function, Name=name)
        except client.exceptions.ResourceNotFoundException:
            return None
        return {k: v for k, v in answer.items() if k != "ResponseMetadata"}

    def versions(self) -> list[tuple[str, str]]:
        """Number and CodeSha256 of each published version."""
        answer = self.client("lambda").list_versions_by_function(FunctionName=self.estate.function)
        return [
            (v["Version"], v["CodeSha256"]) for v in answer["Versions"] if v["Version"] != "$LATEST"
        ]

    def environment(self, command: str, folder: Path, inputs: Mapping[str, str]) -> dict[str, str]:
        """The environment of a run whose files are in the folder; see `run` for the inputs."""
        given = {
            "command": command,
            "function-name": self.estate.function,
            "aws-region": self.sandbox.world.region,
            "aws-endpoint-url": self.endpoint or "http://sandbox.invalid",
            "signer-root": "signer-root.pem",
            "comment": "off",
        }
        if command in ("deploy", "plan"):
            given |= {
                "source": "function",
                "bucket": self.estate.bucket,
                "signing-profile": self.estate.profile,
            }
        given |= {name.replace("_", "-"): value for name, value in inputs.items()}
        for name in ("output", "summary"):
            (folder / name).touch()
        if not (folder / "event.json").exists():
            (folder / "event.json").write_text("{}")
        return {f"INPUT_{k.upper()}": v for k, v in given.items() if v} | {
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(self.workspace),
            "GITHUB_OUTPUT": str(folder / "output"),
            "GITHUB_STEP_SUMMARY": str(folder / "summary"),
            "GITHUB_REPOSITORY": "acme/orders",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_EVENT_NAME": "push",
            "GITHUB_EVENT_PATH": str(folder / "event.json"),
            "GITHUB_RUN_ID": str(1000 + self.runs),
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_SHA": f"{self.runs:040x}",
        }

    def _attach(self) -> None:
        clock = self.sandbox.clock
        aws_over(
            self.sandbox.before_send, clock=clock, fetch=SandboxFetch(self.sandbox), deadline=None
        )

    def _connect(self, _inputs: Inputs, deadline: Deadline, say: Callable[[str], None]) -> Cloud:
        if self.connect_error is not None:
            raise self.connect_error
        return self.wrap(
            aws_over(
                self.sandbox.before_send,
                clock=deadline.clock,
                fetch=SandboxFetch(self.sandbox),
                deadline=deadline,
                say=say,
                region=self.sandbox.world.region,
            )
        )


def read_outputs(path: Path) -> dict[str, str]:
    """Outputs by the runner's rules."""
    return read_pairs(path.read_text(encoding="utf-8"))
