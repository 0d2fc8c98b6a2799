"""Files of installed packages: which are AWS's SDK itself, and which have nothing to do with it.

They are most of the code of a package, and hardly ever call AWS. Imports `languages` and `package`:
the words that tell are looked for while a tree is packed, so this is imported before it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import regex
from signed_lambda.package import Search, plain
from signed_lambda.scan.languages import JAVASCRIPT, TYPES

if TYPE_CHECKING:
    from collections.abc import Iterable

_OWN_NAME: Final = (b"functionname", b"invokedfunction", b"lambdafunction", b"lambdahandler")
_WORDS: Final = {
    "python": (b"boto", *_OWN_NAME),
    "javascript": (b"aws-sdk", b"exports.handler", *_OWN_NAME),
    "java": (b"software.amazon", b"com.amazonaws", b"handlerequest", *_OWN_NAME),
    "go": (b"aws-sdk", b"aws-lambda-go", *_OWN_NAME),
}
"""What a language calls the SDK, a handler and the function itself: each word costs another look
through all that is installed."""
_ANY: Final = tuple(dict.fromkeys(word for words in _WORDS.values() for word in words))
_HANDLER: Final = regex(rb"def \w+\(\s*event\b")

SEARCH: Final = Search("node_modules", JAVASCRIPT, TYPES, _WORDS["javascript"])
"""For `pack`: a file of Node's packages that has none of these words is none that `uses_sdk` finds.
Only these are known by their names, before all of a tree is listed."""

_NODE: Final = regex("(^|/)node_modules/")
_SDK: Final = regex(
    r"boto3|botocore|s3transfer|aws-sdk|(@aws-sdk|@smithy|@aws-crypto)/.*|aioboto\w*|aiobotocore"
)
_SDK_FOLDERS: Final = frozenset(
    {"boto3", "botocore", "s3transfer", "aiobotocore", "aws-sdk", "@aws-sdk", "@smithy"}
)
_VENDORED: Final = tuple(
    (regex(rf"(?:^|(?<=/)){folder}/"), beside)
    for folder, beside in (
        ("botocore", ("session.py", "client.py", "endpoint.py")),
        ("boto3", ("session.py", "resources/factory.py", "resources/collection.py")),
        ("s3transfer", ("manager.py", "futures.py", "subscribers.py")),
        ("aws-sdk", ("lib/core.js", "lib/service.js", "lib/request.js")),
        ("(?:@aws-sdk|@smithy|@aws-crypto)/[^/]+", ("dist-cjs/index.js",)),
    )
)
"""Folders of AWS's SDK, and files that stand beside each other in no other code."""


def uses_sdk(body: bytes, language: str) -> bool:
    """Whether a file names the SDK, a function's own name, or a handler.

    Only for installed packages: a tree of 2,270 files took 36 s to read. In the function's own code
    a call is found without the name.

    Args:
        body: Of the file.
        language: As `form.Module` calls it, "" for one that is told to be unread.
    """
    text = plain(body)
    if any(word in text for word in _WORDS.get(language, _ANY)):
        return True
    return language == "python" and _HANDLER.search(body) is not None


def vendored(paths: Iterable[str]) -> tuple[str, ...]:
    """The folders that are AWS's SDK by their files, each with a slash at its end.

    For packages that say nothing of what is installed in them.
    """
    known = set(paths)
    return tuple(
        folder
        for pattern, beside in _VENDORED
        for folder in sorted({p[: m.end()] for p in known for m in pattern.finditer(p)})
        if all(folder + one in known for one in beside)
    )


def is_sdk(package: str, path: str) -> bool:
    """Whether a file is of AWS's SDK itself, which calls what its callers ask for.

    Args:
        package: Its installed package; what the zip says of itself, so that is not enough.
        path: Of the file.
    """
    folders = path.split("/")[:-1]
    return _SDK.fullmatch(package) is not None and not _SDK_FOLDERS.isdisjoint(folders)


def is_for_browsers(path: str) -> bool:
    """Whether a file of an installed package is what a package of Python gives to browsers."""
    return path.endswith(JAVASCRIPT) and _NODE.search(path) is None
