"""How often the static review is right: recall and precision on labelled cases, beside greps.

`python bench/scan_accuracy.py MANIFEST CASES`: MANIFEST is a JSON file whose `cases` have `id`,
`label` ("recursive" or "not"), `certainty`, `language`, `needs`, and `lines` (path, line) of the
sinks; CASES is a folder with the files of each case under its id. Without them it says so and
measures nothing. The greps are what a first version of any such check would be: A, the own name
within three lines of an invocation; B, both in one file; C, the event's bucket and a write to S3 in
one file; D, any invocation of Lambda.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from signed_lambda.scan import findings_in, loop_rules
from signed_lambda.scan.infra.read import read_templates
from signed_lambda.scan.languages import CODE
from signed_lambda.scan.reading import Unread, read
from signed_lambda.scan.world import world_of

if TYPE_CHECKING:
    from signed_lambda.report.model import Finding

OWN = re.compile(
    r"function_name\b|functionName\b|invoked_?[fF]unction_?[aA]rn|InvokedFunctionArn"
    r"|AWS_LAMBDA_FUNCTION_NAME|getFunctionName|getInvokedFunctionArn|lambdacontext\.FunctionName"
)
INVOKE = re.compile(
    r"\.invoke(Async|_async|_with\w+)?\s*\(|InvokeCommand|InvokeInput|InvokeRequest"
)
BUCKET = re.compile(r"s3['\"\]\.\s\[]+bucket|S3\.Bucket|getS3\(\)\.getBucket")
WRITE = re.compile(
    r"put_?[oO]bject|PutObject|upload_?[fF]ile|\.upload\(|copy_?[oO]bject|CopyObject|copy_from"
)
NEAR = 3
LINES_OFF = 2


@dataclass(frozen=True)
class Result:
    """What was said of a case."""

    case: dict[str, Any]
    findings: tuple[Finding, ...]

    @property
    def above_ask(self) -> bool:
        """Whether something was found that is more than a question."""
        return any(f.severity != "ask" for f in self.findings)

    @property
    def recursive(self) -> bool:
        """What it is."""
        return bool(self.case["label"] == "recursive")

    @property
    def right_line(self) -> bool:
        """Whether a finding covers a line that was labelled, or is two lines off."""
        return any(
            f.path == at["path"] and f.line - LINES_OFF <= at["line"] <= f.end_line + LINES_OFF
            for f in self.findings
            for at in self.case["lines"]
        )


def files_of(folder: Path) -> dict[str, bytes]:
    """The files of a case by their path in it."""
    paths = (p for p in sorted(folder.rglob("*")) if p.is_file())
    return {
        p.relative_to(folder).as_posix().removesuffix(".example"): p.read_bytes() for p in paths
    }


def findings_of(files: dict[str, bytes]) -> tuple[Finding, ...]:
    """What the review says of the files."""
    read_whole = [read(path, body) for path, body in files.items() if path.endswith(CODE)]
    modules = [m for m in read_whole if not isinstance(m, Unread)]
    infra, _ = read_templates(files)
    return findings_in(world_of(modules, "", infra), loop_rules())  # what the labels are about


def greps(files: dict[str, bytes]) -> set[str]:
    """The greps that fire."""
    fired = set[str]()
    for path, body in files.items():
        if not path.endswith(CODE):
            continue
        lines = body.decode("utf-8", "replace").splitlines()
        own = [n for n, text in enumerate(lines) if OWN.search(text)]
        invokes = [n for n, text in enumerate(lines) if INVOKE.search(text)]
        fired |= {"A"} if any(abs(a - b) <= NEAR for a in own for b in invokes) else set()
        fired |= {"B"} if own and invokes else set()
        fired |= {"D"} if invokes else set()
        text = "\n".join(lines)
        fired |= {"C"} if BUCKET.search(text) and WRITE.search(text) else set()
    return fired


def ratio(part: int, whole: int) -> str:
    """`0.92 (11/12)`."""
    return f"{part / whole:.2f} ({part}/{whole})" if whole else "- (0/0)"


def show(results: list[Result], seconds: float) -> None:
    """Prints recall and precision, by language and by what the proof needs."""
    positives = [r for r in results if r.recursive]
    certain = [r for r in positives if r.case["certainty"] == "certain"]
    wrong = [r for r in results if not r.recursive and r.above_ask]
    hits = [r for r in positives if r.findings]
    above = sum(r.above_ask for r in positives)
    print(f"cases                        {len(results)} in {seconds:.1f} s")
    print(f"recall, certain, above ask   {ratio(sum(r.above_ask for r in certain), len(certain))}")
    asked = sum(bool(r.findings) for r in certain)
    print(f"recall, certain, with ask    {ratio(asked, len(certain))}")
    print(f"recall, all, with ask        {ratio(len(hits), len(positives))}")
    print(f"precision above ask          {ratio(above, above + len(wrong))}")
    right = sum(r.right_line for r in hits)
    print(f"line right within {LINES_OFF}          {ratio(right, len(hits))}")
    for key in ("language", "needs"):
        groups: dict[str, list[Result]] = defaultdict(list)
        for result in results:
            groups[str(result.case[key])].append(result)
        for name, members in sorted(groups.items()):
            found = Counter((r.recursive, bool(r.findings)) for r in members)
            false = sum(not r.recursive and r.above_ask for r in members)
            of = found[True, True] + found[True, False]
            reached = ratio(found[True, True], of)
            print(f"  {name:<16} found {reached:<14} false {false}/{len(members) - of}")
    print("missed:", *(r.case["id"] for r in positives if not r.findings))
    print("false:", *(r.case["id"] for r in wrong))
    print("no line:", *(r.case["id"] for r in hits if not r.right_line))


def show_greps(fired: dict[str, set[str]], cases: list[dict[str, Any]]) -> None:
    """Prints what the greps reach."""
    for name, any_of in (("A", "A"), ("B", "B"), ("C", "C"), ("D", "D"), ("B or C", "BC")):
        hit = [c for c in cases if fired[c["id"]] & set(any_of)]
        true = sum(c["label"] == "recursive" for c in hit)
        of = sum(c["label"] == "recursive" for c in cases)
        print(f"grep {name:<7} recall {ratio(true, of)}  precision {ratio(true, len(hit))}")


def main() -> None:
    """Measures the cases that are there."""
    if len(sys.argv) != 3:  # noqa: PLR2004 - a manifest and a folder
        print("nothing measured; usage: python bench/scan_accuracy.py MANIFEST CASES")
        return
    manifest, folder = json.loads(Path(sys.argv[1]).read_text("utf-8")), Path(sys.argv[2])
    cases = [c for c in manifest["cases"] if (folder / c["id"]).is_dir()]
    files = {c["id"]: files_of(folder / c["id"]) for c in cases}
    started = time.monotonic()
    results = [Result(c, findings_of(files[c["id"]])) for c in cases]
    show(results, time.monotonic() - started)
    show_greps({c["id"]: greps(files[c["id"]]) for c in cases}, cases)


if __name__ == "__main__":
    main()
