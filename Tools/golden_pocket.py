"""Write the reference numbers that the engine's tests compare with: F32, merged adapters, PyTorch.

Makes three small pictures of its own, so that no photo is needed. Output: `pocket-golden.json`, `pocket-golden.safetensors`
and the pictures in the fixtures folder.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw
from safetensors.torch import save_file

from pocket.concepts import Case, Prefixes, losses
from pocket.model import Pocket, Speaker
from pocket.prompts import Tagger, prefix_text, suffix_text
from pocket.sketch import Sketch, read_sketch
from pocket.sketch_data import sketched
from pocket.vision import EfficientNetLite, load_image, preprocess

TEXTS = [
    "The capital of France is", "A dog is", "Once upon a time there was", "def add(a, b):\n    return", "The three primary colors are", "Water boils at",
    "<|im_start|>user\nName a fruit.<|im_end|>\n<|im_start|>assistant\n", "<|im_start|>Objects: dog.\n\nCaption:", "<|im_start|>Objects: cat, couch.\n\nCaption:",
    "<|im_start|>Objects: teapot, table, cup.\n\nCaption:", "<|im_start|>Objects: sneaker.\n\nCaption:", "<|im_start|>Objects: car, street.\n\nCaption:",
    "<|im_start|>Objects: dog.\n\nCaption of Zibo:", "<|im_start|>Objects: mug.\n\nCaption of sks:", "<|im_start|>Objects: dog, ball.\n\nCaption of Max and Bella:",
    "<|im_start|>Objects: dog.\n\nQuestion: What is the dog doing?\nAnswer:", "<|im_start|>Objects: bird.\n\nQuestion: Is there a bird in the picture?\nAnswer:",
    "<|im_start|>Objects: backpack.\n\nQuestion about my red mug: Where is my red mug?\nAnswer:", "In 1969, the first", "She sells sea shells by the",
    "1 2 3 4 5 6", "The quick brown fox", "Roses are red,", "To be or not to be,",
]
TOKENIZER = [
    "Hello, world!", " leading and trailing ", "a  b   c    d", "tabs\tand\nnewlines\r\n\n", "1234567890", "x=3.14159; y=2e-10", "I'm you're they'll we've he'd it's",
    "naïve café Ångström", "Привет, мир", "你好，世界", "日本語のテキスト", "🐶🐱👩‍👩‍👧‍👦", "العربية", "def f(x):\n\treturn x**2  # square", "{\"key\": [1, 2, 3]}", "UPPER lower MiXeD",
    "sks", " Zibo", "Mr. O'Neil-Smith's", "a\u00a0b\u2003c", "…—“quoted”", "e\u0301 vs \u00e9", "<|im_start|>user<|im_end|>", "٣٤٥ ²³ ½", "", "\n", "http://example.org/?q=a&b=c#d",
]


def pictures(folder: Path) -> list[Path]:
    """Three pictures: a wide scene, a tall one with alpha-free noise, and one smaller than the encoder's input (JPEG)."""
    y, x = np.mgrid[0:200, 0:300]
    wide = Image.fromarray(np.stack([x * 255 // 299, y * 255 // 199, 160 + 60 * np.sin(x / 25)], -1).astype(np.uint8))
    draw = ImageDraw.Draw(wide)
    draw.ellipse((90, 40, 210, 160), fill=(240, 200, 40), outline=(0, 0, 0), width=4)
    draw.rectangle((20, 150, 120, 190), fill=(60, 90, 200))
    noise = np.random.default_rng(4).integers(0, 256, (24, 16, 3), np.uint8)
    tall = Image.fromarray(noise).resize((250, 375), Image.Resampling.NEAREST)
    y, x = np.mgrid[0:72, 0:96]
    small = Image.fromarray(np.stack([200 - y, 120 + 0 * x, 90 + x], -1).astype(np.uint8))
    ImageDraw.Draw(small).polygon([(20, 60), (48, 10), (80, 60)], fill=(250, 250, 250))
    paths = [folder / name for name in ("pocket-wide.png", "pocket-tall.png", "pocket-small.jpg")]
    wide.save(paths[0], optimize=True)
    tall.save(paths[1], optimize=True)
    small.save(paths[2], quality=95, subsampling=0)
    return paths


def listed(tensor: torch.Tensor, count: int | None = None) -> list[float]:
    return [float(f"{v:.7g}") for v in tensor.flatten()[:count].tolist()]


@torch.no_grad()
def text_case(speaker: Speaker, text: str, count: int) -> dict:
    """Greedy continuation by whole passes, and the logits after the prompt; `margin` is the closest call on the way."""
    language, ids, said, margin = speaker.model.language, speaker.ids(text), [], float("inf")
    cache: list = []
    hidden = language(language.embed[ids][None], torch.arange(len(ids))[None], None, cache)
    first = logits = language.logits(hidden[0, -1])
    for step in range(count):
        best = logits.topk(2)
        margin = min(margin, float(best.values[0] - best.values[1]))
        said.append(best.indices[0].item())
        if step + 1 < count:
            hidden = language(language.embed[said[-1:]][None], torch.tensor([[len(ids) + step]]), None, cache)
            logits = language.logits(hidden[0, -1])
    return {"text": text, "ids": ids, "greedy": said, "margin": round(margin, 5),
            "logits": {"argmax": first.argmax().item(), "max": float(first.max()), "norm": float(first.norm()), "first": listed(first, 64)}}


@torch.no_grad()
def picture_case(path: Path, speaker: Speaker, encoder: EfficientNetLite, tagger: Tagger, sketch: Sketch | None) -> tuple[dict, dict, Case]:
    pixels = preprocess(load_image(path))
    found = encoder(pixels[None])[0].flatten(1).T.contiguous()
    pooled = found.mean(0)
    logits = encoder.classify(pooled)
    tags = tagger(logits.numpy())
    names = [tag for tag, _ in tags]
    drawn = sketched(sketch, tagger, found, logits.numpy())
    rows = speaker.model.visual(found[None])[0]
    said = {
        kind: speaker.tokens(found[None], [names], [suffix], None, 24, [drawn])[0]
        for kind, suffix in (("caption", suffix_text()), ("caption_named", suffix_text(["Zibo"])), ("question", suffix_text(None, "What is in the picture?")))
    }
    case = {
        "file": path.name, "pixels_every": 997, "pixels": listed(pixels.flatten()[::997]), "pixels_mean": float(pixels.mean()),
        "pooled_first": listed(pooled, 64), "pooled_norm": float(pooled.norm()), "map_row_norms": listed(found.norm(dim=1)),
        "logits_first": listed(logits, 32), "tags": [{"name": n, "probability": round(p, 6)} for n, p in tags],
        "sketch": drawn, "prefix": prefix_text(names, drawn), "prefix_ids": speaker.ids(prefix_text(names, drawn)),
        "projected_row_norms": listed(rows.norm(dim=1)), "projected_first": {str(i): listed(rows[i], 16) for i in (0, len(rows) // 2, len(rows) - 1)},
        "tokens": said, "text": {kind: speaker.tokenizer.decode(ids) for kind, ids in said.items()},
    }
    stem = path.stem.removeprefix("pocket-")
    return case, {f"{stem}.pooled": pooled, f"{stem}.projected": rows}, Case(found, names, ["Zibo is sitting on a wooden table"], drawn)


def training_case(speaker: Speaker, case: Case) -> tuple[dict, dict]:
    """One step of a concept's training: losses and gradients with respect to four raw rows."""
    generator = torch.Generator().manual_seed(21)
    rows = torch.randn(4, speaker.model.language.shape.width, generator=generator)
    tensors, numbers = {"training.rows": rows}, {"prompt": suffix_text(["Zibo"]), "target": " " + case.captions[0], "lambda": 0.0075, "picture": "pocket-wide.png"}
    for name, regularised in (("cross_entropy", False), ("total", True)):
        value = rows.clone().requires_grad_(True)
        cross_entropy, regulariser, keys = losses(speaker, Prefixes(speaker, [case]), value, suffix_text(["Zibo"]), case.captions)
        (cross_entropy + (0.0075 * regulariser if regularised else 0)).backward()
        tensors[f"training.gradient.{name}"] = value.grad
    numbers |= {"cross_entropy": float(cross_entropy.detach()), "regulariser": float(regulariser.detach()), "keys": keys[0],
                "note": "rows are rescaled e / |e| * |first visual row|; the input ends before the stop token, keys counts all input positions; "
                "the regulariser is the sum over layers and concept rows of the mean over heads and keys of the squared attention of that row"}
    return numbers, tensors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--fixtures", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    arguments.fixtures.mkdir(parents=True, exist_ok=True)
    speaker = Speaker(Pocket.load(arguments.model), arguments.model)
    encoder = EfficientNetLite.of_model(arguments.model)
    tagger = Tagger(json.loads((arguments.model / "classes.json").read_text()))
    sketch = read_sketch(arguments.model, tagger.names)
    config = json.loads((arguments.model / "config.json").read_text())

    tensors: dict[str, torch.Tensor] = {}
    golden = {
        "weights_sha256": config["files"]["pocket.safetensors"]["sha256"], "prompt": config["prompt"],
        "tokenizer": [{"text": t, "ids": speaker.ids(t), "special": speaker.tokenizer.token_to_id("<|im_start|>") in speaker.ids(t)} for t in TOKENIZER],
        "texts": [text_case(speaker, text, 24) for text in TEXTS], "pictures": [],
    }
    for path in pictures(arguments.fixtures):
        case, found, example = picture_case(path, speaker, encoder, tagger, sketch)
        golden["pictures"].append(case)
        tensors |= found
        if path.name == "pocket-wide.png":
            golden["training"], more = training_case(speaker, example)
            tensors |= more
    save_file({k: v.detach().float().contiguous() for k, v in tensors.items()}, arguments.fixtures / "pocket-golden.safetensors")
    (arguments.fixtures / "pocket-golden.json").write_text(json.dumps(golden, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()
