"""Ways back to a function, sorted for the rules: what they pass through decides the rule.

Imports its siblings only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from signed_lambda.scan.selfcall import FIX as FIX_SELF
from signed_lambda.scan.world import way_finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.report.model import Finding
    from signed_lambda.scan.graph import Way
    from signed_lambda.scan.world import World


def by_name(
    world: World, rule: str, *hows: str, message: str, service: str = "lambda"
) -> Iterator[Finding]:
    """Calls of Invoke that lead straight back, by how the name is known."""
    for way in world.ways:
        called = way.sink is not None and way.sink.service == service
        if called and not way.kinds and way.hops[0].how in hows:
            yield way_finding(world, way, rule, message, FIX_SELF)


def direct(world: World, rule: str, *kinds: str, message: str, fix: str) -> Iterator[Finding]:
    """Ways that start at a resource of a kind and pass no other function."""
    for way in world.ways:
        plain = "function" not in way.kinds and not _redrives(way) and way.sink is not None
        if plain and way.kinds[:1] and way.kinds[0] in kinds:
            yield way_finding(world, way, rule, message, fix)


def declared(world: World, rule: str, how: str, *, message: str, fix: str) -> Iterator[Finding]:
    """Ways that a template alone declares, by what their first edge is."""
    for way in world.ways:
        if way.sink is None and way.hops[0].how == how:
            yield way_finding(world, way, rule, message, fix)


def circles(world: World, rule: str, *, redrive: bool, message: str, fix: str) -> Iterator[Finding]:
    """Ways through another function, or through a dead-letter queue; each circle once.

    It is told where a function is invoked, if it is: that names who is next, a queue does not.
    """
    seen = set[frozenset[str]]()
    for way in sorted(world.ways, key=lambda w: w.hops[0].target.kind != "function"):
        nodes = frozenset(way.labels)
        passes = _redrives(way) if redrive else "function" in way.kinds and not _redrives(way)
        passes = passes and way.sink is not None
        if passes and nodes not in seen:
            seen.add(nodes)
            yield way_finding(world, way, rule, message, fix)


def _redrives(way: Way) -> bool:
    return any(hop.how == "redrive" for hop in way.hops)
