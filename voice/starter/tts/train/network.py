"""The acoustic model (symbols -> durations -> frame features, 1.25 M parameters) and the graph that Piper calls."""

import torch
from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP as PIPER_IDS
from torch import nn
from torch.nn import functional as F

from voice.starter.tts.train.maps import BANDS, CEPSTRA, HOP
from voice.starter.tts.train.vocoder import Vocoder

SYMBOLS = [*'^$ ,.!?:;ˈˌʲ"', *"aɑʌoueiyɪɛɵə", *"pbtdkɡfvszʃʒxmnɭrjɕʑ-"]
"""Our alphabet, numbered from 1; 0 is skipped (padding, unknown). In Piper's map "^" is both the start marker and a symbol
that espeak-ng really emits (a final soft r); the first position tells them apart."""
FOLDED = dict(
    line.split()
    for line in """
    ŋ n|ɾ r|ɹ r|ʁ r|l ɭ|ɫ ɭ|g ɡ|h x|ç x|w v|ʋ v|θ s|ð z|ʊ u|ɯ u|ʉ u|ɔ o|ɒ o|ɐ ʌ|æ ɛ|ɜ ɛ|ɝ ɛ|ɚ ə|ø ɵ|œ ɵ|ɨ y|β v|ʂ ʃ|ʐ ʒ|ɲ n|
    ʎ ɭ|c k|q k|ɣ ɡ|ʝ j|ʤ ʒ|ʧ ʃ|ʦ s|( ,|) ,|— ,|– ,|… .
    """.replace("\n", "").split("|")
)
"""Sounds of other languages on to the nearest Russian one."""


def _table() -> list[int]:
    table = [0] * 256
    for symbol, ids in PIPER_IDS.items():
        ours = symbol if symbol in SYMBOLS else FOLDED.get(symbol)
        if ours in SYMBOLS and ids:
            table[ids[0]] = SYMBOLS.index(ours) + 1
    return table


TABLE = _table()
"""Piper's id -> ours."""
WIDTH = 128
OUTPUTS = CEPSTRA + 1 + 1 + BANDS
"""Cepstra, log pitch, voicing, aperiodicities."""
PITCH, VOICING = CEPSTRA, CEPSTRA + 1
PLACES = 5


class ChannelNorm(nn.Module):
    """LayerNorm over the channels of (batch, channels, time)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.n = nn.LayerNorm(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.n(x.transpose(1, 2)).transpose(1, 2)


class Block(nn.Module):
    """Residual convolution; the mask keeps padding at zero."""

    def __init__(self, channels: int, kernel: int, dilation: int = 1, dropout: float = 0.0) -> None:
        super().__init__()
        self.n = ChannelNorm(channels)
        self.c1 = nn.Conv1d(channels, channels, kernel, padding=dilation * (kernel // 2), dilation=dilation)
        self.c2 = nn.Conv1d(channels, channels, 1)
        self.p = nn.Dropout(dropout)

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return (x + self.p(self.c2(F.gelu(self.c1(self.n(x) * mask), approximate="tanh")))) * mask


class Acoustic(nn.Module):
    """Encoder over symbols, duration head, decoder over frames. Features are normalised by `mu` and `sd`."""

    def __init__(self, dropout: float = 0.1) -> None:
        super().__init__()
        self.emb = nn.Embedding(len(SYMBOLS) + 1, WIDTH)
        self.pos = nn.Linear(2, WIDTH)
        self.enc = nn.ModuleList([Block(WIDTH, 5, dilation, dropout) for dilation in (1, 1, 2, 4, 1)])
        self.dp = nn.ModuleList([Block(WIDTH, 3, 1, dropout) for _ in range(2)])
        self.do = nn.Conv1d(WIDTH, 1, 1)
        self.up = nn.Conv1d(WIDTH, WIDTH, 1)
        self.fin = nn.Linear(PLACES, WIDTH)
        self.dec = nn.ModuleList([Block(WIDTH, 5, dilation, dropout * 0.5) for dilation in (1, 2, 4, 8, 2, 1)])
        self.n = ChannelNorm(WIDTH)
        self.out = nn.Conv1d(WIDTH, OUTPUTS, 1)
        self.register_buffer("mu", torch.zeros(OUTPUTS))
        self.register_buffer("sd", torch.ones(OUTPUTS))
        # Set by compensate.py, against the smoothing that a squared loss brings.
        self.register_buffer("gv", torch.ones(CEPSTRA))
        self.register_buffer("lfs", torch.ones(1))
        self.register_buffer("tilt", torch.zeros(CEPSTRA))

    def encode(self, tokens: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(B, N) our ids, (B, 1, N) -> (B, W, N) and log1p of the duration in frames (B, N)."""
        count = mask.sum(2)
        number = torch.cumsum(mask[:, 0], 1)
        place = torch.stack([number / count, torch.clamp((count - number) / 20, max=1.0)], 2)
        x = (self.emb(tokens) + self.pos(place)).transpose(1, 2) * mask
        for block in self.enc:
            x = block(x, mask)
        y = x
        for block in self.dp:
            y = block(y, mask)
        return x, self.do(y)[:, 0]

    def frames(self, h: torch.Tensor, owner: torch.Tensor, places: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Normalised features (B, T, 47); `owner` (B, T) is each frame's symbol, `places` (B, T, 5) its place in it."""
        up = self.up(h)
        x = torch.gather(up, 2, owner[:, None].expand(-1, up.shape[1], -1)) + self.fin(places).transpose(1, 2)
        x = x * mask
        for block in self.dec:
            x = block(x, mask)
        return self.out(self.n(x)).transpose(1, 2)

    def decode(self, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """Normalised features (T, 47) -> pitch in Hz, voicing 0..1, cepstra, aperiodicity."""
        y = y * self.sd + self.mu
        cepstra = self.mu[:CEPSTRA] + (y[:, :CEPSTRA] - self.mu[:CEPSTRA]) * self.gv + self.tilt
        pitch = torch.exp(self.mu[PITCH] + (y[:, PITCH] - self.mu[PITCH]) * self.lfs).clamp(60, 400)
        return pitch, torch.clamp((y[:, VOICING] - 0.4) / 0.2, 0, 1), cepstra, y[:, VOICING + 1 :].clamp(0, 1)


def places(durations: torch.Tensor, owner: torch.Tensor, count: torch.Tensor | int) -> torch.Tensor:
    """(N,) frames per symbol, (T,) each frame's symbol -> (T, 5) where in its symbol a frame lies."""
    ends = torch.cumsum(durations, 0)
    starts, length = (ends - durations)[owner].float(), durations[owner].float()
    at = torch.arange(count, device=durations.device).float() - starts
    rest = torch.log1p(length - 1 - at)
    return torch.stack(
        [(at + 0.5) / length, torch.log1p(at) / 3, rest / 3, torch.log1p(length) / 3, torch.exp(-at / 2)], 1
    )


class PiperGraph(nn.Module):
    """What Piper calls: input (1, N) ids, input_lengths (1,), scales (noise, length, unused) -> (1, 1, 1, samples)."""

    def __init__(self, acoustic: Acoustic, gain: float = 1.0) -> None:
        super().__init__()
        self.ac = acoustic
        self.voc = Vocoder()
        self.gain = gain
        self.register_buffer("tab", torch.tensor(TABLE))

    def forward(self, input: torch.Tensor, input_lengths: torch.Tensor, scales: torch.Tensor) -> torch.Tensor:
        # input_lengths must take part, or the exporter prunes it and onnxruntime refuses Piper's call.
        mapped = self.tab[input[0, : input_lengths[0]]]
        keep = mapped > 0
        chosen = torch.nonzero(keep)[:, 0]
        tokens = mapped[chosen][None]
        h, log_durations = self.ac.encode(tokens, torch.ones_like(tokens).float()[:, None])
        durations = torch.floor((torch.exp(log_durations[0]) - 1) * scales[1] + 0.5).clamp(min=0)
        durations = torch.cat([durations[:1].clamp(min=4), durations[1:]])
        back = (torch.cumsum(keep.to(torch.int64), 0) - 1).clamp(min=0)
        # The graph's only Ceil: Piper's alignment patch looks for exactly one, as long as the ids.
        per_id = torch.ceil(durations[back] * keep.float())
        durations = per_id[chosen].to(torch.int64)
        ends = torch.cumsum(durations, 0)
        frames = torch.arange(ends[-1])
        owner = (frames[:, None] >= ends[None]).to(torch.int64).sum(1)
        place = places(durations, owner, ends[-1])
        mask = torch.ones_like(frames).float()[None, None]
        f0, voiced, cepstra, bands = self.ac.decode(self.ac.frames(h, owner[None], place[None], mask)[0])
        noise = torch.randn_like(f0[:, None].expand(-1, HOP).reshape(-1)) * torch.clamp(scales[0] / 0.667, 0.0, 1.5)
        return (self.voc(f0, voiced, cepstra, bands, noise) * self.gain)[None, None, None]
