"""The prompt templates of pocket: one source for training, export and golden files."""

from __future__ import annotations

import math

import numpy as np

STOP = "<|im_end|>"
PROMPT = {
    "prefix": "<|im_start|>Objects: {tags}.\n",
    "caption": "\nCaption:",
    "caption_named": "\nCaption of {names}:",
    "question": "\nQuestion: {question}\nAnswer:",
    "question_named": "\nQuestion about {names}: {question}\nAnswer:",
    "separator": ", ",
    "names_separator": " and ",
    "stop": [STOP],
}
# Where a sketch is drawn, its words stand behind the tags.
SKETCHED = PROMPT | {"prefix": "<|im_start|>Objects: {tags}. Seen: {sketch}.\n"}
TAG_COUNT = 3
TAG_MINIMUM = 0.03


def prefix_text(tags: list[str], sketch: str | None = None) -> str:
    template = PROMPT if sketch is None else SKETCHED
    return template["prefix"].format(tags=PROMPT["separator"].join(tags), sketch=sketch)


def suffix_text(names: list[str] | None = None, question: str | None = None) -> str:
    """The text between the visual (and concept) rows and the answer."""
    kind = ("question" if question else "caption") + ("_named" if names else "")
    return PROMPT[kind].format(names=PROMPT["names_separator"].join(names or []), question=question)


class Tagger:
    """Turns class logits into everyday tags: probabilities of equal tags are summed.

    Logits may lack the words at the end of the list that the classifier was extended by.
    """

    def __init__(self, classes: list[dict[str, str]]):
        first: dict[str, int] = {}
        for row in classes:
            first.setdefault(row["tag"], len(first))
        self.names = list(first)
        self.index = np.array([first[row["tag"]] for row in classes])

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """[classes] logits to [tags] probabilities, tags in the order of their first class."""
        weights = np.exp(logits.astype(np.float64) - logits.max())
        return np.bincount(self.index[: len(weights)], weights / math.fsum(weights), len(self.names))

    def __call__(self, logits: np.ndarray) -> list[tuple[str, float]]:
        found = self.probabilities(logits)
        order = np.argsort(-found, kind="stable")[:TAG_COUNT]
        return [(self.names[i], float(found[i])) for n, i in enumerate(order) if n == 0 or found[i] >= TAG_MINIMUM]
