"""Run the frozen vision encoder over the captioned photos, several augmented views each, and store the maps.

Writes `maps.npy` F16 [photos, views, 49, 1280] (view 0 is the plain preprocessing) and `names.json` (file names, sorted)
to the output folder.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageEnhance

from pocket.vision import EfficientNetLite, load_image, preprocess


def augment(image: Image.Image, rng: random.Random) -> Image.Image:
    """A random crop (at least half of the area), mirror image and mild change of colour."""
    scale = rng.uniform(0.5, 1.0) ** 0.5
    stretch = rng.uniform(0.85, 1.18)
    width = min(image.width, round(image.width * scale * stretch))
    height = min(image.height, round(image.height * scale / stretch))
    left, top = rng.randint(0, image.width - width), rng.randint(0, image.height - height)
    image = image.crop((left, top, left + width, top + height))
    if rng.random() < 0.5:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    for enhancer in (ImageEnhance.Brightness, ImageEnhance.Color, ImageEnhance.Contrast):
        image = enhancer(image).enhance(rng.uniform(0.75, 1.25))
    return image


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, help="folder with images/ and captions.json")
    parser.add_argument("--encoder", type=Path, required=True, help="EfficientNet-Lite state dictionary")
    parser.add_argument("--variant", default="lite2")
    parser.add_argument("--views", type=int, default=5)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()

    names = sorted(json.loads((arguments.photos / "captions.json").read_text()))
    encoder = EfficientNetLite.load(arguments.variant, arguments.encoder)
    rng = random.Random(arguments.seed)
    maps = np.zeros((len(names), arguments.views, 49, 1280), np.float16)
    for index, name in enumerate(names):
        image = load_image(arguments.photos / "images" / name)
        views = [image] + [augment(image, rng) for _ in range(arguments.views - 1)]
        with torch.no_grad():
            found = encoder(torch.stack([preprocess(view) for view in views]))
            maps[index] = found.flatten(2).transpose(1, 2).numpy()
        if index % 100 == 0:
            print(f"{index}/{len(names)}", flush=True)
    arguments.out.mkdir(parents=True, exist_ok=True)
    np.save(arguments.out / "maps.npy", maps)
    (arguments.out / "names.json").write_text(json.dumps(names))


if __name__ == "__main__":
    main()
