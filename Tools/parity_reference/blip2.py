"""The reference: transformers' BLIP-2, and MyVLM's concept rows, regulariser and training loop written in PyTorch.

A concept row e joins the vision tower's rows as norm(e / |e|), behind them. In every cross-attention of the Q-Former its key and its value
are brought to the mean norm of the picture's. The regulariser is lambda times the sum over cross-attentions of the mean over samples, heads,
queries and concept rows of the squared attention to the concept rows.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch.nn import functional as F

from . import pictures, small_tokenizers
from .blip2_checkpoint import Blip2
from .llava import IDENTIFIER, SENTENCES, TRAINING

QUESTION = "What is zibo doing in the garden?"
BEAMS = [{"beams": 5, "length_penalty": 1.0}, {"beams": 5, "length_penalty": -1.0}, {"beams": 3, "length_penalty": 2.0}]


def framed(built: Blip2, text: str) -> list[int]:
    before, behind = built.framing
    return before + built.tokenizer.encode(text, add_special_tokens=False).ids + behind


def see(built: Blip2, path: Path) -> tuple[torch.Tensor, torch.Tensor]:
    """Pixel values and the tower's rows after its last norm."""
    pixels = built.processor(images=pictures.read(path), return_tensors="pt").pixel_values
    return pixels, built.model.vision_model(pixels).last_hidden_state[0]


class Speaker:
    """Q-Former and language model over a picture's rows, concept rows, a prompt and a target."""

    def __init__(self, built: Blip2):
        self.model, self.language = built.model, built.language

    def ask(self, vision: torch.Tensor, concepts: torch.Tensor | None) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """What the queries say, and the cross-attentions to concept rows, [heads, queries, concepts] each."""
        reader, count = self.model.qformer, len(vision)
        if concepts is not None:
            vision = torch.cat([vision, self.model.vision_model.post_layernorm(F.normalize(concepts, dim=-1))])
        hidden = reader.layernorm(self.model.query_tokens[0])
        columns = []
        for layer in reader.encoder.layer:
            hidden = self.attend(layer.attention, hidden, hidden, None)[0]
            if layer.has_cross_attention:
                hidden, probabilities = self.attend(layer.crossattention, hidden, vision, count)
                columns.append(probabilities[:, :, count:])
            hidden = layer.feed_forward_chunk_query(hidden)
        return hidden, columns

    @staticmethod
    def attend(part: torch.nn.Module, rows: torch.Tensor, read: torch.Tensor, pictured: int | None):
        """One attention of the Q-Former; rows of `read` from `pictured` on get keys and values of the mean norm of those before."""
        own = part.attention
        query, key, value = own.query(rows), own.key(read), own.value(read)
        if pictured is not None and len(read) > pictured:
            renormed = lambda all: torch.cat(  # noqa: E731
                [all[:pictured], F.normalize(all[pictured:], dim=-1) * all[:pictured].norm(dim=-1).mean()])
            key, value = renormed(key), renormed(value)
        heads = lambda all: all.unflatten(-1, (own.num_attention_heads, -1)).transpose(0, 1)  # noqa: E731
        scores = heads(query) @ heads(key).transpose(1, 2) / own.attention_head_size**0.5
        probabilities = scores.softmax(-1)
        return part.output((probabilities @ heads(value)).transpose(0, 1).flatten(1), rows), probabilities

    def logits(self, visual: torch.Tensor, prompt: list[int], said: list[int]) -> torch.Tensor:
        """Of the word after the prompt and after each word said, [1 + len(said), vocabulary]."""
        model = self.model.language_model
        embed = model.get_input_embeddings().weight
        if self.language == "opt":
            rows = torch.cat([visual, embed[prompt + said]])
            return model(inputs_embeds=rows[None], use_cache=False).logits[0, -1 - len(said):]
        rows = torch.cat([visual, embed[prompt]])
        start = model.config.decoder_start_token_id
        return model(inputs_embeds=rows[None], decoder_input_ids=torch.tensor([[start] + said]), use_cache=False).logits[0]

    @torch.no_grad()
    def greedy(self, visual: torch.Tensor, prompt: list[int], count: int) -> list[int]:
        said: list[int] = []
        for _ in range(count):
            said.append(int(self.logits(visual, prompt, said)[-1].argmax()))
        return said

    @torch.no_grad()
    def search(self, visual: torch.Tensor, prompt: list[int], count: int, end: int, beams: int, length_penalty: float) -> list[int]:
        """transformers' own beam search; what it says before the end."""
        model = self.model.language_model
        rows = torch.cat([visual, model.get_input_embeddings().weight[prompt]])[None]
        said = model.generate(
            inputs_embeds=rows, attention_mask=torch.ones(rows.shape[:2], dtype=torch.long), num_beams=beams, length_penalty=length_penalty,
            max_new_tokens=count, do_sample=False, eos_token_id=end, pad_token_id=1)[0].tolist()
        said = said[1:] if self.language == "t5" else said
        return said[:said.index(end)] if end in said else said

    def loss(self, samples: list, concept: torch.Tensor, prompt: list[int], weight: float):
        logits, targets, penalty = [], [], torch.zeros(())
        for vision, target in samples:
            queries, columns = self.ask(vision, concept)
            logits.append(self.logits(self.model.language_projection(queries), prompt, target[:-1]))
            targets += target
            for column in columns:
                penalty = penalty + column.square().mean() / len(samples)
        return F.cross_entropy(torch.cat(logits), torch.tensor(targets)), weight * penalty


def choose_end(built: Blip2, folder: Path, images: list[str]) -> None:
    """A random OPT hardly ever says the end of an answer: one of its first words becomes it, so that searches meet it."""
    if built.language != "opt":
        return
    with torch.no_grad():
        speaker = Speaker(built)
        visual = built.model.language_projection(speaker.ask(see(built, folder / images[0])[1], None)[0])
        said = speaker.greedy(visual, framed(built, ""), 8)
    built.end = next((token for token in said[4:] if token > 3), built.end)


def request(built: Blip2, images: list[str], given: argparse.Namespace) -> dict:
    generator = torch.Generator().manual_seed(given.seed + 1)
    width = built.model.config.vision_config.hidden_size
    targets = [built.tokenizer.encode(sentence, add_special_tokens=False).ids + [built.end] for sentence in SENTENCES]
    draw = lambda limit: int(torch.randint(limit, (), generator=generator))  # noqa: E731
    sample = lambda: {"image": draw(min(4, len(images))), "target": draw(len(targets))}  # noqa: E731
    return {
        "model": "model", "format": given.dtype, "tiles": False, "images": images, "texts": small_tokenizers.TEXTS, "identifier": IDENTIFIER,
        "targets": targets, "batch": [{"image": index, "target": index} for index in range(3)], "regularizer": 2.0, "tokens": given.tokens,
        # MyVLM draws the start uniformly from [0, 1).
        "concept": torch.rand(1, width, generator=generator).tolist(), "second_concept": torch.randn(2, width, generator=generator).tolist(),
        "question": QUESTION, "searches": BEAMS,
        "training": {
            "steps": [[sample() for _ in range(3)] for _ in range(TRAINING["count"])],
            **{key: TRAINING[key] for key in ("learning_rate", "weight_decay", "clip", "regularizer")}},
    }


def answer(built: Blip2, folder: Path, request: dict) -> dict[str, torch.Tensor]:
    ids = lambda values: torch.tensor(values, dtype=torch.int64)  # noqa: E731
    prompt, question = framed(built, ""), framed(built, f"Question: {QUESTION} Answer:")
    encode = lambda text: built.tokenizer.encode(text, add_special_tokens=False).ids  # noqa: E731
    result = {f"text.{index}": ids(encode(text)) for index, text in enumerate(request["texts"])}
    result |= {"prompt.caption": ids(prompt), "prompt.question": ids(question)}
    speaker = Speaker(built)
    concept, second = torch.tensor(request["concept"]), torch.tensor(request["second_concept"])
    seen = []
    with torch.no_grad():
        for index, path in enumerate(request["images"]):
            pixels, features = see(built, folder / path)
            queries = speaker.ask(features, None)[0]
            result |= {
                f"image.{index}.pixels": pixels[0], f"image.{index}.features": features, f"image.{index}.queries": queries,
                f"image.{index}.tokens": built.model.language_projection(queries)}
            seen.append(features)
        check_whole_model(built, folder / request["images"][0], result["image.0.tokens"])
        target = request["targets"][0]
        cases = {
            "plain": (None, prompt), "concept": (concept, prompt), "concepts": (torch.cat([concept, second]), prompt), "question": (concept, question)}
        for name, (rows, asked) in cases.items():
            visual = built.model.language_projection(speaker.ask(seen[0], rows)[0])
            result[f"logits.{name}"] = speaker.logits(visual, asked, target[:-1])
            result[f"greedy.{name}"] = ids(speaker.greedy(visual, asked, request["tokens"]))
            for index, search in enumerate(request["searches"]):
                said = speaker.search(visual, asked, request["tokens"], built.end, **search)
                result[f"search.{name}.{index}"] = ids(said)

    pick = lambda samples: [(seen[s["image"]], request["targets"][s["target"]]) for s in samples]  # noqa: E731
    for name, weight in (("none", 0.0), ("column", request["regularizer"])):
        value = concept.clone().requires_grad_(True)
        cross_entropy, penalty = speaker.loss(pick(request["batch"]), value, prompt, weight)
        (cross_entropy + penalty).backward()
        result[f"gradient.{name}"] = value.grad
        result[f"loss.{name}"] = torch.tensor([[float(cross_entropy.detach()), float(penalty.detach())]])
    return result | train(speaker, [pick(step) for step in request["training"]["steps"]], concept, prompt, request["training"])


def check_whole_model(built: Blip2, path: Path, expected: torch.Tensor) -> None:
    """The queries put together here are what transformers' own forward pass makes of pixel values."""
    pixels = built.processor(images=pictures.read(path), return_tensors="pt").pixel_values
    torch.testing.assert_close(built.model.get_image_features(pixels)[0], expected, rtol=1e-4, atol=1e-4)


def train(speaker: Speaker, steps: list, start: torch.Tensor, prompt: list[int], settings: dict) -> dict[str, torch.Tensor]:
    """MyVLM's loop: forward, cross-entropy and column regulariser, clip to an L2 norm, AdamW."""
    value = start.clone().requires_grad_(True)
    optimizer = torch.optim.AdamW([value], lr=settings["learning_rate"], weight_decay=settings["weight_decay"])
    losses = []
    for samples in steps:
        cross_entropy, penalty = speaker.loss(samples, value, prompt, settings["regularizer"])
        loss = cross_entropy + penalty
        loss.backward()
        torch.nn.utils.clip_grad_norm_([value], settings["clip"])
        optimizer.step()
        optimizer.zero_grad()
        losses.append(float(loss.detach()))
    return {"training.rows": value.detach(), "training.losses": torch.tensor(losses)}
