"""Writes the small checkpoint files that the reader tests compare against.

Usage: python Tools/fixtures_checkpoints.py [OUT]   (default Tests/VLMTests/Fixtures/checkpoints)
Needs torch, numpy, gguf and safetensors (Tools/requirements.txt). Deterministic.
"""
import collections
import json
import pathlib
import sys

import gguf
import numpy as np
import safetensors.numpy
import torch


class Evil:
    """Pickles to a call of os.system: a reader must refuse it unread."""

    def __reduce__(self):
        import os

        return (os.system, ("true",))


def main() -> None:
    out = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "Tests/VLMTests/Fixtures/checkpoints")
    out.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(7)
    reference: dict = {}

    head = collections.OrderedDict(
        {
            "classifier.weight": torch.from_numpy(random.standard_normal((2, 5), dtype=np.float32)),
            "classifier.bias": torch.from_numpy(random.standard_normal(2, dtype=np.float32)),
        }
    )
    embedding = {
        25: {"keys": torch.tensor([[0.25, 0.75]]), "values": torch.linspace(-1, 1, 6).reshape(1, 6).bfloat16()},
        99: {"keys": torch.tensor([[0.5, 0.5]]), "values": torch.linspace(1, 2, 6).reshape(1, 6).half()},
    }
    torch.save(head, out / "head-zip.pt")
    torch.save(head, out / "head-legacy.pt", _use_new_zipfile_serialization=False)
    torch.save(embedding, out / "embedding.pt")
    torch.save({"weight": Evil()}, out / "evil.pt")
    torch.save({"weight": torch.arange(6.0).reshape(2, 3).t()}, out / "strided.pt")
    reference["head"] = {name: tensor.flatten().tolist() for name, tensor in head.items()}
    reference["embedding"] = {
        f"{step}.{name}": tensor.float().flatten().tolist()
        for step, entry in embedding.items()
        for name, tensor in entry.items()
    }

    writer = gguf.GGUFWriter(str(out / "blocks.gguf"), "llama")
    writer.add_uint32("llama.block_count", 3)
    writer.add_float32("llama.rope.freq_base", 10000.0)
    writer.add_array("tokenizer.ggml.tokens", ["a", "b", "ü"])
    writer.add_array("tokenizer.ggml.token_type", [1, 1, 3])
    values = random.standard_normal((3, 64)).astype(np.float32)
    reference["blocks"] = {}
    for kind in ("F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1"):
        dtype = gguf.GGMLQuantizationType[kind]
        stored = gguf.quants.quantize(values, dtype)
        writer.add_tensor(kind.lower(), stored, raw_dtype=dtype)
        reference["blocks"][kind.lower()] = gguf.quants.dequantize(stored, dtype).astype(np.float32).flatten().tolist()
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()

    safetensors.numpy.save_file(
        {"half": values[:1].astype(np.float16), "ids": np.array([1, -2], dtype=np.int64), "scalar": np.array(3, dtype=np.float32)},
        out / "plain.safetensors",
        metadata={"made": "by the reference writer"},
    )
    reference["half"] = values[:1].astype(np.float16).astype(np.float32).flatten().tolist()
    (out / "reference.json").write_text(json.dumps(reference))


if __name__ == "__main__":
    main()
