"""How fast, how small and in how much memory a package is made, beside the tools of others.

`python bench/packaging.py [--rounds N]`: medians of 5 interleaved rounds (the order rotates) on
three trees: what pip installs, what npm installs, and 50,000 files of 4 KB. Each contender is a
process of its own that starts, packs and ends; ours runs as in the image and packs as the action
does, guards and hashes included. Peak memory is that of a process with all that it starts, looked
at in a run of its own before: to look takes time of a processor that only some of them use.

Peers and trees are installed by name into $XDG_CACHE_HOME/signed-lambda-bench/packaging; one that
cannot be is skipped with the reason. What they do was written here after reading them:

- zip: `zip -q -r -6`, of the machine.
- aws-lambda-deploy: copies the folder, adds it to adm-zip 0.5.16, writes it, reads it back; by Node
  24, as GitHub's runners do.
- SAM: its own `zip_folder`, as `sam package` calls it for a function.
- archiver 5: each file appended with a fixed date, as the CDK's assets and Serverless do.
- in C: processes/pack.c, which does what of ours takes time, without rules, limits and a report,
  with Debian's libdeflate in two threads: how fast it could be at all.

The trees hold nothing that we leave out: all pack the same bytes. The 50,000 files are slices of
Python's own library. What a contender leaves behind (aws-lambda-deploy its copy of the folder)
stays there until all is measured: ext4 without a journal looks, for each new file, past all inodes
that were deleted in the minutes before, which makes a copy take up to three times as long. Source:
Linux, fs/ext4/ialloc.c (recently_deleted).
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zlib
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from bench.figures import CACHE, Run, Sheet, arguments, interleave, process
from bench.installs import (
    entrypoint,
    installed,
    node,
    npm_installed,
    package_trees,
    product,
    tool,
)

ROUNDS: Final = 5
HOME: Final = CACHE / "packaging"
OURS: Final = """
import sys
sys.path[:0] = [sys.argv[1], sys.argv[1] + "/src"]
from pathlib import Path
from entrypoint import collect_rarely, leave
collect_rarely()
from signed_lambda.package import pack
tree, into = Path(sys.argv[2]), Path(sys.argv[3])
pack(Path(tree.name), workspace=tree.parent, into=into, compression=sys.argv[4],
     allow_secret_files=True)
leave(0)
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


SMALLER_THAN_ZIP: Final = {"site-packages": 1.0, "node_modules": 1.015, "50,000 files": 1.0}
"""How large ours may be beside `zip -6`."""
TIMES: Final = {
    "site-packages": {"zip -6": 5.0, "aws-lambda-deploy": 10.0, "SAM": 6.0, "archiver": 4.3},
    "node_modules": {"zip -6": 3.5, "aws-lambda-deploy": 20.0, "SAM": 5.5, "archiver": 7.0},
    "50,000 files": {"zip -6": 4.0, "aws-lambda-deploy": 20.0},
}
"""How many times as fast ours is to be."""
PEAK_MB: Final = 110
PACK_C: Final = ROOT / "bench" / "processes" / "pack.c"
COMPILE: Final = "${CC:-cc} -O2"
LIBRARIES: Final = "-ldeflate -lcrypto -lpthread"
"""Debian: libdeflate-dev, libssl-dev."""


# -- what takes part


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
    c = HOME / f"c-{zlib.crc32(PACK_C.read_bytes()):08x}"  # another text is compiled anew
    no_c = installed("pack.c", c, ["sh", "-c", f"{COMPILE} -o pack {PACK_C} {LIBRARIES}"])
    uv = tool("uv")
    venv = f"{uv} venv -q --clear venv --python {sys.executable} && {uv} pip install -q"
    no_sam = installed(
        "SAM", HOME / "sam", ["sh", "-c", f"{venv} --python venv/bin/python aws-sam-cli"]
    )
    no_npm = npm_installed("npm", HOME / "npm", ["adm-zip@0.5.16", "archiver@5"])
    zip_ = shutil.which("zip")
    node_ = str(node())
    python = product()
    app = str(entrypoint(python).parent)
    ours = [str(python), "-I", "-B", "-c", OURS, app, "{tree}", "{into}"]
    return {
        "ours": [*ours, "default"],
        "ours, fast": [*ours, "fast"],
        "ours, small": [*ours, "small"],
        "zip -6": [zip_, "-q", "-r", "-6", "{out}", "."] if zip_ else "no zip on this machine",
        "aws-lambda-deploy": no_npm or [node_, "-e", ADM_ZIP, "{tree}", "{out}"],
        "SAM": no_sam or [str(HOME / "sam/venv/bin/python"), "-c", SAM, "{tree}", "{out}"],
        "in C": no_c or [str(c / "pack"), "{tree}", "{out}"],
        "archiver": no_npm or [node_, "-e", ARCHIVER, "{tree}", "{out}"],
    }


def versions() -> str:
    """Of all that takes part."""
    told = [f"Python {platform.python_version()}", f"deflate {version('deflate')}"]
    if shutil.which("zip"):
        lines = subprocess.run(["zip", "-v"], capture_output=True, text=True, check=False).stdout
        told += [
            line[8:15].strip() for line in lines.splitlines() if line.startswith("This is Zip")
        ]
    words = [node(), "--version"]
    told.append("Node " + subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    for name in ("adm-zip", "archiver"):
        about = HOME / "npm" / "node_modules" / name / "package.json"
        if about.exists():
            told.append(f"{name} {json.loads(about.read_text())['version']}")
    told += [
        p.name.removesuffix(".dist-info")
        for p in HOME.glob("sam/venv/lib/*/site-packages/aws_sam_cli-*.dist-info")
    ]
    return ", ".join(word.strip() for word in told)


# -- measuring


def race(
    sheet: Sheet, name: str, tree: Path, into: Path, words: dict[str, list[str]], rounds: int
) -> None:
    """Runs all on one tree, in turn, and tells each ratio."""
    paths = [p for p in tree.rglob("*") if p.is_file() and not p.is_symlink()]
    megabytes = sum(p.stat().st_size for p in paths) / 1e6
    title = f"{name}, {len(paths):,} files, {megabytes:.0f} MB"
    zips_mb: dict[str, float] = {}

    def one(other: str, *, memory: bool = False) -> Run:
        run, zips_mb[other] = packed(words[other], tree, into, memory=memory)
        return run

    peaks = {other: one(other, memory=True).rss_mb for other in words}
    found = interleave({other: partial(one, other) for other in words}, rounds, warm=0)
    sides = {
        other: replace(side, rss_mb=peaks[other], note=f"zip of {zips_mb[other]:.2f} MB")
        for other, side in found.items()
    }
    for other, asked in TIMES[name].items():
        if other in sides:
            ratio = sides["ours"].times(sides[other])
            sheet.add(
                f"{title}, beside {other}",
                asked=f"at least {asked}x",
                measured=f"{ratio:.2f}x",  # an aim may be missed by little
                reached=ratio >= asked,
                sides=(sides["ours"], sides[other]),
            )
    if "in C" in sides:
        sheet.add(
            f"{title}, beside the same in C",
            measured=f"{sides['in C'].times(sides['ours']):.2f} times as long",
            sides=(sides["ours"], sides["in C"]),
        )
    if "zip -6" in zips_mb:
        larger = zips_mb["ours"] / zips_mb["zip -6"]
        sheet.add(
            f"{title}, size beside zip -6",
            asked=f"at most {SMALLER_THAN_ZIP[name] - 1:+.1%}",
            measured=f"{larger - 1:+.1%}",
            reached=larger <= SMALLER_THAN_ZIP[name],
        )
    sheet.add(
        f"{title}, peak of memory",
        asked=f"under {PEAK_MB} MB",
        measured=f"{peaks['ours']:.0f} MB",
        reached=peaks["ours"] < PEAK_MB,
        sides=[sides[other] for other in ("ours, fast", "ours, small") if other in sides],
    )


def packed(words: list[str], tree: Path, into: Path, *, memory: bool) -> tuple[Run, float]:
    """One run of a contender, and the megabytes of its zip; what else it leaves, stays."""
    folder = Path(tempfile.mkdtemp(dir=into))
    places = {"{tree}": str(tree), "{out}": f"{folder}/out.zip", "{into}": str(folder)}
    environ = os.environ | {"NODE_PATH": str(HOME / "npm" / "node_modules")}
    run, _ = process(
        [places.get(word, word) for word in words], cwd=tree, environ=environ, whole_tree=memory
    )
    [made] = folder.glob("*.zip")
    megabytes = made.stat().st_size / 1e6
    made.unlink()
    return run, megabytes


def main() -> None:
    """Measures all that can be."""
    with tempfile.TemporaryDirectory(prefix="packaging-") as folder:
        measure(Path(folder))


def measure(into: Path) -> None:
    """All contenders on all trees; what they write lies below the folder until the end."""
    options = arguments(__doc__).parse_args()
    about = (__doc__ or "").partition("\n\n")[2]
    sheet = Sheet("Packaging", f"{about}\n{versions()}")
    given = contenders()
    words = {name: found for name, found in given.items() if isinstance(found, list)}
    for name, why in given.items():
        if isinstance(why, str):
            sheet.skip(name, why)
    trees = package_trees() | {"50,000 files": small_files(HOME / "n50000")}
    for name, tree in trees.items():
        if isinstance(tree, str):
            sheet.skip(name, tree)
        else:
            race(sheet, name, tree, into, words, options.rounds)
    sheet.tell("python bench/packaging.py", options.json)


if __name__ == "__main__":
    main()
