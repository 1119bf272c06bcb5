import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fakes.model_files import PIPER, QWEN, VOSK, gguf, piper_files, vosk_files, write
from voice import starter
from voice.errors import ModelFileError
from voice.models.catalogue import Kind
from voice.models.errors import ModelInUse
from voice.models.install import Installer
from voice.models.store import MANIFEST, ResolvedModel, Setting, Store, resolve

Make = Callable[..., Installer]


@pytest.mark.parametrize(("kind", "path"), [(Kind.STT, starter.STT), (Kind.TTS, starter.TTS), (Kind.LLM, starter.LLM)])
def test_starter_is_the_bundled_model(kind: Kind, path: Path, tmp_path: Path) -> None:
    assert resolve("starter", kind, tmp_path / "not made yet") == ResolvedModel(path, "starter", starter=True)


def test_a_path_is_itself_wherever_it_lies(tmp_path: Path) -> None:
    folder = write(tmp_path / "vosk", vosk_files())
    write(tmp_path, piper_files() | {"own.gguf": gguf()})
    for path, kind in [(folder, Kind.STT), (tmp_path / f"{PIPER}.onnx", Kind.TTS), (tmp_path / "own.gguf", Kind.LLM)]:
        assert resolve(str(path), kind, tmp_path / "models") == ResolvedModel(path, path.name, starter=False)


@pytest.mark.parametrize(
    ("value", "kind", "remedy"),
    [
        (VOSK, Kind.STT, f"secretaryctl models install {VOSK}"),
        ("ru-small", Kind.STT, "secretaryctl models install ru-small"),
        ("vosk-model-small-ru-0.2", Kind.STT, VOSK),
        ("irina", Kind.TTS, PIPER),
        ("", Kind.LLM, "llm.model"),
        ("/no/such/file.gguf", Kind.LLM, "/no/such/file.gguf"),
        ("~nobody-of-that-name/x.gguf", Kind.LLM, "~nobody"),
        ("/tmp/\0.gguf", Kind.LLM, "no model at"),
        ("..", Kind.LLM, "name"),
        (".staging", Kind.LLM, "name"),
    ],
)
def test_what_is_not_there_is_refused_with_a_remedy(value: str, kind: Kind, remedy: str, tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=remedy):
        resolve(value, kind, tmp_path)


def test_a_model_of_another_kind_is_refused(installer: Make, store: Store) -> None:
    installer().install(VOSK)
    with pytest.raises(ModelFileError, match="llm is needed"):
        resolve(VOSK, Kind.LLM, store.folder)
    with pytest.raises(ModelFileError, match="stt is needed"):
        resolve(str(starter.LLM), Kind.STT, store.folder)


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (lambda folder: (folder / "am/final.mdl").unlink(), "am/final.mdl: missing"),
        (lambda folder: (folder / "am/final.mdl").write_bytes(b"\0B"), "am/final.mdl: 2 bytes instead of"),
        (lambda folder: (folder / "extra").write_bytes(b""), "extra: not part of the model"),
        (
            lambda folder: (folder / "graph/HCLr.fst").write_bytes(b"?" * 200_000),
            "graph/HCLr.fst: contents changed",
        ),
    ],
)
def test_verify_finds_every_kind_of_damage(
    spoil: Callable[[Path], object], fault: str, installer: Make, store: Store
) -> None:
    installer().install(VOSK)
    assert store.verify(VOSK) == ()
    spoil(store.folder / VOSK)
    (found,) = store.verify(VOSK)
    assert str(found).startswith(fault)


@pytest.mark.parametrize(("name", "key"), [(VOSK, "stt.model"), (PIPER, "tts.voice"), (QWEN, "llm.model")])
def test_using_a_model_names_its_setting(name: str, key: str, installer: Make, store: Store) -> None:
    with pytest.raises(ModelFileError, match="install"):
        store.use(name)
    installer().install(name)
    assert store.use(name) == Setting(key, name)


def test_a_model_in_use_cannot_be_removed_and_another_can(installer: Make, store: Store) -> None:
    installer().install("ru-small")
    with pytest.raises(ModelInUse, match="in use"):
        store.remove(VOSK, active={VOSK, "starter"})
    assert store.verify(VOSK) == ()
    store.remove(VOSK, active={PIPER, "starter"})
    assert [manifest.name for manifest in store.installed()] == sorted([PIPER, QWEN])
    with pytest.raises(ModelFileError, match="not installed"):
        store.remove(VOSK, active=())


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m | {"name": "other"},
        lambda m: m | {"entry": "../../etc"},
        lambda m: m | {"files": [{"path": "/etc/passwd", "size": 1, "sha256": ""}]},
        lambda m: m | {"kind": "song"},
        lambda m: {"name": VOSK},
        lambda m: [],
    ],
)
def test_a_manifest_that_does_not_fit_is_refused_and_does_not_hide_the_others(
    change: Callable[[dict[str, object]], object], installer: Make, store: Store
) -> None:
    installer().install("ru-small")
    path = store.folder / VOSK / MANIFEST
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    with pytest.raises(ModelFileError):
        resolve(VOSK, Kind.STT, store.folder)
    assert [manifest.name for manifest in store.installed()] == sorted([PIPER, QWEN])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(value=st.text(max_size=30) | st.text("~/.0a\0", max_size=6), kind=st.sampled_from(Kind))
def test_any_setting_is_a_model_or_a_clear_error(value: str, kind: Kind, tmp_path: Path) -> None:
    try:
        found = resolve(value, kind, tmp_path)
    except ModelFileError:
        return
    assert found.starter


def test_leftovers_of_an_interrupted_run_are_swept(store: Store) -> None:
    write(store.folder / ".staging", {"half/am/final.mdl": b"\0B"})
    with store.locked() as staging:
        assert list(staging.iterdir()) == []
    assert not (store.folder / ".staging").exists()
