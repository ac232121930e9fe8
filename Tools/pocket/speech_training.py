"""Training of projector and adapters through the frozen language model, resumable at any step."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from .batch import Packer
from .data import Item
from .model import Pocket
from .resumable import Plan, train
from .speech_data import Speech


class SpeechTrainer:
    """Trains projector and adapters in a folder; every step draws from its own number."""

    def __init__(self, model: Pocket, packer: Packer, speech: Speech, work: Path, seed: int = 3):
        self.model, self.packer, self.speech, self.work, self.seed = model, packer, speech, work, seed
        work.mkdir(parents=True, exist_ok=True)

    def losses(self, items: list[Item], noise, feature_noise: float = 0.0) -> torch.Tensor:
        features = torch.from_numpy(np.stack([item.features for item in items]))
        if feature_noise:
            features = features * (1 + feature_noise * torch.randn_like(features))
        batch = self.packer(items, self.model.visual(features), noise)
        hidden = self.model.language(batch["x"], batch["positions"], batch["mask"])
        chosen = hidden.flatten(0, 1)[batch["spots"]]
        return F.cross_entropy(self.model.language.logits(chosen).float(), batch["labels"], reduction="none")

    def run(self, steps: int, count: int, rate: float, validation: list[Item], every: int = 50, keep: int = 25, warmup: int = 20) -> None:
        """Trains for so many steps of `count` pictures; the best weights by the loss of `validation` stay in the model."""

        def loss_of(step: int) -> torch.Tensor:
            rng = random.Random(self.seed * 100_003 + step)
            return self.losses(self.speech.items(step, count), lambda: rng.uniform(0.0, 1.0), 0.1).mean()

        @torch.no_grad()
        def look() -> tuple[dict, float]:
            found = [self.losses(validation[i : i + 4], lambda: 0.0) for i in range(0, len(validation), 4)]
            loss = torch.cat(found).mean().item()
            return {"validation": round(loss, 4)}, -loss

        trained = [*self.model.projector.parameters(), *self.model.language.lora.values()]
        train(self.model, trained, self.work, "speech", Plan(steps, rate, 0.01, every, keep, warmup), loss_of, look, self.seed)
