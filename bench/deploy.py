"""How long the action's own work takes: deploys against the sandbox in this process.

`python bench/deploy.py`: median of 20 signed deploys with a code change, 20 without, of a small
function; the clock that waits (signing, updates) is virtual, so what is left is our time plus the
sandbox's. No peer can be run this way.
"""

from __future__ import annotations

import io
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from tests.support.action import Team

RUNS = 20


def main() -> None:
    """Prints the medians in milliseconds."""
    with tempfile.TemporaryDirectory() as folder:
        team = Team(Path(folder))
        team.deployed()
        changed, unchanged = [], []
        for number in range(RUNS):
            team.change_code(f"change {number}")
            changed.append(timed(team, "deployed"))
            unchanged.append(timed(team, "unchanged"))
    for name, figures in (("signed deploy, code changed", changed), ("no change", unchanged)):
        print(
            f"{name}: median {statistics.median(figures):.0f} ms"
            f" (min {min(figures):.0f}, max {max(figures):.0f}, {RUNS} runs)"
        )


def timed(team: Team, outcome: str) -> float:
    """Milliseconds of one run that must end as told."""
    started = time.perf_counter()
    ended = team.run()
    took_ms = (time.perf_counter() - started) * 1000
    if ended.outputs["outcome"] != outcome:
        raise SystemExit(f"{ended.outputs['outcome']}: {io.StringIO(ended.log).read()}")
    return took_ms


if __name__ == "__main__":
    main()
