"""After `setup` on a fresh account: a plan, a deploy, a rollback, by the roles that it made."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml

from lambda_sandbox.estate import Estate, first_code
from signed_lambda.aws import Aws, make_clients
from signed_lambda.clock import Deadline
from tests.support.action import SOURCE, Team
from tests.support.admin import ACTION, BUCKET, NAMES, NUMBERS, Admin
from tests.support.aws import SandboxFetch, session_of, unmasked
from tests.support.lanes import OneByOne

if TYPE_CHECKING:
    from pathlib import Path

    from signed_lambda.cloud import Cloud


class SetUpTeam(Team):
    """A team whose world `setup` made; its runs are sessions of one of the roles."""

    def __init__(self, admin: Admin, folder: Path) -> None:
        # Not Team's own: there is no estate to make.
        self.sandbox = admin.sandbox
        self.workspace = folder / "workspace"
        self.folder = folder
        self.runs = 0
        self.connect_error = None
        self.owner = None
        self.stop = None
        self.lanes = OneByOne
        self.more = {}
        self.endpoint = ""
        self.estate = Estate("orders", BUCKET, "orders_live", "", "")
        self.write_source(SOURCE)
        (self.workspace / "signer-root.pem").write_bytes(self.sandbox.signer_root_pem)

    def becomes(self, duty: str) -> None:
        """From now on runs are sessions of the role that setup made for a duty."""
        sts = self.sandbox.session().client("sts")
        given = sts.assume_role_with_web_identity(
            RoleArn=f"arn:aws:iam::111122223333:role/{duty}-orders",
            RoleSessionName="run",
            WebIdentityToken="token",
        )["Credentials"]
        sts.close()
        session = session_of(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        session.register("before-send", self.sandbox.before_send)
        clients = make_clients(
            {}, region="eu-west-1", endpoint_url=None, mask=unmasked, session=session
        )
        clock = self.sandbox.clock

        def connect(_other: Cloud) -> Cloud:
            return Aws(
                clients,
                clock=clock,
                deadline=Deadline.after(clock, 900, lambda *_: None),
                fetch=SandboxFetch(self.sandbox),
                say=lambda _: None,
            )

        self.wrap = connect


@pytest.fixture
def team(admin: Admin, tmp_path: Path) -> SetUpTeam:
    """A world that setup has made, with the function's source."""
    admin.applied()
    return SetUpTeam(admin, tmp_path)


def test_after_setup_the_roles_that_it_made_plan_deploy_verify_and_roll_back(
    team: SetUpTeam,
) -> None:
    team.becomes("plan")
    planned = team.run("plan")
    team.becomes("deploy")
    first = team.run()
    team.change_code()
    second = team.run()
    team.becomes("verify")
    verified = team.run("verify")
    team.becomes("rollback")
    back = team.run("rollback")

    ended = [planned, first, second, verified, back]
    assert [e.exit_code for e in ended] == [0] * 5, [e.report["problems"] for e in ended]
    assert [e.outputs["outcome"] for e in ended] == [
        *("planned", "deployed", "deployed", "verified", "rolled-back"),
    ]
    assert (second.outputs["version"], back.outputs["version"]) == ("2", "1")


@pytest.mark.parametrize("duty", ["plan", "verify", "rollback"])
def test_no_other_role_deploys(team: SetUpTeam, duty: str) -> None:
    team.becomes(duty)

    ended = team.run()

    assert ended.exit_code != 0
    assert "UpdateFunctionCode" not in ended.writes


def test_unsigned_code_is_refused_once_it_is_attached(admin: Admin) -> None:
    admin.applied()
    lambda_ = admin.client("lambda")

    with pytest.raises(lambda_.exceptions.CodeVerificationFailedException):
        lambda_.update_function_code(FunctionName="orders", ZipFile=first_code())


def test_the_workflow_files_name_what_was_made_and_nothing_of_the_examples(
    tmp_path: Path,
) -> None:
    admin = Admin(tmp_path, function="cart-items")
    ran = admin.setup(
        *("--apply", *NAMES[:4], "--profile", "cart", "--bucket", "zeta-store", "--alias", "prod"),
        *("--region", "eu-west-1", "--repository", "zeta/shop", "--branch", "trunk"),
        *("--roles", "cart", "--action", "zeta/signed-lambda-deploy@0123456789"),
    )

    assert ran.exit_code == 0, ran.out + ran.err
    folder = admin.checkout / ".github" / "workflows"
    texts = {p.name: p.read_text() for p in folder.glob("*.yml")}
    assert len(texts) == 5
    for name, text in texts.items():
        for placeholder in ("orders", "acme", "owner/", "[main]", "events/ping.json\n"):
            assert placeholder not in text, (name, placeholder)
    deploy = yaml.safe_load(texts["deploy.yml"])
    steps = deploy["jobs"]["deploy"]["steps"]
    (given,) = [s["with"] for s in steps if "signed-lambda-deploy" in s.get("uses", "")]
    assert given == {
        "function-name": "cart-items",
        "alias": "prod",
        "source": "dist",
        "bucket": "zeta-store",
        "signing-profile": "cart",
    }
    assert json.dumps(deploy).count("arn:aws:iam::111122223333:role/deploy-cart") == 1
    assert deploy[True]["push"]["branches"] == ["trunk"]
    roles = {n: t.partition(":role/")[2].split()[0] for n, t in texts.items()}
    assert roles == {
        "deploy.yml": "deploy-cart",
        "plan.yml": "plan-cart",
        "plan-fork.yml": "plan-cart",
        "rollback.yml": "rollback-cart",
        "verify.yml": "verify-cart",
    }
    back = yaml.safe_load(texts["rollback.yml"])[True]["workflow_dispatch"]["inputs"]
    assert (back["function-name"]["default"], back["alias"]["default"]) == ("cart-items", "prod")
    assert "alias: prod" in texts["verify.yml"]


def test_a_function_that_is_named_like_an_alias_keeps_its_name(tmp_path: Path) -> None:
    admin = Admin(tmp_path, function="live")

    printed = admin.setup("--print", "rollback.yml", *NAMES, "--alias", "prod").out

    inputs = yaml.safe_load(printed)[True]["workflow_dispatch"]["inputs"]
    assert (inputs["function-name"]["default"], inputs["alias"]["default"]) == ("live", "prod")


def test_a_workflow_file_of_ones_own_is_never_written_over(admin: Admin) -> None:
    place = admin.checkout / ".github" / "workflows" / "deploy.yml"
    place.parent.mkdir(parents=True)
    place.write_text("name: mine\n")

    ran = admin.setup("--apply", *NAMES)

    assert (ran.exit_code, ran.states()["workflow deploy.yml"]) == (40, "differs")
    assert place.read_text() == "name: mine\n"
    assert "--print deploy.yml | diff .github/workflows/deploy.yml -" in ran.out
    assert admin.setup("--print", "deploy.yml", *NAMES).out.startswith("# On every push to main")


def test_a_workflow_whose_build_was_edited_is_still_ok(admin: Admin) -> None:
    admin.applied()
    place = admin.checkout / ".github" / "workflows" / "deploy.yml"
    edited = (
        place.read_text().replace("./build.sh", "make dist").replace("source: dist", "source: out")
    )
    place.write_text(edited)
    good = admin.setup("--check", *NAMES)
    place.write_text(edited.replace("role/deploy-orders", "role/admin"))
    bad = admin.setup("--check", *NAMES)

    assert (good.exit_code, bad.exit_code) == (0, 40)
    assert "edited; its names are right" in good.out
    assert bad.states()["workflow deploy.yml"] == "differs"


UNPINNED = (*NUMBERS, "--profile", "orders_live")
"""The names without --action."""


def with_uses(admin: Admin, *uses: str) -> None:
    """All is made; then each `uses:` of our action in deploy.yml is one of these lines."""
    admin.applied()
    place = admin.checkout / ".github" / "workflows" / "deploy.yml"
    ours = f"        uses: {ACTION}\n"
    assert place.read_text().count(ours) == 1
    place.write_text(place.read_text().replace(ours, "".join(f"        {u}\n" for u in uses)))


def test_without_the_option_action_it_is_told_before_and_after_that_none_is_named(
    admin: Admin,
) -> None:
    looked = admin.setup(*UNPINNED)
    applied = admin.setup("--apply", *UNPINNED)

    assert looked.states()["workflow deploy.yml"] == "missing"
    assert "give --action OWNER/signed-lambda-deploy@COMMIT" in " ".join(looked.out.split())
    states = applied.states()
    assert {p for p, s in states.items() if s != "ok"} == {
        f"workflow {name}.yml" for name in ("deploy", "plan", "plan-fork", "rollback", "verify")
    }
    assert (applied.exit_code, states["workflow deploy.yml"]) == (40, "differs")
    assert "--print deploy.yml" not in applied.out


@pytest.mark.parametrize("given", [UNPINNED, NAMES], ids=["without --action", "with --action"])
@pytest.mark.parametrize(
    "uses",
    [
        "uses: owner/signed-lambda-deploy@v1 # pin it by its SHA",
        f"uses: owner/signed-lambda-deploy@{'0' * 40}",
        "uses: 'owner/signed-lambda-deploy@v1'",
        'uses : "owner/signed-lambda-deploy@v1"',
        "{uses: owner/signed-lambda-deploy@v1, with: {}}",
        "uses: owner/signed-lambda-deploy/.github/workflows/reusable-deploy.yml@v1",
    ],
)
def test_a_workflow_that_names_the_placeholder_action_differs(
    admin: Admin, uses: str, given: tuple[str, ...]
) -> None:
    with_uses(admin, f"uses: {ACTION}", f"- {uses}")

    ran = admin.setup("--check", *given)

    told = " ".join(ran.out.split())
    assert (ran.exit_code, ran.states()["workflow deploy.yml"]) == (40, "differs")
    assert "names owner/signed-lambda-deploy" in told
    assert "which is a placeholder" in told
    assert "Edit `uses:`" in told
    assert "--action OWNER/signed-lambda-deploy@COMMIT" in told


@pytest.mark.parametrize(
    "uses",
    [
        (f"uses: acme/signed-lambda-deploy@{'f' * 40}",),
        (f"uses: zeta/signed-lambda-deploy@{'0123456789' * 4}",),
        (f"uses: {ACTION}", "uses: acme/signed-lambda-deploy@v1"),
        (f"uses: acme/signed-lambda-deploy/.github/workflows/reusable-deploy.yml@{'f' * 40}",),
    ],
)
def test_a_workflow_with_another_pin_than_the_given_one_differs(
    admin: Admin, uses: tuple[str, ...]
) -> None:
    with_uses(admin, *uses)

    ran = admin.setup("--check", *NAMES)

    told = " ".join(ran.out.split())
    assert (ran.exit_code, ran.states()["workflow deploy.yml"]) == (40, "differs")
    assert f"{uses[-1].removeprefix('uses: ')}, not {ACTION}" in told
    assert "Edit `uses:`, or give --action as the file has it" in told


def test_a_workflow_that_does_not_use_the_given_action_at_all_differs(admin: Admin) -> None:
    with_uses(admin, "uses: ./.github/actions/deploy")

    ran = admin.setup("--check", *NAMES)

    assert (ran.exit_code, ran.states()["workflow deploy.yml"]) == (40, "differs")
    assert f"does not use {ACTION}" in " ".join(ran.out.split())


@pytest.mark.parametrize(
    "uses",
    [
        f"uses: acme/signed-lambda-deploy@{'f' * 40} # v1.2.3",
        "uses: zeta/signed-lambda-deploy@v1",
        "uses: zeta/our-fork@v1",
        "uses: ./.github/actions/deploy",
        f"uses: {ACTION} # uses: owner/signed-lambda-deploy@v1",
    ],
)
def test_a_workflow_with_a_pin_of_ones_own_is_ok_where_none_is_given(
    admin: Admin, uses: str
) -> None:
    with_uses(admin, uses)

    ran = admin.setup("--check", *UNPINNED)

    assert (ran.exit_code, ran.states()["workflow deploy.yml"]) == (0, "ok")


@pytest.mark.parametrize(
    "uses",
    [
        ACTION.replace("acme/signed", "Acme/Signed"),
        f'"{ACTION}"',
        ACTION.replace("@", "/.github/workflows/reusable-deploy.yml@"),
    ],
)
def test_a_workflow_with_the_given_pin_is_ok_however_it_is_written(admin: Admin, uses: str) -> None:
    with_uses(admin, f"uses: {uses}")

    ran = admin.setup("--check", *NAMES)

    assert (ran.exit_code, ran.states()["workflow deploy.yml"]) == (0, "ok")


def test_a_folder_that_leads_out_of_the_repository_is_not_written_to(
    admin: Admin, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (admin.checkout / ".github").symlink_to(outside)

    ran = admin.setup("--apply", *NAMES)

    assert list(outside.iterdir()) == []
    assert (ran.exit_code, ran.states()["workflows"]) == (40, "differs")


def test_a_file_that_cannot_be_written_is_told(admin: Admin) -> None:
    (admin.checkout / ".github").write_text("a file")

    ran = admin.setup("--apply", *NAMES)

    assert (ran.exit_code, "E-SETUP-05" in ran.err) == (40, True)


def test_outside_of_a_checkout_nothing_is_made(admin: Admin, tmp_path: Path) -> None:
    ran = admin.setup("--apply", *NAMES, "--repository", "acme/orders", "--checkout", str(tmp_path))

    assert (ran.exit_code, ran.writes, ran.states()["workflows"]) == (40, [], "unseen")
