"""What the release workflow asks of the repository. Standard library only: the machine is bare.

- `python3 tools/release.py check 1.2.0`: the version is the code's, and the changelog has it
- `python3 tools/release.py notes 1.2.0`: that part of the changelog
- `python3 tools/release.py pin IMAGE`: action.yml uses IMAGE, named by digest, and builds nothing
- `python3 tools/release.py pinned`: the image that action.yml uses
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
VERSION: Final = re.compile(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}")
BUILT: Final = "\n  image: Dockerfile\n"
"""Of action.yml on main."""
BY_DIGEST: Final = r"[^\s@]+@sha256:[0-9a-f]{64}"
PINNED: Final = re.compile(rf"\n  image: docker://({BY_DIGEST})\n")


def check(root: Path, version: str) -> None:
    """Nothing.

    Raises:
        SystemExit: With what is not as it must be for a release of that version.
    """
    if not VERSION.fullmatch(version):
        sys.exit(f"{version!r} is no version: three numbers, like 1.2.0")
    code = (root / "src/signed_lambda/__init__.py").read_text("utf-8")
    if f'__version__ = "{version}"' not in code:
        sys.exit(f"src/signed_lambda/__init__.py is of another version than {version}")
    if not notes(root, version):
        sys.exit(f"CHANGELOG.md says nothing under `## {version}`")


def notes(root: Path, version: str) -> str:
    """What the changelog says of a version, "" when it does not have it."""
    text = (root / "CHANGELOG.md").read_text("utf-8")
    found = re.search(
        rf"^## {re.escape(version)}\b[^\n]*\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE
    )
    return found[1].strip() if found else ""


def pin(root: Path, image: str) -> None:
    """Writes action.yml.

    Raises:
        SystemExit: The image is not named by digest, or action.yml names one already.
    """
    path = root / "action.yml"
    text = path.read_text("utf-8")
    pinned = text.replace(BUILT, f"\n  image: docker://{image}\n")
    if pinned == text or not re.fullmatch(BY_DIGEST, image):
        sys.exit(f"action.yml cannot use {image!r}: it builds no Dockerfile, or this is no digest")
    path.write_text(pinned, "utf-8")


def pinned_image(root: Path) -> str:
    """The image that action.yml uses.

    Raises:
        SystemExit: It uses none by digest: this is no release.
    """
    found = PINNED.search((root / "action.yml").read_text("utf-8"))
    return found[1] if found else sys.exit("action.yml names no image by digest: no release")


def main(arguments: list[str], root: Path = ROOT) -> None:
    """Does what is asked."""
    match arguments:
        case ["check", version]:
            check(root, version)
        case ["notes", version]:
            check(root, version)
            print(notes(root, version))
        case ["pin", image]:
            pin(root, image)
        case ["pinned"]:
            print(pinned_image(root))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
