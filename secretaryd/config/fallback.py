"""Under systemd a broken file must not make the box deaf: the last configuration that was good is kept and used."""

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from secretaryd.config.load import ConfigError, load
from secretaryd.config.schema import Config

log = logging.getLogger(__name__)

KEPT: Final = "last-good.toml"
KEPT_MODE: Final = (
    0o644  # the engines and the page read it as users of their own; it holds no secret, only paths to them
)


def keep_good(path: Path, config: Config) -> None:
    """Remembers a configuration file that was just loaded without an error. A disk that refuses is only logged."""
    kept = config.box.data_dir / KEPT
    fresh = kept.with_suffix(".new")
    try:
        config.box.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        text = path.read_bytes() if path.exists() else b""
        if not kept.exists() or kept.read_bytes() != text:
            fresh.write_bytes(text)
            fresh.chmod(KEPT_MODE)
            fresh.replace(kept)
    except OSError as error:
        log.warning("the good configuration was not kept", extra={"reason": str(error)})


def last_good(path: Path, error: ConfigError, environ: Mapping[str, str] | None = None) -> Config:
    """The configuration to go on with: the kept one, else the defaults. Raises `error` if not even those work."""
    environ = os.environ if environ is None else environ
    for candidate in (_kept(environ), None):
        try:
            config = (
                load(candidate, {k: v for k, v in environ.items() if k != "SECRETARYD_CONFIG"})
                if candidate
                else Config()
            )
        except ConfigError:
            continue
        log.error(
            "the configuration cannot be used, going on with the last good one",
            extra={"file": str(path), "errors": "; ".join(error.errors), "instead": str(candidate or "defaults")},
        )
        return config
    raise error


def _kept(environ: Mapping[str, str]) -> Path | None:
    folder = Path(environ.get("SECRETARYD__BOX__DATA_DIR") or environ.get("STATE_DIRECTORY") or Config().box.data_dir)
    return folder / KEPT if (folder / KEPT).is_file() else None
