"""The control socket's words: typed requests, answers, events. No I/O: the web page and the console import it too.
One module a topic.

HTTP/1.1 over a Unix socket. ``POST /v1/request`` carries an `Envelope` and answers with the JSON of the request's
answer (200) or a `Problem` (4xx, 5xx). ``GET /v1/events`` is a server-sent event stream of `Stamped` events; ids
increase by one and ``Last-Event-ID`` resumes after that id where the box still remembers it (`Dropped` tells how many
were lost). ``GET /v1/events?levels=1`` is told the sound's levels too (`LevelsMeasured`), which pass by between the
others with no id of their own. Its header ``newest-event`` tells the id of the last one so far. ``POST /v1/stream``
answers in pieces (see `stream`).
"""

from secretaryd.control.protocol.base import Asking, Message, Problem, Right
from secretaryd.control.protocol.board import ButtonUsed
from secretaryd.control.protocol.box import ShowConfig, Status
from secretaryd.control.protocol.calls import (
    CountCalls,
    HandleMessage,
    HangUp,
    ListCalls,
    ListMessages,
    ShowCall,
)
from secretaryd.control.protocol.dial import (
    CallAlerting,
    CallDialled,
    CloseTask,
    DialNumber,
    DialTask,
    DialUsed,
    ListTasks,
    TaskChanged,
    TaskMade,
)
from secretaryd.control.protocol.events import (
    AlertChanged,
    CallAnswered,
    CallEnded,
    CallRang,
    DigitsPressed,
    Dropped,
    Event,
    LineChanged,
    MessageTaken,
    ModemChanged,
    PartialHeard,
    PhraseHeard,
    SayingStarted,
    TurnSaid,
)
from secretaryd.control.protocol.line import CallerWaited, ClockSet, LevelsMeasured, ModemRecovered, RungTaken
from secretaryd.control.protocol.stream import Piece
from secretaryd.control.protocol.wire import (
    KEPT_SECONDS,
    NEWEST,
    VERSION,
    Envelope,
    Malformed,
    Request,
    Stamped,
    decode_envelope,
    decode_piece,
    decode_problem,
    decode_stamped,
    encode,
)

__all__ = [
    "KEPT_SECONDS",
    "NEWEST",
    "VERSION",
    "AlertChanged",
    "Asking",
    "ButtonUsed",
    "CallAlerting",
    "CallAnswered",
    "CallDialled",
    "CallEnded",
    "CallRang",
    "CallerWaited",
    "ClockSet",
    "CloseTask",
    "CountCalls",
    "DialNumber",
    "DialTask",
    "DialUsed",
    "DigitsPressed",
    "Dropped",
    "Envelope",
    "Event",
    "HandleMessage",
    "HangUp",
    "LevelsMeasured",
    "LineChanged",
    "ListCalls",
    "ListMessages",
    "ListTasks",
    "Malformed",
    "Message",
    "MessageTaken",
    "ModemChanged",
    "ModemRecovered",
    "PartialHeard",
    "PhraseHeard",
    "Piece",
    "Problem",
    "Request",
    "Right",
    "RungTaken",
    "SayingStarted",
    "ShowCall",
    "ShowConfig",
    "Stamped",
    "Status",
    "TaskChanged",
    "TaskMade",
    "TurnSaid",
    "decode_envelope",
    "decode_piece",
    "decode_problem",
    "decode_stamped",
    "encode",
]
