"""Go and Java: what is followed to a call, and what stands before it."""

from __future__ import annotations

import pytest

from signed_lambda.scan import findings_in
from signed_lambda.scan.form import Module
from signed_lambda.scan.reading import read
from tests.unit.scan.conftest import MakesWorlds

GO = """package main
import (
  "context"
  "os"
  "github.com/aws/aws-lambda-go/events"
  "github.com/aws/aws-lambda-go/lambda"
  "github.com/aws/aws-lambda-go/lambdacontext"
  "github.com/aws/aws-sdk-go/aws"
  awslambda "github.com/aws/aws-sdk-go/service/lambda"
  "github.com/aws/aws-sdk-go/service/s3"
)
func main() { lambda.Start(handler) }
"""
JAVA = """package a;
import com.amazonaws.services.lambda.AWSLambda;
public class Handler implements RequestHandler<S3Event, String> {
  private final AWSLambda lambda = AWSLambdaClientBuilder.defaultClient();
  private final AmazonS3 s3 = AmazonS3ClientBuilder.defaultClient();
  public String handleRequest(S3Event event, Context context) {
    BODY
  }
}
"""


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ('os.Getenv("AWS_LAMBDA_FUNCTION_NAME")', "REC-SELF-ENV"),
        ('os.Getenv("AWS_LAMBDA_FUNCTION_NAME") + ":" + version', "REC-SELF-ENV"),
        ("lambdacontext.FunctionName", "REC-SELF-CTX"),
        ("lc.InvokedFunctionArn", "REC-SELF-ARN"),
        ("own(lc)", "REC-SELF-ARN"),
        ('os.Getenv("TARGET")', None),
        ('"other"', None),
    ],
)
def test_the_own_name_is_followed_through_go(
    world: MakesWorlds, name: str, rule: str | None
) -> None:
    text = GO + (
        "func own(lc *lambdacontext.LambdaContext) string { return lc.InvokedFunctionArn }\n"
        "func handler(ctx context.Context, event events.S3Event) error {\n"
        "  lc, _ := lambdacontext.FromContext(ctx)\n  svc := awslambda.New(sess)\n"
        f"  input := &awslambda.InvokeInput{{FunctionName: aws.String({name})}}\n"
        "  _, err := svc.Invoke(input)\n  return err\n}\n"
    )

    found = findings_in(world({"main.go": text}))

    assert [(f.rule, f.severity) for f in found] == ([(rule, "high")] if rule else [])


@pytest.mark.parametrize(
    ("before", "guard"),
    [
        ("if event.Count > 3 { return nil }", "counter: event.Count > 3"),
        ("if err != nil { return err }", None),
        ("if err := check(); err != nil { return err }", None),
        ("if rerr != nil { return rerr }", None),
    ],
)
def test_a_check_for_an_error_is_no_guard(
    world: MakesWorlds, before: str, guard: str | None
) -> None:
    text = GO + (
        f"func handler(ctx context.Context, event Event) error {{\n  {before}\n"
        "  svc.Invoke(&awslambda.InvokeInput{FunctionName: aws.String(lambdacontext.FunctionName)})"
        "\n  return nil\n}\n"
    )

    [found] = findings_in(world({"main.go": text}))

    assert found.guard == guard


def test_the_bucket_of_the_event_is_known_in_go(world: MakesWorlds) -> None:
    text = GO + (
        "type App struct { client *s3.S3 }\n"
        "func (a *App) copy(record events.S3EventRecord) {\n"
        "  a.client.PutObject(&s3.PutObjectInput{\n"
        '    Bucket: aws.String(record.S3.Bucket.Name), Key: aws.String("x")})\n}\n'
        "func handler(ctx context.Context, event events.S3Event) {\n"
        "  app := App{client: s3.New(sess)}\n"
        "  for _, record := range event.Records { app.copy(record) }\n}\n"
    )

    [found] = findings_in(world({"main.go": text}))

    assert (found.rule, found.severity) == ("REC-S3", "ask")


@pytest.mark.parametrize(
    ("body", "rules"),
    [
        (
            (
                "lambda.invoke(new InvokeRequest().withFunctionName(context.getFunctionName())"
                ".withPayload(p));"
            ),
            ["REC-SELF-CTX"],
        ),
        (
            (
                "InvokeRequest request = InvokeRequest.builder()"
                ".functionName(context.getInvokedFunctionArn()).payload(p).build();\n"
                "    lambda.invoke(request);"
            ),
            ["REC-SELF-ARN"],
        ),
        (
            (
                "InvokeRequest request = new InvokeRequest();\n"
                '    request.setFunctionName(System.getenv("AWS_LAMBDA_FUNCTION_NAME"));\n'
                "    lambda.invoke(request);"
            ),
            ["REC-SELF-ENV"],
        ),
        ('lambda.invoke(new InvokeRequest().withFunctionName("other"));', []),
        (
            (
                "String bucket = event.getRecords().get(0).getS3().getBucket().getName();\n"
                '    s3.putObject(bucket, "out/a", file);'
            ),
            ["REC-S3"],
        ),
        (
            (
                "String bucket = event.getRecords().get(0).getS3().getBucket().getName();\n"
                '    s3.putObject(bucket + "-out", "out/a", file);'
            ),
            [],
        ),
    ],
)
def test_what_is_called_is_known_in_java(world: MakesWorlds, body: str, rules: list[str]) -> None:
    found = findings_in(world({"a/Handler.java": JAVA.replace("BODY", body)}))

    assert [f.rule for f in found] == rules


@pytest.mark.parametrize("path", ["main.go", "A.java"])
@pytest.mark.parametrize(
    "text", ["{" * 3_000, "a(" * 3_000, "x" + "+1" * 3_000, "\0", "func (", "\ufeff", "a.b" * 2_000]
)
def test_any_text_is_read_or_said_to_be_partly_read(
    world: MakesWorlds, path: str, text: str
) -> None:
    module = read(path, text.encode())

    if isinstance(module, Module):
        assert findings_in(world({path: text})) == ()
    else:
        assert module.why == "not parsed: RecursionError"
