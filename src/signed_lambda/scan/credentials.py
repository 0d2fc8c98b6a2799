"""What AWS credentials look like, and how text is shown that may hold some.

Pure: imports the standard library only. Nothing here returns a credential in a message.
"""

from __future__ import annotations

import re
from typing import Final

from signed_lambda.lazy import regex

KEY_ID: Final = regex(r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])")
"""Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html"""
SECRET: Final = regex(r"(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])")
"""Forty characters of base64, as AWS makes secret access keys."""
_MADE_UP: Final = regex(
    r"(?i)example|test|fake|dummy|sample|mock|your|x{4}|0{4}|1234|abcd|access|secret|change|place"
)
_DISTINCT: Final = {20: 10, 40: 18}
"""Characters that differ: fewer are typed, not drawn at random."""


def is_real(text: str) -> bool:
    """Whether a key id or secret looks drawn at random, and not like a placeholder.

    AWS's documentation uses AKIAIOSFODNN7EXAMPLE, and people type such too.
    """
    if _MADE_UP.search(text) or len(set(text)) < _DISTINCT.get(len(text), 0):
        return False
    return len(text) != 40 or _is_mixed(text)  # noqa: PLR2004 - a secret's length


def _is_mixed(text: str) -> bool:
    """Not a hash in hex, not words: upper, lower and digits together."""
    return all(re.search(kind, text) for kind in ("[A-Z]", "[a-z]", "[0-9]"))


def hidden(text: str) -> str:
    """The text without what may be a credential of AWS."""
    if "AKIA" in text or "ASIA" in text:
        text = KEY_ID.sub(lambda m: f"{m[0][:4]}…", text)
    return SECRET.sub(lambda m: "…" if _is_mixed(m[0]) else m[0], text)
