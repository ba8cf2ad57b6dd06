"""Requests and errors as the SDKs write and read them."""

import json

import pytest

from gpuinfra.simulator.api.aws_protocol import AwsRequest, error_answer, read_request

FORM = "application/x-www-form-urlencoded; charset=utf-8"


def signed(service: str, **headers: str) -> dict[str, str]:
    """Return headers as of a signed request."""
    scope = f"AWS4-HMAC-SHA256 Credential=simulator/20261123/eu-west-1/{service}/aws4_request, Signature=x"
    return {"authorization": scope, **{name.replace("_", "-"): value for name, value in headers.items()}}


def ec2_request(body: str) -> AwsRequest:
    """Read a form request to EC2."""
    headers = signed("ec2", content_type=FORM)
    return read_request(method="POST", path="/", query="", headers=headers, body=body.encode())


def json_request(service: str, target: str, body: str) -> AwsRequest:
    """Read a JSON request."""
    headers = signed(service, x_amz_target=target, content_type="application/x-amz-json-1.1")
    return read_request(method="POST", path="/", query="", headers=headers, body=body.encode())


def test_a_form_request_is_decoded_with_the_names_of_the_wire() -> None:
    """Service and region come from the signature, action and parameters from the form."""
    request = ec2_request(
        "Action=RunInstances&Version=2016-11-15&MetadataOptions.HttpTokens=required&UserData="
    )
    assert (request.service, request.region, request.action) == ("ec2", "eu-west-1", "RunInstances")
    assert request.params == {
        "Version": "2016-11-15",
        "MetadataOptions.HttpTokens": "required",
        "UserData": "",
    }


def test_escaped_values_can_be_matched_in_clear() -> None:
    """A fault's `body` may name a CIDR although the wire has it escaped."""
    request = ec2_request("Action=AuthorizeSecurityGroupIngress&IpPermissions.1.CidrIp=203.0.113.7%2F32")
    assert "IpPermissions.1.CidrIp=203.0.113.7/32" in request.text


def test_a_json_request_is_flattened_alike() -> None:
    """JSON services have the same shape in the log: dots, and lists from 1."""
    request = json_request("ssm", "AmazonSSM.GetParameters", '{"Names": ["a", "b"], "WithDecryption": true}')
    assert request.action == "GetParameters"
    assert request.params == {"Names.1": "a", "Names.2": "b", "WithDecryption": "true"}


@pytest.mark.parametrize("body", ["", "[1]", "not json", "\xff"])
def test_an_odd_body_has_no_parameters(body: str) -> None:
    """What is not a JSON object does not stop the log."""
    assert json_request("s3", "", body).params == {}


def test_a_rest_request_is_named_by_method_and_path() -> None:
    """Services without actions are logged by what they ask for."""
    request = read_request(method="GET", path="/bucket", query="list-type=2", headers={}, body=b"")
    assert (request.action, request.params) == ("GET /bucket", {"list-type": "2"})


@pytest.mark.parametrize(
    ("service", "start"),
    [
        ("ec2", b'<?xml version="1.0" encoding="UTF-8"?><Response><Errors><Error><Code>Nope</Code>'),
        ("iam", b'<?xml version="1.0" encoding="UTF-8"?><ErrorResponse><Error><Type>Sender</Type>'),
    ],
)
def test_xml_errors_have_the_form_of_their_service(service: str, start: bytes) -> None:
    """EC2 has an error format of its own; messages are escaped."""
    headers = signed(service, content_type=FORM)
    request = read_request(method="POST", path="/", query="", headers=headers, body=b"Action=X")
    answer = error_answer(request, status=403, code="Nope", message="a < b & c")
    assert answer.status == 403
    assert answer.body.startswith(start)
    assert b"<Message>a &lt; b &amp; c</Message>" in answer.body


def test_json_errors_carry_code_and_message() -> None:
    """JSON services read __type, or the header."""
    answer = error_answer(json_request("ssm", "AmazonSSM.X", "{}"), status=400, code="Nope", message="why")
    assert json.loads(answer.body) == {"__type": "Nope", "message": "why"}
    assert ("x-amzn-ErrorType", "Nope") in answer.headers
