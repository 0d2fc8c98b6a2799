"""S3: the rules that moto lacks in front of it, and the object store as the other services see it.

May import the wire package, core and emulated. Every rule names its source.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import zlib
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from moto.s3.exceptions import MissingBucket
from moto.s3.models import FakeDeleteMarker, PublicAccessBlock, s3_backends

from lambda_sandbox.core import ApiError, Json, StoredObject
from lambda_sandbox.wire.errors import s3_error
from lambda_sandbox.wire.message import Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambda_sandbox.core import Clock, World
    from lambda_sandbox.emulated import Tenancy
    from lambda_sandbox.wire.message import Request

_VIRTUAL_HOST = re.compile(r"(?P<bucket>.+)\.s3[.-](?:[a-z0-9-]+\.)*amazonaws\.com(?::\d+)?")
_FILTER_NAME = re.compile(rb"(?i)(<Name>)(prefix|suffix)(</Name>)")
_TWELVE_DIGITS = re.compile(r"\d{12}")
_DIGESTS: dict[str, Callable[[bytes], bytes]] = {
    "sha256": lambda body: hashlib.sha256(body).digest(),
    "sha1": lambda body: hashlib.sha1(body).digest(),
    "crc32": lambda body: zlib.crc32(body).to_bytes(4, "big"),
}
_POLICY = "policy_beside_moto"
"""The attribute of moto's bucket that holds its policy's text; copies of the bucket keep it."""
_NOT_IMPLEMENTED = "A header you provided implies functionality that is not implemented"


class S3Filter:
    """Stands between a client and moto's S3."""

    def __init__(self, world: World, tenancy: Tenancy) -> None:
        self._world = world
        self._tenancy = tenancy

    def call(self, request: Request, region: str) -> Response:
        """The answer to an S3 request in path style."""
        try:
            self._refuse_wrong_owner(request)
            if request.method == "PUT":
                _refuse_bad_conditions(request)
                request = _checked_body(request)
                if "notification" in request.arguments:
                    request = _named_in_small_letters(request)
        except ApiError as error:
            return s3_error(error, request)
        if "policy" in request.arguments and (told := self._policy_told(request)) is not None:
            return told
        response = self._tenancy.call("s3", region, request)
        if response.status >= 400:  # noqa: PLR2004 - client or server error
            found = re.search(rb"<Code>([^<]+)</Code>", response.body)
            response.error = found[1].decode() if found else str(response.status)
        else:
            self._complete(request, response)
        return response

    def bucket_policy(self, name: str) -> dict[str, Any] | None:
        """The policy of a bucket; None where there is none."""
        with self._tenancy.active():
            bucket = self._stores().buckets.get(name)
            text = getattr(bucket, _POLICY, None)
        found: dict[str, Any] | None = None if text is None else json.loads(text)
        return found

    def _policy_told(self, request: Request) -> Response | None:
        """The policy that was put, kept beside moto's: moto obeys one without its conditions.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html (204)
        """
        name = bucket_and_key(request.path)[0]
        with self._tenancy.active():
            bucket = self._stores().buckets.get(name)
            if bucket is None:
                return None
            if request.method == "PUT":
                setattr(bucket, _POLICY, request.body.decode())
                return Response(204, b"", {})
            text = getattr(bucket, _POLICY, None)
            if request.method == "GET" and text is not None:
                return Response(200, text.encode(), {"Content-Type": "application/json"})
            setattr(bucket, _POLICY, None)
        return None

    def _stores(self) -> Any:  # noqa: ANN401 - moto's store
        return s3_backends[self._world.account]["aws"]

    def _complete(self, request: Request, response: Response) -> None:
        """Adds what moto leaves out of good answers.

        A checksum that was sent comes back, and every checksum says its type; an empty
        EventBridgeConfiguration is told, and the rules of a notification's filter are named
        "Prefix" and "Suffix", however they were sent. Source: LocalStack AWS-validated snapshots
        (s3 checksums: ChecksumType FULL_OBJECT; bucket notifications;
        test_filter_rules_case_insensitive, 2023-08).
        """
        bucket, key = bucket_and_key(request.path)
        if request.method == "PUT" and not request.query and not key:
            self._begin_closed(request)
        if request.method == "PUT" and not request.query and key:
            with self._tenancy.active():
                _date(self._stores().get_bucket(bucket).keys[key], self._world.clock)
        for name in _DIGESTS:
            header = f"x-amz-checksum-{name}"
            sent = request.headers.get(header) if request.method == "PUT" else None
            if sent is not None:
                response.headers[header] = sent
            if header in response.headers:
                response.headers["x-amz-checksum-type"] = "FULL_OBJECT"
        if request.method == "GET" and "notification" in request.arguments:
            self._tell_event_bridge(request, response)
            response.body = _FILTER_NAME.sub(
                lambda name: name[1] + name[2].capitalize() + name[3], response.body
            )

    def _begin_closed(self, request: Request) -> None:
        """A new bucket blocks public access and encrypts, whoever asked for neither.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html (April
        2023), https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html
        (January 2023)
        """
        with self._tenancy.active():
            bucket = self._stores().get_bucket(bucket_and_key(request.path)[0])
            bucket.public_access_block = PublicAccessBlock(
                block_public_acls="true",
                ignore_public_acls="true",
                block_public_policy="true",
                restrict_public_buckets="true",
            )
            bucket.encryption = {
                "Rule": {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
            }

    def _tell_event_bridge(self, request: Request, response: Response) -> None:
        with self._tenancy.active():
            bucket = self._stores().get_bucket(bucket_and_key(request.path)[0])
            configured = bucket.notification_configuration
        if configured is None or configured.event_bridge is None:
            return
        element = b"<EventBridgeConfiguration></EventBridgeConfiguration>"
        end = b"</NotificationConfiguration>"
        if end in response.body:
            response.body = response.body.replace(end, element + end)
        else:
            response.body = b"<NotificationConfiguration>" + element + end

    def _refuse_wrong_owner(self, request: Request) -> None:
        """The owner that a client expects must be the account, in twelve digits.

        Source: LocalStack AWS-validated snapshot (s3 expected bucket owner): 400
        InvalidBucketOwnerAWSAccountID, 403 AccessDenied.
        """
        for name in ("x-amz-expected-bucket-owner", "x-amz-source-expected-bucket-owner"):
            owner = request.headers.get(name)
            if owner is None:
                continue
            if not _TWELVE_DIGITS.fullmatch(owner):
                raise ApiError(
                    "InvalidBucketOwnerAWSAccountID",
                    "The value of the expected bucket owner parameter must be an AWS Account ID... "
                    f"[{owner}]",
                )
            if owner != self._world.account:
                raise ApiError("AccessDenied", "Access Denied", 403)


def _named_in_small_letters(request: Request) -> Request:
    """Moto knows a filter's rules by "prefix" and "suffix" only; S3 takes any letters.

    Source: LocalStack AWS-validated snapshot (test_filter_rules_case_insensitive, 2023-08).
    """
    body = _FILTER_NAME.sub(lambda name: name[1] + name[2].lower() + name[3], request.body)
    return request.carrying(request.headers, body)


def path_style(request: Request) -> Request:
    """The request with its bucket in the path, whichever way the client addressed it."""
    match = _VIRTUAL_HOST.fullmatch(request.host)
    if match is None:
        return request
    return request.sent_to("s3.amazonaws.com", f"/{match['bucket']}{request.path}")


def plain_body(request: Request) -> Request:
    """Undoes aws-chunked coding: the body as stored, trailing checksums as headers.

    Raises:
        ApiError: IncompleteBody, 400: the coding is broken.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
    """
    if not request.headers.get("x-amz-content-sha256", "").startswith("STREAMING-"):
        return request
    headers = {
        name: value
        for name, value in request.headers.items()
        if name not in {"x-amz-decoded-content-length", "x-amz-trailer", "content-length"}
    }
    encodings = [
        part.strip() for part in headers.pop("content-encoding", "").split(",") if part.strip()
    ]
    rest = [part for part in encodings if part != "aws-chunked"]
    if rest:
        headers["content-encoding"] = ",".join(rest)
    headers["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD"
    try:
        body, trailers = _dechunked(request.body)
    except ValueError as exc:
        raise ApiError("IncompleteBody", "The request body terminated unexpectedly", 400) from exc
    return request.carrying(headers | trailers, body)


def _dechunked(coded: bytes) -> tuple[bytes, dict[str, str]]:
    """The body and the trailing headers of an aws-chunked body."""
    body, place = bytearray(), 0
    while True:
        end = coded.index(b"\r\n", place)
        size = int(coded[place:end].partition(b";")[0], 16)
        if size == 0:
            break
        body += coded[end + 2 : end + 2 + size]
        place = end + 2 + size + 2
    trailers = {}
    for line in coded[end + 2 :].split(b"\r\n"):
        name, colon, value = line.partition(b":")
        if colon:
            trailers[name.decode().strip().lower()] = value.decode().strip()
    return bytes(body), trailers


def _refuse_bad_conditions(request: Request) -> None:
    """IfNoneMatch takes "*" only, and not together with IfMatch.

    Source: LocalStack AWS-validated snapshot (s3 conditional writes): 501 NotImplemented.
    """
    none_match = request.headers.get("if-none-match")
    if none_match is None or "x-amz-copy-source" in request.headers:
        return
    if "if-match" in request.headers:
        raise ApiError(
            "NotImplemented",
            _NOT_IMPLEMENTED,
            501,
            Header="If-Match,If-None-Match",
            additionalMessage="Multiple conditional request headers present in the request",
        )
    if none_match != "*":
        raise ApiError(
            "NotImplemented",
            _NOT_IMPLEMENTED,
            501,
            Header="If-None-Match",
            additionalMessage=(
                "We don't accept the provided value of If-None-Match header for this API"
            ),
        )


def _checked_body(request: Request) -> Request:
    """Compares the body with the checksums that came with it, and tells moto which one to keep.

    Source: LocalStack AWS-validated snapshot (s3 checksums): wrong is BadDigest, not base64 of the
    right length is InvalidRequest.
    """
    md5 = request.headers.get("content-md5")
    if md5 is not None and md5 != base64.b64encode(hashlib.md5(request.body).digest()).decode():
        raise ApiError("BadDigest", "The Content-MD5 you specified did not match what we received.")
    for name, digest in _DIGESTS.items():
        given = request.headers.get(f"x-amz-checksum-{name}")
        if given is None:
            continue
        actual = digest(request.body)
        try:
            decoded = base64.b64decode(given, validate=True)
        except binascii.Error:
            decoded = b""
        if len(decoded) != len(actual):
            raise ApiError("InvalidRequest", f"Value for x-amz-checksum-{name} header is invalid.")
        if decoded != actual:
            raise ApiError(
                "BadDigest",
                f"The {name.upper()} you specified did not match the calculated checksum.",
            )
        headers = {**request.headers, "x-amz-sdk-checksum-algorithm": name.upper()}
        return request.carrying(headers, request.body)
    return request


def _date(stored: Any, clock: Clock) -> None:  # noqa: ANN401 - moto's key
    """Gives a new object the sandbox's time: moto takes the machine's."""
    stored.last_modified = clock.now().replace(tzinfo=None)


class MotoObjects:
    """moto's S3 as the sandbox's ObjectStore."""

    def __init__(self, account: str, tenancy: Tenancy, clock: Clock) -> None:
        self._account = account
        self._tenancy = tenancy
        self._clock = clock

    def get(self, bucket: str, key: str, version_id: str | None = None) -> StoredObject:
        """The newest version or the one asked for; see core.ObjectStore."""
        with self._tenancy.active():
            self._bucket(bucket)
            found: Any = s3_backends[self._account]["aws"].get_object(
                bucket, key, version_id, return_delete_marker=True
            )
            if found is None and version_id is not None:
                raise ApiError(
                    "NoSuchVersion", "The specified version does not exist.", 404, Key=key
                )
            if found is None or isinstance(found, FakeDeleteMarker):
                raise ApiError("NoSuchKey", "The specified key does not exist.", 404, Key=key)
            return StoredObject(bytes(found.value), str(found.version_id))

    def put(self, bucket: str, key: str, body: bytes) -> str:
        """Stores a new version; see core.ObjectStore."""
        with self._tenancy.active():
            self._bucket(bucket)
            stored = s3_backends[self._account]["aws"].put_object(bucket, key, body)
            _date(stored, self._clock)
            return str(stored.version_id)

    def versioning(self, bucket: str) -> str | None:
        """The bucket's versioning state; see core.ObjectStore."""
        with self._tenancy.active():
            status: str | None = self._bucket(bucket).versioning_status
            return status

    def _bucket(self, bucket: str) -> Json:
        try:
            return s3_backends[self._account]["aws"].get_bucket(bucket)
        except MissingBucket as exc:
            raise ApiError(
                "NoSuchBucket", "The specified bucket does not exist", 404, BucketName=bucket
            ) from exc


def bucket_and_key(path: str) -> tuple[str, str]:
    """The bucket and the key of a path-style path, percent-decoded; "" where absent."""
    bucket, _, key = path.lstrip("/").partition("/")
    return unquote(bucket), unquote(key)
