#!/bin/sh
# Debian packages for the box on a development machine or a Pi. Installs what is missing where root or sudo allows, else
# prints the command. Exit 0: enough is there to go on; 3: something needed is missing.
#
#   system.sh [run|test]     run: what make demo and make run need; test: the same and what make test-all needs
set -u
purpose=${1:-run}

# name, how to see that it is there, needed or optional (what is lost without it)
needed="python3:command:python3 python3-venv:python:ensurepip g++:command:g++ cmake:command:cmake make:command:make"
# Vosk for 64-bit ARM is linked with it, and a lean Raspberry Pi OS has it not.
[ "$(uname -m)" = aarch64 ] && needed="$needed libatomic1:file:/usr/lib/aarch64-linux-gnu/libatomic.so.1"
optional="python3-dev:header:Python.h libasound2-dev:file:/usr/include/alsa/asoundlib.h libsystemd-dev:file:/usr/include/systemd/sd-daemon.h pkg-config:command:pkg-config"
[ "$purpose" = test ] && optional="$optional pulseaudio:command:pulseaudio pulseaudio-utils:command:pactl libasound2-plugins:alsa:pulse lame:command:lame chromium:command:chromium gammu:command:gammu systemd:command:systemd-analyze zsh:command:zsh fish:command:fish"

have() { # KIND THING
    case $1 in
        command) command -v "$2" >/dev/null 2>&1 ;;
        file) [ -e "$2" ] ;;
        python) python3 -c "import $2" >/dev/null 2>&1 ;;
        header) [ -e "$(python3 -c 'import sysconfig; print(sysconfig.get_path("include"))' 2>/dev/null)/$2" ] ;;
        alsa) ls /usr/lib/*/alsa-lib/libasound_module_pcm_"$2".so >/dev/null 2>&1 ;;
    esac
}

missing_of() { # prints the packages of a list that are not there
    for entry in $1; do
        package=${entry%%:*}; rest=${entry#*:}
        have "${rest%%:*}" "${rest#*:}" || printf '%s ' "$package"
    done
}

must=$(missing_of "$needed")
may=$(missing_of "$optional")
[ -z "$must$may" ] && exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    [ -n "$must" ] && { echo "Needed and missing: $must(this is no Debian family: install their like by hand)" >&2; exit 3; }
    echo "Missing and optional: $may: the box runs without them." >&2
    exit 0
fi

as_root=""
if [ "$(id -u)" != 0 ]; then
    if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
        as_root="sudo -n"
    elif [ -z "$must" ]; then
        echo "Optional Debian packages are missing: $may"
        echo "  to have them:  sudo apt-get install -y --no-install-recommends $may"
        echo "  going on without (no ALSA sound card, no notices to systemd)."
        exit 0
    else
        echo "Debian packages are missing. Type, then try again:" >&2
        echo "  sudo apt-get update && sudo apt-get install -y --no-install-recommends $must$may" >&2
        exit 3
    fi
fi

echo "Installing Debian packages: $must$may"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -q >"$log" 2>&1 || echo "  apt-get update failed; trying with the lists that are there" >&2
# Progress: apt's own status lines, one a package.
if $as_root apt-get install -y -q --no-install-recommends $must $may >>"$log" 2>&1; then
    echo "  done"
elif [ -n "$must" ] && ! $as_root apt-get install -y -q --no-install-recommends $must >>"$log" 2>&1; then
    tail -5 "$log" >&2
    echo "Could not install $must" >&2
    exit 3
else
    echo "  without: $(missing_of "$optional")" >&2
fi
exit 0
