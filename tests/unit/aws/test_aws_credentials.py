"""Credentials that are fetched: a role by web identity, a container's service. Over a socket."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest

from lambda_sandbox.core import VirtualClock
from signed_lambda.aws import Aws, UrlFetch, make_clients
from signed_lambda.clock import Deadline
from signed_lambda.errors import IdentityError
from signed_lambda.signals import StopFlag
from tests.support.aws import unmasked
from tests.support.canned import Reply, sts_refused, xml
from tests.unit.aws import good
from tests.unit.aws.local_server import Asked, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

ROLE = "arn:aws:iam::111122223333:role/deploy"
ASSUMED = xml(
    "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>"
    "<AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
    "<SessionToken>role-token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>"
    "</Credentials><AssumedRoleUser><Arn>a</Arn><AssumedRoleId>i</AssumedRoleId>"
    "</AssumedRoleUser></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"
)


def _aws(environ: Mapping[str, str], endpoint: str, mask: Callable[[str], None] = unmasked) -> Aws:
    clock = VirtualClock()
    return Aws(
        make_clients(environ, region="eu-west-1", endpoint_url=endpoint, mask=mask),
        clock=clock,
        deadline=Deadline.after(clock, 60, StopFlag().check),
        fetch=UrlFetch(unmasked),
        say=lambda _: None,
    )


@pytest.fixture
def role(tmp_path: Path) -> dict[str, str]:
    token = tmp_path / "token"
    token.write_text("canary-web-identity", encoding="utf-8")
    return {
        "AWS_ROLE_ARN": ROLE,
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(token),
        "AWS_ROLE_SESSION_NAME": "run-1",
    }


def test_a_role_is_assumed_at_the_endpoint_and_its_credentials_used(role: dict[str, str]) -> None:
    def answer(asked: Asked) -> Reply:
        return ASSUMED if b"AssumeRoleWithWebIdentity" in asked.body else good.IDENTITY

    with serving(answer) as server:
        identity = _aws(role, server.url).identity()

    assert identity.account == good.ACCOUNT
    assume, ask = server.asked
    sent = parse_qs(assume.body.decode())
    assert sent["RoleArn"] == [ROLE]
    assert sent["RoleSessionName"] == ["run-1"]
    assert sent["WebIdentityToken"] == ["canary-web-identity"]
    assert "authorization" not in assume.headers
    assert "ASIAROLE" in ask.headers["authorization"]
    assert ask.headers["x-amz-security-token"] == "role-token"


def test_the_given_environment_decides_and_not_the_processs(
    role: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::666666666666:role/planted")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "/etc/hostname")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAPLANTED")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "planted")
    replies = [ASSUMED, good.IDENTITY]

    with serving(lambda _: replies.pop(0)) as server:
        _aws(role, server.url).identity()

    sent = parse_qs(server.asked[0].body.decode())
    assert (sent["RoleArn"], sent["WebIdentityToken"]) == ([ROLE], ["canary-web-identity"])


def test_a_role_needs_no_session_name(role: dict[str, str]) -> None:
    del role["AWS_ROLE_SESSION_NAME"]
    replies = [ASSUMED, good.IDENTITY]

    with serving(lambda _: replies.pop(0)) as server:
        _aws(role, server.url).identity()

    assert b"RoleSessionName=botocore-session-" in server.asked[0].body


def test_a_role_that_does_not_trust_us_is_told_without_the_token(role: dict[str, str]) -> None:
    refusal = sts_refused("AccessDenied", "Not authorized to perform AssumeRole", 403)

    with serving(lambda _: refusal) as server, pytest.raises(IdentityError) as caught:
        _aws(role, server.url).identity()

    assert caught.value.problems[0].id == "E-IDENTITY-09"
    assert "AccessDenied: Not authorized" in str(caught.value)
    assert "trust policy" in str(caught.value)
    assert "canary" not in str(caught.value)


def test_an_expired_web_identity_is_told(role: dict[str, str]) -> None:
    refusal = sts_refused("ExpiredTokenException", "Token expired", 400)

    with serving(lambda _: refusal) as server, pytest.raises(IdentityError):
        _aws(role, server.url).identity()


def test_a_failing_sts_is_asked_again(role: dict[str, str]) -> None:
    replies = [sts_refused("InternalFailure", "", 500), ASSUMED, good.IDENTITY]

    with serving(lambda _: replies.pop(0)) as server:
        identity = _aws(role, server.url).identity()

    assert identity.account == good.ACCOUNT
    assert len(server.asked) == 3


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_token_file_that_cannot_be_read_is_told(
    content: bytes | None, role: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "token").unlink()
    if content is not None:
        (tmp_path / "token").write_bytes(content)

    with serving(lambda _: ASSUMED) as server, pytest.raises(IdentityError) as caught:
        _aws(role, server.url).identity()

    assert caught.value.problems[0].id == "E-IDENTITY-09"
    told = f"AWS_WEB_IDENTITY_TOKEN_FILE names '{tmp_path}/token', which cannot be read"
    assert told in str(caught.value)
    assert server.asked == []


def _container(url: str) -> dict[str, str]:
    return {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{url}/creds",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": "canary-container",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/planted",
    }


def test_a_containers_credentials_are_used() -> None:
    members = {
        "AccessKeyId": "ASIACONTAINER",
        "SecretAccessKey": "s",
        "Token": "t",
        "Expiration": "2099-01-01T00:00:00Z",
    }

    def answer(asked: Asked) -> Reply:
        return Reply(json.dumps(members).encode()) if "creds" in asked.line else good.IDENTITY

    with serving(answer) as server:
        environ = {**_container(server.url), "AWS_ROLE_ARN": ROLE}
        identity = _aws(environ, server.url).identity()

    assert identity.account == good.ACCOUNT
    assert server.asked[0].line == "GET /creds"
    assert server.asked[0].headers["authorization"] == "canary-container"
    assert "ASIACONTAINER" in server.asked[-1].headers["authorization"]


@pytest.mark.parametrize(
    "url", ["http://evil.example", "http://169.254.169.254", "http://10.0.0.1", "nonsense"]
)
def test_a_containers_service_is_on_the_machine(url: str) -> None:
    with pytest.raises(IdentityError) as caught:
        _aws(_container(url), "http://127.0.0.1:9")

    assert caught.value.problems[0].id == "E-IDENTITY-09"
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    "reply", [Reply(b'{"secret": "canary-x"}', 404), Reply(b'{"AccessKeyId": "canary-x"}')]
)
def test_a_containers_service_that_refuses_is_told(reply: Reply) -> None:
    with serving(lambda _: reply) as server:
        environ = _container(server.url)
        with pytest.raises(IdentityError) as caught:
            _aws(environ, server.url).identity()

    assert caught.value.problems[0].id == "E-IDENTITY-09"
    assert "canary" not in str(caught.value)


def test_credentials_that_cannot_be_renewed_are_told_without_the_services_answer() -> None:
    members = {
        "AccessKeyId": "ASIACONTAINER",
        "SecretAccessKey": "s",
        "Token": "t",
        "Expiration": "2020-01-01T00:00:00Z",
    }
    replies = [Reply(json.dumps(members).encode())] + [Reply(b"canary-x", 500)] * 9

    with serving(lambda _: replies.pop(0)) as server:
        aws = _aws(_container(server.url), server.url)
        with pytest.raises(IdentityError) as caught:
            aws.identity()

    assert "E-IDENTITY-09" in str(caught.value)
    assert "canary" not in f"{caught.value}{caught.value.__cause__}"


# -- what was fetched is masked before it is first used


class Masked(list[str]):
    """What was masked, and how many requests had been sent by then."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: dict[str, int] = {}
        self.count: Callable[[], int] = lambda: 0

    def __call__(self, secret: str) -> None:
        """Masks."""
        self.append(secret)
        self.sent.setdefault(secret, self.count())


def test_a_roles_credentials_and_its_web_identity_are_masked_before_they_are_used(
    role: dict[str, str],
) -> None:
    masked = Masked()
    replies = [ASSUMED, good.IDENTITY]

    with serving(lambda _: replies.pop(0)) as server:
        masked.count = lambda: len(server.asked)
        _aws(role, server.url, masked).identity()

    assert masked.sent == {"canary-web-identity": 0, "s": 1, "role-token": 1}


def _members(secret: str, expiration: str) -> Reply:
    members = {
        "AccessKeyId": "ASIACONTAINER",
        "SecretAccessKey": secret,
        "Token": f"token of {secret}",
        "Expiration": expiration,
    }
    return Reply(json.dumps(members).encode())


def test_a_containers_credentials_and_the_token_for_them_are_masked(tmp_path: Path) -> None:
    masked, token = Masked(), tmp_path / "token"
    token.write_text("canary-from-file", encoding="utf-8")
    replies = [_members("first", "2099-01-01T00:00:00Z"), good.IDENTITY, good.IDENTITY]

    with serving(lambda _: replies.pop(0)) as server:
        masked.count = lambda: len(server.asked)
        named = {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(token)}
        aws = _aws(_container(server.url) | named, server.url, masked)
        aws.identity()
        aws.identity()

    assert masked.sent == {"canary-from-file": 0, "first": 1, "token of first": 1}
    assert masked.count() == 3
    assert len(masked) == 3


def test_credentials_that_were_renewed_are_masked_again() -> None:
    masked = Masked()
    replies = [
        _members("first", "2020-01-01T00:00:00Z"),
        _members("second", "2099-01-01T00:00:00Z"),
        good.IDENTITY,
    ]

    with serving(lambda _: replies.pop(0)) as server:
        masked.count = lambda: len(server.asked)
        _aws(_container(server.url), server.url, masked).identity()

    assert masked.sent == {"canary-container": 0, "second": 2, "token of second": 2}


def test_given_credentials_are_masked_too() -> None:
    masked = Masked()
    given = {
        "AWS_ACCESS_KEY_ID": "AKIAGIVEN",
        "AWS_SECRET_ACCESS_KEY": "given-secret",
        "AWS_SESSION_TOKEN": "given-token",
    }

    with serving(lambda _: good.IDENTITY) as server:
        _aws(given, server.url, masked).identity()

    assert masked == ["given-secret", "given-token"]
