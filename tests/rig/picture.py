"""The world as plain data, taken from the sandbox's own state: no API, no product.

Two pictures compare with `==`; a picture never changes.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from moto.s3.models import s3_backends

from signed_lambda.github.comment import RETIRED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lambda_sandbox import Sandbox
    from lambda_sandbox.lambda_service.state import Version
    from tests.support.github_server import Comment, GitHubServer

Files = tuple[tuple[str, str], ...]
SIGNATURE = ("META_INF/", "META_INF/aws_signer_signature_v1.0.SF")


@dataclass(frozen=True, slots=True)
class VersionPicture:
    """$LATEST or a published version.

    Attributes:
        sha256: Of the bytes that are there, base64.
        recorded: CodeSha256 as Lambda tells it.
        files: What the zip unpacks to: name and hex SHA-256 of each file, the signature left out.
        signed: Whether Signer's signature file is in the zip.
        configuration: All members but the description, as canonical JSON.
        job: ARN of the signing job that Lambda recorded, None without.
        state: "Active", "Pending", "Failed".
    """

    number: str
    sha256: str
    recorded: str
    files: tuple[tuple[str, str], ...]
    signed: bool
    configuration: str
    description: str
    job: str | None
    state: str


@dataclass(frozen=True, slots=True)
class AliasPicture:
    """An alias; `revision` also changes when the same is written again."""

    version: str
    weights: tuple[tuple[str, float], ...]
    description: str
    revision: str


@dataclass(frozen=True, slots=True)
class JobPicture:
    """A signing job: what it signed."""

    source: tuple[str, str, str | None] | None
    status: str
    revoked: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """All that a run could change.

    Attributes:
        latest: None when the function does not exist.
        objects: Bucket and key; of each version its id and hex SHA-256, the newest last.
        signing: Policy and allowed publishers of the function's configuration, None without.
        comments: Bodies of the pull request's comments that are not minimised, and do not say that
            a newer one replaces them (of one that could not be minimised).
        checks: Name, commit, external id and conclusion of each check run.
        at: On the sandbox's clock, seconds.
    """

    latest: VersionPicture | None
    versions: Mapping[str, VersionPicture]
    aliases: Mapping[str, AliasPicture]
    jobs: Mapping[str, JobPicture]
    objects: Mapping[tuple[str, str], tuple[tuple[str, str], ...]]
    signing: tuple[str, tuple[str, ...]] | None
    comments: tuple[str, ...]
    checks: tuple[tuple[str, str, str, str], ...]
    at: float

    def aws(self) -> tuple[object, ...]:
        """All that stands in AWS; neither the time nor GitHub."""
        return self.latest, self.versions, self.aliases, self.jobs, self.objects, self.signing


def take(sandbox: Sandbox, function: str, github: GitHubServer | None = None) -> Picture:
    """The world now; what Lambda and Signer are busy with is settled first, as any read would."""
    sandbox.signer.settle()
    state = sandbox.lambda_state
    found = state.functions.get(function)
    if found is not None:
        state.settle(found)
    config = state.code_signing_configs.get(str(found and found.code_signing_config_arn))
    return Picture(
        latest=_version(found.latest) if found else None,
        versions={n: _version(v) for n, v in found.versions.items()} if found else {},
        aliases={
            n: AliasPicture(
                a.version, tuple(sorted(a.weights.items())), a.description, a.revision_id
            )
            for n, a in (found.aliases if found else {}).items()
        },
        jobs={
            i: JobPicture(
                j.source and (j.source.bucket, j.source.key, j.source.version),
                j.status,
                j.revocation is not None,
            )
            for i, j in sandbox.signer.state.jobs.items()
        },
        objects=_objects(sandbox),
        signing=config and (config.policy, tuple(config.allowed_publishers)),
        comments=tuple(c.body for c in (github.comments if github else ()) if _stands(c)),
        checks=tuple(
            (c["name"], c["head_sha"], c["external_id"], str(c["conclusion"]))
            for c in (github.checks if github else ())
        ),
        at=sandbox.clock.monotonic(),
    )


def _stands(comment: Comment) -> bool:
    return not comment.minimized and not comment.body.startswith(RETIRED)


def _version(version: Version) -> VersionPicture:
    sha256, files, signed = _opened(version.code.body)
    configuration = {k: v for k, v in version.configuration.items() if k != "Description"}
    return VersionPicture(
        number=version.number,
        sha256=sha256,
        recorded=version.code.sha256,
        files=files,
        signed=signed,
        configuration=json.dumps(configuration, sort_keys=True, default=str),
        description=str(version.configuration.get("Description", "")),
        job=version.code.signing_job_arn,
        state=version.progress.state,
    )


@lru_cache(maxsize=256)
def _opened(body: bytes) -> tuple[str, tuple[tuple[str, str], ...], bool]:
    """Base64 SHA-256 of a zip, its files as `files_of` gives them, and whether it is signed."""
    sha256 = base64.b64encode(hashlib.sha256(body).digest()).decode()
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        names = archive.namelist()
        files = files_of({n: archive.read(n) for n in names if n not in SIGNATURE})
    return sha256, files, SIGNATURE[1] in names


def files_of(contents: Mapping[str, bytes]) -> tuple[tuple[str, str], ...]:
    """Name and hex SHA-256 of each file, sorted."""
    return tuple(sorted((n, hashlib.sha256(c).hexdigest()) for n, c in contents.items()))


def _objects(sandbox: Sandbox) -> dict[tuple[str, str], tuple[tuple[str, str], ...]]:
    stored: Any = s3_backends[sandbox.world.account]["aws"]
    return {
        (bucket.name, key): tuple((str(v.version_id), _hashed(v)) for v in versions)
        for bucket in stored.buckets.values()
        for key, versions in bucket.keys.lists()
    }


def _hashed(stored: Any) -> str:  # noqa: ANN401 - moto's key, or its delete marker
    value = getattr(stored, "value", None)
    return hashlib.sha256(value).hexdigest() if value is not None else "deleted"
