"""CloudFormation and Terraform make what `setup` makes: the same names, policies and trusts."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import tree_sitter_hcl
import yaml
from tree_sitter import Language, Parser

from signed_lambda.setup import documents
from tests.promises.modules import ROOT
from tests.support.admin import BUCKET, NAMES, Admin
from tests.support.port import on_a_port

FOLDER = ROOT / "docs" / "setup"
CLOUDFORMATION = FOLDER / "cloudformation.yml"
TERRAFORM = FOLDER / "terraform" / "main.tf"
PARAMETERS = {
    "AWS::Region": "eu-west-1",
    "AWS::AccountId": "111122223333",
    "AWS::Partition": "aws",
    "Function": "orders",
    "ProfileName": "orders_live",
    "Owner": "acme",
    "OwnerId": "11",
    "Repository": "orders",
    "RepositoryId": "22",
    "Branch": "main",
}


class Loader(yaml.SafeLoader):
    """CloudFormation's short forms, with our parameters put in; attributes stay names."""


def _sub(_: Loader, node: yaml.ScalarNode) -> str:
    return re.sub(
        r"\$\{([A-Za-z:.]+)\}", lambda hole: PARAMETERS.get(hole[1], hole[0]), str(node.value)
    )


def _ref(_: Loader, node: yaml.ScalarNode) -> str:
    return PARAMETERS.get(str(node.value), f"!{node.value}")


Loader.add_constructor("!Sub", _sub)
Loader.add_constructor("!Ref", _ref)
Loader.add_constructor("!GetAtt", lambda _, node: f"!{node.value}")


def resources() -> dict[str, dict[str, Any]]:
    """The template's resources, by type and name in the template."""
    template = yaml.load(CLOUDFORMATION.read_text("utf-8"), Loader=Loader)
    return {name: r | {"Name": name} for name, r in template["Resources"].items()}


def of_type(kind: str) -> list[dict[str, Any]]:
    """The properties of all resources of a type."""
    return [r["Properties"] for r in resources().values() if r["Type"] == kind]


def test_cloudformation_makes_the_same_roles(admin: Admin) -> None:
    admin.applied()
    made: dict[str, Any] = admin.picture()

    roles = {r["RoleName"]: r for r in of_type("AWS::IAM::Role")}

    assert roles.keys() == made["roles"].keys()
    for name, role in roles.items():
        assert documents.same(role["AssumeRolePolicyDocument"], made["roles"][name]["trust"])
        (policy,) = role["Policies"]
        assert made["roles"][name]["inline"].keys() == {policy["PolicyName"]}
        ours = made["roles"][name]["inline"][policy["PolicyName"]]
        assert documents.same(policy["PolicyDocument"], ours)


def test_cloudformation_makes_the_same_bucket_profile_provider_and_configuration(
    admin: Admin,
) -> None:
    admin.applied()
    made: dict[str, Any] = admin.picture()

    (bucket,) = of_type("AWS::S3::Bucket")
    (policy,) = of_type("AWS::S3::BucketPolicy")
    (profile,) = of_type("AWS::Signer::SigningProfile")
    (provider,) = of_type("AWS::IAM::OIDCProvider")
    (configuration,) = of_type("AWS::Lambda::CodeSigningConfig")

    ours = made["buckets"][bucket["BucketName"]]
    assert bucket["PublicAccessBlockConfiguration"] == ours["public"]
    assert bucket["VersioningConfiguration"]["Status"] == ours["versioning"]
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    (our_rule,) = ours["encryption"]["Rules"]
    assert rule["ServerSideEncryptionByDefault"] == our_rule["ApplyServerSideEncryptionByDefault"]
    assert documents.same(policy["PolicyDocument"], json.loads(ours["policy"]))
    assert made["profiles"] == [(profile["ProfileName"], profile["PlatformId"], "Active")]
    assert made["providers"] == [provider["ClientIdList"]]
    ((description, policies, publishes, _),) = made["configurations"]
    assert configuration["Description"] == description
    assert configuration["CodeSigningPolicies"] == policies
    assert publishes
    assert configuration["AllowedPublishers"]["SigningProfileVersionArns"] == [
        "!Profile.ProfileVersionArn"
    ]


def test_a_name_that_is_taken_for_ever_is_not_given_up_with_a_stack() -> None:
    kept = {n for n, r in resources().items() if r.get("DeletionPolicy") == "Retain"}

    assert {"Bucket", "BucketPolicy", "Profile", "Provider"} == kept


def lint(template: Path) -> subprocess.CompletedProcess[str]:
    """cfn-lint on a template."""
    command = [str(Path(sys.executable).with_name("cfn-lint")), str(template)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_cfn_lint_finds_nothing_and_would_find_something(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yml"
    broken.write_text(
        CLOUDFORMATION.read_text("utf-8").replace("PlatformId:", "Platform:"), encoding="utf-8"
    )

    assert lint(CLOUDFORMATION).stdout == ""
    assert "Platform" in lint(broken).stdout


def test_the_terraform_module_parses_and_has_the_same_kinds_of_things() -> None:
    """All that can be said of it without Terraform; the last test here runs it."""
    text = TERRAFORM.read_text("utf-8")
    tree = Parser(Language(tree_sitter_hcl.language())).parse(text.encode())

    assert not tree.root_node.has_error
    assert set(re.findall(r'^resource "aws_([a-z0-9_]+)"', text, re.MULTILINE)) == {
        *("s3_bucket", "s3_bucket_public_access_block", "s3_bucket_versioning"),
        *("s3_bucket_server_side_encryption_configuration", "s3_bucket_policy"),
        *("signer_signing_profile", "lambda_code_signing_config"),
        *("iam_openid_connect_provider", "iam_role", "iam_role_policy"),
    }
    trusts = dict(re.findall(r'^    (\w+) += \{ file = "([a-z-]+)"', text, re.MULTILINE))
    assert trusts == documents.TRUSTS
    assert text.count("/../../iam/$") == 2


def plugins() -> list[Path]:
    """Folders that hold Terraform's AWS provider, where one is told or is at a usual place."""
    told = os.environ.get("TERRAFORM_PLUGINS")
    usual = [Path("/usr/share/terraform/plugins"), Path.home() / ".terraform.d" / "plugins"]
    places = [Path(told)] if told else [*usual, *Path("/opt").glob("*")]
    wanted = "registry.terraform.io/hashicorp/aws"
    return [place for place in places if (place / wanted).is_dir()]


needs_terraform = pytest.mark.skipif(
    shutil.which("terraform") is None or not plugins(),
    reason="terraform with its AWS provider is not on this machine (TERRAFORM_PLUGINS names it)",
)


def terraform(folder: Path, *arguments: str) -> str:
    """What terraform says; it must succeed."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("TF_", "AWS_"))}
    ran = subprocess.run(
        ["terraform", *arguments, "-no-color"],
        cwd=folder,
        env=environment | {"CHECKPOINT_DISABLE": "1", "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def root_module(folder: Path, url: str) -> None:
    """A configuration that uses the module, as a user would, with its calls sent to `url`."""
    shutil.copytree(ROOT / "docs" / "setup", folder / "repo" / "docs" / "setup")
    shutil.copytree(ROOT / "docs" / "iam", folder / "repo" / "docs" / "iam")
    endpoints = "\n".join(
        f'    {service} = "{url}"' for service in ("iam", "lambda", "s3", "signer", "sts")
    )
    (folder / "main.tf").write_text(
        f"""provider "aws" {{
  region = "eu-west-1"
  access_key = "testing"
  secret_key = "testing"
  s3_use_path_style = true
  skip_metadata_api_check = true
  endpoints {{
{endpoints}
  }}
}}
module "orders" {{
  source = "./repo/docs/setup/terraform"
  function = "orders"
  profile = "orders_live"
  owner = "acme"
  owner_id = 11
  repository = "orders"
  repository_id = 22
}}
""",
        encoding="utf-8",
    )


@needs_terraform
def test_terraform_makes_the_same_and_setup_finds_it_made(admin: Admin, tmp_path: Path) -> None:
    """The real Terraform with the real AWS provider, against the sandbox."""
    folder = tmp_path / "root"
    folder.mkdir()
    with on_a_port(admin.sandbox) as url:
        root_module(folder, url)
        terraform(folder, "init", "-input=false", f"-plugin-dir={plugins()[0]}")
        assert "The configuration is valid" in terraform(folder, "validate")
        terraform(folder, "apply", "-auto-approve", "-input=false")

    ran = admin.setup("--apply", *NAMES)

    assert ran.exit_code == 0, ran.out + ran.err
    assert ran.writes == ["PutFunctionCodeSigningConfig"]
    by_terraform: dict[str, Any] = admin.picture()
    other = Admin(tmp_path / "other")
    other.applied()
    by_setup: dict[str, Any] = other.picture()
    for made in (by_terraform, by_setup):
        made["buckets"][BUCKET]["policy"] = json.loads(made["buckets"][BUCKET]["policy"])
    assert documents.same(by_terraform, by_setup)
