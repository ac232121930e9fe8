"""Writes a SmolVLM checkpoint as llama.cpp reads it, for comparing engines at equal bits.

    gguf_smolvlm.py FOLDER

FOLDER/text.q8_0.gguf is the decoder with its matrices in Q8_0, FOLDER/mmproj.bf16.gguf the vision side in bf16, which is what
`--dtype int8` keeps. Needs torch, safetensors, `gguf` and `numpy`.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import gguf
import numpy as np
from safetensors import safe_open

F32, BF16, Q8_0 = (getattr(gguf.GGMLQuantizationType, name) for name in ("F32", "BF16", "Q8_0"))
BLOCK = {
    "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
LAYER = {
    "layer_norm1": "ln1", "layer_norm2": "ln2", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
    "self_attn.out_proj": "attn_out", "mlp.fc1": "ffn_up", "mlp.fc2": "ffn_down",
}
TEXT = {"model.text_model.embed_tokens": "token_embd", "model.text_model.norm": "output_norm", "lm_head": "output"}
VISION = {
    "model.vision_model.embeddings.patch_embedding": "v.patch_embd", "model.vision_model.embeddings.position_embedding": "v.position_embd",
    "model.vision_model.post_layernorm": "v.post_ln", "model.connector.modality_projection.proj": "mm.model.fc",
}


class Checkpoint:
    """The tensors of a folder with an index, one at a time, as 32-bit floats."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.places = json.loads((folder / "model.safetensors.index.json").read_text())["weight_map"]

    def values(self, name: str) -> np.ndarray:
        with safe_open(self.folder / self.places[name], framework="pt") as file:
            return file.get_tensor(name).float().numpy()


def name_of(name: str, whole: dict[str, str], parts: dict[str, str], inside: str, prefix: str) -> str | None:
    """What llama.cpp calls a tensor; None where it belongs into the other file."""
    stem, kind = name.rsplit(".", 1)
    if stem in whole:
        return f"{whole[stem]}.{kind}"
    if not stem.startswith(inside):
        return None
    number, part = stem[len(inside):].split(".", 1)
    return f"{prefix}.{number}.{parts[part]}.{kind}"


def turned(values: np.ndarray, heads: int) -> np.ndarray:
    """Rows of queries and keys in the order of llama.cpp's rotary positions: pairs side by side instead of in halves."""
    return values.reshape(heads, 2, -1, values.shape[1]).swapaxes(1, 2).reshape(values.shape)


def add(writer: gguf.GGUFWriter, name: str, values: np.ndarray, kind: gguf.GGMLQuantizationType) -> None:
    if kind == F32 or values.ndim == 1:
        writer.add_tensor(name, np.ascontiguousarray(values))
    else:
        writer.add_tensor(name, gguf.quantize(np.ascontiguousarray(values), kind), raw_dtype=kind)


def add_tokenizer(writer: gguf.GGUFWriter, folder: Path, rows: int) -> None:
    stated = json.loads((folder / "tokenizer.json").read_text())
    vocabulary = dict(stated["model"]["vocab"])
    special = {token["id"]: token["content"] for token in stated["added_tokens"]}
    by_id = {number: token for token, number in vocabulary.items()} | special
    tokens = [by_id.get(number, f"[PAD{number}]") for number in range(rows)]
    kinds = [
        gguf.TokenType.CONTROL if number in special else gguf.TokenType.NORMAL if number in by_id else gguf.TokenType.UNUSED
        for number in range(rows)]
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in stated["model"]["merges"]]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges(merges)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(False)


def write(writer: gguf.GGUFWriter, partial: Path, target: Path) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    # In place only when it is whole.
    os.replace(partial, target)
    print(f"{target.name} written", flush=True)


def write_text(folder: Path, checkpoint: Checkpoint, config: dict) -> None:
    text = config["text_config"]
    heads, keys = text["num_attention_heads"], text["num_key_value_heads"]
    target = folder / "text.q8_0.gguf"
    partial = target.with_suffix(".part")
    writer = gguf.GGUFWriter(partial, "llama")
    writer.add_name("SmolVLM of random weights")
    writer.add_context_length(text["max_position_embeddings"])
    writer.add_embedding_length(text["hidden_size"])
    writer.add_block_count(text["num_hidden_layers"])
    writer.add_feed_forward_length(text["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(keys)
    writer.add_rope_dimension_count(text["hidden_size"] // heads)
    writer.add_rope_freq_base(text["rope_theta"])
    writer.add_layer_norm_rms_eps(text["rms_norm_eps"])
    writer.add_vocab_size(text["vocab_size"])
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    add_tokenizer(writer, folder, text["vocab_size"])
    for name in checkpoint.places:
        own = name_of(name, TEXT, BLOCK, "model.text_model.layers.", "blk")
        if own is None:
            continue
        values = checkpoint.values(name)
        if own.endswith(("attn_q.weight", "attn_k.weight")):
            values = turned(values, heads if own.endswith("attn_q.weight") else keys)
        add(writer, own, values, Q8_0)
    write(writer, partial, target)


def write_vision(folder: Path, checkpoint: Checkpoint, config: dict) -> None:
    vision = config["vision_config"]
    pictures = json.loads((folder / "preprocessor_config.json").read_text())
    target = folder / "mmproj.bf16.gguf"
    partial = target.with_suffix(".part")
    writer = gguf.GGUFWriter(partial, "clip")
    writer.add_string("general.type", "mmproj")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_BF16)
    writer.add_bool("clip.has_vision_encoder", True)
    writer.add_string("clip.projector_type", "idefics3")
    writer.add_bool("clip.use_gelu", True)
    for key, value in {
        "image_size": vision["image_size"], "preproc_image_size": pictures["size"]["longest_edge"], "patch_size": vision["patch_size"],
        "embedding_length": vision["hidden_size"], "feed_forward_length": vision["intermediate_size"],
        "block_count": vision["num_hidden_layers"], "projection_dim": config["text_config"]["hidden_size"],
        "attention.head_count": vision["num_attention_heads"], "projector.scale_factor": config["scale_factor"],
    }.items():
        writer.add_uint32(f"clip.vision.{key}", value)
    writer.add_float32("clip.vision.attention.layer_norm_epsilon", vision["layer_norm_eps"])
    writer.add_array("clip.vision.image_mean", pictures["image_mean"])
    writer.add_array("clip.vision.image_std", pictures["image_std"])
    for name in checkpoint.places:
        own = name_of(name, VISION, LAYER, "model.vision_model.encoder.layers.", "v.blk")
        if own is not None:
            # Sums with floats and convolutions take no bf16.
            add(writer, own, checkpoint.values(name), F32 if "embd" in own else BF16)
    write(writer, partial, target)


def main() -> None:
    folder = Path(sys.argv[1])
    config = json.loads((folder / "config.json").read_text())
    checkpoint = Checkpoint(folder)
    write_text(folder, checkpoint, config)
    write_vision(folder, checkpoint, config)


if __name__ == "__main__":
    main()
