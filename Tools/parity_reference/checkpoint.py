"""Small random checkpoints as a user would have downloaded them: config.json, safetensors (one file or shards), tokenizer, processors."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer
from transformers import (
    CLIPImageProcessor, CLIPVisionConfig, CLIPVisionModelWithProjection, GenerationConfig, LlamaConfig, LlavaConfig,
    LlavaForConditionalGeneration, LlavaNextConfig, LlavaNextForConditionalGeneration, LlavaNextImageProcessor, MistralConfig,
    PretrainedConfig, Qwen2Config, SiglipImageProcessor, SiglipVisionConfig,
)

from . import small_tokenizers

STORED = [torch.float32, torch.bfloat16, torch.float16]


@dataclass
class Llava:
    model: torch.nn.Module
    tokenizer: Tokenizer
    #: Reads a picture without tiles.
    processor: object
    #: LLaVA-NeXT's own, for tiles.
    tiling: object | None
    language: str
    image_token: int

    def special(self, name: str) -> int:
        return SPECIAL_IDS[self.language](self.tokenizer)[name]


SPECIAL_IDS = {
    "llama": lambda tokenizer: {"<s>": 1, "</s>": 2},
    "mistral": lambda tokenizer: {"<s>": 1, "</s>": 2},
    # Added behind the vocabulary, in this order.
    "qwen2": lambda tokenizer: {
        name: tokenizer.get_vocab_size() + index for index, name in enumerate(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])},
}


def tower_config(kind: str, seed: int) -> PretrainedConfig:
    if kind == "siglip":
        # A side that is no multiple of the patch: two columns of pixels are never seen.
        return SiglipVisionConfig(hidden_size=60, intermediate_size=88, num_hidden_layers=3, num_attention_heads=3, image_size=44, patch_size=6)
    activation = "quick_gelu" if seed % 2 else "gelu"
    return CLIPVisionConfig(
        hidden_size=56, intermediate_size=100, num_hidden_layers=4, num_attention_heads=4, image_size=42, patch_size=6, projection_dim=40,
        hidden_act=activation)


def language_config(kind: str, vocabulary: int) -> PretrainedConfig:
    shared = dict(vocab_size=vocabulary, max_position_embeddings=1024, num_hidden_layers=3, initializer_range=0.02, tie_word_embeddings=False)
    if kind == "mistral":
        return MistralConfig(
            hidden_size=72, intermediate_size=136, num_attention_heads=4, num_key_value_heads=2, head_dim=32, rope_theta=1e6,
            rms_norm_eps=1e-5, sliding_window=None, **shared)
    if kind == "qwen2":
        return Qwen2Config(
            hidden_size=96, intermediate_size=152, num_attention_heads=6, num_key_value_heads=2, rope_theta=1e6, rms_norm_eps=1e-6,
            **(shared | dict(tie_word_embeddings=True)))
    return LlamaConfig(hidden_size=80, intermediate_size=136, num_attention_heads=5, num_key_value_heads=1, rms_norm_eps=1e-5, **shared)


@torch.no_grad()
def randomise(model: torch.nn.Module, stored: torch.dtype) -> None:
    """Weights that keep activations near one, so that every part of the model matters; rounded to what will be stored."""
    for name, parameter in model.named_parameters():
        if "norm" in name.lower() and name.endswith("weight"):
            value = 1 + 0.2 * torch.randn_like(parameter)
        elif parameter.dim() == 1:
            value = 0.1 * torch.randn_like(parameter)
        elif "embed" in name:
            value = 0.5 * torch.randn_like(parameter)
        else:
            value = torch.randn_like(parameter) / parameter[0].numel() ** 0.5
            if name.endswith("patch_embedding.weight"):
                value = 0.5 * value
        parameter.copy_(value.to(stored).float())
        parameter.requires_grad_(False)


def save(model: torch.nn.Module, folder: Path, stored: torch.dtype, *, old_names: bool, shards: int) -> None:
    tensors = {}
    tied = model.config.get_text_config().tie_word_embeddings
    for name, value in model.state_dict().items():
        if name.endswith("position_ids") or (tied and name == "lm_head.weight"):
            continue
        tensors[old_name(name) if old_names else name] = value.to(stored).contiguous()
    write_tensors(tensors, folder, shards)


def write_tensors(tensors: dict[str, torch.Tensor], folder: Path, shards: int) -> None:
    names = sorted(tensors)
    if shards == 1:
        save_file(tensors, folder / "model.safetensors", {"format": "pt"})
        return
    places = {}
    for shard in range(shards):
        file = f"model-{shard + 1:05}-of-{shards:05}.safetensors"
        part = {name: tensors[name] for name in names[shard::shards]}
        save_file(part, folder / file, {"format": "pt"})
        places |= dict.fromkeys(part, file)
    total = sum(value.numel() * value.element_size() for value in tensors.values())
    index = {"metadata": {"total_size": total}, "weight_map": places}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=2))


def old_name(name: str) -> str:
    """The scheme before transformers 4.52, which the published llava-hf checkpoints have."""
    for new, old in (("model.language_model.", "language_model.model."), ("lm_head.", "language_model.lm_head."), ("model.", "")):
        if name.startswith(new):
            return old + name[len(new):]
    return name


def llava(folder: Path, seed: int, *, next_generation: bool, language: str | None, tower: str | None) -> Llava:
    folder.mkdir(parents=True, exist_ok=True)
    language = language or ["llama", "qwen2", "mistral"][seed % 3]
    tower = tower or ("siglip" if seed % 4 == 2 and not next_generation else "clip")
    stored = STORED[seed % len(STORED)]
    if language == "qwen2":
        tokenizer = small_tokenizers.byte_level(folder)
        used = tokenizer.get_vocab_size() + 3
    else:
        tokenizer = small_tokenizers.sentence_piece(folder, as_model=seed % 2 == 0)
        used = tokenizer.get_vocab_size()
    image_token = used
    vision, text = tower_config(tower, seed), language_config(language, used + 7)
    shared = dict(
        vision_config=vision, text_config=text, image_token_index=image_token,
        vision_feature_select_strategy="full" if tower == "siglip" else "default",
        vision_feature_layer=[-3, -1] if seed % 5 == 4 and not next_generation else -2, image_seq_length=49)
    side = vision.image_size
    pinpoints = [[side, 2 * side], [2 * side, side], [2 * side, 2 * side], [3 * side, side], [side, 3 * side]]
    if next_generation:
        config, kind = LlavaNextConfig(image_grid_pinpoints=pinpoints, **shared), LlavaNextForConditionalGeneration
    else:
        config, kind = LlavaConfig(**shared), LlavaForConditionalGeneration
    model = kind._from_config(config, attn_implementation="eager").eval()
    model.tie_weights()
    randomise(model, stored)
    square = {"height": side, "width": side}
    if tower == "siglip":
        processor = SiglipImageProcessor(size=square, resample=3, image_mean=[0.5] * 3, image_std=[0.5] * 3)
    else:
        processor = CLIPImageProcessor(size={"shortest_edge": side}, crop_size=square)
    tiling = None
    if next_generation:
        tiling = LlavaNextImageProcessor(size={"shortest_edge": side}, crop_size=square, image_grid_pinpoints=pinpoints)
    (tiling or processor).save_pretrained(folder)
    config.architectures = [kind.__name__]
    config.save_pretrained(folder)
    result = Llava(model, tokenizer, processor, tiling, language, image_token)
    end = result.special("<|im_end|>" if language == "qwen2" else "</s>")
    begin = None if language == "qwen2" else 1
    GenerationConfig(bos_token_id=begin, eos_token_id=end).save_pretrained(folder)
    save(model, folder, stored, old_names=seed % 2 == 0, shards=1 + seed % 3)
    return result


def clip(folder: Path, seed: int) -> tuple[CLIPVisionModelWithProjection, CLIPImageProcessor]:
    folder.mkdir(parents=True, exist_ok=True)
    config = tower_config("clip", seed)
    config.architectures = ["CLIPVisionModelWithProjection"]
    model = CLIPVisionModelWithProjection._from_config(config, attn_implementation="eager").eval()
    stored = STORED[seed % len(STORED)]
    randomise(model, stored)
    processor = CLIPImageProcessor(size={"shortest_edge": 42}, crop_size={"height": 42, "width": 42})
    processor.save_pretrained(folder)
    config.save_pretrained(folder)
    tensors = {name: value.to(stored).contiguous() for name, value in model.state_dict().items() if not name.endswith("position_ids")}
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    return model, processor
