"""secretaryctl models: install real models in place of the bundled ones, with progress; verify, import, remove."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from secretaryd.cli.context import Command, Context
from secretaryd.cli.door import CommandFailed
from secretaryd.cli.text import safe
from secretaryd.control.protocol.content import SetConfig
from secretaryd.control.protocol.models import ShowModelsJob, StopModels
from secretaryd.reasons import in_language, sentence_in
from secretaryd.run.models import models_in_use
from secretaryd.shop.catalogue import shown
from voice.errors import ModelFileError
from voice.models import download
from voice.models.install import Installer
from voice.models.store import Store
from voice.models.usb import import_models

BOX_AWAY: Final = 3
"""Exit code of a command that found nobody at the socket."""


def add(command: Command) -> None:
    """Adds the commands."""
    group = command("models", "recognisers, voices, language models").add_subparsers(required=True, metavar="ACTION")
    command("list", "the catalogue, and what is installed", group).set_defaults(run=list_models)
    install = command("install", "download, verify and put in place a model or a bundle", group)
    install.add_argument("name", nargs="+")
    install.add_argument("--force", action="store_true", help="even where memory is short")
    install.add_argument("--again", action="store_true", help="even where it is installed")
    install.set_defaults(run=install_models)
    bring = command("import", "copy models from a USB stick or a folder", group)
    bring.add_argument("source", type=Path)
    bring.set_defaults(run=bring_models)
    verify = command("verify", "read every file again and compare checksums", group)
    verify.add_argument("name", nargs="*")
    verify.set_defaults(run=verify_models)
    remove = command("remove", "delete a model", group)
    remove.add_argument("name")
    remove.add_argument("--yes", action="store_true", help="do not ask")
    remove.set_defaults(run=remove_model)
    command("job", "how far an installation is that was begun on the page", group).set_defaults(run=show_job)
    command("stop", "ends it; what was downloaded is kept for the next try", group).set_defaults(run=stop_job)
    use = command("use", "check a model and tell which setting puts it to work", group)
    use.add_argument("name")
    use.set_defaults(run=use_model)


@contextmanager
def _told(context: Context) -> Iterator[None]:
    try:
        yield
    except ModelFileError as error:
        raise CommandFailed(sentence_in(error, context.config.box.language)) from error


def _store(context: Context) -> Store:
    return Store(context.config.box.data_dir / "models")


def list_models(context: Context, _: argparse.Namespace) -> int:
    """Catalogue and store in one table."""
    config = context.config
    with _told(context):
        found = shown(config.box.data_dir / "models", models_in_use(config))
    rows, bundles, free = found["models"], found["bundles"], found["free_memory_mb"]

    def show(_: Any) -> None:
        table = Table("", "name", "kind", "lang", "MB", "memory", "licence", "about", box=None, padding=(0, 1, 0, 0))
        for row in rows:
            mark = "[green]▶[/]" if row["active"] else "[green]✓[/]" if row["installed"] else " "
            memory = f"[red]{row['memory_mb']}[/]" if row["memory_mb"] > free else str(row["memory_mb"])
            table.add_row(
                mark,
                safe(row["name"]),
                row["kind"],
                row["language"],
                f"~{row['download_mb']}",
                memory,
                safe(row["licence"]),
                safe(row["about"]),
            )
        context.console.print(table)
        for bundle in bundles:
            names = " + ".join(bundle["models"])
            context.console.print(f"[bold]{bundle['name']}[/] = {safe(names)}, {bundle['memory_mb']} MB of memory")
        context.console.print(f"free memory: {free} MB   ▶ in use   ✓ installed")

    return context.answer(found, show)


def install_models(context: Context, options: argparse.Namespace) -> int:
    """With a bar for every file. A broken download goes on where it ended when the command is given again."""
    names: list[str] = []
    with _told(context):
        installer = Installer(_store(context))
        with _bars(context) as show:
            for name in options.name:
                done = installer.install(name, force=options.force, again=options.again, on_progress=show)
                names += [manifest.name for manifest in done]

    def tell(plain: dict[str, Any]) -> None:
        context.console.print(f"[green]installed:[/] {safe(', '.join(plain['installed']))}")
        for name in plain["installed"]:
            _tell_setting(context, name)

    return context.answer({"installed": list(dict.fromkeys(names))}, tell)


@contextmanager
def _bars(context: Context) -> Iterator[download.OnProgress | None]:
    if context.as_json:
        yield None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=context.errors) as progress:
        tasks: dict[str, TaskID] = {}

        def show(state: download.Progress) -> None:
            if state.name not in tasks:
                tasks[state.name] = progress.add_task(safe(Path(state.name).name), total=state.total or None)
            progress.update(tasks[state.name], completed=state.received, total=state.total or None)

        yield show


def _tell_setting(context: Context, name: str) -> None:
    setting = _store(context).use(name)
    context.console.print(f'  to use it:  {safe(setting.key)} = "{safe(setting.value)}"', highlight=False)


def bring_models(context: Context, options: argparse.Namespace) -> int:
    """From a stick."""
    with _told(context):
        manifests = import_models(options.source, _store(context))
    plain = {"installed": [{"name": m.name, "checksum": m.checksum} for m in manifests]}

    def show(_: Any) -> None:
        for manifest in manifests:
            context.console.print(f"[green]installed:[/] {safe(manifest.name)} ({safe(manifest.checksum)})")
            _tell_setting(context, manifest.name)

    return context.answer(plain, show)


def verify_models(context: Context, options: argparse.Namespace) -> int:
    """Exit code 1 where anything is wrong."""
    with _told(context):
        store = _store(context)
        names = options.name or [manifest.name for manifest in store.installed()]
        language = context.config.box.language
        faults = {name: [in_language(fault, language) for fault in store.verify(name)] for name in names}

    def show(_: Any) -> None:
        if not faults:
            context.console.print("no models installed: the bundled ones are part of the program")
        for name, found in faults.items():
            context.console.print(
                f"{safe(name)}: {'[red]' + safe('; '.join(found)) + '[/]' if found else '[green]ok[/]'}"
            )

    context.answer({"faults": faults}, show)
    return 1 if any(faults.values()) else 0


def remove_model(context: Context, options: argparse.Namespace) -> int:
    """Asks first."""
    config = context.config
    with _told(context):
        store = _store(context)
        store.get(options.name)
        if not options.yes and not _sure(context, options.name):
            return 1
        store.remove(options.name, models_in_use(config))
    return context.answer({"removed": options.name}, lambda _: context.console.print(f"removed: {safe(options.name)}"))


def _sure(context: Context, name: str) -> bool:
    if context.as_json:
        raise CommandFailed("there is nobody to ask", "add --yes", code=2)
    try:
        answer = context.console.input(f"Delete the model {safe(name)}? \\[y/N] ")
    except EOFError as error:
        raise CommandFailed("there is nobody to ask", "add --yes", code=2) from error
    return answer.strip().lower() in ("y", "yes", "д", "да")


def show_job(context: Context, _: argparse.Namespace) -> int:
    """Of the box; what this command installs itself it shows itself."""

    def show(plain: dict[str, Any]) -> None:
        job = plain["job"]
        if job is None:
            context.console.print("nothing was begun on the page")
            return
        size = f"{job['received'] >> 20}/{job['total'] >> 20} MB" if job["total"] else ""
        words = f"{job['do']} {' '.join(job['names'])}: {job['state']} {job['file']} {size} {job['problem']}"
        context.console.print(safe(words), highlight=False)

    return context.answer(context.door.ask(ShowModelsJob()), show)


def stop_job(context: Context, _: argparse.Namespace) -> int:
    """At the next piece."""
    answer = context.door.ask(StopModels())
    return context.answer(answer, lambda a: context.console.print("stopping" if a["stopped"] else "nothing to stop"))


def use_model(context: Context, options: argparse.Namespace) -> int:
    """Checked here, kept by the core; where that is away, what to write into the file is told."""
    with _told(context):
        setting = _store(context).use(options.name)
    try:
        done = context.door.ask(SetConfig(key=setting.key, value=setting.value))
    except CommandFailed as error:
        if error.code != BOX_AWAY:
            raise
        done = {"key": setting.key, "value": setting.value, "restart": [], "hidden_by": "", "kept": False}

    def show(_: Any) -> None:
        if not done.get("kept", True):
            _tell_setting(context, options.name)
            context.console.print("  the box is not running: write that into its configuration, then start it")
            return
        context.console.print(f'{setting.key} = "{safe(setting.value)}"', highlight=False)
        units = " ".join(done["restart"])
        context.console.print(f"in force after: secretaryctl restart --needed ({units})", highlight=False)

    return context.answer(done, show)
