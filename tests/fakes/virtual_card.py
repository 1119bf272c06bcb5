"""A virtual sound card: two 8 kHz null sinks in a PulseAudio of our own, seen by ALSA as `modem_line` (the box's end)
and `caller_line` (the far end). Needs Debian's pulseaudio and libasound2-plugins; reaches only a socket in its folder.

`norewinds=1` is essential: without it the first read takes more than a second and the round trip 121 to 224 ms."""

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

DAEMON = """.fail
load-module module-native-protocol-unix socket={root}/pulse.sock auth-anonymous=1 auth-cookie-enabled=0
load-module module-null-sink sink_name=down rate=8000 channels=1 format=s16le norewinds=1
load-module module-null-sink sink_name=up rate=8000 channels=1 format=s16le norewinds=1
set-default-sink up
set-default-source down.monitor
"""

CARDS = """pcm.modem_line {{ type asym
  playback.pcm {{ type pulse server "unix:{root}/pulse.sock" device "up" fallback "null" }}
  capture.pcm {{ type pulse server "unix:{root}/pulse.sock" device "down.monitor" fallback "null" }} }}
pcm.caller_line {{ type asym
  playback.pcm {{ type pulse server "unix:{root}/pulse.sock" device "down" fallback "null" }}
  capture.pcm {{ type pulse server "unix:{root}/pulse.sock" device "up.monitor" fallback "null" }} }}
"""

ALSA_BASE = Path("/usr/share/alsa/alsa.conf")


def missing() -> str:
    """What has to be installed first; "" when nothing."""
    if shutil.which("pulseaudio") is None:
        return "needs Debian's pulseaudio"
    if not list(Path("/usr/lib").glob("*/alsa-lib/libasound_module_pcm_pulse.so")):
        return "needs Debian's libasound2-plugins"
    return ""


@contextlib.contextmanager
def virtual_card(root: Path) -> Iterator[dict[str, str]]:
    """Runs the card under `root`; yields the environment in which ALSA programs see it."""
    root.chmod(0o700)
    (root / "line.pa").write_text(DAEMON.format(root=root))
    (root / "asound.conf").write_text(CARDS.format(root=root))
    private = {
        "XDG_RUNTIME_DIR": str(root),
        "PULSE_RUNTIME_PATH": str(root / "pulse"),
        "PULSE_STATE_PATH": str(root / "state"),
        "HOME": str(root),
    }
    command = ["pulseaudio", "-n", "-F", str(root / "line.pa"), "--daemonize=no", "--exit-idle-time=-1"]
    command += ["--use-pid-file=no", "--realtime=no", "--high-priority=no", f"--log-target=file:{root}/pulse.log"]
    daemon = subprocess.Popen(command, env={**os.environ, **private}, preexec_fn=_own_processor)
    try:
        _wait_for(root / "pulse.sock", daemon, root / "pulse.log")
        yield {
            **private,
            "PULSE_SERVER": f"unix:{root}/pulse.sock",
            "VIRTUAL_CARD_PID": str(daemon.pid),
            "ALSA_CONFIG_PATH": f"{ALSA_BASE}:{root}/asound.conf",
        }
    finally:
        daemon.terminate()
        try:
            daemon.wait(5)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()


def _own_processor() -> None:
    """A card has a clock of its own, which no busy machine holds up: where this user may, its daemon goes first."""
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(20))


def _wait_for(socket: Path, daemon: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + 10
    while not socket.exists():
        if daemon.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"pulseaudio did not start: {log.read_text() if log.exists() else 'no log'}")
        time.sleep(0.02)
