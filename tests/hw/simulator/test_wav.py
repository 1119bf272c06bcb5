"""Whatever a user calls a WAV."""

import io
import struct
import wave

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.simulator.wav import RATE, WavError, parse_wav, read_wav, write_wav


def riff(coding, channels, rate, bits, body, *, claim=None, extensible=False):
    head = struct.pack("<HHIIHH", coding, channels, rate, rate * channels * bits // 8, channels * bits // 8, bits)
    if extensible:
        head = struct.pack("<H", 0xFFFE) + head[2:] + struct.pack("<HHI", 22, bits, 0)
        head += struct.pack("<H", coding) + bytes(14)
    chunks = b"fmt " + struct.pack("<I", len(head)) + head
    chunks += b"LIST" + struct.pack("<I", 3) + b"abc\0"  # an odd chunk in between is skipped with its padding
    chunks += b"data" + struct.pack("<I", len(body) if claim is None else claim) + body
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def tone(rate, seconds=0.5, hertz=440.0):
    return 0.5 * np.sin(2 * np.pi * hertz / rate * np.arange(int(rate * seconds)))


def encoded(samples, coding, bits):
    if coding == 3:
        return samples.astype(f"<f{bits // 8}").tobytes()
    if bits == 8:
        return (samples * 127 + 128).astype(np.uint8).tobytes()
    whole = (samples * (2 ** (bits - 1) - 1)).astype("<i4")
    return b"".join(int(value).to_bytes(bits // 8, "little", signed=True) for value in whole)


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 44100, 48000])
@pytest.mark.parametrize(("coding", "bits"), [(1, 8), (1, 16), (1, 24), (1, 32), (3, 32), (3, 64)])
@pytest.mark.parametrize("channels", [1, 2])
def test_any_rate_width_and_channel_count_becomes_line_audio(rate, coding, bits, channels):
    mono = tone(rate)
    body = encoded(np.repeat(mono, channels), coding, bits)
    out = parse_wav(riff(coding, channels, rate, bits, body))
    assert abs(len(out) - RATE // 2) <= 2
    spectrum = np.abs(np.fft.rfft(out.astype(float)))
    assert abs(np.argmax(spectrum) * RATE / len(out) - 440.0) < 4
    assert 15000 < np.abs(out).max() < 18000


def test_the_extensible_header_is_understood():
    assert len(parse_wav(riff(1, 1, 8000, 16, bytes(1600), extensible=True))) == 800


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"),
        (b"ID3\x03 this is an mp3", "not a WAV"),
        (b"RIFF\x00\x00\x00\x00WAVE", "no sound"),
        (riff(1, 1, 8000, 16, b""), "no sound"),
        (riff(1, 1, 8000, 16, bytes(100), claim=5000), "truncated"),
        (riff(1, 1, 8000, 16, bytes(1000))[:60], "truncated"),
        (riff(6, 1, 8000, 8, bytes(100)), "unsupported"),
        (riff(1, 0, 8000, 16, bytes(100)), "odd"),
        (riff(1, 1, 8000, 8, bytes(8000 * 301)), "too long"),
    ],
)
def test_what_cannot_be_played_says_why_in_both_languages(data, word):
    with pytest.raises(WavError) as caught:
        parse_wav(data)
    assert word in caught.value.en
    assert caught.value.ru != caught.value.en


def test_a_missing_file_is_a_clear_error(tmp_path):
    with pytest.raises(WavError, match="cannot read"):
        read_wav(tmp_path / "none.wav")


@given(st.binary(max_size=200))
def test_no_bytes_make_the_reader_fall_over(data):
    for candidate in (data, b"RIFF\x00\x00\x00\x00WAVE" + data, riff(1, 1, 8000, 16, b"ab")[:20] + data):
        try:
            parse_wav(candidate)
        except WavError as error:
            assert error.en  # noqa: PT017


def test_what_is_written_is_read_back(tmp_path):
    samples = np.arange(-2000, 2000, dtype=np.int16)
    write_wav(tmp_path / "x.wav", samples)
    with wave.open(io.BytesIO((tmp_path / "x.wav").read_bytes())) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
    assert np.abs(read_wav(tmp_path / "x.wav") - samples).max() <= 1
