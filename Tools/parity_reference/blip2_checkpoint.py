"""Small random BLIP-2 checkpoints as a user would have downloaded them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import (
    Blip2Config, Blip2ForConditionalGeneration, Blip2QFormerConfig, Blip2VisionConfig, BlipImageProcessor, GenerationConfig, OPTConfig, T5Config,
)

from . import small_tokenizers
from .checkpoint import STORED, randomise, write_tensors

QUERIES = 7


@dataclass
class Blip2:
    model: Blip2ForConditionalGeneration
    tokenizer: Tokenizer
    processor: BlipImageProcessor
    #: "opt" or "t5".
    language: str
    #: Ends an answer.
    end: int

    @property
    def framing(self) -> tuple[list[int], list[int]]:
        """Tokens before and behind a prompt."""
        return ([2], []) if self.language == "opt" else ([], [1])


def opt_config(seed: int, vocabulary: int) -> OPTConfig:
    shared = dict(vocab_size=vocabulary, num_hidden_layers=3, max_position_embeddings=320, ffn_dim=136)
    if seed % 3 == 2:
        # As OPT-350m: norms behind the parts, narrower words.
        return OPTConfig(hidden_size=96, num_attention_heads=3, word_embed_proj_dim=64, do_layer_norm_before=False, **shared)
    return OPTConfig(hidden_size=80, num_attention_heads=5, **shared)


def t5_config(seed: int, vocabulary: int) -> T5Config:
    # Flan-T5's form, and the first T5's: one map, ReLU, an output matrix tied to the embedding.
    first = seed % 3 == 2
    return T5Config(
        vocab_size=vocabulary, d_model=72, d_kv=16, d_ff=136, num_layers=3, num_decoder_layers=2, num_heads=5,
        feed_forward_proj="relu" if first else "gated-gelu", tie_word_embeddings=first, decoder_start_token_id=0, bos_token_id=1)


def build(folder: Path, seed: int, language: str) -> Blip2:
    folder.mkdir(parents=True, exist_ok=True)
    stored = STORED[seed % len(STORED)]
    if language == "opt":
        tokenizer = small_tokenizers.gpt2(folder, as_lists=seed % 2 == 1)
    else:
        tokenizer = small_tokenizers.unigram(folder, as_model=seed % 2 == 1)
    used = tokenizer.get_vocab_size() + 1
    text = opt_config(seed, used + 7) if language == "opt" else t5_config(seed, used + 7)
    vision = Blip2VisionConfig(hidden_size=56, intermediate_size=100, num_hidden_layers=3, num_attention_heads=4, image_size=42, patch_size=6)
    reader = Blip2QFormerConfig(
        hidden_size=64, num_hidden_layers=4, num_attention_heads=4, intermediate_size=88, encoder_hidden_size=56, vocab_size=30,
        cross_attention_frequency=2 if seed % 2 else 3)
    config = Blip2Config(
        vision_config=vision.to_dict(), qformer_config=reader.to_dict(), text_config=text.to_dict(), num_query_tokens=QUERIES,
        image_token_index=used - 1)
    model = Blip2ForConditionalGeneration._from_config(config, attn_implementation="eager").eval()
    if getattr(text, "word_embed_proj_dim", text.hidden_size) != text.hidden_size:
        model.language_projection = torch.nn.Linear(64, text.word_embed_proj_dim)
    model.tie_weights()
    randomise(model, stored)
    with torch.no_grad():
        for layer in model.vision_model.encoder.layers:
            layer.self_attn.qkv.bias[56:112] = 0
        # Words that are small beside what the blocks add, or an answer would repeat its first one.
        for table in model.language_model.modules():
            if isinstance(table, torch.nn.Embedding) and table.num_embeddings > 64:
                table.weight.copy_((0.2 * table.weight).to(stored).float())
    model.tie_weights()
    processor = BlipImageProcessor(size={"height": 42, "width": 42})
    processor.save_pretrained(folder)
    return Blip2(model, tokenizer, processor, language, end=1 if language == "t5" else tokenizer.token_to_id("Ċ"))


def save(built: Blip2, folder: Path, seed: int) -> None:
    """Writes configuration and weights, which `built.end` is part of."""
    config = built.model.config
    config.text_config.eos_token_id = built.end
    config.architectures = ["Blip2ForConditionalGeneration"]
    config.save_pretrained(folder)
    if built.language == "t5" and seed % 2:
        # Older files state what newer ones leave to the architecture.
        stated = json.loads((folder / "config.json").read_text())
        stated["text_config"]["eos_token_id"] = [built.end]
        (folder / "config.json").write_text(json.dumps(stated, indent=2))
    GenerationConfig(eos_token_id=built.end, pad_token_id=1).save_pretrained(folder)
    dropped = {"language_model.encoder.embed_tokens.weight", "language_model.decoder.embed_tokens.weight"}
    if config.text_config.tie_word_embeddings:
        dropped.add("language_model.lm_head.weight")
    tensors = {}
    for name, value in built.model.state_dict().items():
        if name in dropped or name.endswith("position_ids"):
            continue
        if name.endswith("self_attn.qkv.bias") and seed % 2:
            # The scheme before transformers 4.28 kept the biases of queries and values only.
            width = len(value) // 3
            tensors[name.replace("qkv.bias", "q_bias")] = value[:width]
            tensors[name.replace("qkv.bias", "v_bias")] = value[2 * width:]
        else:
            tensors[name] = value
    stored = STORED[seed % len(STORED)]
    write_tensors({name: value.to(stored).contiguous() for name, value in tensors.items()}, folder, shards=1 + seed % 3)
