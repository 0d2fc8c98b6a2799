"""How fast the static review is, beside semgrep and bandit on the same tree.

`python bench/scan_speed.py [CASES]`: medians of 5 interleaved runs behind one that is thrown away,
each a process of its own, with the time of the CPU and the largest resident memory; then a small
function, and, for each folder of CASES (rebuilt public cases), whether parsing only what is asked
for finds what a full run finds.

The trees are what pip and npm install: boto3 and Django; the AWS SDKs for JavaScript, express,
lodash and typeorm. Peers and trees are installed by name into $XDG_CACHE_HOME/signed-lambda-bench;
one that cannot be is skipped with the reason. semgrep runs the patterns of bench/scan_rules.yml
without network; bandit runs its own rules. Peers begin within node_modules: from above, semgrep
would leave it out, and look at no file. We begin where a function's zip begins, where we pass over
installed packages that name neither an AWS SDK nor a handler; and once more within node_modules,
where all of it is the function's own code and followed as such. No peer packs: our packing is timed
by itself and told, and the review is the process without it.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from bench.installs import python_of, trees
from bench.scan_accuracy import files_of
from signed_lambda.scan import findings_in
from signed_lambda.scan.infra.read import read_templates
from signed_lambda.scan.languages import CODE
from signed_lambda.scan.reading import Source, Unread, read
from signed_lambda.scan.watch import untimed
from signed_lambda.scan.world import world_of

ROUNDS = 5
BYTECODE = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
"""The environment of all sides: each compiles its own modules once, as what is installed does."""
OURS = ROOT / "bench" / "processes" / "review.py"
JS_ENDINGS = (".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx")


@dataclass(frozen=True)
class Run:
    """One run of a process: seconds of the clock and of the CPU, the largest memory."""

    seconds: float
    cpu: float
    rss_mb: float


@dataclass(frozen=True)
class Median:
    """The medians of some runs."""

    seconds: float
    cpu: float
    rss_mb: float

    @classmethod
    def of(cls, runs: list[Run]) -> Median:
        """Of each figure by itself."""
        return cls(
            statistics.median(r.seconds for r in runs),
            statistics.median(r.cpu for r in runs),
            max(r.rss_mb for r in runs),
        )


def process(words: list[str], cwd: Path = ROOT, **environ: str) -> tuple[Run, str]:
    """Runs a process, quietly, and measures it with its children; what it printed."""
    with tempfile.TemporaryFile() as out:
        started = time.perf_counter()
        child = subprocess.Popen(
            words, stdout=out, stderr=subprocess.STDOUT, env=BYTECODE | environ, cwd=cwd
        )
        _, _, used = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - started
        out.seek(0)
        text = out.read().decode("utf-8", "replace")
    return Run(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024), text


# -- ours, trees and peers


def ours(tree: Path) -> tuple[Run, dict[str, float]]:
    """One of our processes, without its packing."""
    run, text = process(
        [sys.executable, str(ROOT / "bench" / "processes" / "review.py"), str(tree)]
    )
    told: dict[str, float] = json.loads(text.splitlines()[-1])
    return Run(run.seconds - told["pack"], run.cpu - told["pack_cpu"], run.rss_mb), told


def peers() -> dict[str, Path | str]:
    """Semgrep and bandit: the program, or why there is none."""
    found = {name: python_of(name, name) for name in ("semgrep", "bandit")}
    return {n: p if isinstance(p, str) else p / n for n, p in found.items()}


def size_of(tree: Path, endings: tuple[str, ...]) -> tuple[int, int, float]:
    """Files, lines and megabytes of code."""
    paths = [p for p in tree.rglob("*") if p.is_file() and p.name.endswith(endings)]
    bodies = [p.read_bytes() for p in paths]
    return len(paths), sum(b.count(b"\n") for b in bodies), sum(map(len, bodies)) / 1e6


def words_of(given: dict[str, Path | str], language: str) -> dict[str, list[str]]:
    """How the peers that are there, and that read the language, are called."""
    found: dict[str, list[str]] = {}
    semgrep, bandit = given["semgrep"], given["bandit"]
    options = ["scan", "--quiet", "--metrics=off", "--disable-version-check", "--no-git-ignore"]
    rules = ["--config", str(ROOT / "bench" / "scan_rules.yml"), "--jobs", "2"]
    if isinstance(semgrep, Path):
        found["semgrep"] = [str(semgrep), *options, *rules, "."]
    if isinstance(bandit, Path) and language == "python":
        found["bandit"] = [str(bandit), "-r", "-q", "."]
    return found


def race(
    looked_at: Path, mine: dict[str, Path], language: str, given: dict[str, Path | str]
) -> None:
    """Runs all in turn, and prints the medians and the ratios.

    Args:
        looked_at: The folder that the peers look at.
        mine: What ours is called, and the folder that it packs and reviews.
        language: "python" or "js".
        given: The peers' programs.
    """
    files, lines, megabytes = size_of(looked_at, (".py",) if language == "python" else JS_ENDINGS)
    print(f"\n{language}: {files:,} files, {lines:,} lines, {megabytes:.1f} MB")
    runs: defaultdict[str, list[Run]] = defaultdict(list)
    told: defaultdict[str, list[dict[str, float]]] = defaultdict(list)
    for number in range(1 + ROUNDS):
        if number == 1:  # bytecode is written, and the page cache is filled
            runs.clear()
            told.clear()
        for name, tree in mine.items():
            run, figures = ours(tree)
            runs[name].append(run)
            told[name].append(figures)
        for name, words in words_of(given, language).items():
            path = f"{Path(words[0]).parent}{os.pathsep}{os.environ['PATH']}"
            runs[name].append(process(words, looked_at, PATH=path)[0])
    medians = {name: Median.of(each) for name, each in runs.items()}
    for name, of in medians.items():
        print(f"{name:<22} {of.seconds:>6.2f} s {of.cpu:>6.2f} s of the CPU", end="")
        print(f" {of.rss_mb:>4.0f} MB  {said_of(name, medians, told)}")
    for name, peer in given.items():
        if isinstance(peer, str):
            print(f"{name:<10} skipped: {peer}")


def said_of(name: str, medians: dict[str, Median], told: dict[str, list[dict[str, float]]]) -> str:
    """Of ours what the review took, of a peer how many times ours it took."""
    if name in told:
        review, packing = (
            statistics.median(one[part] for one in told[name]) for part in ("review", "pack")
        )
        return f"(the review itself {review:.2f} s; packing {packing:.2f} s more)"
    of = medians[name]
    return "; ".join(
        f"{of.seconds / medians[us].seconds:.1f} times {us},"
        f" {of.cpu / medians[us].cpu:.1f} by the CPU"
        for us in told
    )


def small() -> None:
    """A function of one file: the review in a process that runs already, and the whole process."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "small"
        tree.mkdir()
        body = "def handler(event, context):\n    c.invoke(FunctionName=context.function_name)\n"
        (tree / "app.py").write_text(body)
        runs = [ours(tree) for _ in range(ROUNDS)]
    review = statistics.median(told["review"] for _, told in runs)
    print(f"\nsmall function: review {review * 1000:.0f} ms,", end=" ")
    print(f"process {Median.of([run for run, _ in runs]).seconds * 1000:.0f} ms")


# -- whether it finds the same


def same(cases: Path) -> None:
    """Compares full runs with those that parse what is asked for."""
    folders = sorted(p for p in cases.iterdir() if p.is_dir())
    different, parsed, of = [], 0, 0
    for folder in folders:
        files = files_of(folder)
        code = {p: b for p, b in files.items() if p.endswith(CODE)}
        modules = [m for m in (read(p, b) for p, b in code.items()) if not isinstance(m, Unread)]
        full = findings_in(world_of(modules, "", read_templates(files)[0]))
        sources = [Source(p, b, untimed()) for p, b in code.items()]
        world = world_of(sources, "", read_templates(files)[0])
        parsed, of = parsed + len(world.program.modules), of + len(modules)
        if findings_in(world) != full:
            different.append(folder.name)
    print(f"\n{len(folders)} cases, {parsed} of {of} files parsed:", end=" ")
    print("the same findings" if not different else f"other findings in {different}")


def main(words: list[str]) -> None:
    """Measures all that can be."""
    given, places = peers(), trees()
    small()
    for language in ("python", "js"):
        tree = places[language]
        if isinstance(tree, str):
            print(f"\n{language} tree skipped: {tree}")
        elif language == "python":
            race(tree, {"ours": tree}, language, given)
        else:
            inner = tree / "node_modules"
            race(inner, {"ours": tree, "ours, all as own code": inner}, language, given)
    for cases in words[:1]:
        same(Path(cases))


if __name__ == "__main__":
    main(sys.argv[1:])
