"""Every conversation in this folder, on a virtual clock: what is understood, answered, stored, and how it ends."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.fakes.caller_script import FOLDER, BadScript, Script, load, parse, scripts
from tests.fakes.conversation_judge import judge
from tests.fakes.virtual_call import Played, Theatre
from tests.fakes.virtual_loop import VirtualLoop

SCRIPTS = scripts()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[asyncio.Runner, Theatre]]:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        theatre = runner.run(Theatre.open(tmp_path_factory.mktemp("theatre")))
        yield runner, theatre
        runner.run(theatre.close())


def shown(played: Played) -> str:
    """The call as a reader wants it in a failure."""
    marks = set(played.marks)
    lines = [f"{'-- ' if n in marks else '   '}{t.who:9} {t.start:6.1f} {t.source}:{t.detail:24} {t.text}"
             for n, t in enumerate(played.turns)]  # fmt: skip
    message = [f"   message   {m.name!r} {m.number!r} {m.matter!r}" for m in played.messages]
    call = played.call
    return "\n".join([*lines, *message, f"   {call.outcome}, ended by {call.end_cause}: {call.summary}"])


def marked(script: Script) -> object:
    marks = [pytest.mark.xfail(reason=script.known_gap, strict=True)] if script.known_gap else []
    marks += [pytest.mark.engine, pytest.mark.llama] if script.model == "starter" else []
    return pytest.param(script, id=script.name, marks=marks)


@pytest.mark.parametrize("script", [marked(script) for script in SCRIPTS])
def test_a_conversation(stage: tuple[asyncio.Runner, Theatre], script: Script) -> None:
    runner, theatre = stage
    played = runner.run(theatre.play(script))
    print(shown(played))
    problems = judge(played)
    assert not problems, "\n".join([script.title, *problems])


def test_there_are_enough_of_them() -> None:
    assert len(list(FOLDER.glob("*.toml"))) >= 40
    titles = [load(path)[0].title for path in FOLDER.glob("*.toml")]
    assert len(set(titles)) == len(titles)


def test_a_judge_that_finds_nothing_wrong_is_no_judge(stage: tuple[asyncio.Runner, Theatre]) -> None:
    """Each expectation fails where it should."""
    runner, theatre = stage
    wrong = {
        "title": "x",
        "step": [
            {"say": "какой у вас адрес", "source": "faq:hours", "answer": "вторник", "not_answer": "Ленина",
             "understood": "часы", "phrases": 3},
            {"say": "до свидания", "quiet": True},
        ],
        "expect": {"outcome": "message", "end": "caller", "name": "x", "number": "y", "matter": "z", "summary": "w",
                   "recorded": False, "pace": 2.0, "said": "v", "never": "адрес", "seconds": 1},
    }  # fmt: skip
    problems = judge(runner.run(theatre.play(parse("wrong", wrong))))
    assert len(problems) == 18, problems


BAD = [
    ({"title": "x", "step": [{"sya": "a"}]}, "unknown key 'sya'"),
    ({"title": "x", "step": []}, "no [[step]]"),
    ({"title": "x", "step": [{"say": "a", "press": "1"}]}, "exactly one of"),
    ({"title": "x", "step": [{"say": "a (0.5)"}]}, "between words"),
    ({"title": "x", "step": [{"say": "a (0.5) b", "heard": "a (0.5) b (1) c"}]}, "other pauses"),
    ({"title": "x", "step": [{"say": "a", "stops": True}]}, "belongs to a step with over"),
    ({"title": "x", "model": "scripted", "step": [{"say": "a"}]}, "belongs to"),
    ({"title": "x", "step": [{"say": "a"}], "expect": {"outcom": "y"}}, "unknown key 'outcom'"),
    ({"step": [{"say": "a"}]}, "title"),
]


@pytest.mark.parametrize(("table", "problem"), BAD)
def test_a_file_with_a_mistake_says_where(table: dict[str, object], problem: str) -> None:
    with pytest.raises(BadScript) as raised:
        parse("bad", table)
    assert problem in str(raised.value)


def test_a_file_that_is_no_toml_says_so(tmp_path) -> None:
    path = tmp_path / "broken.toml"
    path.write_text("say = ")
    with pytest.raises(BadScript):
        load(path)


def test_the_folder_is_where_the_files_are() -> None:
    assert (FOLDER / "README.md").is_file()
