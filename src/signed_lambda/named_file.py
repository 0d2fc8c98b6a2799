"""A small file that an input names: read only if it lies in the workspace and is a regular file.

Anybody who writes to the workspace may have put something else there: a link that leads out, a FIFO
that would be waited for, a file without end. Imports nothing of the product.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def read_named(name: str, workspace: Path, limit_bytes: int) -> bytes:
    """The content of the file.

    Args:
        name: As the input says, relative to the workspace.
        workspace: What it must lie in, links followed.
        limit_bytes: Of its size.

    Raises:
        OSError: It cannot be read.
        ValueError: It must not be read; the text says why, without a full stop.
    """
    path = (workspace / name).resolve()
    if not path.is_relative_to(workspace.resolve()):
        raise ValueError("it lies outside the workspace")
    if path.exists() and not path.is_file():  # reading a FIFO would wait for ever
        raise ValueError("it is not a file")
    if path.stat().st_size > limit_bytes:
        raise ValueError(f"it has more than {limit_bytes} bytes")
    return path.read_bytes()
