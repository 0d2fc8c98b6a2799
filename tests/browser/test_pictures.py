"""docs/images shows today's comments: `make pictures` was run. Needs no browser."""

from __future__ import annotations

from typing import Final

from PIL import Image

from tests.support import page
from tools.pictures import FINGERPRINT, FOLDER, pictures

LIMIT_BYTES: Final = 1_500_000
"""Of all pictures: every clone of the repository has them."""


def _fingerprint(name: str) -> str:
    with Image.open(FOLDER / name) as picture:
        return str(picture.info[FINGERPRINT])


def test_every_picture_is_of_the_comment_as_it_is_now() -> None:
    outdated = [p.name for p in pictures() if _fingerprint(p.name) != page.fingerprint(p.comment)]

    assert outdated == []  # mended by `make pictures`


def test_no_picture_is_left_over_and_none_is_missing() -> None:
    assert sorted(path.name for path in FOLDER.glob("*.png")) == sorted(p.name for p in pictures())


def test_every_picture_is_named_in_the_folders_description() -> None:
    description = (FOLDER / "README.md").read_text(encoding="utf-8")

    assert [p.name for p in pictures() if f"({p.name})" not in description] == []


def test_the_pictures_are_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.glob("*.png")) < LIMIT_BYTES
