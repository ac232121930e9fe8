"""CIDEr-D, and whether a caption names a thing."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from pathlib import Path

# The things of Docs/splits.md that settings may look at.
DEVELOPMENT = ["cat", "can", "dog3", "duck_toy", "robot_toy", "backpack"]
# Words that name the thing as well as the class noun does; written by common sense before any caption was read. One list for
# the evaluation and for the tools.
SYNONYMS = json.loads((Path(__file__).parents[2] / "Sources" / "Evaluation" / "Synonyms.json").read_text())


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower())


def names(caption: str, noun: str) -> bool:
    """Whether the caption holds the noun or one of its synonyms as a word."""
    return bool(set(words(caption)) & set(SYNONYMS[noun]))


def grams(text: str) -> list[Counter]:
    tokens = words(text)
    return [Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)) for n in range(1, 5)]


def cider_d(candidates: list[str], references: list[list[str]], sigma: float = 6.0) -> float:
    """CIDEr-D (Vedantam et al.) with document frequencies from the references; the usual factor 10, so 1.0 is 100."""
    found = [[grams(r) for r in group] for group in references]
    frequency: Counter = Counter()
    for group in found:
        frequency.update({g for reference in group for n in range(4) for g in reference[n]})
    total = math.log(len(references))

    def vector(counts: Counter) -> tuple[dict, float]:
        weights = {g: c * (total - math.log(max(1.0, frequency[g]))) for g, c in counts.items()}
        return weights, math.sqrt(sum(w * w for w in weights.values()))

    scores = []
    for candidate, group in zip(candidates, found):
        mine, score = grams(candidate), 0.0
        for reference in group:
            gap = sum(mine[0].values()) - sum(reference[0].values())
            for n in range(4):
                (a, size_a), (b, size_b) = vector(mine[n]), vector(reference[n])
                if size_a and size_b:
                    overlap = sum(min(w, b[g]) * b[g] for g, w in a.items() if g in b)
                    score += overlap / (size_a * size_b) * math.exp(-(gap**2) / (2 * sigma**2)) / 4
        scores.append(10 * score / len(group))
    return sum(scores) / len(scores)
