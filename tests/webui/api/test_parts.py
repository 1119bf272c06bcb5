"""The parts of which the API is made: cursors, ETags, ranges, sound, Prometheus' text, the description of all of it."""

import io
import re
import wave
from typing import Any

import msgspec
import numpy as np
import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from tests.fakes.page_box import shared_renderer
from webui.api.desk import Tools
from webui.api.health import exposed
from webui.api.openapi import document
from webui.api.operation import has_it, tagged
from webui.api.paging import cursor_of, parted, place_of
from webui.api.recordings import _span
from webui.api.routes import operations_of
from webui.api.speech import likeness
from webui.auth.roles import Permission
from webui.sound import MAX_SECONDS, RATE, BadSound, pcm_of, resampler

OPERATIONS = operations_of(None, Tools(None, None), None)  # type: ignore[arg-type]
ROADMAP = {
    "GET /health", "GET /metrics",
    "GET /admin/audit/logs", "GET /admin/audit/export",
    "GET /admin/stt/status", "GET /admin/stt/models", "POST /admin/stt/transcribe", "POST /admin/stt/test",
    "POST /admin/tts/test",
    "GET /admin/backup", "POST /admin/backup/create", "POST /admin/backup/restore",
    "GET /admin/llm/models",
    "GET /admin/faq", "POST /admin/faq", "PUT /admin/faq/{id}", "DELETE /admin/faq/{id}", "POST /admin/faq/test",
    "GET /admin/faq/export", "POST /admin/faq/import",
    "GET /admin/chat", "POST /admin/chat", "POST /admin/chat/{id}/messages", "GET /admin/chat/{id}/stream",
    "GET /admin/telephony/status", "GET /admin/telephony/calls", "POST /admin/telephony/dial",
    "POST /admin/telephony/answer", "POST /admin/telephony/hangup", "GET /admin/telephony/sms",
    "POST /admin/telephony/sms", "POST /admin/telephony/ussd",
}  # fmt: skip
"""Paths that others script against."""


# --- the description --------------------------------------------------------------------------------------------------


def test_the_paths_of_the_contract_are_all_described() -> None:
    found = document(OPERATIONS, "")
    described = {f"{method.upper()} {path}" for path, methods in found["paths"].items() for method in methods}
    assert described >= ROADMAP


def test_every_reference_of_the_description_leads_somewhere_and_every_schema_is_used() -> None:
    found = document(OPERATIONS, "")
    text = msgspec.json.encode(found).decode()
    named = set(re.findall(r"#/components/schemas/([\w.]+)", text))
    assert named == set(found["components"]["schemas"])


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
def test_an_operation_says_what_it_does_what_it_needs_and_how_it_may_end(operation: Any) -> None:
    found = document([operation], "")
    ((_, methods),) = found["paths"].items()
    ((_, told),) = methods.items()
    assert told["summary"].endswith(".") or ":" in told["summary"]
    assert told["x-permission"] == operation.needs
    if operation.needs is not Permission.PUBLIC:
        assert {"401", "403", "503"} <= told["responses"].keys()
    assert min(map(int, told["responses"])) < 300
    body = operation.method in ("POST", "PUT", "PATCH") and (operation.body or operation.raw)
    assert ("requestBody" in told) is bool(body)


def test_no_two_operations_have_one_name() -> None:
    names = [operation.name for operation in OPERATIONS]
    assert len(set(names)) == len(names)


def test_what_the_description_says_of_itself_is_there_in_both_languages() -> None:
    for texts in shared_renderer()._texts.values():
        for key in ("about", "title", "key", "needs", "parameters", "takes", "schemas"):
            assert texts(f"api.{key}")


# --- pages of lists ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [0, 7, 2**63 - 1, 1.5])
def test_a_cursor_leads_back_to_its_place(place: float) -> None:
    assert place_of(cursor_of(place), type(place)) == place
    assert place_of("", type(place)) is None


@pytest.mark.parametrize("cursor", ["7", "!", "бб", "bnVsbA", cursor_of("x"), cursor_of(1.5), "A" * 200])
def test_a_cursor_that_is_none_of_ours_is_refused(cursor: str) -> None:
    with pytest.raises(HTTPException) as caught:
        place_of(cursor, int)
    assert caught.value.status_code == 422


def test_there_is_a_next_page_only_where_more_was_found() -> None:
    rows = [{"id": 3}, {"id": 2}, {"id": 1}]
    shown, after = parted(rows, 2, "id")
    assert shown == rows[:2]
    assert place_of(after or "", int) == 2
    assert parted(rows, 3, "id") == (rows, None)
    assert parted([], 3, "id") == ([], None)


# --- what the asker has already ---------------------------------------------------------------------------------------


def request(**headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": raw, "query_string": b""})


@pytest.mark.parametrize(
    ("header", "has"),
    [("", False), ('"a"', True), ('W/"a"', True), ('"b", "a"', True), ("*", True), ('"b"', False), ("a", False)],
)
def test_what_was_not_changed_is_not_sent_again(header: str, has: bool) -> None:
    asked = request(if_none_match=header) if header else request()
    assert has_it(asked, '"a"') is has
    answer = tagged(asked, Response(b"x"), "a")
    assert (answer.status_code, answer.headers["etag"]) == (304 if has else 200, '"a"')


# --- parts of a recording ---------------------------------------------------------------------------------------------

SPANS = [
    ("", (0, 99)), ("bytes=0-", (0, 99)), ("bytes=0-0", (0, 0)), ("bytes=10-19", (10, 19)), ("bytes=90-1000", (90, 99)),
    ("bytes=-10", (90, 99)), ("bytes=-1000", (0, 99)), ("bytes=-0", None), ("bytes=100-", None), ("bytes=20-10", None),
    ("bytes=0-1,5-6", (0, 99)), ("lines=1-2", (0, 99)), ("bytes=x-y", (0, 99)), ("bytes=٣-", (0, 99)),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "span"), SPANS)
def test_a_range_is_the_bytes_that_it_names_and_what_is_not_understood_is_all(
    wanted: str, span: tuple[int, int] | None
) -> None:
    assert _span(wanted, 100) == span


# --- sound ------------------------------------------------------------------------------------------------------------


def tone(rate: int, width: int, channels: int, seconds: float = 0.5) -> bytes:
    at = np.arange(int(rate * seconds)) / rate
    wave_ = np.sin(2 * np.pi * 440 * at) * 0.5
    if width == 1:
        raw = np.rint(wave_ * 127 + 128).astype(np.uint8)
        data = np.repeat(raw, channels).tobytes()
    else:
        whole = np.rint(wave_ * (2 ** (8 * width - 1) - 1)).astype("<i4")
        data = b"".join(int(value).to_bytes(width, "little", signed=True) * channels for value in whole)
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(data)
    return out.getvalue()


@pytest.mark.parametrize(("rate", "width", "channels"), [(8000, 2, 1), (16000, 2, 2), (44100, 3, 1), (48000, 4, 2),
                                                         (22050, 1, 1)])  # fmt: skip
def test_any_usual_wav_becomes_the_recognisers_sound(rate: int, width: int, channels: int) -> None:
    pcm = np.frombuffer(pcm_of(tone(rate, width, channels)), "<i2")
    assert abs(len(pcm) - RATE // 2) <= 2
    assert 0.45 < np.abs(pcm).max() / 32767 < 0.56
    spectrum = np.abs(np.fft.rfft(pcm))
    assert abs(np.argmax(spectrum) * RATE / len(pcm) - 440) < 5


BAD = [b"", b"RIFF", b"RIFF\x00\x00\x00\x00WAVE", b"ID3" + bytes(100), tone(8000, 2, 1)[:30], tone(8000, 2, 1, 0.0),
       tone(8000, 2, 1, MAX_SECONDS + 1), tone(8000, 2, 9), tone(96000, 2, 1)]  # fmt: skip


@pytest.mark.parametrize("raw", BAD)
def test_what_is_no_sound_of_ours_is_refused(raw: bytes) -> None:
    with pytest.raises(BadSound):
        pcm_of(raw)


@pytest.mark.parametrize("rate", [8000, 16000, 48000])
def test_pieces_of_a_stream_are_resampled_as_one(rate: int) -> None:
    with wave.open(io.BytesIO(tone(rate, 2, 1, 1.0))) as file:
        raw = file.readframes(file.getnframes())
    resample = resampler(rate)
    out = b"".join(resample(raw[at : at + 1000], at + 1000 >= len(raw)) for at in range(0, len(raw), 1000))
    assert abs(len(out) // 2 - RATE) <= RATE // 50


def test_a_rate_that_is_none_is_refused() -> None:
    with pytest.raises(BadSound):
        resampler(1)


@pytest.mark.parametrize(
    ("said", "heard", "alike"),
    [("Здравствуйте, да!", "здравствуйте да", 1.0), ("раз два", "три", 0.0), ("раз два", "раз", 0.667), ("", "", 1.0)],
)
def test_likeness_is_of_words(said: str, heard: str, alike: float) -> None:
    assert likeness(said, heard) == alike


# --- Prometheus -------------------------------------------------------------------------------------------------------


def test_samples_of_one_name_stand_together_and_labels_cannot_break_out() -> None:
    text = exposed(
        [
            ("a", "gauge", "A.", 1.0, {}),
            ("b", "gauge", "B.", 1.5, {"x": 'ой"\n\\'}),
            ("a", "gauge", "A.", 2_140_000_000.0, {"y": "z"}),
        ]
    ).decode()
    assert text == (
        "# HELP a A.\n# TYPE a gauge\na 1\na{y=\"z\"} 2140000000\n"
        "# HELP b B.\n# TYPE b gauge\nb{x=\"ой\\\"\\n\\\\\"} 1.5\n"
    )  # fmt: skip
