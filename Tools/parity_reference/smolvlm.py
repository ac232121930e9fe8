"""The reference: transformers' Idefics3 and SmolVLM, their prompts, and MyVLM's concept row behind the visual tokens of the whole picture.

The row stands inside of what is around the picture, before the last `<fake_token_around_image>`; regulariser and training are LLaVA's.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from tokenizers import Tokenizer, models
from transformers.models.idefics3.processing_idefics3 import get_image_prompt_string

from . import llava, pictures
from .smolvlm_checkpoint import AROUND, END, IMAGE, WHOLE, SmolVLM

QUESTION = "What is it?"


def request(model: SmolVLM, images: list[str], given: argparse.Namespace) -> dict:
    plain = plain_tokenizer(model.tokenizer)
    targets = [plain.encode(" " + sentence).ids + [model.special(END)] for sentence in llava.SENTENCES]
    return llava.request_of(targets, model.model.config.text_config.hidden_size, images, given)


def plain_tokenizer(tokenizer: Tokenizer) -> Tokenizer:
    """The same without special tokens: what a user writes is text."""
    import json

    trained = json.loads(tokenizer.to_str())["model"]
    pairs = [tuple(merge) if isinstance(merge, list) else tuple(merge.split(" ")) for merge in trained["merges"]]
    plain = Tokenizer(models.BPE(trained["vocab"], pairs))
    plain.pre_tokenizer, plain.decoder = tokenizer.pre_tokenizer, tokenizer.decoder
    return plain


def prompt_of(model: SmolVLM, rows: int, columns: int, instruction: str) -> list[int]:
    """The chat template's text of one picture and an instruction, all tokens of the picture in it."""
    config = model.model.config
    side = config.vision_config.image_size // config.vision_config.patch_size
    count = side**2 // config.scale_factor**2
    picture = get_image_prompt_string(rows, columns, count, AROUND, IMAGE, WHOLE)
    return model.tokenizer.encode(f"<|im_start|>User:{picture}{instruction}{END}\nAssistant:", add_special_tokens=False).ids


@torch.no_grad()
def see(model: SmolVLM, path: Path, tiles: bool) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, int, int]:
    """Pixel values of all views, tower features of the first, rows of all views, rows and columns of tiles."""
    image = pictures.read(path)
    inputs = model.processor(images=image, do_image_splitting=tiles, return_row_col_info=True, return_tensors="pt")
    pixels = inputs.pixel_values[0]
    tower = model.model.model
    features = tower.vision_model(pixel_values=pixels[:1]).last_hidden_state[0]
    rows = tower.get_image_features(inputs.pixel_values, inputs.pixel_attention_mask)
    return pixels, features, rows.flatten(0, 1), inputs["rows"][0][0], inputs["cols"][0][0]


@torch.no_grad()
def answer(model: SmolVLM, folder: Path, request: dict) -> dict[str, torch.Tensor]:
    ids = lambda values: torch.tensor(values, dtype=torch.int64)  # noqa: E731
    plain = plain_tokenizer(model.tokenizer)
    result = {f"text.{index}": ids(plain.encode(text).ids) for index, text in enumerate(request["texts"])}
    alone = f"<|im_start|>User: {QUESTION}{END}\nAssistant:"
    result["prompt.alone"] = ids(model.tokenizer.encode(alone, add_special_tokens=False).ids)
    embed = model.model.model.text_model.embed_tokens.weight
    instruction = f"Please caption this image of {llava.IDENTIFIER}."

    seen, leading, prompt = [], None, None
    for index, path in enumerate(request["images"]):
        pixels, features, shown, rows, columns = see(model, folder / path, request["tiles"])
        tokens = ids(prompt_of(model, rows, columns, instruction))
        places = (tokens == model.special(IMAGE)).nonzero()[:, 0]
        first, last = int(places[0]), int(places[-1]) + 1
        # The rows between the first and the last of the picture's own tokens, words between tiles among them.
        visual = embed[tokens].clone()
        visual[places] = shown
        before, behind = tokens[:first].tolist(), tokens[last:].tolist()
        assert leading in (None, before) and prompt in (None, behind)
        leading, prompt = before, behind
        result |= {f"image.{index}.pixels": pixels, f"image.{index}.features": features, f"image.{index}.tokens": visual[first:last]}
        seen.append(visual[first:last])
        if index == 0:
            check_whole_model(model, tokens, pixels, visual)
    result |= {"leading": ids(leading), "prompt": ids(prompt)}

    speaker = llava.Speaker(model.model.model.text_model, model.model.lm_head, leading, prompt)
    with torch.enable_grad():
        result |= llava.said(speaker, seen, request)
    return result


def check_whole_model(model: SmolVLM, tokens: torch.Tensor, pixels: torch.Tensor, visual: torch.Tensor) -> None:
    """The rows put together here are what transformers' own forward pass makes of token ids and pixel values."""
    own = model.model(input_ids=tokens[None], pixel_values=pixels[None]).logits[0]
    rows = model.model.lm_head(model.model.model.text_model(inputs_embeds=visual[None]).last_hidden_state)[0]
    torch.testing.assert_close(rows, own, rtol=1e-4, atol=1e-4)
