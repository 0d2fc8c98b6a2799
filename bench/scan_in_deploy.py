"""What the static review adds to a deploy: signed deploys of 45 MB, with it and without, in turn.

`python bench/scan_in_deploy.py [--json FILE] [--rounds N]`: medians of 5 and 5. Each is the product
as the image has it, in a process of its own, against `lambda_sandbox` on a port, with the times of
deploy_peers.py: 50 ms a request, a signing job of 0.3 s, an update that settles after 0.5 s. Both
look at the live triggers; the run without review imports nothing of it. CPU is that of the action
and of the processes that pack for it. The tree is that of scan_speed.py (boto3 and Django as pip
installs them) with a handler beside it.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from bench.account import account
from bench.desk import Desk
from bench.figures import Run, Sheet, arguments, interleave
from bench.installs import entrypoint, product, sandbox_python, trees

if TYPE_CHECKING:
    from collections.abc import Callable

MORE: Final = 0.10
"""What the review may add."""
SIGNING_S: Final = 0.3
START: Final = """
import sys

app, review = sys.argv[1:]
sys.path[:0] = [app, app + "/src"]
import entrypoint


class NoReview:
    problems = ()

    def look(self, bench, order, subject, begun):
        begun.triggers(lambda environment: ())

    def conclude(self):
        pass


if review == "without":
    from signed_lambda import dispatch

    dispatch._review = lambda context, package: NoReview()
entrypoint.leave(entrypoint.run())
"""
"""Starts the action as the entry point does; argv: its folder, and "with" or "without" review."""


def measure(sheet: Sheet, python: Path, tree: Path, folder: Path, rounds: int) -> None:
    """Deploys with and without the review."""
    program = product()
    with account(python, SIGNING_S, folder) as made:
        desk = Desk(made, program, folder / "desk", changes=True)
        shutil.copytree(tree, desk.source, ignore=shutil.ignore_patterns("__pycache__"))
        (desk.source / "app.py").write_text("def handler(event, context):\n    return event\n")

        def deploy(review: str) -> Run:
            desk.start = [program, "-I", "-B", "-c", START, entrypoint(program).parent, review]
            return desk.ours("deployed", signing_profile=made.profile)

        sides: dict[str, Callable[[], Run]] = {
            "with": lambda: deploy("with"),
            "without": lambda: deploy("without"),
        }
        found = interleave(sides, rounds, warm=1)
    for what, more in (
        ("clock", found["with"].seconds / found["without"].seconds - 1),
        ("CPU", found["with"].cpu_s / found["without"].cpu_s - 1),
    ):
        sheet.add(
            f"What the review adds, by the {what}",
            asked=f"at most {MORE:+.0%}",
            measured=f"{more:+.1%}",
            reached=more <= MORE,
            sides=tuple(found.values()),
        )


def main() -> None:
    """Measures and tells."""
    options = arguments(__doc__).parse_args()
    sheet = Sheet("Review in a deploy", (__doc__ or "").partition("\n\n")[2])
    python, tree = sandbox_python(), trees()["python"]
    if isinstance(python, str) or isinstance(tree, str):
        sheet.skip("all", f"{python}; {tree}")
    else:
        with tempfile.TemporaryDirectory(prefix="reviews-") as folder:
            measure(sheet, python, tree, Path(folder), options.rounds)
    sheet.tell("python bench/scan_in_deploy.py", options.json)


if __name__ == "__main__":
    main()
