"""What rows send and compare: zips, hashes, policies, and what a signing left behind."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import secrets
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

PLATFORM: Final = "AWSLambda-SHA384-ECDSA"


@dataclass(frozen=True, slots=True)
class Profile:
    """A signing profile of the Lambda platform."""

    name: str
    version: str
    arn: str
    version_arn: str


@dataclass(frozen=True, slots=True)
class Signed:
    """A zip signed by a finished signing job."""

    job_id: str
    job_arn: str
    bucket: str
    key: str
    version_id: str
    body: bytes


def sha256_b64(body: bytes) -> str:
    """SHA-256 as Lambda and S3 write it: 44 characters of base64."""
    return base64.b64encode(hashlib.sha256(body).digest()).decode()


def zip_of(files: Mapping[str, bytes], *, compress: bool = False) -> bytes:
    """A zip of these files, in this order, the same bytes each time."""
    out = io.BytesIO()
    method = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, body in files.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = 0o644 << 16
            info.compress_type = method
            archive.writestr(info, body)
    return out.getvalue()


def some_code() -> bytes:
    """A function's zip that nobody made before."""
    body = f"def handler(event, context):\n    return {secrets.token_hex(8)!r}\n"
    return zip_of({"handler.py": body.encode(), "lib/data.txt": b"data\n"})


def policy_document(action: str, resource: str, effect: str = "Allow", **more: object) -> str:
    """A policy of one statement, as JSON."""
    statement = {"Effect": effect, "Action": action, "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
