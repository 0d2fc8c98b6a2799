"""An administrator with a function, a checkout and nothing else, and their runs of `setup`."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from lambda_sandbox import Sandbox
from lambda_sandbox.estate import first_code
from signed_lambda.aws import make_clients
from signed_lambda.aws.setup import AwsSetup
from signed_lambda.clock import Deadline
from signed_lambda.console import Terminal
from signed_lambda.setup.command import main
from tests.support.aws import on_transport, session_of, shared_clients, unmasked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from lambda_sandbox.calls import Call
    from signed_lambda.aws import Clients
    from signed_lambda.setup.account import Account
    from signed_lambda.setup.arguments import Arguments
    from tests.support.aws import Transport

NUMBERS = ("--owner-id", "11", "--repository-id", "22")
ACTION = f"acme/signed-lambda-deploy@{'0123456789' * 4}"
NAMES = (*NUMBERS, "--profile", "orders_live", "--action", ACTION)
BUCKET = "signed-lambda-111122223333-eu-west-1"


@dataclass(frozen=True)
class Ran:
    """How a run of `setup` ended.

    Attributes:
        calls: What reached AWS during the run.
    """

    exit_code: int
    out: str
    err: str
    calls: tuple[Call, ...]

    @property
    def writes(self) -> list[str]:
        """Operations that changed something in AWS."""
        return [c.operation for c in self.calls if c.write and c.status < 400]

    def states(self) -> dict[str, str]:
        """The state of each part, as the last look told it."""
        words = ("ok", "missing", "differs", "unseen")
        lines = [line[2:] for line in self.out.splitlines() if line[2:11].strip() in words]
        return {line[9:].partition(":")[0]: line[:9].strip() for line in lines}


class Admin:
    """The world.

    Attributes:
        transport: Carries every request; the sandbox's own unless a test puts another there.
        clients: None: those of the account's owner, who may do everything.
    """

    def __init__(self, folder: Path, function: str = "orders") -> None:
        self.sandbox = Sandbox()
        self.checkout = folder / "checkout"
        (self.checkout / ".git").mkdir(parents=True)
        (self.checkout / ".git" / "config").write_text(
            '[core]\n\tbare = false\n[remote "origin"]\n\turl = git@github.com:acme/orders.git\n'
            "\tfetch = +refs/heads/*:refs/remotes/origin/*\n"
        )
        self.transport: Transport = self.sandbox.before_send
        self.clients: Clients | None = None
        self.function = function
        lambda_ = self.client("lambda")
        lambda_.create_function(
            FunctionName=function,
            Runtime="python3.13",
            Role="arn:aws:iam::111122223333:role/orders",
            Handler="app.handler",
            Code={"ZipFile": first_code()},
        )
        self.sandbox.clock.sleep(5)

    def client(self, service: str) -> Any:  # noqa: ANN401 - of any service
        """A boto3 client of the account's owner, for arranging and asserting."""
        on_transport(self.sandbox.before_send)
        return _clients_by_name(shared_clients())[service]()

    def setup(self, *arguments: str, env: Mapping[str, str] | None = None) -> Ran:
        """Runs `signed_lambda setup --function orders ...`."""
        begun = len(self.sandbox.calls)
        out, err = io.StringIO(), io.StringIO()
        given = ("--function", self.function, "--checkout", str(self.checkout), *arguments)
        code = main(given, Terminal(env or {}, io.StringIO(), out, err), self._connect)
        return Ran(code, out.getvalue(), err.getvalue(), tuple(self.sandbox.calls[begun:]))

    def applied(self, *arguments: str) -> Ran:
        """A setup that must succeed."""
        ran = self.setup("--apply", *NAMES, *arguments)
        assert ran.exit_code == 0, ran.out + ran.err
        return ran

    def only_allowed(self, document: str) -> None:
        """From now on runs are by a user with this policy and nothing else."""
        iam = self.client("iam")
        name = f"admin-{len(iam.list_users()['Users'])}"
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="setup", PolicyDocument=document)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        session = session_of(key["AccessKeyId"], key["SecretAccessKey"])
        session.register("before-send", self.sandbox.before_send)
        self.clients = make_clients(
            {}, region="eu-west-1", endpoint_url=None, mask=unmasked, session=session
        )

    def picture(self) -> dict[str, object]:
        """All that setup makes, without the ids that differ from world to world."""
        lambda_, iam, s3 = self.client("lambda"), self.client("iam"), self.client("s3")
        configs = lambda_.list_code_signing_configs()["CodeSigningConfigs"]
        attached = lambda_.get_function_code_signing_config(FunctionName=self.function)
        profiles = self.client("signer").list_signing_profiles()["profiles"]
        return {
            "buckets": {b["Name"]: _settings(s3, b["Name"]) for b in s3.list_buckets()["Buckets"]},
            "profiles": [(p["profileName"], p["platformId"], p["status"]) for p in profiles],
            "configurations": [
                (
                    c["Description"],
                    c["CodeSigningPolicies"],
                    c["AllowedPublishers"]["SigningProfileVersionArns"]
                    == [p["profileVersionArn"] for p in profiles],
                    c["CodeSigningConfigArn"] == attached.get("CodeSigningConfigArn"),
                )
                for c in configs
            ],
            "providers": [
                iam.get_open_id_connect_provider(OpenIDConnectProviderArn=p["Arn"])["ClientIDList"]
                for p in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
            ],
            "roles": {r["RoleName"]: _role(iam, r) for r in iam.list_roles()["Roles"]},
            "files": {
                str(p.relative_to(self.checkout)): p.read_text()
                for p in sorted(self.checkout.rglob("*"))
                if p.is_file() and ".git/" not in str(p)
            },
        }

    def _connect(
        self, given: Arguments, _environ: Mapping[str, str], say: Callable[[str], None]
    ) -> Account:
        on_transport(self.transport)
        clock = self.sandbox.clock
        return AwsSetup(
            self.clients or shared_clients(given.region or "eu-west-1"),
            clock=clock,
            deadline=Deadline.after(clock, 600, lambda *_: None),
            say=say,
            mask=unmasked,
            jitter=lambda: 1.0,
        )


@cache
def _clients_by_name(clients: Clients) -> dict[str, Callable[[], Any]]:
    return {
        "lambda": lambda: clients.lambda_,
        "s3": lambda: clients.s3,
        "signer": lambda: clients.signer,
        "iam": clients.iam,
    }


def _settings(s3: Any, bucket: str) -> dict[str, object]:  # noqa: ANN401 - a boto3 client
    members = {
        "versioning": (s3.get_bucket_versioning, "Status"),
        "encryption": (s3.get_bucket_encryption, "ServerSideEncryptionConfiguration"),
        "public": (s3.get_public_access_block, "PublicAccessBlockConfiguration"),
        "policy": (s3.get_bucket_policy, "Policy"),
        "region": (s3.get_bucket_location, "LocationConstraint"),
    }
    return {name: call(Bucket=bucket).get(member) for name, (call, member) in members.items()}


def _role(iam: Any, role: dict[str, Any]) -> dict[str, object]:  # noqa: ANN401 - a boto3 client
    name = role["RoleName"]
    return {
        "trust": role["AssumeRolePolicyDocument"],
        "attached": iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"],
        "inline": {
            p: iam.get_role_policy(RoleName=name, PolicyName=p)["PolicyDocument"]
            for p in iam.list_role_policies(RoleName=name)["PolicyNames"]
        },
    }
