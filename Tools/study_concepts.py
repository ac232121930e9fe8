"""Choose the defaults of concept training on development things: identifier recall and caption cross-entropy on photos not trained on.

The development things are those of Docs/splits.md; the other things are for reporting and are not read here.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch

from evaluate_pocket import see
from pocket.concepts import Case, Prefixes, initial_rows, losses, train_rows
from pocket.metrics import DEVELOPMENT
from pocket.model import Pocket, Speaker
from pocket.prompts import Tagger, suffix_text
from pocket.vision import EfficientNetLite


def read(objects: Path, things: dict, thing: str, identifier: str, encoder, tagger) -> tuple[list[Case], list[Case]]:
    """Four photos to train on (three when there are only four) and the others."""
    cases = []
    for image in sorted(things[thing]["images"]):
        features, tags = see(encoder, tagger, objects / thing / image)
        cases.append(Case(features, tags, [c.replace("{concept}", identifier) for c in things[thing]["images"][image]]))
    cut = min(4, len(cases) - 1)
    return cases[:cut], cases[cut:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--objects", type=Path, required=True)
    parser.add_argument("--settings", type=Path, required=True, help="JSON list of settings: tokens, init, norm, rate, clip, lambda, steps, prompt, identifier")
    parser.add_argument("--things", nargs="*", default=DEVELOPMENT)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--bf16", action="store_true", help="twice as fast on CPUs that multiply bfloat16; the weights are rounded")
    parser.add_argument("--out", type=Path, required=True, help="JSON lines, one a setting")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    speaker = Speaker(Pocket.load(arguments.model, torch.bfloat16 if arguments.bf16 else torch.float32), arguments.model)
    encoder = EfficientNetLite.of_model(arguments.model)
    tagger = Tagger(json.loads((arguments.model / "classes.json").read_text()))
    things = json.loads((arguments.objects / "captions.json").read_text())

    for setting in json.loads(arguments.settings.read_text()):
        identifier, prompt = setting["identifier"], [setting["identifier"]] if setting["prompt"] == "named" else None
        totals: dict[int, dict[str, float]] = {}
        samples = {}
        for thing in arguments.things:
            train, test = read(arguments.objects, things, thing, identifier, encoder, tagger)
            start = initial_rows(speaker, setting["init"], setting["tokens"], identifier, things[thing]["class_noun"], setting["norm"], 1)
            kept = {0: start} | train_rows(speaker, train, start, prompt, max(setting["steps"]), setting["rate"], setting["clip"], setting["lambda"], 1, setting["steps"])
            prefixes = Prefixes(speaker, test)
            for step, rows in kept.items():
                total = totals.setdefault(step, {"photos": 0, "named_prompt": 0, "plain_prompt": 0, "cross_entropy": 0.0})
                total["photos"] += len(test)
                with torch.no_grad():
                    held_out = [losses(speaker, prefixes, rows, suffix_text(prompt), [case.captions[i] for case in test])[0].item() for i in (0, 1)]
                total["cross_entropy"] += sum(held_out) / 2 / len(arguments.things)
                for kind, names in (("named_prompt", [identifier]), ("plain_prompt", None)):
                    said = speaker.answers(torch.stack([c.features for c in test]), [c.tags for c in test], [suffix_text(names)] * len(test), [rows] * len(test), 24)
                    total[kind] += sum(identifier.lower() in s.lower() for s in said)
                    samples[f"{thing} {step} {kind}"] = said[0]
        row = {"setting": setting, "steps": totals}
        print(json.dumps(row), flush=True)
        with arguments.out.open("a") as file:
            file.write(json.dumps(row | {"samples": samples}) + "\n")


if __name__ == "__main__":
    main()
