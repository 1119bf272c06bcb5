"""Dates as people type them, in this machine's zone."""

import argparse
from datetime import datetime, timedelta
from typing import Final

FORMATS: Final = ("%Y-%m-%d", "%d.%m.%Y", "%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M", "%Y-%m-%dT%H:%M")


def moment(text: str) -> float:
    """UTC epoch seconds of "2026-11-22", "22.11.2026", either with "14:30", or "7d", "12h" before now."""
    if text[-1:] in ("d", "h") and text[:-1].isdigit() and len(text) < 7:
        span = timedelta(days=int(text[:-1])) if text.endswith("d") else timedelta(hours=int(text[:-1]))
        return (datetime.now().astimezone() - span).timestamp()
    for form in FORMATS:
        try:
            return datetime.strptime(text, form).astimezone().timestamp()
        except ValueError:
            continue
    raise argparse.ArgumentTypeError(f"{text!r} is no date: write 2026-11-22, 22.11.2026 14:30, 7d or 12h")


def add_span(parser: argparse.ArgumentParser) -> None:
    """--since and --until."""
    parser.add_argument("--since", type=moment, metavar="DATE", help="2026-11-22, 22.11.2026 14:30, or 7d, 12h ago")
    parser.add_argument("--until", type=moment, metavar="DATE", help="up to then")
