"""Feature maps of the rendered pictures: scenes once, things alone laid over two captioned training photos each.

Writes `pictures.npy` F16 [views, 49, 1280], each view followed by its mirror image, and `pictures.json`, the word of each
view (null where it shows none) and whether it is laid over a photo, next to the other features.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageEnhance, ImageFilter

from pocket.vision import EfficientNetLite, load_image, preprocess
from train_pocket import split

# Words of the kinds of scenes/word.pov, by seed modulo 20.
KINDS = ["toy"] * 8 + ["teapot", "teapot", "mug", "apple", "bottle", "vase", None, "can", "can", "toy", "backpack", "backpack"]
# Photos whose captions hold one of these may show one of the words: nothing is laid over them.
UNSURE = {"toy", "toys", "stuffed", "doll", "dolls", "robot", "teddy", "backpack", "backpacks", "bag", "bags", "pack", "packs", "cans", "soda"}


def sure(indices: list[int], names: list[str], captions: dict[str, list[str]]) -> list[int]:
    """The photos whose captions hold none of the unsure words."""
    return [i for i in indices if not UNSURE & set(" ".join(captions[names[i]]).lower().split())]


def laid_over(cut: Image.Image, photo: Image.Image, rng: random.Random, size: int = 320) -> Image.Image:
    """The thing of a picture with alpha, large or small, somewhere on a sharp or blurred part of a photo."""
    edge = min(photo.size)
    side = int(edge * rng.uniform(0.5, 1.0))
    left, top = rng.randint(0, photo.width - side), rng.randint(0, photo.height - side)
    ground = photo.crop((left, top, left + side, top + side)).resize((size, size), Image.Resampling.BILINEAR)
    if rng.random() < 0.6:
        ground = ground.filter(ImageFilter.GaussianBlur(rng.uniform(1, 7)))
    thing = cut.crop(cut.getchannel("A").getbbox())
    scale = size * rng.uniform(0.4, 0.95) / max(thing.size)
    thing = thing.resize([max(8, round(s * scale)) for s in thing.size], Image.Resampling.LANCZOS)
    alpha = thing.getchannel("A")
    thing = ImageEnhance.Brightness(thing.convert("RGB")).enhance(rng.uniform(0.6, 1.3))
    ground.paste(thing, (rng.randint(0, size - thing.width), rng.randint(0, size - thing.height)), alpha)
    return ground


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="model directory with the encoder")
    parser.add_argument("--pictures", type=Path, required=True, help="folder of scenes/render_words")
    parser.add_argument("--features", type=Path, required=True, help="folder of extract_features.py, written to")
    parser.add_argument("--photos", type=Path, required=True, help="folder with the captioned photos")
    parser.add_argument("--seed", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    encoder = EfficientNetLite.load("lite2", arguments.model / "efficientnet-lite.pth")
    names = json.loads((arguments.features / "names.json").read_text())
    captions = json.loads((arguments.photos / "captions.json").read_text())
    grounds = [arguments.photos / "images" / names[i] for i in sure(split(names)[0], names, captions)]
    rng = random.Random(arguments.seed)
    maps, words, laid = [], [], []
    for path in sorted(arguments.pictures.glob("*[0-9].png")):
        if path.stem.startswith("c"):
            with Image.open(path) as cut:
                if cut.getchannel("A").getbbox() is None:  # kind 14 shows nothing
                    continue
                views = [laid_over(cut, load_image(rng.choice(grounds)), rng) for _ in range(2)]
        else:
            views = [load_image(path)]
        for view in views:
            pixels = preprocess(view)
            with torch.no_grad():
                found = encoder(torch.stack([pixels, pixels.flip(2)]))
            maps.append(found.flatten(2).transpose(1, 2).numpy().astype(np.float16))
            words += 2 * [KINDS[int(path.stem.lstrip("c")) % len(KINDS)]]
            laid += 2 * [path.stem.startswith("c")]
    np.save(arguments.features / "pictures.npy", np.concatenate(maps))
    (arguments.features / "pictures.json").write_text(json.dumps({"words": words, "laid": laid}))
    print(f"{len(words)} views")


if __name__ == "__main__":
    main()
