"""An error answer of AWS, read once: its code, its text, its status, and what kind it is.

May import botocore's exceptions. Never decides what a refusal means for the chain: each call names
the codes it expects.
"""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from botocore.exceptions import ClientError

THROTTLED: Final = frozenset(
    {
        # Source: botocore `retries/standard.py` (ThrottledRetryableChecker), and the errors of the
        # Lambda, Signer and S3 models.
        "Throttled",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "TooManyRequestsException",
        "TransactionInProgressException",
        "RequestLimitExceeded",
        "BandwidthLimitExceeded",
        "LimitExceededException",
        "SlowDown",
        "PriorRequestNotComplete",
        "EC2ThrottledException",
    }
)
"""Codes of "not now, too many": safe to repeat, the call had no effect."""

PASSING: Final = frozenset(
    {
        "RequestTimeout",
        "RequestTimeoutException",
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "InternalServiceErrorException",
        "ServiceException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        # Two conditional writes to one key at the same time: "retry the request".
        # Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
        "ConditionalRequestConflict",
        "OperationAborted",
    }
)
"""Codes of a failure that passes, whatever their HTTP status."""

LASTING_5XX: Final = frozenset(
    {
        # Errors of Invoke with status 502 or 5xx which no repetition mends.
        # Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors
        "EC2AccessDeniedException",
        "InvalidRuntimeException",
        "InvalidSecurityGroupIDException",
        "InvalidSubnetIDException",
        "InvalidZipFileException",
        "KMSAccessDeniedException",
        "KMSDisabledException",
        "KMSInvalidStateException",
        "KMSNotFoundException",
        "SubnetIPAddressLimitReachedException",
        "NotImplemented",
    }
)
"""Codes that come with a 5xx status and stay."""

EXPIRED: Final = frozenset({"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"})
"""Codes of a session token that is over."""

NOT_ACCEPTED: Final = frozenset(
    {
        "AuthFailure",
        "IncompleteSignature",
        "IncompleteSignatureException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "InvalidToken",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "OptInRequired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
"""Codes of credentials that AWS does not know, or whose signature is wrong."""

SKEWED: Final = frozenset({"RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"})
"""Codes of a clock that differs; other services say it in the text of a wrong signature."""
_SKEWED_TEXTS: Final = ("signature expired", "signature not yet current")

WRONG_REGION: Final = frozenset(
    {
        "PermanentRedirect",
        "301",
        "AuthorizationHeaderMalformed",
        "IllegalLocationConstraintException",
    }
)
"""Codes of S3 for a bucket of another region."""

DENIED: Final = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",  # of SNS
        "UnauthorizedOperation",
        "403",
        "Forbidden",
    }
)
"""Codes of a missing permission. A HEAD has no body: its code is its status."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error answer.

    Attributes:
        operation: As botocore names it; another one than was called when credentials were fetched.
        code: Of the error, "404" for a HEAD.
        message: AWS's text: foreign, may name ARNs, holds no secret.
        status: HTTP status.
        headers: Lower-case names.
        after_s: Seconds AWS asks to wait, None when it does not say.
        region: The bucket's region where S3 names it.
    """

    operation: str
    code: str
    message: str
    status: int
    headers: Mapping[str, str]
    after_s: float | None
    region: str | None

    @classmethod
    def of(cls, error: ClientError) -> Refusal:
        """The refusal that botocore parsed; members that are missing or ill-typed become empty."""
        response: Mapping[str, object] = {**error.response}
        inside = _mapping(response.get("Error"))
        metadata = _mapping(response.get("ResponseMetadata"))
        headers = {str(k).lower(): str(v) for k, v in _mapping(metadata.get("HTTPHeaders")).items()}
        status = metadata.get("HTTPStatusCode")
        region = inside.get("Region") or headers.get("x-amz-bucket-region")
        return cls(
            operation=str(error.operation_name),
            code=str(inside.get("Code") or ""),
            message=str(inside.get("Message") or inside.get("message") or ""),
            status=status if isinstance(status, int) else 0,
            headers=headers,
            after_s=_seconds(headers.get("retry-after", "")),
            region=str(region) if region else None,
        )

    @property
    def throttled(self) -> bool:
        """The call had no effect, and may be repeated."""
        return self.code in THROTTLED or self.status == 429  # noqa: PLR2004 - Too Many Requests

    @property
    def passing(self) -> bool:
        """AWS failed; the call may have had its effect, and may be repeated."""
        failed = self.status >= 500 and self.code not in LASTING_5XX  # noqa: PLR2004 - 5xx
        return failed or self.code in PASSING

    @property
    def skewed(self) -> bool:
        """AWS compared our clock with its own and refused."""
        said = self.message.lower()
        return self.code in SKEWED or (
            self.code in NOT_ACCEPTED and any(text in said for text in _SKEWED_TEXTS)
        )

    @property
    def date(self) -> datetime | None:
        """AWS's clock, from the answer's Date header; None when it says none."""
        try:
            moment = parsedate_to_datetime(self.headers.get("date", ""))
        except ValueError:
            return None
        return moment if moment.tzinfo else None


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _seconds(text: str) -> float | None:
    """A number of seconds; None for nothing, or an HTTP date, which AWS does not use.

    Lambda's member retryAfterSeconds is this header. Source: botocore model.
    """
    return float(text) if text.replace(".", "", 1).isdecimal() else None
