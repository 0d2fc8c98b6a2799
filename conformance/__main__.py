"""`python -m conformance`: every case with every tool; a table, and what did not hold.

The exit code is 1 when a case does not hold for this repository's action.
"""

from __future__ import annotations

import argparse
import fnmatch
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.case import all_cases
from conformance.judge import judge
from conformance.tools import AwsLambdaDeploy, Ours

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.case import Case
    from conformance.judge import Verdict
    from conformance.tools import Tool

_SIGNS = {"holds": "holds", "broken": "BROKEN", "not offered": "-", "not reached": "(-)"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs what was asked for."""
    options = _parser().parse_args(arguments)
    cases = [c for c in all_cases() if fnmatch.fnmatch(c.name, options.case)]
    tools: list[Tool] = [Ours(options.image)]
    if options.aws_lambda_deploy is not None:
        tools.append(AwsLambdaDeploy(options.aws_lambda_deploy.resolve(), options.node))
    with ProcessPoolExecutor(options.workers) as pool:
        rows = list(pool.map(partial(_row, tools), cases))
    _print(cases, tools, rows, verbose=options.verbose)
    return 1 if any(row[0].outcome in ("broken", "not reached") for row in rows) else 0


def _row(tools: list[Tool], case: Case) -> list[Verdict]:
    return [judge(case, tool) for tool in tools]


def _print(
    cases: list[Case], tools: list[Tool], rows: list[list[Verdict]], *, verbose: bool
) -> None:
    width = max(len(case.name) for case in cases)
    say = sys.stdout.write
    say(f"{'case':{width}}  must     " + "  ".join(f"{t.name:20}" for t in tools) + "\n")
    for row in rows:
        case = row[0].case
        signs = "  ".join(f"{_SIGNS[v.outcome]:20}" for v in row)
        say(f"{case.name:{width}}  {case.must:7}  {signs}\n")
    for row in rows:
        for verdict in row:
            for broken in verdict.broken:
                say(f"{verdict.tool}: {verdict.case.name}: {broken}\n")
            if verdict.broken and verbose:
                say(verdict.log)
    say(f"\n{len(cases)} cases, {sum(c.must == 'refuse' for c in cases)} to be refused\n")
    for at, tool in enumerate(tools):
        of = [row[at].outcome for row in rows]
        judged = of.count("holds") + of.count("broken")
        say(
            f"{tool.name}: {of.count('holds')} of {judged} hold; "
            f"{of.count('not offered')} need what it does not offer, "
            f"{of.count('not reached')} turn on a call that it does not make\n"
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m conformance", description=__doc__)
    parser.add_argument("--case", default="*", help="a pattern of names")
    parser.add_argument("--image", help="runs this image of ours instead of entrypoint.py")
    parser.add_argument(
        "--aws-lambda-deploy", type=Path, metavar="dist/index.js", help="of aws-actions, fetched"
    )
    parser.add_argument("--node", default="node", help="runs the above")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--verbose", action="store_true", help="logs of what is broken")
    return parser


if __name__ == "__main__":
    sys.exit(main())
