"""Packs items into tensors: a shared prefix, then branches that see the prefix and themselves only."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from .data import Item
from .prompts import STOP, prefix_text


class Packer:
    """Needs the tokenizer and the embedding table; `concept_tokens` rows spell each concept."""

    def __init__(self, tokenizer, embed: torch.Tensor, concept_tokens: int):
        self.tokenizer, self.embed, self.concept_tokens = tokenizer, embed, concept_tokens
        self.stop = tokenizer.token_to_id(STOP)

    def ids(self, text: str) -> list[int]:
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    def concept_directions(self, words: list[str], noise: float, generator=None) -> torch.Tensor:
        """Unit rows that spell the words: their token embeddings in turn, cycled, with noise of relative size."""
        tokens = [token for word in words for token in self.ids(" " + word)][: self.concept_tokens]
        rows = F.normalize(self.embed[[tokens[i % len(tokens)] for i in range(self.concept_tokens)]], dim=-1)
        if noise:
            rows = rows + noise * torch.randn(rows.shape, generator=generator) / rows.shape[-1] ** 0.5
        return F.normalize(rows, dim=-1)

    def __call__(self, items: list[Item], visual: torch.Tensor, noise) -> dict[str, torch.Tensor]:
        """Embeddings, positions, mask and targets of a batch; `visual` is [items, 49, width], `noise()` a draw."""
        rows, layouts = [], []
        for item, tokens in zip(items, visual):
            parts = [self.embed[self.ids(prefix_text(item.tags, item.sketch))], tokens]
            length = sum(len(p) for p in parts)
            norm = tokens[0].norm()
            segments, positions, spots, labels = [0] * length, list(range(length)), [], []
            for number, branch in enumerate(item.branches, 1):
                concept = [self.concept_directions(words, noise()) * norm for words in branch.rows]
                suffix, target = self.ids(branch.suffix), self.ids(" " + branch.target) + [self.stop]
                text = suffix + target[:-1]
                start, size = len(segments), sum(len(c) for c in concept) + len(text)
                parts += concept + [self.embed[text]]
                segments += [number] * size
                positions += range(length, length + size)
                spots += range(start + size - len(target), start + size)
                labels += target
            rows.append(torch.cat(parts))
            layouts.append((segments, positions, spots, labels))
        longest = max(len(r) for r in rows)
        x = torch.stack([F.pad(r, (0, 0, 0, longest - len(r))) for r in rows])
        positions = torch.tensor([p + [0] * (longest - len(p)) for _, p, _, _ in layouts])
        segments = torch.tensor([s + [-1] * (longest - len(s)) for s, _, _, _ in layouts])
        same = (segments[:, :, None] == segments[:, None, :]) | (segments[:, None, :] == 0)
        visible = same & torch.ones(longest, longest, dtype=torch.bool).tril()
        mask = torch.zeros(visible.shape).masked_fill(~visible, -1e9)[:, None]
        flat = [row * longest + spot for row, (_, _, spots, _) in enumerate(layouts) for spot in spots]
        labels = [label for _, _, _, found in layouts for label in found]
        return {"x": x, "positions": positions, "mask": mask, "spots": torch.tensor(flat), "labels": torch.tensor(labels)}
