"""Code.Location: presigned URLs to the bytes of one version, good for ten minutes.

May import the wire package and core. Shape of the URL and of the errors:
AWS docs, API_GetFunction ("a presigned URL ... valid for 10 minutes"), S3 ErrorResponses; one URL
belongs to one version and keeps serving its bytes (LocalStack AWS-validated snapshot 2025-11).
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from lambda_sandbox.core import ApiError
from lambda_sandbox.wire.message import Response

if TYPE_CHECKING:
    from lambda_sandbox.core import World
    from lambda_sandbox.wire.message import Request

_LIFETIME_S = 600
_STAMP = "%Y%m%dT%H%M%SZ"


class Snapshots:
    """The store of code that GetFunction points to.

    Attributes:
        base: "http://host:port" while a request over a socket is being answered; None in process.
        issued: Every URL that was given out, in order.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._bodies: dict[str, tuple[datetime, bytes]] = {}
        self.base: str | None = None
        self.issued: list[str] = []

    def locate(self, region: str, name: str, body: bytes) -> str:
        """A new URL for the bytes of one version of the function or layer `name`."""
        world, now = self._world, self._world.clock.now()
        for signature in [s for s, (expiry, _) in self._bodies.items() if expiry < now]:
            del self._bodies[signature]
        signature = hashlib.sha256(world.random.randbytes(32)).hexdigest()
        self._bodies[signature] = (now + timedelta(seconds=_LIFETIME_S), body)
        bucket = f"awslambda-{region}-tasks"
        base = self.base
        root = (
            f"{base}/{bucket}"
            if base is not None
            else f"https://{bucket}.s3.{region}.amazonaws.com"
        )
        query = urlencode(
            {
                "versionId": signature[:32],
                "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
                "X-Amz-Date": now.strftime(_STAMP),
                "X-Amz-SignedHeaders": "host",
                "X-Amz-Expires": str(_LIFETIME_S),
                "X-Amz-Credential": (f"ASIASANDBOX000000001/{now:%Y%m%d}/{region}/s3/aws4_request"),
                "X-Amz-Signature": signature,
            }
        )
        url = f"{root}/snapshots/{world.account}/{name}-{signature[32:]}?{query}"
        self.issued.append(url)
        return url

    def save(self) -> dict[str, tuple[datetime, bytes]]:
        """The URLs that are good now."""
        return dict(self._bodies)

    def restore(self, saved: dict[str, tuple[datetime, bytes]]) -> None:
        """Makes the URLs good that were then, and no others."""
        self._bodies = dict(saved)

    def answer(self, request: Request) -> Response:
        """The bytes behind a URL.

        Raises:
            ApiError: 403, expired or of an unknown signature.
        """
        given = {name: values[0] for name, values in request.arguments.items()}
        now = self._world.clock.now()
        try:
            issued = datetime.strptime(given.get("X-Amz-Date", ""), _STAMP).replace(tzinfo=UTC)
        except ValueError as exc:
            raise ApiError("AccessDenied", "Access Denied", 403) from exc
        if now > issued + timedelta(seconds=_LIFETIME_S):
            raise ApiError(
                "AccessDenied",
                "Request has expired",
                403,
                **{"X-Amz-Expires": str(_LIFETIME_S)},
            )
        stored = self._bodies.get(given.get("X-Amz-Signature", ""))
        if stored is None:
            raise ApiError(
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided.",
                403,
            )
        headers = {"Content-Type": "application/zip", "x-amz-version-id": given["versionId"]}
        return Response(200, stored[1], headers)


def is_snapshot(request: Request) -> bool:
    """Whether a request is for Lambda's own task bucket."""
    return request.path.startswith("/awslambda-") or request.host.startswith("awslambda-")
