"""Published PDUs with what they say. Values only; where each comes from stands beside its table.

MM: ModemManager, src/tests/test-sms-part-3gpp.c. OFONO: oFono, unit/test-sms.c. GSMMODEM: python-gsmmodem,
test/test_pdu.py. GAMMU: Gammu, tests/at-sms-encode.
"""

# ruff: noqa: E501 (a published PDU or text is not broken)

from typing import Any

LOREM = (
    "Lorem ipsum dolor sit amet, consectetur adipisicing elit, sed do eiusmod tempor incididunt ut labore et dolore magna "
    "aliqua.Ut enim ad minim veniam, quinostrud exercitation ullamco laboris nisi ut aliquip ex ea commodo consequat.Duis "
    "aute irure dolor in reprehenderit in voluptate velit esse cillum doloe eu fugiat nulla pariatur.Excepteur sint "
    "occaecat cupidatat non proident, sunt in culpa qui officia deserunt mollit anim id est laborum"
)

DELIVERS: list[tuple[str, str, dict[str, Any]]] = [
    (
        "MM pdu1, extended characters",
        "07912104442961F4040B916171957291F800001120821105050A6AC8B2BC7C9A83C220F6DB7D2ECB41EDF27C1E3E97411BDE06754FD3D1"
        "A0F9BB5D0695F1F4B29B5C2683C6E8B03C3CA697E5F34D6AE303D1D1F2F7DD0D4ABB59A0797D8C0685E7A00028EC26832A960B28EC2683BE"
        "6050780EBA97D96C17",
        {
            "centre": "+12404492164",
            "sender": "+16175927198",
            "sent": "2011-02-28T11:50:50-05:00",
            "text": "Here's a longer message [{with some extended characters}] thrown in, such as £ and ΩΠΨ and §¿ as well.",
        },
    ),
    (
        "MM pdu2, a name and Cyrillic",
        "07919730071111F10414D04937BD2C7797E9D3E614000811309291024061080442043504410442",
        {
            "centre": "+79037011111",
            "sender": "InternetSMS",
            "named": True,
            "sent": "2011-03-29T19:20:04+04:00",
            "text": "тест",
        },
    ),
    (
        "MM pdu3",
        "07912143658709F1040B918100551512F20000111010214365000AE8329BFD4697D9EC37",
        {"centre": "+12345678901", "sender": "+18005551212", "sent": "2011-01-01T12:34:56+00:00", "text": "hellohello"},
    ),
    (
        "MM pdu3, another protocol identifier",
        "07912143658709F1040B918100551512F2FF00111010214365000AE8329BFD4697D9EC37",
        {"sender": "+18005551212", "text": "hellohello"},
    ),
    (
        "MM pdu3, more messages wait",
        "07912143658709F1000B918100551512F20000111010214365000AE8329BFD4697D9EC37",
        {"sender": "+18005551212", "text": "hellohello"},
    ),
    (
        "MM pdu3, a national number",
        "07912143658709F1040B818100551512F20000111010214365000AE8329BFD4697D9EC37",
        {"sender": "18005551212", "text": "hellohello"},
    ),
    (
        "MM pdu3, 8 bits",
        "07912143658709F1040B918100551512F20004111010214365000AE8329BFD4697D9EC37DE",
        {"sender": "+18005551212", "text": "", "notes": ("data",), "octets": "E8329BFD4697D9EC37DE"},
    ),
    (
        "MM coding group F, 8 bits",
        "07912143658709F1040B918100551512F200F4111010214365000AE8329BFD4697D9EC37DE",
        {"text": "", "notes": ("data",), "flash": True, "octets": "E8329BFD4697D9EC37DE"},
    ),
    (
        "MM coding group F",
        "07913306091093F0040485810000F111604231805180A049B7F90D9A1AA5A01668F8769BD3E4B29B9E2EB359A03FC85D06A9C3ED707A0EA2"
        "CBC3EE79BB4CA7CBCBA05643617DA7C76990FD4D979741EE77DD5E0ED741ED371D442E83E0E1F9BC0CD281E677D9B84C06C1DF7539E85C90"
        "97E520FB9B2E2F83C6EF369C5E064D8D52D0BC2E07DDEF77D7DC2C7799E5A0771D040FCB41F402BB0047BFDD6550B80ECAD966",
        {
            "centre": "+33609001390",
            "sender": "1800",
            "sent": "2011-06-24T13:08:15+02:00",
            "text": "Info SFR - Confidentiel, à ne jamais transmettre -\r\nVoici votre nouveau mot de passe : sw2ced pour gérer "
            "votre compte SFR sur www.sfr.fr ou par téléphone au 963",
        },
    ),
    (
        "MM first of two, reference of 8 bits",
        "07911356131313F64004850120390011609232239180A006080400100201D7327BFD6EB340E2321BF46E83EA7790F59D1E97DBE1341B442F"
        "83C465763D3DA797E56537C81D0ECB41AB59CC1693C16031D96C064241E5656838AF03A96230982A269BCD462917C8FA4E8FCBED709A0D7A"
        "BBE9F6B0FB5C7683D27350984D4FABC9A0B33C4C4FCF5D20EBFB2D079DCB62793DBD06D9C36E50FB2D4E97D9A0B49B5E96BBCB",
        {
            "centre": "+31653131316",
            "sender": "1002",
            "sent": "2011-06-29T23:32:19+02:00",
            "concat": (16, 2, 1, True),
            "text": "Welkom, bel om uw Voicemail te beluisteren naar +31612001233 (PrePay: *100*1233#). Voicemail ontvangen is "
            "altijd gratis. Voor gebruik van mobiel interne",
        },
    ),
    (
        "MM multipart 1",
        "07912160130320F5440B916171056429F5000021405291650569A00500034C0201A9E8F41C949E83C2207B599E07B1DFEE33885E9ED341E4"
        "F23C7D7697C920FA1B54C697E5E3F4BC0C6AD7D9F434081E96D341E3303C2C4EB3D3F4BC0B94A483E6E8779D4D06CDD1EF3BA80E0785E7A0"
        "B7BB0C6A97E7F3F0B9CC02B9DF7450780EA2DFDF2C50780EA2A3CBA0BA9B5C96B3F369F71954768FDFE4B4FB0C9297E1F2F2BCECA6CF41",
        {
            "centre": "+12063130025",
            "sender": "+16175046925",
            "sent": "2012-04-25T19:56:50-04:00",
            "concat": (0x4C, 2, 1, False),
            "text": "This is a very long test designed to exercise multi part capability. It should show up as one message, "
            "not as two, as the underlying encoding represents ",
        },
    ),
    (
        "MM multipart 2",
        "07912160130320F6440B916171056429F5000021405291651569320500034C0202E9E8301D44479741F0B09C3E0785E56590BCCC0ED3CB64"
        "10FD0D7ABBCBA0B0FB4D4797E52E10",
        {
            "centre": "+12063130026",
            "sent": "2012-04-25T19:56:51-04:00",
            "concat": (0x4C, 2, 2, False),
            "text": "that the parts are related to one another. ",
        },
    ),
    (
        "OFONO simple deliver",
        "07911326040000F0040B911346610089F60000208062917314480CC8F71D14969741F977FD07",
        {
            "centre": "+31624000000",
            "sender": "+31641600986",
            "sent": "2002-08-26T19:37:41-01:00",
            "text": "How are you?",
        },
    ),
    (
        "OFONO a name",
        "0791447758100650040DD0F334FC1CA6970100008080312170224008D4F29CDE0EA7D9",
        {
            "centre": "+447785016005",
            "sender": "sipgate",
            "named": True,
            "sent": "2008-08-13T12:07:22+01:00",
            "text": "Testmail",
        },
    ),
    (
        "OFONO assembly 1",
        "038121F350048155550119906041001222048C0500031E0301041804420430043A002C00200410043B0435043A04410430043D0434044000"
        "2000200441043B044304480430043B00200437043000200434043204350440044C044E0020002004380020002004320441043500200431043E"
        "043B044C044804350020043F0440043504380441043F043E043B043D044F043B0441044F002000200433043D0435",
        {"centre": "123", "sender": "5555", "concat": (0x1E, 3, 1, False)},
    ),
    (
        "GSMMODEM Test2",
        "06917228195339040B917228214365F700003130805120618005D4F29C2E03",
        {"centre": "+2782913593", "sender": "+27821234567", "sent": "2013-03-08T15:02:16+02:00", "text": "Test2"},
    ),
    (
        "GSMMODEM forty-nine characters",
        "07915892000000F0040B915892214365F700007040213252242331493A283D0795C3F33C88FE06C9CB6132885EC6D341EDF27C1E3E97E720"
        "7B3A0C0A5241E377BB1D7693E72E",
        {
            "centre": "+85290000000",
            "sender": "+85291234567",
            "sent": "2007-04-12T23:25:42+08:00",
            "text": "It is easy to read text messages via AT commands.",
        },
    ),
    (
        "GSMMODEM escapes",
        "06917228195339040B917228214365F70000313062315352800A800D8A5E98D337A910",
        {"sender": "+27821234567", "text": "@{tést}!"},
    ),
    (
        "GSMMODEM a part with fill bits",
        "0591721891F1400781721881F800003160526104848059050003C30101916536FB1DCABEEB2074D85E064941B19CAB060319A5C522289C96"
        "D3D3ED32286C0FA7D96131BBEC024941B19CAB0603DDD36C36A88C87A7E565D0DB0D82C55EB0DB4B068BCD5C20",
        {
            "centre": "+2781191",
            "sender": "2781188",
            "concat": (0xC3, 1, 1, False),
            "text": "Hello!You have R 19.50 FREE airtime available. R 19.50 will expire on 01/07/2013. ",
        },
    ),
]

SUBMITS: list[tuple[str, str, dict[str, Any]]] = [
    ("OFONO simple submit", "0011000B916407281553F80000AA0AE8329BFD4697D9EC37",
     {"to": "+46708251358", "text": "hellohello", "validity": 4 * 24 * 60}),
    ("OFONO one of many header elements",
     "0041000B915121551532F40000631A0A031906200A032104100A032705040A032E05080A043807002B8ACD29A85D9ECFC3E7F21C340EBB41E3"
     "B79B1E4EBB41697A989D1EB340E2379BCC02B1C3F27399059AB7C36C3628EC2683C66FF65B5E2683E8653C1D",
     {"to": "+15125551234", "text": "EMS messages can contain italic, bold, large, small and colored text"}),
    ("OFONO prepared", "079153485002020911000C915348870420140000A71154747A0E4ACF41F4F29C9E769F4121",
     {"centre": "+358405202090", "to": "+358478400241", "text": "This is testing !", "validity": 24 * 60}),
    ("MM stored by us, shorter than it says",
     "002100098136397339F70008224F60597D4F60597D4F60597D4F60597D4F60597D4F60597D4F60597D4F60597D4F60",
     {"to": "639337937", "text": "你好你好你好你好你好你好你好你好你", "report": True}),
    ("MM created, Cyrillic",
     "07919130079229F011000B915155551532F40008003A041404300020043704340440043004320441044204320443043504420020043A043E"
     "0440043E043B044C002C0020043404350442043A04300021",
     {"centre": "+19037029920", "to": "+15555551234", "text": "Да здравствует король, детка!", "validity": 5}),
    ("MM created, Greek",
     "0011000B915155551532F400000036C834888E2ECBCB2E978B5A2F8362373A1AA40CBB4132584C0682D57433982B8603C1DB20D4B1495DC552"
     "200804028100",
     {"to": "+15555551234", "text": "Hi there...Tue 17th Jan 2012 05:30.18 pm (GMT+1) ΔΔΔΔΔ", "validity": 5}),
    ("MM created, the last septet in an octet of its own",
     "0011000B915155661632F40000001954747A0E4ACF41F27298CDCE83C6EF371B0481402010",
     {"to": "+15556661234", "text": "This is really cool ΔΔΔΔΔ", "validity": 5}),
    ("MM created, without validity", "0001000B915155661632F400001954747A0E4ACF41F27298CDCE83C6EF371B0481402010",
     {"to": "+15556661234", "text": "This is really cool ΔΔΔΔΔ"}),
    ("GSMMODEM hello", "0001000B917228001011F100000CC8329BFD065DDF72363904",
     {"to": "+27820001111", "text": "Hello World!"}),
    ("GSMMODEM a year", "07914400000000F01100099121436587F90008F40A4E16754C60A8597DFF01",
     {"centre": "+44000000000", "to": "+123456789", "text": "世界您好！", "validity": 52 * 7 * 24 * 60}),
    ("GSMMODEM until a moment", "0019000B917228001011F100003170013193008017D474BB3CA787DB70903DCC4E93D3F43C885E9ED301",
     {"to": "+27820001111", "text": "Timestamp validity test", "until": "2013-07-10T13:39:00+02:00"}),
    ("GSMMODEM with a report", "07911326040000F0310D0B911326880736F40000A90FF7FBDD454E87CDE1B0DB357EB701",
     {"centre": "+31624000000", "to": "+31628870634", "text": "www.diafaan.com", "reference": 13, "report": True,
      "validity": 3 * 24 * 60}),
    ("GSMMODEM Japanese", "07914346466554F601000B914316565811F9000806304253F68449",
     {"centre": "+34646456456", "to": "+34616585119", "text": "あ叶葉"}),
    ("GSMMODEM shorter than it says", "0041010C910661345542F60008A0050003000301306F3044",
     {"to": "+60164355246", "text": "はい", "concat": (0, 3, 1, False), "notes": ("truncated",)}),
    ("GSMMODEM 8 bits", "0591721891F101000B917228214365F700040C48656C6C6F20776F726C6421",
     {"centre": "+2781191", "to": "+27821234567", "text": "", "notes": ("data",), "octets": "48656C6C6F20776F726C6421"}),
    ("GAMMU 105, 160 characters",
     "07912480002143651100048121430000FFA054747A0E82CBDF6779B80D4ACF416679B90C9ABFCDF47B585EDE81F2EF3A681C7683E465727A4E"
     "97A7C5757A1994A683C26EF2EB2D07B5DFE4B4390F4AD3417537B92C07D1D16510BD2C6FCF416F33888E2E838ECE2AE8587697E56136085A17"
     "B3D36310333D2EBBE76590BD2C9FA7DF6E900C149E83E075313B3D4797C920711E444797414679B90C9ABECD",
     {"centre": "+420800123456", "to": "1234", "validity": 63 * 7 * 24 * 60,
      "text": "This program is free software; you can redistribute it and/or modify it under the terms of the GNU General "
              "Public License version 2 as published by the Free Software Foundation."[:160]}),
]  # fmt: skip

LOREM_PARTS = [
    "0045000B915121551532F40000A0050003000301986F79B90D4AC3E7F53688FC66BFE5A0799A0E0AB7CB741668FC76CFCB637A995E9783C2E4"
    "343C3D4F8FD3EE33A8CC4ED359A079990C22BF41E5747DDE7E9341F4721BFE9683D2EE719A9C26D7DD74509D0E6287C56F791954A683C86FF6"
    "5B5E06B5C36777181466A7E3F5B0AB4A0795DDE936284C06B5D3EE741B642FBBD3E1360B14AFA7DD",
    "0045000B915121551532F40000A0050003000302DE73BABC4E0695F165F9384D0FD3D36F37A8CE6687DBE337881D16BFE5E939C89D9EA74175"
    "3A28CC4EC7EB6938A88C0795C3A0F1BBDD7E93DFA0F1DB3D2FC7EB61BA8B584FCF41E13ABD0C4ACBEBF23288FC66BFE5A0B41B242FC3E56574"
    "D94D2ECBD37450DA0DB2BFD975383D4C2F83EC65769A0E2ACFE765D038CD66D7DB20F29BFD2E83CA",
    "0045000B915121551532F400008C050003000303EA2073FD9C0ED341EE3A9B1D06C1C3F274985E97BB8AF871194E2FD7E5A079DA4D07BDC7E3"
    "70791CA683C675789A1CA687E920F7DB0D82CBDF6972D94D6781E675371D947683C675363C0C8AD7D3A0B7D99C1EA7C32072795E96D7DD7450"
    "FBCD66A7E9A0B03BDD06A5C9A0F29C0E6287C56F79BD0D",
]
"""GSMMODEM: LOREM to +15125551234, duplicates to be rejected."""

ASSEMBLY = [
    DELIVERS[14][1],
    "038121F350048155550119906041001222048C0500031E03020432043E043C002E000A041D0430043A043E043D04350446002C0020043D0435"
    "00200432002004410438043B04300445002004340430043B043504350020044204350440043F04350442044C002C0020043E043D00200441"
    "044204400435043C043804420435043B044C043D043E002004320431043504360430043B002004320020043A043E",
    "038121F350048155550119906041001222044A0500031E0303043C043D043004420443002C0020043F043E043704300431044B0432000A0434"
    "043004360435002C002004470442043E002000200431044B043B0020043D04300433002E",
]
"""OFONO: three parts of one message."""

REPORTS: list[tuple[str, str, dict[str, Any]]] = [
    ("MM not stored", "07914356060013F1065A098136397339F7219011700463802190117004638030",
     {"centre": "+34656000311", "to": "639337937", "reference": 90, "sent": "2012-09-11T07:40:36+02:00",
      "status": 0x30, "delivered": False, "failed": False}),
    ("GSMMODEM delivered", "0006D60B911326880736F4111011719551401110117195714000",
     {"to": "+31628870634", "reference": 214, "status": 0, "delivered": True, "failed": False}),
    ("GSMMODEM of a ZTE modem, with a wrong number", "0297F1061C0F910B487228297020F5317062419272803170624192138000",
     {"to": "+#08427829207025", "reference": 28, "sent": "2013-07-26T14:29:27+02:00",
      "done": "2013-07-26T14:29:31+02:00", "status": 0, "delivered": True}),
]  # fmt: skip

SEPTETS = [
    ("123", "31D90C"),
    ("12345678", "31D98C56B3DD70"),
    ("123456789", "31D98C56B3DD7039"),
    ("Hello World!", "C8329BFD065DDF72363904"),
    ("[{abc}]~", "1BDE0615168F37A98D6FD303"),
    ("123456789012345678901234567890", "31D98C56B3DD7039584C36A3D56C375C0E1693CD6835DB0D978301"),
    ("{åΦΓΛΩΠΨΣΘ€}", "1BD44332A1542C174C6653DEA400"),
    ("a[]{}€", "E10D6FE3DBA036A94D19"),
]
"""GSMMODEM: text and its packed septets."""

ADDRESSES = [
    ("+9876543210", "0A918967452301"),
    ("+987654321", "099189674523F1"),
    ("+27829135934", "0B917228195339F4"),
    ("+19037029920", "0B919130079229F0"),
    ("9037029920", "0A810973209902"),
    ("abc", "06D061F118"),
    ("FRANCOIS", "0ED04669D0397C26A7"),
    ("a[]{}€", "14D0E10D6FE3DBA036A94D19"),
]
"""GSMMODEM and MM (encoded by us just so)."""

CENTRES = [
    ("+9876543210", "06918967452301"),
    ("+987654321", "069189674523F1"),
    ("+2782913593", "06917228195339"),
    ("+19037029920", "07919130079229F0"),
    ("9037029920", "06810973209902"),
]
"""GSMMODEM and MM: service centres."""

STAMPS = [
    ("51117200000000", "2015-11-27T00:00:00+00:00"),
    ("51117200000080", "2015-11-27T00:00:00+02:00"),
    ("70402132522423", "2007-04-12T23:25:42+08:00"),
    ("7040213252242B", "2007-04-12T23:25:42-08:00"),
    ("11209211050500", None),
    ("99309251619580", "1999-03-29T15:16:59+02:00"),
    ("00000000000000", None),
    ("FFFFFFFFFFFFFF", None),
    ("51317200000000", None),
]
"""GSMMODEM; the last of TS 23.040, 9.2.3.11's own form, and what is no time (2011 had no 29 February)."""

VALIDITIES = [
    (5, 30),
    (151, 16 * 60),
    (169, 3 * 24 * 60),
    (197, 5 * 7 * 24 * 60),
    (0, 5),
    (143, 720),
    (255, 63 * 10080),
]
"""GSMMODEM (the first four) and the limits of TS 23.040, 9.2.3.12.1: octet and minutes."""

HEADERS = [
    ("0003170301", (23, 3, 1, False)),
    ("080401800402", (384, 4, 2, True)),
    ("04026432", None),
    ("050404D21466", None),
    ("0A031906200003170302", (23, 3, 2, False)),
    ("0003170300", None),
    ("0003170304", None),
    ("00031703", None),
    ("", None),
]
"""GSMMODEM and impossible ones: elements and the concatenation among them."""
