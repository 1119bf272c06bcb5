"""secretaryctl chat: talks with the model. secretaryctl speak, transcribe: the voice and the recogniser, tried out."""

import argparse
import base64
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from hw.simulator.wav import WavError, read_wav
from secretaryd.cli.context import Command, Context, local_time
from secretaryd.cli.door import CommandFailed
from secretaryd.cli.text import safe
from secretaryd.control.protocol.chat import (
    AnswerChat,
    CreateChat,
    DeleteChat,
    EditChat,
    ListChats,
    ShowChat,
    ShowChatPrompt,
    StopChat,
    UndeleteChat,
)
from secretaryd.control.protocol.hearing import Speak, Transcribe
from secretaryd.control.protocol.stream import ChatDelta, ChatEnded

SPOKEN: Final = Path("spoken.wav")


def add(command: Command) -> None:
    """Adds the commands."""
    group = command("chat", "talks with the model, apart from any call").add_subparsers(required=True, metavar="ACTION")
    listing = command("list", "all chats, the newest first", group)
    listing.add_argument("text", nargs="*", help="only those in which this stands")
    listing.set_defaults(run=list_chats)
    ask = command("ask", "asks the model, in a new chat or in one that is there", group)
    ask.add_argument("text", nargs="+")
    ask.add_argument("--chat", type=int, metavar="ID")
    ask.add_argument("--persona", default="", help="who answers: a ready persona")
    ask.add_argument("--node", default="", help="which model answers: see chat prompt")
    ask.set_defaults(run=ask_model)
    for name, words, run in (
        ("show", "what was said", show_chat),
        ("again", "has the model answer the last question once more", answer_again),
        ("stop", "stops the answer that is under way", stop_answer),
        ("delete", "deletes a chat; chat restore brings it back within a week", delete_chat),
        ("restore", "brings a deleted chat back", restore_chat),
    ):
        one = command(name, words, group)
        one.add_argument("id", type=int)
        one.set_defaults(run=run)
    edit = command("edit", 'another name, prompt ("" for the usual one), persona or model', group)
    edit.add_argument("id", type=int)
    for key in ("name", "prompt", "persona", "node"):
        edit.add_argument(f"--{key}")
    edit.set_defaults(run=edit_chat)
    command("prompt", "what the model is told first, and which models there are", group).set_defaults(run=show_prompt)
    speak = command("speak", "has the voice speak a text, into a WAV file")
    speak.add_argument("text", nargs="+")
    speak.add_argument("--pace", type=float, default=1.0, help="1.0 is the voice's own")
    speak.add_argument("--to", type=Path, default=SPOKEN, metavar="FILE")
    speak.set_defaults(run=speak_text)
    transcribe = command("transcribe", "what is said in a WAV file of up to 40 s")
    transcribe.add_argument("file", type=Path)
    transcribe.set_defaults(run=transcribe_file)


def list_chats(context: Context, options: argparse.Namespace) -> int:
    """In a table."""
    answer = context.door.ask(ListChats(text=" ".join(options.text), limit=100))

    def show(plain: dict[str, Any]) -> None:
        table = Table("id", "name", "who", "changed", "messages", box=None, padding=(0, 2, 0, 0))
        for chat in plain["chats"]:
            when = local_time(chat["changed"])
            table.add_row(str(chat["id"]), safe(chat["name"]), safe(chat["user"]), when, str(chat["messages"]))
        context.console.print(table)

    return context.answer(answer, show)


def show_chat(context: Context, options: argparse.Namespace) -> int:
    """Oldest first."""

    def show(plain: dict[str, Any]) -> None:
        context.console.print(f"[bold]{safe(plain['chat']['name'])}[/]", highlight=False)
        for message in plain["messages"]:
            mark = "?" if message["role"] == "user" else ">"
            state = "" if message["state"] == "done" else f"  [yellow]({safe(message['state'])})[/]"
            context.console.print(f"{mark} {_lines(message['text'])}{state}", highlight=False)

    return context.answer(context.door.ask(ShowChat(id=options.id)), show)


def ask_model(context: Context, options: argparse.Namespace) -> int:
    """Prints the answer as it comes."""
    number = options.chat
    if number is None:
        made = context.door.ask(CreateChat(persona=options.persona, node=options.node))
        number = made["chat"]["id"]
    return _answered(context, AnswerChat(id=number, text=" ".join(options.text)))


def answer_again(context: Context, options: argparse.Namespace) -> int:
    """Prints the new answer."""
    return _answered(context, AnswerChat(id=options.id, again=True))


def _answered(context: Context, request: AnswerChat) -> int:
    ended = ChatEnded()
    for piece in context.door.stream(request):
        if isinstance(piece, ChatDelta) and not context.as_json:
            context.console.print(_lines(piece.text), end="", highlight=False, soft_wrap=True)
        elif isinstance(piece, ChatEnded):
            ended = piece
    if ended.code:
        raise CommandFailed(ended.text, ended.remedy, 1)
    shown = {"chat": request.id, "message": ended.message}
    return context.answer(shown, lambda _: context.console.print(f"\n[dim]chat {request.id}[/]"))


def _lines(text: str) -> str:
    """Made safe line by line: a model writes paragraphs."""
    return "\n".join(safe(line) for line in text.split("\n"))


def stop_answer(context: Context, options: argparse.Namespace) -> int:
    """What is there of it is kept."""
    answer = context.door.ask(StopChat(id=options.id))
    return context.answer(answer, lambda a: context.console.print("stopped" if a["stopped"] else "nothing to stop"))


def delete_chat(context: Context, options: argparse.Namespace) -> int:
    """For a week it can be brought back."""
    answer = context.door.ask(DeleteChat(id=options.id))
    return context.answer(answer, lambda _: context.console.print(f"deleted; back: chat restore {options.id}"))


def restore_chat(context: Context, options: argparse.Namespace) -> int:
    """Undoes it."""
    answer = context.door.ask(UndeleteChat(id=options.id))
    return context.answer(answer, lambda _: context.console.print("restored"))


def edit_chat(context: Context, options: argparse.Namespace) -> int:
    """What is given."""
    request = EditChat(
        id=options.id, name=options.name, prompt=options.prompt, persona=options.persona, node=options.node
    )
    return context.answer(context.door.ask(request), lambda _: context.console.print("changed"))


def show_prompt(context: Context, _: argparse.Namespace) -> int:
    """With the models."""

    def show(plain: dict[str, Any]) -> None:
        context.console.print(_lines(plain["prompt"]), highlight=False, soft_wrap=True)
        for node in plain["nodes"]:
            words = f"{node['name']}: {node['state']} {node['model']} {node['reason']}"
            context.console.print(safe(words), style="dim", highlight=False)

    return context.answer(context.door.ask(ShowChatPrompt()), show)


def speak_text(context: Context, options: argparse.Namespace) -> int:
    """Into a file."""
    answer = context.door.ask(Speak(text=" ".join(options.text), pace=options.pace))
    try:
        options.to.write_bytes(base64.b64decode(answer["wav"]))
    except OSError as error:
        raise CommandFailed(f"{options.to}: {error.strerror}", code=2) from error
    told = {"file": str(options.to), "seconds": answer["seconds"], "voice": answer["voice"]}
    words = f"{answer['seconds']:.1f} s by {safe(answer['voice'])}: {safe(str(options.to))}"
    return context.answer(told, lambda _: context.console.print(words, highlight=False))


def transcribe_file(context: Context, options: argparse.Namespace) -> int:
    """A phrase a line."""
    try:
        pcm = read_wav(options.file).astype("<i2").tobytes()
    except WavError as error:
        raise CommandFailed(str(error), code=2) from error

    def show(plain: dict[str, Any]) -> None:
        for phrase in plain["phrases"]:
            words = f"{phrase['start']:6.2f}  {phrase['confidence']:.2f}  {safe(phrase['text'])}"
            context.console.print(words, highlight=False)

    return context.answer(context.door.ask(Transcribe(pcm=pcm)), show)
