"""Layers to one validated tree: defaults < TOML < data_dir/settings.toml < environment. Every error at once."""

import dataclasses
import difflib
import json
import os
import re
import tomllib
import typing
import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_args, get_origin, get_type_hints

from secretaryd.backups.schedule import parse_time
from secretaryd.config.hours import Hours
from secretaryd.config.schema import Config
from secretaryd.reasons import Reason
from voice.llm.pace import Pace

DEFAULT_PATH: Final = Path("/etc/secretaryd/secretaryd.toml")
PATH_VARIABLE: Final = "SECRETARYD_CONFIG"
PREFIX: Final = "SECRETARYD__"


class ConfigError(Exception):
    """The configuration cannot be used; `errors` holds every reason, one line each."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__("\n".join(errors))
        self.errors = tuple(errors)


@dataclass(frozen=True, slots=True)
class Layer:
    """One source of values; `where` is shown in errors."""

    where: str
    values: Mapping[str, Any]


def config_path(given: str | Path | None, environ: Mapping[str, str]) -> Path:
    """The TOML to read: --config, else $SECRETARYD_CONFIG, else /etc/secretaryd/secretaryd.toml."""
    return Path(given or environ.get(PATH_VARIABLE) or DEFAULT_PATH)


def load(
    given: str | Path | None = None,
    environ: Mapping[str, str] | None = None,
    *,
    settings: Mapping[str, Any] | None = None,
) -> Config:
    """Reads all layers. A named file that is missing is an error; the default path may be absent. `settings` stands for
    the contents of settings.toml, to try what has not been written. Raises ConfigError with every error found in any
    layer."""
    environ = os.environ if environ is None else environ
    path = config_path(given, environ)
    errors: list[str] = []
    layers: list[Layer] = []
    if path.exists() or path != DEFAULT_PATH:
        layers.append(Layer(str(path), _read_toml(path, errors)))
    env = _environment(environ, errors)
    written = _data_dir(layers, env) / "settings.toml"
    if settings is not None:
        layers.append(Layer(str(written), settings))
    elif _is_file(written):
        layers.append(Layer(str(written), _read_toml(written, errors)))
    layers.append(Layer("environment", env))
    return build(layers, errors)


def build(layers: list[Layer], errors: list[str] | None = None) -> Config:
    """Merges and validates layers, later ones first in force. Raises ConfigError."""
    errors = [] if errors is None else errors
    config = Config()
    for layer in layers:
        config = _merge(config, layer.values, layer.where, "", errors)
    errors += [reason.at(key) for key, check, reason in RULES if not _holds(check, config)]
    if errors:
        raise ConfigError(errors)
    return config


def _holds(check: Callable[[Config], bool], config: Config) -> bool:
    try:
        return check(config)
    except (ValueError, OSError, KeyError):
        return False


def _read_toml(path: Path, errors: list[str]) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        errors.append(Reason("no_file").at(str(path)))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        errors.append(Reason("no_read", why=error).at(str(path)))
    return {}


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _data_dir(layers: list[Layer], env: Mapping[str, Any]) -> Path:
    """Where settings.toml lies, before anything is validated."""
    found: object = Config().box.data_dir
    for values in [*(layer.values for layer in layers), env]:
        box = values.get("box")
        if isinstance(box, Mapping):
            found = box.get("data_dir", found)
    return Path(found) if isinstance(found, str | Path) else Config().box.data_dir


def _environment(environ: Mapping[str, str], errors: list[str]) -> dict[str, dict[str, Any]]:
    """SECRETARYD__SECTION__KEY=value. The value is TOML where that parses, else a plain string."""
    tree: dict[str, dict[str, Any]] = {}
    for name, text in environ.items():
        if not name.startswith(PREFIX):
            continue
        section, _, key = name[len(PREFIX) :].lower().partition("__")
        if not key:
            errors.append(f"{name}: must be {PREFIX}SECTION__KEY")
            continue
        tree.setdefault(section, {})[key] = _toml_value(text)
    return tree


def _toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _merge(node: Any, values: Mapping[str, Any], where: str, prefix: str, errors: list[str]) -> Any:
    """A copy of the dataclass `node` with `values` laid over it."""
    hints = get_type_hints(type(node))
    changes: dict[str, Any] = {}
    for key, value in values.items():
        name = f"{prefix}{key}"
        if key not in hints:
            errors.append(unknown(key, list(hints)).at(f"{where}: {name}"))
            continue
        kind = hints[key]
        if dataclasses.is_dataclass(kind):
            if isinstance(value, Mapping):
                changes[key] = _merge(getattr(node, key), value, where, f"{name}.", errors)
            else:
                errors.append(Reason("table", name=name).at(f"{where}: {name}"))
            continue
        try:
            changes[key] = _convert(kind, value, where, name, errors)
        except _Kind as error:
            errors.append(error.reason.at(f"{where}: {name}"))
    return dataclasses.replace(node, **changes)


KINDS: Final = {bool: "kind_bool", int: "kind_int", str: "kind_str", Path: "kind_path"}


class _Kind(TypeError):
    """A value of another type than the key's."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


def _convert(kind: Any, value: Any, where: str, name: str, errors: list[str]) -> Any:
    if get_origin(kind) is tuple:
        item = get_args(kind)[0]
        if not isinstance(value, list):
            raise _Kind(Reason("list", shown=_shown(value)))
        if item is str:
            return tuple(_convert(str, each, where, name, errors) for each in value)
        return tuple(_merge(item(), each, where, f"{name}[{n}].", errors) for n, each in enumerate(value))
    if kind is Path and isinstance(value, str) and value:
        return Path(value)
    if kind is not Path and type(value) is kind:  # bool is an int: exact types only
        return value
    raise _Kind(Reason(KINDS[kind], shown=_shown(value)))


def _shown(value: Any) -> str:
    return f"{type(value).__name__} {value!r:.60}"


def unknown(key: str, known: list[str]) -> Reason:
    """With the nearest known key, or all of them."""
    close = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    return Reason("unknown_near", near=close[0]) if close else Reason("unknown_known", known=", ".join(known))


def _listen_is_valid(config: Config) -> bool:
    return _is_place(config.web.listen)


def _is_place(text: str) -> bool:
    host, _, port = text.rpartition(":")
    return bool(host) and 0 < int(port) < 65536


def _numbers_are_valid(config: Config) -> bool:
    if not config.dial.allow:
        return True
    from hw.at.dial import bad_entries  # every process reads the configuration, and only the core dials

    return not bad_entries(config.dial.allow)


def _code_is_valid(config: Config) -> bool:
    return not config.sim.balance_code or bool(re.fullmatch(r"[*#][0-9*#]{1,18}#", config.sim.balance_code))


def _hours_are_valid(config: Config) -> bool:
    Hours.parse(config.dial.call_back_hours)
    return True


def _sms_numbers_are_valid(config: Config) -> bool:
    if not (own := (*config.sms.owner, *config.sms.commands)) and not config.sms.allow:
        return True
    from hw.at.dial import bad_entries  # as above
    from secretaryd.sms.policy import is_mobile

    return all(map(is_mobile, own)) and not bad_entries(config.sms.allow)


def _templates_are_valid(config: Config) -> bool:
    texts = (config.sms.missed_text, config.sms.busy_text, config.sms.broken_text, config.sms.confirm_text)
    plain = (re.sub(r"\{(company|name|number)\}", "", text) for text in texts)
    return all(len(text) <= 400 and not set("{}") & set(text) for text in plain)


def _quiet_hours_are_valid(config: Config) -> bool:
    return not config.sms.quiet_hours or bool(Hours.parse(config.sms.quiet_hours))


def _pace_is_valid(config: Config) -> bool:
    Pace.parse(config.llm.pace)
    return True


def _time_is_valid(config: Config) -> bool:
    parse_time(config.backup.at)
    return True


Rule = tuple[str, Callable[[Config], bool], Reason]
RULES: Final[tuple[Rule, ...]] = (
    ("box.name", lambda c: 0 < len(c.box.name.strip()) <= 40, Reason("letters", low=1, high=40)),
    ("box.company", lambda c: len(c.box.company) <= 120, Reason("at_most", n=120)),
    ("box.timezone", lambda c: bool(zoneinfo.ZoneInfo(c.box.timezone)), Reason("zone")),
    ("box.language", lambda c: c.box.language in ("ru", "en"), Reason("either", known='"ru" or "en"')),
    ("modem.audio", lambda c: c.modem.audio in ("pcm", "alsa"), Reason("either", known='"pcm" or "alsa"')),
    (
        "modem.pcm_port",
        lambda c: bool(c.modem.pcm_port) or c.modem.audio == "alsa",
        Reason("alsa_only"),
    ),
    ("modem.at_port", lambda c: bool(c.modem.at_port), Reason("auto_path")),
    ("modem.power_gpio", lambda c: 0 <= c.modem.power_gpio <= 27, Reason("none_to", high=27)),
    ("call.answer_after_rings", lambda c: 1 <= c.call.answer_after_rings <= 10, Reason("range", low=1, high=10)),
    ("call.max_seconds", lambda c: 30 <= c.call.max_seconds <= 7200, Reason("range", low=30, high=7200)),
    ("call.greeting", lambda c: len(c.call.greeting) <= 600, Reason("at_most", n=600)),
    ("stt.model", lambda c: bool(c.stt.model), Reason("or_path")),
    ("tts.voice", lambda c: bool(c.tts.voice), Reason("or_path")),
    ("keep.audio_days", lambda c: 0 <= c.keep.audio_days <= 36500, Reason("ever_to", high=36500)),
    ("keep.text_days", lambda c: 0 <= c.keep.text_days <= 36500, Reason("ever_to", high=36500)),
    ("keep.audit_days", lambda c: 0 <= c.keep.audit_days <= 36500, Reason("ever_to", high=36500)),
    (
        "keep.format",
        lambda c: c.keep.format in ("opus", "flac", "mp3", "wav"),
        Reason("either", known='"opus", "flac", "mp3" or "wav"'),
    ),
    ("keep.warn_percent", lambda c: 10 <= c.keep.warn_percent <= 99, Reason("range", low=10, high=99)),
    (
        "keep.purge_percent",
        lambda c: c.keep.warn_percent <= c.keep.purge_percent <= 99,
        Reason("purge"),
    ),
    ("llm.pace", _pace_is_valid, Reason("pace")),
    (
        "llm.node",
        lambda c: all(n.name and n.url.startswith(("http://", "https://")) for n in c.llm.node),
        Reason("node"),
    ),
    (
        "dial.allow",
        _numbers_are_valid,
        Reason("dial_allow"),
    ),
    ("dial.calls_a_day", lambda c: 1 <= c.dial.calls_a_day <= 500, Reason("range", low=1, high=500)),
    ("dial.minutes_a_day", lambda c: 1 <= c.dial.minutes_a_day <= 1440, Reason("range", low=1, high=1440)),
    ("dial.ring_seconds", lambda c: 15 <= c.dial.ring_seconds <= 120, Reason("range", low=15, high=120)),
    ("dial.call_back", lambda c: c.dial.call_back in ("ask", "always"), Reason("either", known='"ask" or "always"')),
    ("dial.call_back_hours", _hours_are_valid, Reason("hours")),
    (
        "llm.node",
        lambda c: not any(n.api_key_file and n.api_key_secret for n in c.llm.node),
        Reason("node_key"),
    ),
    (
        "modem.sim_pin_secret",
        lambda c: not (c.modem.sim_pin_file and c.modem.sim_pin_secret),
        Reason("pin_twice"),
    ),
    ("sim.balance_code", _code_is_valid, Reason("ussd")),
    ("sim.number", lambda c: re.fullmatch(r"(\+[1-9][0-9]{6,14})?", c.sim.number) is not None, Reason("own_number")),
    ("sim.balance_low", lambda c: 0 <= c.sim.balance_low <= 100_000, Reason("range", low=0, high=100000)),
    ("sim.balance_every_hours", lambda c: 0 <= c.sim.balance_every_hours <= 720, Reason("range", low=0, high=720)),
    ("board.led_gpio", lambda c: 0 <= c.board.led_gpio <= 27, Reason("none_to", high=27)),
    (
        "board.button_gpio",
        lambda c: (
            0 <= c.board.button_gpio <= 27 and (c.board.button_gpio or 99) not in (c.board.led_gpio, c.modem.power_gpio)
        ),
        Reason("button"),
    ),
    ("board.ring", lambda c: bool(c.board.speaker) or not c.board.ring, Reason("speaker")),
    (
        "sms",
        _sms_numbers_are_valid,
        Reason("sms_numbers"),
    ),
    (
        "sms",
        _templates_are_valid,
        Reason("sms_texts"),
    ),
    ("sms.reply_hours", lambda c: 1 <= c.sms.reply_hours <= 168, Reason("range", low=1, high=168)),
    ("sms.daily_cap", lambda c: 1 <= c.sms.daily_cap <= 1000, Reason("range", low=1, high=1000)),
    ("sms.quiet_hours", _quiet_hours_are_valid, Reason("quiet")),
    ("web.listen", _listen_is_valid, Reason("place")),
    ("web", lambda c: bool(c.web.certificate) == bool(c.web.key), Reason("tls_pair")),
    (
        "web.redirect",
        lambda c: not c.web.redirect or (c.web.tls and _is_place(c.web.redirect) and c.web.redirect != c.web.listen),
        Reason("redirect"),
    ),
    (
        "web.hosts",
        lambda c: all(re.fullmatch(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?", one) for one in c.web.hosts),
        Reason("host_names"),
    ),
    ("web.setup_file", lambda c: not c.web.setup_file or c.web.setup_file.startswith("/"), Reason("whole_path")),
    ("storage.url", lambda c: not c.storage.url or c.storage.url.startswith("sqlite:///"), Reason("sqlite")),
    ("backup.at", _time_is_valid, Reason("time")),
    ("backup.folder", lambda c: not c.backup.folder or c.backup.folder.startswith("/"), Reason("whole_path")),
    ("backup.keep_daily", lambda c: 1 <= c.backup.keep_daily <= 366, Reason("range", low=1, high=366)),
    ("backup.keep_weekly", lambda c: 0 <= c.backup.keep_weekly <= 520, Reason("range", low=0, high=520)),
    (
        "logs.level",
        lambda c: c.logs.level in ("debug", "info", "warning", "error"),
        Reason("either", known="debug, info, warning or error"),
    ),
)


def documentation() -> list[tuple[str, str, str]]:
    """(key, default, words) of every key, from the strings under the fields; for the manual and its test."""
    import ast
    import inspect

    from secretaryd.config import schema

    tree = ast.parse(inspect.getsource(schema))
    words = {
        (node.name, item.target.id): ast.literal_eval(after.value)
        for node in tree.body
        if isinstance(node, ast.ClassDef)
        for item, after in zip(node.body, node.body[1:], strict=False)
        if isinstance(item, ast.AnnAssign)
        and isinstance(item.target, ast.Name)
        and isinstance(after, ast.Expr)
        and isinstance(after.value, ast.Constant)
    }
    rows = []
    for section in dataclasses.fields(Config):
        kind = typing.cast(type, get_type_hints(Config)[section.name])
        for key in dataclasses.fields(kind):
            default = getattr(kind(), key.name)
            rows.append((f"{section.name}.{key.name}", _toml(default), words.get((kind.__name__, key.name), "")))
    return rows


def _toml(value: Any) -> str:
    """As it would stand in the file."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return "[]"
    return str(value) if isinstance(value, int) else json.dumps(str(value), ensure_ascii=False)
