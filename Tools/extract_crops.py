"""Small crops of the training photos with their feature maps: real maps of things, labelled by the encoder's own classifier.

Writes `crops.npy` F16 [crops, 49, 1280] and `crop_photos.json` (index of the photo) next to the other features.
Only crops whose first tag has at least half of the probability are kept; the photos themselves are mostly of people and dogs.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

import numpy as np
import torch

from pocket.prompts import Tagger
from pocket.vision import EfficientNetLite, load_image, preprocess
from train_pocket import split


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--features", type=Path, required=True, help="folder of extract_features.py, written to")
    parser.add_argument("--crops", type=int, default=4, help="crops tried a photo")
    parser.add_argument("--seed", type=int, default=13)
    arguments = parser.parse_args()

    names = json.loads((arguments.features / "names.json").read_text())
    encoder = EfficientNetLite.load("lite2", arguments.model / "efficientnet-lite.pth")
    tagger = Tagger(json.loads((arguments.model / "classes.json").read_text()))
    rng = random.Random(arguments.seed)
    maps, photos, dogs = [], [], 0
    for index in split(names)[0]:
        image = load_image(arguments.photos / "images" / names[index])
        tries = []
        for _ in range(arguments.crops):
            width, height = (round(side * rng.uniform(0.35, 0.65)) for side in image.size)
            left, top = rng.randint(0, image.width - width), rng.randint(0, image.height - height)
            tries.append(preprocess(image.crop((left, top, left + width, top + height))))
        with torch.no_grad():
            found = encoder(torch.stack(tries))
            scores = encoder.classify(found.mean((2, 3))).numpy()
        for seen, score in zip(found.flatten(2).transpose(1, 2).numpy(), scores):
            tag, probability = tagger(score)[0]
            # Dogs are in plenty already: one crop in six is kept.
            dogs += tag == "dog"
            if probability >= 0.5 and (tag != "dog" or dogs % 6 == 0):
                maps.append(seen.astype(np.float16))
                photos.append(index)
    np.save(arguments.features / "crops.npy", np.stack(maps))
    (arguments.features / "crop_photos.json").write_text(json.dumps(photos))
    print(f"{len(photos)} crops kept")


if __name__ == "__main__":
    main()
