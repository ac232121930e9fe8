"""How true captions are, by what several people said of the same photo; the definition is in Docs/evaluation.md."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass

STOP = frozenset(
    "a an the is are was be being of in on at to and with by for from his her its their it he she they this that there up down out into "
    "onto over under near next some two three one while as who which has have had been other another each very front back top side off "
    "through around behind along across".split()
)
COLOURS = frozenset(
    "red blue green yellow black white brown orange pink purple grey gray tan beige gold golden silver blond blonde".split()
)
SAME = {
    "gray": "grey", "blonde": "blond", "golden": "gold", "puppy": "dog", "kid": "child", "boy": "child", "girl": "child", "toddler": "child",
    "baby": "child", "lady": "woman", "guy": "man", "people": "person", "men": "man", "women": "woman", "children": "child",
    "bike": "bicycle", "grassy": "grass", "lawn": "grass", "ocean": "sea", "kids": "child",
}
ORDERS = 4
WIDTH = 6.0


def words(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower())


def stem(word: str) -> str:
    word = SAME.get(word, word)
    for ending in ("ing", "ies", "es", "s", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            break
    if len(word) > 3 and word[-1] == word[-2]:
        word = word[:-1]
    return SAME.get(word, word).rstrip("e")


def known(references: list[str]) -> set[str]:
    """Words of the references and their stems: what a caption may say."""
    found = {word for reference in references for word in words(reference)}
    return found | {stem(word) for word in found}


@dataclass(frozen=True)
class Spoken:
    """Words of one caption by kind, and how many of each are true."""

    content: int
    content_true: int
    colours: int
    colours_true: int


def judge(caption: list[str], allowed: set[str]) -> Spoken:
    content = [word for word in caption if word not in COLOURS and word not in STOP]
    colours = [word for word in caption if word in COLOURS]
    return Spoken(
        len(content), sum(word in allowed or stem(word) in allowed for word in content),
        len(colours), sum(word in allowed or SAME.get(word) in allowed for word in colours),
    )


def grams(tokens: list) -> list[Counter]:
    return [Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)) for n in range(1, ORDERS + 1)]


class Cider:
    """CIDEr-D against a corpus whose photos give the document frequencies. Tokens may be of any kind."""

    def __init__(self, references: list[list[list]]):
        counted = [[grams(reference) for reference in group] for group in references]
        self.frequency = [Counter() for _ in range(ORDERS)]
        for group in counted:
            for n in range(ORDERS):
                self.frequency[n].update({gram for reference in group for gram in reference[n]})
        self.documents = math.log(max(2, len(references)))
        self.references = [[self.weigh(reference) for reference in group] for group in counted]

    def weigh(self, counts: list[Counter]) -> tuple[list[dict], list[float], int]:
        vectors = [
            {gram: count * (self.documents - math.log(max(1, self.frequency[n][gram]))) for gram, count in counts[n].items()}
            for n in range(ORDERS)
        ]
        return vectors, [math.sqrt(sum(w * w for w in v.values())) for v in vectors], sum(counts[0].values())

    def score(self, place: int, caption: list) -> float:
        """Of the caption of the photo at `place`; 1.0 is what the literature writes as 100."""
        mine, sizes, length = self.weigh(grams(caption))
        total = 0.0
        for vectors, others, size in self.references[place]:
            alike = math.exp(-((length - size) ** 2) / (2 * WIDTH**2))
            for n in range(ORDERS):
                if sizes[n] and others[n]:
                    there = vectors[n]
                    dot = sum(min(w, there[gram]) * there[gram] for gram, w in mine[n].items() if gram in there)
                    total += dot / sizes[n] / others[n] * alike
        return total / ORDERS / max(1, len(self.references[place])) * 10


def error(values: list[float]) -> float:
    mean = sum(values) / len(values)
    return math.sqrt(sum((v - mean) ** 2 for v in values) / max(1, len(values) - 1) / len(values))


def ratio(pairs: list[tuple[int, int]]) -> tuple[float, float]:
    """Sum of the first over sum of the second, and its standard error over the photos."""
    whole = max(1, sum(size for _, size in pairs))
    share = sum(good for good, _ in pairs) / whole
    spread = sum((good - share * size) ** 2 for good, size in pairs)
    count = len(pairs)
    return share, math.sqrt(spread * count / max(1, count - 1)) / whole


def figures(references: list[list[str]], captions: list[str]) -> dict[str, float]:
    """The figures of `captions`, one a photo, with standard errors."""
    split = [words(caption) for caption in captions]
    cider = Cider([[words(reference) for reference in group] for group in references])
    scores = [cider.score(i, caption) for i, caption in enumerate(split)]
    spoken = [judge(caption, known(group)) for caption, group in zip(split, references)]
    content, content_error = ratio([(s.content_true, s.content) for s in spoken])
    colour, colour_error = ratio([(s.colours_true, s.colours) for s in spoken])
    return {
        "cider_d": sum(scores) / len(scores), "cider_d_error": error(scores),
        "content_precision": content, "content_precision_error": content_error,
        "colour_precision": colour, "colour_precision_error": colour_error,
        "colours_said": sum(s.colours for s in spoken) / len(spoken), "words_said": sum(s.content for s in spoken) / len(spoken),
        "empty": sum(not caption for caption in split),
    }
