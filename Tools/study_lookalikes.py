"""Choose how a user's look-alikes are told apart: 44 rendered things laid over photos and the six development things under
one user, enrolled from one to four photos each, every other photo asked about, alone and beside another thing.

Heads are trained as the service does (whitened directions, six views a photo, the model's bank and the earlier things as
negatives, calibrated to a false-positive rate); what is compared is who takes a part of the picture where several heads
fire. The things are those of scenes/render_lookalikes and of Docs/splits.md; the other things are for reporting and are not
read here.
"""

from __future__ import annotations

import argparse
import json
import math
import random
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.numpy import load_file

from extract_pictures import laid_over
from pocket.metrics import DEVELOPMENT
from pocket.vision import EfficientNetLite, load_image, preprocess
from train_pocket import split

COLUMNS = np.arange(49) % 7
PARTS = {"whole": np.arange(49), "left": np.where(COLUMNS < 4)[0], "right": np.where(COLUMNS >= 3)[0]}
VIEWS, PENALTY, SHRINKAGE = 6, 1e-3, 0.5


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def view(image: Image.Image, rng: random.Random) -> Image.Image:
    """A head's view: perhaps mirrored, turned by up to 12 degrees, cropped to 75...100 % of each side."""
    if rng.random() < 0.5:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    image = image.rotate(rng.uniform(-12, 12), Image.Resampling.NEAREST)
    share = rng.uniform(0.75, 1)
    width, height = int(image.width * share), int(image.height * share)
    left, top = rng.randint(0, image.width - width), rng.randint(0, image.height - height)
    return image.crop((left, top, left + width, top + height))


def beside(one: Image.Image, other: Image.Image) -> Image.Image:
    """The middle of two photos, each 280 x 400, side by side."""
    picture = Image.new("RGB", (560, 400))
    for index, image in enumerate((one, other)):
        width = min(image.width, round(0.7 * image.height))
        height = min(image.height, round(width / 0.7))
        left, top = (image.width - width) // 2, (image.height - height) // 2
        picture.paste(image.crop((left, top, left + width, top + height)).resize((280, 400)), (280 * index, 0))
    return picture


class Space:
    """Directions of the model's whitened feature space, and those of its bank."""

    def __init__(self, bank: Path):
        tensors = load_file(bank)
        features, self.mean = tensors["features"].astype(np.float64), tensors["mean"].astype(np.float64)
        centred = features - self.mean
        covariance = centred.T @ centred / len(centred)
        size = len(covariance)
        covariance = (1 - SHRINKAGE) * covariance + SHRINKAGE * np.trace(covariance) / size * np.eye(size)
        self.root = np.linalg.inv(np.linalg.cholesky(covariance)).T
        self.bank = self(features)

    def __call__(self, pooled: np.ndarray) -> np.ndarray:
        return unit((pooled - self.mean) @ self.root)


def logistic(x: np.ndarray, shares: np.ndarray) -> tuple[np.ndarray, float]:
    """Weight and bias of the head of rows x with signed shares: Newton on the dual of the penalised regression."""
    kernel, sign, weight = x @ x.T, np.sign(shares), np.abs(shares)
    dual, bias = np.zeros(len(x)), 0.0
    for _ in range(30):
        logits = kernel @ dual + bias
        miss = 1 / (1 + np.exp(np.clip(sign * logits, -60, 60)))
        curve = np.maximum(weight * miss * (1 - miss), 1e-12)
        target = logits + sign * weight * miss / curve
        solved = np.linalg.solve(kernel + np.diag(PENALTY / curve), np.stack([target, np.ones(len(x))], 1))
        next_bias = solved[:, 0].sum() / solved[:, 1].sum()
        next_dual = solved[:, 0] - next_bias * solved[:, 1]
        change = np.abs(kernel @ (next_dual - dual)).max() + abs(next_bias - bias)
        dual, bias = next_dual, next_bias
        if change < 1e-6:
            break
    return dual @ x, bias


def head(positives: np.ndarray, negatives: np.ndarray, hard: np.ndarray, rate: float) -> tuple[np.ndarray, float]:
    """Weight and bias of a head that fires from 0 on: at `rate` of the negatives that two folds held out."""

    def fit(negatives: np.ndarray, hard: np.ndarray) -> tuple[np.ndarray, float]:
        group = 0.25 if len(hard) else 0.5
        shares = [np.full(len(positives), 0.5 / len(positives)), np.full(len(negatives), -group / len(negatives))]
        return logistic(np.concatenate([positives, negatives, hard]), np.concatenate(shares + [np.full(len(hard), -group / max(len(hard), 1))]))

    weight, bias = fit(negatives, hard)
    held_out = []
    for fold in (0, 1):
        w, b = fit(negatives[np.arange(len(negatives)) % 2 != fold], hard[np.arange(len(hard)) % 2 != fold])
        held_out += [rows[np.arange(len(rows)) % 2 == fold] @ w + b for rows in (negatives, hard)]
    ordered = np.sort(np.concatenate(held_out))
    return weight, bias - ordered[min(len(ordered) - 1, math.ceil(len(ordered) * (1 - rate)))]


def ridge(things: list[np.ndarray], penalty: float) -> np.ndarray:
    """Weights [things, features] of ridge regression on which thing a row shows."""
    rows = np.concatenate(things)
    shown = np.repeat(np.arange(len(things)), [len(t) for t in things])
    labels = (shown[:, None] == np.arange(len(things))).astype(float)
    return np.linalg.solve(rows @ rows.T + penalty * np.eye(len(rows)), labels).T @ rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="model directory")
    parser.add_argument("--lookalikes", type=Path, required=True, help="folder of scenes/render_lookalikes")
    parser.add_argument("--photos", type=Path, required=True, help="folder with the captioned photos")
    parser.add_argument("--objects", type=Path, required=True, help="folder of things; development things are read")
    parser.add_argument("--shots", type=int, nargs="*", default=[1, 2, 3])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--penalties", type=float, nargs="*", default=[0.3, 1, 3, 10])
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    encoder = EfficientNetLite.load("lite2", arguments.model / "efficientnet-lite.pth")
    space = Space(arguments.model / "bank.safetensors")

    def maps(images: list[Image.Image]) -> np.ndarray:
        with torch.no_grad():
            return encoder(torch.stack([preprocess(i) for i in images])).flatten(2).transpose(1, 2).double().numpy()

    def parts(image: Image.Image) -> np.ndarray:
        found = maps([image])[0]
        return space(np.stack([found[cells].mean(0) for cells in PARTS.values()]))

    rng = random.Random(11)
    pictures: dict[str, list[Image.Image]] = {}
    for name in DEVELOPMENT:
        pictures[name] = [load_image(path) for path in sorted((arguments.objects / name).glob("*.jpg"))]
    names = sorted(json.loads((arguments.photos / "captions.json").read_text()))
    grounds = [arguments.photos / "images" / names[i] for i in split(names)[1]]
    for path in sorted(arguments.lookalikes.glob("*_*_*[0-9].png")):
        with Image.open(path) as cut:
            laid = laid_over(cut, load_image(rng.choice(grounds)), rng)
        pictures.setdefault("rendered_" + path.stem.rsplit("_", 1)[0], []).append(laid)
    things = sorted(pictures)
    seen = {t: [parts(i) for i in pictures[t]] for t in things}
    views = {}
    for t in things:
        for index, image in enumerate(pictures[t]):
            more = [image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)] + [view(image, rng) for _ in range(VIEWS - 2)]
            views[t, index] = maps([image] + more).mean(1)
    pairs = []
    for index in range(150):
        one, other = rng.sample(DEVELOPMENT if index < 75 else things, 2)
        i, j = rng.randrange(len(pictures[one])), rng.randrange(len(pictures[other]))
        pairs.append((one, i, other, j, parts(beside(pictures[one][i], pictures[other][j]))))
    print(f"{len(things)} things, {sum(map(len, pictures.values()))} photos", flush=True)

    for shots in arguments.shots:
        counts: dict[str, dict[str, np.ndarray]] = {}
        for seed in range(arguments.rounds):
            draw = random.Random(seed)
            enrolled = {t: draw.sample(range(len(pictures[t])), min(shots, len(pictures[t]) - 1)) for t in things}
            own = [np.concatenate([space(views[t, i]) for i in enrolled[t]]) for t in things]
            photos = [space(np.stack([views[t, i][0] for i in enrolled[t]])) for t in things]
            means = [space(np.stack([views[t, i].mean(0) for i in enrolled[t]])) for t in things]
            heads = []
            for index in range(len(things)):
                hard = np.concatenate(means[:index]) if index else np.zeros((0, len(space.mean)))
                heads.append(head(own[index], space.bank, hard, 0.01 if shots == 1 else 0.005))
            weights, biases = np.stack([w for w, _ in heads]), np.array([b for _, b in heads])
            rules = {"nearest photo": lambda x: np.array([(p @ x).max() for p in photos])}
            for name, rows in (("ridge of photos", photos), ("ridge of means", means)):
                for penalty in arguments.penalties:
                    rules[f"{name}, {penalty:g}"] = lambda x, w=ridge(rows, penalty): w @ x
            asked = [({t}, x) for t in things for i, x in enumerate(seen[t]) if i not in enrolled[t]]
            asked += [({a, b}, x) for a, i, b, j, x in pairs if i not in enrolled[a] and j not in enrolled[b]]
            for rule, likeness in rules.items():
                for present, picture in asked:
                    fired = set()
                    for x in picture:
                        firing = np.where(weights @ x + biases >= 0)[0]
                        if len(firing):
                            fired.add(things[firing[np.argmax(likeness(x)[firing])]])
                    kind = ("one" if len(present) == 1 else "two") + (" development" if present <= set(DEVELOPMENT) else "")
                    total = counts.setdefault(rule, {}).setdefault(kind, np.zeros(3))
                    total += [len(fired & present), len(fired - present), len(present - fired)]
        for rule, kinds in counts.items():
            f1 = {kind: round(2 * hit / (2 * hit + wrong + missing), 3) for kind, (hit, wrong, missing) in kinds.items()}
            print(json.dumps({"shots": shots, "rule": rule, "f1": f1}), flush=True)


if __name__ == "__main__":
    main()
