"""What the static review adds to a deploy: signed deploys of 45 MB in this process, in turn.

`python bench/scan_in_deploy.py`: medians of 5 with the review and 5 without it, against the
sandbox; the clock that waits is virtual, so that this is our own time and the sandbox's. The tree
is that of scan_speed.py (boto3 and Django as pip installs them).
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

import signed_lambda.main as program
from bench.installs import trees
from bench.scan_speed import ROUNDS
from signed_lambda.scan import Gathered, Survey
from signed_lambda.scan.world import groundwork
from tests.support.action import Team

SURVEY = program.survey


def no_survey(*_: object, **__: object) -> Survey:
    """Instead of the review: one of nothing."""
    return Survey(groundwork(()), Gathered([]), (), (), (), None)


def fill(team: Team, tree: Path) -> None:
    """Puts the tree beside the team's function."""
    for path in tree.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            into = team.workspace / "function" / path.relative_to(tree)
            into.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, into)


def main() -> None:
    """Prints the medians and what the review adds."""
    tree = trees()["python"]
    if isinstance(tree, str):
        print(f"nothing measured: {tree}")
        return
    taken: dict[str, list[tuple[float, float]]] = {"with": [], "without": []}
    with tempfile.TemporaryDirectory() as folder:
        team = Team(Path(folder))
        fill(team, tree)
        team.deployed()
        for number in range(ROUNDS):
            for name, survey in (("with", SURVEY), ("without", no_survey)):
                team.change_code(f"{name} {number}")
                program.survey = survey  # type: ignore[assignment]
                began = time.perf_counter(), time.process_time()
                ended = team.run()
                taken[name].append((time.perf_counter() - began[0], time.process_time() - began[1]))
                if ended.outputs["outcome"] != "deployed":
                    raise SystemExit(ended.log)
    for place, what in enumerate(("", " of the CPU")):
        ours, bare = (statistics.median(t[place] for t in taken[n]) for n in ("with", "without"))
        print(f"{ours:.2f} s{what} with the review, {bare:.2f} s without: {ours / bare - 1:+.1%}")


if __name__ == "__main__":
    main()
