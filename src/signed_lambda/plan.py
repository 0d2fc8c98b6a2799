"""Decides, purely: may this order be carried out in the world as it was observed?

Imports values only; no AWS, no clock. All that forbids it is told at once.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Final

from signed_lambda.errors import Problem, refuse
from signed_lambda.lazy import dataclass
from signed_lambda.records import AliasRecord

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from signed_lambda.chain.observe import Observed, Subject
    from signed_lambda.chain.workbench import Order
    from signed_lambda.cloud import CodeSigning, FunctionConfiguration
    from signed_lambda.journal import Journal
    from signed_lambda.model import Package, Sha256

_ENDINGS: Final = {
    "python": (".py", "/__init__.py", ".so"),
    "nodejs": (".js", ".mjs", ".cjs", "/index.js"),
}
"""What the file of a handler's module may be called, by the runtime's beginning."""
PLATFORM: Final = "AWSLambda-SHA384-ECDSA"
"""Source: AWS Signer docs, signing platforms."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What stands against the order, and what is worth a warning; empty problems allow it."""

    problems: tuple[Problem, ...]
    warnings: tuple[str, ...]

    def require_allowed(self, further: Iterable[Problem] = ()) -> None:
        """Does nothing when the order may be carried out.

        Args:
            further: Problems that the command itself found.

        Raises:
            DeployError: Of the first problem's class, carrying all.
        """
        require((*self.problems, *further))


def make_plan(order: Order, observed: Observed, package: Package | None = None) -> Plan:
    """Holds the order against the world.

    Args:
        order: What was asked for.
        observed: The world.
        package: The build, where the command has one.
    """
    problems = [
        *_identity(order, observed),
        *_function(order, observed, package),
        *_code_signing(order, observed),
        *_profile(order, observed),
        *_bucket(order, observed),
        *_alias(order, observed),
    ]
    return Plan(tuple(problems), tuple(_warnings(order, observed)))


def require(problems: Iterable[Problem]) -> None:
    """Does nothing when there is no problem.

    Raises:
        DeployError: Of the first problem's class, carrying all.
    """
    found = tuple(problems)
    if found:
        raise refuse(found)


def unseen(journal: Journal, order: Order) -> Iterable[Problem]:
    """A problem for each thing that could not be looked at, where `fail-on-unseen` is true."""
    for fact in journal.skipped if order.fail_on_unseen else ():
        yield Problem(
            "E-ACCESS-03",
            f"{fact.title}: {fact.proof}",
            "Allow the role what it lacks, or set fail-on-unseen: false",
        )


def expected_hash(package: Package, expected: Sha256 | None) -> Iterator[Problem]:
    """The problem that the build is not the one that was announced (`expected-sha256`)."""
    if expected is None or expected in (package.sha256, package.source_sha256):
        return
    given = f", the given zip is {package.source_sha256}" if package.source_sha256 else ""
    yield Problem(
        "E-HASH-01",
        f"expected-sha256 is {expected}, the build of {package.source} is {package.sha256}{given}",
        "Build again from the reviewed commit, or update expected-sha256 after a review: it is the"
        " hash of the build before it is signed (output build-sha256 of a plan), not CodeSha256",
    )


def require_there(order: Order, subject: Subject) -> None:
    """Does nothing when the function can be read: of the right account, there, and a zip.

    Raises:
        DeployError: Of the first problem's class, carrying all.
    """
    require((*_identity(order, subject), *_is_there(order, subject)))


def writes_latest(order: Order) -> bool:
    """Whether the command writes $LATEST, or is the preview of one that does.

    Others only move an alias between versions, or read: no state of $LATEST keeps callers of a
    version from it, and so none may keep somebody from a rollback.
    """
    return order.command in ("deploy", "plan") or order.origin is not None


def _identity(order: Order, observed: Subject) -> Iterator[Problem]:
    identity = observed.identity
    if order.allowed_accounts and identity.account not in order.allowed_accounts:
        yield Problem(
            "E-IDENTITY-20",
            f"the credentials are of account {identity.account}, allowed-account-ids names"
            f" {', '.join(order.allowed_accounts)}",
            "Use the role of an allowed account",
        )
    named = (order.function_account, order.function_region)
    actual = (identity.account, identity.region)
    if any(n is not None and n != a for n, a in zip(named, actual, strict=True)):
        yield Problem(
            "E-IDENTITY-21",
            f"the function is in {order.function_region}/{order.function_account}, the"
            f" credentials are of {identity.region}/{identity.account}",
            "Use a role of the function's account and set aws-region to its region",
        )


def _is_there(order: Order, observed: Subject) -> Iterator[Problem]:
    function = observed.function
    where = f"{observed.identity.region}/{observed.identity.account}"
    if function is None:
        yield Problem(
            "E-FUNCTION-01",
            f"no function {order.function} in {where}",
            "Create it first (with Terraform, SAM or the console); this action deploys code to a"
            " function that exists",
        )
    elif function.package_type != "Zip":
        yield Problem(
            "E-FUNCTION-02",
            f"{order.function} is a container image function",
            "This action deploys zip packages; Signer signs images by another way (Notation)",
        )


def _function(order: Order, observed: Observed, package: Package | None) -> Iterator[Problem]:
    function = observed.function
    if "function" in observed.unseen:
        return
    if function is None or function.package_type != "Zip":
        yield from _is_there(order, observed)
        return
    if writes_latest(order):
        yield from _ready(order, function)
    if package is not None:
        yield from _handler(function, package)


def _ready(order: Order, function: FunctionConfiguration) -> Iterator[Problem]:
    """$LATEST can be written only while nobody else writes it, and it is not broken."""
    if function.state == "Pending" or function.last_update_status == "InProgress":
        yield Problem(
            "E-FUNCTION-04",
            f"{order.function} is being {'created' if function.state == 'Pending' else 'updated'}"
            f" by somebody else since {function.last_modified}, and that did not end while this"
            " run waited for it",
            "Run it again when it has ended",
        )
    elif function.state not in (None, "Active"):
        yield Problem(
            "E-FUNCTION-03",
            f"{order.function} is {function.state}: {function.why_state}",
            "Mend what Lambda names; an Inactive function wakes when it is invoked",
        )


def _handler(function: FunctionConfiguration, package: Package) -> Iterator[Problem]:
    """The handler's file must be in the package, unless a layer may bring it."""
    runtime, handler = str(function.content.get("Runtime", "")), function.handler or ""
    suffixes = next((s for name, s in _ENDINGS.items() if runtime.startswith(name)), None)
    if suffixes is None or function.content.get("Layers") or "." not in handler:
        return
    stem = _module(runtime, handler)
    names = {e.name for e in package.entries}
    if any(f"{stem}{s}" in names for s in suffixes) or _compiled(stem, names):
        return
    wanted = f"{stem}{suffixes[0]}"
    elsewhere = sorted(n for n in names if n.endswith(f"/{wanted}"))[:3]
    found = f"; found {', '.join(elsewhere)}" if elsewhere else ""
    yield Problem(
        "E-FUNCTION-05",
        f"handler {handler} of {function.name} needs {wanted} in the package{found}",
        "Set source to the folder that holds it, or change the function's handler",
    )


def _module(runtime: str, handler: str) -> str:
    """Path of the handler's module without its ending, as Lambda's runtimes find it.

    Python: all up to the last dot, dots and slashes alike lead into folders. Node: the folder, and
    of the last part what stands before its first dot ("src/app.api.get" is in src/app.js).
    Source: awslambdaric/bootstrap.py (_get_handler); aws-lambda-nodejs-runtime-interface-client,
    UserFunction.js (FUNCTION_EXPR).
    """
    if runtime.startswith("python"):
        return handler.rsplit(".", 1)[0].replace(".", "/")
    folder, slash, name = handler.rpartition("/")
    return posixpath.normpath(f"{folder}{slash}{name.split('.', 1)[0]}")


def _compiled(stem: str, names: set[str]) -> bool:
    """A compiled Python module: stem.cpython-313-x86_64-linux-gnu.so."""
    return any(n.startswith(f"{stem}.") and n.endswith((".so", ".pyc")) for n in names)


def _code_signing(order: Order, observed: Observed) -> Iterator[Problem]:
    signing, function = observed.code_signing, observed.function
    if function is None or function.package_type != "Zip":
        return
    if order.allow_unsigned and (order.command in ("deploy", "plan") or order.origin):
        if signing is not None and signing.policy == "Enforce":
            yield Problem(
                "E-CODESIGNING-04",
                f"allow-unsigned is true, and {order.function} demands signed code"
                f" ({signing.arn} is Enforce)",
                "Give signing-profile instead of allow-unsigned",
            )
        return
    if order.require_code_signing == "off":
        return
    if "code_signing" in observed.unseen:
        return
    if signing is None:
        yield Problem(
            "E-CODESIGNING-01",
            f"no code-signing configuration is attached to {order.function}: Lambda would accept"
            " unsigned code",
            "Attach one with policy Enforce (`aws lambda put-function-code-signing-config"
            f" --function-name {order.function} --code-signing-config-arn ARN`), or set"
            " require-code-signing: off",
        )
        return
    if signing.policy != "Enforce" and order.require_code_signing == "enforce":
        yield Problem(
            "E-CODESIGNING-02",
            f"the policy of {signing.arn} is {signing.policy}: Lambda would accept unsigned code",
            "Set it to Enforce (`aws lambda update-code-signing-config --code-signing-config-arn"
            f" {signing.arn} --code-signing-policies UntrustedArtifactOnDeployment=Enforce`), or"
            " set require-code-signing: warn",
        )
    yield from _publisher(observed, signing)


def _publisher(observed: Observed, signing: CodeSigning) -> Iterator[Problem]:
    profile = observed.profile
    if profile is not None and profile.platform == PLATFORM:
        yield from publisher_is_allowed(profile.version_arn, signing)


def publisher_is_allowed(version_arn: str, signing: CodeSigning) -> Iterator[Problem]:
    """The problem that a function does not take what a profile version signed.

    Args:
        version_arn: Of the profile version.
        signing: The function's code-signing configuration.
    """
    if version_arn not in signing.allowed_publishers:
        publishers = ",".join((*signing.allowed_publishers, version_arn))
        yield Problem(
            "E-CODESIGNING-03",
            f"{version_arn} is not among the allowed publishers of {signing.arn}"
            f" ({', '.join(signing.allowed_publishers) or 'none'})",
            "Add it; the command replaces the list, so it names all: `aws lambda"
            f" update-code-signing-config --code-signing-config-arn {signing.arn}"
            f" --allowed-publishers SigningProfileVersionArns={publishers}`",
        )


def _profile(order: Order, observed: Observed) -> Iterator[Problem]:
    profile = observed.profile
    if order.profile is None or "profile" in observed.unseen:
        return
    if profile is None:
        yield Problem(
            "E-PROFILE-01",
            f"no signing profile {order.profile} in {observed.identity.region}"
            f" (account {order.profile_owner or observed.identity.account})",
            "Check signing-profile, signing-profile-owner and the region",
        )
        return
    if profile.status != "Active":
        yield Problem(
            "E-PROFILE-03",
            f"signing profile {profile.name} is {profile.status}",
            "Make a new profile (a name once used is never free again) and add it to the"
            " function's allowed publishers",
        )
    if profile.platform != PLATFORM:
        yield Problem(
            "E-PROFILE-04",
            f"signing profile {profile.name} is of platform {profile.platform}",
            f"Use a profile of platform {PLATFORM}",
        )


def _bucket(order: Order, observed: Observed) -> Iterator[Problem]:
    bucket = observed.bucket
    if bucket is None:
        return
    enable = (
        f"aws s3api put-bucket-versioning --bucket {bucket.name}"
        " --versioning-configuration Status=Enabled"
    )
    if bucket.state == "missing":
        yield Problem(
            "E-BUCKET-01",
            f"no bucket {bucket.name}",
            f"Check the name, or create it (aws s3api create-bucket) and run `{enable}`",
        )
    elif bucket.state == "foreign":
        yield Problem(
            "E-BUCKET-02",
            f"bucket {bucket.name} is not of account"
            f" {order.owner or observed.identity.account}, or this role may not look at it",
            "Check bucket and bucket-owner, and allow s3:GetBucketVersioning on it",
        )
    elif bucket.versioning != "Enabled":
        suspended = bucket.versioning == "Suspended"
        yield Problem(
            "E-BUCKET-04" if suspended else "E-BUCKET-03",
            f"versioning of bucket {bucket.name} is {'suspended' if suspended else 'off'}, so the"
            " object that is signed and deployed cannot be pinned",
            f"Run `{enable}`",
        )


def _alias(order: Order, observed: Observed) -> Iterator[Problem]:
    alias = observed.alias
    if alias is None:
        looked = observed.function is not None and observed.function.package_type == "Zip"
        if order.command in ("rollback", "verify") and looked:
            yield Problem(
                "E-ALIAS-04",
                f"alias '{order.alias}' of {order.function} does not exist",
                "Check the input alias; deploy creates it",
            )
        return
    if alias.weights:
        yield Problem(
            "E-ALIAS-02",
            f"a shift is under way on alias '{alias.name}': it routes to {alias.route}",
            f"Finish it, or abort it: `aws lambda update-alias --function-name {order.function}"
            f" --name {alias.name} --routing-config {{}}`",
        )
    if alias.version == "$LATEST":
        yield Problem(
            "E-ALIAS-01",
            f"alias '{alias.name}' is at $LATEST, which is no version that could be told or"
            " rolled back to",
            f"Move it to a published version once: `aws lambda update-alias --function-name"
            f" {order.function} --name {alias.name} --function-version N`",
        )
    record = AliasRecord.parse(alias.description)
    newer = record is not None and record.is_newer_than(order.run.run_id, order.run.attempt)
    if (
        record is not None
        and newer
        and order.command in ("deploy", "plan")
        and not order.allow_older
    ):
        yield Problem(
            "E-SUPERSEDED-01",
            f"alias '{alias.name}' was moved by run {record.run}.{record.attempt} (commit"
            f" {record.commit or 'unknown'}), which is newer than this run"
            f" {order.run.run_id}.{order.run.attempt}",
            "Use rollback to go back, or set allow-older: true",
        )


def _warnings(order: Order, observed: Observed) -> Iterator[str]:
    if order.command == "deploy" and order.allow_unsigned:
        yield "This deploy is UNSIGNED: allow-unsigned is true, AWS Signer is skipped"
    if order.command == "plan" and order.allow_unsigned:
        yield "A deploy would be UNSIGNED: allow-unsigned is true, AWS Signer is skipped"
    signing = observed.code_signing
    if signing is not None and signing.policy != "Enforce":
        yield (
            f"The code-signing configuration's policy is {signing.policy}: Lambda accepts unsigned"
            " code for this function"
        )
    function = observed.function
    if function is not None and function.package_type == "Zip" and not writes_latest(order):
        yield from _unready(function)


def _unready(function: FunctionConfiguration) -> Iterator[str]:
    """What state $LATEST has, where a deploy would stumble over it and this command does not."""
    if function.state not in (None, "Active"):
        why = "" if function.state == "Pending" else f": {function.why_state}"
        yield (
            f"$LATEST of {function.name} is {function.state}{why}. A deploy is refused meanwhile;"
            " versions and aliases do not depend on it"
        )
    elif function.last_update_status not in (None, "Successful"):
        failed = function.last_update_status == "Failed"
        why = f": {function.why_update}" if failed else f", since {function.last_modified}"
        yield (
            f"The last update of $LATEST of {function.name} is {function.last_update_status}{why}."
            " Versions and aliases do not depend on it"
        )
