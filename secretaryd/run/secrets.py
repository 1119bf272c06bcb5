"""Secrets handed to those who need one: by name, read when it is needed, never kept in the configuration."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from hw.modem.sim import PinSource, PinUnusable
from secretaryd.config.schema import Config
from storage.errors import StorageError
from storage.secrets import Secrets

USUAL_PIN: Final = "sim_pin"


class SecretMissing(OSError):
    """There is no such secret, or it cannot be read."""


@dataclass(frozen=True, slots=True)
class SecretPin:
    """The SIM's PIN in a secret; what marks a change is the moment at which it was set."""

    secrets: Secrets
    name: str

    def __str__(self) -> str:
        return f"the secret {self.name}"

    def read(self) -> tuple[list[int], str]:
        """Raises PinUnusable."""
        try:
            changed, text = self.secrets.read(self.name)
        except StorageError as error:
            raise PinUnusable(str(error)) from error
        return [round(changed * 1000)], text


def pin_name(config: Config) -> str:
    """Of the secret that holds the PIN; "" where a file does."""
    if config.modem.sim_pin_file and not config.modem.sim_pin_secret:
        return ""
    return config.modem.sim_pin_secret or USUAL_PIN


def sim_pin(config: Config, secrets: Secrets) -> PinSource | None:
    """Where the PIN is, if it is in a secret. Where the configuration names nothing it is "sim_pin": who types a PIN
    into the page while the SIM asks for it need not start anything again."""
    name = pin_name(config)
    return SecretPin(secrets, name) if name else None


def api_key(secrets: Secrets, name: str) -> Callable[[], str] | None:
    """Reads the key of an LLM node; raises SecretMissing. None where no secret is named."""
    if not name:
        return None

    def read() -> str:
        try:
            return secrets.get(name)
        except StorageError as error:
            raise SecretMissing(str(error)) from error

    return read
