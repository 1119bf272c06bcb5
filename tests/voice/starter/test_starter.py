import ast
import json
import os
import random
import re
import stat
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from secretaryd.answer.grounding import Ground, copied_sentence
from secretaryd.answer.persona import Fact, Persona
from secretaryd.answer.prompt import Form, system_text
from secretaryd.answer.words import Lemmas
from voice import starter
from voice.models.catalogue import Kind
from voice.models.recognise import recognise
from voice.models.store import resolve
from voice.starter.llm.train.copying import repeated
from voice.starter.llm.train.dialogues import dialogue, whole_call
from voice.starter.llm.train.focused import FocusedCall
from voice.starter.llm.train.russian import Turn
from voice.starter.stt.train.phones import BASE, FESTIVAL, from_espeak
from voice.starter.stt.train.sentences import AddedGrammar, Grammar, added_vocabulary, vocabulary

HERE = Path(starter.__file__).parent
MB = 1_000_000
MARKS = ("<message>", "<transfer>", "<hangup>")


@pytest.mark.parametrize(
    ("kind", "path", "smallest", "largest"),
    [(Kind.STT, starter.STT, 2, 6), (Kind.TTS, starter.TTS, 3, 6), (Kind.LLM, starter.LLM, 2, 6)],
)
def test_each_starter_model_is_there_small_and_of_its_kind(kind: Kind, path: Path, smallest: int, largest: int) -> None:
    size = sum(file.stat().st_size for file in path.rglob("*")) if path.is_dir() else path.stat().st_size
    assert smallest * MB < size < largest * MB
    assert recognise(path).kind is kind
    assert resolve("starter", kind, Path("/nonexistent")).path == path


def test_the_recogniser_has_every_file_that_vosk_opens() -> None:
    wanted = {
        "am/final.mdl",
        "conf/mfcc.conf",
        "conf/model.conf",
        "graph/Gr.fst",
        "graph/HCLr.fst",
        "graph/disambig_tid.int",  # empty, and Vosk refuses the model without it
        "graph/phones.txt",
        "graph/phones/word_boundary.int",
        "graph/words.txt",
    }
    assert {path.relative_to(starter.STT).as_posix() for path in starter.STT.rglob("*") if path.is_file()} == wanted
    conf = (starter.STT / "conf/model.conf").read_text()
    assert "--frame-subsampling-factor=3" in conf  # libvosk counts 30 ms a frame, so word times depend on it


def test_the_recogniser_s_words_are_the_grammar_s() -> None:
    lines = (starter.STT / "graph/words.txt").read_text("utf-8").split("\n")
    words = {line.split()[0] for line in lines if line} - {"<eps>", "[unk]"}
    assert words == {*vocabulary(), *added_vocabulary()}
    assert len(words) == 1090


def test_the_voice_s_settings_and_its_teacher_s_notice_are_beside_it() -> None:
    settings = json.loads(Path(f"{starter.TTS}.json").read_text("utf-8"))
    assert settings["audio"]["sample_rate"] == 16_000
    assert settings["espeak"]["voice"] == "ru"
    notice = (starter.TTS.parent / "TEACHER-LICENCE.txt").read_text("utf-8")
    assert "Shmyrev" in notice
    assert "permission" in notice.lower() or "permitted" in notice.lower()


def test_everything_that_ships_can_be_read_by_anyone() -> None:
    for path in HERE.rglob("*"):
        mode = path.stat().st_mode
        assert mode & (stat.S_IROTH | (stat.S_IXOTH if path.is_dir() else 0)), path


def test_the_readme_says_what_an_owner_must_know() -> None:
    text = (HERE / "README.md").read_text("utf-8")
    for needed in (
        "secretaryctl models install ru-small",
        "festvox-ru",
        "espeak-ng",
        "WER",
        "not measured",
        "make starter-models",
    ):
        assert needed in text, needed


@pytest.mark.parametrize("path", sorted(HERE.glob("*/train/*.py")), ids=lambda path: str(path.relative_to(HERE)))
def test_every_training_script_parses_and_says_what_it_does(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    assert ast.get_docstring(tree), "no docstring"
    assert len(path.read_text("utf-8").splitlines()) < 560
    asked = {
        node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("voice.")
    }
    for module in asked:
        assert (HERE.parents[1] / f"{module.replace('.', '/')}.py").exists() or module.endswith(".train"), module


def test_the_training_packages_are_not_imported_by_the_product() -> None:
    for path in HERE.parent.rglob("*.py"):
        if HERE not in path.parents:
            assert ".train import" not in path.read_text("utf-8"), path


@pytest.mark.parametrize("grammar", [Grammar, AddedGrammar])
def test_a_seed_fixes_the_sentences(grammar: type[Grammar] | type[AddedGrammar]) -> None:
    first, second, other = grammar(random.Random(5)), grammar(random.Random(5)), grammar(random.Random(6))
    drawn = [first.sentence() for _ in range(500)]
    assert drawn == [second.sentence() for _ in range(500)]
    assert drawn != [other.sentence() for _ in range(500)]


def test_sentences_stay_within_the_vocabulary_and_its_letters() -> None:
    known = {*vocabulary(), *added_vocabulary()}
    grammar, added = Grammar(random.Random(1)), AddedGrammar(random.Random(1))
    for _ in range(3000):
        for words in (grammar.sentence(), added.sentence()):
            assert set(words) <= known
            assert all(set(word) <= set("абвгдеёжзийклмнопрстуфхцчшщъыьэюя") for word in words)


def test_numbers_are_said_in_the_right_forms() -> None:
    grammar = Grammar(random.Random(0))
    assert grammar.number(0) == ["ноль"]
    assert grammar.number(21, True) == ["двадцать", "одна"]
    assert grammar.number(2014)[-1] == "четырнадцать"
    assert grammar.number(5000) == ["пять", "тысяч"]
    assert grammar.number(2900)[:2] == ["две", "тысячи"]
    assert grammar.number(315) == ["триста", "пятнадцать"]


def test_every_phone_of_both_synthesisers_is_in_the_inventory() -> None:
    assert len(BASE) == len(set(BASE)) == 44
    assert set(FESTIVAL.values()) <= set(BASE)
    for mnemonic in ("a", "t;", "S;", "ts", "j", "n^", "l^", "_:", "ja", "V", "v"):
        assert set(from_espeak(mnemonic)) <= set(BASE), mnemonic


@pytest.mark.parametrize("draw", [dialogue, whole_call])
@pytest.mark.parametrize("options", [{}, {"held_out": True}, {"short": True}, {"long": True}])
def test_a_seed_fixes_the_dialogues(draw: Callable[..., list[Turn]], options: dict[str, bool]) -> None:
    for seed in range(50):
        assert draw(random.Random(seed), **options) == draw(random.Random(seed), **options)


@pytest.mark.parametrize(("draw", "marked"), [(dialogue, MARKS[::2]), (whole_call, MARKS)])
def test_dialogues_are_what_the_model_is_to_learn(draw: Callable[..., list[Turn]], marked: tuple[str, ...]) -> None:
    marks: Counter[str] = Counter()
    for seed in range(1000):
        turns = draw(random.Random(seed), held_out=bool(seed % 2))
        assert turns[0]["role"] == "system"
        assert all(turn["role"] in ("user", "assistant") for turn in turns[1:])
        for turn in turns[1:]:
            if turn["role"] == "user":
                assert not set("<>[]{}|") & set(turn["content"] or "")
                continue
            fact, act, said = turn["fact"], turn["act"], turn["content"] or ""
            assert fact is None or fact in said
            assert [mark for mark in MARKS if mark in said] == ([act] if act else [])
            assert not set("[]{}|") & set(said)
            marks[str(act)] += 1
            if turn["intent"] == "fact":
                assert fact is not None
                assert fact in (turns[0]["content"] or "")
    assert all(marks[mark] > 10 for mark in marked)


def test_a_caller_is_put_through_only_where_the_prompt_allows() -> None:
    for seed in range(600):
        turns = whole_call(random.Random(seed))
        if any(turn.get("act") == "<transfer>" for turn in turns):
            prompt = turns[0]["content"] or ""
            assert any(word in prompt for word in ("Можно соединять", "Переводить звонки", "Соединяй с"))


def test_a_short_prompt_is_the_products_word_for_word() -> None:
    seen = Counter[int]()
    for seed in range(300):
        turns = FocusedCall(random.Random(seed)).turns
        head, *lines, closing = (turns[0]["content"] or "").split("\n")
        name, company, style = re.fullmatch(r"Ты — (.+), секретарь компании «(.+)»\.(?: (.+))?", head).groups("")  # type: ignore[union-attr]
        facts = [Fact("", *line.removesuffix(".").split(": ", 1), say="") for line in lines]
        persona = Persona("x", "ru", name, company, style, greeting="")
        assert closing
        assert system_text(persona, facts, Form.FOCUSED) == turns[0]["content"]
        seen[len(facts)] += 1
    assert set(seen) == {1, 2}


def test_answers_drawn_for_a_fact_hold_against_the_products_checks() -> None:
    lemmas, held = Lemmas(), Counter[bool]()
    for seed in range(400):
        prompt, *said, last = FocusedCall(random.Random(seed)).turns
        if last["intent"] != "fact" or len(said) != 1:
            continue
        line = (prompt["content"] or "").split("\n")[1].removesuffix(".")
        value = line.partition(": ")[2]
        known, heard = [prompt["content"] or ""], said[0]["content"] or ""
        sentence = copied_sentence(last["content"] or "", value)
        ground = Ground(known, lemmas, strict=True, subject=line, claims=f"{line}.", heard=heard, value=value)
        held[bool(sentence) and not ground.stray(sentence)] += 1
    assert held[True] > 30 * held[False]


def test_what_is_repeated_comes_again_and_only_that_is_learnt() -> None:
    for seed in range(50):
        ids, marks = repeated(random.Random(seed), 2048)
        learnt = [at for at, mark in enumerate(marks) if mark]
        assert len(ids) == len(marks)
        assert ids[learnt[0] - 1 :] == ids[: len(learnt) + 1]
        assert learnt == list(range(learnt[0], len(ids)))
        assert all(3 <= number < 2048 for number in ids)


def rebuild(*parts: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", HERE / "rebuild.sh", *parts],
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
        env={**os.environ, **environment},
    )


def test_the_rebuild_refuses_an_unknown_part_and_names_missing_packages(tmp_path: Path) -> None:
    assert rebuild("ears").returncode == 2
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", "dirname", "date"):
        (tools / name).symlink_to(f"/usr/bin/{name}")
    missing = rebuild("stt", PATH=str(tools), STARTER_BUILD=str(tmp_path / "build"))
    assert missing.returncode == 3
    assert "apt-get install" in missing.stdout
    assert "libfst-tools" in missing.stdout


@pytest.mark.parametrize(("verdict", "code"), [(0, 0), (1, 1)])
def test_only_a_model_that_passes_its_evaluation_replaces_the_old_one(verdict: int, code: int, tmp_path: Path) -> None:
    # A copy of the tree's starter folder, and a `python` that trains in no time: it writes a file and passes judgement.
    root = tmp_path / "root"
    home = root / "voice/starter"
    (home / "llm").mkdir(parents=True)
    for name in ("rebuild.sh", "requirements.txt"):
        (home / name).write_bytes((HERE / name).read_bytes())
    old = home / "llm/secretary-starter-q8_0.gguf"
    old.write_text("old")
    build = tmp_path / "build"
    (build / "venv/bin").mkdir(parents=True)
    (build / "venv/requirements.txt").write_bytes((HERE / "requirements.txt").read_bytes())
    python = build / "venv/bin/python"
    python.write_text(
        f'#!/bin/sh\necho "$@" > {tmp_path}/asked\nmkdir -p {build}/llm\n'
        f"echo new > {build}/llm/{old.name}\nexit {verdict}\n"
    )
    python.chmod(0o755)
    done = subprocess.run(
        ["sh", home / "rebuild.sh", "llm"],
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
        env={**os.environ, "STARTER_BUILD": str(build), "STARTER_MINUTES_LLM": "7"},
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert old.read_text().strip() == ("old" if verdict else "new")
    assert (tmp_path / "asked").read_text().strip() == f"-m voice.starter.llm.train --work {build}/llm --minutes 7"
    assert sorted(path.name for path in old.parent.iterdir()) == [old.name]
