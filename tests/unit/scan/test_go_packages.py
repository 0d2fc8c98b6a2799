"""Packages of Go: what another file of one declares, and what tags fill."""

from __future__ import annotations

import pytest

from tests.unit.scan.conftest import scanned

QUEUE = """
Resources:
  Jobs: {Type: AWS::SQS::Queue}
  Work:
    Type: AWS::Serverless::Function
    Properties:
      Handler: bootstrap
      Environment: {Variables: {NEXT: !Ref Jobs}}
      Events: {Job: {Type: SQS, Properties: {Queue: !GetAtt Jobs.Arn}}}
"""
GO = """
package main
import (
	"os"
	start "github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go/service/sqs"
)
type Config struct {
	Next string `env:"NEXT,required"`
	Else string `env:"ELSE"`
}
func send(client *sqs.SQS, config *Config) {
	client.SendMessage(&sqs.SendMessageInput{QueueUrl: &config.WHICH})
}
func handle(ctx context.Context, event events.SQSEvent) error {
	send(sqs.New(session.New()), load())
	return nil
}
func main() { start.Start(handle) }
"""


@pytest.mark.parametrize(("which", "rules"), [("Next", ["REC-SQS"]), ("Else", [])])
def test_a_struct_of_tags_that_go_is_given_is_read(which: str, rules: list[str]) -> None:
    found = scanned({"main.go": GO.replace("WHICH", which)}, {"template.yaml": QUEUE})

    assert [f.rule for f in found] == rules


MAIN = """
package main
import (
	"github.com/aws/aws-lambda-go/lambda"
	"example.com/shop/jobs"
)
var actions = map[string]func(string) error{MANY"go": jobs.WHICH}
func handle(ctx context.Context, event events.SQSEvent) error {
	return actions[event.Records[0].Body](event.Records[0].Body)
}
func main() { lambda.Start(handle) }
"""
MANY = "".join(f'"n{number}": jobs.Done{number}, ' for number in range(30))
FIRST = "package jobs\nfunc Done(body string) error { return nil }\n"
SECOND = """
package jobs
func Again(body string) error {
	client := sqs.New(session.New())
	_, err := client.SendMessage(&sqs.SendMessageInput{QueueUrl: aws.String(os.Getenv("NEXT"))})
	return err
}
"""


@pytest.mark.parametrize(("which", "rules"), [("Again", ["REC-SQS"]), ("Done", [])])
@pytest.mark.parametrize("many", ["", MANY], ids=["one", "many"])
def test_a_map_of_functions_of_another_package(many: str, which: str, rules: list[str]) -> None:
    main = MAIN.replace("WHICH", which).replace("MANY", many)
    others = {"a/jobs/a.go": FIRST, "a/jobs/b.go": SECOND.replace("SendMessage", "Close")}
    code = others | {"main.go": main, "shop/jobs/a.go": FIRST, "shop/jobs/b.go": SECOND}

    assert [f.rule for f in scanned(code, {"template.yaml": QUEUE})] == rules
