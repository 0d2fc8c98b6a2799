"""Whether a loop is found in a bundle that holds AWS's SDK, and what its review costs.

`python bench/bundles.py`: one handler with four clients of AWS's SDK for JavaScript and lodash,
which writes to the bucket that it is started by and invokes itself, is bundled by esbuild, webpack
and ncc, as they come and minified. Each bundle is packed and reviewed in a process of its own,
with the bounds that the action has (2 s of the processor a file). Packages are installed by name
from npm into $XDG_CACHE_HOME/signed-lambda-bench; without them nothing is measured.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from bench.figures import process
from bench.installs import CACHE, node, npm_installed

PACKAGES: Final = (
    *(f"@aws-sdk/client-{name}@3" for name in ("s3", "dynamodb", "sqs", "lambda")),
    *("lodash@4", "esbuild", "webpack@5", "@vercel/ncc"),
)
HANDLER: Final = """\
import { S3Client, PutObjectCommand } from "@aws-sdk/client-s3";
import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { SQSClient, SendMessageCommand } from "@aws-sdk/client-sqs";
import { LambdaClient, InvokeCommand } from "@aws-sdk/client-lambda";
import lodash from "lodash";

const s3 = new S3Client({});
const table = new DynamoDBClient({});
const queue = new SQSClient({});
const again = new LambdaClient({});

export const handler = async (event, context) => {
  const at = event.Records[0].s3;
  const key = lodash.camelCase(at.object.key);
  await s3.send(new PutObjectCommand({ Bucket: at.bucket.name, Key: key, Body: "x" }));
  await table.send(new PutItemCommand({ TableName: process.env.TABLE, Item: {} }));
  await queue.send(new SendMessageCommand({ QueueUrl: process.env.QUEUE, MessageBody: "x" }));
  await again.send(new InvokeCommand({ FunctionName: context.functionName }));
};
"""
LOOPS: Final = ("REC-SELF-CTX", "REC-S3")


def main() -> None:
    """Bundles, reviews, and prints a line for each bundle."""
    folder = CACHE / "tree-bundles"
    why = npm_installed("the bundlers", folder, PACKAGES)
    if why:
        print(f"nothing measured: {why}")
        return
    shutil.rmtree(folder / "out", ignore_errors=True)
    (folder / "index.mjs").write_text(HANDLER, encoding="utf-8")
    process([node(), ROOT / "bench" / "processes" / "bundle.mjs", folder], cwd=folder)
    print(f"{'bundle':<30} {'MB':>5} {'CPU':>7}  loops found")
    for bundle in sorted((folder / "out").iterdir()):
        _, text = process([sys.executable, ROOT / "bench" / "processes" / "review.py", bundle])
        told = json.loads(text.splitlines()[-1])
        found = [rule for rule in LOOPS if rule in told["rules"]]
        size = sum(p.stat().st_size for p in bundle.rglob("*.js")) / 1e6
        print(f"{bundle.name:<30} {size:>5.2f} {told['review_cpu']:>5.1f} s", end="")
        print(f"  {len(found)} of {len(LOOPS)}: {', '.join(found) or 'none'}")


if __name__ == "__main__":
    main()
