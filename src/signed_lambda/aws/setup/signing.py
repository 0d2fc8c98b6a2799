"""Signer's profiles and Lambda's code-signing configurations, made and attached.

May import the package's own modules and the port. Never cancels, revokes, changes or detaches.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypedDict

from signed_lambda.aws import lambda_answers as read
from signed_lambda.aws.answer import Answer, NotAnAnswer, shown
from signed_lambda.aws.call import Call, NotThere, not_there
from signed_lambda.aws.signer import SignerCalls
from signed_lambda.cloud import AlreadyExistsError
from signed_lambda.errors import FunctionError, ProfileError
from signed_lambda.setup.account import PLATFORM

if TYPE_CHECKING:
    from collections.abc import Mapping

    from signed_lambda.aws.refusals import Refusal
    from signed_lambda.cloud import CodeSigning
    from signed_lambda.model import FunctionName

_TAKEN: Final = "already exists"
"""Source: stackd native capture 2026-09: "Profile with name X already exists"."""


class _Marked(TypedDict, total=False):
    Marker: str


class SigningCalls(SignerCalls):
    """What makes a function take signed code only."""

    def make_profile(self, name: str, tags: Mapping[str, str]) -> None:
        """PutSigningProfile for Lambda; see the port.

        Source: https://docs.aws.amazon.com/signer/latest/api/API_PutSigningProfile.html
        """

        def refused(refusal: Refusal) -> Exception:
            if _TAKEN in refusal.message:
                return AlreadyExistsError(shown(refusal.message))
            return ProfileError.of(
                "E-PROFILE-02",
                f"Signer makes no profile {name!r}: {shown(refusal.message)}",
                "Choose another name with --profile",
            )

        self._calls.run(
            Call(
                operation="signer:PutSigningProfile",
                action="signer:PutSigningProfile",
                resource=self._place.profile(name, None),
                expected={"ValidationException": refused},
            ),
            lambda: self._clients.signer.put_signing_profile(
                profileName=name, platformId=PLATFORM, tags=tags
            ),
            lambda answer: answer.text("profileVersionArn"),
        )

    def find_code_signing(self, description: str, publisher: str) -> str | None:
        """ListCodeSigningConfigs, all pages; see the port.

        Source: https://docs.aws.amazon.com/lambda/latest/api/API_ListCodeSigningConfigs.html
        """
        call = _of_lambda("ListCodeSigningConfigs", "*")
        marked: _Marked = {}
        seen: set[str] = set()

        def page(answer: Answer) -> tuple[str | None, str]:
            marker = answer.maybe_text("NextMarker") or ""
            if marker in seen:
                raise NotAnAnswer("the 'NextMarker' of an earlier page")
            for item in answer.items("CodeSigningConfigs"):
                config = read.code_signing(Answer({"CodeSigningConfig": dict(item.members)}))
                said = item.maybe_text("Description")
                if said == description and _is_ours(config, publisher):
                    return config.arn, ""
            return None, marker

        while True:
            found, marker = self._calls.run(
                call, lambda: self._clients.lambda_.list_code_signing_configs(**marked), page
            )
            if found or not marker:
                return found
            seen.add(marker)
            marked["Marker"] = marker

    def make_code_signing(self, description: str, publisher: str) -> str:
        """CreateCodeSigningConfig, never without looking first.

        The call takes no token: sent again after a lost answer it would make a second one.
        Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateCodeSigningConfig.html
        """

        def send() -> Mapping[str, object]:
            if (arn := self.find_code_signing(description, publisher)) is not None:
                return {"CodeSigningConfig": {"CodeSigningConfigArn": arn}}
            return self._clients.lambda_.create_code_signing_config(
                Description=description,
                AllowedPublishers={"SigningProfileVersionArns": [publisher]},
                CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Enforce"},
            )

        return self._calls.run(
            _of_lambda("CreateCodeSigningConfig", "*"),
            send,
            lambda answer: answer.inside("CodeSigningConfig").text("CodeSigningConfigArn"),
        )

    def attach_code_signing(self, function: FunctionName, arn: str) -> None:
        """PutFunctionCodeSigningConfig; see the port.

        Source: https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionCodeSigningConfig.html

        Raises:
            FunctionError: E-FUNCTION-01, the function or the configuration is gone.
        """
        gone = ("ResourceNotFoundException", "CodeSigningConfigNotFoundException")
        call = _of_lambda("PutFunctionCodeSigningConfig", self._place.function(function))
        try:
            self._calls.run(
                replace(call, expected=dict.fromkeys(gone, not_there)),
                lambda: self._clients.lambda_.put_function_code_signing_config(
                    FunctionName=function, CodeSigningConfigArn=arn
                ),
                lambda answer: answer.text("CodeSigningConfigArn"),
            )
        except NotThere:
            raise FunctionError.of(
                "E-FUNCTION-01",
                f"function {function} or {arn} was deleted meanwhile",
                "Find out who deleted it, and run setup again",
            ) from None


def _of_lambda(operation: str, resource: str) -> Call:
    name = f"lambda:{operation}"
    return Call(operation=name, action=name, resource=resource)


def _is_ours(config: CodeSigning, publisher: str) -> bool:
    return config.policy == "Enforce" and config.allowed_publishers == (publisher,)
