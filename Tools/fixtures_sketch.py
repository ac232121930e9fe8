"""Write small random sketches with what PyTorch makes of them, for the tests of the engine's sketch.

Each file holds the tensors, a picture's map and tags, the logits of a given line of words, and the words that the search finds.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

import torch
from safetensors.torch import save_file

from pocket.sketch import CAPTION, CELLS, END, SPECIAL, TAGS, Sketch, SketchShape, Vocabulary

WORDS = "a man dog in the snow red table teddy bear can on with sitting grass is 's hat blue two".split()
NAMES = ["teddy bear", "can", "unheard of"]
CHANCES = [0.5, 0.25, 0.04]


def write(folder: Path, seed: int) -> None:
    torch.manual_seed(seed)
    words = SPECIAL + sorted(WORDS)
    vocabulary = Vocabulary(words)
    shape = SketchShape(features=10, width=24, heads=2 + seed % 2, layers=1 + seed, inner=40, longest=12)
    tags = [[n for n in (vocabulary.numbers.get(w) for w in name.split()) if n is not None] or [0] for name in NAMES]
    sketch = Sketch(shape, vocabulary, tags).eval()
    with torch.no_grad():
        for parameter in sketch.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.4)
        sketch.bias[END] -= 4
        # As in the weights that are shipped: numbers of half precision.
        for parameter in sketch.parameters():
            parameter.copy_(parameter.half().float())
        seen = torch.rand(1, CELLS, shape.features)
        memory = sketch.memory(seen, torch.arange(TAGS)[None], torch.tensor([CHANCES]))
        line = [CAPTION] + [random.Random(seed).randrange(len(SPECIAL), len(words)) for _ in range(6)]
        logits = sketch.logits(sketch.hidden(torch.tensor([line]), memory))[0]
        found = {f"expected.caption.{beams}": torch.tensor(sketch.search(memory, beams, 9, 0.7)[0][1], dtype=torch.int64) for beams in (1, 3, 5)}
        # A tag that the caption lacks, beginning with it; the same picture where it is not certain enough.
        words_of = [vocabulary.numbers.get(w) for w in ("a", "teddy", "bear")]
        found["expected.begun"] = torch.tensor(sketch.search(memory, 3, 9, 0.7, [words_of])[0][1], dtype=torch.int64)
        found["expected.score"] = torch.tensor([sketch.search(memory, 3, 9, 0.7)[0][0]])
    tensors = {name: value.detach().half().contiguous() for name, value in sketch.state_dict().items()}
    tensors |= {"input.map": seen[0], "input.line": torch.tensor(line), "expected.logits": logits, **found}
    save_file(tensors, folder / f"sketch-{seed}.safetensors", {"heads": str(shape.heads)})
    (folder / "sketch-words.json").write_text(json.dumps(words) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fixtures", type=Path, required=True)
    for seed in range(3):
        write(parser.parse_args().fixtures, seed)


if __name__ == "__main__":
    main()
