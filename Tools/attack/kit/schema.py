"""The API as the proto files declare it: the methods, and a class for each message."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor import Descriptor
from grpc_tools import protoc

ROOT = Path(__file__).resolve().parents[3]
INCLUDE = Path(protoc.__file__).parent / "_proto"  # google/protobuf/descriptor.proto
PACKAGE = "myvlm.v1"


@dataclass(frozen=True)
class Method:
    """A method of the API."""

    service: str
    name: str
    request: type
    reply: type
    request_streams: bool
    reply_streams: bool

    @property
    def key(self) -> str:
        """`Concepts/Enroll`."""
        return f"{self.service}/{self.name}"

    @property
    def path(self) -> str:
        """What stands in `:path`."""
        return f"/{PACKAGE}.{self.service}/{self.name}"

    @property
    def fields(self) -> list[str]:
        """Names of the request's fields."""
        return [field.name for field in self.request.DESCRIPTOR.fields]


@cache
def _pool() -> tuple[descriptor_pool.DescriptorPool, list[str]]:
    files = sorted((ROOT / "proto" / "myvlm" / "v1").glob("*.proto"))
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "set")
        arguments = ["protoc", f"-I{ROOT / 'proto'}", f"-I{INCLUDE}", "--include_imports",
                     f"--descriptor_set_out={out}"]
        if protoc.main([*arguments, *[str(file.relative_to(ROOT / "proto")) for file in files]]):
            raise SystemExit("attack: the proto files do not compile")
        made = descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in made.file:
        pool.Add(file)
    return pool, [file.name for file in made.file if file.package == PACKAGE]


def message(name: str) -> Any:
    """The class of a message: `message("LoginRequest")`."""
    return message_factory.GetMessageClass(_pool()[0].FindMessageTypeByName(f"{PACKAGE}.{name}"))


@cache
def methods() -> dict[str, Method]:
    """Every method of the API by its key."""
    pool, files = _pool()
    found: dict[str, Method] = {}
    for file in files:
        for service in pool.FindFileByName(file).services_by_name.values():
            for method in service.methods:
                made = Method(
                    service.name, method.name, _class(method.input_type), _class(method.output_type),
                    method.client_streaming, method.server_streaming)
                found[made.key] = made
    return found


def _class(descriptor: Descriptor) -> type:
    return message_factory.GetMessageClass(descriptor)


def method(key: str) -> Method:
    """The method of a key."""
    return methods()[key]
