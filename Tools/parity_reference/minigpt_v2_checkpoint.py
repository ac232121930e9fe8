"""Small random MiniGPT-v2 checkpoints: a Llama-2's folder with the two pickles of the published files beside it.

transformers has no MiniGPT-v2. What is here follows the published configuration and the names of the published tensors: EVA's tower with its
own names, low-rank factors as peft stores them, and a projection.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional as F
from transformers import BlipImageProcessor, GenerationConfig, LlamaConfig, LlamaForCausalLM

from . import checkpoint, small_tokenizers

#: Blocks that are run of those in the file, numbers of a head, patches joined, lora_alpha: as published.
BLOCKS, HEAD, JOINED, ALPHA = 39, 88, 4, 16


@dataclass
class Form:
    """What differs between seeds."""

    #: Pixels on a side, pixels of a patch, patches on a side that positions are stored for.
    image: int
    patch: int
    stored_side: int
    heads: int
    inner: int
    blocks: int
    rank: int
    #: Maps of the decoder with low-rank factors.
    maps: tuple[str, ...]
    #: How the library that made the factors spelled their names.
    spelling: str
    #: Whether the file holds a norm behind the tower; the published one does not.
    norm: bool
    zip: bool


FORMS = [
    # Positions are stretched, as those of 224 pixels to 448.
    Form(56, 14, 3, 1, 120, 2, 4, ("q_proj", "v_proj"), "", False, True),
    Form(112, 14, 4, 2, 200, 3, 6, ("q_proj", "v_proj"), ".default", False, True),
    # One block more than are run, and positions of an odd ratio.
    Form(84, 14, 4, 1, 96, 40, 3, ("q_proj", "v_proj"), "", True, False),
    Form(448, 56, 3, 2, 160, 2, 8, ("q_proj", "k_proj", "v_proj", "o_proj"), ".default", False, False),
    Form(60, 10, 8, 1, 112, 3, 5, ("q_proj", "v_proj"), "", True, True),
]


class Block(nn.Module):
    """A block of EVA's tower: norms first, keys without a bias."""

    def __init__(self, width: int, inner: int):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width, eps=1e-6), nn.LayerNorm(width, eps=1e-6)
        self.attn = nn.Module()
        self.attn.qkv = nn.Linear(width, 3 * width, bias=False)
        self.attn.q_bias, self.attn.v_bias = nn.Parameter(torch.zeros(width)), nn.Parameter(torch.zeros(width))
        self.attn.proj = nn.Linear(width, width)
        self.mlp = nn.Module()
        self.mlp.fc1, self.mlp.fc2 = nn.Linear(width, inner), nn.Linear(inner, width)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        own = self.attn
        mixed = self.norm1(rows) @ own.qkv.weight.T + torch.cat([own.q_bias, torch.zeros_like(own.q_bias), own.v_bias])
        query, key, value = (part.unflatten(-1, (-1, HEAD)).transpose(-2, -3) for part in mixed.chunk(3, -1))
        read = (query @ key.transpose(-1, -2) / HEAD**0.5).softmax(-1) @ value
        rows = rows + own.proj(read.transpose(-2, -3).flatten(-2))
        return rows + self.mlp.fc2(F.gelu(self.mlp.fc1(self.norm2(rows))))


class Tower(nn.Module):
    """EVA's ViT-g without a norm at its end, in the published names."""

    def __init__(self, form: Form):
        super().__init__()
        width = form.heads * HEAD
        self.form = form
        self.patch_embed = nn.Module()
        self.patch_embed.proj = nn.Conv2d(3, width, form.patch, form.patch)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + form.stored_side**2, width))
        self.blocks = nn.ModuleList(Block(width, form.inner) for _ in range(form.blocks))

    def positions(self) -> torch.Tensor:
        side, stored = self.form.image // self.form.patch, self.form.stored_side
        if side == stored:
            return self.pos_embed[0]
        grid = self.pos_embed[:, 1:].unflatten(1, (stored, stored)).permute(0, 3, 1, 2)
        grid = F.interpolate(grid, size=(side, side), mode="bicubic", align_corners=False)
        return torch.cat([self.pos_embed[0, :1], grid[0].flatten(1).T])

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        patches = self.patch_embed.proj(pixels).flatten(2).transpose(1, 2)[0]
        rows = torch.cat([self.cls_token[0], patches]) + self.positions()
        for block in self.blocks[:BLOCKS]:
            rows = block(rows)
        return rows


@dataclass
class MiniGPT:
    tower: Tower
    norm: nn.LayerNorm
    projection: nn.Linear
    #: With the factors added.
    language: LlamaForCausalLM
    tokenizer: Tokenizer
    processor: BlipImageProcessor


def drawn(shape: tuple[int, ...], scale: float, stored: torch.dtype) -> torch.Tensor:
    return (torch.randn(shape) * scale).to(stored).float()


@torch.no_grad()
def randomise(tower: Tower, stored: torch.dtype) -> None:
    """Weights that keep activations near one, so that every part matters; rounded to what will be stored."""
    depth = min(len(tower.blocks), BLOCKS)
    for name, parameter in tower.named_parameters():
        if name.endswith(("norm1.weight", "norm2.weight")):
            value = 1 + 0.2 * torch.randn_like(parameter)
        elif name in ("pos_embed", "cls_token"):
            value = 0.5 * torch.randn_like(parameter)
        elif parameter.dim() == 1:
            value = 0.1 * torch.randn_like(parameter)
        else:
            value = torch.randn_like(parameter) / parameter[0].numel() ** 0.5
            if name.endswith(("attn.proj.weight", "mlp.fc2.weight")):
                # A deep stack adds up.
                value = value / max(1.0, depth / 4) ** 0.5
        parameter.copy_(value.to(stored).float())
        parameter.requires_grad_(False)


def build(folder: Path, seed: int) -> MiniGPT:
    folder.mkdir(parents=True, exist_ok=True)
    form, stored = FORMS[seed % len(FORMS)], checkpoint.STORED[(seed + 2) % len(checkpoint.STORED)]
    tokenizer = small_tokenizers.sentence_piece(folder, as_model=seed % 2 == 1)
    config = LlamaConfig(
        vocab_size=tokenizer.get_vocab_size() + 5, hidden_size=80 if seed % 2 else 96, intermediate_size=136, num_hidden_layers=3,
        num_attention_heads=5 if seed % 2 else 6, num_key_value_heads=1 if seed % 2 else 6, max_position_embeddings=1024, rms_norm_eps=1e-5,
        bos_token_id=1, eos_token_id=2, tie_word_embeddings=False)
    language = LlamaForCausalLM._from_config(config, attn_implementation="eager").eval()
    checkpoint.randomise(language, stored)
    config.architectures = ["LlamaForCausalLM"]
    config.save_pretrained(folder)
    GenerationConfig(bos_token_id=1, eos_token_id=2).save_pretrained(folder)
    checkpoint.save(language, folder, stored, old_names=False, shards=1 + seed % 3)

    tower = Tower(form).eval()
    randomise(tower, stored)
    save({name: value.to(stored) for name, value in tower.state_dict().items()}, folder / "eva_vit_g.pth", form)

    width = form.heads * HEAD
    projection = nn.Linear(JOINED * width, config.hidden_size)
    norm = nn.LayerNorm(width)
    with torch.no_grad():
        projection.weight.copy_(drawn(projection.weight.shape, (JOINED * width) ** -0.5, stored))
        projection.bias.copy_(drawn(projection.bias.shape, 0.1, stored))
        if form.norm:
            norm.weight.copy_(1 + drawn(norm.weight.shape, 0.2, stored))
            norm.bias.copy_(drawn(norm.bias.shape, 0.1, stored))
    own = {"llama_proj.weight": projection.weight, "llama_proj.bias": projection.bias}
    own |= {"ln_vision.weight": norm.weight, "ln_vision.bias": norm.bias} if form.norm else {}
    own |= adapt(language, form, stored)
    written = {
        "model": {name: value.detach().clone() for name, value in own.items()},
        # What a training leaves in its files, and no model reads.
        "optimizer": {"state": {0: {"step": torch.tensor(3.0), "exp_avg": torch.zeros(4)}}, "param_groups": [{"lr": 1e-5, "params": [0]}]},
        "config": {"model": {"arch": "minigpt_v2", "lora_r": form.rank, "lora_alpha": ALPHA}, "run": {"amp": True}}, "scaler": None, "epoch": 49,
    }
    save(written, folder / ("minigptv2_checkpoint.pth" if seed % 2 else "checkpoint_stage3.pth"), form)

    processor = BlipImageProcessor(size={"height": form.image, "width": form.image}, resample=3)
    if form.image != 448:
        processor.save_pretrained(folder)
    for module in (projection, norm):
        module.requires_grad_(False)
    return MiniGPT(tower, norm, projection, language, tokenizer, processor)


@torch.no_grad()
def adapt(language: LlamaForCausalLM, form: Form, stored: torch.dtype) -> dict[str, torch.Tensor]:
    """Draws low-rank factors, adds alpha / rank times their product to the decoder's maps and returns them in peft's names."""
    factors = {}
    for index, layer in enumerate(language.model.layers):
        for name in form.maps:
            weight = getattr(layer.self_attn, name).weight
            outputs, inputs = weight.shape
            a, b = drawn((form.rank, inputs), inputs**-0.5, stored), drawn((outputs, form.rank), 0.2, stored)
            weight += ALPHA / form.rank * b @ a
            place = f"llama_model.base_model.model.model.layers.{index}.self_attn.{name}"
            factors |= {f"{place}.lora_A{form.spelling}.weight": a, f"{place}.lora_B{form.spelling}.weight": b}
    return factors


def save(value: object, path: Path, form: Form) -> None:
    torch.save(value, path, _use_new_zipfile_serialization=form.zip)
