"""The clients: nothing that a checkout or an earlier step plants redirects them."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import botocore
import pytest

from signed_lambda.aws import make_clients
from signed_lambda.aws.session import Keys
from signed_lambda.errors import IdentityError, InputError
from tests.support.aws import unmasked

if TYPE_CHECKING:
    from collections.abc import Mapping

KEYS = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "canary-secret"}
SRC = str(Path(__file__).parents[3] / "src")

# Sends one request of each client to a before-send hook and prints where it would have gone.
PROBE = """
import json, os, sys
sys.path[:0] = [sys.argv[1], os.environ["HOME"]]  # the home: so that a plugin could be imported
from botocore.awsrequest import AWSResponse
seen = []

def note(request, **_):
    from io import BytesIO
    from urllib3.response import HTTPResponse
    seen.append(request.url)
    raw = HTTPResponse(BytesIO(b""), status=404, preload_content=False)
    return AWSResponse(request.url, 404, {"x-amzn-errortype": "ResourceNotFoundException"}, raw)

if sys.argv[2] == "ours":
    from signed_lambda.aws import make_clients
    made = make_clients(os.environ, region=None, endpoint_url=None, mask=lambda _: None)
    clients = [made.lambda_, made.s3, made.signer, made.sts, made.invoker(300.0)]
else:
    import boto3
    clients = [boto3.client(name) for name in ("lambda", "s3", "signer", "sts", "lambda")]
calls = [
    lambda c: c.get_alias(FunctionName="fn", Name="live"),
    lambda c: c.get_bucket_versioning(Bucket="artefacts"),
    lambda c: c.get_signing_profile(profileName="prof"),
    lambda c: c.get_caller_identity(),
    lambda c: c.get_alias(FunctionName="fn", Name="live"),
]
keys = set()
for client, call in zip(clients, calls):
    client.meta.events.register("before-send", note)
    credentials = client._request_signer._credentials
    keys.add(credentials.access_key if credentials else None)
    try:
        call(client)
    except Exception:
        pass  # only where it went is of interest
session = [c._endpoint.http_session for c in clients]
print(json.dumps({
    "urls": seen,
    "keys": sorted(map(str, keys)),
    "verify": [s._verify for s in session],
    "proxies": [s._proxy_config._proxies for s in session],
}))
"""


def _plant(home: Path) -> dict[str, str]:
    """Everything that is known to redirect botocore, at once; returns the environment."""
    aws = home / ".aws"
    aws.mkdir(parents=True)
    (aws / "config").write_text(
        "[default]\nregion = us-gov-west-1\nendpoint_url = https://config.evil.example\n"
        "ca_bundle = /planted/ca.pem\n"
        f"credential_process = touch {home}/ran\n"
    )
    (aws / "credentials").write_text(
        "[default]\naws_access_key_id = AKIAPLANTED\naws_secret_access_key = planted\n"
    )
    model = max((Path(botocore.__file__).parent / "data" / "lambda").glob("*/service-2.json*"))
    for folder in (aws / "models", home / "data"):
        for version in (model.parent.name, "2099-01-01"):  # the latest version wins
            target = folder / "lambda" / version
            target.mkdir(parents=True)
            (target / "endpoint-rule-set-1.json").write_text(json.dumps(_RULES))
            (target / model.name).write_bytes(model.read_bytes())
    (home / "planted.py").write_text(f"open({str(home / 'ran')!r}, 'w').close()\n")
    return {
        "HOME": str(home),
        "AWS_CONFIG_FILE": str(aws / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(aws / "credentials"),
        "AWS_DATA_PATH": str(home / "data"),
        "AWS_PROFILE": "default",
        "AWS_CA_BUNDLE": "/planted/ca.pem",
        "REQUESTS_CA_BUNDLE": "/planted/ca.pem",
        "AWS_ENDPOINT_URL": "https://env.evil.example",
        "AWS_ENDPOINT_URL_LAMBDA": "https://lambda.evil.example",
        "AWS_ENDPOINT_URL_S3": "https://s3.evil.example",
        "AWS_ENDPOINT_URL_STS": "https://sts.evil.example",
        "AWS_ENDPOINT_URL_SIGNER": "https://signer.evil.example",
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_USE_DUALSTACK_ENDPOINT": "true",
        "AWS_S3_US_EAST_1_REGIONAL_ENDPOINT": "legacy",
        "AWS_MAX_ATTEMPTS": "50",
        "AWS_CSM_ENABLED": "true",
        "AWS_CSM_HOST": "127.0.0.1",
        "HTTPS_PROXY": "http://proxy.evil.example:3128",
        "https_proxy": "http://proxy.evil.example:3128",
        "ALL_PROXY": "http://proxy.evil.example:3128",
        "BOTOCORE_EXPERIMENTAL__PLUGINS": "planted=planted",
    }


_RULES = {
    "version": "1.0",
    "parameters": {
        "Region": {"type": "string", "builtIn": "AWS::Region"},
        "UseDualStack": {"type": "boolean", "builtIn": "AWS::UseDualStack", "default": False},
        "UseFIPS": {"type": "boolean", "builtIn": "AWS::UseFIPS", "default": False},
        "Endpoint": {"type": "string", "builtIn": "SDK::Endpoint"},
    },
    "rules": [
        {
            "conditions": [],
            "endpoint": {"url": "https://model.evil.example", "properties": {}, "headers": {}},
            "type": "endpoint",
        }
    ],
}


def _probe(which: str, environ: Mapping[str, str]) -> dict[str, list[object]]:
    done = subprocess.run(
        [sys.executable, "-I", "-B", "-c", PROBE, SRC, which],
        env={**environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, list[object]] = json.loads(done.stdout)
    return found


def test_nothing_planted_redirects_the_clients(tmp_path: Path) -> None:
    planted = {**_plant(tmp_path / "home"), **KEYS, "AWS_REGION": "eu-west-1"}

    found = _probe("ours", planted)

    assert found["urls"] == [
        "https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/fn/aliases/live",
        "https://artefacts.s3.eu-west-1.amazonaws.com/?versioning",
        "https://signer.eu-west-1.amazonaws.com/signing-profiles/prof",
        "https://sts.eu-west-1.amazonaws.com/",
        "https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/fn/aliases/live",
    ]
    assert found["keys"] == ["AKIAEXAMPLE"]
    assert found["verify"] == [True] * 5
    assert found["proxies"] == [{}] * 5
    assert not (tmp_path / "home" / "ran").exists()


def test_the_same_plants_redirect_a_plain_boto3_client(tmp_path: Path) -> None:
    """The trap works: without it the test above would prove nothing."""
    planted = {**_plant(tmp_path / "home"), **KEYS, "AWS_REGION": "eu-west-1"}

    everything = _probe("plain", planted)
    del planted["AWS_ENDPOINT_URL"], planted["AWS_ENDPOINT_URL_LAMBDA"]
    models = _probe("plain", {**planted, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"})

    assert all("evil.example" in str(url) for url in everything["urls"])
    assert everything["verify"] == ["/planted/ca.pem"] * 5
    assert "model.evil.example" in str(models["urls"][0])
    assert (tmp_path / "home" / "ran").exists()


def _no_network(*_: object) -> None:
    pytest.fail("credentials were looked for in the network")


@pytest.mark.parametrize("planted", [True, False])
def test_missing_credentials_are_told_without_a_request_whatever_is_planted(
    planted: bool,  # noqa: FBT001 - a parameter of the table
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    environ = _plant(tmp_path / "home") if planted else {}
    for name, value in environ.items():
        if "PLUGIN" not in name:
            monkeypatch.setenv(name, value)
    monkeypatch.setattr(socket.socket, "connect", _no_network)

    with pytest.raises(IdentityError) as caught:
        make_clients(environ, region="eu-west-1", endpoint_url=None, mask=unmasked)

    assert caught.value.problems[0].id == "E-IDENTITY-01"
    assert "configure-aws-credentials" in caught.value.problems[0].do
    assert not (tmp_path / "home" / "ran").exists()


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"AWS_ACCESS_KEY_ID": "k"}, "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not"),
        (
            {"AWS_SECRET_ACCESS_KEY": "canary-secret"},
            "AWS_SECRET_ACCESS_KEY is set and AWS_ACCESS_KEY_ID is not",
        ),
        (
            {"AWS_ROLE_ARN": "arn:aws:iam::1:role/r"},
            "AWS_ROLE_ARN is set and AWS_WEB_IDENTITY_TOKEN_FILE is not",
        ),
        (
            {"AWS_WEB_IDENTITY_TOKEN_FILE": "/t"},
            "AWS_WEB_IDENTITY_TOKEN_FILE is set and AWS_ROLE_ARN is not",
        ),
    ],
)
def test_half_of_the_credentials_names_the_missing_half(environ: dict[str, str], said: str) -> None:
    with pytest.raises(IdentityError) as caught:
        make_clients(environ, region="eu-west-1", endpoint_url=None, mask=unmasked)

    assert caught.value.problems[0].id == "E-IDENTITY-02"
    assert said in str(caught.value)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("region", "nearest"),
    [
        ("eu-west-9", "eu-west-"),
        ("us-esat-1", "us-east-1"),
        ("Frankfurt", ""),
        ("evil.example/", ""),
    ],
)
def test_an_unknown_region_is_told_with_the_nearest(region: str, nearest: str) -> None:
    with pytest.raises(IdentityError) as caught:
        make_clients(KEYS, region=region, endpoint_url=None, mask=unmasked)

    assert caught.value.problems[0].id == "E-IDENTITY-04"
    assert f"Did you mean {nearest}" in str(caught.value)


def test_no_region_is_told() -> None:
    with pytest.raises(IdentityError, match="E-IDENTITY-05"):
        make_clients(KEYS, region=None, endpoint_url=None, mask=unmasked)


@pytest.mark.parametrize(
    ("given", "environ", "used"),
    [
        ("eu-west-1", {"AWS_REGION": "us-east-1"}, "eu-west-1"),
        (None, {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "eu-west-1"}, "us-east-1"),
        ("", {"AWS_DEFAULT_REGION": "cn-north-1"}, "cn-north-1"),
    ],
)
def test_the_input_wins_over_the_environments_region(
    given: str | None, environ: dict[str, str], used: str
) -> None:
    clients = make_clients({**KEYS, **environ}, region=given, endpoint_url=None, mask=unmasked)

    assert clients.region == used
    assert clients.lambda_.meta.region_name == used


def test_an_endpoint_takes_all_calls_and_any_well_formed_region() -> None:
    clients = make_clients(
        KEYS, region="local-test-1", endpoint_url="http://127.0.0.1:4566", mask=unmasked
    )

    for client in (
        clients.lambda_,
        clients.s3,
        clients.signer,
        clients.sts,
        clients.invoker(300.0),
    ):
        assert client.meta.endpoint_url == "http://127.0.0.1:4566"


def test_an_endpoint_gets_the_bucket_in_the_path() -> None:
    clients = make_clients(
        KEYS, region="eu-west-1", endpoint_url="http://aws.test:4566", mask=unmasked
    )

    url = clients.s3.generate_presigned_url("get_object", Params={"Bucket": "b-1", "Key": "k"})

    assert url.startswith("http://aws.test:4566/b-1/k?")


def test_a_region_of_an_emulator_is_of_the_partition_aws() -> None:
    clients = make_clients(
        KEYS, region="local-test-1", endpoint_url="http://127.0.0.1:4566", mask=unmasked
    )

    assert clients.lambda_.meta.partition == "aws"


def test_a_region_that_is_no_host_name_is_refused_at_an_endpoint_too() -> None:
    with pytest.raises(IdentityError, match="E-IDENTITY-04"):
        make_clients(KEYS, region="a.b/c", endpoint_url="http://127.0.0.1:4566", mask=unmasked)


@pytest.mark.parametrize("url", ["nonsense", "127.0.0.1:4566", "http://"])
def test_an_endpoint_that_is_no_url_is_an_input_error(url: str) -> None:
    with pytest.raises(InputError, match="E-INPUT-03"):
        make_clients(KEYS, region="eu-west-1", endpoint_url=url, mask=unmasked)


def test_every_client_has_the_timeouts_and_no_repetitions_of_its_own() -> None:
    clients = make_clients(KEYS, region="eu-west-1", endpoint_url=None, mask=unmasked)

    for client in (clients.lambda_, clients.s3, clients.signer, clients.sts):
        config: Any = client.meta.config  # the stubs lack its options
        assert (config.connect_timeout, config.read_timeout) == (5, 60)
        assert config.retries["total_max_attempts"] == 1
        assert config.tcp_keepalive
    patient: Any = clients.invoker(300.0).meta.config
    assert patient.read_timeout == 300


def test_clients_elsewhere_have_the_other_keys_masked_before_they_are_used() -> None:
    masked: list[str] = []
    made = make_clients(KEYS, region="eu-west-1", endpoint_url=None, mask=masked.append)

    other = made.elsewhere("us-east-1", Keys("AKIAOTHER", "other-secret", "other-token"))

    assert (other.region, other.partition) == ("us-east-1", "aws")
    assert {"other-secret", "other-token"} <= set(masked)
    client: Any = other.lambda_
    used = client._request_signer._credentials
    assert (used.access_key, used.token) == ("AKIAOTHER", "other-token")
    assert client.meta.region_name == "us-east-1"
    assert "other-secret" not in repr(Keys("AKIAOTHER", "other-secret", "other-token"))


def test_clients_of_another_region_keep_our_keys_and_are_made_once() -> None:
    made = make_clients(KEYS, region="eu-west-1", endpoint_url=None, mask=unmasked)

    other = made.elsewhere("us-east-1", None)

    assert made.elsewhere("us-east-1", None) is other
    client: Any = other.signer
    assert client._request_signer._credentials.access_key == KEYS["AWS_ACCESS_KEY_ID"]


def test_a_region_elsewhere_that_nobody_knows_is_told() -> None:
    made = make_clients(KEYS, region="eu-west-1", endpoint_url=None, mask=unmasked)

    with pytest.raises(IdentityError) as caught:
        made.elsewhere("eu-west-9", None)

    assert caught.value.problems[0].id == "E-IDENTITY-04"
    assert "from-function" in caught.value.problems[0].do
