"""Finds `source` in the workspace and opens it, without leaving the workspace on the way.

The path is resolved once, to tell what it means; it is then opened part by part beneath the open
workspace, never through a link, so a link put in its way afterwards is refused. May import errors
and this package's modules; reads, never writes.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Final

from signed_lambda.errors import SourceError
from signed_lambda.lazy import dataclass
from signed_lambda.package.folder import special_kind
from signed_lambda.package.names import shown
from signed_lambda.package.worker import FILE_FLAGS, FOLDER_FLAGS

if TYPE_CHECKING:
    from pathlib import Path

_LISTED: Final = 10


@dataclass(frozen=True, slots=True)
class Opened:
    """The source, opened.

    Attributes:
        fd: Its file descriptor; the caller closes it.
        is_folder: A folder, else a .zip.
        path: Its real path, to compare with only: it is never opened by it again.
    """

    fd: int
    is_folder: bool
    path: Path


def open_source(source: Path, workspace: Path) -> Opened:
    """Opens the folder or .zip that `source` names.

    Args:
        source: Relative to the workspace, or absolute and inside it.
        workspace: Folder that must exist.

    Raises:
        SourceError: E-SOURCE-01 missing, -02 outside, -06 special, -07 unreadable, -11 changed
            meanwhile, -16 a loop, -17 neither folder nor .zip.
    """
    base = workspace.resolve(strict=True)
    return open_beneath(base, _resolve(source, base), source)


def open_beneath(base: Path, path: Path, source: Path) -> Opened:
    """Opens a resolved path part by part; a link that stands in its way by now is not followed.

    Args:
        base: Folder, resolved.
        path: Beneath it, resolved.
        source: As the user wrote it, for messages.

    Raises:
        SourceError: E-SOURCE-06, -07, -11, -17 as for `open_source`.
    """
    parts = path.relative_to(base).parts
    fd = os.open(base, FOLDER_FLAGS)
    try:
        for part in parts[:-1]:
            inner = os.open(part, FOLDER_FLAGS, dir_fd=fd)
            os.close(fd)
            fd = inner
        opened = _open_last(fd, parts[-1] if parts else ".", source)
    except OSError as error:
        raise _unreadable(source, error) from error
    finally:
        os.close(fd)
    return Opened(*opened, path)


def _resolve(source: Path, base: Path) -> Path:
    """The real path of the source; inside `base`, and there."""
    name = f"'{shown(str(source))}'"
    try:
        path = (base / source).resolve()
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop, before Python 3.13
        raise SourceError.of("E-SOURCE-16", f"{name} is a loop of links", "Remove it") from error
    if not path.is_relative_to(base):
        raise SourceError.of(
            "E-SOURCE-02",
            f"{name} resolves to {shown(str(path))}, outside the workspace {shown(str(base))}",
            "Give a path relative to the workspace (`github.workspace` is a path of the runner, "
            "not of this container)",
        )
    try:
        path.lstat()
    except OSError as error:
        if isinstance(error, PermissionError):
            raise _unreadable(source, error) from error
        raise _missing(name, path, base) from error
    return path


def _missing(name: str, path: Path, base: Path) -> Exception:
    """Names what is there instead."""
    above = path.parent
    while above != base and not above.is_dir():
        above = above.parent
    names = sorted(f"{p.name}/" if p.is_dir() else p.name for p in above.iterdir())
    listed = ", ".join(shown(n) for n in names[:_LISTED]) or "nothing"
    more = f" and {len(names) - _LISTED:,} more" if len(names) > _LISTED else ""
    where = "the workspace" if above == base else f"{above.relative_to(base)}/"
    return SourceError.of(
        "E-SOURCE-01",
        f"{name} not found; {shown(where)} has: {listed}{more}",
        "Did an earlier step build it? Is it checked out?",
    )


def _open_last(folder: int, name: str, source: Path) -> tuple[int, bool]:
    status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if stat.S_ISDIR(status.st_mode):
        return os.open(name, FOLDER_FLAGS, dir_fd=folder), True
    if not stat.S_ISREG(status.st_mode):
        raise SourceError.of(
            "E-SOURCE-06",
            f"'{shown(str(source))}' is a {special_kind(status.st_mode)}",
            "Give a folder or a .zip",
        )
    if not name.lower().endswith(".zip"):
        raise SourceError.of(
            "E-SOURCE-17",
            f"'{shown(str(source))}' is a file and its name does not end in .zip",
            "Give a folder or a .zip",
        )
    return os.open(name, FILE_FLAGS, dir_fd=folder), False


def _unreadable(source: Path, error: OSError) -> Exception:
    name = f"'{shown(str(source))}'"
    if isinstance(error, PermissionError):
        return SourceError.of(
            "E-SOURCE-07", f"cannot read {name} ({error.strerror})", "Make it readable"
        )
    return SourceError.of(
        "E-SOURCE-11", f"{name} changed while it was opened", "Is the build still running?"
    )
