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
from tests.support.admin import BUCKET, NAMES, Admin
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
