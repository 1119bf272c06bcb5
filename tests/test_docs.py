"""The documents say what the code does: every command, link, key and table in them is compared with it."""

import ast
import re
import shlex
import subprocess
import tomllib
import xml.etree.ElementTree as ElementTree
from configparser import ConfigParser
from functools import cache
from pathlib import Path
from typing import get_args

import pytest

from hw.simulator import faults
from secretaryd import __main__ as daemon
from secretaryd.call.machine import ENOUGH, TABLE, State
from secretaryd.cli import main as cli
from secretaryd.cli.completion import nodes_of
from secretaryd.cli.door import CommandFailed
from secretaryd.config.fallback import KEPT
from secretaryd.config.load import documentation
from secretaryd.control import protocol
from secretaryd.doctor.run import CHECKS as DOCTOR
from secretaryd.notices import TABLE as NOTICES
from storage.lock import LOCK_NAME
from voice.models import catalogue

ROOT = Path(__file__).parents[1]
DOCUMENTS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")
ROOM_READMES = ("hw/simulator/README.md", "voice/starter/README.md")
TEACHING = DOCUMENTS[:3]
"""Those whose commands a reader will type."""

CONTRACT_KEYS = {
    "box": ("name", "company", "timezone", "language", "data_dir"),
    "modem": ("at_port", "pcm_port", "audio", "alsa_capture", "alsa_playback", "sim_pin_file"),
    "call": ("answer_after_rings", "max_seconds", "record", "greeting"),
    "stt": ("model",),
    "tts": ("voice",),
    "llm": ("model", "allow_starter", "node"),
    "web": ("listen", "tls"),
    "storage": ("url",),
    "control": ("socket",),
}
"""What others may rely on; a key that leaves this table leaves the contract."""
PLACEHOLDER = re.compile(r"[…A-Z]{2,}|…")


@cache
def text_of(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


@cache
def code_of(name: str) -> tuple[str, ...]:
    """Every line of a code block and every code span."""
    text = text_of(name)
    fenced = re.findall(r"^ *```(\w*)\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    blocks = [block for language, block in fenced if language != "mermaid"]
    rest = re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL)
    spans = [span for line in rest.splitlines() for span in re.findall(r"`([^`]+)`", line)]
    lines = [line.partition("  #")[0] for block in blocks for line in block.splitlines()]
    return tuple(" ".join(one.split()) for one in (*lines, *spans))


def section(name: str, title: str) -> str:
    """From that heading to the next of any level."""
    found = re.search(rf"^#+ {re.escape(title)}$(.*?)(?=^#+ |\Z)", text_of(name), re.MULTILINE | re.DOTALL)
    assert found, f"{name} has no section {title!r}"
    return found[1]


def rows(text: str) -> list[list[str]]:
    """Cells of all table rows below their headings."""
    lines = [line.strip() for line in text.splitlines() if line.strip().startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return [row for row in cells if not set("".join(row)) <= set("-| ")]


def slugs(name: str) -> set[str]:
    """Anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", text_of(name), re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]
    return set(plain)


# --- commands ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TEACHING)
def test_every_make_target_that_is_named_is_there(name: str) -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", text_of("Makefile"), re.MULTILINE))
    named = {target for code in code_of(name) for target in re.findall(r"\bmake ([a-z][a-z-]*)", code)}
    assert named, "the document names no target: is its code still found?"
    assert named <= targets


@pytest.mark.parametrize("name", TEACHING)
def test_every_variable_given_to_make_is_read_by_the_makefile(name: str) -> None:
    known = set(re.findall(r"\$\((?:if \$\()?([A-Z_]+)", text_of("Makefile")))
    orders = [code.partition("make ")[2] for code in code_of(name)]
    given = {variable for order in orders for variable in re.findall(r" ([A-Z]+)=", order)}
    assert given <= known


def commands(name: str) -> list[str]:
    found = [re.search(r"(?:^|bin/|sudo )secretaryctl (.*)", code) for code in code_of(name)]
    return sorted({match[1] for match in found if match and not PLACEHOLDER.search(match[1].partition(" --")[0])})


@pytest.mark.parametrize("command", sorted({command for name in TEACHING for command in commands(name)}))
def test_every_secretaryctl_command_that_is_named_is_understood(command: str) -> None:
    words = shlex.split(command)
    if re.fullmatch(r"[a-z]+( [a-z]+)?", command):  # in running text a command may stand without its arguments
        words.append("--help")
        with pytest.raises(SystemExit, match="0"):
            cli._parser().parse_args(words)
        return
    cli._parser().parse_args(words)


def test_the_readme_names_enough_commands_for_the_test_above_to_mean_something() -> None:
    assert len(commands("README.md")) > 15


def test_every_group_of_secretaryctl_is_in_the_readme() -> None:
    choices = next(action.choices for action in cli._parser()._actions if action.dest == "command")
    assert isinstance(choices, dict)
    named = {command.split()[0] for command in commands("README.md") if not command.startswith("-")}
    assert set(choices) == named


def test_every_command_of_secretaryctl_is_in_the_list_of_the_readme() -> None:
    block = re.search(r"<!-- commands -->\n(.*?)<!-- /commands -->", text_of("README.md"), re.DOTALL)
    assert block
    listed: set[str] = set()
    for line in block[1].splitlines():
        words = re.findall(r"`([^`]+)`", line)
        listed |= {f"{words[0]} {word}" for word in words[1:]} if "`: `" in line else set(words)
    paths = {node.path for node in nodes_of(cli.parser()) if node.path != "."}
    leaves = {path for path in paths if not any(other.startswith(f"{path} ") for other in paths)}
    assert listed == leaves, "README.md, between the marks `commands`: a line a group"


def test_remedies_that_the_box_gives_are_commands_that_it_knows() -> None:
    words = [text for row in NOTICES.values() for pair in row[1:] for text in pair]
    remedies = {match for text in words for match in re.findall(r"secretaryctl ((?:[a-z-]+ ?)+)", text)}
    assert remedies
    for remedy in remedies:
        cli._parser().parse_args(remedy.split())


def test_processes_of_the_contract_are_those_of_the_daemon() -> None:
    named = re.search(r"secretaryd ([a-z|]+) \[--config FILE\]", text_of("ARCHITECTURE.md"))
    assert named
    assert set(named[1].split("|")) == set(daemon.ROLES)


def test_exit_codes_are_those_of_the_code() -> None:
    table = {
        int(code): words for code, words in rows(section("ARCHITECTURE.md", "The outer contract")) if code.isdigit()
    }
    assert set(table) == {0, 1, daemon.BAD_CONFIG, daemon.CANNOT_START}
    assert "configuration" in table[daemon.BAD_CONFIG]
    assert "cannot start" in table[daemon.CANNOT_START]
    assert CommandFailed("").code == daemon.CANNOT_START
    assert "2 bad usage or configuration" in " ".join(text_of("README.md").split())


# --- links and files --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*DOCUMENTS, *ROOM_READMES])
def test_every_relative_link_leads_somewhere(name: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", text_of(name)):
        if target.startswith(("https://", "http://")):
            continue
        path, _, anchor = target.partition("#")
        file = (ROOT / name).parent / path if path else ROOT / name
        assert file.exists(), f"{name}: {target}"
        if anchor and file.suffix == ".md":
            assert anchor in slugs(str(file.resolve().relative_to(ROOT))), f"{name}: {target}"


def test_rooms_exist() -> None:
    block = re.search(r"```\n(hw/.*?)```", section("ARCHITECTURE.md", "Rooms, and who may know whom"), re.DOTALL)
    assert block
    parent = ""
    for line in block[1].splitlines():
        named = re.match(r"( *)((?:[a-z/]+/ ?)+)", line)
        assert named, line
        parent = parent if named[1] else named[2].strip()
        for room in named[2].split():
            assert (ROOT / (parent if named[1] else "") / room).is_dir(), f"{line!r}: {room}"


def test_the_picture_is_drawn_without_help_from_elsewhere() -> None:
    assert ".github/call.svg" in text_of("README.md")
    picture = ROOT / ".github" / "call.svg"
    ElementTree.parse(picture)
    outside = set(re.findall(r"https?://[^\s\"')]+", picture.read_text("utf-8")))
    assert outside <= {"http://www.w3.org/2000/svg"}


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / name for name in listed.stdout.split("\0") if name]


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a clone")
def test_no_file_speaks_of_the_place_where_it_was_written() -> None:
    # Written in pieces, so that this file does not find itself.
    pieces = (
        r"(?<![\w.~])/" + "work/",
        r"(?<![\w/])shar" + "ed/",
        r"\[S" + ":[A-Z]",
        "extra-" + "index-url",
        "/opt/py" + "pi",
    )
    forbidden = re.compile("|".join(pieces))
    for path in tracked():
        if not path.is_file():
            continue
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        found = forbidden.search(text)
        assert not found, f"{path.relative_to(ROOT)}: {found[0]!r}"


# --- configuration ----------------------------------------------------------------------------------------------------


def test_every_key_of_the_contract_is_documented() -> None:
    words = {key: text for key, _, text in documentation()}
    assert words.keys() >= {f"{section}.{key}" for section, keys in CONTRACT_KEYS.items() for key in keys}
    assert all(words.values())


def test_the_table_of_keys_is_the_schema() -> None:
    table = {
        f"{found[1]}.{key}"
        for row in rows(section("ARCHITECTURE.md", "The outer contract"))
        if (found := re.fullmatch(r"`\[(\w+)\]`", row[0]))
        for key in re.findall(r"`(\w+)`", row[1].partition(" (")[0])
    }
    assert table == {key for key, _, _ in documentation()}


def test_defaults_in_the_readme_are_those_of_the_schema() -> None:
    known = {key: default for key, default, _ in documentation()}
    checked = 0
    for row in rows(section("README.md", "Configuration")):
        keys = re.findall(r"`(\w+\.\w+)`", row[0])
        assert set(keys) <= known.keys()
        for key, default in zip(keys, re.findall(r"`([^`]+)`", row[1]), strict=False):
            assert default.lower() in known[key].lower(), key
            checked += 1
    assert checked >= 7


def test_the_configuration_of_the_readme_loads(tmp_path: Path) -> None:
    from secretaryd.config.load import load

    found = re.search(r"```toml\n(.*?)```", section("README.md", "On real hardware"), re.DOTALL)
    assert found
    file = tmp_path / "secretary.toml"
    file.write_text(found[1], "utf-8")
    config = load(file, {})
    models = catalogue.load()
    named = {config.stt.model, config.tts.voice, config.llm.model}
    assert named == {entry.name for entry in models.expand("ru-standard")}


# --- tables -----------------------------------------------------------------------------------------------------------


def test_scenarios_in_the_readme_are_those_in_the_box() -> None:
    bundled = {path.stem for path in (ROOT / "hw" / "simulator" / "scenarios").glob("*.toml")}
    assert {row[0].strip("`") for row in rows(section("README.md", "Other calls"))} - {"name"} == bundled
    assert f"{len(bundled)} scenarios" in text_of("CHANGELOG.md")


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md"])
def test_the_count_of_faults_is_right(name: str) -> None:
    assert f"{len(faults.TABLE)} faults" in text_of(name)


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md"])
def test_the_count_of_the_doctors_checks_is_right(name: str) -> None:
    assert f"{len(DOCTOR)} checks" in text_of(name)


def test_bundles_of_models_are_those_of_the_catalogue() -> None:
    models = catalogue.load()
    table = {row[0].strip("`"): row for row in rows(section("README.md", "Models"))[1:]}
    assert table.keys() == models.bundles.keys()
    for name, row in table.items():
        for entry, cell in zip(models.expand(name), row[1:4], strict=True):
            assert entry.name.startswith(cell.split(" (")[0]), name
        said = re.search(r"about ([\d.]+) GB", row[4])
        assert said
        assert float(said[1]) == pytest.approx(models.memory_mb(name) / 1000, rel=0.05)


def test_the_drawing_of_a_call_is_the_table_of_its_machine() -> None:
    drawing = re.search(r"stateDiagram-v2\n(.*?)```", text_of("ARCHITECTURE.md"), re.DOTALL)
    assert drawing
    drawn = {(State(old), State(new)) for old, new in re.findall(r"^ +(\w+) --> (\w+):", drawing[1], re.MULTILINE)}
    real = {(old, new) for (old, _), (new, _) in TABLE.items() if old is not new}
    real |= {(State.RINGING, ENOUGH[0]), (State.IDLE, State.ANSWERING)}
    assert drawn == real


def test_requests_and_events_of_the_control_socket_are_all_named() -> None:
    text = section("ARCHITECTURE.md", "Control protocol")
    for title, union in (("Requests", protocol.Request), ("Events", protocol.Event)):
        named = re.search(rf"^{title}:(.*?)(?:\. |\n\n[A-Z])", text, re.MULTILINE | re.DOTALL)
        assert named, title
        assert set(re.findall(r"`([\w.]+)`", named[1])) == {one.__struct_config__.tag for one in get_args(union)}


def test_examples_of_the_control_protocol_are_valid() -> None:
    text = section("ARCHITECTURE.md", "Control protocol")
    asked = re.search(r"-d '(.*)'", text)
    told = re.search(r"^data: (.*)$", text, re.MULTILINE)
    assert asked
    assert told
    assert isinstance(protocol.decode_envelope(asked[1].encode()).request, protocol.ListCalls)
    assert isinstance(protocol.decode_stamped(told[1]).event, protocol.PhraseHeard)


def test_files_of_the_data_folder_have_the_names_that_the_code_gives_them() -> None:
    assert {LOCK_NAME, KEPT, "settings.toml", "secretary.db"} <= set(section("ARCHITECTURE.md", "Data").split())


def test_every_library_is_in_the_table_of_licences() -> None:
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg", "utf-8")
    lists = [setup["options"]["install_requires"]]
    lists += [setup["options.extras_require"][extra] for extra in ("speech", "llm", "alsa", "systemd")]
    names = {re.split(r"[<>=\[]", line)[0].strip() for block in lists for line in block.splitlines() if line.strip()}
    words = section("README.md", "Licence")
    assert not {name for name in names if not name.startswith("#") and name not in words}


def test_what_the_readme_says_one_sees_is_what_the_code_says() -> None:
    sources = [path for room in ("secretaryd", "storage", "voice") for path in (ROOT / room).rglob("*.py")]
    strings = "\n".join(literals(path) for path in sources)
    for row in rows(section("README.md", "When something is wrong"))[1:]:
        for shown in re.findall(r"`([^`]{12,})`", row[0]):
            for part in shown.split("…"):
                assert part.strip(" ()") in strings, shown


def literals(path: Path) -> str:
    """All string constants of a module, those within f-strings too."""
    tree = ast.parse(path.read_text("utf-8"))
    return "\n".join(
        node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


# --- packaging --------------------------------------------------------------------------------------------------------


def test_hooks_run_what_lint_runs() -> None:
    hooks = text_of(".pre-commit-config.yaml")
    recipe = re.search(r"^lint:.*\n((?:\t.*\n)+)", text_of("Makefile"), re.MULTILINE)
    assert recipe
    for tool in re.findall(r"\.venv/bin/([\w-]+)", recipe[1]):
        assert f".venv/bin/{tool}" in hooks, tool


def test_versions_agree() -> None:
    from secretaryd.health import VERSION

    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg", "utf-8")
    assert setup["metadata"]["version"] == VERSION
    assert re.search(rf"^## {re.escape(VERSION)} ", text_of("CHANGELOG.md"), re.MULTILINE)


def test_markers_in_contributing_are_those_of_pytest() -> None:
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg", "utf-8")
    markers = {line.split(":")[0] for line in setup["tool:pytest"]["markers"].strip().splitlines()}
    table = {row[0].strip("`") for row in rows(section("CONTRIBUTING.md", "Tests"))} - {"marker", "none"}
    assert table == markers


def test_every_scenario_file_reads_as_toml() -> None:
    for path in (ROOT / "hw" / "simulator" / "scenarios").glob("*.toml"):
        assert tomllib.loads(path.read_text("utf-8"))["title"]["ru"], path.name
