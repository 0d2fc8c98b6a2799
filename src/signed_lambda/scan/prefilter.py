"""Which files name a call that a rule looks for: told from their bytes, before they are parsed.

Most of a package is code of others that never calls AWS. A file without any such name has no sink;
it is parsed only when a file that has one asks for it (see `program`). The names are those of
`sinks`: a call that a rule looks for is covered by being there. Imports `program` and `sinks`.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import regex
from signed_lambda.scan.program import FOLDER
from signed_lambda.scan.sinks import APIS, COMMON, ENDINGS

if TYPE_CHECKING:
    from collections.abc import Iterable

_LOWER: Final = bytes(c + 32 if c in b"ABCDEFGHIJKLMNOPQRSTUVWXYZ" else c for c in range(256))
_SHARP: Final = tuple(sorted(name.encode() for name in APIS if name not in COMMON))
_STEMS: Final = tuple(n for n in _SHARP if not any(o in n and o != n for o in _SHARP))
"""Those that no other one contains: whoever has any of the names has one of these."""
_TOKEN: Final = regex(rb"[\w$\x80-\xff]+")
_OWN_FILE: Final = regex(rb"""["'`]\.{1,2}(?:/\.{1,2})*/?["'`]""")
_COOKIE: Final = regex(rb"coding[:=]\s*(?!utf-?8|latin|iso-?8859|ascii|cp125)[\w.-]+")
"""An encoding whose bytes may spell a name in another way.

Source: https://docs.python.org/3/reference/lexical_analysis.html#encoding-declarations
"""
_COOKIE_BYTES: Final = 500
KEPT: Final = (b"signed-lambda:", b"chalice")
"""An allowance, of which is told when it allows nothing; decorators that declare a trigger."""
_OWN_NAME: Final = (b"functionname", b"invokedfunction", b"lambdafunction", b"lambdahandler")
_SDK: Final = {
    "python": (b"boto", *_OWN_NAME),
    "javascript": (b"aws-sdk", b"exports.handler", *_OWN_NAME),
    "java": (b"software.amazon", b"com.amazonaws", b"handlerequest", *_OWN_NAME),
    "go": (b"aws-sdk", b"aws-lambda-go", *_OWN_NAME),
}
"""What a language calls the SDK, a handler and the function itself: each word costs another look
through all that is installed."""
_ANY_SDK: Final = tuple(dict.fromkeys(word for words in _SDK.values() for word in words))
_HANDLER: Final = regex(rb"def \w+\(\s*event\b")


def _calls(names: Iterable[bytes]) -> re.Pattern[bytes]:
    endings = b"|".join(ending.encode() for ending in ENDINGS)
    return re.compile(rb"\b(?:%b)(?:%b)*\b" % (b"|".join(names), endings))


_SHARP_CALL: Final = _calls(_SHARP)
_COMMON_CALLS: Final = tuple(
    (tuple(w.encode() for w in words), _calls(n.encode() for n, w in COMMON.items() if w == words))
    for words in dict.fromkeys(COMMON.values())
)
_WORDS: Final = tuple(dict.fromkeys(word for words, _ in _COMMON_CALLS for word in words))
"""Each is looked for once in a file, however many calls have it."""


def names_a_call(body: bytes) -> bool:
    """Whether any word of a file is, in any spelling, the name of a call that may be a sink."""
    plain = _plain(body)
    if any(stem in plain for stem in _STEMS) and _SHARP_CALL.search(plain):
        return True
    said = {word for word in _WORDS if word in body}
    return any(not said.isdisjoint(words) and call.search(plain) for words, call in _COMMON_CALLS)


def matters(body: bytes) -> bool:
    """Whether a file is parsed for its own sake."""
    if any(word in body for word in KEPT) or _COOKIE.search(body, 0, _COOKIE_BYTES):
        return True
    return names_a_call(body)


def uses_sdk(body: bytes, language: str) -> bool:
    """Whether a file of an installed package names the SDK, a function's own name, or a handler.

    Only for installed packages, which are most of the code and hardly ever call AWS: a tree of
    2,270 files took 36 s to read. In the function's own code a call is found without the name.

    Args:
        body: Of the file.
        language: As `form.Module` calls it, "" for one that is told to be unread.
    """
    plain = _plain(body)
    if any(word in plain for word in _SDK.get(language, _ANY_SDK)):
        return True
    return language == "python" and _HANDLER.search(body) is not None


def tokens(body: bytes) -> frozenset[str]:
    """All words of a file that may be a name, as Python and JavaScript spell one.

    FOLDER too, where an import may mean a folder's own file.
    """
    found = {t.decode("utf-8", "replace") for t in set(_TOKEN.findall(_folded(body)))}
    if "index" in found or _OWN_FILE.search(body):
        found.add(FOLDER)
    return frozenset(found)


def _plain(body: bytes) -> bytes:
    """In lower case and without underscores: `put_object` and `putObject` are one then."""
    return _folded(body).translate(_LOWER, b"_")


def _folded(body: bytes) -> bytes:
    """With the identifiers as Python compares them.

    Source: https://docs.python.org/3/reference/lexical_analysis.html#identifiers
    """
    if body.isascii():
        return body
    return body + b"\n" + unicodedata.normalize("NFKC", body.decode("utf-8", "replace")).encode()
