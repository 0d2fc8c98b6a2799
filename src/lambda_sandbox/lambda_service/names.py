"""Names and ARNs of functions: every spelling that Lambda takes, and the ones it answers with.

May import core. Source of the spellings: botocore model (FunctionName pattern); of the texts:
LocalStack AWS-validated snapshot 2025-11 (test_lambda_api, arn_qualifier_mismatch, wrong_region).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambda_sandbox.core import ApiError

if TYPE_CHECKING:
    from lambda_sandbox.core import World

LATEST = "$LATEST"
_SPELLING = re.compile(
    r"(?:arn:(?P<partition>[a-z-]+):lambda:(?P<region>[a-z0-9-]+):)?(?:(?P<account>\d{12}):)?"
    r"(?:function:)?(?P<name>[A-Za-z0-9_.-]+)(?::(?P<qualifier>[A-Za-z0-9_$.-]+))?"
)


@dataclass(frozen=True, slots=True)
class FunctionRef:
    """A function as a request names it.

    Attributes:
        name: Unqualified.
        qualifier: Version, alias or "$LATEST"; None when the request gave none.
    """

    name: str
    qualifier: str | None


def function_arn(world: World, name: str, qualifier: str | None = None) -> str:
    """The function's ARN, with its qualifier if there is one."""
    arn = f"arn:aws:lambda:{world.region}:{world.account}:function:{name}"
    return arn if qualifier is None else f"{arn}:{qualifier}"


def parse_name(world: World, spelled: str, qualifier: str | None = None) -> FunctionRef:
    """The function that a name, partial ARN or ARN means, with the Qualifier parameter.

    Raises:
        ApiError: The qualifiers contradict each other, or the ARN is of another region or account.
    """
    match = _SPELLING.fullmatch(spelled)
    if match is None:
        raise ApiError("ValidationException", f"{spelled!r} is not the name of a function")
    if match["region"] not in {None, world.region}:
        raise ApiError(
            "ResourceNotFoundException",
            f"Functions from '{match['region']}' are not reachable in this region "
            f"('{world.region}')",
            404,
        )
    if match["account"] not in {None, world.account}:
        # Source: AWS docs, lambda/latest/dg/access-control-resource-based.html (cross-account).
        raise ApiError(
            "AccessDeniedException",
            f"User: arn:aws:iam::{world.account}:user/sandbox is not authorized to perform this "
            f"action on resource: {spelled} because no resource-based policy allows it",
            403,
        )
    inner = match["qualifier"]
    if inner is not None and qualifier is not None and inner != qualifier:
        raise ApiError(
            "InvalidParameterValueException",
            "The derived qualifier from the function name does not match the specified qualifier.",
        )
    return FunctionRef(match["name"], qualifier if qualifier is not None else inner)


def function_not_found(arn: str) -> ApiError:
    """No such function or version. Source: LocalStack AWS-validated snapshot 2025-11."""
    return ApiError("ResourceNotFoundException", f"Function not found: {arn}", 404)


def alias_not_found(arn: str) -> ApiError:
    """No such alias, when read. Source: LocalStack AWS-validated snapshot 2025-11."""
    return ApiError("ResourceNotFoundException", f"Cannot find alias arn: {arn}", 404)


def invalid(message: str) -> ApiError:
    """The error of most wrong parameters, 400."""
    return ApiError("InvalidParameterValueException", message)


def stale_revision(call: str = "GetFunction/GetAlias") -> ApiError:
    """A RevisionId that is no longer current.

    Source: LocalStack AWS-validated snapshots 2022-09 and 2025-11.
    """
    return ApiError(
        "PreconditionFailedException",
        "The Revision Id provided does not match the latest Revision Id. "
        f"Call the {call} API to retrieve the latest Revision Id",
        412,
    )


def functions_only() -> ApiError:
    """A qualified name where only the function itself can be meant.

    Source: LocalStack AWS-validated snapshot 2025-11 (test_function_concurrency_exceptions).
    """
    return invalid(
        "This operation is permitted on Lambda functions only. Aliases and versions do not support "
        "this operation. Please specify either a function name or an unqualified function ARN."
    )
