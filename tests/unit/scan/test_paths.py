"""Objects of S3 that are written by their path."""

from __future__ import annotations

import pytest

from signed_lambda.scan.paths import bucket_and_key
from signed_lambda.scan.values import Env, Lit, Path, Str, text
from tests.unit.scan.conftest import scanned

TEMPLATE = """
Resources:
  Work:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Environment: {Variables: {BUCKET: !Ref Images}}
      Events:
        Upload:
          Type: S3
          Properties:
            Bucket: !Ref Images
            Events: "s3:ObjectCreated:*"
            Filter: {S3Key: {Rules: [{Name: prefix, Value: in/}]}}
  Images: {Type: AWS::S3::Bucket}
"""
FILES = "import s3fs\nfs = s3fs.S3FileSystem()"


def severities(imports: str, call: str) -> list[str]:
    """Of the findings of a handler that makes the call; `PATH` is the path that it is given."""
    own = "'s3://' + os.environ['BUCKET'] + '/"
    code = f"import os\n{imports}\ndef handler(event, context):\n    {call}\n"
    code = code.replace("BARE", "os.environ['BUCKET'] + '/in/x'")
    code = code.replace("IN", f"{own}in/x'").replace("OUT", f"{own}out/x'")
    found = scanned({"app.py": code}, {"template.yaml": TEMPLATE})
    assert {f.rule for f in found} <= {"REC-S3"}
    return [f.severity for f in found]


@pytest.mark.parametrize(
    ("imports", "call"),
    [
        (FILES, "fs.open(IN, 'wb')"),
        (FILES, "fs.open(IN, mode='w')"),
        (FILES, "fs.open(BARE, 'a')"),
        (FILES, "fs.put('/tmp/x', IN)"),
        (FILES, "fs.pipe(IN, b'')"),
        (FILES, "fs.touch(BARE)"),
        ("import fsspec\nfs = fsspec.filesystem('s3')", "fs.open(BARE, 'w')"),
        ("import awswrangler as wr", "wr.s3.to_parquet(df=rows, path=IN)"),
        ("import awswrangler as wr", "wr.s3.to_csv(rows, IN)"),
        ("import awswrangler as wr", "wr.s3.to_json(df=rows, path=IN)"),
        ("import awswrangler as wr", "wr.s3.upload(local_file='/tmp/x', path=IN)"),
        ("import pandas as pd", "pd.DataFrame().to_csv(IN)"),
        ("import pandas as pd", "rows.to_parquet(path=IN)"),
        ("import pandas as pd", "rows.to_json(path_or_buf=IN)"),
        ("from smart_open import open", "open(IN, 'w')"),
        ("import smart_open", "smart_open.open(IN, 'wb')"),
    ],
)
def test_a_write_to_the_bucket_that_starts_the_function_is_a_loop(imports: str, call: str) -> None:
    assert severities(imports, call) == ["high"]


@pytest.mark.parametrize(
    ("imports", "call"),
    [
        (FILES, "fs.open(IN)"),
        (FILES, "fs.open(IN, 'rb')"),
        (FILES, "fs.put(IN, '/tmp/x')"),
        (FILES, "fs.open(OUT, 'w')"),
        ("import awswrangler as wr", "wr.s3.to_parquet(df=rows, path=OUT)"),
        ("import awswrangler as wr", "wr.s3.read_parquet(path=IN)"),
        ("import pandas as pd", "rows.to_csv('/tmp/x')"),
        ("import pandas as pd", "rows.to_csv(OUT)"),
        ("import pandas as pd", "pd.read_csv(IN)"),
        ("from smart_open import open", "open(IN)"),
        ("", "open(IN, 'w')"),
        ("", "fs.put('/tmp/x', IN)"),
    ],
)
def test_a_read_and_a_write_to_elsewhere_are_nothing(imports: str, call: str) -> None:
    assert severities(imports, call) == []


@pytest.mark.parametrize(
    ("atoms", "bucket", "key"),
    [
        ((Lit("s3://b/k/l"),), text("b"), text("k/l")),
        ((Lit("s3://"), Env("B"), Lit("/k")), Str((Env("B"),)), text("k")),
        ((Lit("s3a://x-"), Env("B"), Lit("/")), Str((Lit("x-"), Env("B"))), text("")),
        (
            (Lit("s3://b/"), Path("event", ("key",))),
            text("b"),
            Str((Path("event", ("key",)),)),
        ),
    ],
)
def test_a_path_is_a_bucket_and_a_key(atoms: tuple[Lit, ...], bucket: Str, key: Str) -> None:
    assert bucket_and_key(Str(atoms)) == (bucket, key)


@pytest.mark.parametrize("path", ["/tmp/x", "b/k", "s3://b", "https://b/k", "s3://"])
def test_any_other_path_is_none(path: str) -> None:
    assert bucket_and_key(text(path)) is None
