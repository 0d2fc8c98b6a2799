"""`python -m bench [SCRIPT ...]`: runs scripts of bench/, and writes docs/performance.md.

All of them, or those that are named; what the others gave in their last run on this machine stays
in the page, with the date of that run. A script that takes `--json` (see `figures`) gives its
figures as data; what another prints is taken as it is. One that needs what is not here says so, and
stands in the page with its reason: an argument that nobody gave, a peer that could not be
installed.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bench.figures import CACHE, machine

HERE: Final = Path(__file__).resolve().parent
PAGE: Final = HERE.parent / "docs" / "performance.md"
KEPT: Final = CACHE / "results"
SHARED: Final = {"__main__.py", "account.py", "desk.py", "figures.py", "installs.py"}
PATIENCE_S: Final = 3600
VERDICTS: Final = {True: "yes", False: "**no**", None: ""}
INTRODUCTION: Final = """\
# Performance

Written by `make bench`, from the figures that the scripts in `bench/` give. Medians of runs that
took turns on one machine; a ratio holds for that run only. Asked is what issue and design set as
the aim; where it is missed, the table says no.

Real AWS, real runners, TLS and the speed of a registry are not measured: the action and its peers
talk to a sandbox on loopback.
"""


def main() -> None:
    """Runs all scripts, or those that are named, and writes the page from the newest results."""
    wanted = set(sys.argv[1:])
    scripts = [path for path in sorted(HERE.glob("*.py")) if path.name not in SHARED]
    if unknown := wanted - {path.stem for path in scripts}:
        raise SystemExit(f"no script of bench/ is named {', '.join(sorted(unknown))}")
    KEPT.mkdir(parents=True, exist_ok=True)
    for script in scripts:
        if not wanted or script.stem in wanted:
            print(f"== {script.name}", flush=True)
            result = run(script)
            print(result["printed"] or result["skipped"], flush=True)
            (KEPT / f"{script.stem}.json").write_text(json.dumps(result), encoding="utf-8")
    PAGE.write_text(written([kept(script) for script in scripts]), encoding="utf-8")
    print(f"written: {PAGE.relative_to(HERE.parent)}")


def kept(script: Path) -> dict[str, Any]:
    """What the script gave in its last run on this machine."""
    path = KEPT / f"{script.stem}.json"
    if path.exists():
        result: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return result
    why = "not run on this machine since its results are kept"
    return {"script": script.name, "sheet": None, "printed": "", "skipped": why}


def run(script: Path) -> dict[str, Any]:
    """What a script gave: its name, the date, its figures, what it printed, or why it has none."""
    gives_data = "bench.figures" in script.read_text(encoding="utf-8")
    result = {
        "script": script.name,
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        "sheet": None,
        "printed": "",
        "skipped": "",
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "figures.json"
        words = [sys.executable, str(script), *(["--json", str(path)] if gives_data else [])]
        try:
            done = subprocess.run(
                words, capture_output=True, text=True, check=False, timeout=PATIENCE_S
            )
        except subprocess.TimeoutExpired:
            return result | {"skipped": f"took more than {PATIENCE_S} s"}
        if done.returncode:
            last = (done.stderr or done.stdout).strip().splitlines()[-1:]
            return result | {"skipped": f"ended with {done.returncode}: {' '.join(last)[:200]}"}
        if done.stdout.startswith("nothing measured"):
            why = done.stdout.strip().partition(": ")[2]
            return result | {"skipped": why or "needs arguments"}
        sheet = json.loads(path.read_text("utf-8")) if path.exists() else None
        return result | {"sheet": sheet, "printed": done.stdout}


def written(results: list[dict[str, Any]]) -> str:
    """The page, as Markdown."""
    sheets = [result["sheet"] for result in results if result["sheet"]]
    parts = [INTRODUCTION]
    parts += [section(sheet) for sheet in sheets]
    parts += [
        f"## {result['script']}\n\n{result['date']}, {result['machine']}.\n\n"
        f"```text\n{result['printed'].strip()}\n```\n"
        for result in results
        if result["printed"] and not result["sheet"]
    ]
    parts.append(behind(sheets))
    left_out = {result["script"]: result["skipped"] for result in results if result["skipped"]}
    left_out |= {name: why for sheet in sheets for name, why in sheet["skipped"].items()}
    if left_out:
        lines = "\n".join(f"- {name}: {one_line(why)}" for name, why in left_out.items())
        parts.append(f"## Not measured\n\n{lines}\n")
    return "\n".join(parts)


def section(sheet: dict[str, Any]) -> str:
    """One script's figures."""
    lines = [f"## {sheet['title']}", "", sheet["about"], ""]
    lines += [f"`{sheet['command']}`, {sheet['date']}, {sheet['machine']}.", ""]
    lines += ["| what | asked | measured | reached |", "|---|---|---|---|"]
    for figure in sheet["figures"]:
        cells = (figure["title"], figure["asked"], figure["measured"], VERDICTS[figure["reached"]])
        lines.append(f"| {' | '.join(map(one_line, cells))} |")
    sides = {(s["name"], s["seconds"]): s for f in sheet["figures"] for s in f["sides"]}
    if sides:
        lines += ["", "| side | median | fastest to slowest | CPU | memory | runs | |"]
        lines += ["|---|---|---|---|---|---|---|"]
    for side in sides.values():
        fastest, slowest = side["spread_s"]
        cells = (
            side["name"],
            f"{side['seconds']:.3g} s",
            f"{fastest:.3g} to {slowest:.3g} s",
            f"{side['cpu_s']:.3g} s" if side["cpu_s"] else "",
            f"{side['rss_mb']:.0f} MB" if side["rss_mb"] else "",
            str(side["runs"]),
            side["note"],
        )
        lines.append(f"| {' | '.join(map(one_line, cells))} |")
    return "\n".join([*lines, ""])


def behind(sheets: list[dict[str, Any]]) -> str:
    """Where an aim is missed, in one place."""
    missed = [
        f"- {sheet['title']}, {f['title']}: asked {f['asked']}, measured {f['measured']}"
        for sheet in sheets
        for f in sheet["figures"]
        if f["reached"] is False
    ]
    told = "\n".join(map(one_line, missed)) or "Nowhere in this run."
    return f"## Where somebody beats us, or an aim is missed\n\n{told}\n"


def one_line(text: str) -> str:
    """For a cell or an item of a list."""
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    main()
