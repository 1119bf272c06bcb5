"""Server-sent events as the OpenAI API streams them: bytes in, payloads out. Pure (WHATWG HTML, section 9.2)."""

MAX_EVENT = 64 * 1024
"""Bytes of one event; a delta is a few hundred."""
DONE = "[DONE]"


class BadStream(ValueError):
    """It is not an event stream, or an event is longer than MAX_EVENT."""


class EventStream:
    """Takes bytes as they come, whatever their cuts."""

    def __init__(self) -> None:
        self._line = b""
        self._data: list[str] = []
        self._size = 0

    def feed(self, data: bytes) -> list[str]:
        """Payloads of the events that are complete now. Raises BadStream."""
        *lines, self._line = (self._line + data).split(b"\n")
        if len(self._line) > MAX_EVENT:
            raise BadStream(f"a line of more than {MAX_EVENT} bytes")
        events = []
        for raw in lines:
            line = raw.removesuffix(b"\r")
            if line:
                self._field(line)
            elif self._data:
                events.append("\n".join(self._data))
                self._data, self._size = [], 0
        return events

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        if name != b"data":
            return  # comments, and fields that say nothing here
        self._size += len(value)
        if self._size > MAX_EVENT:
            raise BadStream(f"an event of more than {MAX_EVENT} bytes")
        try:
            self._data.append(value.removeprefix(b" ").decode("utf-8"))
        except UnicodeDecodeError as error:
            raise BadStream("not UTF-8") from error
