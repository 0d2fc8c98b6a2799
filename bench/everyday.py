"""How often the static review is wrong on everyday code: each finding, judged by a reader.

`python bench/everyday.py LIST FOLDER`: LIST is a JSON array of `{"repo", "commit", "kind",
"judged"}`, where `judged` says of each finding above ask by its id ("REC-S3 src/app.py:12") what a
reader found, "true: ..." or "false: ..."; FOLDER has a checkout of each under `owner+name`. Prints
a table in Markdown. What nobody judged is marked, and the script ends with 1.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from signed_lambda.scan import findings_in
from signed_lambda.scan.discovery import find_templates
from signed_lambda.scan.infra.read import read_templates
from signed_lambda.scan.languages import CODE
from signed_lambda.scan.reading import Unread, read
from signed_lambda.scan.world import world_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.report.model import Finding

NOT_IN = {".git", "node_modules", "site-packages", ".venv", "vendor"}
ENDINGS = {
    ".py": "Python",
    ".go": "Go",
    ".java": "Java",
    **dict.fromkeys((".ts", ".tsx", ".mts"), "TypeScript"),
    **dict.fromkeys((".js", ".mjs", ".cjs", ".jsx"), "JavaScript"),
}


@dataclass(frozen=True)
class Looked:
    """What the review says of a repository."""

    files: int
    templates: int
    findings: tuple[Finding, ...]
    languages: str
    seconds: float

    @property
    def above(self) -> tuple[Finding, ...]:
        """Findings that are more than a question."""
        return tuple(f for f in self.findings if f.severity != "ask")


def sources(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The code of a checkout, without what is installed in it."""
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        wanted = path.name.endswith(CODE) and NOT_IN.isdisjoint(inside.parts)
        if wanted and path.is_file() and not path.is_symlink():
            yield inside.as_posix(), path.read_bytes()


def look(folder: Path) -> Looked:
    """Reviews a checkout as `command: scan` does its workspace."""
    started = time.monotonic()
    counted: Counter[str] = Counter()
    modules = []
    for path, body in sources(folder):
        found = read(path, body)
        if not isinstance(found, Unread):
            modules.append(found)
            counted[ENDINGS.get(Path(path).suffix, "other")] += 1
    templates, _ = find_templates(folder.resolve())
    infra, _ = read_templates(templates)
    findings = findings_in(world_of(modules, "", infra, ""))
    names = ", ".join(name for name, _ in counted.most_common(2))
    seconds = time.monotonic() - started
    return Looked(len(modules), len(infra.sources), findings, names, seconds)


def id_of(finding: Finding) -> str:
    """What the list calls a finding."""
    return f"{finding.rule} {finding.path}:{finding.line}"


def row(entry: dict[str, Any], looked: Looked) -> tuple[str, Counter[str]]:
    """A line of the table, and how its findings were judged."""
    judged: dict[str, str] = entry.get("judged", {})
    said, counts = [], Counter[str]()
    for finding in looked.above:
        verdict = judged.get(id_of(finding), "NOT JUDGED")
        counts[verdict.partition(":")[0]] += 1
        said.append(f"`{id_of(finding)}` ({finding.severity}): {verdict}")
    asks = len(looked.findings) - len(looked.above)
    name = f"{entry['repo']}@{entry['commit'][:7]}"
    cells = (
        name,
        looked.languages,
        entry.get("kind", ""),
        str(looked.files),
        str(looked.templates),
        "<br>".join(said) or "none",
        str(asks),
    )
    return f"| {' | '.join(cells)} |", counts


def main() -> None:
    """Prints the table."""
    if len(sys.argv) != 3:  # noqa: PLR2004 - a list and a folder
        print("nothing measured; usage: python bench/everyday.py LIST FOLDER")
        return
    entries = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    total: Counter[str] = Counter()
    print("| Repository | Languages | Deployed by | Files | Templates | Above ask | Asks |")
    print("|---|---|---|---|---|---|---|")
    repositories = 0
    for entry in entries:
        folder = Path(sys.argv[2]) / entry["repo"].replace("/", "+")
        if not folder.is_dir():
            print(f"{entry['repo']}: not there", file=sys.stderr)
            continue
        line, counts = row(entry, look(folder))
        print(line, flush=True)
        repositories += 1
        total += counts
    print(f"\n{repositories} repositories; findings above ask: {dict(total) or 'none'}")
    sys.exit(1 if total["NOT JUDGED"] else 0)


if __name__ == "__main__":
    main()
