"""What the program sees of the job's environment, and that libraries see none of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signed_lambda.environment import NOWHERE, ignored, known, take
from signed_lambda.main import SECRETS
from tests.promises.modules import ROOT

if TYPE_CHECKING:
    from tests.support.action import Team

HOSTILE = (
    *("PYTHONPATH", "PYTHONSTARTUP", "PYTHONHOME", "PYTHONINSPECT", "OPENSSL_CONF"),
    *("OPENSSL_MODULES", "OPENSSL_ENGINES", "SSLKEYLOGFILE", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    *("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "AWS_CA_BUNDLE", "AWS_DATA_PATH", "AWS_PROFILE"),
    *("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_ENDPOINT_URL", "AWS_LOGIN_X"),
    *("AWS_ENDPOINT_URL_LAMBDA", "BOTO_CONFIG", "BOTOCORE_EXPERIMENTAL__PLUGINS", "NETRC"),
    *("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "NO_PROXY", "HOSTALIASES", "LOCALDOMAIN"),
    *("RES_OPTIONS", "TMPDIR", "TZ", "TZDIR", "XDG_CONFIG_HOME", "PATH", "HOME", "LD_PRELOAD"),
    *("ACTIONS_RUNTIME_URL", "ACTIONS_CACHE_URL", "CFFI_TMPDIR", "input_command", "INPUT"),
)
HEEDED = (
    *("INPUT_COMMAND", "INPUT_FUNCTION-NAME", "GITHUB_OUTPUT", "GITHUB_WORKSPACE", "RUNNER_DEBUG"),
    *("AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION", "CI", *SECRETS),
    *("AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
)


@given(names=st.sets(st.sampled_from((*HOSTILE, *HEEDED))))
def test_only_what_is_listed_is_known(names: set[str]) -> None:
    environ = dict.fromkeys(names, "x")

    assert set(known(environ)) == names.intersection(HEEDED)


@given(environ=st.dictionaries(st.sampled_from((*HOSTILE, *HEEDED)), st.text()))
def test_what_was_taken_is_gone_from_the_process(environ: dict[str, str]) -> None:
    before = dict(environ)

    taken = take(environ)

    assert taken == before
    assert environ == NOWHERE


def test_libraries_find_no_home_and_no_files_of_aws() -> None:
    assert not Path(NOWHERE["HOME"]).exists()
    assert NOWHERE["AWS_CONFIG_FILE"] == NOWHERE["AWS_SHARED_CREDENTIALS_FILE"] == "/dev/null"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, []),
        ({"AWS_ENDPOINT_URL": "x", "AWS_ENDPOINT_URL_S3": "x"}, ["AWS_ENDPOINT_URL", "..._S3"]),
        ({"https_proxy": "x", "HTTP_PROXY": "x"}, ["HTTP_PROXY", "https_proxy"]),
        ({"AWS_PROFILE": "", "PYTHONPATH": "src", "AWS_PAGER": "", "AWS_REGION": "x"}, []),
        (
            {"AWS_DEFAULT_PROFILE": "x", "SSL_CERT_DIR": "x"},
            ["AWS_DEFAULT_PROFILE", "SSL_CERT_DIR"],
        ),
    ],
)
def test_what_would_have_redirected_requests_is_named(
    environ: dict[str, str], expected: list[str]
) -> None:
    names = [name.replace("...", "AWS_ENDPOINT_URL") for name in expected]

    assert list(ignored(environ)) == names


def test_the_reader_is_told_what_was_ignored(team: Team) -> None:
    ended = team.run(env={"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "HTTPS_PROXY": "http://x:9"})

    assert ended.exit_code == 0
    assert ended.report["warnings"][0] == (
        "AWS_ENDPOINT_URL, HTTPS_PROXY in the environment are ignored: requests are redirected by"
        " inputs only (`https-proxy`, `aws-endpoint-url`)"
    )


WATCHED = """
import json, os, runpy, signal, sys

LIBRARIES = {"_hashlib", "_ssl", "hashlib", "ssl", "random", "tempfile", "socket", "boto3", "yaml"}
early = {"unhandled": [], "unclean": []}

class Watch:
    def find_spec(self, name, path=None, target=None):
        handled = callable(signal.getsignal(signal.SIGTERM))
        if not handled:
            early["unhandled"].append(name)
        if "PLANTED" in os.environ and name.partition(".")[0] in LIBRARIES | {"signed_lambda.main"}:
            early["unclean"].append(name)

sys.meta_path.insert(0, Watch())
sys.argv = [sys.argv[1]]
os._exit = sys.exit
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
except SystemExit as end:
    early["code"] = end.code
early["left"] = sorted(os.environ)
print(json.dumps(early))
"""


def test_handlers_come_first_and_no_library_sees_the_environment(tmp_path: Path) -> None:
    environ = {"PLANTED": "1", "GITHUB_WORKSPACE": str(tmp_path), "PATH": os.environ["PATH"]}

    done = subprocess.run(
        [sys.executable, "-I", "-B", "-c", WATCHED, str(ROOT / "entrypoint.py")],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )

    early = json.loads(done.stdout.splitlines()[-1])
    ours = [name for name in early["unhandled"] if name.startswith("signed_lambda")]
    assert ours == ["signed_lambda", "signed_lambda.signals"]
    assert not {"re", "dataclasses", "pathlib", "json"}.intersection(early["unhandled"])
    assert early["unclean"] == []
    assert early["left"] == sorted(NOWHERE)
    assert early["code"] == 10  # no inputs
