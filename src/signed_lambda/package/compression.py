"""How small a package is made, at what price.

Pure; imports model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import deflate

if TYPE_CHECKING:
    from signed_lambda.model import Compression
    from signed_lambda.package.worker import Effort

EFFORTS: Final[dict[Compression, Effort]] = {
    "fast": (1, 0),
    "default": (5, 8_192),
    "small": (8, 0),
}
"""ADR 20 has the measurements. A change of one of these, or of the library's version, changes the
hash of every build made with it, once."""


def codec(compression: Compression) -> str:
    """Compressor, its library's version, level and setting, for the report."""
    level, brief_bytes = EFFORTS[compression]
    brief = f" (1 below {brief_bytes // 1024} KiB)" if brief_bytes else ""
    return f"libdeflate via deflate {deflate.__version__}, level {level}{brief}, {compression}"
