"""Writes a LLaVA-1.5 checkpoint of random weights in the published shape of 7B, for measuring size and speed.

    random_llava.py DIR [--blocks N]

13.5 GiB of 16-bit floats in shards, streamed: no more than one tensor is ever in memory. The numbers of a tensor are a
stretch of one random block, scaled to keep activations near one; the tokenizer is a small one, padded to the vocabulary.
Needs torch, transformers and tokenizers (Tools/requirements-parity.txt).
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

import numpy as np
import torch
from transformers import CLIPImageProcessor, CLIPVisionConfig, GenerationConfig, LlamaConfig, LlavaConfig, LlavaForConditionalGeneration

from parity_reference import small_tokenizers
from parity_reference.checkpoint import old_name

SHARD_BYTES = 4 << 30
BLOCK = np.random.default_rng(1).standard_normal(1 << 24, dtype=np.float32).astype(np.float16)


def configuration(blocks: int) -> LlavaConfig:
    vision = CLIPVisionConfig(
        hidden_size=1024, intermediate_size=4096, num_hidden_layers=24, num_attention_heads=16, image_size=336, patch_size=14,
        projection_dim=768)
    text = LlamaConfig(
        vocab_size=32064, hidden_size=4096, intermediate_size=11008, num_hidden_layers=blocks, num_attention_heads=32,
        num_key_value_heads=32, max_position_embeddings=4096, rms_norm_eps=1e-5, tie_word_embeddings=False)
    config = LlavaConfig(vision_config=vision, text_config=text, image_token_index=32000, vision_feature_layer=-2)
    config.architectures = ["LlavaForConditionalGeneration"]
    return config


def scale(name: str, shape: list[int]) -> float:
    if len(shape) == 1:
        return 0.0
    return 0.5 if "embed" in name else float(np.prod(shape[1:])) ** -0.5


def write_values(file, name: str, shape: list[int], offset: int) -> None:
    """The tensor's numbers, one for weights of norms; a stretch of the block that no other tensor begins at."""
    left = int(np.prod(shape))
    if len(shape) == 1:
        file.write(np.full(left, 1 if "norm" in name and name.endswith("weight") else 0, np.float16).tobytes())
        return
    factor, start = np.float16(scale(name, shape)), offset * 7919 % len(BLOCK)
    while left > 0:
        piece = BLOCK[start:start + left] * factor
        file.write(piece.tobytes())
        left, start = left - len(piece), 0


def write_shard(path: Path, tensors: list[tuple[str, list[int]]], first: int) -> None:
    header, end = {"__metadata__": {"format": "pt"}}, 0
    for name, shape in tensors:
        size = 2 * int(np.prod(shape))
        header[name] = {"dtype": "F16", "shape": shape, "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    partial = path.with_suffix(".part")
    with open(partial, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for index, (name, shape) in enumerate(tensors):
            write_values(file, name, shape, first + index)
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--blocks", type=int, default=32)
    given = parser.parse_args()
    folder: Path = given.folder
    folder.mkdir(parents=True, exist_ok=True)
    config = configuration(given.blocks)
    with torch.device("meta"):
        model = LlavaForConditionalGeneration(config)
    tensors = [
        (old_name(name), list(value.shape)) for name, value in model.state_dict().items() if not name.endswith("position_ids")]
    parts, places, first = shards(tensors), {}, 0
    for number, part in enumerate(parts, 1):
        file = f"model-{number:05}-of-{len(parts):05}.safetensors"
        write_shard(folder / file, part, first)
        places |= {name: file for name, _ in part}
        first += len(part)
        print(f"{file} written", flush=True)
    total = sum(2 * int(np.prod(shape)) for _, shape in tensors)
    small_tokenizers.sentence_piece(folder, as_model=False)
    CLIPImageProcessor(size={"shortest_edge": 336}, crop_size={"height": 336, "width": 336}).save_pretrained(folder)
    GenerationConfig(bos_token_id=1, eos_token_id=2).save_pretrained(folder)
    config.save_pretrained(folder)
    # Last: a folder with an index is whole.
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {"total_size": total}, "weight_map": places}, indent=2))


if __name__ == "__main__":
    main()
