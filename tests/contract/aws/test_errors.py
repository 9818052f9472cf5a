"""Each error of the SDK, by what the caller does next."""

import pytest
from botocore import exceptions

from seawall.clouds.aws import translated
from seawall.model.errors import NoEntry, SeawallError, Trouble, TryLater

URL = "https://x.invalid/?X-Amz-Security-Token=SECRET"


@pytest.mark.parametrize(
    "error, expected",
    [
        pytest.param(exceptions.NoCredentialsError(), Trouble, id="no credentials"),
        pytest.param(
            exceptions.PartialCredentialsError(provider="env", cred_var="SECRET"),
            Trouble,
            id="half of the credentials",
        ),
        pytest.param(exceptions.ProfileNotFound(profile="SECRET"), Trouble, id="no such profile"),
        pytest.param(exceptions.NoRegionError(), Trouble, id="no region"),
        pytest.param(
            exceptions.InvalidRegionError(region_name="SECRET"), Trouble, id="a region that is none"
        ),
        pytest.param(
            exceptions.UnauthorizedSSOTokenError(), NoEntry, id="a login that has expired"
        ),
        pytest.param(
            exceptions.CredentialRetrievalError(provider="process", error_msg="SECRET"),
            NoEntry,
            id="a login that failed",
        ),
        pytest.param(
            exceptions.SSLError(endpoint_url=URL, error=OSError("x")),
            NoEntry,
            id="nobody vouches for it",
        ),
        pytest.param(
            exceptions.ConnectTimeoutError(endpoint_url=URL, error="x"),
            TryLater,
            id="no connection",
        ),
        pytest.param(
            exceptions.ReadTimeoutError(endpoint_url=URL, error="x"), TryLater, id="no answer"
        ),
        pytest.param(
            exceptions.ConnectionClosedError(endpoint_url=URL, error="x"), TryLater, id="broken off"
        ),
        pytest.param(
            exceptions.PaginationError(message="SECRET"), NoEntry, id="pages that never end"
        ),
    ],
)
def test_an_error_is_named_by_what_to_do_next_and_quotes_nothing(
    error: exceptions.BotoCoreError, expected: type[SeawallError]
) -> None:
    with (
        pytest.raises(expected, match=f"asking: .*{type(error).__name__}") as caught,
        translated("asking"),
    ):
        raise error

    assert "SECRET" not in str(caught.value)
    assert expected is type(caught.value)
