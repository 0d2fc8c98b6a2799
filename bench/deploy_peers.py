"""Whole deploys beside the peers: each side's own process, 50 ms a request, the same emulator.

`python bench/deploy_peers.py [--rounds N] [--node-rounds N]`:
medians of interleaved runs, process start included. All talk to `lambda_sandbox` on a port, which
answers each request and download after 50 ms; an update settles after 0.5 s, and a signing job
takes 0.3 or 3 s. Peers are installed into $XDG_CACHE_HOME/signed-lambda-bench, or skipped by name:

- AWS CLI v1 (PyPI awscli), a script of zip, put-object, start-signing-job, wait, update-function-
  code, wait, publish-version, update-alias. It checks nothing. Its second wait looks once, then
  every 5 s: with a job of 0.3 s a run takes 3.5 or 8.5 s, as the update has settled by the first
  look or not, and the median falls on either side from one run of this script to the next.
- SAM CLI: `sam deploy --signing-profiles`. CloudFormation is moto's, in the same sandbox: a change
  set is executed while an update would settle, which a stack waits for, and makes neither function
  nor version nor alias, in SAM's favour. With a profile it signs anew each time, also when nothing
  has changed.
- aws-actions/aws-lambda-deploy, its dist/index.js by Node 24, as GitHub's runners do: it signs
  nothing, publishes nothing unless asked to, moves no alias. AWS_LAMBDA_DEPLOY names its file, else
  it is fetched.

The node tree is that of bench/packaging.py.

Of these only ours runs in a container. Its start (`docker run` of the image's base, by `true`, a
workspace mounted) is measured in turn with the sides and added to our time, as the aims want it;
the ratio without it stands beside. Without a Docker engine the aims are not judged.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from bench.account import (
    ACCOUNT,
    LATENCY_MS,
    PLAIN,
    SAM_BUCKET,
    SAM_REGION,
    SETTLE_S,
    Account,
    account,
    plain_function,
    settled,
)
from bench.figures import Run, Sheet, Side, arguments, interleave, process
from bench.installs import (
    BASE_IMAGE,
    aws_lambda_deploy,
    entrypoint,
    no_engine,
    node,
    package_trees,
    product,
    python_of,
    sandbox_python,
)

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

FLOOR_S: Final = {0.3: 0.3 + SETTLE_S + 8 * LATENCY_MS / 1000, 3.0: 3.0 + SETTLE_S + 0.4}
"""Of a signed update: what AWS takes, and eight round trips."""
CONTAINER, WITHOUT = "start of its container", "without its container"
OVER_FLOOR_S: Final = 0.7
NUMBERS = count(1)
Words = list[str | Path]


# -- the sides


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


# -- the races


@dataclass(frozen=True)
class Peers:
    """What is there of them: a path, or the reason why there is none.

    Attributes:
        engine: The reason why no container can be started, "" where one can.
    """

    ours: Path
    python: Path
    cli: Path | str
    sam: Path | str
    ald: Path | str
    engine: str

    def own(self, run: Callable[[], Run]) -> dict[str, Callable[[], Run]]:
        """This action's run, and beside it the start of the container that it runs in."""
        return {"this action": run} | ({} if self.engine else {CONTAINER: container})


def container() -> Run:
    """Starts and ends a container as the runner does, without what it is for."""
    with tempfile.TemporaryDirectory() as workspace:
        mounted = f"{workspace}:/github/workspace"
        words: Words = ["docker", "run", "--rm", "--workdir", "/github/workspace", "-v", mounted]
        return process([*words, BASE_IMAGE, "true"])[0]


def race(
    sheet: Sheet,
    title: str,
    sides: dict[str, Callable[[], Run]],
    asked: dict[str, float],
    rounds: int,
) -> dict[str, Side]:
    """Runs the sides in turn and tells each ratio; ours is "this action", in `CONTAINER`."""
    found = interleave(sides, rounds, warm=1)
    ours, start = found["this action"], found.get(CONTAINER)
    for name, factor in asked.items():
        if name in found:
            alone = ours.times(found[name])
            ratio = found[name].seconds / (ours.seconds + start.seconds) if start else None
            sheet.add(
                f"{title}, beside {name}",
                asked=f"at least {factor}x",
                measured=both(ratio, alone, "x"),
                reached=ratio >= factor if ratio else None,
                sides=(ours, *([start] if start else []), found[name]),
            )
    return found


def both(within: float | None, without: float, unit: str) -> str:
    """A figure with the start of the container, if it was measured, and without.

    Two digits, for an aim may be missed by little.
    """
    alone = f"{without:.2f}{unit} {WITHOUT}"
    return alone if within is None else f"{within:.2f}{unit}; {alone}"


def small(folder: Path) -> None:
    """A function of a few files."""
    source = folder / "function"
    source.mkdir(parents=True)
    (source / "app.py").write_text("def handler(event, context):\n    return event\n")
    for number in range(4):
        (source / f"part_{number}.py").write_text(f"WORDS = {'words ' * 1_700!r}\n")


def signed(sheet: Sheet, peers: Peers, signing_s: float, folder: Path, rounds: int) -> None:
    """Signed updates of a small function, and runs without a change."""
    asked = {0.3: {"SAM": 6.0, "AWS CLI": 2.5}, 3.0: {"SAM": 2.8, "AWS CLI": 5.5}}[signing_s]
    with account(peers.python, signing_s, folder) as made:
        desk = Desk(made, peers.ours, folder / "signed", changes=True)
        small(desk.folder)
        profile = made.profile
        sides = peers.own(lambda: desk.ours("deployed", signing_profile=profile))
        if not isinstance(peers.sam, str):
            sam = peers.sam
            sides["SAM"] = lambda: desk.sam(sam, "Successfully")
        if not isinstance(peers.cli, str):
            cli = peers.cli
            desk.ours("deployed", signing_profile=profile)
            made.client("lambda").create_alias(
                FunctionName="orders", Name="cli", FunctionVersion="1"
            )
            sides["AWS CLI"] = lambda: desk.cli(cli)
        found = race(sheet, f"Signed update, job of {signing_s} s", sides, asked, rounds)
        alone = found["this action"].seconds - FLOOR_S[signing_s]
        over = alone + found[CONTAINER].seconds if CONTAINER in found else None
        judged = signing_s == 3.0  # noqa: PLR2004 - as asked
        sheet.add(
            f"Signed update, job of {signing_s} s, over the floor of {FLOOR_S[signing_s]:.1f} s",
            asked=f"at most {OVER_FLOOR_S} s" if judged else "",
            measured=both(over, alone, " s"),
            reached=over <= OVER_FLOOR_S if judged and over is not None else None,
            sides=(found["this action"],),
        )


def unchanged(sheet: Sheet, peers: Peers, folder: Path, rounds: int) -> None:
    """Runs that find nothing to do: ours signed, as SAM's; the peer's unsigned."""
    with account(peers.python, 0.3, folder) as made:
        plain_function(made, "app.handler", "python3.13")
        desk = Desk(made, peers.ours, folder / "same", changes=False)
        small(desk.folder)
        profile = made.profile
        desk.ours("deployed", signing_profile=profile)
        sides = peers.own(lambda: desk.ours("unchanged", signing_profile=profile))
        if not isinstance(peers.ald, str):
            ald = peers.ald
            sides["aws-lambda-deploy"] = settled(
                made, lambda: desk.ald(ald, "app.handler", "python3.13")
            )
        if not isinstance(peers.sam, str):
            sam = peers.sam
            desk.sam(sam, "Successfully")
            sides["SAM"] = lambda: desk.sam(sam, "")
        race(sheet, "No change", sides, {"aws-lambda-deploy": 3.5, "SAM": 2.5}, rounds)


def unsigned(
    sheet: Sheet, peers: Peers, folder: Path, rounds: int, tree: Path | None = None
) -> None:
    """Unsigned updates: of the small function, or of a tree of Node's."""
    if isinstance(peers.ald, str):
        return
    ald = peers.ald
    handler, runtime = ("index.handler", "nodejs22.x") if tree else ("app.handler", "python3.13")
    with account(peers.python, 0.3, folder) as made:
        plain_function(made, handler, runtime)
        desk = Desk(made, peers.ours, folder / "unsigned", changes=True)
        if tree is None:
            small(desk.folder)
        else:
            shutil.copytree(tree, desk.source)
            (desk.source / "index.js").write_text("exports.handler = async (e) => e;\n")
        ours = {
            "function_name": PLAIN,
            "allow_unsigned": "true",
            "require_code_signing": "off",
        }
        sides = peers.own(settled(made, lambda: desk.ours("deployed", **ours)))
        sides["aws-lambda-deploy"] = settled(made, lambda: desk.ald(ald, handler, runtime))
        title = "Unsigned update" if tree is None else "Unsigned update of a node tree"
        race(sheet, title, sides, {"aws-lambda-deploy": 1.0 if tree is None else 6.0}, rounds)


def measure(options: argparse.Namespace) -> Sheet:
    """All races."""
    sheet = Sheet("Whole deploys beside the peers", (__doc__ or "").partition("\n\n")[2])
    python = sandbox_python()
    if isinstance(python, str):
        sheet.skip("all", python)
        return sheet
    cli, sam = python_of("awscli", "awscli"), python_of("sam", "aws-sam-cli")
    peers = Peers(product(), python, cli, sam, aws_lambda_deploy(), no_engine())
    for name, path in (("AWS CLI", cli), ("SAM", sam), ("aws-lambda-deploy", peers.ald)):
        if isinstance(path, str):
            sheet.skip(name, path)
    if peers.engine:
        sheet.skip(CONTAINER, peers.engine)
    rounds = options.rounds
    races: dict[str, Callable[[Path], None]] = {
        "signed": lambda folder: signed(sheet, peers, 0.3, folder, rounds),
        "signed-3": lambda folder: signed(sheet, peers, 3.0, folder, rounds),
        "unchanged": lambda folder: unchanged(sheet, peers, folder, rounds),
        "unsigned": lambda folder: unsigned(sheet, peers, folder, rounds),
        "node": lambda folder: node_tree(sheet, peers, folder, options.node_rounds),
    }
    for name in options.only or races:
        with tempfile.TemporaryDirectory(prefix="deploys-") as folder:
            try:
                races[name](Path(folder))
            except RuntimeError as error:  # of one side; the other races have their figures
                sheet.skip(name, str(error)[-300:])
    return sheet


def node_tree(sheet: Sheet, peers: Peers, folder: Path, rounds: int) -> None:
    """The unsigned update of a large tree."""
    tree = package_trees()["node_modules"]
    if isinstance(tree, str):
        sheet.skip("node tree", tree)
    else:
        unsigned(sheet, peers, folder, rounds, tree)


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--node-rounds", type=int, default=3, help="of the node tree")
    parser.add_argument("--only", nargs="*", help="signed, signed-3, unchanged, unsigned, node")
    given = parser.parse_args()
    measure(given).tell("python bench/deploy_peers.py", given.json)
