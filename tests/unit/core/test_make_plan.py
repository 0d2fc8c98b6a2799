"""The plan, as a table: which world forbids which order, by which problem, and all at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from signed_lambda.chain.observe import Observed
from signed_lambda.chain.workbench import Order, Origin
from signed_lambda.cloud import (
    Alias,
    Bucket,
    CodeSigning,
    FunctionConfiguration,
    Identity,
    SigningProfile,
)
from signed_lambda.confighash import canonical
from signed_lambda.errors import DeployError, HashMismatch
from signed_lambda.inputs import RequireCodeSigning
from signed_lambda.model import AliasName, Entry, FunctionName, Package, Sha256
from signed_lambda.plan import PLATFORM, expected_hash, make_plan, require
from signed_lambda.records import AliasRecord
from signed_lambda.report.model import Run

SHA, OTHER = Sha256(b"\x01" * 32), Sha256(b"\x02" * 32)
ACCOUNT, REGION = "111122223333", "eu-west-1"
PUBLISHER = f"arn:aws:signer:{REGION}:{ACCOUNT}:/signing-profiles/orders_prod/AbCdEfGhIj"
CONTENT = {"Runtime": "python3.13", "Handler": "app.handler", "Timeout": 3}

FUNCTION = FunctionConfiguration(
    arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:orders",
    name=FunctionName("orders"),
    version="$LATEST",
    code_sha256=SHA,
    code_size_bytes=1,
    revision_id="r1",
    description="",
    package_type="Zip",
    state="Active",
    state_reason=None,
    state_reason_code=None,
    last_update_status="Successful",
    last_update_reason=None,
    last_update_reason_code=None,
    last_modified="2026-01-05T09:00:00.000+0000",
    signing_job_arn=None,
    signing_profile_version_arn=None,
    handler="app.handler",
    content=CONTENT,
)
LIVE = Alias(AliasName("live"), "4", {}, "", "a1")
GOOD = Observed(
    identity=Identity(ACCOUNT, f"arn:aws:sts::{ACCOUNT}:assumed-role/ci/x", REGION, "aws"),
    function=FUNCTION,
    configuration=canonical(CONTENT),
    code_signing=CodeSigning("arn:csc", "Enforce", (PUBLISHER,)),
    profile=SigningProfile("orders_prod", "Active", PLATFORM, "AbCdEfGhIj", PUBLISHER),
    bucket=Bucket("artefacts", "ours", "Enabled"),
    alias=LIVE,
    held=None,
)
DEPLOY = Order(
    command="deploy",
    function=FunctionName("orders"),
    alias=AliasName("live"),
    bucket="artefacts",
    profile="orders_prod",
    run=Run(run_id=7, attempt=1),
)
ROLLBACK = Order(
    command="rollback", function=FunctionName("orders"), alias=AliasName("live"), run=DEPLOY.run
)
UNSEEN_PROFILE = replace(GOOD, profile=None, bucket=None)


def package(*names: str) -> Package:
    """A build with these files."""
    entries = tuple(
        Entry(name=name, kind="file", mode=0o644, size_bytes=1, sha256=SHA) for name in names
    )
    return Package(
        path=Path("/nowhere.zip"),
        sha256=SHA,
        size_bytes=1,
        unzipped_bytes=1,
        entries=entries,
        places=(),
        left_out=(),
        compression="default",
        codec="c",
        source="function",
        source_sha256=None,
    )


def ids(order: Order, observed: Observed, build: Package | None = None) -> list[str]:
    """Ids of the problems, in their order."""
    return [problem.id for problem in make_plan(order, observed, build).problems]


def moved_by(run: int, attempt: int = 1) -> Alias:
    """The alias as a run left it."""
    record = AliasRecord(
        command="deploy", previous="3", run=run, attempt=attempt, commit="", seal="0" * 32
    )
    return replace(LIVE, description=str(record))


@pytest.mark.parametrize("command", ["deploy", "plan", "rollback", "promote", "verify"])
def test_a_world_in_order_allows_every_command(command: str) -> None:
    order = replace(DEPLOY, command=command)

    plan = make_plan(order, GOOD, package("app.py"))

    assert plan.problems == ()
    assert plan.warnings == ()
    plan.require_allowed()


@pytest.mark.parametrize("command", ["deploy", "plan", "promote"])
def test_an_alias_that_is_not_there_yet_is_created(command: str) -> None:
    assert ids(replace(DEPLOY, command=command), replace(GOOD, alias=None)) == []


FUNCTIONS: list[tuple[dict[str, Any], list[str]]] = [
    ({"package_type": "Image"}, ["E-FUNCTION-02"]),
    ({"state": "Pending"}, ["E-FUNCTION-04"]),
    ({"last_update_status": "InProgress"}, ["E-FUNCTION-04"]),
    ({"state": "Failed"}, ["E-FUNCTION-03"]),
    ({"state": "Inactive"}, ["E-FUNCTION-03"]),
    ({"state": None}, []),
    ({"last_update_status": "Failed"}, []),
]


FROM_ELSEWHERE = replace(
    DEPLOY,
    command="promote",
    origin=Origin(
        function=FunctionName("dev"),
        alias=AliasName("live"),
        account=None,
        region=REGION,
        role=None,
    ),
)


@pytest.mark.parametrize(("members", "expected"), FUNCTIONS)
@pytest.mark.parametrize(
    "order",
    [DEPLOY, replace(DEPLOY, command="plan"), FROM_ELSEWHERE],
    ids=lambda o: o.command,
)
def test_the_functions_state_where_latest_is_written(
    order: Order, members: dict[str, Any], expected: list[str]
) -> None:
    function = replace(FUNCTION, **members)
    image = function.package_type != "Zip"
    world = replace(GOOD, function=function, **({"alias": None} if image else {}))

    assert ids(order, world) == expected
    assert make_plan(order, world).warnings == ()


@pytest.mark.parametrize("command", ["rollback", "promote", "verify"])
@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({"state": "Pending"}, "$LATEST of orders is Pending. A deploy"),
        ({"state": "Failed"}, "$LATEST of orders is Failed: Lambda gives no reason. A deploy"),
        (
            {"state": "Inactive", "state_reason_code": "Idle", "state_reason": "long"},
            "$LATEST of orders is Inactive: Idle (long). A deploy",
        ),
        (
            {"last_update_status": "InProgress"},
            "$LATEST of orders is InProgress, since 2026-01-05T09:00:00.000+0000. Versions",
        ),
        (
            {"last_update_status": "Failed"},
            "$LATEST of orders is Failed: Lambda gives no reason. Versions",
        ),
    ],
)
def test_a_state_of_latest_only_warns_where_it_is_not_written(
    command: str, members: dict[str, Any], told: str
) -> None:
    world = replace(UNSEEN_PROFILE, function=replace(FUNCTION, **members))

    plan = make_plan(replace(ROLLBACK, command=command), world)

    assert plan.problems == ()
    [warning] = plan.warnings
    assert told in warning


@pytest.mark.parametrize("command", ["rollback", "promote", "verify"])
@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"package_type": "Image"}, ["E-FUNCTION-02"]),
        ({"state": None}, []),
        ({"last_update_status": None}, []),
    ],
)
def test_what_the_function_is_counts_for_every_command(
    command: str, members: dict[str, Any], expected: list[str]
) -> None:
    image = members.get("package_type") == "Image"
    world = replace(
        UNSEEN_PROFILE,
        function=replace(FUNCTION, **members),
        **({"alias": None} if image else {}),
    )

    plan = make_plan(replace(ROLLBACK, command=command), world)

    assert ([p.id for p in plan.problems], plan.warnings) == (expected, ())


@pytest.mark.parametrize("command", ["deploy", "rollback", "verify", "promote"])
def test_a_function_that_does_not_exist_is_the_only_thing_told_of_it(command: str) -> None:
    world = replace(GOOD, function=None, configuration=None, alias=None, code_signing=None)

    assert ids(replace(DEPLOY, command=command), world) == ["E-FUNCTION-01"]


@pytest.mark.parametrize("command", ["rollback", "verify"])
def test_commands_that_need_the_alias_say_that_it_is_missing(command: str) -> None:
    assert ids(replace(ROLLBACK, command=command), replace(GOOD, alias=None)) == ["E-ALIAS-04"]


HANDLERS: list[tuple[str, str, tuple[str, ...], bool]] = [
    ("python3.13", "app.handler", ("app.py",), True),
    ("python3.13", "app.handler", ("app/__init__.py",), True),
    ("python3.13", "app.handler", ("app.so",), True),
    ("python3.13", "app.handler", ("app.cpython-313-x86_64-linux-gnu.so",), True),
    ("python3.13", "app.handler", ("app.pyc",), True),
    ("python3.13", "app.handler", ("src/app.py",), False),
    ("python3.13", "app.handler", ("App.py",), False),
    ("python3.13", "app.handler", ("app",), False),
    ("python3.13", "pkg.mod.handler", ("pkg/mod.py",), True),
    ("python3.13", "pkg/mod.handler", ("pkg/mod.py",), True),
    ("python3.13", "pkg.mod.handler", ("mod.py",), False),
    ("nodejs22.x", "index.handler", ("index.js",), True),
    ("nodejs22.x", "index.handler", ("index.mjs",), True),
    ("nodejs22.x", "index.handler", ("index.cjs",), True),
    ("nodejs22.x", "index.handler", ("index/index.js",), True),
    ("nodejs22.x", "index.handler", ("index.py",), False),
    ("nodejs22.x", "index.api.get", ("index.js",), True),
    ("nodejs22.x", "src/app.handler", ("src/app.js",), True),
    ("nodejs22.x", "./index.handler", ("index.js",), True),
    ("nodejs22.x", "src/app.handler", ("app.js",), False),
    ("provided.al2023", "bootstrap", ("bootstrap",), True),
    ("java21", "com.acme.Orders::handle", ("com/acme/Orders.class",), True),
    ("python3.13", "handler", ("app.py",), True),
    ("", "", ("app.py",), True),
]


@pytest.mark.parametrize(("runtime", "handler", "names", "there"), HANDLERS)
def test_the_handlers_file_must_be_in_the_package(
    runtime: str, handler: str, names: tuple[str, ...], *, there: bool
) -> None:
    content = {"Runtime": runtime, "Handler": handler}
    world = replace(GOOD, function=replace(FUNCTION, handler=handler, content=content))

    assert ids(DEPLOY, world, package(*names)) == ([] if there else ["E-FUNCTION-05"])


def test_a_handlers_file_that_a_layer_may_bring_is_not_asked_for() -> None:
    content = {**CONTENT, "Layers": [{"Arn": "arn:layer"}]}
    world = replace(GOOD, function=replace(FUNCTION, content=content))

    assert ids(DEPLOY, world, package("other.py")) == []


def test_a_handlers_file_that_lies_deeper_is_named() -> None:
    [problem] = make_plan(DEPLOY, GOOD, package("build/app.py", "x.py")).problems

    assert "needs app.py in the package; found build/app.py" in problem.what


CODE_SIGNING: list[tuple[RequireCodeSigning, str | None, bool, list[str]]] = [
    ("enforce", "Enforce", False, []),
    ("enforce", "Warn", False, ["E-CODESIGNING-02"]),
    ("enforce", None, False, ["E-CODESIGNING-01"]),
    ("warn", "Enforce", False, []),
    ("warn", "Warn", False, []),
    ("warn", None, False, ["E-CODESIGNING-01"]),
    ("off", "Enforce", False, []),
    ("off", "Warn", False, []),
    ("off", None, False, []),
    ("off", "Enforce", True, ["E-CODESIGNING-04"]),
    ("enforce", "Enforce", True, ["E-CODESIGNING-04"]),
    ("enforce", "Warn", True, []),
    ("enforce", None, True, []),
]


@pytest.mark.parametrize(("asked", "policy", "unsigned", "expected"), CODE_SIGNING)
@pytest.mark.parametrize("command", ["deploy", "plan"])
def test_code_signing(
    command: str,
    asked: RequireCodeSigning,
    policy: str | None,
    expected: list[str],
    *,
    unsigned: bool,
) -> None:
    signing = None if policy is None else CodeSigning("arn:csc", policy, (PUBLISHER,))
    order = replace(DEPLOY, command=command, require_code_signing=asked, allow_unsigned=unsigned)
    world = replace(GOOD, code_signing=signing)
    if unsigned:
        order, world = replace(order, profile=None), replace(world, profile=None)

    assert ids(order, world) == expected


@pytest.mark.parametrize("command", ["rollback", "promote", "verify"])
def test_allow_unsigned_weakens_nothing_but_a_deploy(command: str) -> None:
    order = replace(ROLLBACK, command=command, allow_unsigned=True)
    world = replace(UNSEEN_PROFILE, code_signing=None)

    assert ids(order, world) == ["E-CODESIGNING-01"]


def test_an_unsigned_deploy_and_a_policy_that_only_warns_are_told() -> None:
    order = replace(DEPLOY, allow_unsigned=True, profile=None)
    world = replace(GOOD, profile=None, code_signing=CodeSigning("arn:csc", "Warn", ()))

    warnings = make_plan(order, world).warnings

    assert len(warnings) == 2
    assert warnings[0].startswith("This deploy is UNSIGNED")
    assert "policy is Warn" in warnings[1]


PROFILES: list[tuple[dict[str, Any], list[str]]] = [
    ({"status": "Canceled"}, ["E-PROFILE-03"]),
    ({"status": "Revoked"}, ["E-PROFILE-03"]),
    ({"platform": "Notation-OCI-SHA384-ECDSA"}, ["E-PROFILE-04"]),
    ({"version_arn": "arn:other"}, ["E-CODESIGNING-03"]),
    (
        {"status": "Canceled", "platform": "AWSIoTDeviceManagement-SHA256-ECDSA"},
        ["E-PROFILE-03", "E-PROFILE-04"],
    ),
]


@pytest.mark.parametrize(("members", "expected"), PROFILES)
def test_the_profile(members: dict[str, Any], expected: list[str]) -> None:
    assert GOOD.profile is not None
    world = replace(GOOD, profile=replace(GOOD.profile, **members))

    assert ids(DEPLOY, world) == expected


def test_an_unknown_profile_is_told_with_its_account() -> None:
    [problem] = make_plan(
        replace(DEPLOY, profile_owner="999988887777"), replace(GOOD, profile=None)
    ).problems

    assert problem.id == "E-PROFILE-01"
    assert "no signing profile orders_prod in eu-west-1 (account 999988887777)" in problem.what


BUCKETS: list[tuple[Bucket, list[str]]] = [
    (Bucket("b", "missing", None), ["E-BUCKET-01"]),
    (Bucket("b", "foreign", None), ["E-BUCKET-02"]),
    (Bucket("b", "ours", None), ["E-BUCKET-03"]),
    (Bucket("b", "ours", "Suspended"), ["E-BUCKET-04"]),
]


@pytest.mark.parametrize(("bucket", "expected"), BUCKETS)
def test_the_bucket(bucket: Bucket, expected: list[str]) -> None:
    assert ids(DEPLOY, replace(GOOD, bucket=bucket)) == expected


ALIASES: list[tuple[str, Alias, list[str]]] = [
    ("deploy", replace(LIVE, version="$LATEST"), ["E-ALIAS-01"]),
    ("deploy", replace(LIVE, weights={"3": 0.1}), ["E-ALIAS-02"]),
    ("deploy", replace(LIVE, version="$LATEST", weights={"3": 0.1}), ["E-ALIAS-02", "E-ALIAS-01"]),
    ("rollback", replace(LIVE, version="$LATEST"), ["E-ALIAS-01"]),
    ("verify", replace(LIVE, weights={"3": 0.1}), ["E-ALIAS-02"]),
    ("deploy", moved_by(8), ["E-SUPERSEDED-01"]),
    ("deploy", moved_by(7, 2), ["E-SUPERSEDED-01"]),
    ("plan", moved_by(8), ["E-SUPERSEDED-01"]),
    ("deploy", moved_by(7, 1), []),
    ("deploy", moved_by(6), []),
    ("deploy", moved_by(0), []),
    ("rollback", moved_by(8), []),
    ("promote", moved_by(8), []),
    ("verify", moved_by(8), []),
    ("deploy", replace(LIVE, description="by hand"), []),
]


@pytest.mark.parametrize(("command", "alias", "expected"), ALIASES)
def test_the_alias(command: str, alias: Alias, expected: list[str]) -> None:
    order = replace(DEPLOY if command in ("deploy", "plan") else ROLLBACK, command=command)

    assert ids(order, replace(GOOD, alias=alias)) == expected


def test_an_older_run_may_overwrite_where_that_was_asked_for() -> None:
    assert ids(replace(DEPLOY, allow_older=True), replace(GOOD, alias=moved_by(8))) == []


IDENTITIES: list[tuple[dict[str, Any], list[str]]] = [
    ({"allowed_accounts": (ACCOUNT,)}, []),
    ({"allowed_accounts": ("999988887777", ACCOUNT)}, []),
    ({"allowed_accounts": ("999988887777",)}, ["E-IDENTITY-20"]),
    ({"function_account": ACCOUNT, "function_region": REGION}, []),
    ({"function_account": "999988887777", "function_region": REGION}, ["E-IDENTITY-21"]),
    ({"function_account": ACCOUNT, "function_region": "us-east-1"}, ["E-IDENTITY-21"]),
    ({"function_account": None, "function_region": None}, []),
]


@pytest.mark.parametrize(("members", "expected"), IDENTITIES)
def test_the_identity(members: dict[str, Any], expected: list[str]) -> None:
    assert ids(replace(DEPLOY, **members), GOOD) == expected


def test_everything_at_once_is_told_at_once_and_the_first_gives_the_exit_code() -> None:
    assert GOOD.profile is not None
    content = {**CONTENT, "Handler": "main.handler"}
    world = replace(
        GOOD,
        function=replace(FUNCTION, state="Failed", handler="main.handler", content=content),
        code_signing=CodeSigning("arn:csc", "Warn", ()),
        profile=replace(GOOD.profile, status="Canceled", platform="x"),
        bucket=Bucket("b", "ours", "Suspended"),
        alias=replace(moved_by(8), weights={"3": 0.1}, version="$LATEST"),
    )
    order = replace(DEPLOY, allowed_accounts=("9",), function_account="8", function_region="r")

    plan = make_plan(order, world, package("app.py"))

    assert [p.id for p in plan.problems] == [
        "E-IDENTITY-20",
        "E-IDENTITY-21",
        "E-FUNCTION-03",
        "E-FUNCTION-05",
        "E-CODESIGNING-02",
        "E-PROFILE-03",
        "E-PROFILE-04",
        "E-BUCKET-04",
        "E-ALIAS-02",
        "E-ALIAS-01",
        "E-SUPERSEDED-01",
    ]
    with pytest.raises(DeployError) as caught:
        plan.require_allowed()
    assert caught.value.exit_code == 13
    assert caught.value.problems == plan.problems


@pytest.mark.parametrize("unseen", ["function", "code_signing", "profile"])
def test_what_a_plan_may_not_see_is_no_problem(unseen: str) -> None:
    world = replace(GOOD, **{unseen: None}, unseen=frozenset({unseen}))
    if unseen == "function":
        world = replace(world, alias=None, code_signing=None)

    assert ids(replace(DEPLOY, command="plan"), world) == []


def test_nothing_is_required_of_no_problems() -> None:
    require(())


@pytest.mark.parametrize("expected", [None, SHA, OTHER])
def test_the_build_or_the_given_zip_must_have_the_expected_hash(expected: Sha256 | None) -> None:
    build = replace(package("app.py"), source_sha256=OTHER)

    require(expected_hash(build, expected))


def test_another_hash_than_the_expected_is_told_with_all_values() -> None:
    expected = Sha256(b"\x03" * 32)

    with pytest.raises(HashMismatch) as folder:
        require(expected_hash(package("app.py"), expected))
    with pytest.raises(HashMismatch) as given:
        require(expected_hash(replace(package("app.py"), source_sha256=OTHER), expected))

    assert [p.id for p in folder.value.problems] == ["E-HASH-01"]
    assert str(expected) in str(folder.value)
    assert str(SHA) in str(folder.value)
    assert f"the given zip is {OTHER}" in str(given.value)
