"""Prints how AWS's behaviours stand on the chosen targets.

    python -m tests.contract.table sandbox ministack moto [--failures] [--json FILE]

Each target is started and stopped here. ministack's virtual environment is made when it is missing.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.contract import servers
from tests.contract.results import ALL, Result, run_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from tests.contract.target import Target

TARGETS: Final[dict[str, Callable[[], AbstractContextManager[Target]]]] = {
    "sandbox": servers.sandbox,
    "ministack": servers.ministack,
    "moto": servers.moto,
}
MARKS: Final = {"passed": "pass", "failed": "FAIL", "not provoked": "-"}

Results = dict[str, "Mapping[str, Result]"]


def measure(names: Sequence[str]) -> tuple[Results, dict[str, float]]:
    """Runs the whole table against each target.

    Returns:
        Results by target and row, and wall seconds by target.
    """
    results: Results = {}
    seconds: dict[str, float] = {}
    for name in names:
        if name == "ministack":
            servers.install_ministack()
        began = time.monotonic()
        with TARGETS[name]() as target:
            results[name] = run_rows(ALL, target)
        seconds[name] = time.monotonic() - began
    return results, seconds


def lines(results: Results, seconds: Mapping[str, float], *, failures: bool) -> list[str]:
    """The table and its totals, ready to print."""
    out = [f"{'area':<13}{'behaviour':<34}" + "".join(f"{name:>11}" for name in results)]
    for row in ALL:
        marks = "".join(f"{MARKS[results[name][row.id].outcome]:>11}" for name in results)
        out.append(f"{row.area:<13}{row.id + ('' if row.compared else ' +'):<34}{marks}")
        if failures:
            for name in results:
                result = results[name][row.id]
                if result.error is not None:
                    out.append(f"    {name}: {result.told}")
    out.append("")
    for name, of in results.items():
        compared = [of[r.id].outcome == "passed" for r in ALL if r.compared]
        beyond = [of[r.id].outcome == "passed" for r in ALL if not r.compared]
        out.append(
            f"{name} {sum(compared)}/{len(compared)}"
            f", further facts (+) {sum(beyond)}/{len(beyond)}, {seconds[name]:.0f} s"
        )
    return out


def main() -> int:
    """Parses the command line, measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m tests.contract.table", description=__doc__)
    parser.add_argument("targets", nargs="+", choices=TARGETS, metavar="target")
    parser.add_argument("--failures", action="store_true", help="tell what each failing row saw")
    parser.add_argument("--json", type=Path, help="also write the results to this file")
    options = parser.parse_args()

    results, seconds = measure(options.targets)

    sys.stdout.write("\n".join(lines(results, seconds, failures=options.failures)) + "\n")
    if options.json:
        plain = {
            name: {id_: {"outcome": r.outcome, "told": r.told} for id_, r in of.items()}
            for name, of in results.items()
        }
        options.json.write_text(json.dumps(plain, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
