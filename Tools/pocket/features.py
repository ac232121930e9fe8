"""The frozen encoder's last map of every photo, computed once and kept in a file.

Kept is the map before the head's convolution, `[49, 352]` of half precision: a quarter of the final map, which
`HeadConvolution` computes from it. View 0 is the plain picture as the engine sees it; the others are crops and mirror images.
"""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageEnhance
from torch.nn import functional as F

from .sketch import CELLS
from .vision import EfficientNetLite, load_image, preprocess

BATCH = 16


def augment(image: Image.Image, rng: random.Random) -> Image.Image:
    """A crop of at least 70 % of the area, mirrored in most cases, a little lighter or darker."""
    scale, stretch = rng.uniform(0.7, 1.0) ** 0.5, rng.uniform(0.9, 1.11)
    width, height = min(image.width, round(image.width * scale * stretch)), min(image.height, round(image.height * scale / stretch))
    left, top = rng.randint(0, image.width - width), rng.randint(0, image.height - height)
    image = image.crop((left, top, left + width, top + height))
    if rng.random() < 0.7:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return ImageEnhance.Brightness(image).enhance(rng.uniform(0.85, 1.15))


class HeadConvolution:
    """`[..., 352]` to the final map `[..., 1280]`: the encoder's last convolution with its norm and ReLU6."""

    def __init__(self, encoder: EfficientNetLite):
        norm = encoder._bn1
        scale = norm.weight / (norm.running_var + norm.eps).sqrt()
        self.weight = (encoder._conv_head.weight[:, :, 0, 0] * scale[:, None]).contiguous()
        self.bias = norm.bias - norm.running_mean * scale

    def __call__(self, last: torch.Tensor) -> torch.Tensor:
        return F.relu6(F.linear(last.float(), self.weight, self.bias))


class Cache:
    """Maps of named pictures in one file; a run that is stopped goes on at the picture after the last that was finished."""

    def __init__(self, path: Path, names: list[str], views: int, channels: int = 352):
        self.path, self.names, self.views, self.channels = path, names, views, channels

    def open(self, encoder: EfficientNetLite, picture, progress=print) -> np.ndarray:
        """`[names, views, 49, channels]` F16, read from the file; `picture(name)` gives what is not there yet."""
        identity = hashlib.sha256(json.dumps([self.names, self.views, self.channels]).encode()).hexdigest()
        state = self.path.with_suffix(".json")
        shape = (len(self.names), self.views, CELLS, self.channels)
        done = 0
        if self.path.exists() and state.exists():
            kept = json.loads(state.read_text())
            done = kept["done"] if kept["identity"] == identity else 0
        if not done:
            np.lib.format.open_memmap(self.path, "w+", np.float16, shape)
        maps = np.lib.format.open_memmap(self.path, "r+")
        for start in range(done, len(self.names), BATCH):
            chosen = self.names[start : start + BATCH]
            pixels = []
            for place, name in enumerate(chosen, start):
                # A draw of its own for every picture: where a run was interrupted does not matter.
                rng = random.Random(7919 * place + 7)
                image = picture(name)
                pixels += [preprocess(image)] + [preprocess(augment(image, rng)) for _ in range(self.views - 1)]
            with torch.no_grad():
                found = encoder.last(torch.stack(pixels)).flatten(2).transpose(1, 2).numpy()
            maps[start : start + len(chosen)] = found.reshape(len(chosen), self.views, CELLS, self.channels)
            if start // BATCH % 16 == 15 or start + BATCH >= len(self.names):
                maps.flush()
                temporary = state.with_suffix(".part")
                temporary.write_text(json.dumps({"identity": identity, "done": start + len(chosen)}))
                temporary.replace(state)
                progress(f"features: {start + len(chosen)} of {len(self.names)}")
        return np.load(self.path, mmap_mode="r")


def photo_cache(folder: Path, names: list[str], work: Path, encoder: EfficientNetLite, views: int) -> np.ndarray:
    """The maps of a folder's photos."""
    return Cache(work / "photos.npy", names, views).open(encoder, lambda name: load_image(folder / "images" / name))
