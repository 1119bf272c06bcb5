"""PDUs by published vectors, by the tables of the standard, and under any bytes at all."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hw.sms import address, header, pdu, stamp
from hw.sms.address import Address
from hw.sms.coding import Alphabet, Coding, coding
from hw.sms.errors import PduError
from hw.sms.header import Concat
from hw.sms.pdu import Body, Deliver, Report, Submit
from hw.sms.stamp import Stamp
from tests.hw.sms import vectors

PLAIN = [
    case for case in vectors.SUBMITS if not {"until", "octets", "notes"} & set(case[2]) and "EMS" not in case[2]["text"]
]
"""Those that hold nothing but what we send."""


def names(cases: list[tuple[str, str, dict[str, Any]]]) -> list[str]:
    return [case[0] for case in cases]


def when(text: str | None) -> Stamp | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    offset = moment.utcoffset()
    assert offset is not None
    return Stamp(moment.timestamp(), int(offset.total_seconds()) // 60)


def concat(fields: tuple[int, int, int, bool] | None) -> Concat | None:
    return Concat(*fields) if fields else None


def check_body(body: Body, said: dict[str, Any]) -> None:
    if "text" in said:
        assert body.text == said["text"]
    assert body.concat == concat(said.get("concat"))
    assert body.flash == said.get("flash", False)
    if "notes" in said:
        assert body.notes == said["notes"]
    assert body.octets.hex().upper() == said.get("octets", "")


@pytest.mark.parametrize(("octets", "said"), [case[1:] for case in vectors.DELIVERS], ids=names(vectors.DELIVERS))
def test_a_published_delivery_is_read(octets: str, said: dict[str, Any]) -> None:
    message = pdu.decode(pdu.unhex(octets))
    assert isinstance(message, Deliver)
    if "sender" in said:
        assert message.sender == Address(said["sender"], named=said.get("named", False))
    if "centre" in said:
        assert message.centre.text == said["centre"]
    if "sent" in said:
        assert message.sent == when(said["sent"])
    check_body(message.body, said)


@pytest.mark.parametrize(("octets", "said"), [case[1:] for case in vectors.DELIVERS], ids=names(vectors.DELIVERS))
def test_a_published_delivery_is_written_as_it_was(octets: str, said: dict[str, Any]) -> None:
    message = pdu.decode(pdu.unhex(octets))
    assert isinstance(message, Deliver)
    data = bytes.fromhex(octets)
    if message.body.concat is None and message.protocol == 0 and not message.body.flash and message.sent is not None:
        again = pdu.encode_deliver(
            message.sender, message.sent, message.body, centre=message.centre.text, more=not data[1 + data[0]] & 4
        )
        # The type of a national number and the coding group are the sender's choice.
        again = again[: 3 + data[0]] + data[3 + data[0] : 4 + data[0]] + again[4 + data[0] :]
        assert pdu.decode(again) == message
        assert len(again) == len(data)


@pytest.mark.parametrize(("octets", "said"), [case[1:] for case in vectors.SUBMITS], ids=names(vectors.SUBMITS))
def test_a_published_submission_is_read(octets: str, said: dict[str, Any]) -> None:
    message = pdu.decode(pdu.unhex(octets))
    assert isinstance(message, Submit)
    assert message.to.text == said["to"]
    assert message.centre.text == said.get("centre", "")
    assert message.report == said.get("report", False)
    assert message.validity == said.get("validity")
    assert message.until == when(said.get("until"))
    check_body(message.body, said)


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        case[1:]
        for case in vectors.SUBMITS
        if not {"until", "octets", "notes"} & set(case[2]) and "EMS" not in case[2]["text"]
    ],
)
def test_a_published_submission_is_written_octet_for_octet(octets: str, said: dict[str, Any]) -> None:
    message = pdu.decode(pdu.unhex(octets))
    data = bytes.fromhex(octets)
    assert isinstance(message, Submit)
    written = pdu.encode_submit(
        message.to.text,
        message.body,
        reference=message.reference,
        report=message.report,
        reject_duplicates=bool(data[1 + data[0]] & 4),
        validity=message.validity,
        centre=message.centre.text,
    )
    if "validity" in said and data[0] and said["validity"] == 24 * 60:  # 0xA7 and 143 + 24 are the same day
        assert pdu.decode(written) == message
    else:
        assert written.hex().upper() in (octets, octets.replace("000822", "000820"))


@pytest.mark.parametrize(("octets", "said"), [case[1:] for case in vectors.REPORTS], ids=names(vectors.REPORTS))
def test_a_published_report_is_read(octets: str, said: dict[str, Any]) -> None:
    message = pdu.decode(pdu.unhex(octets))
    assert isinstance(message, Report)
    assert message.to.text == said["to"]
    assert message.reference == said["reference"]
    assert message.status == said["status"]
    assert message.delivered == said["delivered"]
    assert message.failed == said.get("failed", False)
    if "sent" in said:
        assert message.sent == when(said["sent"])
    if "done" in said:
        assert message.done == when(said["done"])


@pytest.mark.parametrize(
    ("status", "delivered", "failed"),
    [
        *((status, True, False) for status in (0x00, 0x01, 0x02, 0x1F)),
        *((status, False, False) for status in (0x20, 0x25, 0x30, 0x3F)),
        *((status, False, True) for status in (0x40, 0x46, 0x5F, 0x60, 0x65, 0x7F, 0x80, 0xFF)),
    ],
)
def test_a_status_is_delivered_failed_or_still_tried(status: int, delivered: bool, failed: bool) -> None:
    report = Report(pdu.NO_ADDRESS, 1, Address("+79161234567"), None, None, status)
    assert (report.delivered, report.failed) == (delivered, failed)


@pytest.mark.parametrize("cut", range(40))
def test_a_message_cut_short_anywhere_is_an_error_or_says_so(cut: int) -> None:
    whole = bytes.fromhex(vectors.DELIVERS[0][1])
    try:
        message = pdu.decode(whole[:cut])
    except PduError:
        assert cut < 26
    else:
        assert isinstance(message, Deliver)
        assert "truncated" in message.body.notes


@pytest.mark.parametrize("text", ["", "0", "xyz", "00", "07", "0791", "GG", "00" * 256, "٠٠"])
def test_what_is_no_message_is_a_pdu_error(text: str) -> None:
    with pytest.raises(PduError):
        pdu.decode(pdu.unhex(text))


@given(st.binary(max_size=300))
@example(b"\0\3" + b"\xff" * 200)
@example(bytes.fromhex("0044" + "0B911346610089F6" + "0000" + "20806291731448" + "FF" + "FF" * 140))
def test_any_bytes_are_a_message_or_a_pdu_error(octets: bytes) -> None:
    try:
        message = pdu.decode(octets)
    except PduError:
        return
    if not isinstance(message, Report):
        pdu.shown(message.body.text).encode()
    pdu.identity(octets)


@given(st.text(max_size=40))
def test_any_text_is_octets_or_a_pdu_error(text: str) -> None:
    try:
        pdu.unhex(text)
    except PduError:
        return


@pytest.mark.parametrize(("text", "octets"), vectors.ADDRESSES)
def test_an_address_is_written_and_read_as_published(text: str, octets: str) -> None:
    data = bytes.fromhex(octets)
    named = not text.lstrip("+").isdecimal()
    assert (address.encode_name if named else address.encode)(text) == data
    read = address.decode(data[2:], length=data[0], kind=data[1])
    assert read == Address(text, named=named)


@pytest.mark.parametrize(("text", "octets"), vectors.CENTRES)
def test_a_service_centre_is_written_as_published(text: str, octets: str) -> None:
    assert address.encode(text, service_centre=True) == bytes.fromhex(octets)


@pytest.mark.parametrize(
    "text", ["", "+", "123456789012345678901", "Двенадцать", "twelve chars", "+7;ATD112", "1\r", "٧٩", "abc"]
)
def test_what_is_no_address_is_a_pdu_error(text: str) -> None:
    with pytest.raises(PduError):
        address.encode(text)


@pytest.mark.parametrize(("octets", "text"), vectors.STAMPS)
def test_a_time_is_read_with_its_zone(octets: str, text: str | None) -> None:
    read = stamp.decode(bytes.fromhex(octets))
    assert read == when(text)
    if read is not None:
        assert stamp.encode(read) == bytes.fromhex(octets)


@given(st.integers(946684800, 3786800000), st.integers(-48, 56))
def test_a_time_comes_out_as_it_went_in(at: int, quarters: int) -> None:
    moment = Stamp(float(at), 15 * quarters)
    assert stamp.decode(stamp.encode(moment)) == moment


@given(st.binary(min_size=7, max_size=7))
def test_any_seven_octets_are_a_time_or_none(octets: bytes) -> None:
    stamp.decode(octets)


@pytest.mark.parametrize(("octet", "minutes"), vectors.VALIDITIES)
def test_a_validity_is_read_and_written_as_published(octet: int, minutes: int) -> None:
    assert pdu.minutes_of(octet) == minutes
    assert pdu.minutes_of(pdu.validity_of(minutes)) == minutes


@pytest.mark.parametrize(("octets", "found"), vectors.HEADERS)
def test_a_concatenation_is_found_among_the_elements(octets: str, found: tuple[int, int, int, bool] | None) -> None:
    assert header.decode(bytes.fromhex(octets)).concat == concat(found)


@given(st.binary(max_size=140))
def test_any_header_is_read(octets: bytes) -> None:
    header.decode(octets)


SEVEN, DATA, UCS2 = Alphabet.GSM7, Alphabet.DATA, Alphabet.UCS2
CODINGS: list[tuple[range, list[Alphabet], bool]] = [
    (range(0x10), [SEVEN] * 4 + [DATA] * 4 + [UCS2] * 4 + [SEVEN] * 4, False),
    (range(0x10, 0x20), [SEVEN] * 4 + [DATA] * 4 + [UCS2] * 4 + [SEVEN] * 4, False),
    (range(0x40, 0x50), [SEVEN] * 4 + [DATA] * 4 + [UCS2] * 4 + [SEVEN] * 4, False),
    (range(0x50, 0x60), [SEVEN] * 4 + [DATA] * 4 + [UCS2] * 4 + [SEVEN] * 4, False),
    (range(0x80, 0xC0), [SEVEN] * 64, False),
    (range(0xC0, 0xE0), [SEVEN] * 32, True),
    (range(0xE0, 0xF0), [UCS2] * 16, True),
    (range(0xF0, 0x100), ([SEVEN] * 4 + [DATA] * 4) * 2, False),
]
"""TS 23.038, 4: values, alphabet, whether it is a waiting indication; 0x20 to 0x3F and 0x60 to 0x7F are compressed."""


@pytest.mark.parametrize(
    ("dcs", "alphabet", "indication"),
    [(dcs, alphabets[dcs - dcs_range.start], waits) for dcs_range, alphabets, waits in CODINGS for dcs in dcs_range],
)
def test_a_coding_scheme_names_its_alphabet(dcs: int, alphabet: Alphabet, indication: bool) -> None:
    found = coding(dcs)
    has_class = dcs & 0x90 == 0x10 or dcs >= 0xF0
    assert found == Coding(alphabet, dcs & 3 if has_class else None, indication=indication)


@pytest.mark.parametrize("dcs", [*range(0x20, 0x40), *range(0x60, 0x80)])
def test_compressed_text_is_kept_as_data_with_a_note(dcs: int) -> None:
    octets = bytes.fromhex("00040B911346610089F600" + f"{dcs:02X}" + "20806291731448" + "03C8329B")
    message = pdu.decode(octets)
    assert isinstance(message, Deliver)
    assert message.body.octets == bytes.fromhex("C8329B")
    assert "compressed" in message.body.notes


@pytest.mark.parametrize("name", ["", "InternetSMS1", "Двенадцать"])
def test_what_fits_no_name_is_a_pdu_error(name: str) -> None:
    with pytest.raises(PduError):
        address.encode_name(name)


def test_a_message_to_an_application_says_so() -> None:
    octets = bytes.fromhex("0044" + "0B911346610089F6" + "0004" + "20806291731448" + "09" + "060504158A0000" + "AABB")
    message = pdu.decode(octets)
    assert isinstance(message, Deliver)
    assert message.body.notes == ("data", "port")


def test_two_copies_by_different_service_centres_are_one_message() -> None:
    one = bytes.fromhex(vectors.DELIVERS[2][1])
    other = bytes.fromhex("0791791100000000" + vectors.DELIVERS[2][1][16:])
    assert pdu.identity(one) == pdu.identity(other) != one
    assert pdu.identity(b"") == b""
    assert pdu.identity(b"\7") == b"\7"
