"""The reference: transformers' models, and MyVLM's concept row, regulariser and training loop written in PyTorch.

The concept row stands behind the visual tokens, rescaled to the norm of the first of them. The regulariser is lambda times the sum over
layers, samples and concept rows of the mean over heads and keys (row) or queries (column) of the squared attention; positions counted
are those read (the last target token is only predicted), and a column counts what strictly later positions pay.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch.nn import functional as F

from . import pictures, small_tokenizers
from .checkpoint import Llava

IDENTIFIER = "zibo"
SENTENCES = ["zibo sits on a wooden table.", "a red mug next to zibo", "In the garden, two dogs watch zibo!"]
TRAINING = {"learning_rate": 1.0, "weight_decay": 1e-4, "clip": 0.05, "regularizer": 0.05, "count": 20}
FORMS = {
    "llama": (
        "A chat between a curious human and an artificial intelligence assistant. The assistant gives helpful, detailed, and polite answers to "
        "the human's questions. USER: ", "\n{} ASSISTANT:", " "),
    "mistral": ("[INST] ", "\n{} [/INST]", " "),
    "qwen2": (
        "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n", "\n{}<|im_end|>\n<|im_start|>assistant\n", ""),
}


def encode(model: Llava, text: str, at_start: bool = True) -> list[int]:
    """Token ids of a stretch of a prompt. Special tokens of Qwen's form are read; sentencepiece adds its space at the start only."""
    if model.language == "qwen2":
        ids = []
        for index, part in enumerate(text.replace("<|im_end|>", "\0E\0").replace("<|im_start|>", "\0S\0").split("\0")):
            if index % 2:
                ids.append(model.special("<|im_end|>" if part == "E" else "<|im_start|>"))
            else:
                ids += model.tokenizer.encode(part, add_special_tokens=False).ids
        return ids
    if at_start:
        return model.tokenizer.encode(text, add_special_tokens=False).ids
    # Without the space: what the same text is behind a word that ends a piece.
    kept = model.tokenizer.normalizer
    from tokenizers import normalizers

    model.tokenizer.normalizer = normalizers.Replace(" ", small_tokenizers.BLANK)
    ids = model.tokenizer.encode(text, add_special_tokens=False).ids
    model.tokenizer.normalizer = kept
    return ids


def request(model: Llava, images: list[str], given: argparse.Namespace) -> dict:
    separator = FORMS[model.language][2]
    end = model.special("<|im_end|>" if model.language == "qwen2" else "</s>")
    targets = [encode(model, separator + sentence, at_start=False) + [end] for sentence in SENTENCES]
    return request_of(targets, model.model.config.text_config.hidden_size, images, given)


def request_of(targets: list[list[int]], hidden: int, images: list[str], given: argparse.Namespace) -> dict:
    generator = torch.Generator().manual_seed(given.seed + 1)
    draw = lambda limit: int(torch.randint(limit, (), generator=generator))  # noqa: E731
    sample = lambda: {"image": draw(min(4, len(images))), "target": draw(len(targets))}  # noqa: E731
    batch = [{"image": index, "target": index} for index in range(3)]
    steps = [[sample() for _ in range(3)] for _ in range(TRAINING["count"])]
    return {
        "model": "model", "format": given.dtype, "tiles": given.tiles, "images": images, "texts": small_tokenizers.TEXTS,
        "identifier": IDENTIFIER, "targets": targets, "batch": batch, "regularizer": 2.0, "tokens": given.tokens,
        # MyVLM draws the start uniformly from [0, 1).
        "concept": torch.rand(1, hidden, generator=generator).tolist(),
        "training": {"steps": steps, **{key: TRAINING[key] for key in ("learning_rate", "weight_decay", "clip", "regularizer")}},
    }


def encoder_request(images: list[str]) -> dict:
    return {
        "model": "model", "format": "f32", "tiles": False, "images": images, "texts": [], "identifier": IDENTIFIER, "targets": [],
        "batch": [], "regularizer": 0, "tokens": 0, "concept": [],
    }


@torch.no_grad()
def encoder_answer(model: tuple, folder: Path, request: dict) -> dict[str, torch.Tensor]:
    encoder, processor = model
    result = {}
    for index, path in enumerate(request["images"]):
        pixels = processor(images=pictures.read(folder / path), return_tensors="pt").pixel_values
        seen = encoder(pixel_values=pixels)
        result |= {f"image.{index}.pixels": pixels[0], f"image.{index}.features": seen.last_hidden_state[0], f"image.{index}.embedding": seen.image_embeds}
    return result


def features_of(model: Llava, pixels: torch.Tensor) -> torch.Tensor:
    config = model.model.config
    states = model.model.model.vision_tower(pixels, output_hidden_states=True).hidden_states
    layers = config.vision_feature_layer if isinstance(config.vision_feature_layer, list) else [config.vision_feature_layer]
    drop = 1 if config.vision_feature_select_strategy == "default" else 0
    return torch.cat([states[layer][:, drop:] for layer in layers], -1)


@torch.no_grad()
def see(model: Llava, path: Path, tiles: bool) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Pixel values of all views, tower features of the first, visual tokens."""
    image = pictures.read(path)
    if tiles:
        inputs = model.tiling(images=image, return_tensors="pt")
        pixels = inputs.pixel_values[0]
        tokens = model.model.model.get_image_features(pixel_values=inputs.pixel_values, image_sizes=inputs.image_sizes)[0]
        return pixels, features_of(model, pixels[:1])[0], tokens
    pixels = model.processor(images=image, return_tensors="pt").pixel_values
    features = features_of(model, pixels)
    return pixels, features[0], model.model.model.multi_modal_projector(features)[0]


class Speaker:
    """The decoder over rows: prefix, concept, prompt, target."""

    def __init__(self, decoder: torch.nn.Module, head: torch.nn.Module, leading: list[int], prompt: list[int]):
        self.decoder, self.head = decoder, head
        self.embed = self.decoder.embed_tokens.weight
        self.leading, self.prompt = leading, prompt

    def rows(self, visual: torch.Tensor, concept: torch.Tensor | None, read: list[int]) -> torch.Tensor:
        concepts = [] if concept is None else [F.normalize(concept, dim=-1) * visual[0].norm()]
        return torch.cat([self.embed[self.leading], visual, *concepts, self.embed[read]])

    def logits(self, rows: torch.Tensor, attentions: bool = False):
        result = self.decoder(inputs_embeds=rows[None], output_attentions=attentions, use_cache=False)
        return self.head(result.last_hidden_state)[0], result.attentions

    @torch.no_grad()
    def greedy(self, visual: torch.Tensor, concept: torch.Tensor | None, count: int) -> list[int]:
        said: list[int] = []
        for _ in range(count):
            said.append(int(self.logits(self.rows(visual, concept, self.prompt + said))[0][-1].argmax()))
        return said

    def loss(self, samples: list[tuple[torch.Tensor, list[int]]], concept: torch.Tensor, weight: float, direction: str):
        logits, targets, penalty = [], [], torch.zeros(())
        for visual, target in samples:
            rows = self.rows(visual, concept, self.prompt + target[:-1])
            said, attentions = self.logits(rows, attentions=True)
            logits.append(said[-len(target):])
            targets += target
            first = len(self.leading) + len(visual)
            for attention in attentions:
                squares = attention[0].square()  # [heads, queries, keys]
                for index in range(first, first + len(concept)):
                    if direction == "row":
                        penalty = penalty + squares[:, index].mean()
                    else:
                        penalty = penalty + (squares[:, :, index] * (torch.arange(len(rows)) > index)).mean()
        return F.cross_entropy(torch.cat(logits), torch.tensor(targets)), weight * penalty


def answer(model: Llava, folder: Path, request: dict) -> dict[str, torch.Tensor]:
    ids = lambda values: torch.tensor(values, dtype=torch.int64)  # noqa: E731
    before, after, _ = FORMS[model.language]
    begin = [] if model.language == "qwen2" else [model.special("<s>")]
    leading = begin + encode(model, before)
    prompt = encode(model, after.format(f"Please caption this image of {IDENTIFIER}."))
    result = {f"text.{index}": ids(plain(model, text)) for index, text in enumerate(request["texts"])}
    result |= {"leading": ids(leading), "prompt": ids(prompt)}

    seen = []
    for index, path in enumerate(request["images"]):
        pixels, features, tokens = see(model, folder / path, request["tiles"])
        result |= {f"image.{index}.pixels": pixels, f"image.{index}.features": features, f"image.{index}.tokens": tokens}
        seen.append(tokens)

    speaker = Speaker(model.model.model.language_model, model.model.lm_head, leading, prompt)
    result |= said(speaker, seen, request)
    if not request["tiles"] and model.tiling is None:
        read = prompt + request["targets"][0][:-1]
        check_whole_model(model, folder / request["images"][0], leading, read, result["logits.plain"])
    return result


def said(speaker: Speaker, seen: list[torch.Tensor], request: dict) -> dict[str, torch.Tensor]:
    """What a decoder says of the visual tokens of all pictures: logits, greedy tokens, gradients, a training."""
    ids = lambda values: torch.tensor(values, dtype=torch.int64)  # noqa: E731
    result = {}
    concept = torch.tensor(request["concept"])
    read = speaker.prompt + request["targets"][0][:-1]
    for name, given in (("plain", None), ("concept", concept)):
        rows = speaker.rows(seen[0], given, read)
        with torch.no_grad():
            logits = speaker.logits(rows)[0]
        result[f"logits.{name}"] = logits[len(speaker.leading) + len(seen[0]):].clone()
        result[f"greedy.{name}"] = ids(speaker.greedy(seen[0], given, request["tokens"]))

    pick = lambda samples: [(seen[s["image"]], request["targets"][s["target"]]) for s in samples]  # noqa: E731
    for name, weight, direction in (("none", 0.0, "row"), ("row", request["regularizer"], "row"), ("column", request["regularizer"], "column")):
        value = concept.clone().requires_grad_(True)
        cross_entropy, penalty = speaker.loss(pick(request["batch"]), value, weight, direction)
        (cross_entropy + penalty).backward()
        result[f"gradient.{name}"] = value.grad
        result[f"loss.{name}"] = torch.tensor([[float(cross_entropy.detach()), float(penalty.detach())]])
    result |= train(speaker, [pick(step) for step in request["training"]["steps"]], concept, request["training"])
    return result


def plain(model: Llava, text: str) -> list[int]:
    return model.tokenizer.encode(text, add_special_tokens=False).ids


@torch.no_grad()
def check_whole_model(model: Llava, path: Path, leading: list[int], read: list[int], expected: torch.Tensor) -> None:
    """The rows put together here are what transformers' own forward pass makes of token ids and pixel values."""
    pixels = model.processor(images=pictures.read(path), return_tensors="pt").pixel_values
    count = len(features_of(model, pixels)[0])
    tokens = torch.tensor([leading + [model.image_token] * count + read])
    logits = model.model(input_ids=tokens, pixel_values=pixels).logits[0, -len(read):]
    torch.testing.assert_close(logits, expected, rtol=1e-4, atol=1e-4)


def train(speaker: Speaker, steps: list, start: torch.Tensor, settings: dict) -> dict[str, torch.Tensor]:
    """MyVLM's loop: forward, cross-entropy and row regulariser, clip to an L2 norm, AdamW."""
    value = start.clone().requires_grad_(True)
    optimizer = torch.optim.AdamW([value], lr=settings["learning_rate"], weight_decay=settings["weight_decay"])
    losses = []
    for samples in steps:
        cross_entropy, penalty = speaker.loss(samples, value, settings["regularizer"], "row")
        loss = cross_entropy + penalty
        loss.backward()
        torch.nn.utils.clip_grad_norm_([value], settings["clip"])
        optimizer.step()
        optimizer.zero_grad()
        losses.append(float(loss.detach()))
    return {"training.rows": value.detach(), "training.losses": torch.tensor(losses)}
