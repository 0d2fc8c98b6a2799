"""Code from a presigned URL: only from AWS, whole, and never told to anybody."""

from __future__ import annotations

import hashlib
from io import BytesIO
from typing import TYPE_CHECKING

import pytest

from signed_lambda.aws import UrlFetch
from signed_lambda.aws.calls import Repeat
from signed_lambda.aws.download import CodeSource
from signed_lambda.aws.files import PACKAGE_LIMIT_BYTES, store
from signed_lambda.cloud import Download
from signed_lambda.errors import AwsError, DeployError, TargetError
from signed_lambda.model import FunctionName, Sha256
from tests.support.aws import unmasked
from tests.support.canned import Reply, bench, ok, refused
from tests.support.certified import certified
from tests.unit.aws import good
from tests.unit.aws.local_server import serving

if TYPE_CHECKING:
    from pathlib import Path

FN = FunctionName("fn")
HASH = Sha256(hashlib.sha256(good.ZIP).digest())
SECRET = "X-Amz-Signature=canary-presigned"


class _Noting:
    """A downloader that notes what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    def __call__(self, url: str, to: Path, limit_bytes: int) -> Download:
        self.asked.append((url, limit_bytes))
        return Download(to, HASH, 22, None)


# -- from where


@pytest.mark.parametrize(
    "url",
    [
        f"https://awslambda-eu-west-1-tasks.s3.eu-west-1.amazonaws.com/x?{SECRET}",
        f"https://prod-iad-2014-tasks.s3.amazonaws.com:443/x?{SECRET}",
        f"https://awslambda-cn-north-1-tasks.s3.cn-north-1.amazonaws.com.cn/x?{SECRET}",
        f"https://tasks.s3.eusc-de-east-1.amazonaws.eu/x?{SECRET}",
        f"https://BUCKET.S3.AMAZONAWS.COM/x?{SECRET}",
    ],
)
def test_code_of_aws_is_downloaded(url: str, tmp_path: Path) -> None:
    fetch = _Noting()

    CodeSource(fetch, None).fetch(url, tmp_path / "k", "arn")

    assert fetch.asked == [(url, PACKAGE_LIMIT_BYTES)]


@pytest.mark.parametrize(
    "url",
    [
        f"http://awslambda-eu-west-1-tasks.s3.eu-west-1.amazonaws.com/x?{SECRET}",
        f"https://evilamazonaws.com/x?{SECRET}",
        f"https://amazonaws.com.evil.example/x?{SECRET}",
        f"https://s3.amazonaws.com@evil.example/x?{SECRET}",
        f"https://evil.example/.amazonaws.com?{SECRET}",
        f"https://evil.example#.amazonaws.com?{SECRET}",
        f"https://evil.example\\.amazonaws.com/?{SECRET}",
        f"https://s3.amazonaws.com:8443/x?{SECRET}",
        f"https://user@s3.amazonaws.com/x?{SECRET}",
        f"https://s3.amazonaws.com:99999/x?{SECRET}",
        f"https://[::1/x?{SECRET}",
        "file:///etc/passwd",
        "s3://bucket/key",
        "//s3.amazonaws.com/x",
        "",
        f"http://127.0.0.1:4566/x?{SECRET}",
        f"https://169.254.169.254/latest?{SECRET}",
    ],
)
def test_code_of_elsewhere_is_refused_without_a_request(url: str, tmp_path: Path) -> None:
    fetch = _Noting()

    with pytest.raises(AwsError) as caught:
        CodeSource(fetch, None).fetch(url, tmp_path / "k", "arn:fn:7")

    assert caught.value.problems[0].id == "E-AWS-06"
    assert "arn:fn:7" in str(caught.value)
    assert "canary" not in str(caught.value)
    assert fetch.asked == []


@pytest.mark.parametrize(
    ("endpoint", "url", "allowed"),
    [
        ("http://127.0.0.1:4566", "http://127.0.0.1:4566/tasks/x", True),
        ("http://127.0.0.1:4566/", "http://127.0.0.1:4566/tasks/x", True),
        ("http://LOCALHOST:4566", "http://localhost:4566/x", True),
        ("https://aws.test", "https://aws.test:443/x", True),
        ("http://127.0.0.1:4566", "http://127.0.0.1:4567/x", False),
        ("http://127.0.0.1:4566", "https://127.0.0.1:4566/x", False),
        ("http://127.0.0.1:4566", "http://127.0.0.2:4566/x", False),
        ("http://127.0.0.1:4566", "http://a@127.0.0.1:4566/x", False),
        ("http://127.0.0.1:4566", "http://s3.amazonaws.com/x", False),
        ("http://127.0.0.1:4566", "https://b.s3.amazonaws.com/x", True),
    ],
)
def test_an_endpoint_serves_code_from_exactly_itself(
    endpoint: str,
    url: str,
    allowed: bool,  # noqa: FBT001 - a column of the table
    tmp_path: Path,
) -> None:
    fetch = _Noting()
    source = CodeSource(fetch, endpoint)

    if allowed:
        source.fetch(url, tmp_path / "k", "arn")
    else:
        with pytest.raises(AwsError, match="E-AWS-06"):
            source.fetch(url, tmp_path / "k", "arn")

    assert [asked for asked, _ in fetch.asked] == ([url] if allowed else [])


# -- GetFunction


def test_a_version_is_asked_for_by_number_and_its_url_downloaded(tmp_path: Path) -> None:
    at = bench(ok(good.FUNCTION))
    at.downloads.append(Download(tmp_path / "k", HASH, 22, None))

    found = at.aws().download_code(FN, "7", tmp_path / "k")

    assert found.sha256 == HASH
    assert at.canned.requests[0].url.endswith("/functions/fn?Qualifier=7")
    assert at.fetched == [good.LOCATION]


def test_a_download_that_fails_is_begun_again_with_a_fresh_url(tmp_path: Path) -> None:
    fresh = {**good.FUNCTION, "Code": {"Location": f"{good.LOCATION}-2"}}
    at = bench(ok(good.FUNCTION), ok(fresh))
    at.downloads.extend([Repeat("cut", "it broke"), Download(tmp_path / "k", HASH, 22, None)])

    at.aws().download_code(FN, "7", tmp_path / "k")

    assert at.fetched == [good.LOCATION, f"{good.LOCATION}-2"]
    assert "canary" not in "".join(at.said)


def test_a_download_that_never_succeeds_is_told_without_its_url(tmp_path: Path) -> None:
    at = bench(ok(good.FUNCTION))
    at.downloads.append(Repeat("cut", "it broke"))

    with pytest.raises(AwsError) as caught:
        at.aws().download_code(FN, "7", tmp_path / "k")

    assert caught.value.problems[0].id == "E-AWS-05"
    assert "at lambda:GetFunction: it broke" in str(caught.value)
    assert "canary" not in f"{caught.value}{at.said}{caught.value.__cause__}"


@pytest.mark.parametrize(
    "code",
    [
        {**good.CODE, "ResolvedS3Object": {"S3Bucket": "b", "S3Key": "k"}},
        {**good.CODE, "RepositoryType": "REFERENCE"},
    ],
)
def test_code_that_is_stored_by_reference_is_no_frozen_code(
    code: dict[str, object], tmp_path: Path
) -> None:
    at = bench(ok({**good.FUNCTION, "Code": code}))

    with pytest.raises(TargetError, match="E-TARGET-05"):
        at.aws().download_code(FN, "7", tmp_path / "k")

    assert at.fetched == []


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({**good.FUNCTION, "Code": {"RepositoryType": "S3"}}, "no 'Code.Location'"),
        ({"Configuration": good.VERSION}, "no 'Code'"),
        (
            {
                **good.FUNCTION,
                "Code": {"Error": {"ErrorCode": "KMSDisabled", "Message": "canary-presigned"}},
            },
            "KMSDisabled",
        ),
        ({**good.FUNCTION, "Code": {"Error": {}}}, "no code"),
    ],
)
def test_an_answer_without_code_is_told(
    answer: dict[str, object], said: str, tmp_path: Path
) -> None:
    at = bench(ok(answer))

    with pytest.raises(AwsError) as caught:
        at.aws().download_code(FN, "7", tmp_path / "k")

    assert said in str(caught.value)
    assert "canary" not in str(caught.value)


def test_a_version_that_was_deleted_is_told(tmp_path: Path) -> None:
    at = bench(refused("ResourceNotFoundException", "Function not found: arn:fn:7", 404))

    with pytest.raises(DeployError, match=r"E-AWS-04 lambda:GetFunction .*Function not found"):
        at.aws().download_code(FN, "7", tmp_path / "k")


# -- over a socket


def test_a_url_is_downloaded_hashed_and_without_credentials(tmp_path: Path) -> None:
    to = tmp_path / "k.zip"

    with serving(lambda _: Reply(good.ZIP)) as server:
        found = UrlFetch(unmasked)(f"{server.url}/x?{SECRET}", to, 1000)

    assert (found.sha256, found.size_bytes, found.version_id) == (HASH, 22, None)
    assert to.read_bytes() == good.ZIP
    assert server.asked[0].line == f"GET /x?{SECRET}"
    assert "authorization" not in server.asked[0].headers
    assert "cookie" not in server.asked[0].headers


def test_what_makes_a_url_a_bearer_token_is_masked_before_it_is_used(tmp_path: Path) -> None:
    masked: list[tuple[str, int]] = []
    query = "X-Amz-Security-Token=a%2Fb%3D&X-Amz-Signature=0f1e&X-Amz-SignedHeaders=host&x-id=Get"

    with serving(lambda _: Reply(good.ZIP)) as server:
        fetch = UrlFetch(lambda secret: masked.append((secret, len(server.asked))))
        fetch(f"{server.url}/x?{query}", tmp_path / "k", 1000)

    assert masked == [("a/b=", 0), ("0f1e", 0)]


@pytest.mark.parametrize(
    ("reply", "kind", "said"),
    [
        (Reply(good.ZIP, 200, {"content-length": "5000"}), "cut", "broke off"),
        (Reply(b"", 403), "cut", "status 403"),
        (Reply(b"", 503), "failing", "status 503"),
        (Reply(b"", 302, {"location": "https://evil.example/"}), "cut", "status 302"),
        (Reply(b"", 206), "cut", "status 206"),
    ],
)
def test_what_is_not_the_whole_code_is_asked_for_again(
    reply: Reply, kind: str, said: str, tmp_path: Path
) -> None:
    with serving(lambda _: reply) as server, pytest.raises(Repeat) as caught:
        UrlFetch(unmasked)(f"{server.url}/x?{SECRET}", tmp_path / "k", 10_000)

    assert caught.value.kind == kind
    assert said in caught.value.reason
    assert "canary" not in f"{caught.value.reason}{caught.value.__cause__}"
    assert len(server.asked) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("said", [0, 21, 23])
def test_another_number_of_bytes_than_was_said_is_not_kept(said: int, tmp_path: Path) -> None:
    with pytest.raises(Repeat, match=f"22 of {said} bytes of it"):
        store(BytesIO(good.ZIP), tmp_path / "k", size_bytes=said, what="it")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("headers", [{}, {"transfer-encoding": "chunked", "content-length": "x"}])
def test_more_than_the_limit_is_refused_while_it_arrives(
    headers: dict[str, str], tmp_path: Path
) -> None:
    body = good.ZIP * 10
    if headers:
        body = b"dc\r\n" + body + b"\r\n0\r\n\r\n"

    with serving(lambda _: Reply(body, 200, headers)) as server, pytest.raises(AwsError) as caught:
        UrlFetch(unmasked)(f"{server.url}/x?{SECRET}", tmp_path / "k", 100)

    assert caught.value.problems[0].id == "E-AWS-06"
    assert list(tmp_path.iterdir()) == []


def test_a_host_that_does_not_answer_is_asked_again(tmp_path: Path) -> None:
    with serving(lambda _: Reply()) as server:
        url = f"{server.url}/x?{SECRET}"

    with pytest.raises(Repeat) as caught:
        UrlFetch(unmasked)(url, tmp_path / "k", 100)

    assert caught.value.kind == "unreachable"
    assert "canary" not in caught.value.reason


def test_a_host_that_nobody_vouches_for_is_not_downloaded_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = certified(tmp_path / "server.pem", "127.0.0.1")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "server.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys.log"))

    with (
        serving(lambda _: Reply(good.ZIP), context) as server,
        pytest.raises(Repeat, match="SSLError"),
    ):
        UrlFetch(unmasked)(f"{server.url}/x", tmp_path / "k", 1000)

    assert server.asked == []
    assert not (tmp_path / "k").exists()
    assert not (tmp_path / "keys.log").exists()


def test_a_planted_proxy_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(lambda _: Reply(b"", 500)) as proxy, serving(lambda _: Reply(good.ZIP)) as server:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        UrlFetch(unmasked)(f"{server.url}/x", tmp_path / "k", 1000)

    assert proxy.asked == []
