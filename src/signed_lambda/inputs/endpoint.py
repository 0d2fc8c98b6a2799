"""The parsers of `aws-endpoint-url` and `https-proxy`: the only ways to send requests elsewhere.

Pure: imports its sibling `bad`. Never shows a URL that may hold a password.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from signed_lambda.inputs.bad import BadValueError
from signed_lambda.inputs.spelling import character
from signed_lambda.lazy import regex

_ENDPOINT: Final = "Use a URL such as http://127.0.0.1:4566; it is for emulators and tests"
_PROXY: Final = "Use a URL such as http://proxy.example:3128"
_HOST: Final = regex(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?|[0-9a-f:.]+")


def endpoint(text: str) -> str:
    """A URL of http or https with a host, and perhaps a port and a path; nothing else."""
    return _url(text, _ENDPOINT)


def proxy(text: str) -> str:
    """A URL of http or https with a host and perhaps a port; nothing else."""
    if urlsplit(_url(text, _PROXY)).path not in ("", "/"):
        raise BadValueError("has a path, and a proxy has none", _PROXY)
    return text


def _url(text: str, do: str) -> str:
    if "@" in text:
        behind = text.rpartition("@")[2]
        raise BadValueError("holds a user name or password", do, value=f"...@{behind}")
    foreign = re.search(r"[^!-~]|[\\\"<>^`{|}]", text)
    if foreign:
        raise BadValueError(f"has {character(foreign[0])} at position {foreign.start() + 1}", do)
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:
        raise BadValueError("has a port or brackets that no URL has", do) from None
    if url.scheme not in ("http", "https"):
        raise BadValueError("does not begin with http:// or https://", do)
    if not url.hostname or not _HOST.fullmatch(url.hostname):
        raise BadValueError("names no host", do)
    if port == 0:
        raise BadValueError("names port 0", do)
    if url.query or url.fragment or text.endswith(("?", "#")):
        raise BadValueError("has a query or fragment behind the path", do)
    return text
