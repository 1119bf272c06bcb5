"""One ONNX graph that piper.PiperVoice loads, weights in half precision, and its settings beside it."""

import json
import shutil
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from voice.starter.tts.train.maps import HOP, RATE
from voice.starter.tts.train.network import PIPER_IDS, Acoustic, PiperGraph

VOICE = "ru_RU-starter"
HALVED_FROM = 512
"""Tensors of so many numbers or more are stored as float16 and cast back when loaded."""
SAMPLE = "prʲivʲˈet, mˈir."
LICENCE = Path(__file__).parents[1] / "TEACHER-LICENCE.txt"
TEACHER = (
    "festvox-ru 0.5 (c) 2005 Nickolay V. Shmyrev, BSD-like licence; this is a modified derivative (neural resynthesis)"
)


def export(checkpoint: Path, folder: Path) -> Path:
    """Writes the voice, its .json and the teacher's licence into `folder`; returns the voice's path."""
    folder.mkdir(parents=True, exist_ok=True)
    model = Acoustic(0.0)
    model.load_state_dict(torch.load(checkpoint))
    path = folder / f"{VOICE}.onnx"
    write_graph(model, path)
    (folder / f"{VOICE}.onnx.json").write_text(json.dumps(settings(), ensure_ascii=False, indent=1), "utf-8")
    shutil.copyfile(LICENCE, folder / LICENCE.name)
    print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB")
    return path


def write_graph(model: Acoustic, path: Path) -> None:
    """Traces the graph on a short sentence; symbols and time stay free."""
    ids = [PIPER_IDS["^"][0], 0]
    for symbol in SAMPLE:
        ids += [PIPER_IDS[symbol][0], 0]
    ids.append(PIPER_IDS["$"][0])
    example = (torch.tensor([ids]), torch.tensor([len(ids)]), torch.tensor([0.667, 1.0, 0.8]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # traced shapes and the deprecated exporter: both known and wanted
        torch.onnx.export(
            PiperGraph(model.eval()).eval(),
            example,
            str(path),
            input_names=["input", "input_lengths", "scales"],
            output_names=["output"],
            dynamic_axes={
                "input": {0: "batch", 1: "phonemes"},
                "input_lengths": {0: "batch"},
                "output": {0: "batch", 3: "time"},
            },
            opset_version=17,
            dynamo=False,
        )
    graph = onnx.load(path)
    halve(graph)
    helper.set_model_props(graph, {"voice": VOICE, "teacher": TEACHER})
    onnx.checker.check_model(graph)
    if (ceils := sum(node.op_type == "Ceil" for node in graph.graph.node)) != 1:
        raise RuntimeError(f"{ceils} Ceil nodes: Piper's alignments need exactly one")
    onnx.save(graph, path)


def halve(model: onnx.ModelProto) -> None:
    """Stores the large weights as float16 with a Cast before their use."""
    tensors, casts = [], []
    for tensor in model.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT and np.prod(tensor.dims) >= HALVED_FROM:
            half = numpy_helper.to_array(tensor).astype(np.float16)
            tensors.append(numpy_helper.from_array(half, f"{tensor.name}_h"))
            casts.append(helper.make_node("Cast", [f"{tensor.name}_h"], [tensor.name], to=TensorProto.FLOAT))
        else:
            tensors.append(tensor)
    nodes = casts + list(model.graph.node)
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend(tensors)
    model.graph.node.extend(nodes)


def settings() -> dict[str, object]:
    """Piper's voice settings; hop_length is what its alignments are counted in."""
    return {
        "audio": {"sample_rate": RATE, "quality": "x_low"},
        "espeak": {"voice": "ru"},
        "inference": {"noise_scale": 0.667, "length_scale": 1.0, "noise_w": 0.8},
        "phoneme_type": "espeak",
        "phoneme_map": {},
        "phoneme_id_map": PIPER_IDS,
        "num_symbols": 256,
        "num_speakers": 1,
        "speaker_id_map": {},
        "hop_length": HOP,
        "piper_version": "1.8.0",
        "language": {
            "code": "ru_RU",
            "family": "ru",
            "region": "RU",
            "name_native": "Русский",
            "name_english": "Russian",
            "country_english": "Russia",
        },
        "dataset": "festvox-ru",
    }
