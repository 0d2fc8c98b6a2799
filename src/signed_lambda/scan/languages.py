"""Which language a file is in, by the ending of its name. Imports nothing of the scan."""

from __future__ import annotations

import posixpath
from typing import Final

JAVASCRIPT: Final = (".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx")
FRONT_ENDS: Final = {
    ".py": "python",
    ".go": "go",
    ".java": "java",
    **dict.fromkeys(JAVASCRIPT, "javascript"),
}
CODE: Final = (*FRONT_ENDS, ".class", ".jar")
"""Endings of files that hold code, whether this version can read them or not."""
TYPES: Final = (".d.ts", ".d.mts", ".d.cts")
"""Types of TypeScript: nothing in them runs."""


def is_code(path: str) -> bool:
    """Whether a file holds code, by its name."""
    return path.endswith(CODE) and not path.endswith(TYPES)


def language_of(path: str) -> str:
    """As `form.Module` calls it, "" for one that this version does not read."""
    return FRONT_ENDS.get(posixpath.splitext(path)[1], "")
