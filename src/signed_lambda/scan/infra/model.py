"""What templates declare, whatever language they are written in.

Names are texts with holes (`values.Str`): a reference to a resource of the template is known for
what it is before anybody knows what it will be called. Pure: imports `values`, `selection`.
"""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING, Final, Literal

from signed_lambda.lazy import dataclass
from signed_lambda.scan.selection import Route
from signed_lambda.scan.values import Lit, Ref, Str

if TYPE_CHECKING:
    from collections.abc import Mapping

    from signed_lambda.scan.form import Function as CodeFunction
    from signed_lambda.scan.selection import Selection


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is declared; without a path it is not in a file, and the text says where."""

    path: str
    line: int
    text: str = ""

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.text}".rstrip() if self.path else self.text


@dataclass(slots=True, eq=False)
class Resource:
    """Something of an AWS account.

    Attributes:
        id: Unique among all templates; what a `Ref` names.
        kind: "function", "bucket", "queue", "topic", "table", "stream", "delivery", "bus",
            "machine", "logs" or "api" (also a function URL).
        name: What it is called in the account, None where the deployment chooses.
    """

    id: str
    kind: str
    place: Place
    name: Str | None = None

    @property
    def label(self) -> str:
        """For a reader: its own name, else its id without the template."""
        literal = self.name.literal if self.name is not None else None
        return literal or self.id.rpartition("#")[2]


@dataclass(slots=True, eq=False)
class Function(Resource):
    """A Lambda function.

    Attributes:
        handler: As Lambda spells it, "" when unknown.
        folder: Where its code is, as the template says.
        code: The handler itself, where the template's own text holds it.
        recursive_loop: What its `RecursiveLoop` says, or Lambda of it; None where nothing does.
        allowed_at: Where a template, or Lambda, says "Allow".
        certain: False when the handler's file was found by its name only, and others fit as well.
        live_env: The variables of the live function, in clear: they decide, and are never shown.
    """

    handler: str = ""
    folder: str = ""
    env: dict[str, Str] = field(default_factory=dict)
    code: CodeFunction | None = None
    recursive_loop: Literal["Allow", "Terminate"] | None = None
    allowed_at: Place | None = None
    certain: bool = True
    live_env: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def shown_env(self) -> dict[str, Str]:
        """What a reader may know of the variables: what the template says, else their names."""
        return {name: Str((Ref(f"env:{name}"),)) for name in self.live_env} | self.env


@dataclass(frozen=True, slots=True)
class KeyFilter:
    """Which keys of a bucket start the function."""

    prefix: str = ""
    suffix: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Edge:
    """Whatever happens at `source` reaches `target`.

    Attributes:
        source, target: How the template names them.
        source_kind, target_kind: What they are.
        filters: Keys of a bucket that pass, empty for all.
        events: S3 event types, empty for all.
        certain: False when the template says only that it may be so (a permission, a parameter).
        how: "redrive", "destination", "permission", "" for a plain trigger or delivery.
        selects: There is a filter whose answer is not decided here.
        guard: What may end the loop here, "" for nothing.
        takes: What of all that comes to the source is taken, None for everything.
    """

    source: Str
    source_kind: str
    target: Str
    target_kind: str
    place: Place
    filters: tuple[KeyFilter, ...] = ()
    events: tuple[str, ...] = ()
    certain: bool = True
    how: str = ""
    selects: bool = False
    guard: str = ""
    takes: Selection | None = None


@dataclass(frozen=True, slots=True)
class Inline:
    """Code that stands in a template."""

    path: str
    name: str
    source: str


PERMISSION: Final = "permission"
"""How of an edge that says only that a service may: it counts where nothing says that it does."""
ENVELOPES: Final = ("topic", "queue", "bus")
"""What hands a message on as it is, in an envelope of its own."""
NO_ENVELOPE: Final = ("redrive", "destination")
"""How of an edge that hands on what nobody took, or what became of it."""
_ALIASES: Final = 5
"""Stacks in stacks in stacks, each of which calls a thing by a name of its own."""
_OF_ARN: Final = {
    ":lambda:": "function",
    ":sqs:": "queue",
    ":sns:": "topic",
    ":events:": "bus",
    ":dynamodb:": "table",
    ":kinesis:": "stream",
    ":states:": "machine",
}


@dataclass(slots=True)
class Infra:
    """All templates together.

    Attributes:
        aliases: Other ids that resources are referred to by.
        routes: The routes of each API, by its id.
        sources: The templates that were read.
        inline: The code of functions whose code stands in the template.
    """

    resources: dict[str, Resource] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)
    inline: dict[str, Inline] = field(default_factory=dict)
    routes: dict[str, list[Route]] = field(default_factory=dict)
    sources: list[str] = field(default_factory=list)

    @property
    def functions(self) -> tuple[Function, ...]:
        """The functions, in the order of their templates."""
        return tuple(r for r in self.resources.values() if isinstance(r, Function))

    def resolved(self, identity: str) -> str:
        """The id of the thing itself, through the other ids that it has."""
        for _ in range(_ALIASES):
            known = self.aliases.get(identity, identity)
            if known == identity:
                break
            identity = known
        return identity

    def identity_of(self, value: Str) -> str:
        """The id of the resource that a value names, "" for none."""
        atom = value.atoms[0] if value.atoms else None
        return self.resolved(atom.of) if isinstance(atom, Ref) else ""

    def kind_of(self, value: Str, default: str = "") -> str:
        """What a value names: by the resource that it refers to, or by its ARN."""
        atom = value.atoms[0] if value.atoms else None
        if isinstance(atom, Ref):
            known = self.resources.get(self.resolved(atom.of))
            return known.kind if known is not None else default
        literals = "".join(a.text if isinstance(a, Lit) else "*" for a in value.atoms)
        return next((kind for part, kind in _OF_ARN.items() if part in literals), default)

    def add(self, resource: Resource) -> None:
        """Keeps a resource."""
        self.resources[resource.id] = resource

    def copied(self) -> Infra:
        """The same, to be added to."""
        resources = {key: replace(one) for key, one in self.resources.items()}
        return replace(self, resources=resources, edges=[*self.edges], aliases={**self.aliases})

    def route(self, api: str, method: str, path: str, target: Str, place: Place) -> None:
        """Keeps that an API leads requests to a function.

        Args:
            api: Its id; an API that no template declares is added.
            method: "ANY" or "*" for all.
            path: With its variables; "$default" for what no other route takes.
            target: The function.
            place: Where it is declared.
        """
        api = self.aliases.get(api, api)
        if api not in self.resources:
            self.add(Resource(api, "api", place))
        routes = self.routes.setdefault(api, [])
        every = method in ("", "*", "ANY")
        made = Route("ANY" if every else method.upper(), path, target, routes)
        routes.append(made)
        self.edges.append(Edge(ref(api), "api", target, "function", place, takes=made))


SHARED: Final = Str((Lit("*"),))
"""The name of what an account has one of: the message broker of IoT, the mail of SES."""


def ref(resource: str, attribute: str = "") -> Str:
    """A reference."""
    return Str((Ref(resource, attribute),))


def name_in(value: Str) -> Str:
    """The name inside an ARN or a queue's URL, the value itself when it is neither.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
    """
    atoms = list(value.atoms)
    first = atoms[0] if atoms else None
    if not isinstance(first, Lit) or not first.text.startswith(("arn:", "https://sqs.")):
        return value
    for place in range(len(atoms) - 1, -1, -1):
        atom = atoms[place]
        if not isinstance(atom, Lit):
            continue
        if place == len(atoms) - 1 and atom.text.endswith("/*"):
            atom = Lit(atom.text.removesuffix("/*"))
        cut = max(atom.text.rfind(":"), atom.text.rfind("/"))
        if cut >= 0:
            rest = atom.text[cut + 1 :]
            return Str((*([Lit(rest)] if rest else []), *atoms[place + 1 :]))
    return value


def is_known(value: Str) -> bool:
    """Whether two such values are equal exactly when they are spelled alike."""
    return all(isinstance(atom, Lit | Ref) for atom in value.atoms)
