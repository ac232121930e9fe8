"""Training of projector and adapters through the frozen language model, resumable at any step."""

from __future__ import annotations

import json
import math
import random
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from .batch import Packer
from .data import Item
from .model import Pocket
from .sketch_training import save
from .speech_data import Speech


class SpeechTrainer:
    """Like the sketch's trainer: a step draws from its own number, and the state goes to `work` every `keep` steps."""

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
        optimizer = torch.optim.AdamW(
            [{"params": list(self.model.projector.parameters())}, {"params": list(self.model.language.lora.values())}],
            lr=rate, weight_decay=0.01, betas=(0.9, 0.98))
        state, best_file = self.work / "state.pt", self.work / "best.pt"
        first, best = 0, math.inf
        if state.exists():
            kept = torch.load(state, weights_only=True)
            self.model.load_state_dict(kept["model"])
            optimizer.load_state_dict(kept["optimizer"])
            first, best = kept["step"], kept["best"]
        began, seen = time.time(), []
        with (self.work / "log.jsonl").open("a") as log:
            for step in range(first, steps):
                torch.manual_seed(self.seed * 100_003 + step)
                rng = random.Random(self.seed * 100_003 + step)
                self.model.train()
                factor = min(1.0, (step + 1) / warmup) * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * step / steps)))
                for group in optimizer.param_groups:
                    group["lr"] = rate * factor
                loss = self.losses(self.speech.items(step, count), lambda: rng.uniform(0.0, 1.0), 0.1).mean()
                optimizer.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_([p for g in optimizer.param_groups for p in g["params"]], 1.0)
                optimizer.step()
                seen.append(loss.item())
                last = step + 1 == steps
                if last or (step + 1) % every == 0:
                    self.model.eval()
                    with torch.no_grad():
                        found = torch.cat([self.losses(validation[i : i + 4], lambda: 0.0) for i in range(0, len(validation), 4)]).mean().item()
                    row = {"step": step + 1, "seconds": round(time.time() - began), "loss": round(sum(seen) / len(seen), 4), "validation": round(found, 4)}
                    seen = []
                    if found < best:
                        best = found
                        save(best_file, {"model": self.model.state_dict(), "step": step + 1})
                        row["best"] = True
                    print(json.dumps(row), file=log, flush=True)
                if last or (step + 1) % keep == 0:
                    save(state, {"model": self.model.state_dict(), "optimizer": optimizer.state_dict(), "step": step + 1, "best": best})
        if best_file.exists():
            self.model.load_state_dict(torch.load(best_file, weights_only=True)["model"])
