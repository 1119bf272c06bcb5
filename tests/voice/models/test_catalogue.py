from pathlib import Path

import pytest

from voice.errors import ModelFileError
from voice.models import catalogue
from voice.models.catalogue import SETTING, Kind, Source

PROMISED = {
    "vosk-model-small-ru-0.22",
    "vosk-model-ru-0.42",
    "vosk-model-small-en-us-0.15",
    "ru_RU-irina-medium",
    "ru_RU-dmitri-medium",
    "ru_RU-denis-medium",
    "ru_RU-ruslan-medium",
    "en_US-lessac-medium",
    "qwen2.5-0.5b-instruct-q4_k_m",
    "qwen2.5-1.5b-instruct-q4_k_m",
    "qwen2.5-3b-instruct-q4_k_m",
}


def test_every_promised_model_is_there_and_nothing_else() -> None:
    assert set(catalogue.load().entries) == PROMISED


def test_every_entry_states_what_an_owner_must_know() -> None:
    for entry in catalogue.load().entries.values():
        assert entry.licence, entry.name
        assert entry.about, entry.name
        assert entry.boards, entry.name
        assert 0 < entry.download_mb <= entry.installed_mb, entry.name
        assert entry.memory_mb >= entry.download_mb // 2, entry.name
        assert (entry.source is Source.HUGGINGFACE) == bool(entry.repository and entry.files), entry.name


def test_no_checksum_is_written_down_anywhere() -> None:
    text = Path(catalogue.__file__).with_name("catalogue.toml").read_text("utf-8")
    assert "sha256 =" not in text
    assert "md5 =" not in text


@pytest.mark.parametrize("name", ["ru-small", "ru-standard", "ru-large", "en-small"])
def test_a_bundle_is_one_of_each_kind_in_its_language(name: str) -> None:
    listing = catalogue.load()
    models = listing.expand(name)
    assert [model.kind for model in models] == [Kind.STT, Kind.TTS, Kind.LLM]
    assert {model.language for model in models} <= {listing.bundles[name].language, "multi"}
    assert listing.memory_mb(name) == sum(model.memory_mb for model in models)


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [("ru-smal", "ru-small"), ("ru_RU-irinа-medium", "ru_RU-irina-medium"), ("qwen2.5-1.5b", "qwen2.5-1.5b-instruct")],
)
def test_a_mistyped_name_is_answered_with_a_near_one(wrong: str, hint: str) -> None:
    with pytest.raises(ModelFileError, match=hint):
        catalogue.load().expand(wrong)


def test_a_name_like_nothing_gets_the_whole_list() -> None:
    with pytest.raises(ModelFileError, match="ru-large"):
        catalogue.load().expand("zzzzzz")


@pytest.mark.parametrize(
    "text",
    [
        "models = 3",
        "[models.a]\nkind = 'song'",
        "[models.a",
        "[bundles.b]\nlanguage = 'ru'\nmodels = ['nowhere']\nabout = ''",
    ],
)
def test_a_broken_catalogue_is_named_as_such(text: str, tmp_path: Path) -> None:
    path = tmp_path / "catalogue.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ModelFileError):
        catalogue.load(path)


def test_every_kind_has_its_setting() -> None:
    assert SETTING == {Kind.STT: "stt.model", Kind.TTS: "tts.voice", Kind.LLM: "llm.model"}
