"""Writes a LLaVA-1.5 checkpoint of random weights in the published shape of 7B, for measuring size and speed.

    random_llava.py DIR [--blocks N]

13.5 GiB of 16-bit floats in shards; the tokenizer is a small one, padded to the vocabulary.
Needs torch, transformers and tokenizers (Tools/requirements-parity.txt).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from transformers import CLIPImageProcessor, CLIPVisionConfig, GenerationConfig, LlamaConfig, LlavaConfig, LlavaForConditionalGeneration

import random_weights
from parity_reference import small_tokenizers
from parity_reference.checkpoint import old_name


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
    small_tokenizers.sentence_piece(folder, as_model=False)
    CLIPImageProcessor(size={"shortest_edge": 336}, crop_size={"height": 336, "width": 336}).save_pretrained(folder)
    GenerationConfig(bos_token_id=1, eos_token_id=2).save_pretrained(folder)
    config.save_pretrained(folder)
    random_weights.write(folder, tensors, "F16")


if __name__ == "__main__":
    main()
