"""Two hundred deploys at once under Lambda's limit of fifteen requests a second, in virtual time.

`python bench/fleet.py [--json FILE] [--size N]`: the real chain against the sandbox, each run a
function of its own, 50 ms a request, the jobs beginning within 10 s. Once each run knows how many
they are (GitHub tells the jobs of a matrix), once it does not. No peer can be run this way.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from bench.figures import Run, Sheet, Side, arguments
from tests.support.fleet import deploy_fleet

TIMES_BOUND: Final = 1.3
WASTED: Final = 0.15


def main() -> None:
    """Measures and tells."""
    parser = arguments(__doc__)
    parser.add_argument("--size", type=int, default=200)
    options = parser.parse_args()
    sheet = Sheet(
        "Fleet",
        "A simulation: the real chain against the sandbox in virtual time, 50 ms a request, jobs"
        " that begin within 10 s. Lambda answers 15 requests a second, 15 of them at once.",
    )
    for told, name in ((True, "of a matrix"), (False, "that know nothing of each other")):
        with tempfile.TemporaryDirectory() as folder:
            went = deploy_fleet(Path(folder), options.size, told=told)
        succeeded = sum(outcome == "deployed" for outcome in went.outcomes)
        sheet.add(
            f"{options.size} deploys {name}",
            asked=(
                f"all succeed, within {TIMES_BOUND} times the limit's bound, under {WASTED:.0%} of"
                " the calls refused"
            ),
            measured=(
                f"{succeeded} succeeded, {went.times_bound:.2f} times the bound of"
                f" {went.needed / 15:.0f} s for {went.needed:,} calls, {went.wasted:.0%} refused"
            ),
            reached=succeeded == options.size
            and went.times_bound <= TIMES_BOUND
            and went.wasted < WASTED,
            sides=[Side.of("virtual time", [Run(went.seconds)])],
        )
    sheet.tell("python bench/fleet.py", options.json)


if __name__ == "__main__":
    main()
