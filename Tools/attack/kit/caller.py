"""Calls as any gRPC client makes them, by the method's key, with Python's grpcio."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import grpc

from . import schema

CHUNK = 256 << 10


@dataclass
class Result:
    """How a call ended."""

    code: str
    details: str = ""
    replies: list[Any] = field(default_factory=list)
    trailers: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        return self.code == "OK"

    @property
    def reply(self) -> Any:
        """The only reply; fails where there is none."""
        if not self.replies:
            raise CallFailed(f"{self.code}: {self.details}")
        return self.replies[0]

    @property
    def bytes(self) -> bytes:
        """All that the server said, for a search of what it must not say."""
        said = [self.details.encode()] + [reply.SerializeToString() for reply in self.replies]
        return b"\0".join(said + [str(value).encode() for value in self.trailers.values()])


class CallFailed(Exception):
    """A call that the kit itself needs did not succeed."""


class Caller:
    """One connection, with or without a token."""

    def __init__(self, address: str, authority: bytes, token: str | None = None):
        options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1),
                   ("grpc.use_local_subchannel_pool", 1), ("grpc.enable_retries", 0)]
        self.token = token
        self.channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(authority), options)

    def close(self) -> None:
        self.channel.close()

    def __enter__(self) -> Caller:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self, key: str, request: Any = None, *, token: str | None = None, timeout: float | None = 30) -> Any:
        """Begins a call; what it gives depends on the method's kind, as grpcio has it."""
        method = schema.method(key)
        kinds = {(False, False): self.channel.unary_unary, (False, True): self.channel.unary_stream,
                 (True, False): self.channel.stream_unary, (True, True): self.channel.stream_stream}
        stub = kinds[method.request_streams, method.reply_streams](
            method.path, request_serializer=method.request.SerializeToString,
            response_deserializer=method.reply.FromString)
        if request is None:
            request = iter(()) if method.request_streams else method.request()
        token = self.token if token is None else token
        metadata = [("authorization", f"Bearer {token}")] if token else []
        if method.reply_streams:
            return stub(request, timeout=timeout, metadata=metadata)
        return stub.future(request, timeout=timeout, metadata=metadata)

    def call(
        self, key: str, request: Any = None, *, token: str | None = None, timeout: float = 30, first: int | None = None,
        **fields: Any,
    ) -> Result:
        """Makes a call and waits for its end, or for so many replies (`first`), after which it is cancelled."""
        method = schema.method(key)
        if fields:
            request = method.request(**fields)
        began = time.monotonic()
        replies: list[Any] = []
        call = self.start(key, request, token=token, timeout=timeout)
        try:
            if method.reply_streams:
                for reply in call:
                    replies.append(reply)
                    if first is not None and len(replies) >= first:
                        call.cancel()
                        return Result("OK", replies=replies, seconds=time.monotonic() - began)
            else:
                replies.append(call.result())
            return Result("OK", replies=replies, seconds=time.monotonic() - began)
        except grpc.RpcError as error:
            trailers = {name: value for name, value in (error.trailing_metadata() or ())}
            return Result(error.code().name, error.details() or "", replies, trailers, time.monotonic() - began)

    def need(self, key: str, request: Any = None, *, timeout: float = 60, **fields: Any) -> Any:
        """The reply of a call that has to succeed: the last one of a stream."""
        result = self.call(key, request, timeout=timeout, **fields)
        if not result.ok:
            raise CallFailed(f"{key}: {result.code}: {result.details}")
        return result.replies[-1] if result.replies else None


def chunks(data: bytes, size: int = CHUNK) -> Iterable[Any]:
    """A file as `ImportData` takes it."""
    chunk = schema.message("DataChunk")
    for start in range(0, len(data), size):
        yield chunk(data=data[start:start + size])


def photos(files: dict[str, bytes]) -> Iterable[Any]:
    """Photos as `UploadPhotos` takes them."""
    chunk = schema.message("PhotoChunk")
    for name, data in files.items():
        for start in range(0, max(len(data), 1), CHUNK):
            piece = data[start:start + CHUNK]
            yield chunk(file_name=name if start == 0 else "", data=piece, last=start + CHUNK >= len(data))
