"""Reference numbers of the vision encoder on a picture that is a formula, for EfficientNetLiteTests.

Usage: python Tools/fixtures_vision.py MODEL_DIRECTORY [OUT]   (default Tests/VLMTests/Fixtures/encoder.json)
"""
import json
import pathlib
import sys

import torch

from pocket.vision import EfficientNetLite


def main() -> None:
    directory = pathlib.Path(sys.argv[1])
    out = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else "Tests/VLMTests/Fixtures/encoder.json")
    config = json.loads((directory / "config.json").read_text())["vision"]
    size = config["image_size"]
    model = EfficientNetLite.load(config["variant"], directory / config["file"])
    # Pixel (row y, column x, channel c) is ((7 y + 13 x + 29 c) mod 255) / 127.5 - 1: exact in every language.
    y, x, c = torch.meshgrid(torch.arange(size), torch.arange(size), torch.arange(3), indexing="ij")
    pixels = ((7 * y + 13 * x + 29 * c) % 255).float() / 127.5 - 1
    with torch.no_grad():
        feature = model(pixels.permute(2, 0, 1)[None])[0]
        pooled = feature.mean(dim=(1, 2))
        logits = model.classify(pooled)
    rows = feature.permute(1, 2, 0).reshape(-1, feature.shape[0])
    out.write_text(json.dumps({
        "variant": config["variant"], "size": size, "pooled": pooled.tolist(), "logits": logits.tolist(),
        "row": 10, "map_row": rows[10].tolist(),
    }))


if __name__ == "__main__":
    main()
