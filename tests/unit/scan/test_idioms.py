"""How people write it: wrappers, default exports, promises, names cut and put together."""

from __future__ import annotations

import pytest

from signed_lambda.scan import findings_in
from tests.unit.scan.conftest import MakesWorlds

AWS = "const AWS = require('aws-sdk');\nconst lambda = new AWS.Lambda();\n"
OWN = "lambda.invoke({FunctionName: process.env.AWS_LAMBDA_FUNCTION_NAME}).promise()"
PY = "import boto3, os\nfrom os import environ\n"


@pytest.mark.parametrize(
    "helper",
    [
        f"const go = wrap(async () => {OWN});\nmodule.exports = async () => {{ await go(); }};",
        (
            f"const go = co.wrap(function* () {{ yield {OWN}; }});\n"
            "module.exports = co.wrap(function* (event) { yield go(); });"
        ),
        f"async function again() {{ await {OWN}; }}\nmodule.exports = again;",
        f"async function again() {{ await {OWN}; }}\nmodule.exports = wrap(again);",
        f"export default async function again() {{ await {OWN}; }}",
    ],
)
def test_what_a_file_exports_as_a_whole_is_entered_by_any_name(
    world: MakesWorlds, helper: str
) -> None:
    files = {
        "lib/again.js": AWS + helper,
        "index.js": (
            "const work = require('./lib/again');\n"
            "exports.handler = function (event, context) {\n"
            "  if (event.count > 3) return;\n  return work(event).then(() => 1);\n};\n"
        ),
    }
    if "export default" in helper:
        files["index.js"] = files["index.js"].replace(
            "const work = require('./lib/again')", "import work from './lib/again'"
        )

    [one] = findings_in(world(files))

    assert (one.rule, one.severity) == ("REC-SELF-ENV", "low")
    assert one.guard == "counter: event.count > 3"


def test_an_import_under_another_name_is_the_same_function(world: MakesWorlds) -> None:
    files = {
        "aws.py": (
            f"{PY}def invoke(name):\n    boto3.client('lambda').invoke(FunctionName=name)\n"
        ),
        "app.py": (
            "from aws import invoke as call\ndef handler(event, context):\n"
            "    call(context.function_name)\n"
        ),
    }

    [one] = findings_in(world(files))

    assert (one.rule, one.path) == ("REC-SELF-CTX", "app.py")


def test_what_a_test_gives_is_not_what_a_function_is_called(world: MakesWorlds) -> None:
    files = {
        "service.js": (
            f"{AWS}class Service {{\n  constructor(context)"
            " { this.name = context.functionName; }\n"
            "  again() { return lambda.invoke({FunctionName: this.name}).promise(); }\n}\n"
            "module.exports = Service;\n"
        ),
        "service.test.js": (
            "const Service = require('./service');\n"
            "test('x', () => new Service({functionName: 'made-up'}).again());\n"
        ),
    }

    [one] = findings_in(world(files))

    assert (one.rule, one.path) == ("REC-SELF-CTX", "service.js")


@pytest.mark.parametrize(
    ("target", "rule"),
    [
        ("'arn:%s:lambda:%s:1:function:%s' % (p, r, context.function_name)", "REC-SELF-CTX"),
        ("f'arn:aws:lambda:{r}:{a}:function:{context.function_name}'", "REC-SELF-CTX"),
        ("f'arn:aws:lambda:{r}:{a}:function:{context.function_name}:live'", "REC-SELF-CTX"),
        ("f'arn:aws:lambda:{r}:{a}:function:{context.function_name}-next'", ""),
        ("f'other:function:{context.function_name}'", ""),
        ("f'arn:aws:lambda:{r}:{a}:function:next'", ""),
    ],
)
def test_the_own_name_in_an_arn_is_the_own_name(world: MakesWorlds, target: str, rule: str) -> None:
    text = (
        f"{PY}def handler(event, context):\n    p = r = a = event['x']\n"
        f"    boto3.client('lambda').invoke(FunctionName={target})\n"
    )

    assert [f.rule for f in findings_in(world({"app.py": text}))] == ([rule] if rule else [])


S3 = """const s3 = Promise.promisifyAll(new AWS.S3());
exports.handler = async (event) => {
  const bucket = event.Records[0].s3.bucket.name;
  const key = event.Records[0].s3.object.key;
  CALL
};
"""


@pytest.mark.parametrize(
    ("call", "count"),
    [
        ("await s3.putObjectAsync({Bucket: bucket, Key: `small/${key}`});", 1),
        ("await s3.putObject({Bucket: `${bucket}/small`, Key: key}).promise();", 1),
        ("await s3.putObject({Bucket: bucket + '/' + event.size, Key: key}).promise();", 1),
        ("await s3.putObject({Bucket: `${bucket}-small`, Key: key}).promise();", 0),
        ("await s3.putObject({Bucket: process.env.OUT, Key: key}).promise();", 0),
        (
            (
                "const o = await s3.getObject({Bucket: process.env.IN, Key: key}).promise();"
                " await s3.putObject({Bucket: process.env.IN, Key: `a/${key}`}).promise();"
            ),
            1,
        ),
    ],
)
def test_the_bucket_of_the_event_is_known_however_it_is_spelled(
    world: MakesWorlds, call: str, count: int
) -> None:
    text = AWS + S3.replace("CALL", call)

    found = findings_in(world({"index.js": text}))

    assert [(f.rule, f.severity) for f in found] == [("REC-S3", "ask")] * count


GO = """package main
import (
  "context"
  "github.com/aws/aws-lambda-go/events"
  "github.com/aws/aws-lambda-go/lambda"
  "github.com/aws/aws-sdk-go-v2/aws"
  "github.com/aws/aws-sdk-go-v2/feature/s3/manager"
  "github.com/aws/aws-sdk-go-v2/service/s3"
)
type Store struct { bucket string; down *manager.Downloader; up *manager.Uploader }
func (s *Store) Load(key string) { s.down.Download(ctx, f, &s3.GetObjectInput{
  Bucket: aws.String(s.bucket), Key: aws.String(key)}) }
func (s *Store) Save(name string) { s.up.Upload(ctx, &s3.PutObjectInput{
  Bucket: aws.String(OUT), Key: aws.String(name)}) }
var store *Store
func handle(ctx context.Context, event events.S3Event) error {
  for _, record := range event.Records {
    store.Load(record.S3.Object.Key)
    store.Save("small")
  }
  return nil
}
func main() { lambda.Start(handle) }
"""


@pytest.mark.parametrize(("out", "count"), [("s.bucket", 1), ("s.other", 0)])
def test_a_bucket_that_holds_the_object_of_the_event_is_its_bucket(
    world: MakesWorlds, out: str, count: int
) -> None:
    found = findings_in(world({"main.go": GO.replace("OUT", out)}))

    assert [(f.rule, f.severity) for f in found] == [("REC-S3", "ask")] * count


def test_a_method_named_as_one_of_aws_is_not_entered_for_it(world: MakesWorlds) -> None:
    files = {
        "store.js": (
            "const AWS = require('aws-sdk');\nconst client = new AWS.S3();\n"
            "class Store {\n  putObject(o) {\n"
            "    return client.putObject({Bucket: o.bucket, Key: o.key}).promise();\n  }\n}\n"
            "module.exports = new Store();\n"
        ),
        "index.js": (
            "const store = require('./store');\nexports.handler = async (event) => {\n"
            "  const bucket = event.Records[0].s3.bucket.name;\n"
            "  await store.putObject({bucket, key: 'small'});\n};\n"
        ),
    }
    seen = world(files)

    assert len(seen.sinks) == 1
    assert [(f.path, f.line) for f in findings_in(seen)] == [("index.js", 4)]


JAVA = """package a;
public class Handler implements RequestHandler<SQSEvent, String> {
  private final SqsClient sqs = SqsClient.create();
  public String handleRequest(SQSEvent event, Context context) {
    String own = event.getRecords().get(0).getEventSourceArn();
    CALL
    return own;
  }
}
"""


@pytest.mark.parametrize(
    ("call", "count"),
    [
        ('sqs.sendMessage(b -> b.queueUrl(own).messageBody("x"));', 1),
        ('sqs.sendMessage(b -> b.messageBody("x").queueUrl(own));', 1),
        ('sqs.sendMessage(b -> b.queueUrl(System.getenv().get("OUT")).messageBody(own));', 0),
        ("sqs.sendMessage(b -> { b.queueUrl(own); });", 0),
        ('sqs.sendMessage(b -> b.queueUrl(Optional.ofNullable(own).orElse("a")));', 1),
        ("for (String u : List.of(own)) { sqs.sendMessage(b -> b.queueUrl(u)); }", 1),
    ],
)
def test_a_request_that_a_lambda_of_java_fills_is_a_table(
    world: MakesWorlds, call: str, count: int
) -> None:
    found = findings_in(world({"Handler.java": JAVA.replace("CALL", call)}))

    assert [f.rule for f in found] == ["REC-SQS"] * count


@pytest.mark.parametrize(
    ("bound", "count"),
    [
        ("promisify(lambda.invoke.bind(lambda))", 1),
        ("util.promisify(lambda.invoke).bind(lambda)", 1),
        ("lambda.invoke.bind(lambda)", 1),
        ("promisify(lambda.getFunction.bind(lambda))", 0),
        ("promisify(other)", 0),
    ],
)
def test_a_method_in_a_variable_is_the_method(world: MakesWorlds, bound: str, count: int) -> None:
    code = (
        "const util = require('util'); const {promisify} = util; const AWS = require('aws-sdk');\n"
        f"const lambda = new AWS.Lambda();\nconst call = {bound};\n"
        "exports.handler = async (event, context) => {\n"
        "  await call({FunctionName: context.functionName});\n};\n"
    )

    assert [f.rule for f in findings_in(world({"a.js": code}))] == ["REC-SELF-CTX"] * count


TAGGED = """package main
import (
  "context"
  "github.com/aws/aws-lambda-go/lambda"
  "github.com/aws/aws-sdk-go-v2/aws"
  "github.com/aws/aws-sdk-go-v2/service/sqs"
)
type Config struct {
  Name string `TAG`
  Other string
}
func handle(ctx context.Context, event Event) error {
  MADE
  fill(&config)
  client := awslambda.NewFromConfig(cfg)
  _, err := client.Invoke(ctx, &awslambda.InvokeInput{FunctionName: aws.String(config.FIELD)})
  return err
}
func main() { lambda.Start(handle) }
"""


@pytest.mark.parametrize("made", ["var config Config", "config := Config{}", "config := &Config{}"])
@pytest.mark.parametrize(
    ("tag", "field", "count"),
    [
        ('env:"AWS_LAMBDA_FUNCTION_NAME,required"', "Name", 1),
        ('envconfig:"AWS_LAMBDA_FUNCTION_NAME"', "Name", 1),
        ('envconfig:"AWS_LAMBDA_FUNCTION_NAME"', "Other", 0),
        ('env:"NEXT_FUNCTION"', "Name", 0),
        ('json:"AWS_LAMBDA_FUNCTION_NAME"', "Name", 0),
    ],
)
def test_a_struct_of_go_has_what_its_tags_say(
    world: MakesWorlds, made: str, tag: str, field: str, count: int
) -> None:
    code = TAGGED.replace("TAG", tag).replace("FIELD", field).replace("MADE", made)

    assert [f.rule for f in findings_in(world({"main.go": code}))] == ["REC-SELF-ENV"] * count


METHOD = """package main
import (
  "os"
  "github.com/aws/aws-lambda-go/lambda"
)
type App struct { name string; client Client }
func (a *App) Handle(ctx context.Context, event Event) error {
  _, err := a.client.Invoke(ctx, &awslambda.InvokeInput{FunctionName: aws.String(a.name)})
  return err
}
func main() {
  app := &App{name: os.Getenv("NAME"), client: awslambda.New(session)}
  lambda.Start(app.Handle)
}
"""


@pytest.mark.parametrize(
    ("name", "found"),
    [("AWS_LAMBDA_FUNCTION_NAME", [("REC-SELF-ENV", "high")]), ("NEXT_FUNCTION", [])],
)
def test_a_method_that_go_hands_to_lambda_is_the_handler(
    world: MakesWorlds, name: str, found: list[tuple[str, str]]
) -> None:
    code = METHOD.replace("NAME", name)

    assert [(f.rule, f.severity) for f in findings_in(world({"main.go": code}))] == found


CONSTANT = """package shop;
import IMPORTED;
public class Work implements RequestHandler<Map, String> {
  private static final String NEXT_NAME = System.getenv("NAME");
  public String handleRequest(Map event, Context context) {
    LambdaClient client = LambdaClient.create();
    client.invoke(InvokeRequest.builder().functionName(HOLDER).build());
    return "";
  }
}
"""


@pytest.mark.parametrize(
    ("imported", "holder"),
    [
        ("shop.util.Names", "NEXT_NAME"),
        ("shop.util.Names", "Work.NEXT_NAME"),
        ("shop.util.Names", "Names.THAT_NAME"),
        ("static shop.util.Names.THAT_NAME", "THAT_NAME"),
    ],
)
@pytest.mark.parametrize(
    ("name", "rules"), [("AWS_LAMBDA_FUNCTION_NAME", ["REC-SELF-ENV"]), ("NEXT", [])]
)
def test_a_constant_of_a_class_of_java_is_what_it_holds(
    world: MakesWorlds, imported: str, holder: str, name: str, rules: list[str]
) -> None:
    code = CONSTANT.replace("HOLDER", holder).replace('"NAME"', f'"{name}"')
    names = (
        "package shop.util;\n"
        f'public class Names {{ static final String THAT_NAME = System.getenv("{name}"); }}\n'
    )
    files = {
        "src/shop/Work.java": code.replace("IMPORTED", imported),
        "src/shop/util/Names.java": names,
    }

    assert [f.rule for f in findings_in(world(files))] == rules
