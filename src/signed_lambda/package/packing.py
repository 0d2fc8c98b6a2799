"""Folder or .zip in, reproducible zip out: the first link of the chain.

May import errors, model and this package's modules. Writes only into the private folder it is
given; never into the workspace.
"""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from signed_lambda.errors import SourceError
from signed_lambda.lazy import dataclass
from signed_lambda.model import Advice, Compression, Entry, Package, Place, Sha256
from signed_lambda.package.advice import advise
from signed_lambda.package.compression import EFFORTS, codec
from signed_lambda.package.folder import Folder
from signed_lambda.package.limits import LAMBDA_LIMITS, Limits
from signed_lambda.package.listing import Listing, settle
from signed_lambda.package.names import shown
from signed_lambda.package.pipeline import Pipeline
from signed_lambda.package.rules import Rules
from signed_lambda.package.workspace import Opened, open_source
from signed_lambda.package.writer import ZipWriter
from signed_lambda.package.zipsource import ZipSource, copy_zip, open_zip

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from signed_lambda.package.worker import Search

_NO_SPACE: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def pack(
    source: Path,
    *,
    workspace: Path,
    into: Path,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    allow_secret_files: bool = False,
    compression: Compression = "default",
    limits: Limits = LAMBDA_LIMITS,
    search: Search | None = None,
    check: Callable[[], None] = lambda: None,
) -> Package:
    """Packs a folder, or a .zip anew, so that the same files give the same bytes anywhere.

    Args:
        source: Folder or .zip, relative to the workspace, or absolute and inside it.
        workspace: Nothing outside of it is read.
        into: Private folder outside of `source`, where the zip is written.
        include: Gitignore-style patterns; if any, only what matches is packed.
        exclude: Gitignore-style patterns of what is left out; they come after `.lambdaignore`.
        allow_secret_files: Pack what looks like secrets.
        compression: How small the zip is made.
        limits: Upper bounds.
        search: What to look for in the files; see `Package.wordless`.
        check: Raises when it is to end, be it in the midst of its work; see `Rules`.

    Raises:
        SourceError: The source cannot or must not be packed; all problems found are told together.
        ZipError: The given .zip is not one that all readers understand in one way.
        ValueError: `into` lies in `source`: a mistake of ours.
    """
    place = str(source)
    opened = open_source(source, workspace)
    if opened.is_folder and into.resolve().is_relative_to(opened.path):
        os.close(opened.fd)
        raise ValueError(f"{into} lies in the source {opened.path}")
    try:
        held, source_sha256 = _hold(opened, into, place, limits)
        with held:
            rules = Rules(
                include=include,
                exclude=exclude,
                ignore_file=held.ignore_file(),
                allow_secret_files=allow_secret_files,
                check=check,
            )
            effort, most_bytes = EFFORTS[compression], limits.unzipped_bytes
            with Pipeline(held, effort, search, limit_bytes=most_bytes) as pipeline:
                listing = settle(held.survey(rules, pipeline.foresee), limits)
                written = _write(pipeline, listing, into, place, limits)
    except OSError as error:
        if error.errno in _NO_SPACE:
            raise _no_space(into, error) from error
        raise
    return Package(
        path=written.path,
        sha256=written.sha256,
        size_bytes=written.size_bytes,
        unzipped_bytes=sum(entry.size_bytes for entry in written.entries),
        entries=written.entries,
        places=written.places,
        left_out=listing.left_out,
        compression=compression,
        codec=codec(compression),
        source=place,
        source_sha256=source_sha256,
        notes=listing.notes,
        advice=written.advice,
        wordless=written.wordless,
    )


def _hold(
    opened: Opened, into: Path, place: str, limits: Limits
) -> tuple[Folder | ZipSource, Sha256 | None]:
    """The source as something to survey and read; a zip is copied and read strictly first."""
    if opened.is_folder:
        return Folder(opened.fd, shown(place)), None
    copy = _new_file(into, "source-")
    try:
        sha256 = copy_zip(opened.fd, copy, place=shown(place), limits=limits)
    except BaseException:
        copy.unlink()
        raise
    finally:
        os.close(opened.fd)
    return open_zip(copy, place=shown(place), limits=limits), sha256


@dataclass(frozen=True, slots=True)
class _Written:
    """The zip, and what is in it."""

    path: Path
    sha256: Sha256
    size_bytes: int
    entries: tuple[Entry, ...]
    places: tuple[Place, ...]
    advice: tuple[Advice, ...]
    wordless: frozenset[str]


def _write(
    pipeline: Pipeline, listing: Listing, into: Path, place: str, limits: Limits
) -> _Written:
    path = _new_file(into, "package-")
    entries: list[Entry] = []
    places: list[Place] = []
    wordless: list[str] = []
    try:
        with path.open("r+b") as file:  # "wb" makes ext4 write a file to the disk when it is closed
            writer = ZipWriter(file)
            for packed in pipeline.packed(listing.found):
                places.append(writer.add(packed))
                entries.append(packed.entry)
                if packed.wordless:
                    wordless.append(packed.entry.name)
            sha256 = writer.close()
        if writer.size_bytes > limits.zip_bytes:
            raise SourceError.of(
                "E-SOURCE-09",
                f"the zip of {shown(place)} has {writer.size_bytes:,} bytes, limit "
                f"{limits.zip_bytes:,}",
                "Leave out what the function does not need: `exclude` or .lambdaignore",
            )
    except BaseException:
        path.unlink()
        raise
    return _Written(
        path,
        sha256,
        writer.size_bytes,
        tuple(entries),
        tuple(places),
        advise(zip(entries, places, strict=True)),
        frozenset(wordless),
    )


def _new_file(into: Path, prefix: str) -> Path:
    fd, name = tempfile.mkstemp(prefix=prefix, suffix=".zip", dir=into)
    os.close(fd)
    return Path(name)


def _no_space(into: Path, error: OSError) -> SourceError:
    status = os.statvfs(into)
    free = status.f_bavail * status.f_frsize
    found = SourceError.of(
        "E-SOURCE-12",
        f"the zip cannot be written to {into}: {error.strerror}; {free:,} bytes are free there",
        "Free some space on the runner",
    )
    assert isinstance(found, SourceError)
    return found
