"""Largest relative differences of two answers, and the bounds they must hold."""

from __future__ import annotations

import re
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

#: Of the reference's largest magnitude. Exact means equal.
EXACT = 0.0
#: Quantities in the order they are printed: pattern, name, bound at f32 and whether rounded weights (or activations) loosen it.
QUANTITIES = [
    (r"text\.|leading|prompt", "token ids of texts and prompts", EXACT, False),
    (r"image\.\d+\.pixels", "pixel values", 1e-6, False),
    (r"image\.\d+\.features", "tower features", 1e-4, True),
    (r"image\.\d+\.embedding", "image embeddings", 1e-4, True),
    (r"image\.\d+\.queries", "query outputs", 1e-4, True),
    (r"image\.\d+\.tokens", "projected tokens", 1e-4, True),
    (r"logits\.", "logits", 1e-4, True),
    (r"greedy\.", "greedy tokens", EXACT, True),
    (r"search\.", "tokens of beam searches", EXACT, True),
    (r"loss\.", "loss and regulariser", 1e-4, True),
    (r"gradient\.none", "gradient of the concept row", 1e-3, True),
    (r"gradient\.row", "gradient with the row regulariser", 1e-3, True),
    (r"gradient\.column", "gradient with the column regulariser", 1e-3, True),
    (r"training\.losses", "losses of 20 training steps", 1e-3, True),
    (r"training\.rows", "trained embedding", 1e-2, True),
]
#: What rounded weights (with 8 and 4 bits, rounded rows too) may change on these very small random models, whose rows are a few blocks long and
#: whose sums average little out: tower features and projected tokens (the tower stays in bf16 below 16 bits), logits, loss, gradients. Greedy
#: tokens and the end of a training are printed but not bounded: one token that flips changes everything after it.
LOOSE = {
    "f16": (3e-3, 5e-3, 2e-4, 5e-3),
    "bf16": (2e-2, 5e-2, 2e-3, 5e-2),
    "int8": (2e-2, 1e-1, 5e-3, 1e-1),
    "q4": (2e-2, 5e-1, 3e-2, 8e-1),
}
LOOSE |= {"q8_0": LOOSE["int8"], "q4_0": LOOSE["q4"], "q4_1": LOOSE["q4"]}


def bounds(dtype: str) -> list[tuple[str, str, float | None]]:
    if dtype == "f32":
        return [(pattern, name, bound) for pattern, name, bound, _ in QUANTITIES]
    seen, logits, loss, gradient = LOOSE[dtype]
    kinds = {"tower features": seen, "image embeddings": seen, "query outputs": seen, "projected tokens": seen, "logits": logits, "loss and regulariser": loss}
    result = []
    for pattern, name, bound, rounded in QUANTITIES:
        if rounded:
            bound = gradient if name.startswith("gradient") else kinds.get(name)
        result.append((pattern, name, bound))
    return result


def store(tensors: dict[str, torch.Tensor], path: Path) -> None:
    save_file({name: value.detach().clone().contiguous() for name, value in tensors.items()}, path)


def read(path: Path) -> dict[str, torch.Tensor]:
    return load_file(path)


def difference(expected: torch.Tensor, found: torch.Tensor) -> float:
    if expected.shape != found.shape:
        return float("inf")
    if expected.dtype == torch.int64:
        return 0.0 if torch.equal(expected, found) else float("inf")
    if expected.numel() == 0:
        return 0.0
    scale = float(expected.abs().max()) or 1.0
    return float((expected.double() - found.double()).abs().max()) / scale


def report(expected: dict[str, torch.Tensor], found: dict[str, torch.Tensor], limits: list[tuple[str, str, float | None]]) -> bool:
    """Prints a line for each quantity; says whether all hold."""
    good = True
    for pattern, name, bound in limits:
        names = [key for key in expected if re.match(pattern, key)]
        if not names:
            continue
        missing = [key for key in names if key not in found]
        worst, where = max(((difference(expected[key], found[key]), key) for key in names if key in found), default=(float("inf"), "-"))
        holds = not missing and (bound is None or worst <= bound)
        good = good and holds
        limit = "not compared" if bound is None else "equal" if bound == EXACT else f"<= {bound:.0e}"
        verdict = "ok" if holds else f"FAILS at {', '.join(missing) or where}"
        print(f"{name:38} {worst:10.2e}   {limit:14} {verdict}")
    return good
