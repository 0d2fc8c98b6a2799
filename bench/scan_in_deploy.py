"""What the static review adds to a deploy: signed deploys of 45 MB in this process, in turn.

`python bench/scan_in_deploy.py [--json FILE] [--rounds N]`: medians of 5 with the review and 5
without it, against the sandbox; the clock that waits is virtual, so that this is our own time and
the sandbox's. The tree is that of scan_speed.py (boto3 and Django as pip installs them).
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

import entrypoint
from bench.figures import Run, Sheet, arguments, interleave, timed
from bench.installs import trees
from signed_lambda import scan
from signed_lambda.scan import Gathered, Survey
from signed_lambda.scan.world import groundwork
from tests.support.action import Team

if TYPE_CHECKING:
    from collections.abc import Callable

MORE: Final = 0.10
"""What the review may add."""


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
    """Measures and tells."""
    options = arguments(__doc__).parse_args()
    sheet = Sheet("Review in a deploy", (__doc__ or "").partition("\n\n")[2])
    tree = trees()["python"]
    if isinstance(tree, str):
        sheet.skip("all", tree)
    else:
        with tempfile.TemporaryDirectory() as folder:
            measure(sheet, Team(Path(folder)), tree, options.rounds)
    sheet.tell("python bench/scan_in_deploy.py", options.json)


def measure(sheet: Sheet, team: Team, tree: Path, rounds: int) -> None:
    """Deploys with and without the review."""
    entrypoint.collect_rarely()
    fill(team, tree)
    team.deployed()
    surveys: dict[str, Callable[..., Survey]] = {"with": scan.survey, "without": no_survey}
    numbers = iter(range(1_000_000))

    def deploy(name: str) -> Run:
        team.change_code(f"{name} {next(numbers)}")
        scan.survey = surveys[name]
        ended: list[str] = []
        run = timed(lambda: ended.append(team.run().outputs["outcome"]))
        if ended != ["deployed"]:
            raise SystemExit(f"not deployed but {ended}")
        return run

    sides = interleave({name: lambda name=name: deploy(name) for name in surveys}, rounds)  # type: ignore[misc]
    for what, more in (
        ("clock", sides["with"].seconds / sides["without"].seconds - 1),
        ("CPU", sides["with"].cpu_s / sides["without"].cpu_s - 1),
    ):
        sheet.add(
            f"What the review adds, by the {what}",
            asked=f"at most {MORE:+.0%}",
            measured=f"{more:+.1%}",
            reached=more <= MORE,
            sides=tuple(sides.values()),
        )


if __name__ == "__main__":
    main()
