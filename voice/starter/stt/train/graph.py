"""The decoding graph of a Vosk model with a run-time vocabulary: HCLr.fst, Gr.fst, words.txt, word_boundary.int.

HCLr.fst is a prefix tree of phones, Gr.fst a trigram with back-off; libvosk composes them while decoding. The order of
transition ids is Kaldi's "reorder": the forward id on entering a phone's state, then its self-loop. No disambiguation
symbols are needed, as G's back-off arcs are epsilons, so disambig_tid.int is empty; but it must exist.

Short names are the field's: h a history, g an n-gram, w a word, BO back-off weights, P probabilities.
"""

import collections
import math
import os
import platform
import subprocess
from pathlib import Path

LOOKAHEAD = Path(f"/usr/lib/{platform.machine()}-linux-gnu/libfstlookahead.so.22")
"""Registers the graph type olabel_lookahead. Debian ships it, but not as the plug-in that OpenFst looks for: preload it."""


def pipe(*commands: list, out: Path, lookahead: bool = False) -> None:
    """Runs OpenFst's tools as a pipeline into `out`; raises CalledProcessError if one fails."""
    env = dict(os.environ, LD_PRELOAD=str(LOOKAHEAD)) if lookahead else None
    data = b""
    for command in commands:
        data = subprocess.run([str(c) for c in command], input=data, check=True, env=env, stdout=subprocess.PIPE).stdout
    out.write_bytes(data)


def build_hcl(ph, lexicon, word_id, out_txt, sil_prob=0.5, unk_word=None, unk_phone_cost=2.0, unk_cost=3.0):
    """lexicon: list of (word, [base phones], cost). Prefix tree over position-dependent phones; every phone
    arc carries tid(forward) and enters a state owned by that phone, which has the self-loop arc."""
    arcs = []
    ns = [0]

    def new():
        ns[0] += 1
        return ns[0] - 1

    LOOP = new()  # start + final
    SILID = ph.id["SIL"]

    def phone_state(p):
        s = new()
        arcs.append((s, s, ph.sl(p), 0, 0.0))
        return s

    # word-end states: owned by final phone -> eps to LOOP or SIL
    NOSIL = -math.log(1 - sil_prob)
    SIL = -math.log(sil_prob)
    SILST = phone_state(SILID)
    arcs.append((LOOP, SILST, ph.fw(SILID), 0, SIL))
    WORD = new()
    arcs.append((LOOP, WORD, 0, 0, NOSIL))
    arcs.append((SILST, WORD, 0, 0, 0.0))
    finals = [(LOOP, 0.0), (SILST, 0.0)]
    trie = {}

    def child(state, p):
        k = (state, p)
        if k not in trie:
            s = phone_state(p)
            arcs.append((state, s, ph.fw(p), 0, 0.0))
            trie[k] = s
        return trie[k]

    for word, pron, cost in lexicon:
        n = len(pron)
        s = WORD
        for i in range(n - 1):
            s = child(s, ph.id[pron[i] + ("_B" if i == 0 else "_I")])
        p = ph.id[pron[-1] + ("_S" if n == 1 else "_E")]
        # last phone: its own state per (prefix, phone), word label on the arc leaving it
        e = child(s, p)
        arcs.append((e, LOOP, 0, word_id[word], cost))
    if unk_word is not None:
        U0 = new()
        arcs.append((WORD, U0, 0, word_id[unk_word], unk_cost))
        MID = new()
        for b in ph.base[1:]:
            s = phone_state(ph.id[b + "_B"])
            arcs.append((U0, s, ph.fw(ph.id[b + "_B"]), 0, unk_phone_cost))
            arcs.append((s, MID, 0, 0, 0.0))
            s = phone_state(ph.id[b + "_I"])
            arcs.append((MID, s, ph.fw(ph.id[b + "_I"]), 0, unk_phone_cost))
            arcs.append((s, MID, 0, 0, 0.0))
            s = phone_state(ph.id[b + "_E"])
            arcs.append((MID, s, ph.fw(ph.id[b + "_E"]), 0, unk_phone_cost))
            arcs.append((s, LOOP, 0, 0, 0.0))
    arcs.sort(key=lambda a: (a[0] != LOOP, a[0]))
    with open(out_txt, "w") as f:
        for s, d, i, o, c in arcs:
            f.write("%d %d %d %d %.4f\n" % (s, d, i, o, c))
        for s, c in finals:
            f.write("%d %.4f\n" % (s, c))
    return ns[0], len(arcs)


def ngram_fst(sents, word_id, out_txt, order=3, disc=0.5, unigram_floor=0.5):
    """Interpolated absolute-discount n-gram with epsilon back-off arcs, over <s> ... </s>."""
    C = [collections.Counter() for _ in range(order + 1)]  # C[n][tuple of n words]
    for s in sents:
        t = ["<s>"] + s + ["</s>"]
        for n in range(1, order + 1):
            for i in range(len(t) - n + 1):
                g = tuple(t[i : i + n])
                if n == 1 and g[0] == "<s>":
                    continue
                C[n][g] += 1
    for x in word_id:
        C[1][(x,)] += unigram_floor
    tot = sum(C[1].values())
    P = [None, {g: c / tot for g, c in C[1].items()}]
    BO = [None] + [None] * order
    for n in range(2, order + 1):
        hist = collections.defaultdict(list)
        for g, c in C[n].items():
            hist[g[:-1]].append((g[-1], c))
        p, bo = {}, {}
        for h, lst in hist.items():
            T = sum(c for _, c in lst)
            lam = disc * len(lst) / T
            bo[h] = lam
            for w, c in lst:
                lower = P[n - 1].get(h[1:] + (w,))
                if lower is None:
                    lower = backoff_p(P, BO, h[1:], w)
                p[h + (w,)] = max(c - disc, 0) / T + lam * lower
        P.append(p)
        BO[n - 1] = bo
    st = {}

    def S(h):
        while h and not (len(h) < order and len(h) <= order - 1 and BO[len(h)] is not None and h in BO[len(h)]):
            h = h[1:]
        return st.setdefault(h, len(st))

    start = S(("<s>",))
    arcs, fin = [], []
    todo = [("<s>",)]
    seen = {("<s>",)}
    by_h = [None] * (order + 1)
    for n in range(1, order + 1):
        by_h[n] = collections.defaultdict(list)
        for g, v in P[n].items():
            by_h[n][g[:-1]].append((g[-1], v))
    while todo:
        h = todo.pop()
        s = S(h)
        n = len(h) + 1
        for w, v in by_h[n].get(h, []):
            if w == "</s>":
                fin.append((s, -math.log(v)))
                continue
            nh = (h + (w,))[-(order - 1) :]
            while nh and not (BO[len(nh)] is not None and nh in BO[len(nh)]):
                nh = nh[1:]
            arcs.append((s, S(nh), word_id[w], -math.log(v)))
            if nh not in seen:
                seen.add(nh)
                todo.append(nh)
        if h:
            b = h[1:]
            while b and not (BO[len(b)] is not None and b in BO[len(b)]):
                b = b[1:]
            arcs.append((s, S(b), 0, -math.log(BO[len(h)][h])))
            if b not in seen:
                seen.add(b)
                todo.append(b)
    arcs.sort(key=lambda a: a[0] != start)
    with open(out_txt, "w") as f:
        for s, d, w, c in arcs:
            f.write("%d %d %d %d %.5f\n" % (s, d, w, w, c))
        for s, c in fin:
            f.write("%d %.5f\n" % (s, c))
    return len(st), len(arcs)


def backoff_p(P, BO, h, w):
    if not h:
        return P[1].get((w,), 1e-7)
    g = h + (w,)
    if g in P[len(g)]:
        return P[len(g)][g]
    lam = BO[len(h)].get(h) if BO[len(h)] else None
    return (lam if lam is not None else 1.0) * backoff_p(P, BO, h[1:], w)


def compile_graph(folder: Path, words: list[str], hcl_txt: Path, g_txt: Path, tmp: Path) -> None:
    """Writes graph/ for `words` (index = id, 0 = <eps>).

    Conversion to olabel_lookahead renumbers the words, so G and words.txt are renumbered with it.
    """
    graph = folder / "graph"
    (graph / "phones").mkdir(parents=True, exist_ok=True)
    relabel = tmp / "relabel"
    pipe(["fstcompile", hcl_txt], ["fstarcsort", "--sort_type=olabel"], out=tmp / "HCL.fst")
    convert = ["fstconvert", "--fst_type=olabel_lookahead", f"--save_relabel_opairs={relabel}", tmp / "HCL.fst"]
    pipe(convert, out=graph / "HCLr.fst", lookahead=True)
    pipe(["fstcompile", g_txt], out=tmp / "G.fst")
    pipe(
        ["fstrelabel", f"--relabel_ipairs={relabel}", f"--relabel_opairs={relabel}", tmp / "G.fst"],
        ["fstarcsort", "--sort_type=ilabel"],
        ["fstconvert", "--fst_type=const"],
        out=graph / "Gr.fst",
    )
    pairs = (line.split() for line in relabel.read_text().splitlines())
    renumbered = {int(old): int(new) for old, new in pairs}
    lines = ["<eps> 0", *(f"{word} {renumbered.get(i, i)}" for i, word in enumerate(words) if i)]
    (graph / "words.txt").write_text("\n".join(lines) + "\n", "utf-8")
    (graph / "disambig_tid.int").write_text("")


def write_phones(folder: Path, ph) -> None:
    """phones.txt, and phones/word_boundary.int, from which libvosk takes word times."""
    (folder / "graph/phones/word_boundary.int").write_text("".join(f"{i} {k}\n" for i, k in enumerate(ph.kind, 1)))
    names = "".join(f"{name} {i}\n" for i, name in enumerate(ph.names, 1))
    (folder / "graph/phones.txt").write_text("<eps> 0\n" + names)
