"""CIDEr-D, and whether a caption names a thing."""

from __future__ import annotations

import json
import re
from pathlib import Path

from .truth import Cider

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


def cider_d(candidates: list[str], references: list[list[str]]) -> float:
    """CIDEr-D (Vedantam et al.) with document frequencies from the references; the usual factor 10, so 1.0 is 100."""
    cider = Cider([[words(reference) for reference in group] for group in references])
    return sum(cider.score(place, words(candidate)) for place, candidate in enumerate(candidates)) / len(candidates)
