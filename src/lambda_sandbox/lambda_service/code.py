"""The code that a request brings: fetched, measured, unpacked for a look, admitted.

May import core, names and state; calls the admission given to it. Limits and texts: LocalStack
AWS-validated snapshot 2025-11 (TestLambdaSizeLimits, test_lambda_code_location_s3_errors).
"""

from __future__ import annotations

import base64
import functools
import hashlib
import io
import re
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from lambda_sandbox.core import ApiError
from lambda_sandbox.lambda_service.names import invalid
from lambda_sandbox.lambda_service.state import Code

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lambda_sandbox.lambda_service.state import CodeSigningConfig, LambdaState

_IMAGE_TAG = re.compile(r":[\w.-]+$")
ZIPPED_LIMIT = 52_428_800
UNZIPPED_LIMIT = 262_144_000
REQUEST_LIMIT = 70_167_211


class Admission(Protocol):
    """What the check of a signature found."""

    @property
    def signing_job_arn(self) -> str | None:
        """The job that signed the code; None where it is not signed or not trusted."""
        ...

    @property
    def signing_profile_version_arn(self) -> str | None:
        """The profile version that signed the code."""
        ...


class Gatekeeper(Protocol):
    """Lambda's code-signing check."""

    def admit(self, config: CodeSigningConfig | None, body: bytes, resource: str, /) -> Admission:
        """Verifies a zip against a configuration (None: nothing attached).

        Raises:
            ApiError: CodeVerificationFailedException.
        """
        ...

    def record(self, body: bytes, /) -> Admission:
        """What is recorded of a zip where nothing is refused: of a layer."""
        ...


@dataclass(frozen=True, slots=True)
class CodeSource:
    """Where code comes from, with everything needed to take it in."""

    state: LambdaState
    gatekeeper: Gatekeeper

    def take(
        self, params: Mapping[str, Any], config: CodeSigningConfig | None, resource: str
    ) -> Code:
        """The code that the members of a FunctionCode (or UpdateFunctionCode) bring.

        Raises:
            ApiError: What Lambda answers for missing, oversized, broken or untrusted code.
        """
        if "ImageUri" in params:
            return _image(params["ImageUri"])
        body, resolved = self._fetched(params)
        admission = self.gatekeeper.admit(config, body, resource)
        # Source: botocore model (ResolvedS3Object); Lambda then reads the bucket's object in place.
        referenced = params.get("S3ObjectStorageMode") == "REFERENCE"
        return Code(
            body=body,
            sha256=base64.b64encode(hashlib.sha256(body).digest()).decode(),
            size_bytes=len(body),
            signing_job_arn=admission.signing_job_arn,
            signing_profile_version_arn=admission.signing_profile_version_arn,
            location={"ResolvedS3Object": resolved} if referenced else {},
        )

    def fetch(self, params: Mapping[str, Any]) -> bytes:
        """The zip that a FunctionCode or LayerVersionContent brings, found sound.

        Raises:
            ApiError: Missing, oversized or broken, or no storage left.
        """
        return self._fetched(params)[0]

    def admit_layers(
        self, configuration: Mapping[str, Any], config: CodeSigningConfig | None
    ) -> None:
        """Checks the signatures of the layers in a configuration; foreign ones are not known here.

        Raises:
            ApiError: CodeVerificationFailedException.

        Source: AWS docs, lambda/latest/dg/configuration-codesigning.html (layers are checked too).
        """
        for layer in configuration.get("Layers", []):
            body = self.state.layer_bytes.get(layer["Arn"])
            if body is not None and config is not None:
                self.gatekeeper.admit(config, body, layer["Arn"])

    def _fetched(self, params: Mapping[str, Any]) -> tuple[bytes, dict[str, str]]:
        body, resolved = self._bytes(params)
        _look_inside(body)
        self.state.require_storage(len(body))
        return body, resolved

    def _bytes(self, params: Mapping[str, Any]) -> tuple[bytes, dict[str, str]]:
        if "ZipFile" in params:
            body: bytes = params["ZipFile"]
            if len(body) > ZIPPED_LIMIT:
                raise ApiError(
                    "RequestEntityTooLargeException",
                    f"Zipped size must be smaller than {ZIPPED_LIMIT} bytes",
                    413,
                )
            return body, {}
        if "S3Bucket" not in params or "S3Key" not in params:
            raise invalid("Please provide a source for function code.")
        try:
            stored = self.state.world.objects.get(
                params["S3Bucket"], params["S3Key"], params.get("S3ObjectVersion")
            )
        except ApiError as error:
            # Source: LocalStack AWS-validated snapshot 2025-11: S3's code and text, inside 400.
            raise invalid(
                f"Error occurred while GetObject. S3 Error Code: {error.code}. "
                f"S3 Error Message: {error.message}"
            ) from error
        resolved = {
            "S3Bucket": params["S3Bucket"],
            "S3Key": params["S3Key"],
            "S3ObjectVersion": stored.version_id,
        }
        return stored.body, resolved


def _image(uri: str) -> Code:
    """An image is data here: nothing is pulled, its hash is that of its name."""
    digest = uri.partition("@sha256:")[2] or hashlib.sha256(uri.encode()).hexdigest()
    return Code(
        body=b"",
        sha256=digest,
        size_bytes=0,
        location={
            "RepositoryType": "ECR",
            "ImageUri": uri,
            "ResolvedImageUri": f"{_IMAGE_TAG.sub('', uri.partition('@')[0])}@sha256:{digest}",
        },
    )


@functools.lru_cache(maxsize=4)
def _measured(body: bytes) -> tuple[int, int]:
    """How many entries a zip has, and their size; a dry run and its update bring the same zip."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        entries = archive.infolist()
    return len(entries), sum(entry.file_size for entry in entries)


def _look_inside(body: bytes) -> None:
    try:
        entries, unzipped = _measured(body)
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as exc:
        # Source: LocalStack AWS-validated snapshot: "Could not unzip uploaded file...".
        raise invalid(
            "Could not unzip uploaded file. Please check your file, then try to upload again."
        ) from exc
    if entries == 0:
        # Source: LocalStack (provider behaviour measured on AWS for an empty zip).
        raise invalid("Uploaded file must be a non-empty zip")
    if unzipped > UNZIPPED_LIMIT:
        raise invalid(f"Unzipped size must be smaller than {UNZIPPED_LIMIT} bytes")
