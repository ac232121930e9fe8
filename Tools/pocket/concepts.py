"""Training of concept rows through the frozen model (MyVLM): losses, one optimisation, and row initialisations."""

from __future__ import annotations

import random
from dataclasses import dataclass

import torch
from torch.nn import functional as F

from .model import Speaker
from .prompts import prefix_text, suffix_text


@dataclass
class Case:
    """A picture with its captions, which already hold the identifier."""

    features: torch.Tensor
    tags: list[str]
    captions: list[str]
    sketch: str | None = None


class Prefixes:
    """The keys and values of some pictures' tags and visual rows, computed once: nothing in them depends on a concept."""

    @torch.no_grad()
    def __init__(self, speaker: Speaker, cases: list[Case]):
        language = speaker.model.language
        visual = speaker.model.visual(torch.stack([case.features for case in cases]))
        rows = [torch.cat([language.embed[speaker.ids(prefix_text(case.tags, case.sketch))], tokens]) for case, tokens in zip(cases, visual)]
        self.lengths = torch.tensor([len(r) for r in rows])
        longest = int(self.lengths.max())
        pads = longest - self.lengths
        x = torch.stack([F.pad(r, (0, 0, p, 0)) for r, p in zip(rows, pads.tolist())])
        # Real positions only; padding rows on the left still see themselves, so that no softmax is empty.
        valid = torch.arange(longest)[None] >= pads[:, None]
        visible = (valid[:, None, :] & torch.ones(longest, longest, dtype=torch.bool).tril()) | torch.eye(longest, dtype=torch.bool)
        self.cache: list = []
        language(x, (torch.arange(longest)[None] - pads[:, None]).clamp(min=0), bias(visible)[:, None], self.cache)
        self.valid, self.norms = valid, visual[:, 0].norm(dim=-1)


def bias(visible: torch.Tensor) -> torch.Tensor:
    return torch.zeros(visible.shape).masked_fill(~visible, -1e9)


def losses(speaker: Speaker, prefixes: Prefixes, concept: torch.Tensor, suffix: str, targets: list[str]) -> tuple[torch.Tensor, torch.Tensor, list[int]]:
    """Mean cross-entropy over target tokens, the attention-row regulariser, and the keys it averages over by picture.

    `concept` is [rows, width], shared by all pictures. The regulariser is summed over layers, pictures and rows, each
    term the mean over heads and the picture's input positions of the squared attention of that row.
    """
    language, count = speaker.model.language, len(concept)
    directions = F.normalize(concept, dim=-1)
    answers = [speaker.ids(" " + target) + [speaker.stop] for target in targets]
    texts = [speaker.ids(suffix) + answer[:-1] for answer in answers]
    longest = count + max(map(len, texts))
    x = torch.stack([
        F.pad(torch.cat([directions * norm, language.embed[text]]), (0, 0, 0, longest - count - len(text))) for norm, text in zip(prefixes.norms, texts)
    ])
    causal = torch.ones(longest, longest, dtype=torch.bool).tril()
    visible = torch.cat([prefixes.valid[:, None].expand(-1, longest, -1), causal.expand(len(x), -1, -1)], -1)
    attention: list[torch.Tensor] = []
    positions = prefixes.lengths[:, None] + torch.arange(longest)[None]
    hidden = language(x, positions, bias(visible)[:, None], list(prefixes.cache), attention)
    ends = [count + len(text) for text in texts]
    chosen = torch.cat([h[end - len(answer) : end] for h, answer, end in zip(hidden, answers, ends)])
    cross_entropy = F.cross_entropy(language.logits(chosen).float(), torch.tensor([t for answer in answers for t in answer]))
    keys = [int(length) + end for length, end in zip(prefixes.lengths, ends)]
    squares = sum(a[:, :, :count].float().square().sum((2, 3)).mean(1) for a in attention)
    return cross_entropy, (squares / torch.tensor(keys)).sum(), keys


def initial_rows(speaker: Speaker, kind: str, count: int, identifier: str, noun: str, norm: float, seed: int) -> torch.Tensor:
    """Rows to start from: `random` uniform [0, 1) of unit norm (as published), or the embeddings of words, cycled, of a given norm."""
    if kind == "random":
        return F.normalize(torch.rand(count, speaker.model.language.shape.width, generator=torch.Generator().manual_seed(seed)), dim=-1)
    words = {"name": [identifier], "name+noun": [identifier, noun]}[kind]
    tokens = [token for word in words for token in speaker.ids(" " + word)][:count]
    return F.normalize(speaker.model.language.embed[[tokens[i % len(tokens)] for i in range(count)]], dim=-1) * norm


def train_rows(speaker: Speaker, cases: list[Case], start: torch.Tensor, prompt: list[str] | None, steps: int, rate: float, clip: float,
               weight: float, seed: int, keep=()) -> dict[int, torch.Tensor]:
    """AdamW on the rows; one drawn caption a picture and step. Returns the rows after the steps in `keep` and the last."""
    rng = random.Random(seed)
    prefixes, suffix = Prefixes(speaker, cases), suffix_text(prompt)
    rows = start.clone().requires_grad_(True)
    optimizer = torch.optim.AdamW([rows], lr=rate, weight_decay=1e-4)
    kept = {}
    for step in range(1, steps + 1):
        targets = [rng.choice(case.captions) for case in cases]
        cross_entropy, regulariser, _ = losses(speaker, prefixes, rows, suffix, targets)
        (cross_entropy + weight * regulariser).backward()
        torch.nn.utils.clip_grad_norm_([rows], clip)
        optimizer.step()
        optimizer.zero_grad()
        if step in keep or step == steps:
            kept[step] = rows.detach().clone()
    return kept
