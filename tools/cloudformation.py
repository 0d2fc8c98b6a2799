"""docs/setup/cloudformation.yml: what `setup` makes, as CloudFormation, out of docs/iam.

CloudFormation cannot read the JSON files, so the template holds them: `make docs` writes it, and a
test compares it with what `setup` makes. Pure but for reading docs/iam.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

import yaml

from signed_lambda.setup import documents
from signed_lambda.setup.account import PLATFORM
from signed_lambda.setup.roles import POLICY
from signed_lambda.setup.wanted import AUDIENCE, DUTIES, ENVIRONMENTS, ISSUER, PREFIX

_HEAD: Final = """\
# Written by `make docs` from docs/iam and src/signed_lambda/setup; edit it there.
# The same as `signed_lambda setup --apply`, but for the last step: CloudFormation has no resource
# that attaches a code-signing configuration to a function made elsewhere. See the output Attach.
"""
_BUCKET: Final = "signed-lambda-${AWS::AccountId}-${AWS::Region}"
_NAMES: Final = {
    "REGION": "${AWS::Region}",
    "ACCOUNT": "${AWS::AccountId}",
    "FUNCTION": "${Function}",
    "PROFILE": "${ProfileName}",
    "BUCKET": _BUCKET,
    "PREFIX": PREFIX,
    "OWNER": "${Owner}",
    "OWNER_ID": "${OwnerId}",
    "REPOSITORY": "${Repository}",
    "REPOSITORY_ID": "${RepositoryId}",
    "BRANCH": "${Branch}",
}
_PARAMETERS: Final = {
    "Function": ("Name of the function; it exists", "[A-Za-z0-9_-]{1,55}", None),
    "ProfileName": (
        "Name of the signing profile to make; a name is taken for ever",
        "[A-Za-z0-9_]{2,64}",
        None,
    ),
    "Owner": ("Owner of the GitHub repository", "[A-Za-z0-9-]{1,39}", None),
    "OwnerId": ("GitHub's number of the owner", "[0-9]+", None),
    "Repository": ("Name of the GitHub repository, without its owner", "[A-Za-z0-9._-]+", None),
    "RepositoryId": ("GitHub's number of the repository", "[0-9]+", None),
    "Branch": ("The repository's default branch", "[A-Za-z0-9._/-]+", "main"),
    "MakeBucket": ("false where another function has made the bucket", "true|false", "true"),
    "MakeProvider": ("false where the account has GitHub's OIDC provider", "true|false", "true"),
}


class Sub(str):
    """A text with names in it: !Sub."""

    __slots__ = ()


class Ref(str):
    """A resource or parameter: !Ref."""

    __slots__ = ()


class GetAtt(str):
    """An attribute of a resource: !GetAtt."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    """Plain YAML, with CloudFormation's tags."""

    def ignore_aliases(self, data: object) -> bool:
        """Nothing is written as an anchor."""
        del data
        return True


for _tag in (Sub, Ref, GetAtt):
    _Dumper.add_representer(
        _tag, lambda dumper, data: dumper.represent_scalar(f"!{type(data).__name__}", str(data))
    )


def template() -> str:
    """The file's text."""
    parameters = {
        name: {"Type": "String", "Description": text, "AllowedPattern": pattern}
        | ({"Default": default} if default else {})
        for name, (text, pattern, default) in _PARAMETERS.items()
    }
    body = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "What a signed deploy of a Lambda function from GitHub needs.",
        "Parameters": parameters,
        "Conditions": {
            f"Makes{what}": {"Fn::Equals": [Ref(f"Make{what}"), "true"]}
            for what in ("Bucket", "Provider")
        },
        "Resources": _resources(),
        "Outputs": {
            "Attach": {
                "Description": "Run this last: from then on Lambda refuses unsigned code",
                "Value": Sub(
                    "aws lambda put-function-code-signing-config --function-name ${Function}"
                    " --code-signing-config-arn ${CodeSigning}"
                ),
            },
        },
    }
    text = yaml.dump(body, Dumper=_Dumper, sort_keys=False, width=1000, allow_unicode=True)
    return _HEAD + text


def _resources() -> dict[str, Any]:
    kept = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
    found: dict[str, Any] = {
        "Provider": {
            "Type": "AWS::IAM::OIDCProvider",
            "Condition": "MakesProvider",
            **kept,
            "Properties": {"Url": f"https://{ISSUER}", "ClientIdList": [AUDIENCE]},
        },
        "Bucket": {
            "Type": "AWS::S3::Bucket",
            "Condition": "MakesBucket",
            **kept,
            "Properties": {
                "BucketName": Sub(_BUCKET),
                "PublicAccessBlockConfiguration": {
                    "BlockPublicAcls": True,
                    "IgnorePublicAcls": True,
                    "BlockPublicPolicy": True,
                    "RestrictPublicBuckets": True,
                },
                "BucketEncryption": {
                    "ServerSideEncryptionConfiguration": [
                        {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
                    ]
                },
                "VersioningConfiguration": {"Status": "Enabled"},
            },
        },
        "BucketPolicy": {
            "Type": "AWS::S3::BucketPolicy",
            "Condition": "MakesBucket",
            **kept,
            "Properties": {"Bucket": Ref("Bucket"), "PolicyDocument": _document("bucket")},
        },
        "Profile": {
            "Type": "AWS::Signer::SigningProfile",
            **kept,
            "Properties": {"ProfileName": Ref("ProfileName"), "PlatformId": PLATFORM},
        },
        "CodeSigning": {
            "Type": "AWS::Lambda::CodeSigningConfig",
            "Properties": {
                "Description": Sub("signed-lambda-deploy: ${Function}"),
                "AllowedPublishers": {
                    "SigningProfileVersionArns": [GetAtt("Profile.ProfileVersionArn")]
                },
                "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": "Enforce"},
            },
        },
    }
    for duty in DUTIES:
        found[f"{duty.capitalize()}Role"] = {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "RoleName": Sub(f"{duty}-${{Function}}"),
                "Description": Sub(f"signed-lambda-deploy: {duty} of ${{Function}}"),
                "AssumeRolePolicyDocument": _document(
                    documents.TRUSTS[duty], ENVIRONMENT=ENVIRONMENTS.get(duty, "")
                ),
                "Policies": [{"PolicyName": POLICY, "PolicyDocument": _document(duty)}],
            },
        }
    return found


def _document(name: str, **more: str) -> object:
    """A file of docs/iam with our parameters in place of its names."""
    return _substituted(json.loads(documents.text(name)), {**_NAMES, **more})


def _substituted(value: object, names: dict[str, str]) -> object:
    if isinstance(value, dict):
        return {key: _substituted(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [_substituted(inner, names) for inner in value]
    if not isinstance(value, str):
        return value
    text = documents.fill(value, names)
    text = re.sub(r"^arn:aws:", "arn:${AWS::Partition}:", text)
    return Sub(text) if "${" in text else text
