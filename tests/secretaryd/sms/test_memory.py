"""When the owner is told that there is no room for messages."""

import pytest

from hw.modem.events import MemoryChanged
from secretaryd.notices import TABLE
from secretaryd.sms.memory import FULL, LOW, MemoryWatch
from secretaryd.troubles import Troubles


@pytest.mark.parametrize(
    ("looks", "told"),
    [
        ([("ME", 0, 23)], {}),
        ([("ME", 18, 23)], {}),
        ([("ME", 19, 23)], {LOW: "ME 19/23"}),
        ([("SM", 12, 15)], {LOW: "SM 12/15"}),
        ([("SM", 15, 15)], {FULL: "SM 15/15"}),
        ([("ME", 23, 23), ("SM", 14, 15)], {FULL: "ME 23/23", LOW: "SM 14/15"}),
        ([("ME", 23, 23), ("SM", 2, 15)], {FULL: "ME 23/23"}),
        ([("ME", 23, 23), ("SR", 0, 10)], {FULL: "ME 23/23"}),
        ([("ME", 23, 23), ("ME", 0, 23)], {}),
        ([("SM", 15, 15), ("SM", 13, 15)], {LOW: "SM 13/15"}),
        ([("ME", 20, 23), ("SM", 13, 15)], {LOW: "ME 20/23, SM 13/15"}),
        ([("SR", 10, 10)], {}),
        ([("SM", 0, 0)], {}),
    ],
)
def test_a_memory_that_fills_up_is_told_until_there_is_room(
    looks: list[tuple[str, int, int]], told: dict[str, str]
) -> None:
    troubles = Troubles()
    watch = MemoryWatch(troubles)
    for look in looks:
        watch.changed(MemoryChanged(*look))
    assert troubles.codes == told
    assert {FULL, LOW} <= TABLE.keys()
