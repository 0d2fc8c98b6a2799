"""The wire: routing by the model, parsing, validation texts, errors, requests that are none."""

from __future__ import annotations

import json
from io import BytesIO

import pytest

from lambda_sandbox import ApiError, Sandbox
from lambda_sandbox.wire.message import Request, request_from_environ
from lambda_sandbox.wire.models import model_of, required_model
from lambda_sandbox.wire.restjson import parse, serialise
from lambda_sandbox.wire.router import router_of
from lambda_sandbox.wire.validation import validate

LAYERS = "/2018-10-31/layers"


def request(method: str, path: str, query: str = "", body: bytes = b"", **headers: str) -> Request:
    """A request with lower-case headers; underscores stand for dashes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(method, "https", "h", path, query, named, body, in_process=True)


def signed_for(service: str) -> str:
    """An Authorization header."""
    return f"AWS4-HMAC-SHA256 Credential=a/20260105/eu-west-1/{service}/aws4_request, Signature=s"


@pytest.mark.parametrize(
    ("service", "made", "operation"),
    [
        ("lambda", request("GET", "/2015-03-31/functions/f"), "GetFunction"),
        ("lambda", request("GET", "/2015-03-31/functions/"), "ListFunctions"),
        ("lambda", request("GET", LAYERS, "find=LayerVersion&Arn=a"), "GetLayerVersionByArn"),
        ("lambda", request("GET", LAYERS), "ListLayers"),
        ("s3", request("GET", "/b"), "ListObjects"),
        ("s3", request("GET", "/b", "list-type=2"), "ListObjectsV2"),
        ("s3", request("GET", "/b", "versioning"), "GetBucketVersioning"),
        ("s3", request("GET", "/b", "notification"), "GetBucketNotificationConfiguration"),
        ("s3", request("PUT", "/b/k"), "PutObject"),
        ("s3", request("PUT", "/b/k", x_amz_copy_source="b/o"), "CopyObject"),
        ("s3", request("PUT", "/b/a/b/c", "partNumber=1&uploadId=u"), "UploadPart"),
        ("signer", request("GET", "/signing-jobs/j"), "DescribeSigningJob"),
    ],
)  # fmt: skip
def test_requests_find_their_operation(service: str, made: Request, operation: str) -> None:
    match = router_of(service).match(made)

    assert match is not None
    assert match.operation.name == operation


def test_path_that_is_no_operation_finds_none() -> None:
    assert router_of("lambda").match(request("GET", "/2015-03-31/nonsense")) is None
    assert router_of("lambda").match(request("BREW", "/2015-03-31/functions")) is None


def test_labels_are_percent_decoded() -> None:
    arn = "arn%3Aaws%3Asigner%3Aeu-west-1%3A1%3A%2Fsigning-profiles%2Fp"

    match = router_of("signer").match(request("GET", f"/tags/{arn}"))

    assert match is not None
    assert match.labels == {"resourceArn": "arn:aws:signer:eu-west-1:1:/signing-profiles/p"}


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b'"x"', b'{"Timeout":"3"}', b'{"Timeout":true}', b'{"Role":1}', b'{"Publish":1}',
     b'{"Code":{"ZipFile":"%%%"}}', b'{"Layers":{}}'],
)  # fmt: skip
def test_bodies_of_another_type_are_serialization_exceptions(body: bytes) -> None:
    made = request("POST", "/2015-03-31/functions", body=body)
    match = router_of("lambda").match(made)
    assert match is not None

    with pytest.raises(ApiError) as caught:
        parse(match, made)

    assert (caught.value.code, caught.value.status) == ("SerializationException", 400)


@pytest.mark.parametrize("query", ["MaxItems=many", "MaxItems="])
def test_query_values_of_another_type_are_serialization_exceptions(query: str) -> None:
    made = request("GET", "/2015-03-31/functions", query)
    match = router_of("lambda").match(made)
    assert match is not None

    with pytest.raises(ApiError, match="SerializationException"):
        parse(match, made)


def test_unknown_members_of_a_request_are_dropped_and_null_is_absent() -> None:
    body = json.dumps({"Name": "a", "Colour": "red", "Description": None}).encode()
    made = request("POST", "/2015-03-31/functions/f/aliases", body=body)
    match = router_of("lambda").match(made)
    assert match is not None

    assert parse(match, made) == {"FunctionName": "f", "Name": "a"}


def test_answer_with_a_member_that_the_model_lacks_is_our_mistake() -> None:
    operation = required_model("lambda").operation_model("GetAlias")

    with pytest.raises(LookupError, match="GetAlias does not answer"):
        serialise(operation, {"Colour": "red"})
    with pytest.raises(LookupError, match="AliasRoutingConfiguration has no"):
        serialise(operation, {"RoutingConfig": {"Colour": "red"}})


def test_all_faults_of_the_parameters_are_told_at_once() -> None:
    shape = required_model("lambda").operation_model("CreateAlias").input_shape

    with pytest.raises(ApiError) as caught:
        validate(shape, {"FunctionName": "f", "Name": "1", "Description": "x" * 257})

    assert caught.value.message == (
        "3 validation errors detected: "
        "Value null at 'functionVersion' failed to satisfy constraint: Member must not be null; "
        "Value '1' at 'name' failed to satisfy constraint: Member must satisfy regular expression "
        "pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+); "
        f"Value '{'x' * 257}' at 'description' failed to satisfy constraint: "
        "Member must have length less than or equal to 256"
    )


def test_members_of_lists_are_told_with_all_their_rules() -> None:
    shape = required_model("lambda").operation_model("CreateFunction").input_shape
    params = {"FunctionName": "f", "Role": "arn:aws:iam::111122223333:role/r", "Code": {}}

    with pytest.raises(ApiError) as caught:
        validate(shape, {**params, "Architectures": ["X86_64"]})

    assert caught.value.message == (
        "1 validation error detected: Value '[X86_64]' at 'architectures' failed to satisfy "
        "constraint: Member must satisfy constraint: [Member must satisfy enum value set: "
        "[x86_64, arm64]]"
    )


def test_members_of_structures_are_told_with_their_path() -> None:
    shape = required_model("lambda").operation_model("CreateFunction").input_shape
    params = {"FunctionName": "f", "Role": "arn:aws:iam::111122223333:role/r", "Code": {}}

    with pytest.raises(ApiError, match=r"at 'vpcConfig\.subnetIds' failed"):
        validate(shape, {**params, "VpcConfig": {"SubnetIds": ["nonsense"]}})


def test_service_that_botocore_does_not_know_has_no_model() -> None:
    assert model_of("nonsense") is None
    with pytest.raises(LookupError):
        required_model("nonsense")


@pytest.mark.parametrize(
    ("made", "status", "text"),
    [
        (request("GET", "/nonsense", authorization=signed_for("lambda")), 404, b"UnknownOperation"),
        (request("GET", "/", authorization=signed_for("nonsense")), 501, b"has no nonsense"),
        (request("GET", "/nobody/key"), 404, b"NoSuchBucket"),
    ],
)  # fmt: skip
def test_requests_to_nobody_are_answered(made: Request, status: int, text: bytes) -> None:
    response = Sandbox().gateway.handle(made)

    assert response.status == status
    assert text in response.body + (response.error or "").encode()


def test_scope_is_found_in_header_and_presigned_query() -> None:
    credential = "AKIA/20260105/eu-west-1/s3/aws4_request"
    header = request("GET", "/", authorization=f"AWS4-HMAC-SHA256 Credential={credential}, X=y")
    query = request("GET", "/", f"X-Amz-Credential={credential.replace('/', '%2F')}")

    for made in (header, query):
        scope = made.scope
        assert scope is not None
        assert (scope.access_key, scope.region, scope.service) == ("AKIA", "eu-west-1", "s3")
    assert request("GET", "/").scope is None


def test_wsgi_environment_becomes_a_request() -> None:
    made = request_from_environ(
        {
            "REQUEST_METHOD": "PUT",
            "PATH_INFO": "/b/ü".encode().decode("latin-1"),
            "QUERY_STRING": "a=1&b",
            "HTTP_HOST": "h:1",
            "HTTP_X_AMZ_META_RUN": "7",
            "CONTENT_TYPE": "text/plain",
            "CONTENT_LENGTH": "3",
            "wsgi.input": BytesIO(b"xyz and more"),
        }
    )

    assert (made.method, made.host, made.path) == ("PUT", "h:1", "/b/%C3%BC")
    assert made.arguments == {"a": ["1"], "b": [""]}
    assert made.headers["x-amz-meta-run"] == "7"
    assert made.body == b"xyz"
