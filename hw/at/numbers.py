"""Telephone numbers as the dial policy sees them: one form, and what kind of number it is. Pure.

Validity and type come from Google's libphonenumber (`phonenumbers`), with corrections for Russia that it lacks: 104 and
04 are emergency numbers too (order no. 75 of 31.01.2022), every 80x code but the free 800 and 804 costs extra or may,
954 is GlobalTel (satellite), 840 and 940 are Abkhazia, and +7 6xx and 7xx are Kazakhstan, at an international tariff
although the country code is ours. Short numbers are never fed to it: it makes +7101 of 101.
"""

import re
from enum import StrEnum
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumberType

MAX_RAW: Final = 32
"""Characters of a number as written, blanks and brackets counted."""
SHORT_DIGITS: Final = 6
phonenumbers.PhoneMetadata.metadata_for_region("RU")  # else it is imported at the first number: in the middle of a call

_WRITTEN: Final = re.compile(r"[+0-9*# ()\-]{1,32}")
_INTERNATIONAL: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_SHORT: Final = re.compile(r"[0-9]{2,6}")
_CODE: Final = re.compile(r"[0-9*#]*[*#][0-9*#]*")

EMERGENCY: Final = frozenset(
    # Russia: 112, fire, police, ambulance, gas, and the same in their old form.
    {"112", "101", "102", "103", "104", "01", "02", "03", "04"}
    # What any handset takes for an emergency call somewhere (3GPP TS 22.101, 10.1.1).
    | {"911", "000", "08", "110", "118", "119", "999"}
)
"""Never dialled by a machine, listed or not."""


class Kind(StrEnum):
    """What a number is, as far as its tariff and its danger go."""

    GEOGRAPHIC = "geographic"
    MOBILE = "mobile"
    FREE = "free"
    PREMIUM = "premium"
    SATELLITE = "satellite"
    KAZAKHSTAN = "kazakhstan"
    INTERNATIONAL = "international"
    SHORT = "short"
    CODE = "code"
    EMERGENCY = "emergency"
    NONE = "none"


FREE_CODES: Final = frozenset({"800", "804"})
SATELLITE_CODES: Final = frozenset({"954"})
FOREIGN_CODES: Final = frozenset({"840", "940"})
"""Abkhazia: reached under +7, charged as abroad."""
SATELLITE_COUNTRIES: Final = (870, 881, 882, 883)
"""Inmarsat, global mobile satellite systems, international networks (ITU-T E.164 lists)."""
OUR_TYPES: Final = {
    PhoneNumberType.FIXED_LINE: Kind.GEOGRAPHIC,
    PhoneNumberType.MOBILE: Kind.MOBILE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE: Kind.MOBILE,
}
COSTLY_TYPES: Final = frozenset(
    {PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST, PhoneNumberType.PERSONAL_NUMBER}
)


def normalised(raw: str) -> str:
    """One spelling: `+79161234567` for Russian and international numbers, digits for a short number, `*100#` for a
    code, "" for everything that is no number (letters, other scripts' digits, control characters, too long)."""
    if len(raw) > MAX_RAW or not _WRITTEN.fullmatch(raw):
        return ""
    number = re.sub(r"[ ()\-]", "", raw)
    if _CODE.fullmatch(number) or _SHORT.fullmatch(number):
        return number
    return _in_full(number)


def _in_full(number: str) -> str:
    if number.startswith("810"):
        number = "+" + number[3:]
    elif number.startswith("00"):
        number = "+" + number[2:]
    elif re.fullmatch(r"[78][0-9]{10}", number):
        number = "+7" + number[1:]
    elif re.fullmatch(r"[0-9]{10}", number):
        number = "+7" + number
    return number if _INTERNATIONAL.fullmatch(number) else ""


def kind_of(number: str) -> Kind:
    """The kind of a number in the form that `normalised` gives; NONE for what cannot be a subscriber's number."""
    if _CODE.fullmatch(number):
        return Kind.CODE
    if _SHORT.fullmatch(number):
        return Kind.EMERGENCY if number in EMERGENCY else Kind.SHORT
    if not _INTERNATIONAL.fullmatch(number):
        return Kind.NONE
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return Kind.NONE
    if parsed.country_code in SATELLITE_COUNTRIES:
        return Kind.SATELLITE
    if number.startswith("+7"):
        return _kind_under_seven(number, parsed)
    return Kind.INTERNATIONAL if phonenumbers.is_valid_number(parsed) else Kind.NONE


def _kind_under_seven(number: str, parsed: phonenumbers.PhoneNumber) -> Kind:
    code = number[2:5]
    if len(number) != 12:
        return Kind.NONE
    if code[0] in "67":
        return Kind.KAZAKHSTAN
    if code in SATELLITE_CODES:
        return Kind.SATELLITE
    if code in FOREIGN_CODES:
        return Kind.INTERNATIONAL
    if code.startswith("80"):
        return Kind.FREE if code in FREE_CODES else Kind.PREMIUM
    if not phonenumbers.is_valid_number(parsed):
        return Kind.NONE
    kind = phonenumbers.number_type(parsed)
    if kind in COSTLY_TYPES:
        return Kind.PREMIUM
    return OUR_TYPES.get(kind, Kind.NONE) if phonenumbers.region_code_for_number(parsed) == "RU" else Kind.NONE
