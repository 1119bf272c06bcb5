"""secretaryctl ussd: questions to the SIM's operator."""

import argparse
from typing import Any

from secretaryd.cli.context import Command, Context, local_time
from secretaryd.cli.text import safe
from secretaryd.control.protocol.sim import AskBalance, AskOperator, ShowSim

BALANCE = "balance"


def add(command: Command) -> None:
    """Adds the command."""
    asking = command("ussd", "ask the operator (*100#, or `balance`); without a code: what is known of the SIM")
    asking.add_argument("code", nargs="?", metavar="CODE", help='a code, or "balance"')
    asking.set_defaults(run=ussd)


def ussd(context: Context, options: argparse.Namespace) -> int:
    """Asks; that takes up to a minute."""
    if options.code is None:
        return context.answer(context.door.ask(ShowSim()), lambda plain: _show(context, plain["sim"]))
    request = AskBalance() if options.code == BALANCE else AskOperator(code=options.code)
    answer = context.door.ask(request)

    def show(plain: dict[str, Any]) -> None:
        context.console.print(safe(plain["text"]) or "(no text)", highlight=False, soft_wrap=True)
        if plain.get("roubles") is not None:
            context.console.print(f"[bold]{safe(plain['roubles'])} ₽[/]", highlight=False)

    return context.answer(answer, show)


def _show(context: Context, sim: dict[str, Any]) -> None:
    console = context.console
    balance = f"{sim['balance']} ₽, {local_time(sim['balance_at'])}" if sim["balance"] is not None else "not asked yet"
    console.print(f"balance     {safe(balance)}", highlight=False)
    console.print(f"first seen  {local_time(sim['seen_at']) or '-'}", highlight=False)
    console.print(f"last call   {local_time(sim['used_at']) or '-'}", highlight=False)
