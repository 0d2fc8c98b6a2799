"""Secrets made up for tests, and the search for them in everything that a run leaves behind.

A canary is planted where a real secret would be: in the environment of the job, in the function's
environment, in the files. `leaks` finds it again in any spelling that a program would give it by
accident, broken over lines or cut off. The runner's own masking is not trusted: sinks hold what was
printed, not what GitHub would show.
"""

from __future__ import annotations

import base64
import functools
import html
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

PIECE: Final = 16
"""Characters of a part of a canary that count as the canary: a text that was clipped leaks too."""
_MASK: Final = "::add-mask::"


@dataclass(frozen=True, slots=True)
class Canary:
    """A secret.

    Attributes:
        name: Where it is planted.
        value: At least `PIECE` characters that occur nowhere else.
        maskable: Whether the action may hand it to the runner to be masked: a secret of the run
            that GitHub need not know, such as one that was fetched or minted in the job. What
            GitHub masks itself, and what is no secret of the run, must not be printed even so.
    """

    name: str
    value: str
    maskable: bool = False


@dataclass(frozen=True, slots=True)
class Leak:
    """A canary was found."""

    sink: str
    canary: str
    spelling: str


IN_THE_JOB: Final[Mapping[str, Canary]] = {
    "AWS_ACCESS_KEY_ID": Canary("access key id", "ASIACANARY0KEY0ID0X7"),
    "AWS_SECRET_ACCESS_KEY": Canary(
        "secret access key", "cAnArY/secret+key/0123456789/abcdefghijkl", maskable=True
    ),
    "AWS_SESSION_TOKEN": Canary(
        "session token", "IQoJcAnArY//session+token" + "0123456789/AbC" * 12 + "==", maskable=True
    ),
    "INPUT_GITHUB-TOKEN": Canary(
        "github token", "ghs_cAnArYGitHubTokenOfTheJob0123456789ab", maskable=True
    ),
    "ACTIONS_RUNTIME_TOKEN": Canary(
        "runtime token", "eyJcAnArYruntime.eyJzdWIiOiJjYW5hcnkifQ.0runtime0signature0"
    ),
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": Canary(
        "OIDC request token", "eyJcAnArYoidc.eyJhdWQiOiJvaWRjLXJlcXVlc3QifQ.oidc-request-signature"
    ),
    "AWS_CONTAINER_AUTHORIZATION_TOKEN": Canary(
        "container token", "container-authorization-canary-0f0f0f", maskable=True
    ),
    "MY_TEAMS_DATABASE_URL": Canary(
        "a variable of the job", "postgres://canary:pa55-of-the-job@db.internal/orders"
    ),
}
"""By the variable of the action's environment that holds it."""

IN_THE_FUNCTION: Final[Mapping[str, Canary]] = {
    "PLAIN": Canary("variable of the function", "plain-value-canary-of-the-function-7781"),
    "NESTED": Canary(
        "nested JSON in a variable of the function",
        '{"db": {"user": "canary", "password": "p\\"a55-\\u00e4-nested"}, "n": [1, 2]}',
    ),
    "LINES": Canary(
        "variable of several lines",
        "-----BEGIN CANARY KEY-----\nMIICanaryKeyOfSeveralLines0123456789\nAbCdEfSecondLineOfIt\n"
        "-----END CANARY KEY-----\n",
    ),
    "UNICODE": Canary("variable that is not ASCII", "k\u00e4narienvogel-p\u00e4sswort-\u2603-4711"),
}
"""By the variable of the function's environment that holds it."""

IN_FILES: Final[Mapping[str, Canary]] = {
    "function/settings.py": Canary("in a packed file", "packed-source-5a5a-canary-5a5a"),
    "function/.env": Canary("in a secret file", "dotenv-left-out-9f9f-canary-9f9f"),
    "template.yaml": Canary("in a template", "template-parameter-canary-3c3c"),
}
"""By the file of the workspace that holds it."""

SMOKE_EVENT: Final = Canary("smoke event", "smoke-event-canary-1d1d1d1d")
SMOKE_ANSWER: Final = Canary("the function's answer", "functions-answer-canary-2e2e2e")
WEB_IDENTITY: Final = Canary(
    "web identity token", "eyJhbGci.web-identity-token-canary-8d8d8d8d.sig", maskable=True
)
ENDPOINT_PASSWORD: Final = Canary("password in a URL", "password-in-a-url-canary-6b6b6b")

PLANTED: Final = (
    *IN_THE_JOB.values(),
    *IN_THE_FUNCTION.values(),
    *IN_FILES.values(),
    SMOKE_EVENT,
    SMOKE_ANSWER,
    WEB_IDENTITY,
    ENDPOINT_PASSWORD,
)


def presigned(urls: Iterable[str]) -> tuple[Canary, ...]:
    """What makes each presigned URL a bearer token: its signature."""
    found = (re.search("[?&]X-Amz-Signature=([0-9a-f]+)", url) for url in urls)
    return tuple(
        Canary(f"presigned URL {n}", match[1], maskable=True)
        for n, match in enumerate(found, 1)
        if match
    )


def leaks(sinks: Mapping[str, str | bytes], canaries: Collection[Canary]) -> list[Leak]:
    """Where a canary can be read, in whatever spelling.

    Args:
        sinks: What was left behind, by name. Lines that mask a secret are taken out before, by
            `without_masks`.
        canaries: What must not be in there.
    """
    windows = {
        piece: (canary.name, how) for canary in canaries for piece, how in _pieces(canary).items()
    }
    lengths = sorted({len(piece) for piece in windows})
    found = []
    for sink, content in sinks.items():
        text = content.decode("utf-8", "replace") if isinstance(content, bytes) else content
        for reading in dict.fromkeys(_readings(text)):
            for length in lengths:
                ends = range(length, len(reading) + 1)
                shown = [w for end in ends if (w := reading[end - length : end]) in windows]
                found += [Leak(sink, *windows[piece]) for piece in shown]
    return list(dict.fromkeys(found))


def without_masks(printed: str, canaries: Collection[Canary]) -> tuple[str, list[str]]:
    """What was printed without the commands that mask, and the commands that should not be there.

    A mask prints the secret to the runner, on purpose: one command a line, the value as it is,
    only for a secret that GitHub may not know, and only once.
    """
    allowed = {
        part.replace("%", "%25")
        for canary in canaries
        if canary.maskable
        for part in canary.value.splitlines()
    }
    kept, wrong, seen = [], list[str](), set[str]()
    for line in printed.split("\n"):
        value = line.removeprefix(_MASK)
        if value == line:
            kept.append(line)
        elif value in allowed and value not in seen:
            seen.add(value)
        else:
            wrong.append(line)
    return "\n".join(kept), wrong


def spellings(value: str) -> dict[str, str]:
    """The secret as programs spell it by accident, by the name of the spelling."""
    raw = value.encode()
    found = {
        "raw": value,
        "JSON": json.dumps(value)[1:-1],
        "JSON, not ASCII": json.dumps(value, ensure_ascii=False)[1:-1],
        "JSON in JSON": json.dumps(json.dumps(value))[3:-3],
        "repr": repr(value)[1:-1],
        "URL": quote(value, safe=""),
        "URL, slashes kept": quote(value),
        "form": quote_plus(value),
        "hex": raw.hex(),
        "hex, upper case": raw.hex().upper(),
        "command data": value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"),
    }
    for shift in range(3):
        # Of what stands before and behind the secret, the characters at the ends depend.
        inside = base64.b64encode(bytes(shift) + raw).decode().rstrip("=")
        inside = inside[-(-shift * 4 // 3) : -1]
        found[f"base64 at {shift}"] = inside
        found[f"base64 for URLs at {shift}"] = inside.replace("+", "-").replace("/", "_")
    return found


@functools.cache
def _pieces(canary: Canary) -> Mapping[str, str]:
    """Parts of each spelling, so placed that a run of some 24 characters holds one of them."""
    found: dict[str, str] = {}
    for how, spelled in spellings(canary.value).items():
        text = _squeezed(spelled)
        for begin in range(0, max(1, len(text) - PIECE + 1), PIECE // 2):
            found.setdefault(text[begin : begin + PIECE], how)
    return found


def _readings(text: str) -> Iterator[str]:
    """The text as people read it: entities decoded, line breaks and invisible characters gone."""
    yield _squeezed(text)
    yield _squeezed(html.unescape(text))
    yield _squeezed(re.sub(r"\\(?=[^\w\s])", "", text))


def _squeezed(text: str) -> str:
    """Without white space and what cannot be seen: a long word is broken over lines."""
    return re.sub("[\\s\u200b-\u200f\u2060\ufeff]+", "", text)
