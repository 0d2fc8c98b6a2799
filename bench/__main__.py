"""`python -m bench`: runs every script of bench/ and writes docs/performance.md from its figures.

A script that takes `--json` (see `figures`) gives its figures as data; what another prints is taken
as it is. One that needs what is not here says so, and stands in the page with its reason: an
argument that nobody gave, a peer that could not be installed.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bench.figures import machine

HERE: Final = Path(__file__).resolve().parent
PAGE: Final = HERE.parent / "docs" / "performance.md"
SHARED: Final = {"__main__.py", "figures.py", "installs.py"}
PATIENCE_S: Final = 3600
VERDICTS: Final = {True: "yes", False: "**no**", None: ""}
INTRODUCTION: Final = """\
# Performance

Written by `make bench`, from the figures that the scripts in `bench/` print. Medians of runs that
took turns on one machine; a ratio holds for that run only. Asked is what issue and design set as
the aim; where it is missed, the table says no.

Real AWS, real runners, TLS and the speed of a registry are not measured: the action and its peers
talk to a sandbox on loopback.
"""


def main() -> None:
    """Runs all scripts, or those that are named, and writes the page."""
    wanted = set(sys.argv[1:])
    sheets: list[dict[str, Any]] = []
    plain: dict[str, str] = {}
    skipped: dict[str, str] = {}
    for script in sorted(HERE.glob("*.py")):
        if script.name in SHARED or (wanted and script.stem not in wanted):
            continue
        print(f"== {script.name}", flush=True)
        figures, printed, why = run(script)
        print(printed, flush=True)
        if why:
            skipped[script.name] = why
        elif figures is not None:
            sheets.append(figures)
        else:
            plain[script.name] = printed
    page = written(sheets, plain, skipped)
    if wanted:
        print(page)
    else:
        PAGE.write_text(page, encoding="utf-8")
        print(f"written: {PAGE.relative_to(HERE.parent)}")


def run(script: Path) -> tuple[dict[str, Any] | None, str, str]:
    """The figures of a script, what it printed, and why there are none."""
    gives_data = "bench.figures" in script.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "figures.json"
        words = [sys.executable, str(script), *(["--json", str(path)] if gives_data else [])]
        try:
            done = subprocess.run(
                words, capture_output=True, text=True, check=False, timeout=PATIENCE_S
            )
        except subprocess.TimeoutExpired:
            return None, "", f"took more than {PATIENCE_S} s"
        if done.returncode:
            last = (done.stderr or done.stdout).strip().splitlines()[-1:]
            return None, done.stdout, f"ended with {done.returncode}: {' '.join(last)[:200]}"
        if done.stdout.startswith("nothing measured"):
            return None, done.stdout, done.stdout.strip().partition(": ")[2] or "needs arguments"
        return (json.loads(path.read_text("utf-8")) if path.exists() else None), done.stdout, ""


def written(sheets: list[dict[str, Any]], plain: dict[str, str], skipped: dict[str, str]) -> str:
    """The page, as Markdown."""
    parts = [INTRODUCTION, f"Machine: {machine()}. Date: {datetime.now(UTC).date()}.\n"]
    parts += [section(sheet) for sheet in sheets]
    parts += [f"## {name}\n\n```text\n{text.strip()}\n```\n" for name, text in plain.items()]
    parts.append(behind(sheets))
    left_out = skipped | {k: v for sheet in sheets for k, v in sheet["skipped"].items()}
    if left_out:
        lines = "\n".join(f"- {name}: {one_line(why)}" for name, why in left_out.items())
        parts.append(f"## Not measured in this run\n\n{lines}\n")
    return "\n".join(parts)


def section(sheet: dict[str, Any]) -> str:
    """One script's figures."""
    lines = [f"## {sheet['title']}", "", sheet["about"], "", f"`{sheet['command']}`", ""]
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
