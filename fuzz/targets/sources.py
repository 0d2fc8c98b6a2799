"""Code in every language, beside its templates, through the whole review of a package."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fuzz.shared import CLOCK, examples, joined, literals, shuffled, split
from signed_lambda.model import Package
from signed_lambda.package.listing import Found
from signed_lambda.package.names import name_fault
from signed_lambda.package.worker import squeeze
from signed_lambda.package.writer import Packed, ZipWriter
from signed_lambda.scan import Review, review

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

MAX_BYTES: Final = 8_192
WORDS: Final = tuple(
    b"""
    def class lambda async await yield return if else for while try except finally with as import
    from global nonlocal match case f" \"\"\" := ** * @ -> : boto3.client("s3") event["Records"]
    os.environ["X"] context.function_name put_object invoke send_message function const let var =>
    require("aws-sdk") new import( export ... ?. ?? ` ${ } ) ] { ( [ ; , . / * // # /* */ < > "
    process.env.X await s3.send( func package main struct interface go defer chan := range map[
    public static final void String extends implements throws System.getenv("X") switch
    # signed-lambda: allow REC-S3 -- reason //# sourceMappingURL=
    """.split()
)
LANGUAGES: Final = {
    "app.py": ("flow", "http", "iot_ses", "durable", "matching", "event_filters", "quality"),
    "index.js": ("javascript",),
    "index.ts": ("javascript",),
    "main.go": ("go_java",),
    "App.java": ("go_java",),
}
_MEMORY: Final = "/dev/shm"  # noqa: S108 - a folder of its own is made in it
HERE: Final = (
    Path(tempfile.mkdtemp(prefix="fuzz-", dir=_MEMORY if Path(_MEMORY).is_dir() else None))
    / "package.zip"
)
"""In memory: a file on a disk took as long as the review of what is in it."""


def seeds() -> Iterator[bytes]:
    """The rules' pages, and what the tests write in each language."""
    yield from examples()
    for name, tests in LANGUAGES.items():
        for text in literals(*tests):
            yield joined({name: text})


def check(data: bytes) -> None:
    """Nothing is raised; each file is read or said to be unread, each finding is of some line."""
    files = {name: body for name, body in split(data).items() if name_fault(name) is None}

    done = review(_packed(files), "orders", CLOCK, files)

    assert_sound(done, files)


def assert_sound(done: Review, files: dict[str, bytes]) -> None:
    """What a review says is of the files that it was given."""
    assert done.fact().proof
    for found in done.findings:
        if found.path not in files:
            continue  # where a source map says that it was written
        last = files[found.path].decode("utf-8", "replace").count("\n") + 1
        assert 1 <= found.line <= found.end_line <= 2 * last + 1, found


def mutated(data: bytes, random: Random) -> bytes:
    """By the piece."""
    return shuffled(data, WORDS, random)


def _packed(files: dict[str, bytes]) -> Package:
    entries, places = [], []
    with HERE.open("wb") as file:
        writer = ZipWriter(file)
        for name, body in files.items():
            found = Found(name, "file", executable=False, size_bytes=len(body))
            packed = Packed.of(found, squeeze(body, (1, 1, 0, 0)))
            places.append(writer.add(packed))
            entries.append(packed.entry)
        sha256 = writer.close()
    return Package(
        path=HERE,
        sha256=sha256,
        size_bytes=writer.size_bytes,
        unzipped_bytes=sum(map(len, files.values())),
        entries=tuple(entries),
        places=tuple(places),
        left_out=(),
        compression="default",
        codec="",
        source="",
        source_sha256=None,
    )
