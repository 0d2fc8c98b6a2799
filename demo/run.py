"""`make demo`: the main job, end to end, on the embedded sandbox; no AWS account, no network.

Runs the action's own program as the image does, only that its AWS is lambda_sandbox in this
process: the real boto3, real signatures by a throw-away CA, AWS's measured semantics.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import sys
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src")]

import botocore.session  # noqa: E402

from lambda_sandbox import Sandbox  # noqa: E402
from lambda_sandbox.estate import make_estate  # noqa: E402
from signed_lambda.aws import Aws, make_clients  # noqa: E402
from signed_lambda.cloud import Download  # noqa: E402
from signed_lambda.main import main  # noqa: E402
from signed_lambda.model import Sha256  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambda_sandbox.estate import Estate
    from signed_lambda.clock import Deadline
    from signed_lambda.inputs import Inputs

OUTPUT = ROOT / "demo-output"
RULE = "=" * 96


class Demo:
    """One workspace, one sandbox, and runs of the action in them, one after the other."""

    def __init__(self) -> None:
        self.sandbox = Sandbox(seed=1)
        self.estate: Estate = make_estate(
            self.sandbox.session().client, sleep=self.sandbox.clock.sleep, function="greeter"
        )
        self.run_number = 0
        shutil.rmtree(OUTPUT, ignore_errors=True)
        shutil.copytree(ROOT / "demo" / "function", OUTPUT / "function")
        shutil.copy(ROOT / "demo" / "smoke.json", OUTPUT)
        (OUTPUT / "signer-root.pem").write_bytes(self.sandbox.signer_root_pem)

    def run(self, title: str, expect: str, **inputs: str) -> None:
        """Runs the action once and checks that it ended as the title promises.

        Raises:
            SystemExit: It did not: the demo has failed.
        """
        self.run_number += 1
        print(f"\n{RULE}\n{self.run_number}. {title}\n{RULE}")
        writes = len(self.sandbox.writes())
        code = main(self._environment(inputs), sys.stdout, self._connect, self.sandbox.clock)
        made = len(self.sandbox.writes()) - writes
        report = json.loads(self._report(inputs).read_text(encoding="utf-8"))
        print(f"-- exit code {code}, {made} write calls, alias 'live' is at {self._live()}")
        if report["outcome"] != expect:
            raise SystemExit(f"the demo failed: outcome {report['outcome']}, expected {expect}")

    def change(self, old: str, new: str) -> None:
        """Edits the sample function."""
        file = OUTPUT / "function" / "app.py"
        file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")

    def show_comment(self) -> None:
        """Prints the pull-request comment of the last deploy."""
        comment = self._report({}).with_suffix(".md")
        print(f"\n{RULE}\nThe pull-request comment of run {self.run_number}, {comment}\n{RULE}")
        print(comment.read_text(encoding="utf-8"))

    def _environment(self, inputs: dict[str, str]) -> dict[str, str]:
        command = inputs.get("command", "deploy")
        given = {
            "command": command,
            "function-name": self.estate.function,
            "aws-region": self.sandbox.world.region,
            "aws-endpoint-url": "http://sandbox.invalid",
            "signer-root": "signer-root.pem",
            "comment": "off",
            **inputs,
        }
        if command == "deploy":
            given |= {
                "source": "function",
                "bucket": self.estate.bucket,
                "signing-profile": self.estate.profile,
                "smoke-event": "smoke.json",
            }
        return {f"INPUT_{k.upper()}": v for k, v in given.items()} | {
            "GITHUB_WORKSPACE": str(OUTPUT),
            "GITHUB_REPOSITORY": "acme/greeter",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_RUN_ID": str(1000 + self.run_number),
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_SHA": f"{self.run_number:040x}",
        }

    def _connect(self, _inputs: Inputs, deadline: Deadline, say: Callable[[str], None]) -> Aws:
        session, region = botocore.session.Session(), self.sandbox.world.region
        session.set_credentials("AKIASANDBOX000000001", "sandbox")
        session.register("before-send", self.sandbox.before_send)
        clients = make_clients(
            {}, region=region, endpoint_url=None, mask=lambda _: None, session=session
        )
        return Aws(clients, clock=deadline.clock, deadline=deadline, fetch=self._fetch, say=say)

    def _fetch(self, url: str, to: Path, _limit_bytes: int) -> Download:
        body = self.sandbox.fetch(url)
        to.write_bytes(body)
        return Download(to, Sha256(hashlib.sha256(body).digest()), len(body), None)

    def _report(self, inputs: dict[str, str]) -> Path:
        command = inputs.get("command", "deploy")
        return OUTPUT / ".signed-lambda" / f"{command}-{self.estate.function}-live.json"

    def _live(self) -> str:
        client = self.sandbox.session().client("lambda")
        alias = client.get_alias(FunctionName=self.estate.function, Name="live")
        return str(alias["FunctionVersion"])


def evil_zip() -> bytes:
    """Code that nobody reviewed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", "def handler(event, context): steal(event)\n")
    return buffer.getvalue()


def tell_story() -> None:
    """The five acts."""
    started = time.monotonic()
    demo = Demo()
    demo.run("First deploy: sign, verify, publish, create the alias", expect="deployed")
    demo.change('"world"', '"reviewers"')
    demo.run("A code change: the alias moves on", expect="deployed")
    demo.show_comment()
    demo.run("No change: nothing is written", expect="unchanged")
    demo.change('"reviewers"', '"everybody"')
    demo.sandbox.before(
        "PublishVersion",
        lambda sandbox: sandbox.acts.console_edit_code("greeter", evil_zip()),
    )
    demo.run("Tampering: the code is swapped just before it is published", expect="refused")
    demo.run("Roll back to the version before", expect="rolled-back", command="rollback")
    took_s = time.monotonic() - started
    print(f"\nThe demo ran {demo.run_number} times in {took_s:.1f} s; see {OUTPUT}/.signed-lambda/")


if __name__ == "__main__":
    tell_story()
