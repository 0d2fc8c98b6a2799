"""Whether AWS's own recursive-loop detection would stop a loop, and what it is worth.

Imports `sdk`.
Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from signed_lambda.report.model import Severity
    from signed_lambda.scan.infra.model import Function
    from signed_lambda.scan.sdk import OldSdk

STOPS: Final = (
    "AWS stops this after about 16 hops, where the SDK passes on its tracing header; the calls"
    " until then are made and paid"
)
_NOT_FOLLOWED: Final = {
    "table": "DynamoDB",
    "stream": "Kinesis",
    "delivery": "Firehose",
    "bus": "EventBridge",
    "schedule": "EventBridge",
    "machine": "Step Functions",
    "api": "HTTP",
    "broker": "AWS IoT",
    "mail": "Amazon SES",
    "logs": "CloudWatch Logs",
}
"""What a loop may pass through without AWS seeing it; it follows Lambda, SQS, SNS and S3."""
_RAISED: Final[dict[Severity, Severity]] = {"low": "medium", "medium": "high"}


def aws(
    kinds: Iterable[str], functions: Sequence[Function], sdks: Iterable[OldSdk], language: str
) -> tuple[bool, str]:
    """Whether AWS would stop it, and the sentence that says so.

    Args:
        kinds: Of what it passes through.
        functions: On the loop, as far as they are known.
        sdks: Bundled ones that are too old.
        language: Of the code that makes the call, "" where no code does.
    """
    through = next((_NOT_FOLLOWED[kind] for kind in kinds if kind in _NOT_FOLLOWED), "")
    if through:
        return False, f"AWS does not stop this (its detection does not follow {through})"
    if _all_allow(functions):
        return False, "AWS does not stop this (its detection is switched off: RecursiveLoop: Allow)"
    old = next((sdk for sdk in sdks if language in ("", sdk.language)), None)
    if old is not None:
        return False, (
            f"AWS does not stop this (the bundled {old.name} {old.version} does not pass on the"
            f" tracing header; from {old.minimum} it does)"
        )
    return True, STOPS


def raised(severity: Severity, functions: Sequence[Function]) -> Severity:
    """One step worse where every function of the loop was told to allow it."""
    return _RAISED.get(severity, severity) if _all_allow(functions) else severity


def _all_allow(functions: Sequence[Function]) -> bool:
    """One function that does not allow it ends the loop for all."""
    return bool(functions) and all(f.recursive_loop == "Allow" for f in functions)
