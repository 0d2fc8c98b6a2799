"""A folder that each side of a whole deploy runs in: this action, an AWS CLI script, SAM, the peer.

Used by deploy_peers.py and scan_in_deploy.py.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from bench.account import ACCOUNT, PLAIN, SAM_BUCKET, SAM_REGION
from bench.figures import Run, process
from bench.installs import BASE_IMAGE, entrypoint, node

if TYPE_CHECKING:
    from bench.account import Account

NUMBERS = count(1)
Words = list[str | Path]


class Desk:
    """A folder that each side deploys from; the source changes before each run that is to deploy.

    Attributes:
        start: Words that start this action.
        source: Folder of the function's files.
        changes: Whether a run finds other code than the one before.
    """

    def __init__(self, made: Account, product: Path, folder: Path, *, changes: bool) -> None:
        self.account, self.folder, self.changes = made, folder, changes
        self.start: Words = [product, "-I", "-B", entrypoint(product)]
        self.source = folder / "function"

    def _change(self) -> None:
        if self.changes:
            (self.source / "changed.txt").write_text(f"change {next(NUMBERS)}\n")

    def run(self, words: Words, environ: dict[str, str], expect: str = "") -> Run:
        """One run; what it printed must hold the text."""
        self._change()
        run, text = process(words, cwd=self.folder, environ=environ)
        if expect not in text:
            raise RuntimeError(f"{words[0]} did not say {expect!r}: {text[-2000:]}")
        return run

    def ours(self, outcome: str, **inputs: str) -> Run:
        """This action, as the image starts it."""
        number = next(NUMBERS)
        files = self.folder / f"run-{number}"
        files.mkdir()
        for name in ("output", "summary"):
            (files / name).touch()
        (files / "event.json").write_text("{}")
        shutil.copy(self.account.root, self.folder / "signer-root.pem")
        given = {
            "command": "deploy",
            "source": "function",
            "function-name": "orders",
            "bucket": self.account.bucket,
            "aws-endpoint-url": self.account.url,
            "signer-root": "signer-root.pem",
            "comment": "off",
        } | {name.replace("_", "-"): value for name, value in inputs.items()}
        environ = self.account.environ() | {f"INPUT_{k.upper()}": v for k, v in given.items() if v}
        del environ["AWS_ENDPOINT_URL"]
        environ |= {
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(self.folder),
            "GITHUB_OUTPUT": str(files / "output"),
            "GITHUB_STEP_SUMMARY": str(files / "summary"),
            "GITHUB_EVENT_NAME": "push",
            "GITHUB_EVENT_PATH": str(files / "event.json"),
            "GITHUB_REPOSITORY": "acme/orders",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_RUN_ID": str(1000 + number),
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_SHA": "a" * 40,
        }
        run = self.run(self.start, environ)
        told = (files / "output").read_text()
        if outcome not in told:
            raise RuntimeError(f"not {outcome}: {told[:500]}")
        return run

    def cli(self, programs: Path) -> Run:
        """An AWS CLI script, as it stands in many workflows."""
        script = f"""set -e
            cd {self.source}; rm -f ../cli.zip; zip -qr ../cli.zip .; cd ..
            V=$(aws s3api put-object --bucket {self.account.bucket} --key cli/in.zip \
                --body cli.zip --query VersionId --output text)
            J=$(aws signer start-signing-job --profile-name {self.account.profile} \
                --source "s3={{bucketName={self.account.bucket},key=cli/in.zip,version=$V}}" \
                --destination "s3={{bucketName={self.account.bucket},prefix=cli/out-}}" \
                --query jobId --output text)
            aws signer wait successful-signing-job --job-id $J
            aws lambda update-function-code --function-name orders \
                --s3-bucket {self.account.bucket} --s3-key cli/out-$J.zip > /dev/null
            aws lambda wait function-updated --function-name orders
            N=$(aws lambda publish-version --function-name orders --query Version --output text)
            aws lambda update-alias --function-name orders --name cli --function-version $N \
                > /dev/null && echo moved"""
        environ = self.account.environ()
        environ["PATH"] = f"{programs}:{environ['PATH']}"
        return self.run(["bash", "-c", script], environ, "moved")

    def sam(self, programs: Path, expect: str) -> Run:
        """`sam deploy` with a signing profile."""
        template = {
            "AWSTemplateFormatVersion": "2010-09-09",
            "Transform": "AWS::Serverless-2016-10-31",
            "Resources": {
                "Orders": {
                    "Type": "AWS::Serverless::Function",
                    "Properties": {
                        "FunctionName": "orders-by-sam",
                        "Handler": "app.handler",
                        "Runtime": "python3.13",
                        "Role": f"arn:aws:iam::{ACCOUNT}:role/orders",
                        "CodeUri": "function",
                        "AutoPublishAlias": "live",
                    },
                }
            },
        }
        (self.folder / "template.json").write_text(json.dumps(template))
        words: Words = [programs / "sam", "deploy", "--template-file", "template.json"]
        words += ["--stack-name", "orders", "--s3-bucket", SAM_BUCKET]
        words += ["--signing-profiles", f"Orders={self.account.profile}", "--region", SAM_REGION]
        words += [
            "--capabilities",
            "CAPABILITY_AUTO_EXPAND",
            "--no-confirm-changeset",
            "--no-fail-on-empty-changeset",
            "--no-progressbar",
        ]
        return self.run(words, self.account.environ(SAM_REGION), expect)

    def ald(self, dist: Path, handler: str, runtime: str) -> Run:
        """aws-lambda-deploy: new code for the function."""
        given = {
            "function-name": PLAIN,
            "code-artifacts-dir": "function",
            "package-type": "Zip",
            "dry-run": "false",
            "publish": "false",
            "handler": handler,
            "runtime": runtime,
            "role": f"arn:aws:iam::{ACCOUNT}:role/orders",
        }
        environ = self.account.environ() | {f"INPUT_{k.upper()}": v for k, v in given.items()}
        for name in ("output", "summary"):
            (self.folder / name).touch()
        environ |= {
            # It leaves its copy of the folder there; see bench/packaging.py.
            "TMPDIR": tempfile.mkdtemp(dir=self.folder),
            "GITHUB_WORKSPACE": str(self.folder),
            "GITHUB_OUTPUT": str(self.folder / "output"),
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
        }
        return self.run([node(), dist], environ)


def container() -> Run:
    """Starts and ends a container as the runner does, without what it is for."""
    with tempfile.TemporaryDirectory() as workspace:
        mounted = f"{workspace}:/github/workspace"
        words: Words = ["docker", "run", "--rm", "--workdir", "/github/workspace", "-v", mounted]
        return process([*words, BASE_IMAGE, "true"])[0]
