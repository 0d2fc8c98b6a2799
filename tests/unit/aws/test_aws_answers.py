"""Answers of another form than AWS's: each ends in an error that names operation and member."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signed_lambda.aws.answer import Answer, NotAnAnswer, shown
from signed_lambda.cloud import StoredObject
from signed_lambda.errors import AwsError, DeployError
from signed_lambda.model import AliasName, FunctionName, Sha256, Version
from tests.support.canned import PORTAL, Reply, bench, ok, xml
from tests.unit.aws import good

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from signed_lambda.aws import Aws

FN, LIVE, V7 = FunctionName("fn"), AliasName("live"), Version("7")
HASH = Sha256.from_b64(good.SHA)
SOURCE = StoredObject("artefacts", "signed/a.zip", "v1", None, None)
CANARIES = re.compile(r"canary-env-value|canary-presigned")

JSON_CALLS: dict[str, tuple[Callable[[Aws], object], dict[str, Any], tuple[str, ...]]] = {
    "GetFunctionConfiguration": (
        lambda aws: aws.function(FN),
        good.CONFIGURATION,
        (
            "FunctionName",
            "FunctionArn",
            "CodeSize",
            "LastModified",
            "Version",
            "RevisionId",
        ),
    ),
    "GetCodeSigningConfig": (
        lambda aws: aws.code_signing(FN),
        # one answer serves both calls: the first reads the ARN, the second the rest
        {"CodeSigningConfigArn": good.CSC_ARN, "FunctionName": "fn", **good.CODE_SIGNING},
        (
            "CodeSigningConfig",
            "CodeSigningConfig.CodeSigningConfigArn",
            "CodeSigningConfig.AllowedPublishers",
            "CodeSigningConfig.CodeSigningPolicies",
            "CodeSigningConfig.CodeSigningPolicies.UntrustedArtifactOnDeployment",
        ),
    ),
    "GetAlias": (
        lambda aws: aws.alias(FN, LIVE),
        {**good.ALIAS, "RoutingConfig": {"AdditionalVersionWeights": {"6": 0.1}}},
        ("Name", "FunctionVersion", "RevisionId"),
    ),
    "ListAliases": (
        lambda aws: aws.aliases(FN),
        {"Aliases": [good.ALIAS]},
        ("Aliases[0].Name", "Aliases[0].FunctionVersion", "Aliases[0].RevisionId"),
    ),
    "ListVersionsByFunction": (
        lambda aws: aws.versions(FN),
        {"Versions": [good.CONFIGURATION, good.VERSION]},
        ("Versions[0].FunctionArn", "Versions[1].Version", "Versions[1].RevisionId"),
    ),
    "UpdateFunctionCode": (
        lambda aws: aws.update_code(FN, SOURCE, "r"),
        good.CONFIGURATION,
        ("Version", "RevisionId"),
    ),
    "PublishVersion": (
        lambda aws: aws.publish(FN, HASH, "r", "d"),
        good.VERSION,
        ("Version", "RevisionId"),
    ),
    "CreateAlias": (
        lambda aws: aws.create_alias(FN, LIVE, V7, "d"),
        good.ALIAS,
        ("FunctionVersion", "RevisionId"),
    ),
    "UpdateAlias": (
        lambda aws: aws.update_alias(FN, LIVE, V7, "d", "r"),
        good.ALIAS,
        ("FunctionVersion", "RevisionId"),
    ),
    "GetSigningProfile": (
        lambda aws: aws.profile("prof", None),
        good.PROFILE,
        ("profileName", "status", "platformId", "profileVersion", "profileVersionArn"),
    ),
    "DescribeSigningJob": (
        lambda aws: aws.signing_job("0a1b"),
        good.JOB,
        (
            "jobId",
            "status",
            "createdAt",
            "source.s3.bucketName",
            "source.s3.key",
            "source.s3.version",
            "signedObject.s3.bucketName",
            "signedObject.s3.key",
        ),
    ),
    "StartSigningJob": (
        lambda aws: aws.start_signing(
            source=SOURCE,
            destination_bucket="artefacts",
            destination_prefix="signed/",
            profile="prof",
            profile_owner=None,
            token="t",
        ),
        {"jobId": "0a1b", "jobOwner": good.ACCOUNT},
        ("jobId",),
    ),
}
REQUIRED = [
    pytest.param(name, path, id=f"{name}-{path}")
    for name, (_, _, paths) in JSON_CALLS.items()
    for path in paths
]


def _failure(ask: Callable[[Aws], object], reply: Reply) -> DeployError | None:
    """What the call ends in after one try; every other exception is the test's failure."""
    try:
        ask(bench(reply, deadline_s=0.05).aws())
    except DeployError as error:
        return error
    return None


def _is_told(error: DeployError | None) -> bool:
    """No failure at all, or one that names the answer and shows no value of it."""
    return error is None or (
        error.problems[0].id == "E-AWS-03" and not CANARIES.search(f"{error}{error!r}")
    )


def _steps(path: str) -> list[str | int]:
    return [int(s) if s.isdigit() else s for s in re.findall(r"[A-Za-z0-9]+", path)]


def _without(answer: dict[str, Any], path: str) -> dict[str, Any]:
    changed: Any = copy.deepcopy(answer)
    inside = changed
    *way, last = _steps(path)
    for step in way:
        inside = inside[step]
    del inside[last]
    return changed  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", JSON_CALLS)
def test_the_good_answer_is_read(name: str) -> None:
    ask, answer, _ = JSON_CALLS[name]
    at = bench(ok(answer))

    assert ask(at.aws()) not in (None, ())


@pytest.mark.parametrize(("name", "path"), REQUIRED)
def test_a_missing_member_is_named(name: str, path: str) -> None:
    ask, answer, _ = JSON_CALLS[name]

    error = _failure(ask, ok(_without(answer, path)))

    assert isinstance(error, AwsError)
    problem = error.problems[0]
    assert problem.id == "E-AWS-03"
    assert f":{name}: no '{path}'" in problem.what


def _mutants(value: Any) -> Iterator[Any]:  # noqa: ANN401 - JSON
    """Every answer that differs from this one in a single place."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield {k: v for k, v in value.items() if k != key}
            for changed in _mutants(inner):
                yield {**value, key: changed}
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            for changed in _mutants(inner):
                yield [*value[:number], changed, *value[number + 1 :]]
    else:
        yield from (
            None,
            0,
            -3,
            0.5,
            "",
            "text",
            [],
            {},
            [value],
            {"k": value},
            True,
            1e300,
            "2" * 400,
        )


@pytest.mark.parametrize("name", JSON_CALLS)
def test_no_single_change_of_an_answer_ends_in_a_foreign_error(name: str) -> None:
    ask, answer, _ = JSON_CALLS[name]
    mutants = list(_mutants(answer))

    untold = [m for m in mutants if not _is_told(_failure(ask, ok(m)))]

    assert len(mutants) >= 12
    assert untold == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "Version",
                    "Aliases",
                    "Versions",
                    "RoutingConfig",
                    "status",
                    "source",
                    "s3",
                    "Code",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(body=st.binary(max_size=40) | JSON.map(lambda value: ok(value).body))
def test_no_body_at_all_ends_in_a_foreign_error(body: bytes) -> None:
    for ask, _, _ in JSON_CALLS.values():
        assert _is_told(_failure(ask, Reply(body)))


XML_CALLS: dict[str, tuple[Callable[[Aws], object], str]] = {
    "sts:GetCallerIdentity: no 'Account'": (
        lambda aws: aws.identity(),
        (
            "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:sts::1:x</Arn>"
            "</GetCallerIdentityResult></GetCallerIdentityResponse>"
        ),
    ),
    "sts:GetCallerIdentity: 'Account' is not 12 digits": (
        lambda aws: aws.identity(),
        (
            "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:sts::1:x</Arn>"
            "<Account>42</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
        ),
    ),
    "sts:GetCallerIdentity: 'Arn' is not an ARN": (
        lambda aws: aws.identity(),
        (
            "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>me</Arn>"
            "<Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
        ),
    ),
    "s3:ListObjectsV2: no 'Contents[0].LastModified'": (
        lambda aws: aws.list_objects("artefacts", "p/", good.ACCOUNT),
        "<ListBucketResult><Contents><Key>p/a</Key></Contents></ListBucketResult>",
    ),
    "s3:ListObjectsV2: cannot be parsed (ValueError)": (
        lambda aws: aws.list_objects("artefacts", "p/", good.ACCOUNT),
        (
            "<ListBucketResult><Contents><LastModified>soon</LastModified></Contents>"
            "</ListBucketResult>"
        ),
    ),
    "sts:GetCallerIdentity: cannot be parsed (ResponseParserError)": (
        lambda aws: aws.identity(),
        "<GetCallerIdentityResponse><GetCallerIden",
    ),
    "s3:GetObject: no 'ETag'": (
        lambda aws: aws.get_object("artefacts", "k", None, good.ACCOUNT, Path("never written")),
        "",
    ),
}


@pytest.mark.parametrize("said", XML_CALLS)
def test_an_xml_answer_of_another_form_is_told(said: str) -> None:
    ask, body = XML_CALLS[said]

    with pytest.raises(AwsError, match="E-AWS-03") as caught:
        ask(bench(xml(body)).aws())

    assert said in str(caught.value)


def test_an_object_of_a_portal_is_not_stored(tmp_path: Path) -> None:
    at = bench(PORTAL)

    with pytest.raises(AwsError, match="s3:GetObject: no 'ETag'"):
        at.aws().get_object("artefacts", "k", None, good.ACCOUNT, tmp_path / "k")

    assert list(tmp_path.iterdir()) == []


def test_an_upload_answered_by_a_portal_is_not_taken_for_done(tmp_path: Path) -> None:
    at = bench(PORTAL)
    body = tmp_path / "a.zip"
    body.write_bytes(good.ZIP)

    with pytest.raises(AwsError, match="E-AWS-03"):
        at.aws().put_object("artefacts", "k", body, HASH, good.ACCOUNT)


def test_pages_that_go_round_in_circles_are_not_followed() -> None:
    at = bench(
        ok({"Aliases": [], "NextMarker": "1"}),
        ok({"Aliases": [], "NextMarker": "2"}),
        ok({"Aliases": [], "NextMarker": "1"}),
    )
    at.canned.on_request = lambda _: at.clock.advance(1)

    with pytest.raises(AwsError, match="the 'NextMarker' of an earlier page"):
        at.aws().aliases(FN)

    assert at.clock.monotonic() < 70


def test_an_answer_shows_names_and_no_values() -> None:
    answer = Answer({"Environment": {"Variables": {"K": "canary-env-value"}}})

    assert repr(answer) == "Answer(whole: Environment)"
    assert "canary" not in repr(answer.inside("Environment"))


@pytest.mark.parametrize(
    ("read", "said"),
    [
        (lambda a: a.stream("text"), "no 'text'"),
        (lambda a: a.time("text"), "'text' is not a time"),
        (lambda a: a.time("gone"), "no 'gone'"),
        (lambda a: a.texts("numbers"), "'numbers[0]' is not a text"),
        (lambda a: a.items("numbers"), "'numbers[0]' is not a structure"),
        (lambda a: a.items("text"), "'text' is not a list"),
        (lambda a: a.inside("text"), "'text' is not a structure"),
        (lambda a: a.number("text"), "'text' is not a number"),
        (lambda a: a.number("yes"), "'yes' is not a number"),
        (lambda a: a.number("gone"), "no 'gone'"),
        (lambda a: a.shares("weights"), "'weights.6' is not a share from 0 to 1"),
        (lambda a: a.sha256("text"), "'text' is not a SHA-256 in base64"),
    ],
)
def test_each_reader_names_what_it_could_not_read(
    read: Callable[[Answer], object], said: str
) -> None:
    answer = Answer({"text": "x", "numbers": [1], "yes": True, "weights": {"6": 1.5}})

    with pytest.raises(NotAnAnswer) as caught:
        read(answer)

    assert caught.value.reason == said


def test_foreign_text_is_clipped_and_made_visible() -> None:
    assert shown("a\n::set-output\x1b[31m\u202e") == "a?::set-output?[31m?"
    assert len(shown("x" * 10_000)) == 303
