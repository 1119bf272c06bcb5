"""Files that look like models to whoever checks their shape, and are noise inside."""

import io
import json
import random
import zipfile
from pathlib import Path

VOSK = "vosk-model-small-ru-0.22"
PIPER = "ru_RU-irina-medium"
QWEN = "qwen2.5-0.5b-instruct-q4_k_m"
QWEN_REPOSITORY = "Qwen/Qwen2.5-0.5B-Instruct-GGUF"
PLENTY = 10**12


def noise(size: int, seed: int = 1) -> bytes:
    """Bytes that no packer shrinks."""
    return random.Random(seed).randbytes(size)


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def vosk_files() -> dict[str, bytes]:
    return {
        "am/final.mdl": b"\0B<TransitionModel>" + noise(300_000),
        "conf/model.conf": b"--min-active=200\n",
        "graph/HCLr.fst": noise(200_000, 2),
        "graph/disambig_tid.int": b"",
    }


def vosk_zip(top: str = VOSK) -> bytes:
    return zipped({f"{top}/{name}": data for name, data in vosk_files().items()})


def piper_files(key: str = PIPER) -> dict[str, bytes]:
    settings = {"audio": {"sample_rate": 22050}, "phoneme_id_map": {"_": [0]}}
    return {
        f"{key}.onnx": noise(400_000, 3),
        f"{key}.onnx.json": json.dumps(settings).encode(),
        "MODEL_CARD": b"License: see URL\n",
    }


def gguf(size: int = 600_000) -> bytes:
    return b"GGUF" + (3).to_bytes(4, "little") + (0).to_bytes(16, "little") + noise(size, 4)


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder
