"""Teach the classifier words it lacks, from rendered pictures: toy, can.

ImageNet's 1000 classes have no toy (but teddies) and no can. Pictures of such things are rendered in many forms and
places (`scenes/render_words`), beside other things in the same places, so that "rendered" is not what is learned. Each
word is one more row of the classifier: logistic regression on frozen pooled features against all 1000 classes, whose
rows stay as they are.

    z = features w + b,  p(word) = exp(z_word) / (sum over classes exp(logit) + sum over words exp(z))
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

import numpy as np
import torch
from scipy.optimize import minimize
from scipy.special import logsumexp

from pocket.data import Prototypes
from pocket.export import atomic, write_config, write_words
from pocket.model import CONCEPT_DEFAULTS
from pocket.vision import EfficientNetLite, load_image, preprocess
from train_pocket import split

WORDS = ["toy", "can"]
# Kinds of scenes/word.pov by seed modulo 18; the others show none of the words.
KINDS = {"toy": {0, 1, 2, 3, 4, 5, 6, 7, 17}, "can": {15, 16}}
# Captioned photos with these words may show a toy: they teach neither way.
UNSURE = {"toy", "toys", "stuffed", "doll", "dolls", "robot", "teddy"}
# ImageNet classes that are toys under another name.
OVERLAP = {"teddy", "toyshop"}


def sure(indices: list[int], names: list[str], captions: dict[str, list[str]]) -> list[int]:
    """The photos whose captions hold none of the unsure words."""
    return [i for i in indices if not UNSURE & set(" ".join(captions[names[i]]).lower().split())]


def rendered(folder: Path, encoder: EfficientNetLite) -> tuple[np.ndarray, np.ndarray]:
    """Pooled features [n, 1280] of the pictures and their mirror images, and 0 or 1 + the word's number [n]."""
    features, labels = [], []
    for path in sorted(folder.glob("[0-9]*.png")):
        pixels = preprocess(load_image(path))
        with torch.no_grad():
            features.append(encoder(torch.stack([pixels, pixels.flip(2)])).mean((2, 3)).numpy())
        kind = int(path.stem) % 18
        labels += 2 * [next((1 + n for n, word in enumerate(WORDS) if kind in KINDS[word]), 0)]
    return np.concatenate(features), np.array(labels)


def fit(groups: list[tuple[np.ndarray, np.ndarray, float]], encoder: EfficientNetLite, penalty: float) -> tuple[np.ndarray, np.ndarray]:
    """Rows [words, 1280] and biases [words] from groups of (features, labels, weight of the group)."""
    features = np.concatenate([f for f, _, _ in groups]).astype(np.float64)
    labels = np.concatenate([y for _, y, _ in groups])
    shares = np.concatenate([np.full(len(y), weight / len(y)) for _, y, weight in groups])
    rest = logsumexp(features @ encoder._fc.weight.numpy().astype(np.float64).T + encoder._fc.bias.numpy(), axis=1)
    mean, size = features.mean(0), features.std(0).mean()
    x = (features - mean) / size
    shape = (len(WORDS), x.shape[1] + 1)

    def objective(flat: np.ndarray) -> tuple[float, np.ndarray]:
        rows = flat.reshape(shape)
        z = np.concatenate([rest[:, None], x @ rows[:, :-1].T + rows[:, -1]], 1)
        log_p = z - logsumexp(z, axis=1, keepdims=True)
        value = -(shares * log_p[np.arange(len(labels)), labels]).sum() + penalty / 2 * (rows[:, :-1] ** 2).sum()
        slope = shares[:, None] * (np.exp(log_p) - np.eye(shape[0] + 1)[labels])
        gradient = np.concatenate([slope[:, 1:].T @ x + penalty * rows[:, :-1], slope[:, 1:].sum(0)[:, None]], 1)
        return value, gradient.ravel()

    rows = minimize(objective, np.zeros(shape).ravel(), jac=True, method="L-BFGS-B", options={"maxiter": 500}).x.reshape(shape)
    weight = rows[:, :-1] / size
    return weight, rows[:, -1] - weight @ mean


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="model directory: classes.json is extended, words.safetensors written")
    parser.add_argument("--pictures", type=Path, required=True, help="folder of scenes/render_words")
    parser.add_argument("--features", type=Path, required=True, help="folder of extract_features.py and extract_crops.py")
    parser.add_argument("--photos", type=Path, required=True, help="folder with captions.json of the captioned photos")
    parser.add_argument("--penalty", type=float, default=0.01)
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    encoder = EfficientNetLite.load("lite2", arguments.model / "efficientnet-lite.pth")
    classes = [c for c in json.loads((arguments.model / "classes.json").read_text()) if c["name"] not in WORDS]

    pictures, labels = rendered(arguments.pictures, encoder)
    names = json.loads((arguments.features / "names.json").read_text())
    captions = json.loads((arguments.photos / "captions.json").read_text())
    maps = np.load(arguments.features / "maps.npy", mmap_mode="r")
    train, held_out = split(names)
    photos = np.asarray(maps[sure(train, names, captions)]).astype(np.float32).mean(2).reshape(-1, 1280)
    crops = np.load(arguments.features / "crops.npy").astype(np.float32).mean(1)
    pooled = np.asarray(maps[train, 0]).astype(np.float32).mean(1)
    prototypes = Prototypes(encoder._fc.weight.numpy(), encoder._fc.bias.numpy(), pooled)
    generator = random.Random(1)
    means = np.stack([prototypes.pooled(i, generator) for i, c in enumerate(classes) if c["name"] not in OVERLAP for _ in range(2)])

    def none(features: np.ndarray, weight: float) -> tuple[np.ndarray, np.ndarray, float]:
        return features, np.zeros(len(features), int), weight

    groups = [(pictures[labels == n], labels[labels == n], 1.0) for n in range(1, 1 + len(WORDS))]
    groups += [none(pictures[labels == 0], 0.3), none(photos, 0.35), none(crops, 0.15), none(means, 0.2)]
    weight, bias = fit(groups, encoder, arguments.penalty)

    write_words(arguments.model, weight, bias)
    listed = classes + [{"name": word, "tag": word} for word in WORDS]
    atomic(arguments.model / "classes.json", lambda p: p.write_text("[\n" + ",\n".join(json.dumps(c) for c in listed) + "\n]\n"))
    lora = json.loads((arguments.model / "config.json").read_text())["language"]["lora"]
    write_config(arguments.model, lora["rank"], lora["scale"], CONCEPT_DEFAULTS)

    encoder.extend(arguments.model / "words.safetensors")
    clean = sure(held_out, names, captions)
    for title, features in (("rendered", pictures), ("held-out photos", np.asarray(maps[clean, 0]).astype(np.float32).mean(1))):
        p = torch.softmax(encoder.classify(torch.from_numpy(features)), -1)[:, len(classes):].numpy()
        said = np.where(p.max(1) > 0.5, 1 + p.argmax(1), 0)
        right = (said == labels).mean() if title == "rendered" else (said == 0).mean()
        print(f"{title}: {right:.3f} right of {len(said)}")


if __name__ == "__main__":
    main()
