"""Write the reference numbers of the language engine's tests: tiny random Llama decoders run by transformers.

For each seed: weights (rounded to F16, computed in F32), rows, logits, a greedy continuation, and the loss and gradient
of concept rows with and without the attention regulariser in both directions. Output: `llama-{seed}.safetensors`.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch.nn import functional as F
from transformers import LlamaConfig, LlamaForCausalLM

SHAPES = {
    1: dict(num_hidden_layers=2, hidden_size=32, intermediate_size=48, num_attention_heads=4, num_key_value_heads=2, head_dim=16,
            vocab_size=67, rope_theta=10000.0, rms_norm_eps=1e-5, tie_word_embeddings=False),
    2: dict(num_hidden_layers=3, hidden_size=48, intermediate_size=40, num_attention_heads=3, num_key_value_heads=1, head_dim=16,
            vocab_size=61, rope_theta=100000.0, rms_norm_eps=1e-6, tie_word_embeddings=True),
    3: dict(num_hidden_layers=2, hidden_size=24, intermediate_size=72, num_attention_heads=2, num_key_value_heads=2, head_dim=32,
            vocab_size=50, rope_theta=500.0, rms_norm_eps=1e-5, tie_word_embeddings=False),
}
CONCEPT_ROWS, WEIGHT = 3, 5.0


def build(seed: int) -> LlamaForCausalLM:
    torch.manual_seed(seed)
    config = LlamaConfig(**SHAPES[seed], max_position_embeddings=128, initializer_range=0.25, attention_bias=False, mlp_bias=False)
    config._attn_implementation = "eager"
    model = LlamaForCausalLM(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "norm" in name:
                parameter.add_(0.2 * torch.randn_like(parameter))
            parameter.copy_(parameter.half().float())
            parameter.requires_grad_(False)
    return model


@torch.no_grad()
def greedy(model: LlamaForCausalLM, rows: torch.Tensor, count: int) -> list[int]:
    said: list[int] = []
    for _ in range(count):
        said.append(int(model(inputs_embeds=rows[None]).logits[0, -1].argmax()))
        rows = torch.cat([rows, model.get_input_embeddings().weight[said[-1:]]])
    return said


def losses(model: LlamaForCausalLM, samples: list[dict], concept: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Mean cross-entropy over target tokens, and both regularisers over lambda."""
    embed = model.get_input_embeddings().weight
    logits, targets, row, column = [], [], 0.0, 0.0
    for sample in samples:
        rescaled = F.normalize(concept, dim=-1) * sample["norm"]
        read = sample["prompt"] + sample["target"][:-1]
        x = torch.cat([sample["prefix"], rescaled, embed[read]])
        result = model(inputs_embeds=x[None], output_attentions=True)
        logits.append(result.logits[0, -len(sample["target"]):])
        targets += sample["target"]
        first = len(sample["prefix"])
        for attention in result.attentions:
            squares = attention[0].square()
            for index in range(first, first + CONCEPT_ROWS):
                row = row + squares[:, index].mean()
                later = torch.arange(len(x)) > index
                column = column + (squares[:, :, index] * later).mean()
    return F.cross_entropy(torch.cat(logits), torch.tensor(targets)), {"row": row, "column": column}


def write(seed: int, folder: Path) -> None:
    model = build(seed)
    shape, generator = SHAPES[seed], torch.Generator().manual_seed(seed + 100)
    scale = float(model.get_input_embeddings().weight.norm(dim=1).mean()) / shape["hidden_size"] ** 0.5
    draw = lambda *size: (torch.randn(*size, generator=generator) * scale).half().float()  # noqa: E731
    ids = lambda n: torch.randint(shape["vocab_size"], (n,), generator=generator).tolist()  # noqa: E731

    rows = draw(9, shape["hidden_size"])
    tensors = {"weights." + name: p.half() for name, p in model.named_parameters()}
    tensors |= {"rows": rows, "logits": model(inputs_embeds=rows[None]).logits[0].detach().clone()}
    samples = [
        {"prefix": draw(length, shape["hidden_size"]), "norm": norm, "prompt": ids(prompt), "target": ids(target)}
        for length, norm, prompt, target in ((5, 1.5, 4, 6), (8, 2.25, 0, 3), (1, 0.75, 7, 1))
    ]
    concept = draw(CONCEPT_ROWS, shape["hidden_size"])
    tensors["concept"] = concept
    numbers = {"config": shape, "context": 128, "greedy": greedy(model, rows, 16), "lambda": WEIGHT, "samples": []}
    for index, sample in enumerate(samples):
        tensors[f"samples.{index}.prefix"] = sample["prefix"]
        numbers["samples"].append({key: sample[key] for key in ("norm", "prompt", "target")})
    for name in ("none", "row", "column"):
        value = concept.clone().requires_grad_(True)
        cross_entropy, regularisers = losses(model, samples, value)
        regulariser = WEIGHT * regularisers[name] if name != "none" else torch.zeros(())
        (cross_entropy + regulariser).backward()
        numbers[name] = {"cross_entropy": float(cross_entropy.detach()), "regularization": float(regulariser.detach())}
        tensors[f"gradient.{name}"] = value.grad
    save_file({k: v.contiguous() for k, v in tensors.items()}, folder / f"llama-{seed}.safetensors", {"numbers": json.dumps(numbers)})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent.parent / "Tests/VLMTests/Fixtures/language")
    folder = parser.parse_args().output
    folder.mkdir(parents=True, exist_ok=True)
    for seed in SHAPES:
        write(seed, folder)
