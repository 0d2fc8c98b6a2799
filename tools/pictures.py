"""Writes docs/images: the comments as GitHub shows them, on a phone and on a desk. `make pictures`.

The comments are those of the golden files (tests/unit/report/cases.py), the browser is the
machine's Chromium. Every picture holds the fingerprint of its comment, by which a test notices that
it is out of date. The same Chromium writes the same bytes.

Imports the tests' cases and their page; never reads the network.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PIL import Image
from PIL.PngImagePlugin import PngInfo

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from signed_lambda.report.comment import render_comment  # noqa: E402 - the path comes first
from tests.support import browser, page  # noqa: E402
from tests.unit.report.cases import CASES  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

FOLDER: Final = ROOT / "docs" / "images"
FINGERPRINT: Final = "Comment"
"""Key of the text in the PNG file."""
MODULES: Final = ROOT / ".venv" / "node" / "node_modules"

_SHOWN: Final = {"plan": "findings", "deployed": "reviewed", "refused": "not-reviewed"}
"""What a picture is called, and its case."""
_SCREENS: Final = {"phone": (browser.PHONE, 2.0), "desk": (browser.DESK, 1.5)}
"""Width in CSS pixels, and the screen's pixels for each of them."""
_COLOURS: Final = 256
"""Of the palette: first such that all colours are covered (of the most frequent alone, a red cross
becomes yellow), then drawn to the frequent ones. No channel is off by more than 10 of 255."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One file of docs/images.

    Attributes:
        comment: Markdown.
        width: In CSS pixels.
        pixels: Of the screen, for each CSS pixel.
        dark: Which colours the reader has chosen.
    """

    name: str
    comment: str
    width: int
    pixels: float
    dark: bool


def pictures() -> Iterator[Picture]:
    """All that docs/images holds."""
    for shown, case in _SHOWN.items():
        for screen, (width, pixels) in _SCREENS.items():
            for colours in ("light", "dark"):
                yield Picture(
                    name=f"comment-{shown}-{screen}-{colours}.png",
                    comment=render_comment(CASES[case]),
                    width=width,
                    pixels=pixels,
                    dark=colours == "dark",
                )


def photograph(started: Browser, picture: Picture, folder: Path) -> bytes:
    """The picture as a PNG file with a small palette.

    Args:
        started: The browser.
        picture: To be taken.
        folder: For the page's file.

    Raises:
        RuntimeError: The browser complained, so that something is not drawn.
    """
    file = folder / "comment.html"
    file.write_text(page.document(picture.comment, MODULES.joinpath), encoding="utf-8")
    with browser.opened(
        started, file, width=picture.width, dark=picture.dark, pixels=picture.pixels
    ) as shown:
        if shown.complaints:
            raise RuntimeError(f"{picture.name}: {'; '.join(shown.complaints)}")
        png = shown.page.locator("main").screenshot()
    info = PngInfo()
    info.add_text(FINGERPRINT, page.fingerprint(picture.comment))
    out = io.BytesIO()
    whole = Image.open(io.BytesIO(png)).convert("RGB")
    small = whole.quantize(
        _COLOURS, method=Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE
    )
    small.save(out, "PNG", optimize=True, pnginfo=info)
    return out.getvalue()


def main() -> int:
    """Takes all pictures anew; 0 when it could."""
    path = browser.installed()
    if path is None:
        print("no Chromium here: apt-get install chromium fonts-noto-color-emoji", file=sys.stderr)
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    total = 0
    with browser.chromium(path) as started, tempfile.TemporaryDirectory() as folder:
        for picture in pictures():
            data = photograph(started, picture, Path(folder))
            (FOLDER / picture.name).write_bytes(data)
            total += len(data)
            print(f"{os.path.relpath(FOLDER / picture.name, ROOT)}  {len(data) / 1024:.0f} KiB")
    print(f"{total / 1024:.0f} KiB in all")
    return 0


if __name__ == "__main__":
    sys.exit(main())
