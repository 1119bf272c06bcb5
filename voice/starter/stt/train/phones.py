"""One inventory of 44 phones for both synthesisers: SIL, 7 vowels, consonants hard and soft (with an apostrophe)."""

ESPEAK_VOWELS = {
    "A": ["A", "a"],
    "V": ["V", "@", "a#"],
    "O": ["o", "8"],
    "U": ["u", "u#", 'u"'],
    "E": ["e", "E", "E#"],
    "I": ["i", "I", "I^"],
    "Y": ["y"],
}
ESPEAK_CONSONANTS = {
    "N": ["n_"],
    "SH'": ["S;"],
    "SH": ["S"],
    "ZH": ["Z", "Z;"],
    "CH": ["tS;", "tS", "dZ;"],
    "TS": ["ts", "dz"],
    "J": ["j"],
    "H": ["x", "h"],
    "H'": ["x;"],
    "G": ["Q"],
}
_ESPEAK = {
    sound: phone for table in (ESPEAK_VOWELS, ESPEAK_CONSONANTS) for phone, all_ in table.items() for sound in all_
}
SOFTEN = "+'"
"""espeak-ng sends a lone ';' after a consonant: it makes the phone before it soft."""

BASE = (
    "SIL A O U E I Y V J P P' B B' T T' D D' K K' G G' F F' VC VC' S S' Z Z' H H' M M' N N' L L' R R' TS CH SH SH' ZH"
).split()
INDEX = {phone: number for number, phone in enumerate(BASE)}

FESTIVAL = {
    **dict(
        zip("pau ii yy uu ee oo aa a e i y u ae ay ur".split(), "SIL I Y U E O A V I I Y U I V U".split(), strict=True)
    ),
    **{"c": "TS", "ch": "CH", "sh": "SH", "sch": "SH'", "zh": "ZH", "j": "J", "v": "VC", "vv": "VC'"},
    **{hard: hard.upper() for hard in "ptkbdgfszhmnlr"},
    **{hard * 2: hard.upper() + "'" for hard in "ptkbdgfszhmnlr"},
}
"""Phone names of festvox-ru's labels."""


def from_espeak(mnemonic: str) -> list[str]:
    """Phones for one espeak-ng phoneme event; none for what has no sound of its own; SOFTEN for a lone ';'."""
    if mnemonic in ("_:", "_", "_!", "", "_|", "_^_", "_::"):
        return ["SIL"]
    if mnemonic == ";":
        return [SOFTEN]
    if mnemonic in ("@-", ":", "'", ",", "%", "?"):  # epenthetic vowels, stress and length marks
        return []
    if mnemonic in ("ja", "ju"):
        return ["J", mnemonic[1].upper()]
    if mnemonic in _ESPEAK:
        return [_ESPEAK[mnemonic]]
    hard = mnemonic.rstrip(';^_-#"').upper()
    hard = "VC" if hard == "V" else hard  # V is a vowel here
    return [hard + "'" if ";" in mnemonic else hard]
