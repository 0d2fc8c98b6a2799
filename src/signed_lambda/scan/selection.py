"""What of all that comes to a place a trigger takes: patterns, routes, topics, recipients.

Each has `takes(sink)`: whether what a call sends there is taken, as far as both are known.
Imports `matching`, `address`, `sinks`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal, Protocol

from signed_lambda.lazy import dataclass, regex
from signed_lambda.scan.address import levels_of
from signed_lambda.scan.matching import (
    UNKNOWN,
    Chance,
    Known,
    OneOf,
    Part,
    all_of,
    any_of,
    matches,
)
from signed_lambda.scan.values import Lit

if TYPE_CHECKING:
    from signed_lambda.scan.address import Levels
    from signed_lambda.scan.sinks import Sink
    from signed_lambda.scan.values import Str


class Selection(Protocol):
    """What an edge takes."""

    def takes(self, sink: Sink, value: Str) -> Chance:
        """Whether what the call sends to a target is taken."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Filter:
    """Patterns, one of which must match.

    Attributes:
        of: What of the message they look at: all of it, or the attributes or body of one of SNS.
    """

    patterns: tuple[Known, ...]
    of: Literal["", "attributes", "body"] = ""

    def takes(self, sink: Sink, value: Str) -> Chance:
        """Whether one of the messages matches."""
        del value
        sent = sink.message if isinstance(sink.message, list) else [sink.message]
        return any_of(self._one(message) for message in sent)

    def _one(self, message: Known) -> Chance:
        seen = message
        if self.of:
            seen = message.get(self.of, UNKNOWN) if isinstance(message, dict) else UNKNOWN
        return any_of(matches(pattern, seen) for pattern in self.patterns)


@dataclass(frozen=True, slots=True, eq=False)
class Topics:
    """The filter of an IoT rule, `FROM 'a/+/b'`; a `WHERE` is not decided.

    Source: https://docs.aws.amazon.com/iot/latest/developerguide/iot-sql-reference.html
    """

    filter: str
    where: bool = False

    @classmethod
    def of_sql(cls, sql: str) -> Topics | None:
        """The filter in a statement, None where none is seen."""
        said = _FROM.search(sql)
        return cls(said[1], bool(_WHERE.search(sql, said.end()))) if said is not None else None

    def takes(self, sink: Sink, value: Str) -> Chance:
        """Whether the topic that is published to is one of the filter's."""
        del sink
        return all_of((self.covers(value), "maybe" if self.where else "yes"))

    def covers(self, value: Str) -> Chance:
        """Whether a topic is one of the filter's; what is not known is taken for one level.

        Source: https://docs.aws.amazon.com/iot/latest/developerguide/topics.html
        """
        levels = _levels(value)
        if levels is None:
            return "maybe"
        found: list[Chance] = []
        wanted = self.filter.split("/")
        for place, want in enumerate(wanted):
            if want == "#":
                return all_of(found)
            if place >= len(levels):
                break
            level = levels[place]
            if want != "+":
                found.append("maybe" if level is None else "yes" if level == want else "no")
        if len(levels) != len(wanted):
            found.append("maybe" if levels[-1] is None else "no")
        return all_of(found)


_FROM: Final = regex(r"(?i)\bfrom\s+['\"]([^'\"]*)['\"]")
_WHERE: Final = regex(r"(?i)\bwhere\b")


def _levels(value: Str) -> Levels | None:
    """The levels of a topic, None for one that is not known; None when nothing is known."""
    if not any(isinstance(a, Lit) for a in value.atoms):
        return None
    levels: Levels = [""]
    for atom in value.atoms:
        if not isinstance(atom, Lit):
            levels[-1] = None
            continue
        first, *more = atom.text.split("/")
        last = levels[-1]
        levels[-1] = None if last is None else last + first
        levels += more
    return levels


@dataclass(frozen=True, slots=True, eq=False)
class Recipients:
    """The recipients of a receipt rule, none for all.

    Attributes:
        known: False when not all of them are.

    Source: https://docs.aws.amazon.com/ses/latest/dg/receiving-email-receipt-rules-console-walkthrough.html
    """

    wanted: tuple[str, ...]
    known: bool = True

    def takes(self, sink: Sink, value: Str) -> Chance:
        """Whether one of the addresses is one of the rule's."""
        del value
        sent = sink.message if isinstance(sink.message, list) else [sink.message]
        return any_of(self._one(address) for address in sent)

    def _one(self, address: Known) -> Chance:
        if isinstance(address, OneOf):
            found = {self._one(option) for option in address.options}
            return found.pop() if len(found) == 1 else "maybe"
        if isinstance(address, str):
            plain = _ADDRESS.sub(r"\1", address).strip().lower()
            taken = any(_receives(want.lower(), plain) for want in self.wanted)
            # without recipients a rule takes all mail to the account's own domains
            return "yes" if taken else "no" if self.wanted and self.known else "maybe"
        if isinstance(address, Part) and self.wanted and self.known:
            return self._part(address.end.lower())
        return "maybe"

    def _part(self, end: str) -> Chance:
        """Of an address that is known from some place on."""
        domain = end.rpartition("@")[2].rstrip(">") if "@" in end else ""
        if not domain:
            return "maybe"
        found = [want for want in self.wanted if _receives(_domain(want), f"x@{domain}")]
        whole = any("@" not in want for want in found)
        return "yes" if whole else "maybe" if found else "no"


_ADDRESS: Final = regex(r"^[^<]*<([^<>]*)>.*$", re.DOTALL)
"""`Name <a@b.c>`."""


def _domain(wanted: str) -> str:
    return wanted.lower().rpartition("@")[2]


def _receives(wanted: str, address: str) -> bool:
    """`a@b.c`, `b.c` for a domain, `.b.c` for those below it."""
    local, _, domain = address.rpartition("@")
    if "@" in wanted:
        return address == wanted or f"{local.partition('+')[0]}@{domain}" == wanted
    return domain.endswith(wanted) if wanted.startswith(".") else domain == wanted


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """One route of an API, `POST /items/{id}`, among all routes of it.

    Attributes:
        method: In capitals, "ANY" for all.
        path: With its variables; "$default" for what no other route takes.
        target: What it leads to.
        all: Every route of the API, to be filled as they are read.
    """

    method: str
    path: str
    target: Str
    all: list[Route]

    def takes(self, sink: Sink, value: Str) -> Chance:
        """Whether the request is taken by this route and by none of another function.

        Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
        """
        levels = levels_of(value)
        if levels is None:
            return "maybe"
        method = sink.message if isinstance(sink.message, str) else ""
        # the first level may be the stage's name: only what holds either way is certain
        found = {
            self._led(fits) for p in (levels, levels[1:]) if (fits := self._fitting(method, p))
        }
        return found.pop() if len(found) == 1 else "maybe" if found else "no"

    def _led(self, found: list[tuple[int, Route, Chance]]) -> Chance:
        """Whether the closest of the routes that fit leads where this one does."""
        others = False
        for _, route, chance in found:
            if route.target == self.target:
                return "maybe" if others else chance
            if chance == "yes":
                return "no"
            others = True
        return "no"

    def _fitting(self, method: str, levels: Levels) -> list[tuple[int, Route, Chance]]:
        """The routes that may take it, the closest first."""
        found = [(route.wildness, route, route.fits(method, levels)) for route in self.all]
        return sorted((f for f in found if f[2] != "no"), key=lambda f: f[0])

    @property
    def wildness(self) -> int:
        """How much else it takes: of several routes that fit, the least wild is taken."""
        if self.path == "$default":
            return 2 * _GREEDY
        greedy = _GREEDY if self.path.endswith("+}") else 0
        return greedy + 2 * self.path.count("{") + (self.method == "ANY")

    def fits(self, method: str, levels: Levels) -> Chance:
        """Whether a request of a method to a path is one of the route's."""
        same: Chance = "yes" if self.method in ("ANY", method) else "no" if method else "maybe"
        if self.path == "$default":
            return "yes"
        wanted = [part for part in self.path.split("/") if part]
        found: list[Chance] = [same]
        for place, want in enumerate(wanted):
            if place >= len(levels):
                return all_of((*found, "maybe" if levels and levels[-1] is None else "no"))
            if want.endswith("+}"):
                return all_of(found)
            level = levels[place]
            if not want.startswith("{"):
                found.append("maybe" if level is None else "yes" if level == want else "no")
        return all_of((*found, "no" if len(levels) > len(wanted) else "yes"))


_GREEDY: Final = 1_000
