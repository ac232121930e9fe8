"""Pictures of several sizes and modes, and how a picture file is read: turned by EXIF, alpha over white."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps


def scene(generator: np.random.Generator, width: int, height: int, channels: int = 3) -> np.ndarray:
    """Soft shapes with noise: edges for the resize, nothing that saturates."""
    y, x = np.mgrid[0:height, 0:width]
    planes = []
    for _ in range(channels):
        waves = sum(
            generator.uniform(10, 60) * np.sin(x * generator.uniform(0.02, 0.6) + y * generator.uniform(0.02, 0.6) + generator.uniform(0, 6))
            for _ in range(3)
        )
        planes.append(generator.uniform(90, 160) + waves + generator.normal(0, 12, (height, width)))
    return np.clip(np.stack(planes, -1), 0, 255).astype(np.uint8)


def write(folder: Path, seed: int, few: bool = False) -> list[str]:
    """Writes the pictures and returns their paths relative to the folder's parent."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(seed)
    odd = lambda low, high: int(generator.integers(low, high)) | 1  # noqa: E731
    made: dict[str, tuple[Image.Image, dict]] = {
        "wide.png": (Image.fromarray(scene(generator, odd(90, 140), odd(50, 70))), {}),
        "alpha.png": (Image.fromarray(scene(generator, 61, 83, 4), "RGBA"), {}),
        "turned.jpg": (Image.fromarray(scene(generator, 97, 64)), {"quality": 90, "exif": orientation(6)}),
        # Reduced far more in height than in width: Pillow then goes vertically first.
        "tall.jpg": (Image.fromarray(scene(generator, odd(40, 60), odd(200, 260))), {"quality": 80}),
    }
    if not few:
        made |= {
            "grey.png": (Image.fromarray(scene(generator, 75, 75, 1)[:, :, 0], "L"), {}),
            "grey.jpg": (Image.fromarray(scene(generator, 120, 91, 1)[:, :, 0], "L"), {"quality": 85}),
            "mirrored.jpg": (Image.fromarray(scene(generator, 130, 111)), {"quality": 95, "subsampling": 0, "exif": orientation(5)}),
            "palette.png": (Image.fromarray(scene(generator, 66, 100)).quantize(64), {}),
            "large.png": (Image.fromarray(scene(generator, 641, 479)), {}),
            "tiny.png": (Image.fromarray(scene(generator, 9, 13)), {}),
        }
    for name, (image, options) in made.items():
        image.save(folder / name, **options)
    return [f"{folder.name}/{name}" for name in made]


def write_narrow(folder: Path, seed: int) -> list[str]:
    """Pictures of ratios that few photos have: rounding of the shorter side matters there."""
    generator = np.random.default_rng(seed + 1000)
    sizes = {"ribbon.png": (311, 9), "pole.png": (7, 203), "square.png": (51, 51), "nearly.png": (100, 99), "slim.png": (99, 100)}
    for name, (width, height) in sizes.items():
        Image.fromarray(scene(generator, width, height)).save(folder / name)
    return [f"{folder.name}/{name}" for name in sizes]


def orientation(value: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = value
    return exif


def read(path: Path) -> Image.Image:
    image = ImageOps.exif_transpose(Image.open(path))
    if image.mode in ("RGBA", "LA") or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, (255, 255, 255, 255))
        image = over_white(image, white)
    return image.convert("RGB")


def over_white(image: Image.Image, white: Image.Image) -> Image.Image:
    """Straight alpha over white, rounded to nearest."""
    pixels = np.asarray(image).astype(np.int64)
    alpha = pixels[:, :, 3:]
    levels = (pixels[:, :, :3] * alpha + 255 * (255 - alpha) + 127) // 255
    return Image.fromarray(levels.astype(np.uint8), "RGB")
