"""Writes small files of the form MyVLM's published code saves, which the import tests read.

Usage: python Tools/fixtures_original.py [OUT]   (default Tests/RuntimeTests/Fixtures/original)
Needs torch (Tools/requirements.txt). Deterministic.
"""
import collections
import json
import pathlib
import sys

import torch


def main() -> None:
    out = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "Tests/RuntimeTests/Fixtures/original")
    out.mkdir(parents=True, exist_ok=True)
    random = torch.Generator().manual_seed(11)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=random)

    # The head trainer saves a state dict of its classifier, the embedding trainer a dictionary of steps.
    classifier = torch.nn.Module()
    classifier.classifier = torch.nn.Linear(6, 2)
    with torch.no_grad():
        classifier.classifier.weight.copy_(normal(2, 6))
        classifier.classifier.bias.copy_(normal(2))
    head = collections.OrderedDict(classifier.state_dict())
    torch.save(head, out / "head-step-500.pt")
    torch.save(head, out / "head-legacy.pt", _use_new_zipfile_serialization=False)
    thing = {
        step: {
            "keys": torch.softmax(normal(4, 2), 1),
            "values": torch.nn.Parameter(torch.nn.functional.normalize(normal(1, 8)).bfloat16()),
        }
        for step in (25, 50, 99)
    }
    torch.save(thing, out / "concept_embeddings_llava_captioning.pt")
    person = {
        step: {"keys": torch.nn.functional.normalize(normal(2, 512)).bfloat16(), "values": normal(1, 8).bfloat16()}
        for step in (99, 25)
    }
    torch.save(person, out / "person.pt")
    torch.save({"25": {"keys": normal(1, 2)}}, out / "half.pt")
    torch.save({"weight": normal(2, 2)}, out / "other.pt")

    feature = torch.nn.functional.normalize(normal(3, 6))
    reference = {
        "features": feature.tolist(),
        "probabilities": torch.softmax(feature @ head["classifier.weight"].T + head["classifier.bias"], 1)[:, 1].tolist(),
        "values": {step: entry["values"].float().flatten().tolist() for step, entry in thing.items()},
        "keys": {step: entry["keys"].flatten().tolist() for step, entry in thing.items()},
        "person": person[25]["keys"].float().flatten().tolist()[:8],
    }
    (out / "reference.json").write_text(json.dumps(reference, indent=1) + "\n")


if __name__ == "__main__":
    main()
