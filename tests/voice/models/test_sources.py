import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.models import catalogue
from voice.models.errors import DownloadError
from voice.models.sources import Mirrors, RemoteFile, published_files

MD5, SHA256 = "0123456789abcdef" * 2, "0123456789abcdef" * 4
VOSK, PIPER, QWEN = "vosk-model-small-ru-0.22", "ru_RU-irina-medium", "qwen2.5-0.5b-instruct-q4_k_m"
FOLDER = "ru/ru_RU/irina/medium"


def ask(name: str, listing: object, seen: list[str] | None = None) -> tuple[RemoteFile, ...]:
    def fetch(url: str) -> str:
        if seen is not None:
            seen.append(url)
        return listing if isinstance(listing, str) else json.dumps(listing)

    return published_files(catalogue.load().entries[name], Mirrors(), fetch)


def test_vosk_list_gives_the_zip_with_its_md5() -> None:
    seen: list[str] = []
    listing = [{"name": "vosk-model-ru-0.42", "size": 5, "md5": "f" * 32}, {"name": VOSK, "size": 46236750, "md5": MD5}]
    url = f"https://alphacephei.com/vosk/models/{VOSK}.zip"
    assert ask(VOSK, listing, seen) == (RemoteFile(url, f"{VOSK}.zip", 46236750, "md5", MD5),)
    assert seen == ["https://alphacephei.com/vosk/models/model-list.json"]


def test_piper_list_gives_voice_settings_and_card() -> None:
    about = {"size_bytes": 7, "md5_digest": MD5}
    files = {f"{FOLDER}/{name}": about for name in (f"{PIPER}.onnx", f"{PIPER}.onnx.json", "MODEL_CARD", "ALIASES")}
    found = ask(PIPER, {PIPER: {"key": PIPER, "files": files}})
    assert [file.name for file in found] == ["MODEL_CARD", f"{PIPER}.onnx", f"{PIPER}.onnx.json"]
    assert found[1].url == f"https://huggingface.co/rhasspy/piper-voices/resolve/main/{FOLDER}/{PIPER}.onnx"


def test_hugging_face_list_gives_the_store_s_sha256_not_the_git_oid() -> None:
    seen: list[str] = []
    tree = [{"path": f"{QWEN}.gguf", "oid": "e" * 40, "size": 9, "lfs": {"oid": SHA256, "size": 491_400_032}}]
    (file,) = ask(QWEN, tree, seen)
    assert (file.algorithm, file.checksum, file.size) == ("sha256", SHA256, 491_400_032)
    assert file.url == f"https://huggingface.co/Qwen/Qwen2.5-0.5B-Instruct-GGUF/resolve/main/{QWEN}.gguf"
    assert seen == ["https://huggingface.co/api/models/Qwen/Qwen2.5-0.5B-Instruct-GGUF/tree/main"]


@pytest.mark.parametrize(
    ("name", "listing"),
    [
        (VOSK, "<html>busy</html>"),
        (VOSK, []),
        (VOSK, {"error": "no"}),
        (VOSK, [{"name": VOSK, "size": 5}]),
        (VOSK, [{"name": VOSK, "size": "46M", "md5": MD5}]),
        (VOSK, [{"name": VOSK, "size": 0, "md5": MD5}]),
        (VOSK, [{"name": VOSK, "size": 5, "md5": "../../etc/passwd"}]),
        (PIPER, {}),
        (PIPER, {PIPER: None}),
        (PIPER, {PIPER: {"files": {f"{FOLDER}/{PIPER}.onnx": {"size_bytes": 7, "md5_digest": MD5}}}}),
        (PIPER, {PIPER: {"files": {f"{FOLDER}/{PIPER}.onnx": {"size_bytes": 7, "md5_digest": ""}}}}),
        (QWEN, []),
        (QWEN, [{"path": f"{QWEN}.gguf", "oid": "e" * 40, "size": 9}]),
        (QWEN, [{"path": f"{QWEN}.gguf", "lfs": {"oid": MD5, "size": 9}}]),
    ],
)
def test_without_a_published_size_and_checksum_nothing_is_installed(name: str, listing: object) -> None:
    with pytest.raises(DownloadError):
        ask(name, listing)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["files", "name", "lfs", PIPER]), inner)
        ),
        max_leaves=8,
    ),
    st.sampled_from([VOSK, PIPER, QWEN]),
)
def test_any_json_is_either_a_list_of_files_or_a_clear_error(listing: object, name: str) -> None:
    with pytest.raises(DownloadError):
        ask(name, json.dumps(listing))


def test_a_mirror_serves_both_sources_under_one_address() -> None:
    assert Mirrors.at("http://box.lan:8000/") == Mirrors("http://box.lan:8000/vosk", "http://box.lan:8000/huggingface")
