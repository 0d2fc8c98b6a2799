"""Events of buckets that come through EventBridge: a rule on them is a notification by its pattern.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import dataclass
from signed_lambda.scan.infra.model import KeyFilter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from signed_lambda.scan.infra.document import Tree
    from signed_lambda.scan.values import Str

_SOURCE: Final = "aws.s3"
_CREATED: Final = "Object Created"
EVENTS: Final = ("s3:ObjectCreated:*",)


@dataclass(frozen=True, slots=True)
class ObjectEvents:
    """What a rule takes of one bucket.

    Attributes:
        filters: Of its keys, empty for all.
        certain: False where the pattern asks for more than is understood here.
    """

    bucket: Str
    filters: tuple[KeyFilter, ...]
    certain: bool


def of_pattern(pattern: Tree, value: Callable[[Tree], Str]) -> Iterator[ObjectEvents]:
    """The buckets whose new objects a rule takes; nothing for rules on anything else.

    Args:
        pattern: As a table.
        value: What a node of it means.
    """
    if _SOURCE not in _texts(pattern.get("source")):
        return
    kinds = _texts(pattern.get("detail-type"))
    if kinds and _CREATED not in kinds:
        return
    detail = pattern.get("detail")
    understood = detail.table.keys() <= {"bucket", "object"}
    filters: list[KeyFilter] = []
    for wanted in detail.get("object", "key").items:
        found = _filter(wanted)
        understood = understood and found is not None
        filters += [found] if found is not None else []
    for name in detail.get("bucket", "name").items:
        yield ObjectEvents(value(name), tuple(filters), understood)


def _texts(tree: Tree) -> list[str]:
    return [item.text for item in tree.items]


def _filter(wanted: Tree) -> KeyFilter | None:
    """One condition on a key, None where prefix and suffix do not say all of it."""
    if wanted.text:
        return KeyFilter(wanted.text, wanted.text)
    if wanted.table.keys() == {"prefix"}:
        return KeyFilter(wanted.get("prefix").text)
    if wanted.table.keys() == {"suffix"}:
        return KeyFilter("", wanted.get("suffix").text)
    start, star, end = wanted.get("wildcard").text.partition("*")
    return KeyFilter(start, end) if star and "*" not in end else None
