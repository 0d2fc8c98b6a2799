"""Which front end reads which file, and why a file is not read.

A front end is imported when the first file of its language comes: a Python package costs nothing of
the others. Imports `form` and `front`.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from signed_lambda.scan.form import Module

MAX_SOURCE_BYTES: Final = 2 * 1024 * 1024
_JAVASCRIPT: Final = (".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx")
_FRONT_ENDS: Final = {
    ".py": "python",
    ".go": "go",
    ".java": "java",
    **dict.fromkeys(_JAVASCRIPT, "javascript"),
}
CODE: Final = (*_FRONT_ENDS, ".class", ".jar")
"""Endings of files that hold code, whether this version can read them or not."""


_SDK: Final = re.compile(
    r"boto3|botocore|s3transfer|aws-sdk|(@aws-sdk|@smithy|@aws-crypto)/.*|aioboto\w*|aiobotocore"
)
_SDK_USE: Final = re.compile(
    rb"aws-sdk|boto|software\.amazon|com\.amazonaws|aws_sdk|(?i:function_?name|invoked_?function)"
    rb"|LAMBDA_FUNCTION|lambda_handler|exports\.handler|handleRequest|def \w+\(\s*event\b"
)
"""The SDK's name, a function's own name, or a handler."""
_SDK_FOLDERS: Final = frozenset(
    {"boto3", "botocore", "s3transfer", "aiobotocore", "aws-sdk", "@aws-sdk", "@smithy"}
)


@dataclass(frozen=True, slots=True)
class Unread:
    """A file with code that was not reviewed, and why."""

    path: str
    why: str


def read(path: str, body: bytes) -> Module | Unread:
    """The file in the common form, or why it cannot be read."""
    front = _FRONT_ENDS.get(posixpath.splitext(path)[1])
    if front is None:
        return Unread(path, "this version does not read this language")
    if len(body) > MAX_SOURCE_BYTES:
        return Unread(path, f"more than {MAX_SOURCE_BYTES:,} bytes")
    reader = import_module(f"signed_lambda.scan.front.{front}")
    try:
        module: Module = reader.read(path, body)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return Unread(path, f"not parsed: {type(error).__name__}")
    return module


def is_sdk(package: str, path: str) -> bool:
    """Whether a file is of AWS's SDK itself, which calls what its callers ask for.

    Args:
        package: Its installed package; what the zip says of itself, so that is not enough.
        path: Of the file.
    """
    folders = path.split("/")[:-1]
    return _SDK.fullmatch(package) is not None and not _SDK_FOLDERS.isdisjoint(folders)


def uses_sdk(body: bytes) -> bool:
    """Whether a file of an installed package names the SDK, a function's own name, or a handler.

    Only for installed packages, which are most of the code and hardly ever call AWS: a tree of
    2,270 files took 36 s to read. In the function's own code a call is found without the name.
    """
    return _SDK_USE.search(body) is not None
