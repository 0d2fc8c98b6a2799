"""What a call sends, as far as it is known: the event, message or record that filters look at.

Imports `form`, `values`, `matching`, `evaluate`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.scan.form import Member, Name, Table, Text
from signed_lambda.scan.front import deep
from signed_lambda.scan.matching import (
    ABSENT,
    UNKNOWN,
    Known,
    Mark,
    OneOf,
    Open,
    Part,
    Spelled,
    loaded,
    spelled,
)
from signed_lambda.scan.names import last_name
from signed_lambda.scan.values import Lit, Obj, Str

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from signed_lambda.scan.evaluate import Evaluator
    from signed_lambda.scan.form import Call, Expr, Function
    from signed_lambda.scan.values import Frame, Value

DEPTH: Final = 8
"""Tables and lists in each other that are looked at."""
VALUES: Final = 2_000
"""Values of one message that are looked at."""
_TYPES: Final = frozenset({"S", "N", "B", "SS", "NS", "BS", "M", "L", "BOOL", "NULL"})
"""Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html"""


def sent(service: str, action: str, call: Call, frame: Frame, evaluator: Evaluator) -> Known:
    """What triggers of a service see of the call: a list where it may be several."""
    maker = _MAKERS.get(service)
    if maker is None:
        return UNKNOWN
    try:
        with deep():
            return maker(_Reader(evaluator).request(call, frame), action)
    except RecursionError:
        return UNKNOWN


# -- from values to what is known of them


def known(values: tuple[Value, ...], evaluator: Evaluator) -> Known:
    """One value, or one of several."""
    return _Reader(evaluator).known(values, 0)


class _Reader:
    """Reads one message; what is over its budget is unknown: tables may hold each other."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self._left = VALUES

    def known(self, values: tuple[Value, ...], depth: int) -> Known:
        """One value, or one of several."""
        found = [self._one(value, depth) for value in values]
        return found[0] if len(found) == 1 else _either(found)

    def _one(self, value: Value, depth: int) -> Known:
        self._left -= 1
        if isinstance(value, Str):
            return _text(value)
        if not isinstance(value, Obj) or depth > DEPTH or self._left < 0:
            return UNKNOWN
        if isinstance(value.expr, Table):
            return self._table(value, depth)
        items = [self._of(item, value.frame, depth + 1) for item in value.expr.items]
        return items or UNKNOWN  # an empty list is there to be filled

    def _of(self, expr: Expr, frame: Frame, depth: int) -> Known:
        return self.known(self.evaluator.values(expr, frame), depth)

    def _table(self, value: Obj, depth: int) -> Known:
        members: dict[str, list[Known]] = {}
        items = value.expr.items if isinstance(value.expr, Table) else ()
        frame = value.frame
        pairs = [*items, *((k, v) for k, v, where in value.puts if where is frame.function)]
        is_open = len(pairs) < len(items) + len(value.puts)
        for key, item in pairs:
            found = self._of(item, frame, depth + 1)
            if key is None:
                spread = _members(found)
                is_open = is_open or not isinstance(found, dict)
                for name, inner in spread.items():
                    members.setdefault(name, []).append(inner)
                continue
            named = _literal(self.evaluator.values(key, frame))
            if named is None:
                is_open = True
            else:
                members.setdefault(named, []).append(found)
        plain = {name: v[0] if len(v) == 1 else _either(v) for name, v in members.items()}
        return Open(plain) if is_open else plain

    def request(self, call: Call, frame: Frame) -> Known:
        """All that the call is given by name, whatever the language's way to write it."""
        members = {_upper(k): self._given(v, frame) for k, v in call.named if k is not None}
        is_open = False
        for expr in (*call.args, *(v for k, v in call.named if k is None)):
            found = self._given(expr, frame)
            is_open = is_open or not isinstance(found, dict)
            members |= {_upper(name): value for name, value in _members(found).items()}
        return Open(members) if is_open else members

    def _given(self, expr: Expr, frame: Frame) -> Known:
        """An argument; lists that are given by name with what is appended to them."""
        found = self._of(expr, frame, 0)
        if isinstance(expr, Name):
            return self._filled(expr.name, found, frame)
        members = _members(found)
        for key, value in expr.items if isinstance(expr, Table) else ():
            if isinstance(key, Text) and isinstance(value, Name) and key.text in members:
                members[key.text] = self._filled(value.name, members[key.text], frame)
        return found

    def _filled(self, name: str, found: Known, frame: Frame) -> Known:
        more = [self._of(expr, frame, 1) for expr in appended(name, frame.function)]
        if isinstance(found, list):
            return [*found, *more]
        return more if found is UNKNOWN and more else found


def _members(found: Known) -> dict[str, Known]:
    """The members of an object that are known."""
    inner = found.members if isinstance(found, Open) else found
    return inner if isinstance(inner, dict) else {}


def _text(value: Str) -> Known:
    if value.literal is not None:
        return spelled(value.literal)
    first, last = value.atoms[0], value.atoms[-1]
    start = first.text if isinstance(first, Lit) else ""
    end = last.text if isinstance(last, Lit) else ""
    return Part(start, end) if len(value.atoms) > 1 else UNKNOWN


def _either(found: list[Known]) -> Known:
    return UNKNOWN if UNKNOWN in found or not found else OneOf(tuple(found))


def _literal(values: tuple[Value, ...]) -> str | None:
    only = values[0] if len(values) == 1 else None
    return only.literal if isinstance(only, Str) else None


def appended(name: str, function: Function) -> list[Expr]:
    """What a function appends to a list of that name."""
    return [
        site.call.args[0]
        for site in function.sites
        if last_name(site.call.func) in ("append", "push", "add")
        and isinstance(site.call.func, Member)
        and isinstance(site.call.func.of, Name)
        and site.call.func.of.name == name
        and site.call.args
    ]


def _upper(name: str) -> str:
    """`Source` of `source`: Java and shapes of the SDKs differ in that letter only."""
    return name[:1].upper() + name[1:]


# -- from a request to what a filter sees


def _at(of: Known, name: str) -> Known:
    if isinstance(of, Open):
        return of.members.get(name, UNKNOWN)
    return of.get(name, ABSENT) if isinstance(of, dict) else UNKNOWN


def _entries(request: Known, name: str) -> list[Known]:
    """The entries of a batch, with the names of their members spelled alike."""
    found = _at(request, name)
    listed = found if isinstance(found, list) else [found]
    return [_renamed(entry) for entry in listed]


def _renamed(entry: Known) -> Known:
    if isinstance(entry, Open):
        return Open({_upper(k): v for k, v in entry.members.items()})
    return {_upper(k): v for k, v in entry.items()} if isinstance(entry, dict) else UNKNOWN


def _json(value: Known) -> Known:
    """What a text says as JSON; `dumps` of an object is known as that object."""
    if isinstance(value, str):
        return loaded(value)
    return UNKNOWN if isinstance(value, Part) else value


def _event(request: Known, _: str) -> Known:
    """Events on a bus.

    Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/aws-events.html
    """
    return [
        Open(
            {
                "source": _at(entry, "Source"),
                "detail-type": _at(entry, "DetailType"),
                "detail": _json(_at(entry, "Detail")),
                "resources": _or(_at(entry, "Resources"), []),
            }
        )
        for entry in _entries(request, "Entries")
    ]


def _or(value: Known, default: Known) -> Known:
    return default if value is ABSENT else value


def _notification(request: Known, action: str) -> Known:
    """Attributes and body of a message of SNS."""
    batch = action.endswith("batch")
    return [
        {
            "attributes": _attributes(_at(entry, "MessageAttributes")),
            "body": UNKNOWN
            if _at(entry, "MessageStructure") is not ABSENT
            else _json(_at(entry, "Message")),
        }
        for entry in (_entries(request, "PublishBatchRequestEntries") if batch else [request])
    ]


def _attributes(given: Known) -> Known:
    if given is ABSENT:
        return {}
    members = given.members if isinstance(given, Open) else given
    if not isinstance(members, dict):
        return UNKNOWN
    found = {name: _attribute(value) for name, value in members.items()}
    return Open(found) if isinstance(given, Open) else found


def _attribute(given: Known) -> Known:
    """The value of an attribute, by its type.

    Source: https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html
    """
    plain = _renamed(given)
    kind, value = _at(plain, "DataType"), _at(plain, "StringValue")
    if kind == "String":
        return value.text if isinstance(value, Spelled) else value
    if isinstance(value, str | Spelled) and kind in ("Number", "String.Array"):
        return loaded(value.text if isinstance(value, Spelled) else value)
    return UNKNOWN


def _queued(request: Known, action: str) -> Known:
    """Messages of a queue.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html
    """
    batch = action != "sendmessage"
    found: list[Known] = []
    for entry in _entries(request, "Entries") if batch else [request]:
        body = _at(entry, "MessageBody")
        data = loaded(body) if isinstance(body, str) else UNKNOWN
        found.append(Open({"body": data if isinstance(data, dict) else body}))
    return found


def _record(request: Known, action: str) -> Known:
    """Records of a stream.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis-filtering.html
    """
    batch = action == "putrecords"
    return [
        Open({"data": _json(_at(e, "Data")), "partitionKey": _at(e, "PartitionKey")})
        for e in (_entries(request, "Records") if batch else [request])
    ]


def _change(request: Known, action: str) -> Known:
    """A record of a table's stream.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-filtering.html
    """
    names: dict[str, tuple[Known, ...]] = {
        **dict.fromkeys(("putitem", "put", "updateitem", "update"), ("INSERT", "MODIFY")),
        **dict.fromkeys(("deleteitem", "delete"), ("REMOVE",)),
    }
    if action not in names:
        return UNKNOWN
    image: Known = ABSENT if action.startswith("delete") else UNKNOWN
    if action.startswith("put"):
        image = _image(_at(request, "Item"))
    options = names[action]
    return Open(
        {
            "eventName": options[0] if len(options) == 1 else OneOf(options),
            "userIdentity": ABSENT,
            "dynamodb": Open({} if isinstance(image, Mark) else {"NewImage": image}),
        }
    )


def _image(item: Known) -> Known:
    members = item.members if isinstance(item, Open) else item
    if not isinstance(members, dict):
        return UNKNOWN
    typed = all(isinstance(v, dict) and v.keys() <= _TYPES for v in members.values())
    if typed:
        return item
    found: dict[str, Known] = {
        name: {"S": v} if isinstance(v, str) else UNKNOWN for name, v in members.items()
    }
    return Open(found) if isinstance(item, Open) else found


def _mail(request: Known, _: str) -> Known:
    """The addresses that a mail goes to."""
    destination = _renamed(_at(request, "Destination"))
    lists = [_at(destination, f"{name}Addresses") for name in ("To", "Cc", "Bcc")]
    raw = _at(request, "Destinations")
    given = [raw] if raw is not ABSENT and raw is not UNKNOWN else lists
    return list(_flat(v for v in given if v is not ABSENT)) or UNKNOWN


def _flat(found: Iterable[Known]) -> Iterable[Known]:
    for value in found:
        yield from value if isinstance(value, list) else [value]


_MAKERS: Final[dict[str, Callable[[Known, str], Known]]] = {
    "events": _event,
    "sns": _notification,
    "sqs": _queued,
    "kinesis": _record,
    "dynamodb": _change,
    "ses": _mail,
}
