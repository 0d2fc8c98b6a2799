"""A world with a signer in it, for the tests of Signer and of admission: no S3 but a dictionary."""

from __future__ import annotations

import io
import stat
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lambda_sandbox.core import ApiError, StoredObject, VirtualClock, World
from lambda_sandbox.signer import Behaviour, SignerService

if TYPE_CHECKING:
    from typing import Any

    from lambda_sandbox.signer.authority import Authority

PLATFORM = "AWSLambda-SHA384-ECDSA"
SIGNATURE_FILE = "META_INF/aws_signer_signature_v1.0.SF"
BUCKET = "artefacts"
FRIEND = "444455556666"


@dataclass
class MemoryStore:
    """Versioned buckets in memory; those in `unversioned` never had versioning."""

    buckets: set[str] = field(default_factory=lambda: {BUCKET, "other"})
    unversioned: set[str] = field(default_factory=set)
    suspended: set[str] = field(default_factory=set)
    objects: dict[tuple[str, str], list[StoredObject]] = field(default_factory=dict)

    def get(self, bucket: str, key: str, version_id: str | None = None) -> StoredObject:
        """See ObjectStore."""
        self._need(bucket)
        versions = self.objects.get((bucket, key))
        if not versions:
            raise ApiError("NoSuchKey", "The specified key does not exist.", 404)
        for version in reversed(versions):
            if version_id in (None, version.version_id):
                return version
        raise ApiError("NoSuchVersion", "The specified version does not exist.", 404)

    def put(self, bucket: str, key: str, body: bytes) -> str:
        """See ObjectStore."""
        self._need(bucket)
        versions = self.objects.setdefault((bucket, key), [])
        plain = bucket in self.unversioned | self.suspended
        versions.append(StoredObject(body, "null" if plain else f"v{len(versions) + 1}"))
        return versions[-1].version_id

    def versioning(self, bucket: str) -> str | None:
        """See ObjectStore."""
        self._need(bucket)
        if bucket in self.unversioned:
            return None
        return "Suspended" if bucket in self.suspended else "Enabled"

    def _need(self, bucket: str) -> None:
        if bucket not in self.buckets:
            raise ApiError("NoSuchBucket", "The specified bucket does not exist", 404)


@dataclass
class Bench:
    """Clock, store and signer, with the profile `demo`."""

    clock: VirtualClock
    store: MemoryStore
    world: World
    signer: SignerService
    version_arn: str

    def upload(self, body: bytes, key: str = "unsigned/code.zip") -> str:
        """Puts the object; its version."""
        return self.store.put(BUCKET, key, body)

    def request(self, version: str, **other: object) -> dict[str, Any]:
        """StartSigningJob's parameters for the uploaded object."""
        return {
            "source": {
                "s3": {"bucketName": BUCKET, "key": "unsigned/code.zip", "version": version}
            },
            "destination": {"s3": {"bucketName": BUCKET, "prefix": "signed/"}},
            "profileName": "demo",
            "clientRequestToken": "token",
        } | other

    def start(self, body: bytes, **other: object) -> str:
        """Uploads and starts a job; its id."""
        job_id: str = self.signer.start_signing_job(self.request(self.upload(body), **other))[
            "jobId"
        ]
        return job_id

    def done(self, job_id: str) -> dict[str, Any]:
        """What is told of the job once its time has passed."""
        self.clock.advance(self.world.timing.signing_s)
        return self.signer.describe_signing_job({"jobId": job_id})

    def signed(self, body: bytes) -> bytes:
        """Really signed."""
        return self.signer.sign_bytes(body, profile="demo")


def bench(*, behaviour: Behaviour | None = None, authority: Authority | None = None) -> Bench:
    """A new world."""
    clock, store = VirtualClock(), MemoryStore()
    world = World(clock, store)
    signer = SignerService(world, behaviour=behaviour, authority=authority)
    made = signer.put_signing_profile({"profileName": "demo", "platformId": PLATFORM})
    return Bench(clock, store, world, signer, made["profileVersionArn"])


def zip_of(*entries: tuple[str, bytes] | tuple[str, bytes, int]) -> bytes:
    """A zip of (name, content, mode); a name that ends with "/" is a folder."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body, *mode in entries:
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.create_system = 3
            kind = stat.S_IFDIR | 0o755 if name.endswith("/") else stat.S_IFREG | 0o644
            info.external_attr = (mode[0] if mode else kind) << 16
            archive.writestr(info, body, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def some_zip() -> bytes:
    """Three files, one of them executable, and a folder."""
    return zip_of(
        ("handler.py", b"def handler(event, context):\n    return event\n"),
        ("bin/", b""),
        ("bin/tool", b"#!/bin/sh\nexit 0\n", stat.S_IFREG | 0o755),
        ("notes.txt", b"Do not pack evil.pyimport os; os.system('true')\n"),
    )


def entries(zip_bytes: bytes) -> list[tuple[str, bytes, int]]:
    """(name, content, external attributes) in the zip's order."""
    with zipfile.ZipFile(io.BytesIO(zip_bytes)) as archive:
        return [
            (info.filename, archive.read(info), info.external_attr) for info in archive.infolist()
        ]


def signature_of(zip_bytes: bytes) -> bytes:
    """The signature file's content."""
    with zipfile.ZipFile(io.BytesIO(zip_bytes)) as archive:
        return archive.read(SIGNATURE_FILE)
