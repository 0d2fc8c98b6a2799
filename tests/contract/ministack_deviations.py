"""Where ministack 1.5.33 does not answer as AWS does: row id -> what it does instead.

Strict: a row here that passes is reported, and is then to be removed.
"""

from __future__ import annotations

from typing import Final

DEVIATIONS: Final[dict[str, str]] = {}
