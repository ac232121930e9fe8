"""Writes the small sentence encoder and the reference figures that the evaluation tests compare against.

Usage: python Tools/fixtures_evaluation.py [OUT]   (default Tests/EvaluationTests/Fixtures)
Needs torch, transformers, safetensors (Tools/requirements.txt). Deterministic.
"""
import json
import pathlib
import sys

import torch
from transformers import BertConfig, BertModel, BertTokenizer

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from pocket.metrics import cider_d  # noqa: E402

SENTENCES = [
    "A mug is standing on a wooden table.",
    "the café's  TEAPOT, (blue) -- isn't it?",
    "unknownword mugs 茶 tables",
    "",
]
VOCABULARY = (
    "[PAD] [UNK] [CLS] [SEP] [MASK] a the mug ##s table is standing on wooden tea ##pot cafe blue isn ' t it , ( ) - ? . s "
    "un ##known ##wo ##rd 茶"
).split()
CANDIDATES = ["a mug is on a wooden table", "the teapot stands near a window", "a dog runs"]
REFERENCES = [
    ["a mug is standing on a wooden table", "the mug on the table"],
    ["a teapot stands near the window", "teapot in front of a window"],
    ["a brown dog runs on the beach", "the dog is running"],
]


def main() -> None:
    out = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "Tests/EvaluationTests/Fixtures")
    encoder = out / "encoder"
    encoder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=len(VOCABULARY), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=256, hidden_act="gelu",
    )
    model = BertModel(config, add_pooling_layer=False).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape) * 0.3)
    (encoder / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n", encoding="utf-8")
    model.save_pretrained(encoder, safe_serialization=True)
    tokenizer = BertTokenizer(str(encoder / "vocab.txt"), do_lower_case=True)
    reference: dict = {"sentences": []}
    for sentence in SENTENCES:
        batch = tokenizer(sentence, return_tensors="pt")
        with torch.no_grad():
            hidden = model(**batch).last_hidden_state[0].mean(0)
        reference["sentences"].append(
            {
                "text": sentence,
                "ids": batch["input_ids"][0].tolist(),
                "embedding": torch.nn.functional.normalize(hidden, dim=0).tolist(),
            }
        )
    reference["cider"] = {
        "candidates": CANDIDATES,
        "references": REFERENCES,
        "score": cider_d(CANDIDATES, REFERENCES),
    }
    (out / "reference.json").write_text(json.dumps(reference, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
