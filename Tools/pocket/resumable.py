"""A training that may be stopped at any step and goes on to the same weights."""

from __future__ import annotations

import json
import math
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn


@dataclass(frozen=True)
class Plan:
    """Steps, the highest rate, and every how many steps the kept-back photos are looked at and the state is kept."""

    steps: int
    rate: float
    weight_decay: float
    every: int
    keep: int
    warmup: int


def train(model: nn.Module, parameters: list[nn.Parameter], work: Path, name: str, plan: Plan, loss_of, look, seed: int) -> None:
    """Minimises `loss_of(step)` by AdamW and leaves the best weights in the model.

    `look()` gives what is written to the log and how good it is. In `work` are `{name}.state.pt`, where it goes on,
    `{name}.best.pt`, and `{name}.jsonl`, the curve. Every step is seeded by its own number, so a run that was stopped and goes on
    gives the weights of one that was not.
    """
    optimizer = torch.optim.AdamW(parameters, lr=plan.rate, weight_decay=plan.weight_decay, betas=(0.9, 0.98))
    state, best_file = work / f"{name}.state.pt", work / f"{name}.best.pt"
    first, best = 0, -math.inf
    if state.exists():
        kept = torch.load(state, weights_only=True)
        model.load_state_dict(kept["model"])
        optimizer.load_state_dict(kept["optimizer"])
        first, best = kept["step"], kept["best"]
    began, seen = time.time(), []
    with (work / f"{name}.jsonl").open("a") as log:
        for step in range(first, plan.steps):
            torch.manual_seed(seed * 100_003 + step)
            model.train()
            factor = min(1.0, (step + 1) / plan.warmup) * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * step / plan.steps)))
            for group in optimizer.param_groups:
                group["lr"] = plan.rate * factor
            loss = loss_of(step)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            seen.append(loss.item())
            last = step + 1 == plan.steps
            if last or (step + 1) % plan.every == 0:
                model.eval()
                found, value = look()
                row = {"step": step + 1, "seconds": round(time.time() - began), "loss": round(sum(seen) / len(seen), 4), **found}
                seen = []
                if value > best:
                    best = value
                    save(best_file, {"model": model.state_dict(), "step": step + 1})
                    row["best"] = True
                print(json.dumps(row), file=log, flush=True)
            if last or (step + 1) % plan.keep == 0:
                save(state, {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step + 1, "best": best})
    if best_file.exists():
        model.load_state_dict(torch.load(best_file, weights_only=True)["model"])


def save(path: Path, value: dict) -> None:
    temporary = path.with_suffix(".part")
    torch.save(value, temporary)
    temporary.replace(path)
