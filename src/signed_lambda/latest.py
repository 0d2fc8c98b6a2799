"""Who can reach `$LATEST`, and what keeps them from it: values, and IAM's words read as IAM does.

`$LATEST` is what the unqualified name runs: code that can change at any moment and that nobody
verified. Callers that use the alias run what was released; the ways told here run something else.

Pure: imports nothing of the product.
Source: https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html; that each
qualifier is judged by its own ARN: measured on AWS by radkawar/stackd, native capture 2026-09.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from signed_lambda.lazy import dataclass

INVOKE: Final = "lambda:InvokeFunction"
INVOKE_URL: Final = "lambda:InvokeFunctionUrl"
SID: Final = "SignedLambdaLockLatest"
"""Of the statement that is ours; letters and digits, as IAM wants."""
EVERYBODY: Final = "*"

LockState = Literal["policy", "organization", "none", "unseen"]
WayKind = Literal[
    "policy statement",
    "event source mapping",
    "function URL",
    "EventBridge rule",
    "S3 notification",
    "SNS subscription",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement of a function's resource policy.

    Attributes:
        sid: "" for none.
        principals: A service ("s3.amazonaws.com"), an ARN, "*".
        actions, resources: Patterns; empty where the statement says what it is not about
            (NotAction, NotResource).
        sources: ARNs of a condition that names what may start it.
        conditional: It has a condition of any kind.
    """

    sid: str
    effect: Literal["Allow", "Deny"]
    principals: tuple[str, ...]
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    sources: tuple[str, ...]
    conditional: bool

    def opens(self, function_arn: str) -> bool:
        """Whether it lets somebody invoke $LATEST; what it does not say counts as said."""
        return (
            self.effect == "Allow"
            and (not self.actions or self._about_actions(INVOKE) or self._about_actions(INVOKE_URL))
            and (not self.resources or any(map(self._about, of_latest(function_arn))))
        )

    def locks(self, function_arn: str) -> bool:
        """Whether it denies everybody, whatever the circumstances, every call of $LATEST."""
        return (
            self.effect == "Deny"
            and EVERYBODY in self.principals
            and not self.conditional
            and self._about_actions(INVOKE)
            and self._about_actions(INVOKE_URL)
            and all(map(self._about, of_latest(function_arn)))
        )

    def _about(self, arn: str) -> bool:
        return any(_matches(pattern, arn) for pattern in self.resources)

    def _about_actions(self, action: str) -> bool:
        return any(_matches(pattern.lower(), action.lower()) for pattern in self.actions)


@dataclass(frozen=True, slots=True)
class FunctionUrl:
    """A URL of a function.

    Attributes:
        arn: With the alias that it leads to, if it leads to one.
        auth: "NONE" or "AWS_IAM".
    """

    arn: str
    auth: str


@dataclass(frozen=True, slots=True)
class Simulated:
    """What IAM says of a call that nobody makes.

    Attributes:
        decision: "allowed", "implicitDeny", "explicitDeny".
        by_organization: Whether the organization's policies allow it; None where there is none.
    """

    decision: str
    by_organization: bool | None


@dataclass(frozen=True, slots=True)
class Way:
    """One way to $LATEST.

    Attributes:
        what: Names for a reader.
        by_policy: It needs the function's resource policy: a Deny there closes it.
    """

    kind: WayKind
    what: str
    by_policy: bool


@dataclass(frozen=True, slots=True)
class Unseen:
    """A look that could not be made, or not to its end.

    Attributes:
        action: Of IAM, that the look needs.
        resource: That it is about, "*" where IAM knows none or where several are meant.
        why: For a reader.
        hides: Kinds of ways that it would have shown; empty where it says nothing of ways.
    """

    action: str
    resource: str
    why: str
    hides: tuple[WayKind, ...]

    def __str__(self) -> str:
        return f"{self.action} on {self.resource}: {self.why}"


def of_latest(function_arn: str) -> tuple[str, str]:
    """The two ARNs that a call of $LATEST may be judged by."""
    return function_arn, f"{function_arn}:$LATEST"


def _matches(pattern: str, text: str) -> bool:
    """IAM's wildcards: `*` for any characters, colons too, and `?` for one.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    """
    form = "".join({"*": ".*", "?": "."}.get(c) or re.escape(c) for c in pattern)
    return re.fullmatch(form, text, re.DOTALL) is not None
