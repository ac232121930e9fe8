"""Run one random checkpoint through transformers (MiniGPT-v2: through PyTorch) and through this project, and compare every number on the way.

    Tools/parity.py --arch llava|llava-next|smolvlm|minigpt-v2|clip|blip2-opt|blip2-t5 --seed N [--tokens T] [--dtype f32|bf16|f16|int8|q4]
                    [--tiles] [--language llama|mistral|qwen2] [--tower clip|siglip] [--binary PATH] [--keep DIR]

A fresh small checkpoint of untied sizes is built with transformers in a temporary folder, loaded by both sides, and fed the same
picture files. Prints a line for each quantity with the largest difference relative to the reference's largest magnitude, and its bound;
exits with 1 when one does not hold. The binary is `myvlm-parity` of a release build.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

try:
    import torch
    import transformers  # noqa: F401
except ImportError as error:
    sys.exit(f"parity.py: {error}. Run Scripts/setup --parity, which installs Tools/requirements-parity.txt, and use its Python")

from parity_reference import (  # noqa: E402
    blip2, blip2_checkpoint, checkpoint, compare, llava, minigpt_v2, minigpt_v2_checkpoint, pictures, smolvlm, smolvlm_checkpoint,
)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arch", choices=["llava", "llava-next", "smolvlm", "minigpt-v2", "clip", "blip2-opt", "blip2-t5"], required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--tokens", type=int, default=32, help="length of the greedy continuation")
    parser.add_argument("--dtype", default="f32", help="how our side keeps the weights")
    parser.add_argument("--language", choices=["llama", "mistral", "qwen2"], help="default: by the seed")
    parser.add_argument("--tower", choices=["clip", "siglip"], help="default: by the seed")
    parser.add_argument("--tiles", action="store_true", help="llava-next, smolvlm: tile the pictures")
    parser.add_argument("--binary", help="default: of this checkout's release build")
    parser.add_argument("--keep", type=Path, help="leave checkpoint, request and both answers here")
    parser.add_argument("--fixture", type=Path, help="write a small fixture with the reference's numbers here and stop")
    return parser.parse_args()


def main() -> int:
    given = arguments()
    torch.manual_seed(given.seed)
    # More cost these small models more than they give: six times as much on two busy cores.
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.fixture or given.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        images = pictures.write(folder / "images", given.seed, few=given.fixture is not None)
        expected = reference(given, folder, images)
        if given.fixture:
            compare.store(expected, folder / "expected.safetensors")
            return 0
        compare.store(expected, folder / "expected.safetensors")
        binary = given.binary or binary_of_checkout()
        subprocess.run([binary, folder / "request.json", folder / "answer.safetensors"], check=True)
        found = compare.read(folder / "answer.safetensors")
        return 0 if compare.report(expected, found, compare.bounds(given.dtype)) else 1


def reference(given: argparse.Namespace, folder: Path, images: list[str]) -> dict[str, torch.Tensor]:
    """Builds the checkpoint, writes the request and returns its answer."""
    place = folder / "model"
    if given.arch == "clip":
        model = checkpoint.clip(place, given.seed)
        request, answer = llava.encoder_request(images), llava.encoder_answer
    elif given.arch.startswith("blip2"):
        model = blip2_checkpoint.build(place, given.seed, given.arch.removeprefix("blip2-"))
        blip2.choose_end(model, folder, images)
        blip2_checkpoint.save(model, place, given.seed)
        request, answer = blip2.request(model, images, given), blip2.answer
    elif given.arch == "smolvlm":
        model = smolvlm_checkpoint.build(place, given.seed)
        images = images if given.fixture else images + pictures.write_narrow(folder / "images", given.seed)
        request, answer = smolvlm.request(model, images, given), smolvlm.answer
    elif given.arch == "minigpt-v2":
        model = minigpt_v2_checkpoint.build(place, given.seed)
        request, answer = minigpt_v2.request(model, images, given), minigpt_v2.answer
    else:
        model = checkpoint.llava(
            place, given.seed, next_generation=given.arch == "llava-next", language=given.language, tower=given.tower)
        request, answer = llava.request(model, images, given), llava.answer
    (folder / "request.json").write_text(json.dumps(request))
    return answer(model, folder, request)


def binary_of_checkout() -> str:
    root = Path(__file__).resolve().parent.parent
    path = subprocess.run(
        ["swift", "build", "-c", "release", "--show-bin-path"], cwd=root, check=True, capture_output=True, text=True).stdout.strip()
    binary = Path(path) / "myvlm-parity"
    if not binary.exists():
        sys.exit(f"parity.py: {binary} is missing: run swift build -c release --product myvlm-parity")
    return str(binary)


if __name__ == "__main__":
    sys.exit(main())
