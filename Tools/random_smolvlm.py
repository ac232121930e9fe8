"""Writes a SmolVLM checkpoint of random weights in the published shape of 256M or 500M, for measuring speed.

    random_smolvlm.py DIR 256m|500m [--blocks N] [--layers N]

0.5 or 1 GB of bf16 (as published); --blocks and --layers make the decoder and the tower shorter, for tests. The tokenizer is a
small one, padded to the vocabulary. Needs torch, transformers and tokenizers (Tools/requirements-parity.txt).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from transformers import GenerationConfig, Idefics3Config, Idefics3ForConditionalGeneration, Idefics3ImageProcessor

import random_weights
from parity_reference import small_tokenizers
from parity_reference.smolvlm_checkpoint import END, IMAGE, SPECIALS

#: The decoders: SmolLM2-135M's and -360M's.
TEXT = {
    "256m": dict(hidden_size=576, intermediate_size=1536, num_hidden_layers=30, num_attention_heads=9, num_key_value_heads=3),
    "500m": dict(hidden_size=960, intermediate_size=2560, num_hidden_layers=32, num_attention_heads=15, num_key_value_heads=5),
}
VOCABULARY = 49280


def configuration(shape: str, image_token: int, blocks: int | None, layers: int) -> Idefics3Config:
    text = TEXT[shape] | dict(
        model_type="llama", vocab_size=VOCABULARY, max_position_embeddings=8192, rope_theta=1e5, rms_norm_eps=1e-5, bos_token_id=1,
        eos_token_id=2, pad_token_id=2)
    if blocks is not None:
        text["num_hidden_layers"] = blocks
    vision = dict(
        hidden_size=768, intermediate_size=3072, num_hidden_layers=layers, num_attention_heads=12, image_size=512, patch_size=16)
    config = Idefics3Config(
        vision_config=vision, text_config=text, scale_factor=4, image_token_id=image_token, pad_token_id=2, tie_word_embeddings=False)
    config.architectures = ["Idefics3ForConditionalGeneration"]
    return config


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("shape", choices=sorted(TEXT))
    parser.add_argument("--blocks", type=int)
    parser.add_argument("--layers", type=int, default=12)
    given = parser.parse_args()
    folder: Path = given.folder
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = small_tokenizers.smollm(folder, SPECIALS)
    config = configuration(given.shape, tokenizer.token_to_id(IMAGE), given.blocks, given.layers)
    with torch.device("meta"):
        model = Idefics3ForConditionalGeneration(config)
    tensors = [(name, list(value.shape)) for name, value in model.state_dict().items() if not name.endswith("position_ids")]
    Idefics3ImageProcessor(
        size={"longest_edge": 2048}, max_image_size={"longest_edge": 512}, resample=1, image_mean=[0.5] * 3,
        image_std=[0.5] * 3).save_pretrained(folder)
    GenerationConfig(bos_token_id=1, eos_token_id=tokenizer.token_to_id(END), pad_token_id=2).save_pretrained(folder)
    config.save_pretrained(folder)
    random_weights.write(folder, tensors, "BF16")


if __name__ == "__main__":
    main()
