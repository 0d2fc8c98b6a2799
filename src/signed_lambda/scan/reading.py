"""Which front end reads which file, and why a file is not read.

A front end is imported when the first file of its language comes: a Python package costs nothing of
the others. Imports `form`, `front`, `languages`, `prefilter` and `watch`.
"""

from __future__ import annotations

from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import dataclass
from signed_lambda.scan.languages import language_of
from signed_lambda.scan.prefilter import matters, tokens
from signed_lambda.scan.sourcemap import bundler_of, map_of
from signed_lambda.scan.watch import TookTooLongError, untimed

if TYPE_CHECKING:
    from collections.abc import Callable

    from signed_lambda.scan.form import Module
    from signed_lambda.scan.watch import Watch

MAX_SOURCE_BYTES: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Unread:
    """A file with code that was not reviewed, and why."""

    path: str
    why: str


def read(path: str, body: bytes, watch: Watch | None = None) -> Module | Unread:
    """The file in the common form, or why it cannot be read.

    Args:
        path: Of the file; its ending says the language.
        body: Its bytes.
        watch: Ends what takes too long; None for files that are known.
    """
    front = language_of(path)
    if not front:
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
