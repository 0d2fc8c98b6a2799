"""Lambda's answers, read into the port's types.

Pure: may import the port, the model and `answer`. Never prints a member: the environment's values
are among them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.aws.answer import NotAnAnswer
from signed_lambda.cloud import Alias, CodeSigning, FunctionConfiguration
from signed_lambda.lazy import regex
from signed_lambda.model import AliasName, FunctionName

if TYPE_CHECKING:
    from signed_lambda.aws.answer import Answer

_VERSION: Final = regex(r"\$LATEST|[1-9][0-9]*")


def configuration(answer: Answer) -> FunctionConfiguration:
    """A version's configuration.

    Lists of versions leave State and LastUpdateStatus out. A container image's CodeSha256 is the
    hex digest of the image, and a function stored by reference has none until it is active: both
    are read as None. Source: LocalStack AWS-validated snapshot 2025-11; botocore model
    (S3ObjectStorageMode).

    Raises:
        NotAnAnswer: A member is missing or of another form.
    """
    package_type = answer.maybe_text("PackageType") or "Zip"
    hashed = package_type == "Zip" and answer.maybe_text("CodeSha256")
    return FunctionConfiguration(
        arn=answer.text("FunctionArn"),
        name=FunctionName(answer.text("FunctionName")),
        version=_version(answer, "Version"),
        code_sha256=answer.sha256("CodeSha256") if hashed else None,
        code_size_bytes=answer.number("CodeSize"),
        revision_id=answer.text("RevisionId"),
        description=answer.maybe_text("Description") or "",
        package_type=package_type,
        state=answer.maybe_text("State"),
        state_reason=answer.maybe_text("StateReason"),
        state_reason_code=answer.maybe_text("StateReasonCode"),
        last_update_status=answer.maybe_text("LastUpdateStatus"),
        last_update_reason=answer.maybe_text("LastUpdateStatusReason"),
        last_update_reason_code=answer.maybe_text("LastUpdateStatusReasonCode"),
        last_modified=answer.text("LastModified"),
        signing_job_arn=answer.maybe_text("SigningJobArn"),
        signing_profile_version_arn=answer.maybe_text("SigningProfileVersionArn"),
        handler=answer.maybe_text("Handler"),
        content=answer.members,
    )


def alias(answer: Answer) -> Alias:
    """An alias; without RoutingConfig it shifts nothing.

    Raises:
        NotAnAnswer: A member is missing or of another form.
    """
    routing = answer.maybe_inside("RoutingConfig")
    return Alias(
        name=AliasName(answer.text("Name")),
        version=_version(answer, "FunctionVersion"),
        weights=routing.shares("AdditionalVersionWeights") if routing else {},
        description=answer.maybe_text("Description") or "",
        revision_id=answer.text("RevisionId"),
    )


def code_signing(answer: Answer) -> CodeSigning:
    """A code-signing configuration.

    Raises:
        NotAnAnswer: A member is missing or of another form.
    """
    inside = answer.inside("CodeSigningConfig")
    publishers = inside.inside("AllowedPublishers")
    return CodeSigning(
        arn=inside.text("CodeSigningConfigArn"),
        policy=inside.inside("CodeSigningPolicies").text("UntrustedArtifactOnDeployment"),
        allowed_publishers=publishers.texts("SigningProfileVersionArns"),
    )


def _version(answer: Answer, name: str) -> str:
    text = answer.text(name)
    if not _VERSION.fullmatch(text):
        raise NotAnAnswer(f"'{name}' is not a version")
    return text
