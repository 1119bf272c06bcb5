#!/bin/sh
# Makes the starter models anew, from Debian and PyPI packages only, and puts each in place if it is good enough.
#
#   voice/starter/rebuild.sh [stt] [tts] [llm]      all three by default
#
# Environment: STARTER_MINUTES_STT (36), STARTER_MINUTES_TTS (21), STARTER_MINUTES_LLM (60): training time, to which comes
#              about a quarter of an hour of preparation; STARTER_BUILD (build/starter): where everything happens;
#              STARTER_PYTHON (python3): what the virtual environment is made with;
#              STARTER_START_LLM: a GGUF to go on from, e.g. the shipped one.
# A run that was interrupted goes on where it stopped; `rm -r build/starter/stt` and so on begins anew.
# Exit code: 0 all in place, 1 a model was worse than the evaluation allows (the old one stays), 3 something is missing.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
build=${STARTER_BUILD:-$root/build/starter}
here=$root/voice/starter
parts=${*:-stt tts llm}
export OMP_NUM_THREADS=1 PYTHONPATH="$root"

say() { printf '\n=== %s  %s\n' "$(date +%H:%M:%S)" "$*"; }

need_packages() { # of the parts to be made: the chat model needs none
    missing=
    case " $parts " in *" stt "*)
        for pair in festival:festival espeak-ng:espeak-ng sox:sox fstcompile:libfst-tools; do
            command -v "${pair%%:*}" >/dev/null 2>&1 || missing="$missing ${pair#*:}"
        done ;;
    esac
    case " $parts " in *" stt "* | *" tts "*)
        [ -d /usr/share/festival/voices/russian/msu_ru_nsh_clunits ] || missing="$missing festvox-ru" ;;
    esac
    if [ -n "$missing" ]; then
        echo "Нужны пакеты Debian / Debian packages are missing:"
        echo "    sudo apt-get install --no-install-recommends$missing"
        exit 3
    fi
}

make_venv() {
    stamp=$build/venv/requirements.txt
    cmp -s "$here/requirements.txt" "$stamp" && return
    say "virtual environment in $build/venv (about 1 GB)"
    "${STARTER_PYTHON:-python3}" -m venv "$build/venv"
    "$build/venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
    cp "$here/requirements.txt" "$stamp"
}

train() { # part minutes [options]: builds under $build, evaluates; non-zero if the result must not be shipped
    part=$1 minutes=$2
    shift 2
    say "$part: $minutes minutes of training"
    nice "$build/venv/bin/python" -m "voice.starter.$part.train" --work "$build/$part" --minutes "$minutes" "$@"
}

replace() { # new old: the old one goes only when the new one is completely beside it
    rm -rf "$2.new"
    cp -r "$1" "$2.new"
    rm -rf "$2.old"
    [ ! -e "$2" ] || mv "$2" "$2.old"
    mv "$2.new" "$2"
    rm -rf "$2.old"
    say "in place: $2"
}

put_stt() { replace "$build/stt/model" "$here/stt/ru-starter"; }
put_tts() {
    for name in ru_RU-starter.onnx ru_RU-starter.onnx.json; do replace "$build/tts/voice/$name" "$here/tts/$name"; done
}
put_llm() { replace "$build/llm/secretary-starter-q8_0.gguf" "$here/llm/secretary-starter-q8_0.gguf"; }

for part in $parts; do
    case $part in stt | tts | llm) ;; *) echo "unknown part: $part (stt, tts, llm)" && exit 2 ;; esac
done
need_packages
mkdir -p "$build"
make_venv
failed=
for part in $parts; do
    case $part in
        stt) minutes=${STARTER_MINUTES_STT:-36} ;;
        tts) minutes=${STARTER_MINUTES_TTS:-21} ;;
        llm) minutes=${STARTER_MINUTES_LLM:-60} ;;
    esac
    set --
    if [ "$part" = llm ] && [ -n "${STARTER_START_LLM:-}" ]; then set -- --start "$STARTER_START_LLM"; fi
    if train "$part" "$minutes" "$@"; then "put_$part"; else failed="$failed $part"; fi
done
if [ -n "$failed" ]; then
    say "NOT replaced:$failed (see above); the models that were there stay"
    exit 1
fi
say "done"
