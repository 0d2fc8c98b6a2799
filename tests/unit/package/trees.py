"""Makes folders to pack, and packs them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict, Unpack

import pytest

from signed_lambda.errors import DeployError
from signed_lambda.package import pack

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from signed_lambda.model import Package
    from signed_lambda.package import Limits


class Options(TypedDict, total=False):
    """What `pack` may be told."""

    include: Sequence[str]
    exclude: Sequence[str]
    allow_secret_files: bool
    limits: Limits


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


def ids(error: DeployError) -> list[str]:
    return [problem.id for problem in error.problems]


def names(package: Package) -> list[str]:
    return [entry.name for entry in package.entries]


def left_out(package: Package) -> dict[str, str]:
    return {item.name: item.reason for item in package.left_out}
