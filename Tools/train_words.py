"""Teach the classifier words it lacks, from rendered pictures: toy, can, and backpacks as people carry them.

ImageNet's 1000 classes have no toy (but teddies) and no can, and its backpacks give way to the clothes beside them.
Pictures of such things are rendered in many forms and places (`scenes/render_words`), and alone, laid over the captioned
training photos (`extract_pictures.py`); beside other things in the same places, so that "rendered" is not what is learned. Each word
is one more row of the classifier: logistic regression on frozen pooled features against all 1000 classes, whose rows
stay as they are.

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

from extract_pictures import sure
from pocket.data import Prototypes
from pocket.export import atomic, write_config, write_words
from pocket.model import CONCEPT_DEFAULTS
from pocket.vision import EfficientNetLite
from train_pocket import split

# Name in the list of classes, and the word.
WORDS = {"toy": "toy", "can": "can", "carried backpack": "backpack"}
# ImageNet classes that are the same under another name.
OVERLAP = {"teddy", "toyshop", "backpack", "mailbag"}


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
    parser.add_argument("--features", type=Path, required=True, help="folder of extract_features.py, extract_crops.py and extract_pictures.py")
    parser.add_argument("--photos", type=Path, required=True, help="folder with captions.json of the captioned photos")
    parser.add_argument("--penalty", type=float, default=0.1)
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    encoder = EfficientNetLite.load("lite2", arguments.model / "efficientnet-lite.pth")
    classes = [c for c in json.loads((arguments.model / "classes.json").read_text()) if c["name"] not in WORDS]

    names = json.loads((arguments.features / "names.json").read_text())
    captions = json.loads((arguments.photos / "captions.json").read_text())
    maps = np.load(arguments.features / "maps.npy", mmap_mode="r")
    train, held_out = split(names)
    pictures = np.load(arguments.features / "pictures.npy").astype(np.float32).mean(1)
    numbers = {word: 1 + n for n, word in enumerate(WORDS.values())}
    shown = json.loads((arguments.features / "pictures.json").read_text())
    labels, laid = np.array([numbers.get(word, 0) for word in shown["words"]]), np.array(shown["laid"])
    photos = np.asarray(maps[sure(train, names, captions)]).astype(np.float32).mean(2).reshape(-1, 1280)
    crops = np.load(arguments.features / "crops.npy").astype(np.float32).mean(1)
    pooled = np.asarray(maps[train, 0]).astype(np.float32).mean(1)
    prototypes = Prototypes(encoder._fc.weight.numpy(), encoder._fc.bias.numpy(), pooled)
    generator = random.Random(1)
    means = np.stack([prototypes.pooled(i, generator) for i, c in enumerate(classes) if c["name"] not in OVERLAP for _ in range(2)])

    def none(features: np.ndarray, weight: float) -> tuple[np.ndarray, np.ndarray, float]:
        return features, np.zeros(len(features), int), weight

    # Scenes weigh as much as the things laid over photos, which are more.
    groups = [
        (pictures[chosen], labels[chosen], 0.5 if n else 0.15)
        for n in range(1 + len(WORDS)) for chosen in ((labels == n) & laid, (labels == n) & ~laid)
    ]
    groups += [none(photos, 0.35), none(crops, 0.15), none(means, 0.2)]
    weight, bias = fit(groups, encoder, arguments.penalty)

    write_words(arguments.model, weight, bias)
    listed = classes + [{"name": name, "tag": word} for name, word in WORDS.items()]
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
