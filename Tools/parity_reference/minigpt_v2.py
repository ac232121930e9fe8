"""The reference: MiniGPT-v2's way from a picture to rows, its prompts, and MyVLM's concept row behind the visual tokens.

Written from the published description: the tower's rows are normed, the class token dropped, four rows that follow each other joined, and
projected. A concept row is rescaled to the mean norm of the visual tokens. The language side is transformers' Llama with the low-rank factors
added to its maps; regulariser and training are LLaVA's.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch.nn import functional as F

from . import llava, pictures
from .minigpt_v2_checkpoint import JOINED, MiniGPT

BEGIN, END = 1, 2
QUESTIONS = ["What is it?", f"Where is {llava.IDENTIFIER}?", f"where's {llava.IDENTIFIER.upper()} in the photo", "[vqa] how many mugs"]
ASKED = ["[vqa] What is it?", f"[refer] {llava.IDENTIFIER} in the image", f"[refer] {llava.IDENTIFIER} in the image", "[vqa] how many mugs"]


def encode(model: MiniGPT, text: str) -> list[int]:
    """Token ids of a stretch of a prompt, which begins like a text of its own."""
    return model.tokenizer.encode(text, add_special_tokens=False).ids


def request(model: MiniGPT, images: list[str], given: argparse.Namespace) -> dict:
    # Behind the prompt an answer begins with the space that every text of sentencepiece begins with.
    targets = [encode(model, sentence) + [END] for sentence in llava.SENTENCES]
    return llava.request_of(targets, model.language.config.hidden_size, images, given) | {"questions": QUESTIONS}


@torch.no_grad()
def see(model: MiniGPT, path: Path) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Pixel values, the patches' normed rows, visual tokens."""
    pixels = model.processor(images=pictures.read(path), return_tensors="pt").pixel_values
    features = model.norm(model.tower(pixels))[1:]
    return pixels, features, model.projection(features.reshape(len(features) // JOINED, -1))


class Speaker(llava.Speaker):
    """The decoder over rows; the concept has the mean norm of the visual tokens."""

    def rows(self, visual: torch.Tensor, concept: torch.Tensor | None, read: list[int]) -> torch.Tensor:
        concepts = [] if concept is None else [F.normalize(concept, dim=-1) * visual.norm(dim=-1).mean()]
        return torch.cat([self.embed[self.leading], visual, *concepts, self.embed[read]])


def answer(model: MiniGPT, folder: Path, request: dict) -> dict[str, torch.Tensor]:
    ids = lambda values: torch.tensor(values, dtype=torch.int64)  # noqa: E731
    behind = lambda asked: encode(model, f"</Img> {asked} [/INST]")  # noqa: E731
    leading = [BEGIN] + encode(model, "[INST] <Img>")
    prompt = behind(f"[caption] A short image caption of {llava.IDENTIFIER}:")
    result = {f"text.{index}": ids(encode(model, text)) for index, text in enumerate(request["texts"])}
    result |= {"leading": ids(leading), "prompt": ids(prompt), "prompt.alone": ids([BEGIN] + encode(model, "[INST] What is it? [/INST]"))}
    result |= {f"prompt.question.{index}": ids(behind(asked)) for index, asked in enumerate(ASKED)}

    seen = []
    for index, path in enumerate(request["images"]):
        pixels, features, tokens = see(model, folder / path)
        result |= {f"image.{index}.pixels": pixels, f"image.{index}.features": features, f"image.{index}.tokens": tokens}
        seen.append(tokens)
    return result | llava.said(Speaker(model.language.model, model.language.lm_head, leading, prompt), seen, request)
