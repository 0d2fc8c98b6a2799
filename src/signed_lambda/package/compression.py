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
    "fast": (1, 1, 0, 0),
    "default": (5, 4, 8_192, 0),
    "small": (8, 8, 0, 1),
}
"""ADR 20 has the measurements. A change of one of these, or of the library's version, changes the
hash of every build made with it, once."""


def codec(compression: Compression) -> str:
    """Compressor, its library's version, level and setting, for the report."""
    level, text_level, brief_bytes, _ = EFFORTS[compression]
    others = [f"{text_level} for texts from 64 KiB"] if text_level != level else []
    others += [f"1 below {brief_bytes // 1024} KiB"] if brief_bytes else []
    told = f" ({', '.join(others)})" if others else ""
    return f"libdeflate via deflate {deflate.__version__}, level {level}{told}, {compression}"
