"""Secrets are sealed on the disk, open again, and cannot be moved, spoilt or read by others unnoticed."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.errors import NotFound
from storage.secrets import KEY_NAME, MAX_SECRETS, MAX_VALUE, SEALED_NAME, BadSecret, SecretError, Secrets


@pytest.fixture
def secrets(tmp_path: Path) -> Secrets:
    return Secrets(tmp_path)


def test_a_secret_is_read_back_and_lies_sealed(secrets: Secrets, tmp_path: Path) -> None:
    secrets.put("sim_pin", "4821-canary", 7.0)
    assert secrets.get("sim_pin") == "4821-canary"
    assert [(info.name, info.changed, info.readable) for info in secrets.list()] == [("sim_pin", 7.0, True)]
    for path in (tmp_path / "secrets").iterdir():
        assert "4821-canary" not in path.read_text()
        assert path.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700


def test_one_that_is_set_again_is_replaced_and_one_removed_is_gone(secrets: Secrets) -> None:
    secrets.put("a", "1", 1.0)
    secrets.put("a", "2", 2.0)
    assert secrets.read("a") == (2.0, "2")
    secrets.remove("a")
    assert secrets.list() == ()
    with pytest.raises(NotFound):
        secrets.get("a")
    with pytest.raises(NotFound):
        secrets.remove("a")


def test_the_same_value_is_sealed_differently_each_time(secrets: Secrets, tmp_path: Path) -> None:
    secrets.put("a", "same", 1.0)
    secrets.put("b", "same", 1.0)
    sealed = json.loads((tmp_path / "secrets" / SEALED_NAME).read_text())["secrets"]
    assert sealed["a"]["sealed"] != sealed["b"]["sealed"]


def test_rotation_forgets_the_old_key(secrets: Secrets, tmp_path: Path) -> None:
    secrets.put("a", "1", 1.0)
    before = json.loads((tmp_path / "secrets" / KEY_NAME).read_text())["keys"]
    assert secrets.rotate() == 1
    after = json.loads((tmp_path / "secrets" / KEY_NAME).read_text())["keys"]
    assert len(after) == 1
    assert after[0] not in before
    assert secrets.read("a") == (1.0, "1")


def test_between_two_steps_of_a_rotation_everything_can_be_read(
    secrets: Secrets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets.put("a", "1", 1.0)
    stored = 0
    store = Secrets._store

    def counted(self: Secrets, path: Path, content: dict[str, object]) -> None:
        nonlocal stored
        assert Secrets(tmp_path).get("a") == "1"
        store(self, path, content)
        stored += 1

    monkeypatch.setattr(Secrets, "_store", counted)
    secrets.rotate()
    assert stored == 3


def test_without_its_key_a_secret_is_named_and_not_read(secrets: Secrets, tmp_path: Path) -> None:
    secrets.put("a", "1", 1.0)
    (tmp_path / "secrets" / KEY_NAME).unlink()
    assert [info.readable for info in secrets.list()] == [False]
    with pytest.raises(SecretError, match="key is lost"):
        secrets.get("a")
    secrets.put("a", "2", 2.0)
    assert secrets.get("a") == "2"


def test_a_sealed_value_under_another_name_does_not_open(secrets: Secrets, tmp_path: Path) -> None:
    secrets.put("cheap", "1", 1.0)
    secrets.put("dear", "2", 1.0)
    file = tmp_path / "secrets" / SEALED_NAME
    content = json.loads(file.read_text())
    content["secrets"]["cheap"] = content["secrets"]["dear"]
    file.write_text(json.dumps(content))
    with pytest.raises(SecretError, match="damaged"):
        secrets.get("cheap")


@pytest.mark.parametrize("name", [KEY_NAME, SEALED_NAME])
def test_files_that_others_may_read_are_refused(secrets: Secrets, tmp_path: Path, name: str) -> None:
    secrets.put("a", "1", 1.0)
    (tmp_path / "secrets" / name).chmod(0o640)
    with pytest.raises(SecretError, match="chmod 600"):
        secrets.get("a")


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{", b'{"keys": [{}], "secrets": 1}', b'{"keys": [{"id": 1, "key": "YQ=="}]}']
)
@pytest.mark.parametrize("name", [KEY_NAME, SEALED_NAME])
def test_a_damaged_file_is_told_as_such(secrets: Secrets, tmp_path: Path, name: str, content: bytes) -> None:
    secrets.put("a", "1", 1.0)
    (tmp_path / "secrets" / name).write_bytes(content)
    with pytest.raises((SecretError, NotFound)):
        secrets.get("a")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("", "1"),
        ("A", "1"),
        ("../key", "1"),
        ("a" * 65, "1"),
        ("a", ""),
        ("a", "\x1b[2J"),
        ("a", "x" * (MAX_VALUE + 1)),
    ],
)
def test_what_is_no_name_or_no_value_is_refused(secrets: Secrets, name: str, value: str) -> None:
    with pytest.raises(BadSecret) as caught:
        secrets.put(name, value, 1.0)
    assert not value or value not in str(caught.value).split()


def test_there_is_an_end_to_their_number(secrets: Secrets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Secrets, "_sealed", lambda self: {str(count): {} for count in range(MAX_SECRETS)})
    with pytest.raises(BadSecret, match="remove one"):
        secrets.put("one-more", "1", 1.0)


@settings(max_examples=25, deadline=None)
@given(value=st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=200))
def test_any_printable_text_comes_back(value: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    secrets = Secrets(tmp_path_factory.mktemp("any"))
    secrets.put("a", value, 1.0)
    assert secrets.get("a") == value
