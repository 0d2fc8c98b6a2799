"""Calls over HTTP: which calls they are, to what address, and what of an address is host and path.

Imports `form`, `values`, `own`, `matching`, `names`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import regex
from signed_lambda.scan.form import Call, Member, Text
from signed_lambda.scan.names import last_name, words
from signed_lambda.scan.own import of_event
from signed_lambda.scan.values import UNSEEN, Lit, Obj, Path, Ref, Str, joined, text

if TYPE_CHECKING:
    from signed_lambda.scan.evaluate import Evaluator
    from signed_lambda.scan.form import Expr
    from signed_lambda.scan.values import Atom, Frame, Value

Levels = list["str | None"]
"""Of a path; None for one that is not known."""
LIBRARIES: Final = words(
    "requests httpx urllib3 urllib urllib.request aiohttp axios got node-fetch undici http https"
    " node:http node:https superagent needle cross-fetch fetch net/http java.net java.net.http"
    " org.apache.http.client.methods okhttp3 HttpRequest URL HttpPost HttpGet HttpPut"
)
"""What a call must come from: "get" alone is a call of everything."""
METHODS: Final = words("get post put patch delete head options")
_SCHEME: Final = regex(r"(?i)^(https?:)?//")


def web_call(
    name: str, call: Call, frame: Frame, evaluator: Evaluator
) -> tuple[tuple[Value, ...], str] | None:
    """The addresses that a call goes to, and its method ("" when unknown); None for other calls.

    Args:
        name: Canonical, of what is called.
        call: Any call of that name.
        frame: Where.
        evaluator: For it.
    """
    if not _of_library(call, frame, evaluator):
        return None
    given = list(call.args)
    method = name.upper() if name in METHODS else "POST" if name == "postform" else ""
    place = _method_at(call, frame)
    if place >= 0:
        if len(given) <= place + 1:
            return None
        method = _method(evaluator.values(given[place], frame))
        given = given[place + 1 :]
    if name == "openconnection" and isinstance(call.func, Member):
        given = [call.func.of]
    named = [value for key, value in call.named if key == "url"]
    where = next(iter((*named, *given)), None)
    if where is None:
        return None
    said = {key: value for key, value in call.named if key == "method"}
    method = _method(evaluator.values(said["method"], frame)) if said else method
    addresses, option = _addresses(where, frame, evaluator)
    more = [_method(_member(arg, "method", frame, evaluator)) for arg in given[1:2]]
    return addresses, option or next((m for m in more if m), method)


def _of_library(call: Call, frame: Frame, evaluator: Evaluator) -> bool:
    of = call.func.of if isinstance(call.func, Member) else call.func
    while isinstance(of, Call):  # HttpRequest.newBuilder().uri(...)
        of = of.func.of if isinstance(of.func, Member) else of.func
    paths = [v.path for v in evaluator.values(of, frame) if isinstance(v, Str)]
    return any(p is not None and p.root in LIBRARIES for p in paths)


def _method_at(call: Call, frame: Frame) -> int:
    """Where the method stands before the address, -1 where it does not."""
    name = last_name(call.func)
    if name == "request" and frame.function.module.language == "python" and call.args:
        return 0
    return {"NewRequest": 0, "NewRequestWithContext": 1}.get(name, -1)


def _addresses(where: Expr, frame: Frame, evaluator: Evaluator) -> tuple[tuple[Value, ...], str]:
    """The addresses of a text, or of a table of options; and the method in the table."""
    found: list[Value] = []
    method = ""
    for value in evaluator.values(where, frame):
        if not isinstance(value, Obj):
            found.append(value)
            continue
        url = _member(where, "url", frame, evaluator)
        base = _member(where, "baseURL", frame, evaluator)
        host = [*_member(where, "hostname", frame, evaluator)]
        host += _member(where, "host", frame, evaluator)
        path = _member(where, "path", frame, evaluator) or (text("/"),)
        method = _method(_member(where, "method", frame, evaluator)) or "GET"
        if base and url:
            found.append(joined((base[0], url[0])))
        elif url:
            found.extend(url)
        elif host:
            found.append(joined((text("https://"), host[0], path[0])))
    return tuple(found) or (UNSEEN,), method


def _member(of: Expr, name: str, frame: Frame, evaluator: Evaluator) -> tuple[Value, ...]:
    if not any(isinstance(v, Obj) for v in evaluator.values(of, frame)):
        return ()
    return tuple(v for v in evaluator.values(Member(of, Text(name)), frame) if v != UNSEEN)


def _method(values: tuple[Value, ...]) -> str:
    only = values[0] if len(values) == 1 else None
    if not isinstance(only, Str):
        return ""
    if only.path is not None and only.path.steps:  # http.MethodPost
        return only.path.steps[-1].removeprefix("Method").upper()
    literal = (only.literal or "").upper()
    return literal if literal.lower() in METHODS else ""


# -- the parts of an address


def host_of(value: Str) -> Str | None:
    """What the address starts with: a reference, the event's own host, or a host by its name.

    A text without scheme is no address, unless it starts with something that is one.
    """
    atoms = list(value.atoms)
    first = atoms[0] if atoms else None
    if isinstance(first, Lit):
        said = _SCHEME.match(first.text)
        if said is None:
            return None
        rest = first.text[said.end() :]
        if rest:
            return text(rest.partition("/")[0]) if "/" in rest or len(atoms) == 1 else None
        atoms = atoms[1:]
        first = atoms[0] if atoms else None
    return Str((first,)) if isinstance(first, Ref | Path) else None


def is_own_host(host: Str) -> bool:
    """Whether it is the host that the running request came to."""
    return of_event(host) == "host"


def levels_of(value: Str) -> Levels | None:
    """The levels of the address' path, None when they are those of the running request.

    An unknown part may be several levels: the last one stands for all that follow.
    """
    atoms = list(value.atoms)
    if isinstance(atoms[0], Lit):
        rest = _SCHEME.sub("", atoms[0].text)
        atoms = [Lit(rest), *atoms[1:]] if rest else atoms[1:]
    if atoms and not isinstance(atoms[0], Lit):
        atoms = atoms[1:]
    if any(of_event(Str((atom,))) == "path" for atom in atoms):
        return None
    levels: Levels = [""]
    for atom in _after_host(atoms):
        if not isinstance(atom, Lit):
            levels[-1] = None
            continue
        whole = re.split(r"[?#]", atom.text, maxsplit=1)
        first, *more = whole[0].split("/")
        last = levels[-1]
        levels[-1] = None if last is None else last + first
        levels += more
        if len(whole) > 1:
            break
    return [level for level in levels if level != ""]


def _after_host(atoms: list[Atom]) -> list[Atom]:
    """What follows the host: after `.execute-api.<region>.amazonaws.com`, the first slash."""
    first = atoms[0] if atoms else None
    if not isinstance(first, Lit) or first.text.startswith("/"):
        return atoms
    if not first.text.startswith(".") and "." not in first.text.partition("/")[0]:
        return atoms  # "x" behind an address that ends with a slash
    for place, atom in enumerate(atoms):
        if isinstance(atom, Lit) and "/" in atom.text:
            return [Lit(atom.text[atom.text.index("/") :]), *atoms[place + 1 :]]
    return []


def is_management(value: Str) -> bool:
    """`/@connections/...` of a WebSocket's own API starts no function.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
    """
    return any(isinstance(a, Lit) and "@connections" in a.text for a in value.atoms)
