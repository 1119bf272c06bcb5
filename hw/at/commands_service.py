"""Commands beside calls and messages: USSD and keys pressed for the far side."""

import re
from dataclasses import dataclass
from typing import ClassVar, Final

from hw.at.commands import CALL_SECONDS, Order

USSD_CODE: Final = re.compile(r"[*#][0-9*#]{1,18}#")
_SERVICE_CODE: Final = re.compile(r"(?:\*\*|##|\*#|\*|#)(\d{2,4})(?:\*[0-9*]*)?#")
SUPPLEMENTARY: Final = frozenset(
    {"21", "61", "62", "67", "002", "004"}  # forwarding of calls
    | {"33", "331", "332", "35", "351", "330", "333", "353"}  # barring
    | {"03", "04", "042", "05", "052", "06"}  # password, PIN, PUK, IMEI
    | {"30", "31", "76", "77", "300", "43"}  # whose number is shown, a second call
)
"""Codes by which a telephone's own settings are changed (3GPP TS 22.030, annex B): no questions to the operator."""
KEYS: Final = re.compile(r"[0-9*#A-D]{1,29}")


def changes_settings(code: str) -> bool:
    """Whether a code is not for the operator but would change forwarding, barring, a PIN."""
    match = _SERVICE_CODE.fullmatch(code)
    return code.startswith("**") or (match is not None and match[1] in SUPPLEMENTARY)


@dataclass(frozen=True, slots=True)
class SendUssd(Order):
    """AT+CUSD=1 (manual, 4.2.6). The code goes as plain text whatever AT+CSCS says; the answer comes as a URC."""

    timeout: ClassVar[float] = CALL_SECONDS
    code: str

    def __post_init__(self) -> None:
        if not USSD_CODE.fullmatch(self.code) or changes_settings(self.code):
            raise ValueError("not a code for the operator, such as *100#")

    @property
    def text(self) -> str:
        """The command line."""
        return f'AT+CUSD=1,"{self.code}",15'


@dataclass(frozen=True, slots=True)
class CancelUssd(Order):
    """Ends the dialogue with the network."""

    timeout: ClassVar[float] = CALL_SECONDS

    @property
    def text(self) -> str:
        """The command line."""
        return "AT+CUSD=2"


@dataclass(frozen=True, slots=True)
class SendKeys(Order):
    """AT+VTS (5.2.21): keys for the far side of the call that is up, one tone after the other."""

    timeout: ClassVar[float] = CALL_SECONDS
    keys: str

    def __post_init__(self) -> None:
        if not KEYS.fullmatch(self.keys):
            raise ValueError("keys are 1 to 29 of 0-9 * # A-D")

    @property
    def text(self) -> str:
        """The command line."""
        return f'AT+VTS="{",".join(self.keys)}"'
