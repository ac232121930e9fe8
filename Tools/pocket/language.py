"""SmolLM2 read from its GGUF file, with low-rank adapters: the language half of pocket in PyTorch.

The forward pass takes embeddings, positions and a mask, so that several answers can share one prefix. Weights are the
file's numbers in F32 (Q4_1 and Q8_0 expanded); query and key rows are brought back to rotate-half order.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import gguf
import numpy as np
import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from torch import nn
from torch.nn import functional as F

LINEARS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
GGUF_NAMES = dict(zip(LINEARS, ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")))


@dataclass(frozen=True)
class Shape:
    layers: int
    width: int
    heads: int
    kv_heads: int
    epsilon: float
    rope_base: float

    @property
    def head(self) -> int:
        return self.width // self.heads


def unpermute(weight: np.ndarray, heads: int) -> np.ndarray:
    """Undo the converter's interleaving of rotary pairs: rows go back to [first halves, second halves]."""
    rows, columns = weight.shape
    return weight.reshape(heads, rows // heads // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns)


def read_gguf(path: str | Path) -> tuple[Shape, dict[str, torch.Tensor]]:
    """The model's shape and its tensors in F32, named `embed`, `norm` and `{layer}.{linear or norm}`."""
    reader = gguf.GGUFReader(str(path))

    def field(name: str) -> float:
        return reader.fields[f"llama.{name}"].contents()

    shape = Shape(
        field("block_count"), field("embedding_length"), field("attention.head_count"), field("attention.head_count_kv"),
        float(field("attention.layer_norm_rms_epsilon")), float(field("rope.freq_base")),
    )
    raw = {t.name: gguf.quants.dequantize(t.data, t.tensor_type).astype(np.float32) for t in reader.tensors}
    tensors = {"embed": raw["token_embd.weight"], "norm": raw["output_norm.weight"]}
    for layer in range(shape.layers):
        for name, stored in GGUF_NAMES.items():
            weight = raw[f"blk.{layer}.{stored}.weight"]
            if name in ("q_proj", "k_proj"):
                weight = unpermute(weight, shape.heads if name == "q_proj" else shape.kv_heads)
            tensors[f"{layer}.{name}"] = weight
        tensors[f"{layer}.attention_norm"] = raw[f"blk.{layer}.attn_norm.weight"]
        tensors[f"{layer}.mlp_norm"] = raw[f"blk.{layer}.ffn_norm.weight"]
    return shape, {name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in tensors.items()}


def read_tokenizer(path: str | Path) -> Tokenizer:
    """The byte-level BPE tokenizer stored in the GGUF file; digits are split singly."""
    fields = gguf.GGUFReader(str(path)).fields
    tokens = fields["tokenizer.ggml.tokens"].contents()
    kinds = fields["tokenizer.ggml.token_type"].contents()
    merges = [tuple(merge.split(" ")) for merge in fields["tokenizer.ggml.merges"].contents()]
    tokenizer = Tokenizer(models.BPE(vocab={token: index for index, token in enumerate(tokens)}, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
    ])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t, k in zip(tokens, kinds) if k == 3])
    return tokenizer


class Language(nn.Module):
    """The decoder with adapters on all seven linear maps; base weights are frozen buffers in `dtype`."""

    def __init__(self, path: str | Path, rank: int, scale: float, dtype: torch.dtype = torch.float32):
        super().__init__()
        self.shape, tensors = read_gguf(path)
        self.dtype, self.rank, self.scale = dtype, rank, scale
        self.embed = tensors["embed"]
        self.head_weight = self.embed.to(dtype)
        self.norm = tensors["norm"]
        self.base = {name: value.to(dtype) if name.split(".")[-1] in LINEARS else value for name, value in tensors.items() if "." in name}
        self.lora = nn.ParameterDict()
        generator = torch.Generator().manual_seed(11)
        for layer in range(self.shape.layers if rank else 0):
            for name in LINEARS:
                outputs, inputs = self.base[f"{layer}.{name}"].shape
                self.lora[f"{layer}-{name}-A"] = nn.Parameter(torch.randn(rank, inputs, generator=generator) / math.sqrt(inputs))
                self.lora[f"{layer}-{name}-B"] = nn.Parameter(torch.zeros(outputs, rank))
        self.inverse_frequencies = self.shape.rope_base ** (-torch.arange(0, self.shape.head, 2).float() / self.shape.head)

    def merge(self) -> None:
        """Add the adapters into the base weights in F32 and drop them."""
        with torch.no_grad():
            for layer in range(self.shape.layers):
                for name in LINEARS:
                    a, b = self.lora[f"{layer}-{name}-A"], self.lora[f"{layer}-{name}-B"]
                    self.base[f"{layer}.{name}"] = self.base[f"{layer}.{name}"] + self.scale * (b.float() @ a.float())
        self.lora, self.rank = nn.ParameterDict(), 0

    def cast(self, dtype: torch.dtype) -> None:
        """Hold the linear maps and the head in `dtype` and compute in it; norms and embeddings stay F32."""
        self.dtype, self.head_weight = dtype, self.embed.to(dtype)
        self.base = {name: value.to(dtype) if name.split(".")[-1] in LINEARS else value for name, value in self.base.items()}

    def linear(self, layer: int, name: str, x: torch.Tensor) -> torch.Tensor:
        y = F.linear(x, self.base[f"{layer}.{name}"])
        if not self.rank:
            return y
        a, b = self.lora[f"{layer}-{name}-A"].to(self.dtype), self.lora[f"{layer}-{name}-B"].to(self.dtype)
        return y + F.linear(F.linear(x, a), b * self.scale)

    def rms(self, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        return (F.rms_norm(x, (x.shape[-1],), weight, self.shape.epsilon)).to(self.dtype)

    def rotate(self, x: torch.Tensor, cosine: torch.Tensor, sine: torch.Tensor) -> torch.Tensor:
        first, second = x.chunk(2, -1)
        return x * cosine + torch.cat((-second, first), -1) * sine

    def forward(self, x, positions, mask=None, cache=None, attention=None):
        """Embeddings [B, T, width] F32 and positions [B, T] to the normed hidden states [B, T, width].

        `mask` is additive [B, 1, T, keys]; without one the attention is causal. `cache` is a list of (key, value) pairs
        that the call extends in place. `attention`, when given, collects each block's probabilities [B, H, T, keys].
        """
        batch, length, width = x.shape
        angles = positions[..., None].float() * self.inverse_frequencies
        angles = torch.cat((angles, angles), -1)[:, None]
        cosine, sine = angles.cos().to(self.dtype), angles.sin().to(self.dtype)
        shape = self.shape
        if mask is not None:
            mask = mask.to(self.dtype)
        for layer in range(shape.layers):
            h = self.rms(x, self.base[f"{layer}.attention_norm"])
            q, k, v = (
                self.linear(layer, name, h).view(batch, length, heads, shape.head).transpose(1, 2)
                for name, heads in (("q_proj", shape.heads), ("k_proj", shape.kv_heads), ("v_proj", shape.kv_heads))
            )
            q, k = self.rotate(q, cosine, sine), self.rotate(k, cosine, sine)
            if cache is not None:
                if len(cache) > layer:
                    k, v = torch.cat((cache[layer][0], k), 2), torch.cat((cache[layer][1], v), 2)
                    cache[layer] = (k, v)
                else:
                    cache.append((k, v))
            groups = shape.heads // shape.kv_heads
            k, v = k.repeat_interleave(groups, 1), v.repeat_interleave(groups, 1)
            if attention is None:
                y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=mask is None and length > 1)
            else:
                scores = q @ k.transpose(-1, -2) / math.sqrt(shape.head)
                bias = mask if mask is not None else torch.full((length, length), -torch.inf).triu(1)
                probabilities = (scores + bias.to(scores.dtype)).softmax(-1)
                attention.append(probabilities)
                y = probabilities @ v
            y = y.transpose(1, 2).reshape(batch, length, width)
            x = x + self.linear(layer, "o_proj", y)
            h = self.rms(x, self.base[f"{layer}.mlp_norm"])
            x = x + self.linear(layer, "down_proj", F.silu(self.linear(layer, "gate_proj", h)) * self.linear(layer, "up_proj", h))
        return self.rms(x, self.norm)

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        return F.linear(hidden, self.head_weight)


class Projector(nn.Module):
    """LLaVA's two-layer MLP from feature rows [..., 1280] to embedding rows [..., width]."""

    def __init__(self, hidden: int, width: int, dropout: float = 0.0):
        super().__init__()
        self.linear1, self.linear2 = nn.Linear(1280, hidden), nn.Linear(hidden, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return self.linear2(self.dropout(F.gelu(self.linear1(features))))


