"""What a refusal or a failure means for the user: which error, with which advice.

Every text names the operation and the resource; foreign text is clipped and shown as data.

May import errors and the package's own refusals. Never repeats a call: that is `calls`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from signed_lambda.aws import refusals
from signed_lambda.aws.answer import shown
from signed_lambda.errors import AccessError, AwsError, BucketError, IdentityError, InputError
from signed_lambda.lazy import regex

if TYPE_CHECKING:
    from datetime import datetime

    from signed_lambda.aws.call import Call
    from signed_lambda.aws.refusals import Refusal
    from signed_lambda.errors import DeployError

# AWS's sentence: User: U is not authorized to perform: A on resource: R because B.
# Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
_PERFORM: Final = regex(
    r"not authorized to perform: (?P<action>[a-z0-9-]{2,32}:[A-Za-z0-9]{2,64})"
    r"(?: on resource: \"?(?P<resource>arn:[A-Za-z0-9:/_.*+=,@$-]{1,512}))?"
)
_BY_S3: Final = "access has been denied by S3"
"""Lambda's words when the caller may not read the object that it shall take.

Source: https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-deployment.html
"""
_OUR_KEY: Final = regex(r"(:::[^\s*]{0,1024}?/(?:un)?signed)/[^\s,\"]+")
"""Keys are made of hashes: a statement for one of them would not help the next build."""
RERUN: Final = "Run it again: what was done stands, and a new run goes on from there"


def refusal_error(refusal: Refusal, call: Call, now: datetime) -> DeployError:
    """The error of a refusal that no repetition mends and that the call does not expect.

    Args:
        refusal: What AWS answered.
        call: What was asked.
        now: The runner's clock, UTC.
    """
    if (error := _identity_error(refusal, call, now)) is not None:
        return error
    if refusal.code in refusals.WRONG_REGION and call.action.startswith("s3:"):
        return _region_error(refusal, call)
    if refusal.code in refusals.DENIED:
        return access_error(refusal, call)
    return AwsError.of(
        "E-AWS-04",
        f"{call.operation} on {call.resource} was refused: {_said(refusal)}",
        "Read AWS's text above; nothing was repeated, because it would not help",
    )


def _identity_error(refusal: Refusal, call: Call, now: datetime) -> DeployError | None:
    """The error of a refusal of who we are; None when it is about what we asked."""
    if refusal.skewed:
        return _skew_error(refusal, now)
    if refusal.code in refusals.EXPIRED:
        return IdentityError.of(
            "E-IDENTITY-03",
            f"the AWS session token expired before {call.operation}",
            "Give the credentials step a longer role-duration-seconds, and run the job again: a new"
            " run goes on from where this one stopped",
        )
    if refusal.operation == "AssumeRoleWithWebIdentity":
        return role_error(f"{refusal.code}: {refusal.message}")
    if refusal.code in refusals.NOT_ACCEPTED:
        return IdentityError.of(
            "E-IDENTITY-08",
            f"AWS does not accept the credentials at {call.operation}: {_said(refusal)}",
            "Check the credentials step of the workflow, and that the region is enabled for the"
            " account",
        )
    return None


def access_error(refusal: Refusal, call: Call) -> AccessError:
    """A missing permission, with the statement that grants it.

    The action and resource that AWS names win over the call's own: Lambda, for instance, reads S3
    as the caller.
    """
    named = _PERFORM.search(refusal.message)
    action = named["action"] if named else call.action
    resource = (named["resource"] if named else None) or call.resource
    if call.reads and _BY_S3 in refusal.message:
        action, resource = "s3:GetObjectVersion", call.reads
    resource = resource.rstrip(".,")
    denied = "explicit deny" in refusal.message.lower()
    statement = json.dumps({"Effect": "Allow", "Action": action, "Resource": resource})
    advice = (
        "A policy denies it explicitly: look for that Deny (role, permissions boundary, service"
        " control policy, resource policy); an Allow does not lift it"
        if denied
        else f"Add this statement to a policy of the role: {statement}"
    )
    error = AccessError.of(
        "E-ACCESS-01",
        f"missing {action} on {resource} (at {call.operation}: {_said(refusal)})",
        _OUR_KEY.sub(r"\1/*", f"{advice}. {call.hint}" if call.hint else advice),
    )
    assert isinstance(error, AccessError)
    error.missing = f"{action} on {resource}"
    return error


def role_error(reason: str) -> DeployError:
    """The credentials of the role could not be had.

    Args:
        reason: AWS's text, or ours; holds no token.
    """
    return IdentityError.of(
        "E-IDENTITY-09",
        f"the role's credentials could not be had: {shown(reason)}",
        "Check AWS_ROLE_ARN, the role's trust policy (audience, subject) and the token file, or use"
        " aws-actions/configure-aws-credentials before this step",
    )


def values_error(call: Call, report: str) -> DeployError:
    """A value that the API's own model does not take; nothing was sent.

    Args:
        call: What would have been asked.
        report: botocore's: parameter names, and values that are names themselves.
    """
    return InputError.of(
        "E-INPUT-03",
        f"{call.operation} does not take the values: {shown(report.replace(chr(10), ' '))}",
        "Correct the input that the value comes from",
    )


def gave_up(call: Call, reason: str, kind: str, tries: int, seconds: float) -> DeployError:
    """The error after the last repetition.

    Args:
        call: What was asked.
        reason: Of the last failure; holds no secret.
        kind: Of the last failure, see `calls.Kind`.
        tries: How often it was tried.
        seconds: How long it was tried.
    """
    how = f"gave up after {tries} {'try' if tries == 1 else 'tries'} in {seconds:.0f} s"
    where = f"at {call.operation}"
    if kind == "unreachable":
        return AwsError.of(
            "E-AWS-02", f"{how} {where}: {reason}", f"Check the runner's network. {RERUN}"
        )
    if kind == "unclear":
        return AwsError.of(
            "E-AWS-03",
            f"unexpected answer from {call.operation}: {reason} ({how})",
            f"Is there a proxy or a portal in between? {RERUN}",
        )
    if kind == "cut":
        return AwsError.of("E-AWS-05", f"{how} {where}: {reason}", RERUN)
    return AwsError.of("E-AWS-01", f"{how} {where}: {reason}", RERUN)


def _skew_error(refusal: Refusal, now: datetime) -> DeployError:
    date = refusal.date
    by = ""
    if date is not None:
        minutes = round((now - date).total_seconds() / 60)
        by = f" is {abs(minutes)} min {'ahead of' if minutes > 0 else 'behind'} AWS"
    return IdentityError.of(
        "E-IDENTITY-06",
        f"the runner's clock{by or ' differs from the one of AWS'} ({_said(refusal)})",
        "Set the runner's clock (chrony, systemd-timesyncd) and run the job again",
    )


def _region_error(refusal: Refusal, call: Call) -> DeployError:
    where = shown(refusal.region) if refusal.region else "another region"
    return BucketError.of(
        "E-BUCKET-08",
        f"{call.resource} is in {where}, not in the function's region",
        "Use a bucket in the function's region: Signer and Lambda take no other",
    )


def _said(refusal: Refusal) -> str:
    """AWS's code and text, as data: its first paragraph.

    What follows a refused signature is our own request, with the session token in it.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
    """
    said = refusal.message.strip().split("\n")[0].removesuffix(".")
    text = f"{refusal.code}: {said}" if said else refusal.code
    return shown(text or f"status {refusal.status}")
