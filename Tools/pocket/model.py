"""The whole of pocket behind the vision encoder: projector and language model together."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from torch.nn import functional as F
from safetensors.torch import load_file
from torch import nn

from .language import Language, Projector, read_tokenizer
from .prompts import STOP, prefix_text

CONCEPT_DEFAULTS = {
    "tokens": 4, "steps": 75, "learning_rate": 1.0, "clip": 0.05, "weight_decay": 0.0001, "regularizer_lambda": 0.0075,
    "checkpoints": [25, 50, 75], "initial_norm": 8, "plain_prompt_share": 0.5,
}


class Pocket(nn.Module):
    """`features` [.., 49, 1280] in, visual rows out; greedy answers for evaluation."""

    def __init__(self, gguf: Path, rank: int, scale: float, hidden: int, dtype=torch.float32, dropout: float = 0.0, places: int = 7):
        """The map is averaged to `places` x `places` before it is projected."""
        super().__init__()
        self.places = places
        self.language = Language(gguf, rank, scale, dtype)
        self.projector = Projector(hidden, self.language.shape.width, dropout)

    def visual(self, features: torch.Tensor) -> torch.Tensor:
        """Visual rows [B, places * places, width] of maps [B, 49, 1280]."""
        if self.places == 7:
            return self.projector(features)
        grid = features.transpose(1, 2).unflatten(-1, (7, 7))
        return self.projector(F.adaptive_avg_pool2d(grid, self.places).flatten(2).transpose(1, 2))

    @classmethod
    def load(cls, folder: Path, dtype=torch.float32) -> Pocket:
        """The model directory with adapters merged in F32; `dtype` is what the language model then computes in."""
        config = json.loads((folder / "config.json").read_text())
        tensors = {k: v.float() for k, v in load_file(folder / "pocket.safetensors").items()}
        lora = config["language"]["lora"]
        model = cls(
            folder / config["language"]["file"], lora["rank"], lora["scale"], tensors["projector.linear1.bias"].shape[0],
            places=config["projector"].get("places", 7))
        model.take(tensors)
        model.language.merge()
        model.language.cast(dtype)
        return model.eval().requires_grad_(False)

    def take(self, tensors: dict[str, torch.Tensor]) -> None:
        self.projector.load_state_dict({k.removeprefix("projector."): v.float() for k, v in tensors.items() if k.startswith("projector.")})
        with torch.no_grad():
            for name, parameter in self.language.lora.items():
                layer, linear, factor = name.split("-")
                parameter.copy_(tensors[f"lora.layers.{layer}.{linear}.{factor}"])


class Speaker:
    """Greedy decoding of short answers, a batch of pictures at a time, all with the same kind of prompt."""

    def __init__(self, model: Pocket, folder: Path):
        self.model, self.tokenizer = model, read_tokenizer(folder / "smollm2-135m-instruct.q4_1.gguf")
        self.stop = self.tokenizer.token_to_id(STOP)

    def ids(self, text: str) -> list[int]:
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    @torch.no_grad()
    def answers(self, features, tags, suffixes, concepts=None, limit: int = 32, sketches=None) -> list[str]:
        """One answer each; `concepts` are optional rows [c, width], rescaled here to the first visual row's norm."""
        said = self.tokens(features, tags, suffixes, concepts, limit, sketches)
        return [self.tokenizer.decode([t for t in found if t != self.stop]).strip() for found in said]

    @torch.no_grad()
    def tokens(self, features, tags, suffixes, concepts=None, limit: int = 32, sketches=None) -> list[list[int]]:
        language = self.model.language
        visual = self.model.visual(features)
        rows = []
        for n, (seen, drawn, tokens, suffix) in enumerate(zip(tags, sketches or [None] * len(tags), visual, suffixes)):
            concept = concepts[n] if concepts is not None and concepts[n] is not None else None
            extra = [concept / concept.norm(dim=-1, keepdim=True) * tokens[0].norm()] if concept is not None else []
            rows.append(torch.cat([language.embed[self.ids(prefix_text(seen, drawn))], tokens, *extra, language.embed[self.ids(suffix)]]))
        longest = max(len(r) for r in rows)
        pads = [longest - len(r) for r in rows]
        x = torch.stack([torch.nn.functional.pad(r, (0, 0, p, 0)) for r, p in zip(rows, pads)])
        starts = torch.tensor(pads)[:, None]
        positions = (torch.arange(longest)[None] - starts).clamp(min=0)
        valid = torch.arange(longest)[None] >= starts
        causal = torch.ones(longest, longest, dtype=torch.bool).tril()
        mask = torch.zeros(len(rows), 1, longest, longest).masked_fill(~(valid[:, None, None] & causal), -1e9)
        cache, found, done = [], [[] for _ in rows], [False] * len(rows)
        hidden = language(x, positions, mask, cache)
        for _ in range(limit):
            best = language.logits(hidden[:, -1]).float().argmax(-1)
            for n, token in enumerate(best.tolist()):
                if not done[n]:
                    found[n].append(token)
                    done[n] = token == self.stop
            if all(done):
                break
            valid = torch.cat((valid, torch.ones(len(rows), 1, dtype=torch.bool)), 1)
            mask = torch.zeros(len(rows), 1, 1, valid.shape[1]).masked_fill(~valid[:, None, None], -1e9)
            positions = positions[:, -1:] + 1
            hidden = language(language.embed[best][:, None], positions, mask, cache)
        return found
