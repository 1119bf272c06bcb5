"""Writers for the Kaldi files that a Vosk model is made of; no Kaldi needed.

final.mdl is "\\0B" and then, back to back without headers: TransitionModel, Nnet, contexts, priors. Binary form: a token
and a space; int32 and float as 0x04 and four bytes; an int vector as 0x04, a raw count and the data (Kaldi, io-funcs.h).
"""

import struct
from pathlib import Path

import numpy as np


# ---- primitive types --------------------------------------------------------
def tok(f, t):
    f.write(t.encode() + b" ")


def i32(f, v):
    f.write(b"\x04" + struct.pack("<i", int(v)))


def f32(f, v):
    f.write(b"\x04" + struct.pack("<f", float(v)))


def ivec(f, v):
    f.write(b"\x04" + struct.pack("<i", len(v)) + np.asarray(v, "<i4").tobytes())


def fvec(f, v):
    v = np.asarray(v, "<f4")
    f.write(b"FV \x04" + struct.pack("<i", v.size) + v.tobytes())


def fmat(f, m, compress=True):
    m = np.ascontiguousarray(m, "<f4")
    if not compress:
        f.write(b"FM \x04" + struct.pack("<i", m.shape[0]) + b"\x04" + struct.pack("<i", m.shape[1]) + m.tobytes())
        return
    lo, hi = float(m.min()), float(m.max())
    rng = max(hi - lo, 1e-5)  # CompressedMatrix, two-byte format
    q = np.rint((m - lo) / rng * 65535.0).clip(0, 65535).astype("<u2")
    f.write(b"CM2 " + struct.pack("<ffii", lo, rng, m.shape[0], m.shape[1]) + q.tobytes())


# ---- TransitionModel --------------------------------------------------------
class Phones:
    """Phone 1 = SIL, then base phones x positions.  One HMM state per phone, chain-like topology:
    entering the state emits the 'forward' pdf, its self-loop emits the 'self-loop' pdf.
    tid(self-loop) = 2*phone-1, tid(forward) = 2*phone.
    Position variants share pdfs: pdf(forward) = 2*base, pdf(self-loop) = 2*base+1."""

    POS = "BIES"

    def __init__(self, base):  # base[0] must be SIL
        self.base = base
        self.names = [base[0]]
        self.base_of = [0]
        self.kind = ["nonword"]
        for b in range(1, len(base)):
            for p, k in zip(self.POS, ("begin", "internal", "end", "singleton"), strict=True):
                self.names.append(base[b] + "_" + p)
                self.base_of.append(b)
                self.kind.append(k)
        self.id = {n: i + 1 for i, n in enumerate(self.names)}
        self.npdf = 2 * len(base)

    def sl(self, p):
        return 2 * p - 1

    def fw(self, p):
        return 2 * p


def write_transition_model(f, ph):
    n = len(ph.names)
    tok(f, "<TransitionModel>")
    tok(f, "<Topology>")
    ivec(f, list(range(1, n + 1)))
    ivec(f, [-1] + [0] * n)
    i32(f, -1)  # -1 = extended (non-HMM) topology with separate self-loop pdf class
    i32(f, 1)  # one entry, two states
    i32(f, 2)
    i32(f, 0)
    i32(f, 1)  # state 0: forward pdf class 0, self-loop pdf class 1
    i32(f, 2)
    i32(f, 0)
    f32(f, 0.5)
    i32(f, 1)
    f32(f, 0.5)
    i32(f, -1)
    i32(f, -1)
    i32(f, 0)  # state 1: final, non-emitting
    tok(f, "</Topology>")
    tok(f, "<Tuples>")
    i32(f, n)
    for k in range(n):
        b = ph.base_of[k]
        i32(f, k + 1)
        i32(f, 0)
        i32(f, 2 * b)
        i32(f, 2 * b + 1)
    tok(f, "</Tuples>")
    tok(f, "<LogProbs>")
    fvec(f, [0.0] + [np.log(0.5)] * (2 * n))
    tok(f, "</LogProbs>")
    tok(f, "</TransitionModel>")


# ---- AmNnetSimple -----------------------------------------------------------
def write_nnet(f, feat_dim, layers, priors, compress=True):
    """layers: list of (W [out, in*len(offsets)], b, offsets, relu). Last one: relu=False -> log-softmax."""
    lines = ["input-node name=input dim=%d" % feat_dim]
    comps = []
    prev = "input"
    for k, (W, b, offs, relu) in enumerate(layers):
        nm = "l%d" % k
        desc = (
            prev
            if offs == [0]
            else "Append(%s)" % ", ".join(prev if o == 0 else "Offset(%s, %d)" % (prev, o) for o in offs)
        )
        lines.append("component-node name=%s.affine component=%s.affine input=%s" % (nm, nm, desc))
        comps.append((nm + ".affine", "aff", W, b))
        kind = "relu" if relu else "logsoftmax"
        lines.append("component-node name=%s.%s component=%s.%s input=%s.affine" % (nm, kind, nm, kind, nm))
        comps.append((nm + "." + kind, kind, W.shape[0], None))
        prev = nm + "." + kind
    lines.append("output-node name=output input=%s objective=linear" % prev)
    tok(f, "<Nnet3>")
    f.write(b"\n" + "\n".join(lines).encode() + b"\n\n")
    tok(f, "<NumComponents>")
    i32(f, len(comps))
    for name, kind, a, b in comps:
        tok(f, "<ComponentName>")
        tok(f, name)
        if kind == "aff":
            tok(f, "<FixedAffineComponent>")
            tok(f, "<LinearParams>")
            fmat(f, a, compress)
            tok(f, "<BiasParams>")
            fvec(f, b)
            tok(f, "</FixedAffineComponent>")
        else:
            t = {"relu": "RectifiedLinearComponent", "logsoftmax": "LogSoftmaxComponent"}[kind]
            tok(f, "<%s>" % t)
            tok(f, "<Dim>")
            i32(f, a)
            tok(f, "<ValueAvg>")
            fvec(f, [])
            tok(f, "<DerivAvg>")
            fvec(f, [])
            tok(f, "<Count>")
            f32(f, 0.0)
            tok(f, "</%s>" % t)
    tok(f, "</Nnet3>")
    tok(f, "<LeftContext>")
    i32(f, 0)
    tok(f, "<RightContext>")
    i32(f, 0)  # recomputed by Kaldi on load
    tok(f, "<Priors>")
    fvec(f, priors)


def write_mdl(path, ph, feat_dim, layers, priors, compress=True):
    with open(path, "wb") as f:
        f.write(b"\0B")
        write_transition_model(f, ph)
        write_nnet(f, feat_dim, layers, priors, compress)


MFCC_CONF = """--use-energy=false
--sample-frequency=8000
--num-mel-bins=40
--num-ceps=40
--low-freq=60
--high-freq=-200
--dither=0
"""


def write_conf(folder: Path, acoustic_scale=1.0, beam=13.0, lattice_beam=6.0, max_active=3000, frames_per_chunk=12):
    """Only nnet3-decoding, endpoint and decodable options may stand in model.conf."""
    (folder / "conf").mkdir(parents=True, exist_ok=True)
    (folder / "conf/mfcc.conf").write_text(MFCC_CONF)
    (folder / "conf/model.conf").write_text(
        """--min-active=200
--max-active=%d
--beam=%g
--lattice-beam=%g
--acoustic-scale=%g
--frame-subsampling-factor=3
--frames-per-chunk=%d
--endpoint.silence-phones=1
--endpoint.rule2.min-trailing-silence=0.5
--endpoint.rule3.min-trailing-silence=0.75
--endpoint.rule4.min-trailing-silence=1.0
"""
        % (max_active, beam, lattice_beam, acoustic_scale, frames_per_chunk)
    )
