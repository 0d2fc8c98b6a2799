"""Lambda, writes. Each carries the guard that Lambda itself checks: revision, hash, version.

May import the package's own modules and the port. Never sends Publish=True (it would skip the
checks between update and publish), never S3ObjectStorageMode REFERENCE.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypedDict

from signed_lambda.aws import lambda_answers as read
from signed_lambda.aws.answer import Answer, shown
from signed_lambda.aws.base import AwsBase
from signed_lambda.aws.call import Call, NotThere, not_there
from signed_lambda.aws.calls import Repeat
from signed_lambda.aws.session import INVOKE_TIMEOUT_S
from signed_lambda.cloud import (
    AlreadyExistsError,
    CodeChangedError,
    InUseError,
    Invocation,
    RevisionMovedError,
    SignatureRefusedError,
)
from signed_lambda.errors import InternalError, LambdaFailure
from signed_lambda.lazy import regex

if TYPE_CHECKING:
    from collections.abc import Mapping

    from signed_lambda.aws.call import Expected
    from signed_lambda.aws.refusals import Refusal
    from signed_lambda.cloud import Alias, FunctionConfiguration, StoredObject
    from signed_lambda.model import AliasName, FunctionName, Sha256, Version

PAYLOAD_BYTES: Final = 65_536
# Source: LocalStack AWS-validated snapshot 2025-11.
_OTHER_CODE: Final = regex(r"CodeSHA256 .* is different", re.IGNORECASE | re.DOTALL)


class _Revision(TypedDict, total=False):
    RevisionId: str


def _moved(refusal: Refusal) -> Exception:
    return RevisionMovedError(shown(refusal.message))


def _in_progress(refusal: Refusal) -> Exception:
    return Repeat("in-progress", shown(f"{refusal.code}: {refusal.message}"), refusal.after_s)


def _busy(refusal: Refusal) -> Exception:
    """409 of a call whose port knows no "in progress": ridden out, then AWS kept failing."""
    return Repeat("failing", shown(f"{refusal.code}: {refusal.message}"), refusal.after_s)


def _signature(refusal: Refusal) -> Exception:
    return SignatureRefusedError(shown(refusal.message))


def _storage_full(refusal: Refusal) -> Exception:
    return LambdaFailure.of(
        "E-LAMBDA-03",
        f"the region's storage for Lambda code is full: {shown(refusal.message)}",
        "Delete versions that no alias uses, or raise the quota 'Function and layer storage'",
    )


def _other_code(refusal: Refusal) -> Exception | None:
    """InvalidParameterValueException has many causes; only one of them is other code."""
    matches = _OTHER_CODE.search(refusal.message)
    return CodeChangedError(shown(refusal.message)) if matches else None


def _exists_or_busy(refusal: Refusal) -> Exception:
    """409 of CreateAlias: the name is taken, or the function is being updated."""
    if "in progress" in refusal.message.lower():
        return _busy(refusal)
    return AlreadyExistsError(shown(refusal.message))


def _in_use(refusal: Refusal) -> Exception:
    """409 of DeleteFunction: an alias names the version, or the function is being updated."""
    if "in progress" in refusal.message.lower():
        return _busy(refusal)
    return InUseError(shown(refusal.message))


def _alias_gone(refusal: Refusal) -> Exception | None:
    """404 of UpdateAlias is about the alias or about the version; the first is somebody's move."""
    return _moved(refusal) if "alias" in refusal.message.lower() else None


# Both names of a refused signature occur: the model has InvalidCodeSignatureException, real
# accounts answered CodeVerificationFailedException for integrity failures too.
# Source: radkawar/stackd captures of real AWS 2026-09; botocore model.
_UPDATE: Final[Mapping[str, Expected]] = {
    "PreconditionFailedException": _moved,
    "ResourceNotFoundException": _moved,  # deleted meanwhile: the chain reads back and says so
    "ResourceConflictException": _in_progress,
    "CodeVerificationFailedException": _signature,
    "InvalidCodeSignatureException": _signature,
    "CodeStorageExceededException": _storage_full,
}
_PUBLISH: Final[Mapping[str, Expected]] = {
    "PreconditionFailedException": _moved,
    "ResourceNotFoundException": _moved,
    "ResourceConflictException": _in_progress,
    "InvalidParameterValueException": _other_code,
    "CodeStorageExceededException": _storage_full,
}
_CREATE_ALIAS: Final[Mapping[str, Expected]] = {"ResourceConflictException": _exists_or_busy}
_UPDATE_ALIAS: Final[Mapping[str, Expected]] = {
    "PreconditionFailedException": _moved,
    "ResourceConflictException": _busy,
    "ResourceNotFoundException": _alias_gone,
}
_DELETE_ALIAS: Final[Mapping[str, Expected]] = {
    "ResourceNotFoundException": not_there,
    "ResourceConflictException": _busy,
}
_DELETE_VERSION: Final[Mapping[str, Expected]] = {
    "ResourceNotFoundException": not_there,
    "ResourceConflictException": _in_use,
}
_INVOKE: Final[Mapping[str, Expected]] = {"ResourceConflictException": _busy}


_POLICY: Final[Mapping[str, Expected]] = {
    "PreconditionFailedException": _moved,
    "ResourceConflictException": _busy,
}


class LambdaWrites(AwsBase):
    """Code, versions, aliases; and the smoke invocation."""

    def dry_run(
        self, name: FunctionName, source: StoredObject, revision_id: str
    ) -> FunctionConfiguration:
        """UpdateFunctionCode(DryRun) of the pinned object version: what Lambda would hold.

        Raises:
            RevisionMovedError, InProgressError, SignatureRefusedError: As named.
            LambdaFailure: E-LAMBDA-03, the region's code storage is full.
        """
        return self._update(name, source, revision_id, dry_run=True)

    def update_code(
        self, name: FunctionName, source: StoredObject, revision_id: str
    ) -> FunctionConfiguration:
        """UpdateFunctionCode of the pinned object version, storage mode COPY, with RevisionId.

        Source: https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html

        Raises:
            RevisionMovedError, InProgressError, SignatureRefusedError: As named.
            LambdaFailure: E-LAMBDA-03, the region's code storage is full.
        """
        return self._update(name, source, revision_id, dry_run=False)

    def _update(
        self, name: FunctionName, source: StoredObject, revision_id: str, *, dry_run: bool
    ) -> FunctionConfiguration:
        version = pinned(source)
        return self._calls.run(
            replace(
                self._write("UpdateFunctionCode", name, _UPDATE),
                reads=self._place.object(source.bucket, source.key),
            ),
            lambda: self._clients.lambda_.update_function_code(
                FunctionName=name,
                S3Bucket=source.bucket,
                S3Key=source.key,
                S3ObjectVersion=version,
                S3ObjectStorageMode="COPY",
                RevisionId=revision_id,
                DryRun=dry_run,
                Publish=False,
            ),
            read.configuration,
        )

    def publish(
        self, name: FunctionName, sha256: Sha256, revision_id: str, description: str
    ) -> FunctionConfiguration:
        """PublishVersion with CodeSha256 and RevisionId; the same version when nothing changed.

        Source: https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html

        Raises:
            RevisionMovedError, InProgressError, CodeChangedError: As named.
            LambdaFailure: E-LAMBDA-03, the region's code storage is full.
        """
        return self._calls.run(
            self._write("PublishVersion", name, _PUBLISH),
            lambda: self._clients.lambda_.publish_version(
                FunctionName=name,
                CodeSha256=sha256.b64,
                RevisionId=revision_id,
                Description=description,
            ),
            read.configuration,
        )

    def create_alias(
        self, name: FunctionName, alias: AliasName, version: Version, description: str
    ) -> Alias:
        """CreateAlias.

        Raises:
            AlreadyExistsError: The alias exists (perhaps by us: read it back).
        """
        return self._calls.run(
            self._write("CreateAlias", name, _CREATE_ALIAS),
            lambda: self._clients.lambda_.create_alias(
                FunctionName=name, Name=alias, FunctionVersion=version, Description=description
            ),
            read.alias,
        )

    def update_alias(
        self,
        name: FunctionName,
        alias: AliasName,
        version: Version,
        description: str,
        revision_id: str,
    ) -> Alias:
        """UpdateAlias with RevisionId and an empty RoutingConfig.

        Source: https://docs.aws.amazon.com/lambda/latest/api/API_UpdateAlias.html

        Raises:
            RevisionMovedError: The alias was changed or deleted since (perhaps by us: read it
                back).
        """
        return self._calls.run(
            self._write("UpdateAlias", name, _UPDATE_ALIAS),
            lambda: self._clients.lambda_.update_alias(
                FunctionName=name,
                Name=alias,
                FunctionVersion=version,
                Description=description,
                RoutingConfig={"AdditionalVersionWeights": {}},
                RevisionId=revision_id,
            ),
            read.alias,
        )

    def delete_alias(self, name: FunctionName, alias: AliasName) -> None:
        """DeleteAlias; nothing happens where there is none: Lambda answers 204 then, too.

        Source: LocalStack AWS-validated snapshot 2025-11 (test_non_existent_alias_deletion).
        """
        with suppress(NotThere):
            self._calls.run(
                self._write("DeleteAlias", name, _DELETE_ALIAS),
                lambda: self._clients.lambda_.delete_alias(FunctionName=name, Name=alias),
                _nothing,
            )

    def delete_version(self, name: FunctionName, version: Version) -> None:
        """DeleteFunction of one version by its number, never of the function.

        Without its qualifier the call would delete the whole function.
        Source: https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunction.html

        Raises:
            InUseError: An alias names it.
            InternalError: It is no number.
        """
        if not re.fullmatch(r"[1-9][0-9]*", version, re.ASCII):
            raise InternalError.of(
                "E-INTERNAL-01", f"{version!r} would be deleted of {name}", "Please report this"
            )
        call = Call(
            operation="lambda:DeleteFunction",
            action="lambda:DeleteFunction",
            resource=self._place.function(name, version),
            expected=_DELETE_VERSION,
        )
        with suppress(NotThere):
            self._calls.run(
                call,
                lambda: self._clients.lambda_.delete_function(FunctionName=name, Qualifier=version),
                _nothing,
            )

    def put_policy(self, arn: str, policy: str, revision_id: str | None) -> None:
        """PutResourcePolicy, which replaces the whole policy.

        Source: https://docs.aws.amazon.com/lambda/latest/api/API_PutResourcePolicy.html

        Raises:
            RevisionMovedError: Another policy is there (perhaps ours: read it back).
        """
        given: _Revision = {"RevisionId": revision_id} if revision_id else {}
        self._calls.run(
            Call(
                operation="lambda:PutResourcePolicy",
                action="lambda:PutResourcePolicy",
                resource=arn,
                expected=_POLICY,
            ),
            lambda: self._clients.lambda_.put_resource_policy(
                ResourceArn=arn, Policy=policy, **given
            ),
            lambda answer: answer.text("RevisionId"),
        )

    def delete_policy(self, arn: str, revision_id: str | None) -> None:
        """DeleteResourcePolicy; nothing when there is none.

        Source: https://docs.aws.amazon.com/lambda/latest/api/API_DeleteResourcePolicy.html

        Raises:
            RevisionMovedError: Another policy is there.
        """
        given: _Revision = {"RevisionId": revision_id} if revision_id else {}

        def send() -> dict[str, object]:
            self._clients.lambda_.delete_resource_policy(ResourceArn=arn, **given)
            return {}

        with suppress(NotThere):
            self._calls.run(
                Call(
                    operation="lambda:DeleteResourcePolicy",
                    action="lambda:DeleteResourcePolicy",
                    resource=arn,
                    expected={**_POLICY, "ResourceNotFoundException": not_there},
                ),
                send,
                lambda _: None,
            )

    def invoke(self, name: FunctionName, version: Version, payload: bytes) -> Invocation:
        """Invoke (RequestResponse) of a version by number; waits for it as long as the run may.

        Sent again when its answer is lost: the function may then run twice, which Lambda never
        promises to avoid either.
        Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-retries.html
        """
        timeout_s = max(1.0, min(INVOKE_TIMEOUT_S, self._calls.left_s()))
        client = self._clients.invoker(timeout_s)
        return self._calls.run(
            Call(
                operation="lambda:Invoke",
                action="lambda:InvokeFunction",
                resource=self._place.function(name, version),
                expected=_INVOKE,
            ),
            lambda: client.invoke(
                FunctionName=name,
                Qualifier=version,
                InvocationType="RequestResponse",
                Payload=payload,
            ),
            _invocation,
        )

    def _write(self, operation: str, name: FunctionName, expected: Mapping[str, Expected]) -> Call:
        return Call(
            operation=f"lambda:{operation}",
            action=f"lambda:{operation}",
            resource=self._place.function(name),
            expected=expected,
        )


def pinned(source: StoredObject) -> str:
    """The object's version; a key alone can be overwritten between two calls.

    Raises:
        InternalError: It has none: the chain refuses unversioned buckets before.
    """
    if source.version_id is None:
        raise InternalError.of(
            "E-INTERNAL-01",
            f"s3://{source.bucket}/{source.key} would be used without its version",
            "Please report this",
        )
    return source.version_id


def _nothing(_answer: Answer) -> None:
    """A deletion answers with nothing."""


def _invocation(answer: Answer) -> Invocation:
    """The answer of a smoke test, with at most 64 KiB of its payload."""
    stream, payload = answer.stream("Payload"), b""
    # Up to the end, where botocore notices an answer that was cut off.
    while len(payload) < PAYLOAD_BYTES and (piece := stream.read(PAYLOAD_BYTES)):
        payload += piece
    return Invocation(
        status=answer.number("StatusCode"),
        function_error=answer.maybe_text("FunctionError"),
        payload=payload[:PAYLOAD_BYTES],
        executed_version=answer.text("ExecutedVersion"),
    )
