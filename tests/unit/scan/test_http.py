"""Calls over HTTP: to the own address they are loops, to any other they are nothing."""

from __future__ import annotations

import pytest

from tests.unit.scan.conftest import scanned

SAM = """
Resources:
  Jobs:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Environment: {Variables: {API: !Sub "https://${ServerlessRestApi}.execute-api.x.aws.com/Prod"}}
      Events:
        Post: {Type: Api, Properties: {Path: /jobs, Method: post}}
        One: {Type: Api, Properties: {Path: "/jobs/{id}", Method: get}}
  Audit:
    Type: AWS::Serverless::Function
    Properties:
      Handler: other.handler
      Events:
        Post: {Type: Api, Properties: {Path: /audit, Method: post}}
        All: {Type: Api, Properties: {Path: "/files/{proxy+}", Method: any}}
        Late: {Type: Api, Properties: {Path: "/jobs/late", Method: get}}
"""
PYTHON = (
    "import os, requests, httpx, urllib3, urllib.request, aiohttp\n"
    "def handler(event, context):\n"
    "    host = event['requestContext']['domainName']\n"
    "    CALL\n"
)


def severities(call: str, template: str = SAM) -> list[str]:
    """Of the findings of a Python handler that makes the call."""
    found = scanned({"app.py": PYTHON.replace("CALL", call)}, {"template.yaml": template})
    assert {f.rule for f in found} <= {"REC-HTTP"}
    return [f.severity for f in found]


@pytest.mark.parametrize(
    "call",
    [
        "requests.post(f'https://{host}/Prod/jobs')",
        "requests.request('POST', f'https://{host}/Prod/jobs')",
        "requests.request(method='POST', url='https://' + host + '/Prod/jobs')",
        "session = requests.Session(); session.post(f'https://{host}/Prod/jobs')",
        "httpx.post(f'https://{host}/jobs')",
        "httpx.Client().post(f'https://{host}/jobs')",
        "urllib3.PoolManager().request('POST', f'https://{host}/jobs')",
        "requests.post(os.environ['API'] + '/jobs')",
        "requests.post(os.environ['API'] + '/jobs?again=1')",
        "requests.post('https://' + event['headers']['Host'] + '/jobs')",
        "requests.post(f\"https://{host}{event['path']}\")",
        "requests.post(f\"https://{host}{event['requestContext']['path']}\")",
    ],
)
def test_a_call_of_an_own_route_is_a_loop(call: str) -> None:
    assert severities(call) == ["high"]


@pytest.mark.parametrize(
    "call",
    [
        "requests.post(f'https://{host}/Prod/audit')",
        "requests.get(f'https://{host}/Prod/jobs')",
        "requests.post(f'https://{host}/Prod/nowhere')",
        "requests.post(f'https://{host}/files/x')",
        "requests.get(f'https://{host}/jobs/late')",
        "requests.post(f'https://{host}/Prod/@connections/x')",
        "requests.post('https://example.com/jobs')",
        "requests.post(f'https://{os.environ[\"OTHER\"]}/jobs')",
        "requests.post(f'https://example.com/{host}/jobs')",
        "requests.post('/jobs')",
        "event.get('url', host)",
        "cache.post(f'https://{host}/jobs')",
        "open(f'https://{host}/jobs')",
    ],
)
def test_any_other_call_is_nothing(call: str) -> None:
    assert severities(call) == []


@pytest.mark.parametrize(
    "call",
    [
        "requests.post(f\"https://{host}/{event['next']}\")",
        "requests.get(os.environ['API'] + '/jobs/' + event['id'])",  # it may be "late"
        "requests.post(f'https://{host}/files/jobs')",  # "files" may be a stage
        "urllib.request.urlopen(f'https://{host}/jobs')",
        "urllib.request.urlopen(urllib.request.Request(f'https://{host}/jobs'))",
    ],
)
def test_a_path_or_a_method_that_is_not_known_is_a_question(call: str) -> None:
    assert severities(call) == ["ask"]


def test_a_host_of_an_event_without_a_template_is_a_question_and_the_own_path_is_none() -> None:
    for path, severity in (("/jobs", "ask"), ("{event['rawPath']}", "high")):
        call = f'requests.post(f"https://{{host}}{path}")'
        [found] = scanned({"app.py": PYTHON.replace("CALL", call)}, {})
        assert (found.rule, found.severity) == ("REC-HTTP", severity)
        assert found.aws_stops is False
        assert found.aws_why == "AWS does not stop this (its detection does not follow HTTP)"


def test_the_management_of_connections_starts_nothing() -> None:
    call = "requests.post(f\"https://{host}/prod/@connections/{event['id']}\")"

    assert scanned({"app.py": PYTHON.replace("CALL", call)}, {}) == ()


# -- other languages

JS = "const axios = require('axios');\nconst https = require('https'), got = require('got');\n\n"


@pytest.mark.parametrize(
    "call",
    [
        "await fetch(`https://${host}/jobs`, {method: 'POST'})",
        "await axios.post(`https://${host}/jobs`, {})",
        "await axios({url: `https://${host}/jobs`, method: 'post'})",
        "await axios({baseURL: `https://${host}`, url: '/jobs', method: 'post'})",
        "await got.post(`https://${host}/jobs`)",
        "https.request({hostname: host, path: '/jobs', method: 'POST'}, done).end()",
        "https.request(`https://${host}/jobs`, {method: 'POST'}, done).end()",
        "await fetch(new URL(`https://${host}/jobs`), {method: 'POST'})",
    ],
)
def test_javascript_calls_its_own_route(call: str) -> None:
    text = f"{JS}exports.handler = async (event) => {{\n  HOST;\n  {call};\n}};\n"
    host = "const host = event.requestContext.domainName"

    [found] = scanned({"app.js": text.replace("HOST", host)}, {"template.yaml": SAM})

    assert (found.rule, found.severity, found.line) == ("REC-HTTP", "high", 6)
    assert scanned({"app.js": text.replace("HOST", "const host = OTHER")}, {"t.yaml": SAM}) == ()


GO = """package main
import ("net/http"; "github.com/aws/aws-lambda-go/lambda")
func main() { lambda.Start(handler) }
func handler(ctx context.Context, event events.APIGatewayV2HTTPRequest) error {
  url := "https://" + event.RequestContext.DomainName + "/jobs"
  CALL
  return nil
}
"""


@pytest.mark.parametrize(
    ("call", "severities"),
    [
        ('http.Post(url, "text/plain", nil)', ["high"]),
        ('http.NewRequest("POST", url, nil)', ["high"]),
        ("http.NewRequestWithContext(ctx, http.MethodPost, url, nil)", ["high"]),
        ("http.Get(url)", []),
        ('http.NewRequest("DELETE", url, nil)', []),
        ('cache.Post(url, "text/plain", nil)', []),
    ],
)
def test_go_calls_its_own_route(call: str, severities: list[str]) -> None:
    template = SAM.replace("app.handler", "main.handler")

    found = scanned({"main.go": GO.replace("CALL", call)}, {"template.yaml": template})

    assert [f.severity for f in found] == severities


JAVA = """package a;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
public class App implements RequestHandler<APIGatewayProxyRequestEvent, String> {
  public String handleRequest(APIGatewayProxyRequestEvent event, Context context) {
    String url = "https://" + event.getRequestContext().getDomainName() + event.getPath();
    CALL
    return "";
  }
}
"""


@pytest.mark.parametrize(
    ("call", "count"),
    [
        ("HttpRequest r = HttpRequest.newBuilder().uri(URI.create(url)).build();", 1),
        ("HttpRequest r = HttpRequest.newBuilder(URI.create(url)).build();", 1),
        ("new URL(url).openConnection();", 1),
        ('HttpRequest r = HttpRequest.newBuilder().uri(URI.create("https://a.b/c")).build();', 0),
        ("Thing r = Thing.newBuilder().uri(URI.create(url)).build();", 0),
    ],
)
def test_java_calls_its_own_path(call: str, count: int) -> None:
    found = scanned({"App.java": JAVA.replace("CALL", call)}, {})

    assert [(f.rule, f.severity) for f in found] == [("REC-HTTP", "high")] * count


# -- other templates: the address in the environment, and what it leads to

CODE = (
    "import os, requests\ndef handler(event, context):\n"
    "    requests.post(os.environ['API'] + '/jobs')\n"
)
CLOUDFORMATION = """
Resources:
  Jobs:
    Type: AWS::Lambda::Function
    Properties: {Handler: app.handler, Environment: {Variables: {API: VALUE}}}
  Url: {Type: AWS::Lambda::Url, Properties: {TargetFunctionArn: !GetAtt Jobs.Arn}}
  Http: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: HTTP}}
  Quick: {Type: AWS::ApiGatewayV2::Api, Properties: {Target: !GetAtt Jobs.Arn}}
  To: {Type: AWS::ApiGatewayV2::Integration, Properties: {IntegrationUri: !GetAtt Jobs.Arn}}
  Route:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Http, RouteKey: "POST /jobs", Target: !Sub "integrations/${To}"}
  Joined:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref Joint
      RouteKey: "ANY /{proxy+}"
      Target: !Join ["/", [integrations, !Ref To]]
  Joint: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: HTTP}}
  Rest: {Type: AWS::ApiGateway::RestApi}
  Part: {Type: AWS::ApiGateway::Resource, Properties: {ParentId: !GetAtt Rest.Root, PathPart: jobs}}
  Method:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Rest
      ResourceId: !Ref Part
      HttpMethod: POST
      Integration: {Uri: !Sub "arn:aws:apigateway:x:lambda:path/functions/${Jobs.Arn}/invocations"}
  Named:
    Type: AWS::Serverless::HttpApi
    Properties: {Domain: {DomainName: api.shop.example}}
  Other:
    Type: AWS::Serverless::Function
    Properties:
      Handler: other.handler
      FunctionUrlConfig: {AuthType: NONE}
      Events: {All: {Type: HttpApi, Properties: {ApiId: !Ref Named}}}
"""


@pytest.mark.parametrize(
    ("value", "count"),
    [
        ("!GetAtt Url.FunctionUrl", 1),
        ("!GetAtt Http.ApiEndpoint", 1),
        ('!Sub "https://${Http}.execute-api.${AWS::Region}.amazonaws.com"', 1),
        ("!GetAtt Quick.ApiEndpoint", 1),
        ("!GetAtt Joint.ApiEndpoint", 1),
        ('!Sub "https://${Rest}.execute-api.${AWS::Region}.amazonaws.com/prod"', 1),
        ("!GetAtt OtherUrl.FunctionUrl", 0),
        ("https://api.shop.example", 0),
        ("!Ref Somewhere", 0),
        ('"https://example.com"', 0),
    ],
)
def test_cloudformation_says_whose_address_it_is(value: str, count: int) -> None:
    found = scanned({"app.py": CODE}, {"template.yaml": CLOUDFORMATION.replace("VALUE", value)})

    assert [(f.rule, f.severity) for f in found] == [("REC-HTTP", "high")] * count


def test_a_domain_of_the_own_api_is_the_own_api() -> None:
    template = CLOUDFORMATION.replace("VALUE", "https://api.shop.example").replace(
        "other.handler", "app.handler"
    )
    template = template.replace("Properties: {Handler: app.handler, Env", "Properties: {H: x, Env")
    template = template.replace(
        "      FunctionUrlConfig: {AuthType: NONE}\n",
        "      Environment: {Variables: {API: 'https://api.shop.example'}}\n",
    )

    [found] = scanned({"app.py": CODE}, {"template.yaml": template})

    assert (found.rule, found.cycle) == ("REC-HTTP", ("Other", "api.shop.example", "Other"))


SERVERLESS = """
service: shop
provider: {name: aws}
functions:
  jobs:
    handler: app.handler
    url: true
    environment:
      API: VALUE
    events:
      - http: POST jobs
      - httpApi: {path: /jobs, method: post}
  audit:
    handler: other.handler
    url: true
    events:
      - httpApi: POST /audit
"""


@pytest.mark.parametrize(
    ("value", "count"),
    [
        ("{Fn::Sub: 'https://${ApiGatewayRestApi}.execute-api.x.amazonaws.com/dev'}", 1),
        ("{Fn::GetAtt: [HttpApi, ApiEndpoint]}", 1),
        ("{Fn::GetAtt: [JobsLambdaFunctionUrl, FunctionUrl]}", 1),
        ("{Fn::GetAtt: [AuditLambdaFunctionUrl, FunctionUrl]}", 0),
        ("https://example.com", 0),
    ],
)
def test_serverless_yml_says_whose_address_it_is(value: str, count: int) -> None:
    found = scanned({"app.py": CODE}, {"serverless.yml": SERVERLESS.replace("VALUE", value)})

    assert [(f.rule, f.severity) for f in found] == [("REC-HTTP", "high")] * count


TERRAFORM = """
resource "aws_lambda_function" "jobs" {
  function_name = "jobs"
  handler = "app.handler"
  environment { variables = { API = VALUE } }
}
resource "aws_lambda_function" "other" {
  function_name = "other"
  handler = "other.handler"
}
resource "aws_lambda_function_url" "url" { function_name = aws_lambda_function.jobs.function_name }
resource "aws_lambda_function_url" "else" { function_name = aws_lambda_function.other.arn }
resource "aws_apigatewayv2_api" "http" { protocol_type = "HTTP" }
resource "aws_apigatewayv2_stage" "s" { api_id = aws_apigatewayv2_api.http.id }
resource "aws_apigatewayv2_integration" "i" {
  api_id = aws_apigatewayv2_api.http.id
  integration_uri = aws_lambda_function.jobs.invoke_arn
}
resource "aws_apigatewayv2_route" "r" {
  api_id = aws_apigatewayv2_api.http.id
  route_key = "POST /jobs"
  target = "integrations/${aws_apigatewayv2_integration.i.id}"
}
resource "aws_apigatewayv2_api" "quick" { target = aws_lambda_function.other.arn }
resource "aws_api_gateway_rest_api" "rest" {}
resource "aws_api_gateway_stage" "prod" { rest_api_id = aws_api_gateway_rest_api.rest.id }
resource "aws_api_gateway_resource" "jobs" {
  rest_api_id = aws_api_gateway_rest_api.rest.id
  parent_id = aws_api_gateway_rest_api.rest.root_resource_id
  path_part = "jobs"
}
resource "aws_api_gateway_method" "post" { http_method = "POST" }
resource "aws_api_gateway_integration" "i" {
  rest_api_id = aws_api_gateway_rest_api.rest.id
  resource_id = aws_api_gateway_resource.jobs.id
  http_method = aws_api_gateway_method.post.http_method
  uri = aws_lambda_function.jobs.invoke_arn
}
"""


@pytest.mark.parametrize(
    ("value", "count"),
    [
        ("aws_lambda_function_url.url.function_url", 1),
        ("aws_apigatewayv2_api.http.api_endpoint", 1),
        ("aws_apigatewayv2_stage.s.invoke_url", 1),
        ("aws_api_gateway_stage.prod.invoke_url", 1),
        ("aws_lambda_function_url.else.function_url", 0),
        ("aws_apigatewayv2_api.quick.api_endpoint", 0),
        ("var.api", 0),
    ],
)
def test_terraform_says_whose_address_it_is(value: str, count: int) -> None:
    found = scanned({"app.py": CODE}, {"main.tf": TERRAFORM.replace("VALUE", value)})

    assert [(f.rule, f.severity) for f in found] == [("REC-HTTP", "high")] * count


CDK = """
import * as cdk from 'aws-cdk-lib';
export class Stack extends cdk.Stack {
  constructor(scope: Construct, id: string, props: Props) {
    super(scope, id, props);
    const http = new apigwv2.HttpApi(this, 'Http');
    const rest = new apigw.RestApi(this, 'Rest');
    const jobs = new lambda.Function(this, 'Jobs', {
      handler: 'app.handler', code: lambda.Code.fromAsset('src'),
    });
    const other = new lambda.Function(this, 'Other', {
      handler: 'other.handler', code: lambda.Code.fromAsset('src'),
    });
    const whole = new apigw.LambdaRestApi(this, 'Whole', {handler: jobs});
    const given = new apigwv2.HttpApi(this, 'Given', {
      defaultIntegration: new HttpLambdaIntegration('d', other),
    });
    http.addRoutes({
      path: '/jobs', methods: [apigwv2.HttpMethod.POST],
      integration: new HttpLambdaIntegration('i', jobs),
    });
    const part = rest.root.addResource('jobs');
    part.addMethod('POST', new apigw.LambdaIntegration(jobs));
    const url = jobs.addFunctionUrl();
    const urlOfOther = new lambda.FunctionUrl(this, 'Url', {function: other});
    jobs.addEnvironment('X', 'y');
    const again = new lambda.Function(this, 'Again', {
      handler: 'app.handler', code: lambda.Code.fromAsset('src'), environment: {API: VALUE},
    });
  }
}
"""


@pytest.mark.parametrize(
    ("value", "count"),
    [
        ("http.apiEndpoint", 1),
        ("rest.url", 1),
        ("whole.url", 1),
        ("url.url", 1),
        ("given.apiEndpoint", 0),
        ("urlOfOther.url", 0),
        ("props.url", 0),
    ],
)
def test_the_cdk_says_whose_address_it_is(value: str, count: int) -> None:
    text = CDK.replace("VALUE", value).replace("(jobs", "(again").replace("jobs)", "again)")
    text = text.replace(
        "'Jobs', {\n      handler: 'app.handler'", "'Jobs', {\n      handler: 'x.y'"
    )
    text = text.replace("handler: jobs}", "handler: again}").replace("jobs.addF", "again.addF")

    found = scanned({"src/app.py": CODE}, {"lib/stack.ts": text})

    assert [(f.rule, f.severity) for f in found] == [("REC-HTTP", "high")] * count
