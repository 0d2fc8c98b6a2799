"""How large the image is, layer by layer as it is pulled, package by package, and how soon rebuilt.

`python bench/image.py [--json FILE]`: builds it on the machine's Docker engine, exports it, and
gzips each layer that lies above the base image as a registry stores it (level 6). Then a line of
the code changes, and the build that follows is timed. Skipped by name without an engine or without
the base image.
"""

from __future__ import annotations

import gzip
import io
import json
import shutil
import sys
import tarfile
import tempfile
from collections import Counter
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from bench.figures import Run, Sheet, Side, arguments, process
from bench.installs import BASE_IMAGE, no_engine

if TYPE_CHECKING:
    from collections.abc import Iterator

TAG: Final = "signed-lambda-deploy:bench"
SITE: Final = "usr/local/lib/python3.13/site-packages/"
DEPENDENCIES_MB: Final = 20
REBUILD_S: Final = 3
SHOWN: Final = 25
CONTEXT: Final = ("Dockerfile", ".dockerignore", "entrypoint.py", "requirements/runtime.txt")


def main() -> None:
    """Builds, looks and tells."""
    options = arguments(__doc__).parse_args()
    sheet = Sheet(
        "Image",
        "Layers above the base image, gzipped as a registry stores them. A code change rebuilds the"
        " application's layer; packages come from the build's cache.",
    )
    if why := no_engine():
        sheet.skip("image", why)
    else:
        measure(sheet, options.rounds)
    sheet.tell("python bench/image.py", options.json)


def measure(sheet: Sheet, rounds: int) -> None:
    """Adds all figures."""
    with tempfile.TemporaryDirectory() as folder:
        context = copied(Path(folder))
        whole = build(context, "--no-cache")
        layers = list(layers_above_base())
        rebuilds = [rebuild(context, number) for number in range(rounds)]
        process(["docker", "image", "rm", "--force", TAG])
    for name, (raw, squeezed, packages) in zip(("packages", "application"), layers, strict=True):
        figure = f"{squeezed / 1e6:.1f} MB gzipped, {raw / 1e6:.1f} MB unpacked"
        asked = name == "packages"
        sheet.add(
            f"layer: {name}",
            asked=f"under {DEPENDENCIES_MB} MB gzipped" if asked else "",
            measured=figure,
            reached=squeezed < DEPENDENCIES_MB * 1e6 if asked else None,
        )
        if asked:
            sheet.add("of these, MB unpacked", measured=listed(packages))
    sheet.add(
        "what `image: Dockerfile` costs each job: the whole build, packages fetched",
        measured=f"{whole.seconds:.0f} s; a prebuilt image by its digest is only pulled",
        sides=[Side.of("build without cache", [whole])],
    )
    side = Side.of("rebuild after a code change", rebuilds)
    sheet.add(
        "rebuild after a code change",
        asked=f"under {REBUILD_S} s",
        measured=f"{side.seconds:.1f} s",
        reached=side.seconds < REBUILD_S,
        sides=[side],
    )


def copied(folder: Path) -> Path:
    """The build's context in a folder of its own, where a line can change."""
    for name in (*CONTEXT, "tools/slim_packages.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)
    shutil.copytree(
        ROOT / "src" / "signed_lambda",
        folder / "src" / "signed_lambda",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    return folder


def build(context: Path, *options: str) -> Run:
    """One build of the image."""
    return process(["docker", "build", "-q", *options, "-t", TAG, context])[0]


def rebuild(context: Path, number: int) -> Run:
    """A build after a line of the code changed."""
    with (context / "src" / "signed_lambda" / "__init__.py").open("a") as file:
        file.write(f"\n# change {number}\n")
    return build(context)


def layers_above_base() -> Iterator[tuple[int, int, Counter[str]]]:
    """Bytes, bytes gzipped and bytes by package of each layer that is not the base image's."""
    base = json.loads(process(["docker", "image", "inspect", BASE_IMAGE])[1])[0]["RootFS"]["Layers"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "image.tar"
        process(["docker", "save", "-o", path, TAG])
        with tarfile.open(path) as image:
            manifest = json.load(member(image, "manifest.json"))[0]
            for name in manifest["Layers"][len(base) :]:
                body = member(image, name).read()
                packages: Counter[str] = Counter()
                with tarfile.open(fileobj=io.BytesIO(body)) as layer:
                    for info in layer:
                        if info.isfile() and info.name.startswith(SITE):
                            packages[package_of(info.name)] += info.size
                yield len(body), len(gzip.compress(body, 6)), packages


def member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    """A file of the export."""
    file = archive.extractfile(name)
    if file is None:
        raise SystemExit(f"the export of {TAG} holds no file {name}")
    return file


def package_of(path: str) -> str:
    """The package that a file below site-packages belongs to."""
    top = path.removeprefix(SITE).partition("/")[0]
    return (
        top.partition("-")[0].partition(".")[0] if ".dist-info" in path else top.partition(".")[0]
    )


def listed(packages: Counter[str]) -> str:
    """The packages with their sizes, the largest first."""
    return ", ".join(f"{name} {size / 1e6:.1f}" for name, size in packages.most_common(SHOWN))


if __name__ == "__main__":
    main()
