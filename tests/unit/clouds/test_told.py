import pytest

from seawall.clouds.told import authority, below, facts, lacking, shown, sight
from seawall.model.errors import NoEntry, SeawallError, Trouble, TryLater
from seawall.model.sight import Seen, Unseen


def test_facts_are_sorted_text_and_only_what_was_told() -> None:
    told = {"version": "1.34", "auto-mode": False, "name": "a\nb\x1b[31m", "id": "", "power": None}

    assert (("auto-mode", "False"), ("name", "a b [31m"), ("version", "1.34")) == facts(told)


def test_what_a_cloud_says_at_length_is_cut() -> None:
    assert 300 == len(shown("x" * 10_000))


@pytest.mark.parametrize(
    "encoded",
    [
        pytest.param("", id="nothing"),
        pytest.param("not base64!", id="no base64"),
        pytest.param("aGVsbG8=", id="no PEM"),
    ],
)
def test_an_authority_is_pem_or_there_is_no_way_in(encoded: str) -> None:
    with pytest.raises(NoEntry, match="does not tell its certificate authority"):
        authority(encoded)


def test_a_scope_is_inside_another_by_whole_names() -> None:
    scopes = ("aws:1/b", "aws:11/a", "aws:1/a", "aws:1/a", "aws:1")

    assert ["aws:1/a", "aws:1/b"] == below(scopes, "aws:1")


def raising(error: Exception) -> int:
    raise error


@pytest.mark.parametrize(
    "error, why",
    [
        pytest.param(NoEntry("refused"), "refused", id="refused"),
        pytest.param(TryLater("busy"), "busy", id="busy"),
        pytest.param(
            KeyError("token"),
            "a bug in Seawall ended the look (KeyError); please report",
            id="a bug, of which nothing is quoted",
        ),
    ],
)
def test_a_scope_that_fails_is_unseen(error: Exception, why: str) -> None:
    assert Unseen(why) == sight(lambda: raising(error))
    assert Seen(1) == sight(lambda: 1)


def test_wrong_settings_end_all_looking() -> None:
    with pytest.raises(Trouble):
        sight(lambda: raising(Trouble("no login")))


def test_an_sdk_that_is_not_installed_is_told_with_the_way_to_install_it() -> None:
    error: SeawallError = lacking(ModuleNotFoundError(name="boto3"), "aws")

    assert "boto3 is not installed; pip install 'seawall[aws]'" == str(error)
