"""The sandbox on a port: plain clients, control paths, connections that break, a clean end."""

from __future__ import annotations

import base64
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    ReadTimeoutError,
    ResponseStreamingError,
)

from lambda_sandbox import Sandbox, VirtualClock
from lambda_sandbox.served import Served
from lambda_sandbox.server import Server
from tests.unit.sandbox.rig import ROLE, refused, sha256, zipped

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(__file__).parents[3] / "src"


class Port:
    """A sandbox with a virtual clock behind a real socket."""

    def __init__(self, server: Server, served: Served) -> None:
        self.served = served
        self.url = f"http://127.0.0.1:{server.port}"

    def client(self, service: str, **config: Any) -> Any:  # noqa: ANN401 - a boto3 client
        """A plain client, path style, without retries."""
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="eu-west-1",
            aws_access_key_id="any",
            aws_secret_access_key="any",
            config=Config(
                retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, **config
            ),
        )

    def ask(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        """A control path's answer."""
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(f"{self.url}/_sandbox/{path}", data, method=method)) as answer:
            return json.load(answer)

    def function(self) -> Any:  # noqa: ANN401 - a boto3 client
        """A Lambda client, and a function that is Active."""
        lambda_ = self.client("lambda")
        lambda_.create_function(
            FunctionName="orders",
            Role=ROLE,
            Runtime="python3.13",
            Handler="a.b",
            Code={"ZipFile": zipped()},
        )
        self.ask("POST", "clock", {"advance": 60})
        return lambda_


@pytest.fixture
def port() -> Iterator[Port]:
    """A served sandbox."""
    served = Served(lambda: Sandbox(clock=VirtualClock()))
    server = Server("127.0.0.1", 0, served.app)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield Port(server, served)
    finally:
        server.stop()
        thread.join(5)
        server.server_close()


def test_plain_clients_of_every_protocol_work(port: Port) -> None:
    lambda_ = port.function()
    s3 = port.client("s3")
    s3.create_bucket(Bucket="b-1", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="b-1", Key="a b/ü+%", Body=b"x", Metadata={"Run_Id": "ü".encode().hex()})

    assert s3.get_object(Bucket="b-1", Key="a b/ü+%")["Body"].read() == b"x"
    assert port.client("sts").get_caller_identity()["Account"] == "111122223333"
    assert port.client("iam").list_roles()["Roles"] == []
    assert port.client("signer").list_signing_profiles()["profiles"] == []
    assert port.client("cloudwatch").describe_alarms()["MetricAlarms"] == []
    assert lambda_.get_function_configuration(FunctionName="orders")["State"] == "Active"


def test_code_location_is_an_url_of_this_port_and_serves_that_version(port: Port) -> None:
    lambda_ = port.function()
    lambda_.publish_version(FunctionName="orders")
    lambda_.update_function_code(FunctionName="orders", ZipFile=zipped("two"))

    url = lambda_.get_function(FunctionName="orders", Qualifier="1")["Code"]["Location"]
    with urlopen(url) as answer:
        body = answer.read()

    assert url.startswith(f"{port.url}/awslambda-eu-west-1-tasks/snapshots/")
    assert sha256(body) == sha256(zipped("one"))


def test_big_put_does_not_wait_for_continue(port: Port) -> None:
    s3 = port.client("s3")
    s3.create_bucket(Bucket="b-1", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    begun = time.monotonic()

    s3.put_object(Bucket="b-1", Key="k", Body=bytes(3_000_000))

    assert time.monotonic() - begun < 0.9
    assert s3.head_object(Bucket="b-1", Key="k")["ContentLength"] == 3_000_000


def test_connection_is_kept_between_requests(port: Port) -> None:
    connection = http.client.HTTPConnection(urlsplit(port.url).netloc, timeout=5)
    sockets = set()
    for _ in range(3):
        connection.request("GET", "/_sandbox/health")
        connection.getresponse().read()
        sockets.add(id(connection.sock))
    connection.close()

    assert len(sockets) == 1


def test_chunked_request_bodies_are_read(port: Port) -> None:
    connection = http.client.HTTPConnection(urlsplit(port.url).netloc, timeout=5)
    parts = [b'{"adv', b'ance": 5}']

    connection.request(
        "POST",
        "/_sandbox/clock",
        iter(parts),
        headers={"Transfer-Encoding": "chunked"},
        encode_chunked=True,
    )
    answer = connection.getresponse()
    told = json.load(answer)
    connection.close()

    assert (answer.status, told["now"]) == (200, "2026-01-05T09:00:05+00:00")


@pytest.mark.parametrize(
    ("kind", "seen"),
    [
        ("conn_before", (ConnectionClosedError, EndpointConnectionError)),
        ("lost_after", ConnectionClosedError),
    ],
)
def test_broken_connections_look_broken(
    port: Port, kind: str, seen: type[Exception] | tuple[type[Exception], ...]
) -> None:
    lambda_ = port.function()
    port.ask("POST", "faults", {"op": "PublishVersion", "kind": kind})

    with pytest.raises(seen):
        lambda_.publish_version(FunctionName="orders")

    versions = lambda_.list_versions_by_function(FunctionName="orders")["Versions"]
    assert len(versions) == (1 if kind == "conn_before" else 2)


def test_timeout_holds_the_connection_until_the_client_gives_up(port: Port) -> None:
    port.function()
    impatient = port.client("lambda", read_timeout=0.3)
    port.ask("POST", "faults", {"op": "GetFunction", "kind": "timeout_after", "latency": 30})

    with pytest.raises(ReadTimeoutError):
        impatient.get_function(FunctionName="orders")

    assert port.ask("GET", "calls")["calls"][-1]["operation"] == "GetFunction"


def test_truncated_download_is_noticed(port: Port) -> None:
    s3 = port.client("s3")
    s3.create_bucket(Bucket="b-1", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="b-1", Key="k", Body=bytes(1000))
    port.ask("POST", "faults", {"op": "s3:GetObject", "kind": "truncated"})

    with pytest.raises(ResponseStreamingError):
        s3.get_object(Bucket="b-1", Key="k")["Body"].read()


def test_truncated_answer_loses_its_members_and_keeps_its_effect(port: Port) -> None:
    lambda_ = port.function()
    port.ask("POST", "faults", {"op": "PublishVersion", "kind": "truncated"})

    answer = lambda_.publish_version(FunctionName="orders")

    assert "Version" not in answer
    assert len(lambda_.list_versions_by_function(FunctionName="orders")["Versions"]) == 2


@pytest.mark.parametrize(
    ("order", "code", "status"),
    [
        ({"op": "GetFunction"}, "TooManyRequestsException", 429),
        ({"op": "GetFunction", "code": 429}, "TooManyRequestsException", 429),
        ({"operation": "lambda:GetFunction", "code": 500}, "ServiceException", 500),
        ({"op": "GetFunction", "code": 418}, "ServiceException", 418),
        ({"op": "GetFunction", "code": "denied"}, "AccessDeniedException", 403),
        (
            {"op": "GetFunction", "code": "ResourceConflictException"},
            "ResourceConflictException",
            409,
        ),
        ({"op": "*", "code": "Odd", "status": 499, "message": "m"}, "Odd", 499),
    ],
)
def test_faults_are_ordered_by_kind_code_or_status(
    port: Port, order: dict[str, object], code: str, status: int
) -> None:
    lambda_ = port.function()
    pending = port.ask("POST", "faults", order)["faults"]

    with refused(code, status):
        lambda_.get_function(FunctionName="orders")

    assert len(pending) == 1
    assert port.ask("GET", "faults")["faults"] == []
    assert lambda_.get_function(FunctionName="orders")["Code"]


def test_faults_can_be_cancelled(port: Port) -> None:
    lambda_ = port.function()
    port.ask("POST", "faults", [{"op": "GetFunction", "times": None}, {"op": "GetAlias"}])

    assert port.ask("DELETE", "faults") == {"faults": []}
    assert lambda_.get_function(FunctionName="orders")["Code"]


def test_calls_are_told_as_json_with_bodies_by_size(port: Port) -> None:
    port.function()

    (call,) = port.ask("GET", "calls")["calls"]

    assert (call["operation"], call["status"], call["write"]) == ("CreateFunction", 201, True)
    assert call["params"]["Code"] == {"ZipFile": {"bytes": len(zipped())}}
    assert port.ask("DELETE", "calls") == {"calls": []}


def test_acts_take_bytes_as_base64(port: Port) -> None:
    lambda_ = port.function()
    code = base64.b64encode(zipped("evil")).decode()

    result = port.ask("POST", "acts/console_edit_code", {"fn": "orders", "zip_bytes": code})

    assert result == {"result": sha256(zipped("evil"))}
    found = lambda_.get_function_configuration(FunctionName="orders")
    assert found["CodeSha256"] == sha256(zipped("evil"))


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "acts/_call", {}, 400),
        ("POST", "acts/nonsense", {}, 400),
        ("POST", "acts/publish", {"fn": "nobody"}, 404),
        ("POST", "acts/publish", {"colour": "red"}, 400),
        ("POST", "faults", {"op": "GetFunction", "kind": "nonsense"}, 400),
        ("POST", "clock", {}, 400),
        ("GET", "nonsense", None, 404),
        ("PUT", "calls", {}, 404),
    ],
)
def test_wrong_control_requests_are_told(
    port: Port, method: str, path: str, body: object, status: int
) -> None:
    connection = http.client.HTTPConnection(urlsplit(port.url).netloc, timeout=5)
    connection.request(method, f"/_sandbox/{path}", json.dumps(body) if body is not None else None)
    answer = connection.getresponse()
    told = json.load(answer)
    connection.close()

    assert answer.status == status
    assert told["error"]


def test_reset_starts_an_empty_world(port: Port) -> None:
    lambda_ = port.function()

    port.ask("POST", "reset", {})

    assert lambda_.list_functions()["Functions"] == []


def test_root_certificate_is_served(port: Port) -> None:
    with urlopen(f"{port.url}/_sandbox/signer-root.pem") as answer:
        pem = answer.read()

    assert pem.startswith(b"-----BEGIN CERTIFICATE-----")
    assert pem == port.served.sandbox.signer_root_pem


def test_mistake_of_the_sandbox_is_a_500_with_its_traceback(
    port: Port, capsys: pytest.CaptureFixture[str]
) -> None:
    lambda_ = port.function()
    port.served.sandbox.lambda_state.functions["orders"].latest.configuration["Nonsense"] = 1

    with pytest.raises(ClientError) as caught:
        lambda_.get_function(FunctionName="orders")

    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert "FunctionConfiguration has no ['Nonsense']" in capsys.readouterr().err


@contextmanager
def program(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The program on a free port, and its first line."""
    command = [sys.executable, "-m", "lambda_sandbox", "--port", "0", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline()
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_program_tells_when_it_is_ready_and_ends_cleanly(
    number: signal.Signals, tmp_path: Path
) -> None:
    root = tmp_path / "root.pem"

    with program("--root-out", str(root), "--settle", "0.1", "--signing", "0.1") as (process, line):
        url = line.split()[-1]
        with urlopen(f"{url}/_sandbox/signer-root.pem") as answer:
            served = answer.read()
        process.send_signal(number)
        _, errors = process.communicate(timeout=10)

    assert line.startswith("lambda_sandbox ready on http://127.0.0.1:")
    assert (process.returncode, errors) == (0, "")
    assert root.read_bytes() == served
