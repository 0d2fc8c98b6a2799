"""Which values stand for the running function, and which for what triggered it.

Pure: imports `values`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from signed_lambda.lazy import regex
from signed_lambda.scan.values import Env, Lit, Path, Str

if TYPE_CHECKING:
    from signed_lambda.scan.values import Atom, Value

OWN_NAME: Final = "AWS_LAMBDA_FUNCTION_NAME"
"""Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""
How = Literal["context", "arn", "environment", "service-token"]

_NAMES: Final = frozenset({"function_name", "functionName", "FunctionName"})
_ARNS: Final = frozenset({"invoked_function_arn", "invokedFunctionArn", "InvokedFunctionArn"})
SAYS_OWN: Final = _NAMES | _ARNS | {"ServiceToken", OWN_NAME}
"""Members that hold the name of the running function."""
_ARN: Final = "invokedfunctionarn"
"""How names end that programs give to what holds their own ARN, without `_` and in lower case."""
_CONTEXT: Final = regex(r"(?i).*(context|ctx).*|_*c|lc")
_WHOLE: Final = regex(r"split\((?::?function:)\)|split\(:\)")
_OTHER_NAME: Final = regex(r"replace\([^:/>]+>.*\)")
"""A part of a name that is replaced, not what stands between the parts of an ARN."""
_PLACES: Final = {"split(:)": {"6", "-1", "0:7", "pop()"}, "split(:function:)": {"1", "-1"}}
"""Where the function's name stands in its ARN, cut at the colons.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html
"""


def own(value: Value) -> How | None:
    """How a value names the running function, None when it does not.

    A version or alias behind the name (`name + ":" + version`) names it still; any other text
    around it is another name.
    """
    if not isinstance(value, Str) or not value.atoms:
        return None
    atoms = _in_arn(value.atoms)
    first, rest = atoms[0], atoms[1:]
    if rest and not (isinstance(rest[0], Lit) and rest[0].text.startswith(":")):
        return None
    if isinstance(first, Env):
        return "environment" if first.name == OWN_NAME else None
    return _own_path(first) if isinstance(first, Path) else None


def _in_arn(atoms: tuple[Atom, ...]) -> tuple[Atom, ...]:
    """What follows `arn:aws:lambda:{region}:{account}:function:`, all of it where that is not."""
    for place, atom in enumerate(atoms[:-1]):
        if isinstance(atom, Lit) and atom.text.endswith(":function:"):
            start = "".join(a.text for a in atoms[: place + 1] if isinstance(a, Lit))
            return atoms[place + 1 :] if start.startswith("arn:") else atoms
    return atoms


def _own_path(path: Path) -> How | None:
    parts = (path.root, *path.steps)
    for place, name in enumerate(parts):
        if _plain(name).endswith(_ARN):
            return "arn" if _still_whole(parts[place + 1 :]) else None
        if name in _NAMES and place == len(parts) - 1 and place:
            return "context" if _CONTEXT.fullmatch(parts[place - 1]) else None
        if name == "ServiceToken" and place == len(parts) - 1 and place:
            return "service-token"
    return None


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def _still_whole(rest: tuple[str, ...]) -> bool:
    if not rest:
        return True
    if len(rest) == 1:
        return rest[0] == "toString()"
    return rest[1] in _PLACES.get(rest[0], ()) or rest == ("match()", "0")


def of_event(value: Value) -> str | None:
    """What of the event a value is, None for nothing.

    "bucket", "key", "topic", "source-arn"; "host" and "path" of a request.
    """
    path = value.path if isinstance(value, Str) else None
    if path is None:
        return _built_of_source(value)
    steps = [s.lower() for s in path.steps if s != "*" and not s.isdigit()]
    whole = [s for s in steps if not s.endswith(")")]
    if any(_OTHER_NAME.fullmatch(s) for s in steps) and not _SOURCES.isdisjoint(whole):
        return "changed source-arn"
    if path.root == "event" and tuple(whole) in _OF_POWERTOOLS:
        return _OF_POWERTOOLS[tuple(whole)]
    for ending, what in _OF_EVENT.items():
        if tuple(whole[-len(ending) :]) == ending:
            return what if whole == steps or what == "source-arn" else f"changed {what}"
    return "source-arn" if not _SOURCES.isdisjoint(whole) else None


def _built_of_source(value: Value) -> str | None:
    """`https://sqs.{region}.amazonaws.com/{account}/{name}`, all cut from eventSourceARN."""
    last = value.atoms[-1] if isinstance(value, Str) and len(value.atoms) > 1 else None
    if isinstance(last, Path) and not _SOURCES.isdisjoint(s.lower() for s in last.steps):
        return "source-arn"
    return None


_SOURCES: Final = frozenset(
    {"eventsourcearn", "event_source_arn", "sourcekinesisstreamarn", "deliverystreamarn"}
)
"""Members of an event that hold the ARN of what it came from: a mapping's, or a Firehose's.

Source: https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html
"""


_OF_POWERTOOLS: Final[dict[tuple[str, ...], str]] = {
    ("bucket_name",): "bucket",
    ("object_key",): "key",
    ("bucket",): "bucket",
    ("key",): "key",
    ("path",): "path",
    ("records", "queue_url"): "source-arn",
    ("records", "sns", "topic_arn"): "topic",
}
"""Event classes of Powertools and of Chalice.

Source: https://docs.powertools.aws.dev/lambda/python/latest/utilities/data_classes/
"""
_OF_EVENT: Final = {
    ("s3", "bucket", "name"): "bucket",
    ("s3", "bucket", "arn"): "bucket",
    ("detail", "bucket", "name"): "bucket",
    ("s3", "object", "key"): "key",
    ("detail", "object", "key"): "key",
    ("sns", "topicarn"): "topic",
    ("eventsubscriptionarn",): "topic",
    ("eventsourcearn",): "source-arn",
    ("sourcekinesisstreamarn",): "source-arn",
    ("deliverystreamarn",): "source-arn",
    ("s3", "object", "urldecodedkey"): "key",
    ("requestcontext", "domainname"): "host",
    ("headers", "host"): "host",
    ("rawpath",): "path",
    ("requestcontext", "path"): "path",
    ("requestcontext", "http", "path"): "path",
}
