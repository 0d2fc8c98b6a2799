"""Makes folders to pack, and packs them."""

from __future__ import annotations

import hashlib
import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypedDict, Unpack

import pytest

from signed_lambda.errors import DeployError
from signed_lambda.package import pack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from signed_lambda.model import Compression, Package
    from signed_lambda.package import Limits, Search


GOLDEN_TREE: Final = {
    "app.py": b"def handler(event, context):\n    return event\n" * 20,
    "bin/run": b"#!/bin/sh\nexec true\n",
    "data/large.txt": b" ".join(b"%x" % (n * n % 9_973) for n in range(19_000)),
    "data/logo.png": b"\x89PNG\r\n\x1a\n" + bytes(3_000),
    "data/random": hashlib.shake_128(b"golden").digest(5_000),
    "data/short": b" ".join(b"%x" % (n * n % 4_987) for n in range(1_400)),
    "data/text": b" ".join(b"%x" % (n * n % 9_973) for n in range(9_000)),
    "data/zeros": bytes(100_000),
    "empty": b"",
    "umlaut-\u00fc.txt": "gr\u00fc\u00dfe\n".encode(),
}
GOLDEN: Final = {
    "fast": "f6396cb93efbc4e169f7f9d2aac9d538404443741b4f708e9dab4703d1a1f7d2",
    "default": "8a966881159c3565991c248eb7ef72597240c8c999234d027328065e69c8949a",
    "small": "95271262c8fb5a4597bf3135da7484207136c23123e8a63079ef69a1e916b023",
}
"""Hash of the golden tree by compression. A change here changes the hash of every build made with
it: it belongs into the changelog."""


class Options(TypedDict, total=False):
    """What `pack` may be told."""

    include: Sequence[str]
    exclude: Sequence[str]
    allow_secret_files: bool
    compression: Compression
    limits: Limits
    search: Search
    check: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Place:
    """A workspace with the source `dist`, and a private folder for zips."""

    workspace: Path
    into: Path

    @classmethod
    def beneath(cls, folder: Path) -> Place:
        """Both, new."""
        place = cls(folder / "workspace", folder / "private")
        place.dist.mkdir(parents=True)
        place.into.mkdir()
        return place

    @property
    def dist(self) -> Path:
        """The source."""
        return self.workspace / "dist"

    def fill(self, files: Mapping[str, bytes]) -> None:
        """Writes files into the source."""
        for name, content in files.items():
            path = self.dist / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            os.utime(path, (1, 1))  # so that a later write shows, however soon it comes

    def pack(self, source: Path | str = "dist", **options: Unpack[Options]) -> Package:
        """Packs the source."""
        return pack(self.workspace / source, workspace=self.workspace, into=self.into, **options)

    def refused(self, source: Path | str = "dist", **options: Unpack[Options]) -> DeployError:
        """The error, after checking that nothing was left in the private folder."""
        before = list(self.into.iterdir())
        with pytest.raises(DeployError) as caught:
            self.pack(source, **options)
        assert list(self.into.iterdir()) == before
        return caught.value


def golden(place: Place) -> None:
    """Fills the source with the golden tree."""
    place.fill(GOLDEN_TREE)
    (place.dist / "bin" / "run").chmod(0o755)
    (place.dist / "bin" / "link").symlink_to("../app.py")


def ids(error: DeployError) -> list[str]:
    return [problem.id for problem in error.problems]


def names(package: Package) -> list[str]:
    return [entry.name for entry in package.entries]


def left_out(package: Package) -> dict[str, str]:
    return {item.name: item.reason for item in package.left_out}


@contextmanager
def as_nobody() -> Iterator[None]:
    """Without the rights of root, before which no file is unreadable."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(0)


@contextmanager
def sealed_off(path: Path) -> Iterator[None]:
    """Nobody may read the file or folder."""
    mode = path.stat().st_mode
    path.chmod(0)
    try:
        yield
    finally:
        path.chmod(mode)


@contextmanager
def walkable(folder: Path) -> Iterator[None]:
    """Everybody may enter our temporary folders down to this one (pytest makes them private)."""
    ours = [p for p in (folder, *folder.parents) if p.stat().st_mode & 0o777 == 0o700]
    for path in ours:
        path.chmod(0o755)
    private = folder.parent / "private"
    private.chmod(0o777)
    try:
        yield
    finally:
        for path in ours:
            path.chmod(0o700)
