"""`setup` looks and writes nothing; `--check` is a doctor; a denied look is not "missing"."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.admin import BUCKET, NAMES, NUMBERS

if TYPE_CHECKING:
    from tests.support.admin import Admin

EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def everything_but(*actions: str) -> str:
    """A policy."""
    denied = {"Effect": "Deny", "Action": list(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [EVERYTHING, denied]})


@pytest.mark.parametrize("mode", [(), ("--check",), ("--print", "deploy.yml")])
@pytest.mark.parametrize("applied", [False, True])
def test_without_apply_nothing_is_written(
    admin: Admin, mode: tuple[str, ...], *, applied: bool
) -> None:
    if applied:
        admin.applied()
        admin.client("s3").put_bucket_versioning(
            Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"}
        )
    before = admin.picture() if applied else None
    changes = ("--change", "bucket", "--change", "roles", "--change", "code-signing")

    ran = admin.setup(*mode, *NAMES, *changes)

    assert [c.operation for c in ran.calls if c.write] == []
    assert ran.calls
    if applied:
        assert admin.picture() == before
    else:
        assert not (admin.checkout / ".github").exists()


def test_a_fresh_account_is_told_part_by_part(admin: Admin) -> None:
    ran = admin.setup(*NUMBERS)

    assert ran.exit_code == 0
    states = ran.states()
    assert states.pop("function") == "ok"
    assert set(states.values()) == {"missing"}
    assert {"bucket", "signing profile", "code signing", "OIDC provider"} < set(states)
    assert {f"role {duty}-orders" for duty in ("deploy", "plan", "rollback", "verify")} < set(
        states
    )
    assert "Nothing was written" in ran.out


def test_the_profiles_name_is_said_before_it_is_taken(admin: Admin) -> None:
    looked = admin.setup(*NUMBERS)
    refused = admin.setup("--apply", *NUMBERS)

    assert "name orders_live; it can never be given back" in " ".join(looked.out.split())
    assert (refused.exit_code, refused.writes) == (40, [])
    assert "E-SETUP-04" in refused.err
    assert "--profile orders_live" in refused.err


def test_the_check_fails_until_all_is_there_and_says_who_can_make_it(admin: Admin) -> None:
    before = admin.setup("--check", *NAMES)
    admin.applied()
    after = admin.setup("--check", *NAMES)

    assert before.exit_code == 40
    assert "E-SETUP-01" in before.err
    assert "by somebody with iam:CreateRole" in before.out
    assert (after.exit_code, after.err) == (0, "")
    assert set(after.states().values()) == {"ok"}


@pytest.mark.parametrize(
    ("action", "part"),
    [
        ("lambda:GetFunctionConfiguration", "function"),
        ("lambda:GetFunctionCodeSigningConfig", "code signing"),
        ("lambda:GetCodeSigningConfig", "code signing"),
        ("signer:GetSigningProfile", "signing profile"),
        ("s3:GetBucketVersioning", "bucket"),
        ("s3:GetBucketPublicAccessBlock", "bucket public access"),
        ("s3:GetEncryptionConfiguration", "bucket encryption"),
        ("s3:GetBucketPolicy", "bucket TLS"),
        ("iam:GetOpenIDConnectProvider", "OIDC provider"),
        ("iam:GetRole", "role plan-orders"),
        ("iam:ListRolePolicies", "role plan-orders"),
        ("iam:ListAttachedRolePolicies", "role plan-orders"),
        ("iam:GetRolePolicy", "role plan-orders"),
    ],
)
def test_a_denied_look_is_its_own_state_and_names_the_permission(
    admin: Admin, action: str, part: str
) -> None:
    admin.applied()
    admin.only_allowed(everything_but(action))

    checked = admin.setup("--check", *NAMES)
    applied = admin.setup("--apply", *NAMES)

    assert (checked.exit_code, checked.states()[part]) == (40, "unseen")
    assert "missing" not in checked.states().values()
    assert f"needs {action} on arn:" in " ".join(checked.out.split())
    assert (applied.exit_code, applied.writes) == (40, [])
    assert "E-SETUP-03" in applied.err


def test_a_denied_look_into_a_bucket_is_seen_when_it_is_to_be_changed(admin: Admin) -> None:
    admin.client("s3").create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    admin.only_allowed(everything_but("s3:ListBucketVersions"))

    ran = admin.setup("--apply", *NAMES)

    assert (ran.exit_code, ran.writes, ran.states()["bucket"]) == (40, [], "unseen")


def test_without_the_repositorys_numbers_the_roles_cannot_be_judged(admin: Admin) -> None:
    looked = admin.setup()
    applied = admin.setup("--apply", "--profile", "orders_live")

    assert looked.states()["roles"] == "unseen"
    assert "gh api repos/OWNER/NAME" in looked.out
    assert (applied.exit_code, applied.writes) == (40, [])


def test_the_repository_is_the_checkouts_origin_unless_it_is_given(admin: Admin) -> None:
    assert "for acme/orders" in admin.setup(*NUMBERS).out
    assert "for zeta/other" in admin.setup(*NUMBERS, "--repository", "zeta/other").out


def test_a_missing_function_stops_everything(admin: Admin) -> None:
    admin.function = "missing"

    ran = admin.setup("--apply", *NAMES)

    assert (ran.exit_code, ran.writes) == (40, [])
    assert "no missing in eu-west-1 of 111122223333" in ran.out
    assert "E-SETUP-03 nothing was written, because of: function" in ran.err


def test_a_profile_name_that_was_used_up_is_told_and_nothing_is_made(admin: Admin) -> None:
    signer = admin.client("signer")
    signer.put_signing_profile(profileName="orders_live", platformId="AWSLambda-SHA384-ECDSA")
    signer.cancel_signing_profile(profileName="orders_live")
    signer.put_signing_profile(profileName="images", platformId="Notation-OCI-SHA384-ECDSA")

    canceled = admin.setup("--apply", *NAMES)
    of_images = admin.setup("--apply", *NUMBERS, "--profile", "images")

    assert (canceled.exit_code, canceled.writes) == (40, [])
    assert "orders_live was canceled" in canceled.out
    assert "used up for ever: choose another one with --profile" in canceled.out
    assert (of_images.exit_code, of_images.writes) == (40, [])


def test_all_faults_of_the_arguments_are_told_at_once_before_anything_is_asked(
    admin: Admin,
) -> None:
    ran = admin.setup(
        *("--owner-id", "0x1", "--bucket", "s3://x/y", "--alias", "7", "--region", "euwest"),
        *("--repository", "acme", "--branch", "a b", "--action", "x", "--roles", "a/b"),
        *("--profile", "or-ders"),
    )

    assert (ran.exit_code, ran.calls, ran.out) == (10, (), "")
    told = [line.partition(":")[0] for line in ran.err.splitlines()]
    assert told == [
        "E-INPUT-04 --owner-id is alone. Give both numbers.",
        *(
            f"E-INPUT-03 --{name}"
            for name in (
                *("roles", "action", "branch", "alias", "bucket", "profile", "region"),
                *("owner-id", "repository"),
            )
        ),
    ]


@pytest.mark.parametrize(
    "wrong", [["--nothing"], ["--check", "--apply"], ["--change", "all"], ["--print", "x.yml"]]
)
def test_an_unknown_option_is_an_error_of_our_form(admin: Admin, wrong: list[str]) -> None:
    ran = admin.setup(*wrong)

    assert ran.exit_code == 10
    assert ran.err.startswith("E-INPUT-03 ")
    assert "setup --help" in ran.err


def test_a_functions_arn_of_another_account_or_region_is_refused(admin: Admin) -> None:
    admin.function = "arn:aws:lambda:eu-west-1:999988887777:function:orders"

    ran = admin.setup("--apply", *NAMES)

    assert (ran.exit_code, ran.writes) == (13, [])
    assert "E-IDENTITY-21" in ran.err


def test_names_of_roles_that_are_too_long_ask_for_shorter_ones(admin: Admin) -> None:
    admin.function = "f" * 64

    assert "Give --roles with at most 55 characters" in admin.setup().err
