"""Writes the model directory: weights, feature bank, configuration; each file is replaced atomically."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from . import vision
from .prompts import PROMPT, SKETCHED, TAG_COUNT, TAG_MINIMUM
from .sketch import SEARCH

RESIZE = (
    "upright by EXIF, RGB, the whole image without crop to 224 x 224 by Pillow's Image.resize BILINEAR (separable triangle filter, "
    "support 1 x scale when reducing, horizontal pass first, 8-bit rounding after each pass), then (value / 255 - mean) / std"
)


def atomic(path: Path, write) -> None:
    temporary = path.with_name(f".{path.name}.part")
    write(temporary)
    temporary.chmod(0o644)
    os.replace(temporary, path)


def weights(model) -> dict[str, torch.Tensor]:
    """The trained tensors under their names on disk, F16."""
    tensors = {}
    for name, value in model.projector.state_dict().items():
        tensors[f"projector.{name}"] = value
    for name, value in model.language.lora.items():
        layer, linear, factor = name.split("-")
        tensors[f"lora.layers.{layer}.{linear}.{factor}"] = value
    return {name: value.detach().to(torch.float16).contiguous() for name, value in tensors.items()}


def write_weights(folder: Path, model) -> None:
    atomic(folder / "pocket.safetensors", lambda p: save_file(weights(model), p, {"format": "pt"}))


def write_bank(folder: Path, pooled: np.ndarray) -> None:
    tensors = {"features": torch.from_numpy(pooled.astype(np.float16)), "mean": torch.from_numpy(pooled.astype(np.float32).mean(0))}
    atomic(folder / "bank.safetensors", lambda p: save_file(tensors, p))


def write_words(folder: Path, weight: np.ndarray, bias: np.ndarray) -> None:
    tensors = {"weight": torch.from_numpy(weight.astype(np.float16)), "bias": torch.from_numpy(bias.astype(np.float32))}
    atomic(folder / "words.safetensors", lambda p: save_file(tensors, p))


def write_sketch(folder: Path, sketch) -> None:
    tensors = {name: value.detach().to(torch.float16).contiguous() for name, value in sketch.state_dict().items()}
    atomic(folder / "sketch.safetensors", lambda p: save_file(tensors, p, {"format": "pt"}))
    atomic(folder / "sketch.json", lambda p: p.write_text(json.dumps(sketch.vocabulary.words, ensure_ascii=False) + "\n"))


def write_config(folder: Path, rank: int, scale: float, concept: dict, variant: str = "lite2", sketch=None, places: int | None = None) -> None:
    """config.json with the digest of every other file of the directory."""
    config = {
        "model_type": "pocket",
        "files": {
            path.name: {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
            for path in sorted(folder.iterdir())
            if path.name not in {"config.json", "MODEL_CARD.md"} and not path.name.startswith(".")
        },
        "vision": {
            "architecture": "efficientnet-lite", "variant": variant, "file": "efficientnet-lite.pth", "image_size": vision.IMAGE_SIZE,
            "mean": vision.MEAN, "std": vision.STD, "resize": RESIZE, "activation": "relu6",
            "padding": "same (total = max((ceil(n / stride) - 1) * stride + kernel - n, 0); the odd one at the bottom and right)",
            "batch_norm_epsilon": vision.BATCH_NORM_EPSILON,
        },
        "projector": {"file": "pocket.safetensors", "activation": "gelu", **({"places": places} if places else {})},
        **({"sketch": {"file": "sketch.safetensors", "words": "sketch.json", "heads": sketch.shape.heads, **SEARCH}} if sketch else {}),
        "language": {"file": "smollm2-135m-instruct.q4_1.gguf", "lora": {"file": "pocket.safetensors", "rank": rank, "scale": scale}},
        "tags": {"file": "classes.json", "words": "words.safetensors", "count": TAG_COUNT, "minimum_probability": TAG_MINIMUM},
        "prompt": SKETCHED if sketch else PROMPT,
        "concept": concept,
    }
    atomic(folder / "config.json", lambda p: p.write_text(json.dumps(config, indent=2, ensure_ascii=False) + "\n"))
