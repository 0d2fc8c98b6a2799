"""Lambda, reads.

May import the package's own modules and the port. Writes nothing in AWS.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, TypedDict, TypeVar

from signed_lambda.aws import lambda_answers as read
from signed_lambda.aws.answer import NotAnAnswer, shown
from signed_lambda.aws.base import AwsBase
from signed_lambda.aws.call import Call, NotThere, not_there
from signed_lambda.aws.calls import Repeat
from signed_lambda.cloud import HeldVersion
from signed_lambda.errors import AwsError, FunctionError, TargetError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from signed_lambda.aws.answer import Answer
    from signed_lambda.aws.call import Expected
    from signed_lambda.aws.calls import Calls
    from signed_lambda.aws.download import CodeSource
    from signed_lambda.aws.refusals import Refusal
    from signed_lambda.aws.session import Clients
    from signed_lambda.cloud import (
        Alias,
        CodeSigning,
        Download,
        FunctionConfiguration,
    )
    from signed_lambda.model import AliasName, FunctionName

T = TypeVar("T")
DOWNLOAD_TRIES: Final = 3
"""Of code whose bytes are not those of its hash."""

_MISSING: Final[Mapping[str, Expected]] = {"ResourceNotFoundException": not_there}


class _Qualified(TypedDict, total=False):
    Qualifier: str


class _Marked(TypedDict, total=False):
    Marker: str


def _function_gone(name: FunctionName, refusal: Refusal) -> Exception:
    return FunctionError.of(
        "E-FUNCTION-01",
        f"no function {name} any more: {shown(refusal.message)}",
        "Find out who deleted it; a function made anew is another one, even with the same name",
    )


class LambdaReads(AwsBase):
    """Functions, versions, aliases, code-signing configurations, and the code itself."""

    def __init__(self, clients: Clients, calls: Calls, code: CodeSource) -> None:
        """Takes the clients, the loop, and what downloads code."""
        super().__init__(clients, calls)
        self._code = code

    def function(
        self, name: FunctionName, qualifier: str | None = None
    ) -> FunctionConfiguration | None:
        """GetFunctionConfiguration; None when the function or the qualifier does not exist.

        Source: https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html
        """
        given: _Qualified = {"Qualifier": qualifier} if qualifier else {}
        call = self._call("GetFunctionConfiguration", name, qualifier, _MISSING)
        try:
            return self._calls.run(
                call,
                lambda: self._clients.lambda_.get_function_configuration(
                    FunctionName=name, **given
                ),
                read.configuration,
            )
        except NotThere:
            return None

    def code_signing(self, name: FunctionName) -> CodeSigning | None:
        """What is attached to the function, and what it says; None when nothing is."""
        arn = self.code_signing_arn(name)
        return self.code_signing_config(arn) if arn is not None else None

    def code_signing_arn(self, name: FunctionName) -> str | None:
        """GetFunctionCodeSigningConfig; None when none is attached.

        A function without one answers 200 without members; it takes no qualifier.
        Source: LocalStack AWS-validated snapshot 2025-11.
        """
        call = self._call(
            "GetFunctionCodeSigningConfig",
            name,
            None,
            {
                "ResourceNotFoundException": partial(_function_gone, name),
                "CodeSigningConfigNotFoundException": not_there,
            },
        )
        try:
            arn = self._calls.run(
                call,
                lambda: self._clients.lambda_.get_function_code_signing_config(FunctionName=name),
                lambda answer: answer.maybe_text("CodeSigningConfigArn"),
            )
        except NotThere:
            return None
        return arn or None

    def code_signing_config(self, arn: str) -> CodeSigning | None:
        """GetCodeSigningConfig; None when it does not exist.

        Source: https://docs.aws.amazon.com/lambda/latest/api/API_GetCodeSigningConfig.html
        """
        call = Call(
            operation="lambda:GetCodeSigningConfig",
            action="lambda:GetCodeSigningConfig",
            resource=arn,
            expected=_MISSING,
        )
        try:
            return self._calls.run(
                call,
                lambda: self._clients.lambda_.get_code_signing_config(CodeSigningConfigArn=arn),
                read.code_signing,
            )
        except NotThere:
            return None

    def alias(self, name: FunctionName, alias: AliasName) -> Alias | None:
        """GetAlias; None when it does not exist.

        Source: https://docs.aws.amazon.com/lambda/latest/api/API_GetAlias.html
        """
        call = self._call("GetAlias", name, None, _MISSING)
        try:
            return self._calls.run(
                call,
                lambda: self._clients.lambda_.get_alias(FunctionName=name, Name=alias),
                read.alias,
            )
        except NotThere:
            return None

    def aliases(self, name: FunctionName) -> tuple[Alias, ...]:
        """ListAliases, all pages; none when the function does not exist."""
        return self._pages(
            self._call("ListAliases", name, None, _MISSING),
            "Aliases",
            lambda marked: self._clients.lambda_.list_aliases(FunctionName=name, **marked),
            read.alias,
        )

    def versions(self, name: FunctionName) -> tuple[FunctionConfiguration, ...]:
        """ListVersionsByFunction, all pages, without $LATEST, oldest first."""
        found = self._pages(
            self._call("ListVersionsByFunction", name, None, _MISSING),
            "Versions",
            lambda marked: self._clients.lambda_.list_versions_by_function(
                FunctionName=name, **marked
            ),
            read.configuration,
        )
        numbered = [version for version in found if version.version != "$LATEST"]
        return tuple(sorted(numbered, key=lambda version: int(version.version)))

    def provisioned(self, name: FunctionName) -> frozenset[str]:
        """ListProvisionedConcurrencyConfigs, all pages: versions and aliases that have some.

        Source: https://docs.aws.amazon.com/lambda/latest/api/API_ListProvisionedConcurrencyConfigs.html
        """
        found = self._pages(
            self._call("ListProvisionedConcurrencyConfigs", name, None, _MISSING),
            "ProvisionedConcurrencyConfigs",
            lambda marked: self._clients.lambda_.list_provisioned_concurrency_configs(
                FunctionName=name, **marked
            ),
            lambda answer: answer.text("FunctionArn").rpartition(":")[2],
        )
        return frozenset(found)

    def held(self, name: FunctionName, qualifier: str) -> HeldVersion | None:
        """GetFunction of a version or an alias; None when the function or it does not exist.

        Source: https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html
        """
        call = self._call("GetFunction", name, qualifier, _MISSING)
        try:
            return self._calls.run(
                call,
                lambda: self._clients.lambda_.get_function(FunctionName=name, Qualifier=qualifier),
                lambda answer: HeldVersion(
                    configuration=read.configuration(answer.inside("Configuration")),
                    answer=answer.members,
                ),
            )
        except NotThere:
            return None

    def download_code(
        self, name: FunctionName, version: str, to: Path, held: HeldVersion | None = None
    ) -> Download:
        """GetFunction(Qualifier) and its Code.Location, host-checked, hashed while written.

        A download that fails is begun again with a fresh URL (one is valid for 10 minutes); also
        one of other bytes than the answer's own CodeSha256, which a proxy may have sent. What comes
        as other bytes time and again is given as it is: whoever asked compares it.
        Source: https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html

        Raises:
            TargetError: E-TARGET-05, the code is stored by reference.
            AwsError: E-AWS-05, -06, -07: it does not arrive whole, is not from AWS, or cannot be
                stored.
        """
        call = self._call("GetFunction", name, version, {})
        known = [held.answer] if held is not None else []
        tries = 0

        def fetch(answer: Answer) -> Download:
            nonlocal tries
            tries += 1
            code = answer.inside("Code")
            _require_copy(code, call.resource)
            if (failed := code.maybe_inside("Error")) is not None:
                reason = shown(failed.maybe_text("ErrorCode") or "no code")
                raise AwsError.of(
                    "E-AWS-04",
                    f"Lambda cannot hand out the code of {call.resource}: {reason}",
                    "Check the function's state in the Lambda console",
                )
            got = self._code.fetch(code.text("Location"), to, call.resource)
            recorded = answer.inside("Configuration").maybe_text("CodeSha256")
            if recorded not in (None, got.sha256.b64) and tries < DOWNLOAD_TRIES:
                to.unlink()
                raise Repeat("cut", "other bytes arrived than CodeSha256 says")
            return got

        def locate() -> Mapping[str, object]:
            if known:
                return known.pop()
            return self._clients.lambda_.get_function(FunctionName=name, Qualifier=version)

        return self._calls.run(call, locate, fetch)

    def _pages(
        self,
        call: Call,
        member: str,
        send: Callable[[_Marked], Mapping[str, object]],
        read_item: Callable[[Answer], T],
    ) -> tuple[T, ...]:
        """The members of all pages; a page that fails is asked for again by itself."""
        found: list[T] = []
        marked: _Marked = {}
        seen: set[str] = set()

        def page(answer: Answer) -> tuple[list[T], str]:
            marker = answer.maybe_text("NextMarker") or ""
            if marker in seen:
                raise NotAnAnswer("the 'NextMarker' of an earlier page")
            return [read_item(item) for item in answer.items(member)], marker

        while True:
            try:
                items, marker = self._calls.run(call, lambda: send(marked), page)
            except NotThere:
                return ()
            found.extend(items)
            if not marker:
                return tuple(found)
            seen.add(marker)
            marked["Marker"] = marker

    def _call(
        self,
        operation: str,
        name: FunctionName,
        qualifier: str | None,
        expected: Mapping[str, Expected],
    ) -> Call:
        return Call(
            operation=f"lambda:{operation}",
            action=f"lambda:{operation}",
            resource=self._place.function(name, qualifier),
            expected=expected,
        )


def _require_copy(code: Answer, resource: str) -> None:
    """Refuses code that Lambda reads from a bucket in place: it is not frozen by a version.

    Source: botocore model, FunctionCodeLocation.ResolvedS3Object and S3ObjectStorageMode.
    """
    named = (code.maybe_text("S3ObjectStorageMode"), code.maybe_text("RepositoryType"))
    if code.has("ResolvedS3Object") or "REFERENCE" in named:
        raise TargetError.of(
            "E-TARGET-05",
            f"the code of {resource} is stored by reference in a bucket (S3ObjectStorageMode"
            " REFERENCE): whoever can write there can change it",
            "Deploy the function again with this action: it always stores a copy",
        )
