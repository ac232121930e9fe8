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


def losses(speaker: Speaker, cases, rows, suffixes, targets) -> tuple[torch.Tensor, torch.Tensor, int]:
    """Mean cross-entropy over target tokens, the attention-row regulariser, and the number of keys it averages over.

    `rows` is one tensor [c, width] a picture. Sequences are padded at the right, so that the longest sets the keys.
    """
    language = speaker.model.language
    sequences, spots, labels, places = [], [], [], []
    with torch.no_grad():
        visual = speaker.model.projector(torch.stack([case.features for case in cases]))
    for case, tokens, concept, suffix, target in zip(cases, visual, rows, suffixes, targets):
        concept = F.normalize(concept, dim=-1) * tokens[0].norm()
        before = torch.cat([language.embed[speaker.ids(prefix_text(case.tags))], tokens])
        answer = speaker.ids(" " + target) + [speaker.stop]
        text = speaker.ids(suffix) + answer[:-1]
        sequences.append(torch.cat([before, concept, language.embed[text]]))
        places.append(range(len(before), len(before) + len(concept)))
        spots.append(range(len(sequences[-1]) - len(answer), len(sequences[-1])))
        labels.append(answer)
    longest = max(map(len, sequences))
    x = torch.stack([F.pad(s, (0, 0, 0, longest - len(s))) for s in sequences])
    causal = torch.full((longest, longest), -torch.inf).triu(1)[None, None].expand(len(sequences), 1, -1, -1)
    attention: list[torch.Tensor] = []
    hidden = language(x, torch.arange(longest)[None].expand(len(sequences), -1), causal, attention=attention)
    chosen = torch.cat([h[list(s)] for h, s in zip(hidden, spots)])
    cross_entropy = F.cross_entropy(language.logits(chosen), torch.tensor([t for answer in labels for t in answer]))
    regulariser = sum(a[n, :, list(place)].square().mean((0, 2)).sum() for a in attention for n, place in enumerate(places))
    return cross_entropy, regulariser, longest


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
    rows = start.clone().requires_grad_(True)
    optimizer = torch.optim.AdamW([rows], lr=rate, weight_decay=1e-4)
    kept = {}
    for step in range(1, steps + 1):
        targets = [rng.choice(case.captions) for case in cases]
        cross_entropy, regulariser, _ = losses(speaker, cases, [rows] * len(cases), [suffix_text(prompt)] * len(cases), targets)
        (cross_entropy + weight * regulariser).backward()
        torch.nn.utils.clip_grad_norm_([rows], clip)
        optimizer.step()
        optimizer.zero_grad()
        if step in keep or step == steps:
            kept[step] = rows.detach().clone()
    return kept
