"""Logs: coloured lines for people, fields for the journal, telephone numbers masked in both."""

import logging
import os
import re
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

import structlog

NUMBER: Final = re.compile(r"\+?\d[\d ()\-]{5,}\d")
STANDARD: Final = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
KEEP_HEAD: Final = 4
KEEP_TAIL: Final = 4


def mask_number(text: str) -> str:
    """ "+79161234567" -> "+7916•••4567"; up to eight digits lose all but the last two. Other text is unchanged."""

    def masked(match: re.Match[str]) -> str:
        digits = re.sub(r"\D", "", match[0])
        plus = "+" if match[0].startswith("+") else ""
        if len(digits) <= KEEP_HEAD + KEEP_TAIL:
            return f"{plus}•••{digits[-2:]}"
        return f"{plus}{digits[:KEEP_HEAD]}•••{digits[-KEEP_TAIL:]}"

    return NUMBER.sub(masked, text)


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    return {key: value for key, value in record.__dict__.items() if key not in STANDARD and not key.startswith("_")}


class Masking(logging.Filter):
    """Masks numbers in the message and in string fields, where asked; numbers as integers carry no telephone here."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always passes; the record is changed."""
        record.msg, record.args = mask_number(record.getMessage()), ()
        for key, value in _fields(record).items():
            if isinstance(value, str):
                setattr(record, key, mask_number(value))
        return True


def set_up(process: str, level: str, *, mask: bool, environ: Mapping[str, str] | None = None) -> None:
    """Sends everything to the journal when systemd started us and its library is there, else to standard error."""
    environ = os.environ if environ is None else environ
    handler = (_journal(process) if "JOURNAL_STREAM" in environ else None) or _terminal(process)
    if mask:
        handler.addFilter(Masking())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in ("httpx2", "httpcore2", "asyncio", "peewee", "pymorphy3", "uvicorn"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))


def _terminal(process: str) -> logging.Handler:
    def add(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        record = event.get("_record")
        return {**event, **(_fields(record) if isinstance(record, logging.LogRecord) else {}), "process": process}

    before: list[Callable[..., Any]] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="%H:%M:%S.%f", utc=False),
        add,
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                # Not rich's tracebacks: they show local variables, callers' words among them, and take seconds.
                structlog.dev.ConsoleRenderer(
                    colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
                ),
            ],
        )
    )
    return handler


def _journal(process: str) -> logging.Handler | None:
    """A handler that writes fields (CALL=7 NODE=local ...); None without systemd-python."""
    try:
        from systemd import journal
    except ImportError:
        return None

    class JournalFields(journal.JournalHandler):  # type: ignore[misc]
        """Upper-case journal fields from `extra`."""

        def emit(self, record: logging.LogRecord) -> None:
            """Sends one record; a failure to log goes to logging's own last resort."""
            extra = {re.sub(r"\W", "_", key).upper(): str(value) for key, value in _fields(record).items()}
            try:
                journal.send(
                    self.format(record),
                    PRIORITY=self.mapPriority(record.levelno),
                    LOGGER=record.name,
                    SYSLOG_IDENTIFIER=f"secretaryd-{process}",
                    **extra,
                )
            except (OSError, ValueError):
                self.handleError(record)

    return JournalFields()
