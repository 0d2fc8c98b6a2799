"""The graph of functions and resources, and every way from a function back to itself.

A way is a chain of edges: a call in the code, a trigger or a delivery in a template. What an edge
needs to be taken is decided where it can be: keys against the filters of a bucket, names against
names. Where it cannot, the way is only possible ("ask").
Imports `infra.model`, `sinks`, `own`, `values`.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import dataclass, regex
from signed_lambda.scan.address import host_of, is_management, is_own_host, levels_of
from signed_lambda.scan.infra.intrinsics import opened, put_in
from signed_lambda.scan.infra.model import (
    ENVELOPES,
    NO_ENVELOPE,
    PERMISSION,
    SHARED,
    Edge,
    Function,
    Place,
    is_known,
    name_in,
)
from signed_lambda.scan.matching import all_of, loaded
from signed_lambda.scan.own import of_event, own
from signed_lambda.scan.values import (
    IN_JSON,
    Client,
    Env,
    Hole,
    Lit,
    Obj,
    Path,
    Ref,
    Str,
    joined,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from signed_lambda.scan.infra.model import Infra, KeyFilter, Resource
    from signed_lambda.scan.matching import Chance, Known
    from signed_lambda.scan.sinks import Sink
    from signed_lambda.scan.values import Value

MAX_HOPS: Final = 8
MAX_LOOKS: Final = 500_000
"""Hops that are looked at for all ways: some 2 s. A template of the largest size that leads 4,000
functions through one queue has 16 million, each way of them one of the same loop."""
_REPLACED: Final = regex(r"replace\((.*)>([^>]*)\)")
_WITHOUT_ENDING: Final = {("splitext()", "0"), ("rsplit(.)", "0"), ("split(.)", "0")}
"""What is done to a key for its name without the ending: it begins as before."""
_DEAD: Final = regex(r"(?i)dlq|dead|redrive")
KIND_OF: Final = {
    "lambda": "function",
    "s3": "bucket",
    "sqs": "queue",
    "sns": "topic",
    "dynamodb": "table",
    "kinesis": "stream",
    "firehose": "delivery",
    "events": "bus",
    "recorded": "bus",
    "stepfunctions": "machine",
    "durable": "function",
    "http": "api",
    "iot": "broker",
    "ses": "mail",
}
_SHARED: Final = ("broker", "mail")
"""What an account has one of: everything that is sent there comes to the same place."""
_OF_EVENT: Final = {
    "bucket": ("bucket",),
    "topic": ("topic",),
    "source-arn": ("queue", "table", "stream", "delivery"),
}


@dataclass(frozen=True, slots=True)
class Node:
    """A place in the graph.

    Attributes:
        key: Equal for the same thing.
        label: For a reader.
    """

    kind: str
    key: Str
    label: str


@dataclass(frozen=True, slots=True, eq=False)
class Hop:
    """One step of a way.

    Attributes:
        value: What the call names as its target, with the environment filled in.
    """

    source: Node
    target: Node
    evidence: str
    how: str
    edge: Edge | None = None
    sink: Sink | None = None
    value: Str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """From a function or machine back to itself.

    The first hop is a call in the function's code, or what a template says of it.
    """

    start: Resource
    hops: tuple[Hop, ...]
    chance: Chance

    @property
    def kinds(self) -> tuple[str, ...]:
        """What it passes through, without the function itself."""
        return tuple(h.target.kind for h in self.hops[:-1])

    @property
    def sink(self) -> Sink | None:
        """The call that it starts with."""
        return self.hops[0].sink

    @property
    def labels(self) -> tuple[str, ...]:
        """The nodes, the first one again at the end."""
        return (self.hops[0].source.label, *(h.target.label for h in self.hops))


class Graph:
    """All hops, by where they start."""

    def __init__(self, infra: Infra) -> None:
        self.infra = infra
        self.hops: dict[tuple[str, Str], list[Hop]] = {}
        self._into: dict[tuple[str, Str], list[Hop]] = {}
        self._ranks: dict[tuple[str, Str], int] = {}
        self._left = MAX_LOOKS
        self._named: dict[tuple[str, Str], str] = {}
        for resource in infra.resources.values():
            if resource.name is not None:
                self._named[resource.kind, _without_attributes(resource.name)] = resource.id
        for edge in sorted(infra.edges, key=lambda e: e.how == PERMISSION):
            self._add_edge(edge)
        self._declared = {(r.kind, Str((Ref(r.id),))) for r in infra.resources.values()}
        for hop in chain.from_iterable(self.hops.values()):
            self._declared |= {(n.kind, n.key) for n in (hop.source, hop.target)}

    # -- nodes

    def node(self, kind: str, value: Str) -> Node | None:
        """The node that a value names, None when it is not known which."""
        plain = name_in(value)
        first = plain.atoms[0] if plain.atoms else None
        if isinstance(first, Ref):
            identity = self.infra.resolved(first.of)
            resource = self.infra.resources.get(identity)
            whole = len(plain.atoms) == 1 or _qualifies(plain.atoms[1])
            if resource is not None and whole:
                return Node(resource.kind, Str((Ref(identity),)), resource.label)
        if kind == "function" and plain.literal:
            plain = name_in(Str((Lit(plain.literal.partition(":")[0]),)))
        identity = self._named.get((kind, _without_attributes(plain)), "")
        if identity:
            return Node(kind, Str((Ref(identity),)), self.infra.resources[identity].label)
        undeclared = kind == "api" and not is_of_event(plain)
        if not plain.atoms or not is_known(plain) or undeclared:
            return None
        return Node(kind, _without_attributes(plain), _spelled(plain))

    def _add_edge(self, edge: Edge) -> None:
        source = self.node(edge.source_kind, edge.source)
        target = self.node(edge.target_kind, edge.target)
        if source is None or target is None:
            return
        known = self.hops.get((source.kind, source.key), ())
        if edge.how != PERMISSION or all(h.target != target for h in known):
            self.add(Hop(source, target, str(edge.place), edge.how, edge))

    def add(self, hop: Hop) -> None:
        """Keeps a hop."""
        source, target = (hop.source.kind, hop.source.key), (hop.target.kind, hop.target.key)
        self._ranks.setdefault(source, len(self._ranks))
        self.hops.setdefault(source, []).append(hop)
        if hop.sink is None:  # what a function does starts no function by itself
            self._into.setdefault(target, []).append(hop)

    def node_of(self, resource: Resource) -> Node:
        """The node of a function or another resource."""
        return Node(resource.kind, Str((Ref(resource.id),)), resource.label)

    def named_function(self, value: Value, by: Function) -> Function | None:
        """The function that a value in another function's code names."""
        if not isinstance(value, Str):
            return None
        node = self.node("function", with_environment(value, by.env))
        atom = node.key.atoms[0] if node is not None else None
        found = self.infra.resources.get(atom.of) if isinstance(atom, Ref) else None
        return found if isinstance(found, Function) else None

    # -- what the code adds

    def add_sinks(self, function: Function, sinks: Sequence[Sink]) -> None:
        """Adds where the calls of a function lead, as far as that is known."""
        read_by_key = {
            value
            for sink in sinks
            if sink.service == "s3read" and any(of_event(k) == "key" for k in sink.keys)
            for value in sink.targets
        }
        for sink in sinks:
            self._add_sink(function, sink, read_by_key)
        self._add_redrives(function)

    def _add_sink(self, function: Function, sink: Sink, read_by_key: set[Value]) -> None:
        kind = KIND_OF.get(sink.service)
        if kind is None:
            return
        source = self.node_of(function)
        env = _clear(function)
        keys = tuple(with_environment(k, env) if isinstance(k, Str) else k for k in sink.keys)
        seen = replace(sink, keys=keys) if env else sink
        for value in sink.targets:
            targets = self._targets(function, kind, value)
            if kind == "bucket" and value in read_by_key and of_event(value) is None:
                # it holds the object that the event names: it is the bucket of the event
                targets = chain(targets, self._triggers(function, kind))
            for target in targets:
                how = "environment" if _has_env(value) else ""
                filled = with_environment(value, env) if isinstance(value, Str) else None
                self.add(Hop(source, target, sink.where, how, None, seen, filled))

    def _add_redrives(self, function: Function) -> None:
        """A reader of a dead-letter queue: what it sends on may come back, as far as is known."""
        me = self.node_of(function)
        dead = [q for q in self._triggers(function, "queue") if _DEAD.search(q.label)]
        for hop in [h for h in self.hops.get((me.kind, me.key), ()) if h.target.kind == "queue"]:
            for queue in dead:
                atom = hop.target.key.atoms[0]
                declared = isinstance(atom, Ref) and atom.of in self.infra.resources
                if hop.target != queue and hop.sink is not None and not declared:
                    said = f"{queue.label} may be the dead-letter queue of {hop.target.label}"
                    edge = Edge(
                        hop.target.key, "queue", queue.key, "queue", Place("", 0), certain=False
                    )
                    self.add(Hop(hop.target, queue, said, "redrive", edge))

    def _targets(self, function: Function, kind: str, value: Value) -> Iterator[Node]:
        if kind == "function" and own(value):
            return  # a rule of its own says it
        if kind in _SHARED:
            yield Node(kind, SHARED, _spelled(value) if isinstance(value, Str) else kind)
            return
        if kind == "api" and isinstance(value, Str):
            yield from self._apis(function, with_environment(value, function.shown_env))
            return
        what = of_event(value)
        if what is not None:
            kinds = _OF_EVENT.get(what, ())
            yield from (self._triggers(function, kind) if kind in kinds else ())
            return
        if isinstance(value, Client | Obj) or not isinstance(value, Str):
            return
        filled = with_environment(value, function.shown_env)
        found = self._named_live(function, kind, value) or self.node(kind, filled)
        if found is not None and found.kind == kind:
            yield found

    def _apis(self, function: Function, value: Str) -> Iterator[Node]:
        """The API or function URL that an address is of."""
        host = host_of(value) if not is_management(value) else None
        if host is None:
            return
        if is_own_host(host):
            fronts = [n for n in self._triggers(function, "api") if not is_of_event(n.key)]
            same = levels_of(value) is None
            if same or not fronts:
                label = OWN_ROUTE if same else OWN_API
                yield Node("api", event_source(function, label), label)
            else:
                yield from dict.fromkeys(fronts)
            return
        found = self.node("api", host)
        if found is not None and found.kind == "api":
            yield found

    def _named_live(self, function: Function, kind: str, value: Str) -> Node | None:
        """The node that the live environment names, if something else has named it before.

        Every other value of the environment is a secret: a label would show it.
        """
        if not function.live_env:
            return None
        found = self.node(kind, with_environment(value, _clear(function)))
        return found if found is not None and (found.kind, found.key) in self._declared else None

    def _triggers(self, function: Function, kind: str) -> Iterator[Node]:
        """What starts the function, of a kind; also through what only hands messages on.

        A notification of a bucket that goes to a topic, and from there to a queue, comes to the
        function as an event of the bucket, in envelopes. In the order of the sources.
        """
        waiting, seen = [self.node_of(function)], set[Node]()
        while waiting:
            at = waiting.pop()
            hops = [h for h in self._into.get((at.kind, at.key), ()) if h.target == at]
            hops.sort(key=lambda h: self._ranks[h.source.kind, h.source.key])
            for hop in hops:
                if hop.source in seen or hop.how in NO_ENVELOPE:
                    continue
                seen.add(hop.source)
                if hop.source.kind == kind:
                    yield hop.source
                if hop.source.kind in ENVELOPES and hop.sink is None:
                    waiting.append(hop.source)

    # -- ways

    def ways(self, start: Resource) -> Iterator[Way]:
        """For each first hop the shortest way back, the surest first."""
        me = self.node_of(start)
        for first in self.hops.get((me.kind, me.key), ()):
            found = self._shortest(start, me, first)
            certain = not isinstance(start, Function) or start.certain
            if found is not None:
                yield found if certain else replace(found, chance="maybe")

    @property
    def is_over(self) -> bool:
        """Whether there would have been more ways to look at."""
        return self._left <= 0

    def _shortest(self, start: Resource, me: Node, first: Hop) -> Way | None:
        possible = None
        for way in self._back(start, me, first):
            if way.chance == "yes":
                return way
            if possible is None and way.chance == "maybe":
                possible = way
        return possible

    def _back(self, start: Resource, me: Node, first: Hop) -> Iterator[Way]:
        waiting: deque[tuple[Hop, ...]] = deque([(first,)])
        seen = {first.target}
        while waiting and self._left > 0:
            hops = waiting.popleft()
            at = hops[-1].target
            if at == me:
                yield Way(start, hops, _chance(hops))
                continue
            if len(hops) >= MAX_HOPS:
                continue
            onward = self.hops.get((at.kind, at.key), ())
            self._left -= 1 + len(onward)
            for hop in onward:
                if hop.target == me or hop.target not in seen:
                    seen.add(hop.target)
                    if _passes(hops[-1], hop) != "no":
                        waiting.append((*hops, hop))


OWN_ROUTE: Final = "the route of the event"
OWN_API: Final = "the API of the event"


def event_source(function: Function, label: str) -> Str:
    """What the event says has started the function, where no template declares it."""
    return Str((Ref(f"event:{function.id}#{label}"),))


def is_of_event(key: Str) -> bool:
    """Whether it is known by the event alone."""
    atom = key.atoms[0] if key.atoms else None
    return isinstance(atom, Ref) and atom.of.startswith("event:")


def with_environment(value: Str, env: dict[str, Str]) -> Str:
    """The value with the function's own environment variables filled in."""
    return joined(
        tuple(
            _variable(atom.name, env) if isinstance(atom, Env) else Str((atom,))
            for atom in value.atoms
        )
    )


def _variable(name: str, env: dict[str, Str]) -> Str:
    """A variable, or a member of the JSON that one holds."""
    whole, *keys = name.split(IN_JSON)
    if whole not in env or not keys:
        return env.get(whole, Str((Hole(),)))
    document, given = opened(env[whole])
    found: Known = loaded(document)
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return put_in(found, given) if isinstance(found, str) else Str((Hole(),))


def _clear(function: Function) -> dict[str, Str]:
    """The variables with the values that the code will read; to decide by, never to be shown."""
    return function.env | {name: text(value) for name, value in function.live_env.items()}


def _has_env(value: Value) -> bool:
    return isinstance(value, Str) and any(isinstance(a, Env) for a in value.atoms)


def _qualifies(atom: object) -> bool:
    return isinstance(atom, Lit) and atom.text.startswith((":", "/"))


def _without_attributes(value: Str) -> Str:
    return Str(tuple(Ref(a.of) if isinstance(a, Ref) else a for a in value.atoms))


def _spelled(value: Str) -> str:
    parts = []
    for atom in value.atoms:
        if isinstance(atom, Lit):
            parts.append(atom.text)
        elif isinstance(atom, Ref):
            name = atom.of.removeprefix("param:").removeprefix("env:").rpartition("#")[2]
            parts.append(name if atom.of.startswith("event:") else f"${{{name}}}")
    return "".join(parts)


# -- whether a hop is taken


def _chance(hops: tuple[Hop, ...]) -> Chance:
    """Whether a way is taken: surely, maybe, never.

    A table holds items of many kinds, and the reader of its stream does to each what that kind
    asks for: that an item which one function writes makes another one go on is never sure.
    """
    found: set[Chance] = {_passes(a, b) for a, b in pairwise(hops)}
    found |= {"maybe" for h in hops if h.edge is not None and not h.edge.certain}
    kinds = [h.target.kind for h in hops]
    found |= {"maybe"} if "table" in kinds and kinds.count("function") > 1 else set()
    return "no" if "no" in found else "maybe" if "maybe" in found else "yes"


def _passes(before: Hop, after: Hop) -> Chance:
    """Whether what `before` puts somewhere is taken further by `after`."""
    edge, sink = after.edge, before.sink
    if edge is None:
        return "yes"
    if edge.source_kind == "bucket" and sink is not None:
        return all_of(
            (_event_fires(sink.action, edge.events), _key_passes(sink.keys, edge.filters))
        )
    if edge.takes is not None:
        return edge.takes.takes(sink, before.value or SHARED) if sink is not None else "maybe"
    return "maybe" if edge.selects else "yes"


def _event_fires(action: str, events: Iterable[str]) -> Chance:
    """Whether the write is an event that the notification names.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html
    """
    names = [e.rpartition("ObjectCreated:")[2] if "ObjectCreated" in e else "-" for e in events]
    if not names or "*" in names:
        return "yes"
    copies = action in ("copy", "copyobject", "copyfrom")
    wanted = {"Copy"} if copies else {"Put", "CompleteMultipartUpload", "Post"}
    if copies:
        wanted.add("CompleteMultipartUpload")
    return "yes" if wanted & set(names) else "no"


def _key_passes(keys: tuple[Value, ...], filters: tuple[KeyFilter, ...]) -> Chance:
    if not filters or all(not f.prefix and not f.suffix for f in filters):
        return "yes"
    found = {_key_fits(key, each) for key in keys or (None,) for each in filters}
    return "yes" if "yes" in found else "maybe" if "maybe" in found else "no"


def _key_fits(key: Value | None, given: KeyFilter) -> Chance:
    atoms = key.atoms if isinstance(key, Str) else ()
    first, last = (atoms[0], atoms[-1]) if atoms else (None, None)
    starts = _end_fits(first, given.prefix, alone=len(atoms) == 1, at_start=True)
    ends = _end_fits(last, given.suffix, alone=len(atoms) == 1, at_start=False)
    return all_of((starts, ends))


def _changed_fits(path: Path, wanted: str, *, at_start: bool) -> Chance:
    """Whether the event's key, as it is or with a part of it replaced, passes the same filter."""
    what = of_event(Str((path,)))
    changes = [s for s in path.steps if s.endswith(")")]
    once = what == "changed key" and len(changes) == 1
    if once and at_start and (changes[0], path.steps[-1]) in _WITHOUT_ENDING:
        return "yes"
    said = _REPLACED.fullmatch(changes[0]) if once else None
    if said is None:
        return "yes" if what == "key" else "maybe"
    old, new = said[1], said[2]
    begins = wanted.startswith(old) if at_start else wanted.endswith(old)
    if not begins or not old:
        return "maybe"
    after = new + wanted[len(old) :] if at_start else wanted[: -len(old)] + new
    stays = after.startswith(wanted) if at_start else after.endswith(wanted)
    grows = wanted.startswith(after) if at_start else wanted.endswith(after)
    return "yes" if stays else "maybe" if grows else "no"


def _end_fits(atom: object, wanted: str, *, alone: bool, at_start: bool) -> Chance:
    """Whether a key that starts (or ends) with the atom starts (or ends) as the filter wants."""
    if not wanted:
        return "yes"
    if isinstance(atom, Path):
        return _changed_fits(atom, wanted, at_start=at_start)
    if not isinstance(atom, Lit):
        return "maybe"
    known = atom.text
    fits = known.startswith(wanted) if at_start else known.endswith(wanted)
    if fits:
        return "yes"
    could = wanted.startswith(known) if at_start else wanted.endswith(known)
    return "maybe" if could and not alone else "no"
