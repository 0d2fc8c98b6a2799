"""The hidden first line of our pull-request comment: whose it is, and how old.

The comment is found again by it (with its author, see `github`). It is display only: nothing is
ever decided by what a comment says, because anybody with write access can edit one.

Pure: imports story and, for types only, the report model. The payload is base64, so that no name
can end the HTML comment.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import quote

from signed_lambda.lazy import dataclass, regex
from signed_lambda.report import story

if TYPE_CHECKING:
    from signed_lambda.report.model import Report

_PREFIX: Final = "<!-- signed-lambda-deploy:v1 key="
_LINE: Final = regex(
    re.escape(_PREFIX) + r"([A-Za-z0-9_.~%/-]{1,300}) ([A-Za-z0-9+/=]{1,2000}) -->"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """Identity and age of a comment.

    Attributes:
        key: "region/function/alias", percent-encoded: one comment, or issue, for each.
        run_id, attempt: Of the workflow run that wrote it; 0 outside of GitHub or when unreadable.
        outcome: Of the report.
        level: How bad the verdict is: 0 all well, 1 with warnings, 2 blocked.
        build_sha256: 64 hex digits, "" when nothing was built.
    """

    key: str
    run_id: int
    attempt: int
    outcome: str
    level: int
    build_sha256: str

    @classmethod
    def of(cls, report: Report) -> Self:
        """The marker of a report's comment."""
        return cls(
            key=_key(report.region, *_about(report)),
            run_id=report.run.run_id,
            attempt=report.run.attempt,
            outcome=report.outcome,
            level=story.level(report),
            build_sha256=report.build_sha256.hex if report.build_sha256 else "",
        )

    @classmethod
    def parse(cls, body: str) -> Self | None:
        """The marker in the first line of a comment; None when the comment is not one of ours.

        A marker whose payload cannot be read (edited by hand) counts as older than any run.

        Args:
            body: Of a comment, written by anybody.
        """
        match = _LINE.fullmatch(body.split("\n", 1)[0].rstrip("\r"))
        if match is None:
            return None
        data = _payload(match[2])
        return cls(
            key=match[1],
            run_id=_count(data.get("run_id")),
            attempt=_count(data.get("attempt")),
            outcome=str(data.get("outcome", "")),
            level=min(_count(data.get("level", story.WORST)), story.WORST),
            build_sha256=str(data.get("build", "")),
        )

    def is_worse_than(self, other: Marker) -> bool:
        """Whether people must hear of this verdict who have read the other one."""
        return self.level > other.level

    @property
    def order(self) -> tuple[int, int]:
        """Grows with every run and every attempt of a run."""
        return self.run_id, self.attempt

    @property
    def line(self) -> str:
        """The first line of the comment, without a line break."""
        data = {
            "attempt": self.attempt,
            "build": self.build_sha256,
            "level": self.level,
            "outcome": self.outcome,
            "run_id": self.run_id,
        }
        payload = base64.b64encode(json.dumps(data, separators=(",", ":")).encode()).decode()
        return f"{_PREFIX}{self.key} {payload} -->"


def _about(report: Report) -> tuple[str, str]:
    """Function and alias; of several, a hash of all their names.

    Not the workflow: two jobs of one that look at different aliases must not take each other's word
    for it that all is well.
    """
    if len(report.checks) < 2:  # noqa: PLR2004 - one has a name of its own
        return report.function_name, report.alias
    names = "\n".join(sorted(c.name for c in report.checks))
    return "aliases", hashlib.sha256(names.encode(errors="replace")).hexdigest()


def _key(*parts: str) -> str:
    """The parts, percent-encoded and joined by "/"; a hash of them when they are too long."""
    key = "/".join(quote(p, safe="", errors="replace") or "%20" for p in parts)
    if len(key) > 250:  # noqa: PLR2004 - a function's name has 64 characters, an alias' 128
        return "long/" + hashlib.sha256("\0".join(parts).encode(errors="replace")).hexdigest()
    return key


def _payload(encoded: str) -> dict[str, object]:
    try:
        data = json.loads(base64.b64decode(encoded, validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _count(value: object) -> int:
    """A run id or attempt: a whole number from 0 that GitHub could have given; 0 for all else."""
    if isinstance(value, bool) or not isinstance(value, int):
        return 0
    return value if 0 <= value < 2**63 else 0
