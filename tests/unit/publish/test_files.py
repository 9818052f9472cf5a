"""A digest in a file: whole or not there, for its owner alone, told by its id."""

import errno
import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.fleets import digest_of

from seawall.model.digest import Digest, DigestId
from seawall.model.errors import SeawallError, Trouble, TryLater
from seawall.publish.files import JsonFileAlerts
from seawall.report.digest import digest_json

DIGEST = digest_of()


def alerts(folder: Path, text: Callable[[Digest], str] = digest_json) -> JsonFileAlerts:
    return JsonFileAlerts(folder, text)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_digest_is_a_file_named_after_it(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "there" / "yet"

    alerts(folder).send(DIGEST)

    assert ["digest-d1.json"] == names(folder)
    assert digest_json(DIGEST) == (folder / "digest-d1.json").read_text()


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "alerts"

    alerts(folder).send(DIGEST)

    assert 0o700 == stat.S_IMODE(folder.stat().st_mode)
    assert 0o600 == stat.S_IMODE((folder / "digest-d1.json").stat().st_mode)


def test_the_same_digest_twice_is_one_file(tmp_path: Path) -> None:
    for _ in range(2):
        alerts(tmp_path).send(DIGEST)
    alerts(tmp_path).send(replace(DIGEST, id=DigestId("d2")))

    assert ["digest-d1.json", "digest-d2.json"] == names(tmp_path)


def test_a_text_that_cannot_be_made_leaves_nothing(tmp_path: Path) -> None:
    def breaks(_: Digest) -> str:
        raise ValueError("no text")

    with pytest.raises(ValueError, match="no text"):
        alerts(tmp_path, breaks).send(DIGEST)

    assert [] == names(tmp_path)


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    alerts(tmp_path).send(DIGEST)
    before = (tmp_path / "digest-d1.json").read_bytes()
    (tmp_path / "digest-d2.json").mkdir()  # nothing can be renamed onto a folder

    with pytest.raises(Trouble, match=r"digest-d2\.json: the digest cannot be written"):
        alerts(tmp_path).send(replace(DIGEST, id=DigestId("d2")))

    assert ["digest-d1.json", "digest-d2.json"] == names(tmp_path)
    assert before == (tmp_path / "digest-d1.json").read_bytes()


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("", id="empty"),
        pytest.param("../x", id="another folder"),
        pytest.param("/x", id="an absolute path"),
        pytest.param("a/b", id="a folder below"),
        pytest.param(".", id="a dot"),
        pytest.param("-x", id="an option"),
        pytest.param("a\n", id="a line break"),
        pytest.param("a\0", id="a NUL"),
        pytest.param("a" * 200, id="too long"),
    ],
)
def test_an_id_that_names_no_file_is_trouble(tmp_path: Path, name: str) -> None:
    with pytest.raises(Trouble, match="no digest's id"):
        alerts(tmp_path).send(replace(DIGEST, id=DigestId(name)))

    assert [] == names(tmp_path)


def test_a_file_where_the_folder_should_be_is_trouble(tmp_path: Path) -> None:
    (tmp_path / "alerts").write_text("a file")

    with pytest.raises(Trouble, match="name a folder that can be written to"):
        alerts(tmp_path / "alerts").send(DIGEST)


@pytest.mark.parametrize(
    "number, raised",
    [
        pytest.param(errno.EIO, TryLater, id="the disk has a fault"),
        pytest.param(errno.EMFILE, TryLater, id="too many open files"),
        pytest.param(errno.ESTALE, TryLater, id="the share is away"),
        pytest.param(errno.ENOSPC, Trouble, id="no space"),
        pytest.param(errno.EDQUOT, Trouble, id="over quota"),
        pytest.param(errno.EACCES, Trouble, id="no permission"),
        pytest.param(errno.EROFS, Trouble, id="read-only"),
    ],
)
def test_an_error_says_whether_to_try_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, raised: type[SeawallError]
) -> None:
    """The disk of a test has no faults of its own: here, and only here, the call is replaced."""

    def fails(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fails)

    with pytest.raises(raised, match=os.strerror(number)):
        alerts(tmp_path).send(DIGEST)

    assert [] == names(tmp_path)
