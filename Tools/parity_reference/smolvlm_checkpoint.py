"""Small random SmolVLM checkpoints in the forms that published ones have."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import (
    GenerationConfig, Idefics3Config, Idefics3ForConditionalGeneration, Idefics3ImageProcessor, SmolVLMConfig, SmolVLMForConditionalGeneration,
    SmolVLMImageProcessor,
)
from transformers.models.idefics3 import modeling_idefics3
from transformers.models.smolvlm import modeling_smolvlm

from . import checkpoint, small_tokenizers

AROUND, WHOLE, IMAGE, END = "<fake_token_around_image>", "<global-img>", "<image>", "<end_of_utterance>"
#: Rows and columns of tiles that have tokens of their own.
LINES = 6
SPECIALS = [WHOLE] + [f"<row_{row}_col_{column}>" for row in range(1, LINES + 1) for column in range(1, LINES + 1)] + [AROUND, IMAGE, END]


@dataclass
class SmolVLM:
    model: torch.nn.Module
    #: Reads special tokens in a text.
    tokenizer: Tokenizer
    processor: object

    def special(self, name: str) -> int:
        return self.tokenizer.token_to_id(name)


@dataclass
class Form:
    """What differs between seeds, and between the published sizes."""

    #: Pixels on a side, pixels of a patch, patches joined on a side, pixels of the longest side, filter of the resize.
    image: int
    patch: int
    scale: int
    longest: int
    resample: int
    width: int
    heads: int
    #: Left out of the file, as published ones do: transformers' defaults hold.
    silent: bool
    tied: bool
    newest: bool


FORMS = [
    Form(48, 8, 3, 192, 1, 64, 4, False, True, False),
    # A side that is no multiple of the patch, and whole tiles that the longest side does not fill.
    Form(56, 6, 3, 140, 1, 60, 3, False, False, False),
    # An odd longest side: the other one may be longer than it.
    Form(40, 5, 4, 121, 1, 48, 3, True, False, True),
    # The published sizes of pictures, few patches.
    Form(512, 64, 4, 2048, 1, 56, 4, False, False, False),
    Form(36, 6, 2, 100, 3, 64, 4, False, True, True),
    Form(42, 14, 3, 110, 2, 72, 3, False, False, False),
    Form(48, 8, 2, 47, 0, 64, 4, False, False, True),
]


def places_in_order(module: torch.nn.Module, pixel_values: torch.Tensor, patch_attention_mask: torch.Tensor) -> torch.Tensor:
    """Patch i of a whole square has position i.

    Releases 4.53 to 4.57 of transformers multiply the fractions of a side by 1 - 1e-6 before they are sorted into buckets, which puts every
    patch but the first of a side one place too early when computed in 32 bits; releases before and from 5 on do not, and no model was
    trained so.
    """
    assert bool(patch_attention_mask.all())
    return module.patch_embedding(pixel_values).flatten(2).transpose(1, 2) + module.position_embedding.weight


for embeddings in (modeling_idefics3.Idefics3VisionEmbeddings, modeling_smolvlm.SmolVLMVisionEmbeddings):
    embeddings.forward = places_in_order


def build(folder: Path, seed: int) -> SmolVLM:
    folder.mkdir(parents=True, exist_ok=True)
    form = FORMS[seed % len(FORMS)]
    stored = checkpoint.STORED[seed % len(checkpoint.STORED)]
    tokenizer = small_tokenizers.smollm(folder, SPECIALS)
    small = {} if form.silent else {"num_hidden_layers": 3, "intermediate_size": 88}
    vision = {"hidden_size": form.width, "num_attention_heads": form.heads, "image_size": form.image, "patch_size": form.patch} | small
    text = {
        "model_type": "llama", "vocab_size": tokenizer.get_vocab_size() + 5, "hidden_size": 80 if seed % 2 else 96, "intermediate_size": 136,
        "num_hidden_layers": 3, "num_attention_heads": 5 if seed % 2 else 6, "num_key_value_heads": 1 if seed % 2 else 2,
        "max_position_embeddings": 2048, "rope_theta": 273768.0 if seed % 3 else 1e5, "rms_norm_eps": 1e-5, "bos_token_id": 1, "eos_token_id": 2,
        "pad_token_id": 2, "tie_word_embeddings": form.tied,
    }
    config_kind, kind, processor_kind = (
        (SmolVLMConfig, SmolVLMForConditionalGeneration, SmolVLMImageProcessor) if seed % 2
        else (Idefics3Config, Idefics3ForConditionalGeneration, Idefics3ImageProcessor))
    config = config_kind(
        vision_config=vision, text_config=text, scale_factor=form.scale, image_token_id=tokenizer.token_to_id(IMAGE), pad_token_id=2,
        tie_word_embeddings=form.tied)
    model = kind._from_config(config, attn_implementation="eager").eval()
    model.tie_weights()
    checkpoint.randomise(model, stored)
    processor = processor_kind(
        size={"longest_edge": form.longest}, max_image_size={"longest_edge": form.image}, resample=form.resample, image_mean=[0.5, 0.48, 0.53],
        image_std=[0.5, 0.47, 0.51])
    processor.save_pretrained(folder)
    config.architectures = [kind.__name__]
    config.save_pretrained(folder)
    GenerationConfig(bos_token_id=1, eos_token_id=tokenizer.token_to_id(END), pad_token_id=2).save_pretrained(folder)
    if form.silent:
        leave_out(folder)
    if form.newest:
        as_newest(folder)
    checkpoint.save(model, folder, stored, old_names=False, shards=1 + seed % 3)
    return SmolVLM(model, tokenizer, processor)


def leave_out(folder: Path) -> None:
    """The tower's configuration as published ones are: without what transformers has a default for."""
    config = json.loads((folder / "config.json").read_text())
    stated = config["vision_config"]
    config["vision_config"] = {key: stated[key] for key in ("hidden_size", "image_size", "num_attention_heads", "patch_size")}
    config["vision_config"] |= {"model_type": config["model_type"], "size": {"longest_edge": 1}, "tie_word_embeddings": False}
    (folder / "config.json").write_text(json.dumps(config, indent=2))


def as_newest(folder: Path) -> None:
    """The files as transformers 5 writes them: the image processor inside of the processor's, rotary numbers in one place."""
    own = folder / "preprocessor_config.json"
    joint = {"image_processor": json.loads(own.read_text()), "image_seq_len": 4, "processor_class": "Idefics3Processor"}
    (folder / "processor_config.json").write_text(json.dumps(joint, indent=2))
    own.unlink()
    config = json.loads((folder / "config.json").read_text())
    text = config["text_config"]
    text["rope_parameters"] = {"rope_theta": text.pop("rope_theta"), "rope_type": "default"}
    text.pop("rope_scaling", None)
    (folder / "config.json").write_text(json.dumps(config, indent=2))
