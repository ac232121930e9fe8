"""Measure pocket in F32 with merged adapters: held-out photos (CIDEr-D) and photos of things (is the thing named?)."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from pocket.metrics import DEVELOPMENT, cider_d, names
from pocket.model import Pocket, Speaker
from pocket.phrases import clean
from pocket.prompts import Tagger, suffix_text
from pocket.sketch import Sketch, read_sketch
from pocket.sketch_data import sketched
from pocket.vision import EfficientNetLite, load_image, preprocess


def see(encoder: EfficientNetLite, tagger: Tagger, sketch: Sketch | None, path: Path) -> tuple[torch.Tensor, list[str], str | None]:
    """The feature map [49, 1280], the tags and the sketch of a photo."""
    with torch.no_grad():
        found = encoder(preprocess(load_image(path))[None])
        logits = encoder.classify(found.mean((2, 3)))[0].numpy()
    features = found[0].flatten(1).T.contiguous()
    return features, [tag for tag, _ in tagger(logits)], sketched(sketch, tagger, features, logits)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--split", type=Path, required=True, help="split.json of the training")
    parser.add_argument("--objects", type=Path, required=True, help="folder of things with captions.json; never trained on")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, help="write the captions and figures here as JSON")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)

    model = Pocket.load(arguments.model)
    speaker = Speaker(model, arguments.model)
    encoder = EfficientNetLite.of_model(arguments.model)
    tagger = Tagger(json.loads((arguments.model / "classes.json").read_text()))
    sketch = read_sketch(arguments.model, tagger.names)

    def captions(paths: list[Path]) -> list[tuple[str, list[str]]]:
        said = []
        for start in range(0, len(paths), 15):
            seen = [see(encoder, tagger, sketch, path) for path in paths[start : start + 15]]
            tags = [t for _, t, _ in seen]
            said += zip(speaker.answers(torch.stack([f for f, _, _ in seen]), tags, [suffix_text()] * len(seen), sketches=[s for _, _, s in seen]), tags)
        return said

    things = json.loads((arguments.objects / "captions.json").read_text())
    paths = [arguments.objects / thing / image for thing in sorted(things) for image in sorted(things[thing]["images"])]
    hits, first, per_thing, rows = 0, 0, {}, []
    for path, (caption, tags) in zip(paths, captions(paths)):
        noun = things[path.parent.name]["class_noun"]
        hit = names(caption, noun)
        hits, first = hits + hit, first + names(tags[0], noun)
        per_thing.setdefault(path.parent.name, []).append(hit)
        rows.append({"photo": f"{path.parent.name}/{path.name}", "tags": tags, "caption": caption, "named": hit})
        print(f"{path.parent.name}/{path.name} {'+' if hit else '-'} {tags} {caption}", flush=True)
    reported = [hit for thing, found in per_thing.items() if thing not in DEVELOPMENT for hit in found]
    figures = {"things_named": hits / len(paths), "report_things_named": sum(reported) / len(reported), "first_tag_names": first / len(paths),
               "per_thing": {thing: f"{sum(found)}/{len(found)}" for thing, found in per_thing.items()}}

    raw = json.loads((arguments.photos / "captions.json").read_text())
    held_out = json.loads(arguments.split.read_text())["validation"]
    said = captions([arguments.photos / "images" / name for name in held_out])
    figures["cider_d"] = cider_d([c for c, _ in said], [[clean(c) for c in raw[name]] for name in held_out])
    figures["mean_words"] = float(np.mean([len(c.split()) for c, _ in said]))
    for name, (caption, tags) in list(zip(held_out, said))[:12]:
        print(name, tags, caption)
    print(json.dumps(figures, indent=1))
    if arguments.out:
        arguments.out.write_text(json.dumps({"figures": figures, "things": rows}, indent=1))


if __name__ == "__main__":
    main()
