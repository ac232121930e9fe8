"""Train pocket's projector and low-rank adapters on the CPU and export the best weights as training goes.

Needs the model directory with the fetched parts and classes.json, the folder of `extract_features.py`, and the
captions. Everything random is seeded; the split is written next to the log.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch.nn import functional as F

from pocket.batch import Packer
from pocket.data import Branch, Item, Prototypes, Source, read_groups
from pocket.export import write_bank, write_config, write_weights
from pocket.language import read_tokenizer
from pocket.model import CONCEPT_DEFAULTS, Pocket
from pocket.phrases import clean
from pocket.prompts import Tagger, suffix_text
from pocket.vision import EfficientNetLite


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="model directory: parts in, weights out")
    parser.add_argument("--features", type=Path, required=True)
    parser.add_argument("--photos", type=Path, required=True, help="folder with captions.json and captions_text_only.txt")
    parser.add_argument("--log", type=Path, required=True, help="folder for the log and the split")
    parser.add_argument("--steps", type=int, default=360)
    parser.add_argument("--items", type=int, default=8)
    parser.add_argument("--rank", type=int, default=12)
    parser.add_argument("--scale", type=float, default=2.0)
    parser.add_argument("--hidden", type=int, default=768)
    parser.add_argument("--dropout", type=float, default=0.2)
    parser.add_argument("--feature-noise", type=float, default=0.1)
    parser.add_argument("--projector-rate", type=float, default=1e-3)
    parser.add_argument("--lora-rate", type=float, default=1e-3)
    parser.add_argument("--weight-decay", type=float, default=0.05)
    parser.add_argument("--warmup", type=int, default=40)
    parser.add_argument("--validate-every", type=int, default=40)
    parser.add_argument("--mix", type=float, nargs=2, default=(0.42, 0.22), help="shares of photos and of captions without photos; templates take the rest")
    parser.add_argument("--reshaped", type=float, default=0.0, help="share of template maps that are real maps rescaled to the prototype")
    parser.add_argument("--crops", action="store_true", help="a fifth of the items are small crops of extract_crops.py")
    parser.add_argument("--pictures", action="store_true", help="a quarter of the items are rendered pictures of extract_pictures.py")
    parser.add_argument("--resume", action="store_true", help="start from the weights in the model directory")
    parser.add_argument("--seed", type=int, default=3)
    return parser.parse_args()


def split(names: list[str], seed: int = 5) -> tuple[list[int], list[int]]:
    """Indices of 800 photos to train on and 100 to validate."""
    order = list(range(len(names)))
    random.Random(seed).shuffle(order)
    return sorted(order[:800]), sorted(order[800:])


def initialise(model: Pocket, pooled: np.ndarray, std: float) -> None:
    """Standardise the features inside the first layer and match the size of the word embeddings in the second."""
    generator = torch.Generator().manual_seed(1)
    first, second = model.projector.linear1, model.projector.linear2
    with torch.no_grad():
        first.weight.copy_(torch.randn(first.weight.shape, generator=generator) / (math.sqrt(1280) * std))
        first.bias.copy_(-first.weight @ torch.from_numpy(pooled.mean(0)))
        size = model.language.embed.norm(dim=1).mean() / math.sqrt(model.language.shape.width)
        second.weight.copy_(torch.randn(second.weight.shape, generator=generator) * size / math.sqrt(0.4 * second.in_features))
        second.bias.zero_()


def loss_of(model: Pocket, packer: Packer, items: list[Item], noise, feature_noise: float = 0.0) -> torch.Tensor:
    """Token cross-entropies of a batch, one a target token."""
    features = torch.from_numpy(np.stack([item.features for item in items]))
    if feature_noise:
        features = features * (1 + feature_noise * torch.randn_like(features))
    batch = packer(items, model.projector(features), noise)
    hidden = model.language(batch["x"], batch["positions"], batch["mask"])
    chosen = hidden.flatten(0, 1)[batch["spots"]]
    return F.cross_entropy(model.language.logits(chosen).float(), batch["labels"], reduction="none")


def main() -> None:
    arguments = options()
    arguments.log.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(arguments.seed)
    rng = random.Random(arguments.seed)
    names = json.loads((arguments.features / "names.json").read_text())
    maps = np.load(arguments.features / "maps.npy", mmap_mode="r")
    raw = json.loads((arguments.photos / "captions.json").read_text())
    captions = [[clean(c) for c in raw[name]] for name in names]
    train, held_out = split(names)
    (arguments.log / "split.json").write_text(json.dumps({"train": [names[i] for i in train], "validation": [names[i] for i in held_out]}))
    forbidden = {c for i in held_out for c in captions[i]}
    groups = read_groups((arguments.photos / "captions_text_only.txt").read_text().splitlines(), forbidden)

    pooled = maps[:, 0].astype(np.float32).mean(1)
    encoder = EfficientNetLite.load("lite2", arguments.model / "efficientnet-lite.pth")
    if (arguments.model / "words.safetensors").exists():
        encoder.extend(arguments.model / "words.safetensors")

    def classified(found: np.ndarray) -> np.ndarray:
        """Logits of maps [..., 49, 1280], the taught words among them."""
        pooled = np.stack([m.astype(np.float32).mean(-2) for m in found])
        return encoder.classify(torch.from_numpy(pooled)).numpy()

    logits = classified(maps)
    prototypes = Prototypes(encoder._fc.weight.numpy(), encoder._fc.bias.numpy(), pooled[train])
    tagger = Tagger(json.loads((arguments.model / "classes.json").read_text()))
    crops = None
    if arguments.crops:
        found = np.load(arguments.features / "crops.npy", mmap_mode="r")
        crops = found, classified(found), json.loads((arguments.features / "crop_photos.json").read_text())
    pictures = None
    if arguments.pictures:
        words = json.loads((arguments.features / "pictures.json").read_text())["words"]
        kept = [i for i, word in enumerate(words) if word]
        found = np.load(arguments.features / "pictures.npy", mmap_mode="r")[kept]
        pictures = found, classified(found), [words[i] for i in kept]
    source = Source(maps, logits, captions, train, groups, tagger, prototypes, tuple(arguments.mix), arguments.reshaped, crops, pictures)
    print(f"text groups with a tag: {len(source.text_groups)} of {len(groups)}; train photos without people: {len(source.empty_photos)}", flush=True)

    gguf = arguments.model / "smollm2-135m-instruct.q4_1.gguf"
    model = Pocket(gguf, arguments.rank, arguments.scale, arguments.hidden, torch.bfloat16, arguments.dropout)
    if arguments.resume:
        model.take(load_file(arguments.model / "pocket.safetensors"))
    else:
        initialise(model, pooled, float(maps[:50, 0].astype(np.float32).std()))
    packer = Packer(read_tokenizer(gguf), model.language.embed, CONCEPT_DEFAULTS["tokens"])
    write_bank(arguments.model, pooled)
    write_weights(arguments.model, model)
    write_config(arguments.model, arguments.rank, arguments.scale, CONCEPT_DEFAULTS)

    groups_of_parameters = [
        {"params": list(model.projector.parameters()), "rate": arguments.projector_rate},
        {"params": list(model.language.lora.values()), "rate": arguments.lora_rate},
    ]
    optimizer = torch.optim.AdamW(groups_of_parameters, lr=1.0, weight_decay=arguments.weight_decay, betas=(0.9, 0.98))
    validation = [
        Item(maps[i, 0].astype(np.float32), [t for t, _ in tagger(logits[i, 0])], [Branch(suffix_text(), c) for c in captions[i]]) for i in held_out
    ]
    best, log = math.inf, (arguments.log / "log.jsonl").open("a")
    began = time.time()
    for step in range(arguments.steps):
        model.train()
        factor = min(1.0, (step + 1) / arguments.warmup) * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * step / arguments.steps)))
        for group in optimizer.param_groups:
            group["lr"] = factor * group["rate"]
        items = [source.draw(rng) for _ in range(arguments.items)]
        loss = loss_of(model, packer, items, lambda: rng.uniform(0.0, 1.0), arguments.feature_noise).mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        row = {"step": step + 1, "seconds": round(time.time() - began), "loss": round(loss.item(), 4)}
        if (step + 1) % arguments.validate_every == 0 or step + 1 == arguments.steps:
            model.eval()
            with torch.no_grad():
                found = torch.cat([loss_of(model, packer, validation[i : i + 5], lambda: 0.0) for i in range(0, len(validation), 5)])
            row["validation"] = round(found.mean().item(), 4)
            # Things come from synthetic items, which photos of people and dogs do not measure: late weights win small ties.
            if row["validation"] < best + 0.03:
                best = min(best, row["validation"])
                write_weights(arguments.model, model)
                write_config(arguments.model, arguments.rank, arguments.scale, CONCEPT_DEFAULTS)
                row["exported"] = True
        print(json.dumps(row), file=log, flush=True)
    log.close()


if __name__ == "__main__":
    main()
