"""Which files name a call that a rule looks for: told from their bytes, before they are parsed.

Most of a package is code of others that never calls AWS. A file without any such name has no sink;
it is parsed only when a file that has one asks for it (see `program`). The names are those of
`sinks`: a call that a rule looks for is covered by being there. Imports `package`, `program` and
`sinks`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import regex
from signed_lambda.package import folded, plain
from signed_lambda.scan.program import FOLDER
from signed_lambda.scan.sinks import APIS, COMMON, ENDINGS

if TYPE_CHECKING:
    from collections.abc import Iterable

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
    text = plain(body)
    if any(stem in text for stem in _STEMS) and _SHARP_CALL.search(text):
        return True
    said = {word for word in _WORDS if word in body}
    return any(not said.isdisjoint(words) and call.search(text) for words, call in _COMMON_CALLS)


def matters(body: bytes) -> bool:
    """Whether a file is parsed for its own sake."""
    if any(word in body for word in KEPT) or _COOKIE.search(body, 0, _COOKIE_BYTES):
        return True
    return names_a_call(body)


def tokens(body: bytes) -> frozenset[str]:
    """All words of a file that may be a name, as Python and JavaScript spell one.

    FOLDER too, where an import may mean a folder's own file.
    """
    found = {t.decode("utf-8", "replace") for t in set(_TOKEN.findall(folded(body)))}
    if "index" in found or _OWN_FILE.search(body):
        found.add(FOLDER)
    return frozenset(found)
