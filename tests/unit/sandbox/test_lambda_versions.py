"""Versions: what PublishVersion refuses, what it freezes, and how versions are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit.sandbox.rig import refused, refused_fetch, sha256, zipped

if TYPE_CHECKING:
    from tests.unit.sandbox.rig import Rig


def test_wrong_code_sha256_is_400_with_both_hashes(rig: Rig) -> None:
    rig.function()
    mine, theirs = sha256(b"mine"), sha256(zipped("one"))

    with refused(
        "InvalidParameterValueException",
        400,
        f"CodeSHA256 ({mine}) is different from current CodeSHA256 in $LATEST ({theirs}).",
    ):
        rig.lambda_.publish_version(FunctionName="orders", CodeSha256=mine)

    assert rig.versions() == ["$LATEST"]


def test_publishing_rotates_the_revision_of_latest(rig: Rig) -> None:
    rig.function()
    before = rig.revision()

    published = rig.lambda_.publish_version(FunctionName="orders", RevisionId=before)

    assert published["Version"] == "1"
    assert (published["State"], published["LastUpdateStatus"]) == ("Active", "Successful")
    assert len({before, rig.revision(), published["RevisionId"]}) == 3


def test_publishing_without_a_change_answers_201_with_the_same_version(rig: Rig) -> None:
    rig.function()
    first = rig.lambda_.publish_version(FunctionName="orders", Description="first")

    again = rig.lambda_.publish_version(FunctionName="orders", Description="second")

    assert again["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert (again["Version"], again["RevisionId"]) == ("1", first["RevisionId"])
    assert again["Description"] == "first"
    assert rig.versions() == ["$LATEST", "1"]


def test_change_of_configuration_alone_makes_a_new_version(rig: Rig) -> None:
    rig.function()
    rig.lambda_.publish_version(FunctionName="orders")
    rig.lambda_.update_function_configuration(FunctionName="orders", Timeout=9)
    rig.settle()

    assert rig.lambda_.publish_version(FunctionName="orders")["Version"] == "2"


def test_change_back_to_an_older_version_makes_a_new_version(rig: Rig) -> None:
    rig.function()
    rig.lambda_.publish_version(FunctionName="orders")
    for text in ("two", "one"):
        rig.lambda_.update_function_code(FunctionName="orders", ZipFile=zipped(text))
        rig.settle()
        rig.lambda_.publish_version(FunctionName="orders")

    assert rig.versions() == ["$LATEST", "1", "2", "3"]


def test_version_keeps_bytes_and_configuration_when_latest_changes(rig: Rig) -> None:
    rig.function(Environment={"Variables": {"MODE": "1"}})
    rig.lambda_.publish_version(FunctionName="orders")
    rig.lambda_.update_function_code(FunctionName="orders", ZipFile=zipped("two"))
    rig.settle()
    rig.lambda_.update_function_configuration(
        FunctionName="orders", Environment={"Variables": {"MODE": "2"}}
    )
    rig.settle()

    found = rig.lambda_.get_function(FunctionName="orders", Qualifier="1")

    assert found["Configuration"]["Environment"]["Variables"] == {"MODE": "1"}
    assert found["Configuration"]["CodeSha256"] == sha256(zipped("one"))
    assert rig.sandbox.fetch(found["Code"]["Location"]) == zipped("one")


def test_update_with_publish_makes_a_pending_version_of_the_new_code(rig: Rig) -> None:
    rig.function()

    updated = rig.lambda_.update_function_code(
        FunctionName="orders", ZipFile=zipped("two"), Publish=True
    )
    rig.settle()
    version = rig.lambda_.get_function_configuration(FunctionName="orders", Qualifier="1")

    assert (updated["Version"], updated["State"]) == ("1", "Pending")
    assert "LastUpdateStatus" not in updated
    assert updated["FunctionArn"].endswith(":orders:1")
    assert (version["State"], version["LastUpdateStatus"]) == ("Active", "Successful")
    assert version["CodeSha256"] == sha256(zipped("two"))


def test_creation_with_publish_answers_version_1_under_the_unqualified_arn(rig: Rig) -> None:
    rig.function("other")
    created = rig.lambda_.create_function(
        FunctionName="orders",
        Role="arn:aws:iam::111122223333:role/orders",
        Runtime="python3.13",
        Handler="app.handler",
        Code={"ZipFile": zipped()},
        Publish=True,
    )

    assert (created["Version"], created["State"]) == ("1", "Pending")
    assert created["FunctionArn"].endswith(":function:orders")
    assert rig.versions() == ["$LATEST", "1"]


def test_snap_start_version_starts_pending(rig: Rig) -> None:
    rig.function(Runtime="java21", SnapStart={"ApplyOn": "PublishedVersions"})

    published = rig.lambda_.publish_version(FunctionName="orders")
    rig.settle()
    after = rig.lambda_.get_function_configuration(FunctionName="orders", Qualifier="1")

    assert published["State"] == "Pending"
    assert after["State"] == "Active"
    assert after["SnapStart"]["OptimizationStatus"] == "On"


def test_versions_are_listed_latest_first_in_pages_without_states(rig: Rig) -> None:
    rig.function()
    for timeout in range(4, 7):
        rig.lambda_.update_function_configuration(FunctionName="orders", Timeout=timeout)
        rig.settle()
        rig.lambda_.publish_version(FunctionName="orders")

    first = rig.lambda_.list_versions_by_function(FunctionName="orders", MaxItems=2)
    second = rig.lambda_.list_versions_by_function(
        FunctionName="orders", Marker=first["NextMarker"]
    )

    assert [v["Version"] for v in first["Versions"]] == ["$LATEST", "1"]
    assert [v["Version"] for v in second["Versions"]] == ["2", "3"]
    assert "State" not in first["Versions"][0]
    assert "LastUpdateStatus" not in first["Versions"][1]
    assert first["Versions"][0]["FunctionArn"].endswith(":orders:$LATEST")


def test_a_page_has_at_most_50_versions(rig: Rig) -> None:
    rig.function()
    for timeout in range(4, 56):
        rig.sandbox.acts.console_edit_configuration("orders", timeout=timeout)
        rig.sandbox.acts.publish("orders")

    first = rig.lambda_.list_versions_by_function(FunctionName="orders", MaxItems=1000)
    second = rig.lambda_.list_versions_by_function(
        FunctionName="orders", Marker=first["NextMarker"]
    )

    assert len(first["Versions"]) == 50
    assert [v["Version"] for v in second["Versions"]] == ["50", "51", "52"]


def test_version_that_an_alias_uses_cannot_be_deleted(rig: Rig) -> None:
    rig.function()
    rig.lambda_.publish_version(FunctionName="orders")
    rig.sandbox.acts.console_edit_configuration("orders", timeout=9)
    rig.sandbox.acts.publish("orders")
    rig.lambda_.create_alias(
        FunctionName="orders",
        Name="live",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}},
    )

    for number in ("1", "2"):
        with refused("ResourceConflictException", 409, "live"):
            rig.lambda_.delete_function(FunctionName="orders", Qualifier=number)

    assert rig.versions() == ["$LATEST", "1", "2"]


def test_number_of_a_deleted_version_is_not_used_again(rig: Rig) -> None:
    rig.function()
    rig.lambda_.publish_version(FunctionName="orders")
    rig.lambda_.delete_function(FunctionName="orders", Qualifier="1")

    again = rig.lambda_.publish_version(FunctionName="orders")

    assert again["Version"] == "2"
    assert rig.versions() == ["$LATEST", "2"]


def test_missing_version_is_404_with_the_qualified_arn(rig: Rig) -> None:
    rig.function()

    with refused("ResourceNotFoundException", 404, ":function:orders:99"):
        rig.lambda_.get_function(FunctionName="orders", Qualifier="99")


def test_code_location_expires_after_ten_minutes(rig: Rig) -> None:
    rig.function()
    url = rig.lambda_.get_function(FunctionName="orders")["Code"]["Location"]

    rig.clock.advance(599)
    in_time = rig.sandbox.fetch(url)
    rig.clock.advance(2)

    assert in_time == zipped("one")
    with refused_fetch("AccessDenied"):
        rig.sandbox.fetch(url)


def test_code_location_with_another_signature_is_refused(rig: Rig) -> None:
    rig.function()
    url = rig.lambda_.get_function(FunctionName="orders")["Code"]["Location"]

    with refused_fetch("SignatureDoesNotMatch"):
        rig.sandbox.fetch(url[:-4] + "beef")


def test_code_location_without_its_query_is_refused(rig: Rig) -> None:
    rig.function()
    url = rig.lambda_.get_function(FunctionName="orders")["Code"]["Location"]

    with refused_fetch("AccessDenied"):
        rig.sandbox.fetch(url.partition("?")[0])


def test_code_location_looks_like_awss(rig: Rig) -> None:
    rig.function()

    url = rig.lambda_.get_function(FunctionName="orders")["Code"]["Location"]

    start = "https://awslambda-eu-west-1-tasks.s3.eu-west-1.amazonaws.com/snapshots/111122223333/"
    assert url.startswith(f"{start}orders-")
    assert "&X-Amz-Expires=600&" in url
