"""Checks of the processes: units, sockets, engines, the page. PURE."""

from collections.abc import Callable
from typing import Final

from secretaryd.doctor.check import Check, Chmod, Level, Outcome, Remove, Run, Skipped, Well, Words, Wrong
from secretaryd.doctor.facts import Facts, Unit

SOCKET_MODE: Final = 0o660
RESTARTS_MANY: Final = 5
UNITS: Final = ("secretaryd", "secretary-speech", "secretary-llm", "secretary-web")
LOOPBACK: Final = ("127.", "localhost", "[::1]")


def answers(facts: Facts) -> Outcome:
    """The core answers on its socket."""
    if facts.live is not None:
        return Well(facts.live.version)
    return Wrong(facts.live_trouble)


def version(facts: Facts) -> Outcome:
    """The running box is the installed one."""
    if facts.live is None:
        return Skipped("box is away")
    same = facts.live.version == facts.own_version
    return Well() if same else Wrong(f"{facts.live.version} / {facts.own_version}")


def stale_socket(facts: Facts) -> Outcome:
    """A socket to which nobody listens."""
    control = facts.sockets.get("control")
    if control is None or control.mode is None:
        return Well()
    if facts.live is None and not control.answers and facts.machine.superuser:
        return Wrong(str(control.path), (Remove(control.path),))
    return Well()


def socket_modes(facts: Facts) -> Outcome:
    """Open to their group, closed to others."""
    wrong = [each for each in facts.sockets.values() if each.mode is not None and each.mode & 0o007]
    if not wrong:
        return Well()
    detail = ", ".join(f"{each.path}: {each.mode:04o}" for each in wrong)
    return Wrong(detail, tuple(Chmod(each.path, SOCKET_MODE) for each in wrong))


def console_group(facts: Facts) -> Outcome:
    """This user may manage the box."""
    if not facts.machine.systemd:
        return Skipped("no systemd")
    return Well() if facts.machine.superuser or facts.machine.in_console_group else Wrong()


def _unit(name: str) -> Callable[[Facts], Outcome]:
    def look(facts: Facts) -> Outcome:
        if not facts.machine.systemd:
            return Skipped("no systemd")
        unit = next((each for each in facts.units if each.name == name), None)
        if unit is None or not unit.loaded:
            # A box run by hand (`make run`) needs no units.
            return Skipped("not configured")
        if name == "secretary-llm" and not facts.config.llm_wanted:
            return Skipped("not configured")
        if unit.active != "active":
            return Wrong(unit.active, (Run(("systemctl", "start", f"{name}.service")),))
        return Well() if unit.enabled else Wrong("disabled", (Run(("systemctl", "enable", f"{name}.service")),))

    return look


def _units(facts: Facts) -> tuple[Unit, ...]:
    return tuple(unit for unit in facts.units if unit.loaded)


def restarts(facts: Facts) -> Outcome:
    """Nothing dies again and again."""
    if not facts.machine.systemd or not _units(facts):
        return Skipped("no systemd" if not facts.machine.systemd else "not configured")
    often = [unit for unit in _units(facts) if unit.restarts >= RESTARTS_MANY or unit.result == "watchdog"]
    return Wrong(", ".join(f"{unit.name}: {unit.restarts} ({unit.result})" for unit in often)) if often else Well()


def out_of_memory(facts: Facts) -> Outcome:
    """The kernel took nothing."""
    if not facts.machine.systemd or not _units(facts):
        return Skipped("no systemd" if not facts.machine.systemd else "not configured")
    killed = [unit.name for unit in _units(facts) if unit.result == "oom-kill"]
    return Wrong(", ".join(killed)) if killed else Well()


def watchdogs(facts: Facts) -> Outcome:
    """A process that hangs is noticed."""
    if not facts.machine.systemd or not _units(facts):
        return Skipped("no systemd" if not facts.machine.systemd else "not configured")
    without = [unit.name for unit in _units(facts) if not unit.watchdog_seconds]
    return Wrong(", ".join(without)) if without else Well()


def drop_ins(facts: Facts) -> Outcome:
    """Somebody changed the units."""
    if not facts.machine.systemd or not _units(facts):
        return Skipped("no systemd" if not facts.machine.systemd else "not configured")
    changed = [path for unit in _units(facts) for path in unit.drop_ins]
    return Wrong(", ".join(changed)) if changed else Well()


def speech(facts: Facts) -> Outcome:
    """Recogniser and voice."""
    if facts.live is None:
        return Skipped("box is away")
    return Well() if facts.live.speech_up else Wrong(facts.live.speech_reason)


def llm(facts: Facts) -> Outcome:
    """At least one language model answers."""
    if facts.live is None or not facts.config.llm_wanted:
        return Skipped("box is away" if facts.live is None else "not configured")
    return Well() if facts.live.llm_up else Wrong("; ".join(reason for _, _, reason in facts.live.nodes if reason))


def nodes(facts: Facts) -> Outcome:
    """Each further server."""
    if facts.live is None:
        return Skipped("box is away")
    others = [node for node in facts.live.nodes if node[0] != "local"]
    if not others:
        return Skipped("not configured")
    away = [f"{name}: {reason or state}" for name, state, reason in others if state != "ready"]
    return Wrong("; ".join(away)) if away else Well()


def recording(facts: Facts) -> Outcome:
    """The last calls were recorded."""
    if facts.live is None or not facts.config.record:
        return Skipped("box is away" if facts.live is None else "not configured")
    return Wrong() if "recording.failed" in facts.live.alerts else Well()


def page(facts: Facts) -> Outcome:
    """Somebody listens at web.listen."""
    if facts.web_answers is None:
        return Skipped("not configured")
    return Well(facts.config.web_listen) if facts.web_answers else Wrong(facts.config.web_listen)


def page_exposed(facts: Facts) -> Outcome:
    """The page speaks HTTP without TLS: a password goes over the network as it is."""
    open_to_all = not facts.config.web_tls and not facts.config.web_listen.startswith(LOOPBACK)
    return Wrong(facts.config.web_listen) if open_to_all else Well()


E, W, N = Level.ERROR, Level.WARNING, Level.NOTE
UNIT_WORDS: Final = {
    "secretaryd": Words("Служба ядра", "Unit of the core"),
    "secretary-speech": Words("Служба речи", "Unit of speech"),
    "secretary-llm": Words("Служба языковой модели", "Unit of the language model"),
    "secretary-web": Words("Служба страницы", "Unit of the page"),
}
CHECKS: Final = (
    Check(
        "box.answers",
        E,
        answers,
        Words("Служба", "The box"),
        Words("secretaryd не отвечает.", "secretaryd does not answer."),
        Words(
            "sudo systemctl start secretary.target; без systemd: make run",
            "sudo systemctl start secretary.target; without systemd: make run",
        ),
    ),
    Check(
        "box.version",
        W,
        version,
        Words("Версия", "Version"),
        Words("Работает не та версия, что установлена.", "What runs is not what is installed."),
        Words("sudo systemctl restart secretary.target", "sudo systemctl restart secretary.target"),
    ),
    Check(
        "socket.stale",
        W,
        stale_socket,
        Words("Забытый сокет", "Socket left behind"),
        Words("Сокет управления есть, но за ним никого.", "There is a control socket with nobody behind it."),
        Words(
            "sudo secretaryctl doctor --fix, затем запустите службу",
            "sudo secretaryctl doctor --fix, then start the box",
        ),
    ),
    Check(
        "socket.modes",
        E,
        socket_modes,
        Words("Права сокетов", "Modes of the sockets"),
        Words("Сокет открыт всем пользователям машины.", "A socket is open to everybody on this machine."),
        Words(
            "sudo secretaryctl doctor --fix; перезапуск службы тоже исправит",
            "sudo secretaryctl doctor --fix; a restart of the box mends it too",
        ),
    ),
    Check(
        "console.group",
        W,
        console_group,
        Words("Группа управления", "Console group"),
        Words("Этот пользователь не может управлять коробкой.", "This user may not manage the box."),
        Words(
            "sudo adduser $USER secretary-console, затем войдите заново",
            "sudo adduser $USER secretary-console, then sign in anew",
        ),
    ),
    *(
        Check(
            f"unit.{name}",
            E,
            _unit(name),
            UNIT_WORDS[name],
            Words("Служба не работает или не включена.", "The unit does not run, or is not enabled."),
            Words(
                f"sudo systemctl enable --now {name}; причина: journalctl -u {name} -n 50",
                f"sudo systemctl enable --now {name}; the reason: journalctl -u {name} -n 50",
            ),
        )
        for name in UNITS
    ),
    Check(
        "unit.restarts",
        W,
        restarts,
        Words("Перезапуски", "Restarts"),
        Words("Служба падает или зависает снова и снова.", "A unit dies or hangs again and again."),
        Words(
            "Причина в журнале: journalctl -u secretaryd -u secretary-speech -u secretary-llm",
            "The journal has the reason: journalctl -u secretaryd -u secretary-speech -u secretary-llm",
        ),
    ),
    Check(
        "unit.memory",
        W,
        out_of_memory,
        Words("Нехватка памяти", "Out of memory"),
        Words("Службу остановила нехватка памяти.", "A unit was stopped for lack of memory."),
        Words("Возьмите модель поменьше: secretaryctl models list", "Take a smaller model: secretaryctl models list"),
    ),
    Check(
        "unit.watchdog",
        W,
        watchdogs,
        Words("Сторожевой таймер", "Watchdog"),
        Words("Зависшую службу никто не заметит.", "Nobody would notice a unit that hangs."),
        Words(
            "Уберите WatchdogSec=0 из дополнений юнита: systemctl cat",
            "Take WatchdogSec=0 out of the unit's drop-ins: systemctl cat",
        ),
    ),
    Check(
        "unit.drop_ins",
        N,
        drop_ins,
        Words("Изменения юнитов", "Changes to the units"),
        Words("Юниты изменены дополнениями.", "The units are changed by drop-ins."),
        Words("Если это не вы: systemctl revert", "If that was not you: systemctl revert"),
    ),
    Check(
        "speech.up",
        E,
        speech,
        Words("Распознавание и голос", "Recogniser and voice"),
        Words(
            "Процесс речи недоступен; звонки принимаются и записываются.",
            "The speech process is away; calls are answered and recorded.",
        ),
        Words("sudo systemctl restart secretary-speech", "sudo systemctl restart secretary-speech"),
    ),
    Check(
        "llm.up",
        W,
        llm,
        Words("Ответы языковой модели", "Answers of the language model"),
        Words("Ни одна модель не отвечает: ответы только из FAQ и фактов.", "No model answers: FAQ and facts only."),
        Words(
            "sudo systemctl restart secretary-llm или проверьте [[llm.node]]",
            "sudo systemctl restart secretary-llm, or check [[llm.node]]",
        ),
    ),
    Check(
        "llm.nodes",
        W,
        nodes,
        Words("Другие узлы модели", "Further model servers"),
        Words("Узел не отвечает.", "A server does not answer."),
        Words(
            "Проверьте его адрес, ключ и сеть; для узла в интернете нужен IPAddressAllow= (см. README)",
            "Check its address, key and network; one on the internet needs IPAddressAllow= (see README)",
        ),
    ),
    Check(
        "recording.works",
        E,
        recording,
        Words("Запись разговоров", "Recording"),
        Words("Разговор не удалось записать.", "A call could not be recorded."),
        Words("Проверьте место на диске и карту памяти", "Check disk space and the memory card"),
    ),
    Check(
        "web.listening",
        W,
        page,
        Words("Страница", "The page"),
        Words("По адресу web.listen никто не отвечает.", "Nobody answers at web.listen."),
        Words(
            "sudo systemctl restart secretary-web; занят ли порт: ss -ltnp",
            "sudo systemctl restart secretary-web; who has the port: ss -ltnp",
        ),
    ),
    Check(
        "web.exposed",
        W,
        page_exposed,
        Words("Открытость страницы", "Exposure of the page"),
        Words(
            "Страница видна в сети без шифрования: пароль можно подслушать.",
            "The page can be seen in the network, unencrypted: a password can be overheard.",
        ),
        Words("secretaryctl config set web.tls true", "secretaryctl config set web.tls true"),
    ),
)
