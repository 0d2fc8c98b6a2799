"""The static review: can this function start itself again, and what else is said of Lambda code?

Reads the packed bytes, runs nothing. One rule is one file in `rules/`, found by its being there.
Imports values, `package` (to read the zip), its own modules.

What is here is imported when it is named: packing looks for the words of `installed` before a
review begins.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from signed_lambda.scan.surveying import (
        Review,
        Rule,
        Survey,
        all_rules,
        allowed_in,
        blocking,
        findings_in,
        loop_rules,
        quality_rules,
        require_acceptable,
        review,
        survey,
    )

__all__ = [
    "Review",
    "Rule",
    "Survey",
    "all_rules",
    "allowed_in",
    "blocking",
    "findings_in",
    "loop_rules",
    "quality_rules",
    "require_acceptable",
    "review",
    "survey",
]


def __getattr__(name: str) -> object:
    """All of the review. Source: PEP 562."""
    if name in __all__:
        return getattr(importlib.import_module("signed_lambda.scan.surveying"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
