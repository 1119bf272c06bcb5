"""SIM, signal and registration from URCs and answers. Pure: what changed comes out as facts."""

from typing import Final

from hw.at.commands import AnswerUnreadable
from hw.at.commands_network import Operator, parse_signal
from hw.at.grammar import payload_of, split_fields
from hw.modem.events import Fact, NetworkChanged, SignalChanged, SimChanged, SimState

SIM_WORDS: Final[dict[str, SimState]] = {
    "READY": SimState.READY,
    "SIM PIN": SimState.PIN_REQUIRED,
    "SIM PIN2": SimState.READY,
    "SIM PUK": SimState.PUK_REQUIRED,
    "SIM PUK2": SimState.READY,
    "SIM REMOVED": SimState.ABSENT,
    "NOT INSERTED": SimState.ABSENT,
    "SIM NOT INSERTED": SimState.ABSENT,
    "NOT READY": SimState.BUSY,
    "SIM BUSY": SimState.BUSY,
    "SIM FAILURE": SimState.FAILED,
    "SIM WRONG": SimState.FAILED,
    "SIM CRASH": SimState.FAILED,
    "SIM PIN REQUIRED": SimState.PIN_REQUIRED,
    "SIM PUK REQUIRED": SimState.PUK_REQUIRED,
    # The same as numbers (3GPP TS 27.007, 9.2), which AT+CMEE=1 gives.
    "10": SimState.ABSENT,
    "11": SimState.PIN_REQUIRED,
    "12": SimState.PUK_REQUIRED,
    "13": SimState.FAILED,
    "14": SimState.BUSY,
    "15": SimState.FAILED,
}
"""Words of `+CPIN:` and of `+CME ERROR:`. PIN2 and PUK2 lock nothing that calls need."""

TECHNOLOGY_BY_MODE: Final[dict[int, str]] = {
    1: "GSM",
    2: "GPRS",
    3: "EDGE",
    4: "WCDMA",
    5: "HSDPA",
    6: "HSUPA",
    7: "HSPA",
    8: "LTE",
}
"""AT+CNSMOD; 0 is no service."""

TECHNOLOGY_BY_ACCESS: Final[dict[int, str]] = {
    0: "GSM",
    1: "GSM",
    2: "WCDMA",
    3: "EDGE",
    4: "HSDPA",
    5: "HSUPA",
    6: "HSPA",
    7: "LTE",
}
"""3GPP TS 27.007, 7.3."""

HOME_OR_ROAMING: Final = frozenset({1, 5})
DENIED: Final = 3


def sim_state(word: str) -> SimState | None:
    """The state that a word of +CPIN or +CME ERROR means, None when it means none."""
    return SIM_WORDS.get(word.strip().upper())


class NetworkTracker:
    """What is known of SIM and network. A VoLTE-only SIM shows CREG 3 for ever while CEREG is 1 and calls work, so
    either registration counts."""

    def __init__(self) -> None:
        self.sim = SimState.UNKNOWN
        self.dbm: int | None = None
        self._stat: dict[str, int] = {}
        self._operator = ""
        self._technology = ""
        self.network = NetworkChanged(registered=False, denied=False, operator="", technology="")

    def line(self, text: str) -> list[Fact]:
        """A URC. Lines that are not about the network, or unreadable, mean nothing here."""
        prefix = text.partition(":")[0]
        fields = split_fields(payload_of(text))
        number = int(fields[0]) if fields[0].isascii() and fields[0].isdecimal() else None
        match prefix:
            case "+CSQ":
                try:
                    return self.signal(parse_signal(text))
                except AnswerUnreadable:
                    return []
            case "+CPIN":
                state = sim_state(payload_of(text))
                return self.sim_is(state) if state is not None else []
            case "+CREG" | "+CEREG" if number is not None:
                return self.registration(prefix, number)
            case "+CNSMOD" if number is not None:
                return self.mode(number)
        return []

    def sim_is(self, state: SimState) -> list[Fact]:
        """The SIM's state was told."""
        if state is self.sim:
            return []
        self.sim = state
        return [SimChanged(state)]

    def signal(self, dbm: int | None) -> list[Fact]:
        """The signal was told."""
        if dbm == self.dbm:
            return []
        self.dbm = dbm
        return [SignalChanged(dbm)]

    def registration(self, prefix: str, stat: int) -> list[Fact]:
        """`+CREG` or `+CEREG` and its number."""
        self._stat[prefix] = stat
        return self._changed()

    def mode(self, number: int) -> list[Fact]:
        """SIMCom's number of the access technology."""
        self._technology = TECHNOLOGY_BY_MODE.get(number, "")
        return self._changed()

    def operator(self, operator: Operator) -> list[Fact]:
        """The network's name, and the technology unless AT+CNSMOD has told it more finely."""
        self._operator = operator.name
        if not self._technology and operator.access is not None:
            self._technology = TECHNOLOGY_BY_ACCESS.get(operator.access, "")
        return self._changed()

    def _changed(self) -> list[Fact]:
        stats = self._stat.values()
        registered = not HOME_OR_ROAMING.isdisjoint(stats)
        now = NetworkChanged(
            registered=registered,
            denied=not registered and DENIED in stats,
            operator=self._operator if registered else "",
            technology=self._technology if registered else "",
        )
        if now == self.network:
            return []
        self.network = now
        return [now]
