"""Downloads onto the runner's disk: a new file, hashed while it is written, of the right size.

May import the standard library, errors and model. Never opens a file that is there already, never
follows a link.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Final

from signed_lambda.aws.calls import Repeat
from signed_lambda.errors import AwsError
from signed_lambda.model import Sha256

if TYPE_CHECKING:
    from pathlib import Path

    from signed_lambda.aws.answer import Stream
    from signed_lambda.cloud import Watch

PACKAGE_LIMIT_BYTES: Final = 262_144_000 + 16 * 1024 * 1024
"""Lambda's limit of an unpacked package, and room for headers and signature of a stored zip.

Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""
_PIECE_BYTES: Final = 1024 * 1024


def store(
    stream: Stream,
    to: Path,
    *,
    size_bytes: int | None,
    what: str,
    limit_bytes: int = PACKAGE_LIMIT_BYTES,
    watch: Watch | None = None,
) -> tuple[Sha256, int]:
    """Writes the stream into a new file and hashes it; leaves no file behind when it fails.

    Args:
        stream: The body.
        to: A path that does not exist, in a private folder.
        size_bytes: What the answer says, None when it does not.
        what: Of the messages; no URL with a signature.
        limit_bytes: More are refused.
        watch: Follows the file as it is written.

    Raises:
        Repeat: Fewer or more bytes came than were said.
        AwsError: E-AWS-06 (too large) or E-AWS-07 (cannot be stored).
    """
    if size_bytes is not None and size_bytes > limit_bytes:
        raise too_large(what, size_bytes, limit_bytes)
    try:
        descriptor = os.open(
            to, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
        )
    except OSError as error:
        raise _cannot_store(what, error) from error
    done = False
    if watch is not None:
        watch.begin(to)
    try:
        sha256, size = _copy(stream, descriptor, what, limit_bytes, watch)
        done = size_bytes is None or size == size_bytes
    finally:
        os.close(descriptor)
        if not done:
            to.unlink(missing_ok=True)
    if not done:
        raise Repeat("cut", f"{size} of {size_bytes} bytes of {what}")
    return sha256, size


def _copy(
    stream: Stream, descriptor: int, what: str, limit_bytes: int, watch: Watch | None
) -> tuple[Sha256, int]:
    hashing, size = hashlib.sha256(), 0
    while piece := stream.read(_PIECE_BYTES):
        size += len(piece)
        if size > limit_bytes:
            raise too_large(what, size, limit_bytes)
        hashing.update(piece)
        try:
            view = memoryview(piece)
            while view:
                view = view[os.write(descriptor, view) :]
        except OSError as error:
            raise _cannot_store(what, error) from error
        if watch is not None:
            watch.grew(size)
    return Sha256(hashing.digest()), size


def too_large(what: str, size_bytes: int, limit_bytes: int) -> AwsError:
    """The refusal of a body that no package has."""
    error = AwsError.of(
        "E-AWS-06",
        f"{what} has at least {size_bytes:,} bytes; a package has at most {limit_bytes:,}",
        "Look at who wrote it: it is not a package of this action",
    )
    assert isinstance(error, AwsError)
    return error


def _cannot_store(what: str, error: OSError) -> AwsError:
    refused = AwsError.of(
        "E-AWS-07",
        f"{what} cannot be stored on the runner: {error.strerror}",
        "Free space in the temporary folder, and run it again",
    )
    assert isinstance(refused, AwsError)
    return refused
