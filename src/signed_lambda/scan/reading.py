"""Which front end reads which file, and why a file is not read.

A front end is imported when the first file of its language comes: a Python package costs nothing of
the others. Imports `form`, `front`, `prefilter` and `watch`.
"""

from __future__ import annotations

import posixpath
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import dataclass, regex
from signed_lambda.scan.prefilter import matters, tokens
from signed_lambda.scan.sourcemap import bundler_of, map_of
from signed_lambda.scan.watch import TookTooLongError, untimed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from signed_lambda.scan.form import Module
    from signed_lambda.scan.watch import Watch

MAX_SOURCE_BYTES: Final = 4 * 1024 * 1024
_JAVASCRIPT: Final = (".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx")
_FRONT_ENDS: Final = {
    ".py": "python",
    ".go": "go",
    ".java": "java",
    **dict.fromkeys(_JAVASCRIPT, "javascript"),
}
CODE: Final = (*_FRONT_ENDS, ".class", ".jar")
"""Endings of files that hold code, whether this version can read them or not."""
_TYPES: Final = (".d.ts", ".d.mts", ".d.cts")
"""Types of TypeScript: nothing in them runs."""

_NODE: Final = regex("(^|/)node_modules/")
_SDK: Final = regex(
    r"boto3|botocore|s3transfer|aws-sdk|(@aws-sdk|@smithy|@aws-crypto)/.*|aioboto\w*|aiobotocore"
)
_SDK_FOLDERS: Final = frozenset(
    {"boto3", "botocore", "s3transfer", "aiobotocore", "aws-sdk", "@aws-sdk", "@smithy"}
)
_VENDORED: Final = tuple(
    (regex(rf"(?:^|(?<=/)){folder}/"), beside)
    for folder, beside in (
        ("botocore", ("session.py", "client.py", "endpoint.py")),
        ("boto3", ("session.py", "resources/factory.py", "resources/collection.py")),
        ("s3transfer", ("manager.py", "futures.py", "subscribers.py")),
        ("aws-sdk", ("lib/core.js", "lib/service.js", "lib/request.js")),
        ("(?:@aws-sdk|@smithy|@aws-crypto)/[^/]+", ("dist-cjs/index.js",)),
    )
)
"""Folders of AWS's SDK, and files that stand beside each other in no other code."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A file with code that was not reviewed, and why."""

    path: str
    why: str


def is_code(path: str) -> bool:
    """Whether a file holds code, by its name."""
    return path.endswith(CODE) and not path.endswith(_TYPES)


def language_of(path: str) -> str:
    """As `form.Module` calls it, "" for one that this version does not read."""
    return _FRONT_ENDS.get(posixpath.splitext(path)[1], "")


def read(path: str, body: bytes, watch: Watch | None = None) -> Module | Unread:
    """The file in the common form, or why it cannot be read.

    Args:
        path: Of the file; its ending says the language.
        body: Its bytes.
        watch: Ends what takes too long; None for files that are known.
    """
    front = _FRONT_ENDS.get(posixpath.splitext(path)[1])
    if front is None:
        return Unread(path, "this version does not read this language")
    if len(body) > MAX_SOURCE_BYTES:
        return Unread(path, f"more than {MAX_SOURCE_BYTES:,} bytes")
    reader = import_module(f"signed_lambda.scan.front.{front}")
    watch = watch or untimed()
    try:
        with watch.on(path):
            module: Module = reader.read(path, body, watch)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return Unread(path, f"not parsed: {type(error).__name__}")
    except TookTooLongError as error:
        return Unread(path, f"not read: {error}")
    return module


def _nothing(_path: str) -> None:
    return None


@dataclass(frozen=True)
class Source:
    """A file that is read when somebody asks for it.

    Attributes:
        path: Of the file.
        body: Its bytes.
        watch: Of the review.
        beside: The bytes of another file of the package by its path, None where there is none.
        installed: Whether it is of an installed package.
    """

    path: str
    body: bytes
    watch: Watch
    beside: Callable[[str], bytes | None] = _nothing
    installed: bool = False

    @property
    def language(self) -> str:
        """As `form.Module` calls it, "" for one that this version does not read."""
        return language_of(self.path)

    @cached_property
    def matters(self) -> bool:
        """Whether it names a call that a rule looks for.

        The function's own Python always does: the rules on its quality look at all of it.
        """
        own = not self.installed and self.language == "python"
        return own or not self.language or matters(self.body)

    @property
    def weight(self) -> tuple[bool, int]:
        """Whether others wrote it, and its bytes."""
        return self.installed, len(self.body)

    @property
    def tokens(self) -> frozenset[str]:
        """All its words that may be names."""
        return tokens(self.body)

    def read(self) -> Module | Unread:
        """The file in the common form, or why it cannot be read."""
        found = read(self.path, self.body, self.watch)
        if isinstance(found, Unread):
            return found
        found.installed = self.installed
        if found.language == "javascript":
            origins = map_of(self.path, self.body, self.beside, self.watch)
            for module in (found, *found.inner):
                module.bundler, module.origins = bundler_of(self.body), origins
                module.installed = self.installed
        return found


def vendored(paths: Iterable[str]) -> tuple[str, ...]:
    """The folders that are AWS's SDK by their files, each with a slash at its end.

    For packages that say nothing of what is installed in them.
    """
    known = set(paths)
    return tuple(
        folder
        for pattern, beside in _VENDORED
        for folder in sorted({p[: m.end()] for p in known for m in pattern.finditer(p)})
        if all(folder + one in known for one in beside)
    )


def is_sdk(package: str, path: str) -> bool:
    """Whether a file is of AWS's SDK itself, which calls what its callers ask for.

    Args:
        package: Its installed package; what the zip says of itself, so that is not enough.
        path: Of the file.
    """
    folders = path.split("/")[:-1]
    return _SDK.fullmatch(package) is not None and not _SDK_FOLDERS.isdisjoint(folders)


def is_for_browsers(path: str) -> bool:
    """Whether a file of an installed package is what a package of Python gives to browsers."""
    return path.endswith(_JAVASCRIPT) and _NODE.search(path) is None
