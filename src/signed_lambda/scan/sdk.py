"""Bundled AWS SDKs that are too old for AWS's recursive-loop detection.

The detection follows a tracing header that the SDK passes on, from the versions below. The SDK that
Lambda's runtimes bring along does; one in the package takes its place. Pure: reads bytes that it is
given.

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
and, for Go, whose version is not a module's there:
https://github.com/awsdocs/aws-lambda-developer-guide/issues/493
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import dataclass, regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_BYTES: Final = 2 * 1024 * 1024
"""Of a file with metadata."""
MAX_BINARY_BYTES: Final = 100 * 1024 * 1024
"""Of a program of Go, which says what it was built of."""
_BINARIES: Final = ("bootstrap", "main")


@dataclass(frozen=True, slots=True)
class OldSdk:
    """A bundled SDK below the minimum.

    Attributes:
        minimum: The first version that passes on the header.
        language: Of the code that uses it, as modules call it.
        path, line, text: Where its version stands.
    """

    name: str
    version: str
    minimum: str
    language: str
    path: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class _Sign:
    """Where a version is told.

    Attributes:
        path: Of the file; its group `name` is the SDK, where the content does not name it.
        version: In the content.
        in_path: The path tells the version too; the content is not looked at.
    """

    path: re.Pattern[str]
    version: re.Pattern[bytes]
    language: str
    in_path: bool = False


_MINIMUMS: Final = {
    "botocore": "1.27.46",
    "boto3": "1.24.46",
    "aws-sdk": "2.1147.0",
    "@aws-sdk/client-lambda": "3.105.0",
    "@aws-sdk/client-s3": "3.105.0",
    "@aws-sdk/client-sqs": "3.105.0",
    "@aws-sdk/client-sns": "3.105.0",
    "github.com/aws/aws-sdk-go-v2": "1.18.0",
    "github.com/aws/aws-sdk-go": "aws-sdk-go-v2 1.18.0",
    "sdk-core": "2.17.135",
    "aws-java-sdk-core": "sdk-core 2.17.135",
}
"""The lowest of those that AWS names for a language; a name in front is another SDK: AWS names no
version of this one."""
_NODE: Final = "aws-sdk|@aws-sdk/client-(?:lambda|s3|sqs|sns)"
_GO: Final = rb"(?P<name>github\.com/aws/aws-sdk-go(?:-v2)?)[ \t]v(?P<version>[0-9][0-9.]*)"
_SIGNS: Final = (
    _Sign(
        regex(r"(?:^|/)(?P<name>botocore|boto3)-[^/]*\.(?:dist-info/METADATA|egg-info/PKG-INFO)$"),
        regex(rb"^Version: (?P<version>[0-9][0-9.]*)", re.MULTILINE),
        "python",
    ),
    _Sign(
        regex(r"(?:^|/)(?P<name>botocore|boto3)/__init__\.py$"),
        regex(rb"^__version__ = ['\"](?P<version>[0-9][0-9.]*)", re.MULTILINE),
        "python",
    ),
    _Sign(
        regex(rf"(?:^|/)node_modules/(?P<name>{_NODE})/package\.json$"),
        regex(rb"\"version\"\s*:\s*\"(?P<version>[0-9][0-9.]*)"),
        "javascript",
    ),
    _Sign(regex(r"(?:^|/)go\.mod$"), regex(_GO), "go"),
    _Sign(regex(rf"^(?:{'|'.join(_BINARIES)})$"), regex(_GO.replace(b"[ ", b"[")), "go"),
    _Sign(
        regex(r"(?:^|/)(?P<name>sdk-core|aws-java-sdk-core)/pom\.properties$"),
        regex(rb"^version=(?P<version>[0-9][0-9.]*)", re.MULTILINE),
        "java",
    ),
    _Sign(
        regex(r"(?:^|/)(?P<name>sdk-core|aws-java-sdk-core)-(?P<version>[0-9][0-9.]*[0-9])\.jar$"),
        regex(rb""),
        "java",
        in_path=True,
    ),
)
_ENDINGS: Final = (
    *("/METADATA", "/PKG-INFO", "/__init__.py", "/package.json", "go.mod", "/pom.properties"),
    *(".jar", *_BINARIES),
)
"""Of the paths of all signs: most files have none, and are told so at once."""


def tells(path: str, size_bytes: int) -> bool:
    """Whether a file of that name may tell the version of an SDK."""
    if not path.endswith(_ENDINGS):
        return False
    limit = MAX_BINARY_BYTES if path in _BINARIES else MAX_BYTES
    return any(s.path.search(path) and (s.in_path or size_bytes <= limit) for s in _SIGNS)


def old_sdks(files: Iterable[tuple[str, bytes]]) -> tuple[OldSdk, ...]:
    """The SDKs below their minimum, each once.

    Args:
        files: Names and bytes of files that tell versions.
    """
    found: dict[str, OldSdk] = {}
    for path, body in files:
        for sdk in _in_file(path, body):
            found.setdefault(sdk.name, sdk)
    if "botocore" in found:
        found.pop("boto3", None)  # it is botocore that sends
    return tuple(sdk for sdk in found.values() if _is_old(sdk.version, sdk.minimum))


def _in_file(path: str, body: bytes) -> Iterator[OldSdk]:
    for sign in _SIGNS:
        where = sign.path.search(path)
        if where is None:
            continue
        if sign.in_path:
            yield _sdk(where["name"], where["version"], sign, path, 1, posixpath.basename(path))
            return
        for said in sign.version.finditer(body):
            known = said.groupdict()
            name = known["name"].decode() if "name" in known else where["name"]
            line = 1 if path in _BINARIES else body.count(b"\n", 0, said.start()) + 1
            text = said[0].decode(errors="replace").replace("\t", " ")
            yield _sdk(name, said["version"].decode(), sign, path, line, text)
            if "name" not in known:
                return


def _sdk(name: str, version: str, sign: _Sign, path: str, line: int, text: str) -> OldSdk:
    return OldSdk(name, version, _MINIMUMS[name], sign.language, path, line, text[:160])


def _is_old(version: str, minimum: str) -> bool:
    """Whether a version is below; of an SDK without a minimum every one is."""
    return " " in minimum or _numbers(version) < _numbers(minimum)


def _numbers(version: str) -> list[int]:
    return [int(part[:9] or "0") for part in version.split(".")[:4]]
