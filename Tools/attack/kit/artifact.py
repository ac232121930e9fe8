"""Concept artifacts as the server reads them: a safetensors file with a manifest (Docs/architecture.md), made here without
a training, good or bad in one place."""

from __future__ import annotations

import hashlib
import json
import random
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .arena import Arena


@dataclass
class Artifact:
    """An object's artifact; every part may be changed before it is written."""

    model_digest: str
    model_name: str = "pocket"
    identifier: str = "zibo"
    class_noun: str = "mug"
    features: int = 1280
    hidden: int = 576
    rows: int = 4
    bias: float = -6.0
    threshold: float = 0.5
    seed: int = 1
    fill: float | None = None
    changes: dict[str, Any] = field(default_factory=dict)

    def manifest(self) -> dict[str, Any]:
        settings = {
            "tokens": self.rows, "steps": 75, "learningRate": 1.0, "gradientClip": 0.05, "weightDecay": 0.0001,
            "regularizerWeight": 0.0075, "checkpoints": [25, 50, 75], "initialNorm": 8.0, "plainPromptShare": 0.5}
        training = {
            "settings": settings, "task": "caption", "augments": True, "checkpoint": 75, "initialCrossEntropy": 3.0,
            "finalCrossEntropy": 0.5, "views": 16, "sentences": 12, "negatives": 900, "heldOutRecall": 1.0,
            "heldOutFalsePositives": 0.0, "photoDigests": [hashlib.sha256(bytes([n])).hexdigest() for n in range(4)]}
        return {
            "formatVersion": 1, "kind": "object", "identifier": self.identifier, "classNoun": self.class_noun,
            "modelName": self.model_name, "modelDigest": self.model_digest, "insertionPoint": "visual_tokens",
            "threshold": self.threshold, "photos": 4, "seed": self.seed, "training": training} | self.changes

    def encoded(self) -> bytes:
        """The file."""
        draw = random.Random(self.seed)

        def numbers(count: int, scale: float) -> bytes:
            if self.fill is not None:
                return struct.pack("<f", self.fill) * count
            return struct.pack(f"<{count}f", *[draw.gauss(0, scale) for _ in range(count)])

        half = struct.pack("<e", 0.25) * (4 * self.features)
        tensors = {
            "embedding": ("F32", [self.rows, self.hidden], numbers(self.rows * self.hidden, 0.1)),
            "enrolled.features": ("F16", [4, self.features], half),
            "head.bias": ("F32", [1], struct.pack("<f", self.bias)),
            "head.weight": ("F32", [self.features], numbers(self.features, 0.01)),
        }
        return safetensors(tensors, {"manifest": json.dumps(self.manifest(), sort_keys=True, separators=(",", ":"))})


def safetensors(tensors: dict[str, tuple[str, list[int], bytes]], metadata: dict[str, str]) -> bytes:
    """A safetensors file."""
    header: dict[str, Any] = {"__metadata__": metadata}
    data = b""
    for name, (kind, shape, raw) in tensors.items():
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def model_digest(arena: Arena) -> str:
    """The digest of the model the server runs."""
    if "model_digest" not in arena.shared:
        arena.shared["model_digest"] = arena.server.admin.caller.need("Server/Status").model_digest
    return arena.shared["model_digest"]


def feature_size(model: Path) -> int:
    """Numbers of a pooled feature, as the model's bank of negatives has them."""
    with open(model / "bank.safetensors", "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
    return header["features"]["shape"][1]


def artifact(arena: Arena, **parts: Any) -> Artifact:
    """A good artifact for the server's model."""
    return Artifact(model_digest(arena), features=feature_size(arena.model), **parts)
