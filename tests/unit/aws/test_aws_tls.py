"""One TLS context for all connections: certificates are read once, servers are still verified."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import pytest
from botocore import httpsession
from botocore.exceptions import SSLError

from signed_lambda.aws import tls
from signed_lambda.aws.session import make_clients
from tests.support.canned import Reply
from tests.support.certified import certified
from tests.unit.aws.local_server import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEYS = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
NOBODY = (
    b'<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
    b"<GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/a</Arn><UserId>A</UserId>"
    b"<Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
)


@pytest.fixture(autouse=True)
def anew() -> Iterator[None]:
    """The context of the process is made anew, and what a test has it trust is forgotten."""
    tls.context.cache_clear()
    yield
    tls.context.cache_clear()


def clients(url: str) -> Any:  # noqa: ANN401 - botocore's
    """Clients of a server on loopback."""
    return make_clients(KEYS, region="eu-west-1", endpoint_url=url, mask=lambda _: None)


def test_certificates_are_read_once_for_all_clients(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = tmp_path / "roots.pem"
    context = certified(pem, "127.0.0.1")
    monkeypatch.setattr(httpsession, "where", lambda: str(pem))

    with serving(lambda _: Reply(NOBODY), context) as server:
        made = clients(server.url)
        first = made.sts.get_caller_identity()
        pem.unlink()
        others = [clients(server.url).sts.get_caller_identity() for _ in range(2)]

    accounts = [answer["Account"] for answer in (first, *others)]
    assert accounts == ["111122223333"] * 3


@pytest.mark.parametrize("wrong", ["nobody vouches for it", "another host's"])
def test_a_server_that_is_not_the_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    pem, other = tmp_path / "roots.pem", tmp_path / "other.pem"
    context = certified(pem, "127.0.0.2")
    certified(other, "127.0.0.1")
    trusted = pem if wrong == "another host's" else other
    monkeypatch.setattr(httpsession, "where", lambda: str(trusted))

    with (
        serving(lambda _: Reply(NOBODY), context) as server,
        pytest.raises(SSLError, match=r"mismatch|verify failed"),
    ):
        clients(server.url).sts.get_caller_identity()


def test_what_cannot_be_read_is_told_where_it_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(httpsession, "where", lambda: "/nowhere/roots.pem")

    tls.read_ahead()

    with pytest.raises(OSError, match="No such file"):
        tls.trusting()


def test_no_keys_are_logged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys.log"))

    assert tls.context().keylog_filename is None
    assert tls.context().verify_mode == ssl.CERT_REQUIRED
    assert tls.context().minimum_version >= ssl.TLSVersion.TLSv1_2
