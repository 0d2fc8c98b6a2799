"""Which worlds are alike: they differ in the ids and times that AWS draws, and in nothing else.

A disturbed run leaves few worlds, however many ways lead there. What a clean re-run does from one
of them it does from all that are alike, so the matrix runs it once for each; some are run all the
same, and must end alike (`Rig.case`).
"""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Hashable

    from tests.rig.bench import Ran
    from tests.rig.picture import Picture, VersionPicture

_DRAWN: Final = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-f]{64}\b|\b[0-9a-f]{32}\b|\b[0-9a-f]{16}\b|[\w+/]{43}=|[\w+/]{12}…"
)
"""Ids, seals, and hashes, whole or shortened: that of a signed zip, whose signature names its job
and its time, is as drawn."""
_HEX: Final = re.compile(r"[0-9a-f]{64}")
_CODED: Final = re.compile(r"\beyJ[\w+/]+=*")
"""JSON in base64, as a comment keeps what it is about."""
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?(Z|[+-]\d\d:?\d\d)?( UTC)?")


class _Names:
    """Gives drawn names others, by the order in which they are met."""

    def __init__(self) -> None:
        self._met: dict[str, str] = {}

    def of(self, name: str) -> str:
        """The other name of a whole name; a hash has one, in hex as in base64."""
        if _HEX.fullmatch(name):
            name = base64.b64encode(bytes.fromhex(name)).decode()
        return self._met.setdefault(name, f"#{len(self._met)}")

    def within(self, text: str) -> str:
        """A text with all drawn names in it replaced, and its times left out."""
        plain = _CODED.sub(lambda m: base64.b64decode(m.group()).decode(), text)
        return _TIME.sub("#time", _DRAWN.sub(lambda m: self.of(m.group()), plain))


def likeness(picture: Picture) -> Hashable:
    """Equal for two worlds that are alike.

    What a version's zip unpacks to counts, file by file; a zip's own hash only as a name.
    """
    names = _Names()
    return (
        picture.latest and _version(picture.latest, names),
        tuple(_version(v, names) for v in picture.versions.values()),
        tuple(
            (names.within(n), a.version, a.weights, names.within(a.description))
            for n, a in picture.aliases.items()
        ),
        tuple(
            (names.of(i), j.source and tuple(names.within(str(x)) for x in j.source), j.status,
             j.revoked)
            for i, j in picture.jobs.items()
        ),
        tuple(
            (bucket, names.within(key), tuple((names.of(i), names.of(sha)) for i, sha in stored))
            for (bucket, key), stored in picture.objects.items()
        ),
        picture.signing,
        tuple(names.within(body) for body in picture.comments),
        tuple(tuple(names.within(member) for member in check) for check in picture.checks),
    )  # fmt: skip


def ended_alike(ran: Ran, other: Ran) -> bool:
    """Whether two runs from worlds that are alike did the same and left worlds that are alike."""
    return _end(ran) == _end(other)


def _end(ran: Ran) -> Hashable:
    calls = tuple((e.service, e.operation.partition("?")[0], e.status) for e in ran.sent)
    return ran.exit_code, ran.outcome, ran.error_ids, calls, likeness(ran.after)


def _version(version: VersionPicture, names: _Names) -> VersionPicture:
    return replace(
        version,
        sha256=names.of(version.sha256),
        recorded=names.of(version.recorded),
        configuration=names.within(version.configuration),
        description=names.within(version.description),
        job=version.job and names.within(version.job),
    )
