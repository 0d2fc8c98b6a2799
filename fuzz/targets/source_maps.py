"""Source maps: a place in the sources, or why the map is not used."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Final

from fuzz.shared import CLOCK, shuffled
from signed_lambda.scan.sourcemap import bundler_of, map_of
from signed_lambda.scan.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

MAX_BYTES: Final = 4_096
WORDS: Final = (
    *b'"version": "sources": "mappings": "sourcesContent": "sourceRoot": [ ] { } , null 3'.split(),
    *(
        b'"webpack://a/./b.js"',
        b'"../../a.ts"',
        b'"/etc/a"',
        b'"\\ud800"',
        b";",
        b"AAAA",
        b"gggggB",
    ),
    *(b"//# sourceMappingURL=", b"data:application/json;base64,", b")]}'", b"index.js.map\n"),
)


BUNDLE: Final = b"exports.handler=async(e,t)=>{await c.invoke({FunctionName:t.functionName})};\n"


def seeds() -> Iterator[bytes]:
    """A map of each form, alone and at the end of its file."""
    for one in (
        {"mappings": ";;AAAA,SCKEA", "sources": ["../src/a.ts", "b.ts"]},
        {"mappings": "IAGC", "sources": ["a.ts"], "sourceRoot": "src", "sourcesContent": ["a\nb"]},
        {"mappings": "wCDAA;;,;g", "sources": [None, "webpack://x/./a.js"]},
    ):
        text = json.dumps({"version": 3} | one).encode()
        yield text
        yield (
            BUNDLE + b"//# sourceMappingURL=data:application/json;base64," + base64.b64encode(text)
        )
    yield BUNDLE + b"//# sourceMappingURL=other.js.map\n"


def check(data: bytes) -> None:
    """The bytes as a file of code, and as the map beside it."""
    watch = Watch(CLOCK.processor)
    assert isinstance(bundler_of(data), str)
    found = map_of("dist/index.js", data, lambda _: data, watch)
    for line, column in ((1, 0), (1, 44), (3, 9), (1_000_000, 10**9)):
        place = found.at(line, column) if found is not None else None
        assert place is None or (place.line >= 1 and len(place.path) <= 300)
    assert found is None or found.why.isprintable()


def mutated(data: bytes, random: Random) -> bytes:
    """By the piece."""
    return shuffled(data, WORDS, random)
