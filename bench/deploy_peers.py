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

import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from bench.account import (
    LATENCY_MS,
    PLAIN,
    SETTLE_S,
    account,
    plain_function,
    settled,
)
from bench.desk import Desk, container
from bench.figures import Run, Sheet, Side, arguments, interleave
from bench.installs import (
    aws_lambda_deploy,
    no_engine,
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
