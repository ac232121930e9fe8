"""Checkpoints of random weights, for measuring size and speed, streamed: no more than one tensor is ever in memory.

The numbers of a tensor are a stretch of one random block, scaled to keep activations near one.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np

SHARD_BYTES = 4 << 30
BLOCK = np.random.default_rng(1).standard_normal(1 << 24, dtype=np.float32)


def half(values: np.ndarray) -> np.ndarray:
    return values.astype(np.float16)


def brain(values: np.ndarray) -> np.ndarray:
    """The upper half of 32-bit floats, rounded to the nearest, ties to even."""
    bits = values.astype(np.float32).view(np.uint32)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype(np.uint16)


#: How numbers are stored, by the name a safetensors header has for them.
STORED = {"F16": half, "BF16": brain}


def scale(name: str, shape: list[int]) -> float:
    return 0.5 if "embed" in name and len(shape) == 2 else float(np.prod(shape[1:])) ** -0.5


def write_values(file, name: str, shape: list[int], offset: int, stored: str) -> None:
    """The tensor's numbers, one for weights of norms; a stretch of the block that no other tensor begins at."""
    left = int(np.prod(shape))
    if len(shape) == 1:
        file.write(STORED[stored](np.full(left, 1 if "norm" in name and name.endswith("weight") else 0, np.float32)).tobytes())
        return
    factor, start = np.float32(scale(name, shape)), offset * 7919 % len(BLOCK)
    while left > 0:
        piece = BLOCK[start:start + left] * factor
        file.write(STORED[stored](piece).tobytes())
        left, start = left - len(piece), 0


def write_shard(path: Path, tensors: list[tuple[str, list[int]]], first: int, stored: str) -> None:
    header, end = {"__metadata__": {"format": "pt"}}, 0
    for name, shape in tensors:
        size = 2 * int(np.prod(shape))
        header[name] = {"dtype": stored, "shape": shape, "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    partial = path.with_suffix(".part")
    with open(partial, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for index, (name, shape) in enumerate(tensors):
            write_values(file, name, shape, first + index, stored)
    os.replace(partial, path)


def shards(tensors: list[tuple[str, list[int]]]) -> list[list[tuple[str, list[int]]]]:
    result, size = [[]], 0
    for name, shape in tensors:
        bytes_needed = 2 * int(np.prod(shape))
        if result[-1] and size + bytes_needed > SHARD_BYTES:
            result, size = [*result, []], 0
        result[-1].append((name, shape))
        size += bytes_needed
    return result


def write(folder: Path, tensors: list[tuple[str, list[int]]], stored: str) -> None:
    """All shards and, last, their index: a folder with an index is whole."""
    parts, places, first = shards(tensors), {}, 0
    for number, part in enumerate(parts, 1):
        file = f"model-{number:05}-of-{len(parts):05}.safetensors"
        write_shard(folder / file, part, first, stored)
        places |= {name: file for name, _ in part}
        first += len(part)
        print(f"{file} written", flush=True)
    total = sum(2 * int(np.prod(shape)) for _, shape in tensors)
    index = folder / "model.safetensors.index.json"
    partial = index.with_suffix(".part")
    partial.write_text(json.dumps({"metadata": {"total_size": total}, "weight_map": places}, indent=2))
    os.replace(partial, index)
