"""Training of the sketch: cross-entropy on what people said, then the captions' own score as the reward."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from . import truth
from .features import HeadConvolution
from .resumable import Plan, train
from .sketch import CAPTION, END, PAD, UNSAID, Sketch
from .sketch_data import Corpus, Drawer, Rows, Wanted

# Captions are drawn for their reward a little more surely than the network says, and cut at so many words.
TEMPERATURE, CUT = 0.7, 20


class Pictures:
    """Maps and tags of a batch, from the cached features."""

    def __init__(self, maps: list[np.ndarray], head: HeadConvolution, tags: np.ndarray, chances: np.ndarray):
        self.maps, self.head, self.tags, self.chances = maps, head, tags, chances

    def one(self, place: int, view: int) -> np.ndarray:
        for part in self.maps:
            if place < len(part):
                return part[place, view]
            place -= len(part)
        raise IndexError(place)

    def __call__(self, wanted: list[Wanted]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        last = torch.from_numpy(np.stack([self.one(w.place, w.view) for w in wanted]))
        own = [(self.tags[w.place, w.view], self.chances[w.place, w.view]) if w.tags is None else w.tags for w in wanted]
        tags, chances = (np.stack([np.asarray(part) for part in parts]) for parts in zip(*own))
        return self.head(last), torch.from_numpy(tags), torch.from_numpy(chances.astype(np.float32))


class Trainer:
    """Trains a sketch in a folder; every step draws from its own number."""

    def __init__(self, sketch: Sketch, corpus: Corpus, drawer: Drawer, pictures: Pictures, work: Path, seed: int = 3):
        self.sketch, self.corpus, self.drawer, self.pictures, self.work, self.seed = sketch, corpus, drawer, pictures, work, seed
        work.mkdir(parents=True, exist_ok=True)
        self.last_reward: float | None = None
        held = corpus.held_out
        self.references = {i: [" ".join(c) for c in corpus.captions[i]] for i in held}

    # --- what is minimised

    def cross_entropy(self, rows: Rows, memory, smoothing: float) -> torch.Tensor:
        inputs, targets, whose = rows.tensors()
        mine = [(k[whose], v[whose]) for k, v in memory]
        asked = targets != PAD
        hidden = self.sketch.hidden(inputs, mine)[asked]
        return F.cross_entropy(self.sketch.logits(hidden), targets[asked], label_smoothing=smoothing)

    def imitate(self, step: int, size: int) -> torch.Tensor:
        wanted, rows = self.drawer.batch(step, size)
        return self.cross_entropy(rows, self.sketch.memory(*self.pictures(wanted)), 0.1)

    def reinforce(self, step: int, size: int, reward, samples: int = 5) -> torch.Tensor:
        """Self-critical sequence training with the mean of the other samples as the baseline (Rennie et al. 2017)."""
        # Without dropout: a caption must be weighed by the network that said it, or unlikely ones are pushed away without end.
        self.sketch.eval()
        wanted, rows = self.drawer.batch(step, size)
        memory = self.sketch.memory(*self.pictures(wanted))
        described = [n for n, w in enumerate(wanted) if w.place in reward.places and w.tags is None]
        chosen = torch.tensor(described).repeat_interleave(samples)
        mine = [(k[chosen], v[chosen]) for k, v in memory]
        with torch.no_grad():
            said = self.sample([(k.detach(), v.detach()) for k, v in mine])
        scores = torch.tensor([reward(wanted[described[n // samples]].place, row) for n, row in enumerate(said)]).view(-1, samples)
        advantage = (scores - (scores.sum(1, keepdim=True) - scores) / (samples - 1)).flatten()
        self.last_reward = scores.mean().item()
        spoken = Rows(self.drawer.shape.longest)
        for n, row in enumerate(said):
            spoken.add(n, row)
        inputs, targets, _ = spoken.tensors()
        # Where a caption was cut off its end was not drawn, and is not judged.
        for n, row in enumerate(said):
            if len(row) == CUT:
                targets[n, CUT] = PAD
        hidden = self.sketch.hidden(inputs, mine)
        asked = targets != PAD
        chance = -F.cross_entropy(self.sketch.logits(hidden[asked]) / TEMPERATURE, targets[asked], reduction="none")
        weight = advantage[:, None].expand(targets.shape)[asked]
        # Imitation goes on beside it: captions stay what people say.
        return -(weight * chance).sum() / len(targets) + self.cross_entropy(rows, memory, 0.1)

    def sample(self, memory, limit: int = CUT) -> list[list[int]]:
        count = memory[0][0].shape[0]
        tokens, past = torch.full((count, 1), CAPTION), []
        said: list[list[int]] = [[] for _ in range(count)]
        open_ = [True] * count
        for _ in range(limit):
            logits = self.sketch.logits(self.sketch.hidden(tokens, memory, past)[:, -1])
            logits[:, UNSAID] = -1e9
            tokens = torch.multinomial((logits / TEMPERATURE).softmax(-1), 1)
            for n, token in enumerate(tokens[:, 0].tolist()):
                if open_[n]:
                    open_[n] = token != END
                    if open_[n]:
                        said[n].append(token)
            if not any(open_):
                break
        return said

    # --- what is looked at

    @torch.no_grad()
    def captions(self, places: list[int]) -> list[str]:
        self.sketch.eval()
        said = []
        for start in range(0, len(places), 50):
            said += self.sketch.caption(*self.pictures([Wanted(p) for p in places[start : start + 50]]))
        return said

    def look(self) -> dict:
        row = {}
        for name, places in (("flickr", self.corpus.flickr), ("coco", self.corpus.coco)):
            if places:
                found = truth.figures([self.references[p] for p in places], self.captions(places))
                row[name] = {k: round(v, 3) for k, v in found.items()}
        return row

    def validation(self) -> float:
        """Cross-entropy of all captions of the kept-back photos."""
        self.sketch.eval()
        with torch.no_grad():
            found = []
            held = self.corpus.held_out
            for start in range(0, len(held), 50):
                rows = Rows(self.drawer.shape.longest)
                part = held[start : start + 50]
                for n, place in enumerate(part):
                    for caption in self.corpus.captions[place]:
                        rows.add(n, self.sketch.vocabulary.encode(caption))
                found.append(self.cross_entropy(rows, self.sketch.memory(*self.pictures([Wanted(p) for p in part])), 0).item())
        return sum(found) / len(found)

    # --- the loop

    def run(self, name: str, steps: int, size: int, rate: float, loss_of, every: int = 200, keep: int = 100, warmup: int = 100, score=None) -> None:
        """Steps of `loss_of(step, size)` from where `name` was left; looks at the kept-back photos every so often."""

        def look() -> tuple[dict, float]:
            row = {"validation": round(self.validation(), 4), **self.look()}
            if self.last_reward is not None:
                row["reward"] = round(self.last_reward, 4)
            return row, score(row) if score else -row["validation"]

        plan = Plan(steps, rate, 0.05, every, keep, warmup)
        train(self.sketch, list(self.sketch.parameters()), self.work, name, plan, lambda step: loss_of(step, size), look, self.seed)


class Reward:
    """CIDEr-D of a caption with its end, and how many of its words and colours people said of the photo."""

    def __init__(self, corpus: Corpus, vocabulary, content: float = 0.5, colours: float = 0.3):
        self.vocabulary, self.content, self.colours = vocabulary, content, colours
        described = [i for i in corpus.train if corpus.captions[i]]
        self.places = {place: n for n, place in enumerate(described)}
        self.cider = truth.Cider([[c + ["<end>"] for c in corpus.captions[i]] for i in described])
        self.allowed = [truth.known([" ".join(c) for c in corpus.captions[i]]) for i in described]
        # What one or two people did not say may be true all the same.
        self.trust = [min(1.0, len(corpus.captions[i]) / 5) for i in described]

    def __call__(self, place: int, row: list[int]) -> float:
        number = self.places[place]
        said = [self.vocabulary.words[n] for n in row]
        judged = truth.judge(truth.words(" ".join(said)), self.allowed[number])
        false_colours = judged.colours - judged.colours_true
        # A true colour is worth more than a false one costs: people leave out most colours that are there.
        extra = self.content * judged.content_true / max(1, judged.content) + self.colours * (judged.colours_true - false_colours / 2)
        return self.cider.score(number, said + ["<end>"]) + self.trust[number] * extra
