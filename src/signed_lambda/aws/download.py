"""Code from Lambda's presigned URL: only from AWS, without credentials, without redirects.

The URL is a bearer token for ten minutes: it occurs in no message, no log and no repr, and what
makes it one is masked before it is used.

May import urllib3 (botocore brings it) and the package's own modules.
Source: https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCodeLocation.html
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import parse_qsl, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from signed_lambda.aws.calls import Repeat
from signed_lambda.aws.files import PACKAGE_LIMIT_BYTES, store
from signed_lambda.aws.session import CONNECT_TIMEOUT_S, READ_TIMEOUT_S
from signed_lambda.aws.tls import trusting
from signed_lambda.cloud import Download
from signed_lambda.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from signed_lambda.aws.calls import Kind

AWS_SUFFIXES: Final = (".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu")
"""Of the partitions aws and aws-us-gov, aws-cn, aws-eusc. Source: botocore `endpoints.json`."""
_BEARER: Final = frozenset({"x-amz-signature", "x-amz-security-token"})
"""The parameters without which the URL opens nothing. Not the whole query: the runner also masks
what stands behind a secret's last "&".

Source: actions/runner 2.336.0, ValueEncoders.cs (PowerShellPostAmpersandEscape)
"""
_OK: Final = 200
_PASSING: Final = frozenset({408, 429, 500, 502, 503, 504})


class Fetch(Protocol):
    """Downloads a URL into a new file."""

    def __call__(self, url: str, to: Path, limit_bytes: int) -> Download:
        """The download, hashed while written.

        Raises:
            Repeat: It failed and may succeed with a fresh URL; its reason never holds the URL.
            AwsError: E-AWS-06 (too large), E-AWS-07 (cannot be stored).
        """
        ...


class CodeSource:
    """Where code may be downloaded from."""

    def __init__(self, fetch: Fetch, endpoint_url: str | None) -> None:
        """Takes the downloader and the endpoint that replaces AWS, if any."""
        self._fetch = fetch
        self._endpoint = _origin(endpoint_url) if endpoint_url else None

    def fetch(self, url: str, to: Path, what: str) -> Download:
        """The code at a presigned URL.

        Args:
            url: As Lambda answered it.
            to: A path that does not exist.
            what: ARN of the version, for messages.

        Raises:
            Repeat: It did not arrive whole.
            AwsError: E-AWS-06, the URL is not AWS's, or too much is behind it.
        """
        if not self._allowed(url):
            raise AwsError.of(
                "E-AWS-06",
                f"the code of {what} would be downloaded from a host that is not AWS's",
                "Is there a proxy in between, or is aws-endpoint-url set to something else?",
            )
        return self._fetch(url, to, PACKAGE_LIMIT_BYTES)

    def _allowed(self, url: str) -> bool:
        """Whether the URL is https at AWS, or at the endpoint that replaces AWS."""
        origin = _origin(url)
        if origin is None:
            return False
        if self._endpoint is not None and origin == self._endpoint:
            return True
        scheme, host, port = origin
        return scheme == "https" and port == 443 and host.endswith(AWS_SUFFIXES)  # noqa: PLR2004


def _origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; None for a URL that has none or carries a user."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)
    except ValueError:
        return None
    if not parts.hostname or parts.username is not None or not port or "\\" in url:
        return None
    return parts.scheme, parts.hostname, port


class UrlFetch:
    """Downloads with urllib3: TLS verified, no redirect, no credentials, no proxy but the given."""

    def __init__(self, mask: Callable[[str], None], proxy_url: str | None = None) -> None:
        """Takes what keeps a secret out of the log, and the input https-proxy."""
        self._mask = mask
        self._proxy_url = proxy_url

    @functools.cached_property
    def _pool(self) -> urllib3.PoolManager:
        """Made when something is downloaded."""
        context = trusting()
        options: dict[str, Any] = {
            "retries": False,
            "timeout": urllib3.Timeout(connect=CONNECT_TIMEOUT_S, read=READ_TIMEOUT_S),
            "ssl_context": context,
            "maxsize": 1,
        }
        if self._proxy_url is None:
            return urllib3.PoolManager(**options)
        return urllib3.ProxyManager(self._proxy_url, proxy_ssl_context=context, **options)

    def __call__(self, url: str, to: Path, limit_bytes: int) -> Download:
        """The download, hashed while written.

        Raises:
            Repeat: No answer, another status than 200, or fewer bytes than were said.
            AwsError: E-AWS-06 (too large), E-AWS-07 (cannot be stored).
        """
        for name, value in parse_qsl(urlsplit(url).query):
            if name.lower() in _BEARER:
                self._mask(value)
        try:
            answer = self._pool.request(
                "GET", url, preload_content=False, decode_content=False, redirect=False
            )
        except (HTTPError, OSError) as error:
            # urllib3's texts hold the URL
            raise Repeat("unreachable", f"the download failed ({type(error).__name__})") from None
        try:
            if answer.status != _OK:
                kind: Kind = "failing" if answer.status in _PASSING else "cut"
                raise Repeat(kind, f"the download was answered with status {answer.status}")
            length = answer.headers.get("content-length", "")
            size = int(length) if length.isdecimal() else None
            sha256, size = store(
                answer, to, size_bytes=size, what="the code", limit_bytes=limit_bytes
            )
        except HTTPError as error:
            raise Repeat("cut", f"the download broke off ({type(error).__name__})") from None
        finally:
            answer.close()
        return Download(to, sha256, size, None)
