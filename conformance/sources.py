"""What is deployed: a folder of plain files, or something that a tool must not take.

Imports the standard library only. Nothing here is ever run.
"""

from __future__ import annotations

import io
import os
import stat
import struct
import warnings
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from conformance.world import HANDLER, NOTES, zipped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NEW: Final = {"app.py": HANDLER.format("new"), "notes.txt": NOTES}
"""The usual source: the same two files as the releases before, one of them changed."""
SPARSE_BYTES: Final = 10 << 30
BOMB_BYTES: Final = 300 << 20


def write_source(source: Mapping[str, Any], workspace: Path) -> str:
    """Writes what a case deploys; its path within the workspace.

    Args:
        source: See `Case.source`.
        workspace: Of the job.
    """
    folder = workspace / "function"
    if "zip" in source:
        path = workspace / "function.zip"
        path.write_bytes(ZIPS[source["zip"]]())
        return path.name
    if source.get("make") == "missing":
        return "function"
    folder.mkdir()
    files = dict(NEW if source.get("files") is None else {}) | dict(source.get("files") or {})
    files |= dict(source.get("more") or {})
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for name, target in dict(source.get("links") or {}).items():
        (folder / name).symlink_to(target)
    if "make" in source:
        FOLDERS[source["make"]](folder)
    return folder.name


def files_of(folder: Path) -> dict[str, set[tuple[bytes, bool]]]:
    """What a version may hold of each file of a source folder: bytes, and whether it is a link.

    A link may be packed as one or as a copy of what it leads to.
    """
    found: dict[str, set[tuple[bytes, bool]]] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            forms = found.setdefault(path.relative_to(folder).as_posix(), set())
            forms.add((path.read_bytes(), False))
            if path.is_symlink():
                forms.add((os.fsencode(path.readlink()), True))
    return found


def _fifo(folder: Path) -> None:
    os.mkfifo(folder / "pipe")


def _sparse(folder: Path) -> None:
    with (folder / "core").open("wb") as file:
        file.truncate(SPARSE_BYTES)


def _loop(folder: Path) -> None:
    (folder / "deep").mkdir()
    (folder / "deep" / "up").symlink_to("..")


def _newline(folder: Path) -> None:
    (folder / "a\n::set-output name=version::9").write_text("")


def _not_utf8(folder: Path) -> None:
    Path(os.fsdecode(os.fsencode(folder) + b"/bad\xff.py")).write_text("")


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


def _old_dates(folder: Path) -> None:
    for path in folder.iterdir():
        os.utime(path, (86_400, 86_400))


FOLDERS: Final[Mapping[str, Callable[[Path], None]]] = {
    "fifo": _fifo,
    "sparse": _sparse,
    "loop": _loop,
    "newline": _newline,
    "not-utf8": _not_utf8,
    "empty": _empty,
    "old-dates": _old_dates,
}


def _plain() -> bytes:
    return zipped({name: text.encode() for name, text in NEW.items()})


def _with(name: str, body: bytes = b"x\n", *, mode: int = stat.S_IFREG | 0o644) -> bytes:
    buffer = io.BytesIO(_plain())
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "a") as archive:
        warnings.simplefilter("ignore")  # a name that is there twice
        entry = zipfile.ZipInfo(name)
        entry.external_attr = mode << 16
        archive.writestr(entry, body)
    return buffer.getvalue()


def _hidden() -> bytes:
    """An entry whose data are there and which the index does not name."""
    whole = _with("hidden.py", b"import os\n")
    plain = zipfile.ZipFile(io.BytesIO(_plain()))
    start = zipfile.ZipFile(io.BytesIO(whole)).start_dir
    index = _plain()[plain.start_dir : -22]
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 2, 2, len(index), start, 0)
    return whole[:start] + index + end


def _renamed_inside() -> bytes:
    """The data call an entry otherwise than the index does."""
    return _plain().replace(b"app.py", b"apq.py", 1)


def _encrypted() -> bytes:
    body = bytearray(_plain())
    at = body.index(b"PK\1\2")
    body[at + 8] |= 1
    body[6] |= 1
    return bytes(body)


def _bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("app.py", HANDLER.format("new"))
        with archive.open(zipfile.ZipInfo("zeros.bin"), "w", force_zip64=True) as entry:
            for _ in range(BOMB_BYTES >> 20):
                entry.write(bytes(1 << 20))
    return buffer.getvalue()


ZIPS: Final[Mapping[str, Callable[[], bytes]]] = {
    "plain": _plain,
    "duplicate": lambda: _with("app.py", b"def handler(event, context): evil()\n"),
    "hidden": _hidden,
    "renamed-inside": _renamed_inside,
    "leaves": lambda: _with("../outside.py"),
    "absolute": lambda: _with("/etc/cron.d/x"),
    "link-outside": lambda: _with("cfg", b"/etc/passwd", mode=stat.S_IFLNK | 0o777),
    "trailing": lambda: _plain() + b"trailing bytes",
    "leading": lambda: b"#!/bin/sh\n" + _plain(),
    "truncated": lambda: _plain()[:-10],
    "signed": lambda: _with("META_INF/aws_signer_signature_v1.0.SF"),
    "encrypted": _encrypted,
    "bomb": _bomb,
    "html": lambda: b"<!doctype html><html><body>404</body></html>",
    "lfs": lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
    "empty": lambda: b"",
}
