"""Faults on demand: what goes wrong, at which operation, how many times.

May import the wire package and core. The gateway asks; nothing here acts by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from lambda_sandbox.core import ApiError, Json

if TYPE_CHECKING:
    from botocore.model import ServiceModel

BEFORE: Final = frozenset(
    {"conn_before", "timeout_before", "throttle", "error500_before", "html_200", "denied",
     "expired_token", "clock_skew", "error"}
)  # fmt: skip
"""Kinds whose request has no effect."""
AFTER: Final = frozenset({"lost_after", "timeout_after", "error500_after", "slow", "truncated"})
"""Kinds whose request has its effect."""
HTML: Final = b"<!doctype html><html><body><h1>Please log in to the network</h1></body></html>"

SNS_DENIED: Final = "AuthorizationError"
"""Source: botocore model sns 2010-03-31, AuthorizationErrorException."""
_OPTIONS: Final = frozenset({"seconds", "code", "message", "status", "declared", "fields", "skip"})
_SLOW_S: Final = 5.0
_TIMEOUT_S: Final = 65.0


@dataclass(slots=True)
class Fault:
    """One order: what goes wrong and how often still.

    Attributes:
        operation: As the API reference spells it; "*" is any.
        kind: A name of BEFORE or AFTER.
        times: How many times still; None for ever.
        service: As in the SigV4 scope; None is any.
        options: seconds (slow, timeout_before, timeout_after), code/message/status (error),
            declared ("whole" or "cut": which length a truncated answer declares), skip (how many
            calls of the operation pass before the first that it hits).
    """

    operation: str
    kind: str
    times: int | None
    service: str | None
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """How long a slow answer takes or a timeout holds."""
        return float(self.options.get("seconds", _SLOW_S if self.kind == "slow" else _TIMEOUT_S))


class Faults:
    """All faults that are ordered, first come first served."""

    def __init__(self) -> None:
        self._orders: list[Fault] = []

    def add(
        self,
        operation: str,
        kind: str,
        times: int | None = 1,
        service: str | None = None,
        **options: Json,
    ) -> Fault:
        """Orders a fault for the next `times` calls of the operation (None: for ever).

        Raises:
            ValueError: No such kind or option.
        """
        unknown = set(options) - _OPTIONS
        if kind not in BEFORE | AFTER or unknown:
            raise ValueError(f"no such fault: {kind} {sorted(unknown)}")
        if kind == "error" and "code" not in options:
            raise ValueError("a fault of kind error needs the error's code")
        fault = Fault(operation, kind, times, service, options)
        self._orders.append(fault)
        return fault

    def clear(self) -> None:
        """Cancels all orders."""
        self._orders.clear()

    def pending(self) -> tuple[Fault, ...]:
        """The orders that are still open."""
        return tuple(self._orders)

    def take(self, service: str, operation: str) -> Fault | None:
        """The fault for this call, counted; None when nothing is ordered."""
        for fault in self._orders:
            if fault.operation in {operation, "*"} and fault.service in {service, None}:
                if fault.options.get("skip", 0) > 0:
                    fault.options["skip"] -= 1
                    continue
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self._orders.remove(fault)
                return fault
        return None


def fault_error(fault: Fault, service: str, model: ServiceModel | None) -> ApiError:
    """The error that a fault answers with, as the service spells it.

    Source: botocore model (names, statuses); https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html;
    https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
    """
    if fault.kind == "error":
        return _named_error(fault, model)
    makers = {
        "throttle": _throttle,
        "denied": _denied,
        "expired_token": _expired_token,
        "clock_skew": _clock_skew,
    }
    maker = makers.get(fault.kind, _server_error)
    return maker(service)


def _named_error(fault: Fault, model: ServiceModel | None) -> ApiError:
    code = str(fault.options["code"])
    shapes = model.error_shapes if model is not None else []
    known = next(
        (s for s in shapes if code in {s.name, s.metadata.get("error", {}).get("code")}), None
    )
    if "status" in fault.options:
        status = int(fault.options["status"])
    elif known is not None:
        status = known.metadata.get("error", {}).get("httpStatusCode", 400)
    else:
        throttled = code.startswith(("Throttl", "TooMany", "RequestLimit"))
        server = code.startswith(("Internal", "Service"))
        status = 503 if code in {"SlowDown", "ServiceUnavailable"} else 400
        status = 429 if throttled else 500 if server and status == 400 else status  # noqa: PLR2004
    text = str(fault.options.get("message", "Injected by the sandbox"))
    return ApiError(code, text, status, **fault.options.get("fields", {}))


def _throttle(service: str) -> ApiError:
    if service == "s3":
        return ApiError("SlowDown", "Please reduce your request rate.", 503)
    if service == "lambda":
        return ApiError(
            "TooManyRequestsException",
            "Rate exceeded",
            429,
            Reason="CallerRateLimitExceeded",
            retryAfterSeconds="1",
        )
    if service == "signer":
        return ApiError("ThrottlingException", "Rate exceeded", 429)
    return ApiError("Throttling", "Rate exceeded", 400)


def _denied(service: str) -> ApiError:
    if service == "s3":
        return ApiError("AccessDenied", "Access Denied", 403)
    text = "User is not authorized to perform this action"
    codes = {**dict.fromkeys(("sts", "iam", "monitoring"), "AccessDenied"), "sns": SNS_DENIED}
    return ApiError(codes.get(service, "AccessDeniedException"), text, 403)


def _expired_token(service: str) -> ApiError:
    if service == "s3":
        return ApiError("ExpiredToken", "The provided token has expired.", 400)
    code = (
        "ExpiredToken"
        if service in {"sts", "iam", "sns", "monitoring"}
        else "ExpiredTokenException"
    )
    return ApiError(code, "The security token included in the request is expired", 403)


def _clock_skew(service: str) -> ApiError:
    if service == "s3":
        return ApiError(
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
            403,
        )
    code = (
        "SignatureDoesNotMatch" if service in {"sts", "iam", "sns"} else "InvalidSignatureException"
    )
    return ApiError(code, "Signature expired: the request is older than the server's clock.", 403)


def _server_error(service: str) -> ApiError:
    if service == "s3":
        return ApiError("InternalError", "We encountered an internal error. Please try again.", 500)
    if service == "lambda":
        return ApiError(
            "ServiceException", "An error occurred and the request cannot be processed.", 500
        )
    if service == "signer":
        return ApiError("InternalServiceErrorException", "Internal service error", 500)
    return ApiError("InternalFailure", "The request processing has failed.", 500)
