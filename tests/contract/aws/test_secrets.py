"""Secrets by name; no text ever holds one."""

from collections.abc import Iterator

import pytest
from boto3 import Session
from moto import mock_aws
from tests.contract.aws.answers import always, session

from seawall.clouds.aws import Aws
from seawall.model.errors import SeawallError, Trouble, TryLater
from seawall.publish.secrets import secret

VALUE = "https://hooks.slack.com/services/T0/B0/not-to-be-seen"
ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:seawall/slack-AbCdEf"


@pytest.fixture
def made() -> Iterator[Session]:
    with mock_aws():
        yield Session("testing", "testing", region_name="eu-central-1")


def test_a_secret_comes_from_secrets_manager_in_its_own_region(made: Session) -> None:
    manager = made.client("secretsmanager", region_name="us-west-2")
    arn = manager.create_secret(Name="seawall/slack", SecretString=f"{VALUE}\n")["ARN"]

    assert VALUE == secret(Aws(lambda: made), arn)


def test_a_secret_comes_from_the_parameter_store(made: Session) -> None:
    made.client("ssm").put_parameter(Name="/seawall/slack", Value=VALUE, Type="SecureString")

    assert VALUE == secret(Aws(lambda: made), "ssm:/seawall/slack")


@pytest.mark.parametrize(
    "ref", [VALUE, "", "ssm:", "arn:aws:s3:::bucket", f"{ARN}\n", "ssm:/a b", "/seawall/slack"]
)
def test_what_names_no_secret_is_not_repeated(ref: str) -> None:
    asked: list[str] = []

    with pytest.raises(Trouble, match="must be named by arn:aws:secretsmanager") as caught:
        secret(Aws(lambda: session({}, asked)), ref)

    assert "not-to-be-seen" not in str(caught.value)
    assert [] == asked


@pytest.mark.parametrize("value", ["", " \n"])
def test_an_empty_secret_is_none(value: str) -> None:
    answers = {"ssm.GetParameter": always(200, {"Parameter": {"Value": value}})}

    with pytest.raises(Trouble, match="the secret ssm:/a is empty"):
        secret(Aws(lambda: session(answers)), "ssm:/a")


def test_a_binary_secret_is_none() -> None:
    answers = {"secrets-manager.GetSecretValue": always(200, {"SecretBinary": "AAAA"})}

    with pytest.raises(Trouble, match="is empty; put the value there, as plain text"):
        secret(Aws(lambda: session(answers)), ARN)


@pytest.mark.parametrize(
    "status, code, expected",
    [
        pytest.param(403, "AccessDeniedException", Trouble, id="denied"),
        pytest.param(400, "ResourceNotFoundException", Trouble, id="not there"),
        pytest.param(400, "ParameterNotFound", Trouble, id="no such parameter"),
    ],
)
def test_a_refusal_names_the_secret(status: int, code: str, expected: type[SeawallError]) -> None:
    answers = {"secrets-manager.GetSecretValue": always(status, {"__type": code, "message": "m"})}

    with pytest.raises(expected, match=r"seawall/slack-AbCdEf.*may this role read it"):
        secret(Aws(lambda: session(answers)), ARN)


def test_a_login_that_is_busy_is_asked_later() -> None:
    def busy() -> Session:
        raise TryLater("STS is busy")

    with pytest.raises(TryLater, match="STS is busy"):
        secret(Aws(busy), "ssm:/a")
