"""HTTP/2 by hand (RFC 9113), for what no proper client sends. Header fields go out as literals that are not indexed
(RFC 7541, 6.2.2), so there is no state to keep."""

from __future__ import annotations

import select
import socket
import ssl
import struct
import time
from collections import defaultdict
from dataclasses import dataclass, field

from . import hpack
from .server import Server

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
END_STREAM, ACK, END_HEADERS = 1, 1, 4
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
NO_ERROR, ENHANCE_YOUR_CALM = 0, 11


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """The bytes of a frame."""
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def message(data: bytes, *, compressed: int = 0, claimed: int | None = None) -> bytes:
    """A message with gRPC's prefix, which may claim another length."""
    return bytes([compressed]) + struct.pack(">I", len(data) if claimed is None else claimed) + data


@dataclass
class Answer:
    """What came on a stream."""

    fields: dict[str, str] = field(default_factory=dict)
    data: bytearray = field(default_factory=bytearray)
    ended: bool = False
    reset: int | None = None
    ended_at: float = 0.0

    @property
    def status(self) -> str | None:
        """`grpc-status`, as the number it is."""
        return self.fields.get("grpc-status")

    @property
    def over(self) -> bool:
        return self.ended or self.reset is not None


class Wire:
    """A connection that sends what it is told.

    It answers SETTINGS and PING unless it is `mute`, and gives no credit back unless it is told to (`give_credit`).
    """

    def __init__(
        self, server: Server, source: str = "127.0.0.1", *, tls: bool = True, preface: bool = True, mute: bool = False,
        window: int | None = None, timeout: float = 10,
    ):
        host, port = server.address.rsplit(":", 1)
        self.raw = socket.create_connection((host, int(port)), timeout, source_address=(source, 0))
        self.raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket: socket.socket = self.raw
        self.mute, self.give_credit = mute, True
        self.closed = False
        self.goaway: tuple[int, bytes] | None = None
        self.answers: dict[int, Answer] = defaultdict(Answer)
        self.counts: dict[int, int] = defaultdict(int)
        self.next_stream = 1
        self.sent = 0
        # What may be sent: of the connection, and of each stream.
        self.connection_window = 65_535
        self.initial_window = 65_535
        self.stream_windows: dict[int, int] = {}
        self.frame_size = 16_384
        self._in, self._block, self._decoder = bytearray(), bytearray(), hpack.Decoder()
        if tls:
            self.socket = _context(server).wrap_socket(self.raw, server_hostname=host)
        if preface:
            own = struct.pack(">HI", 1, 0) + (struct.pack(">HI", 4, window) if window is not None else b"")
            self.send(PREFACE + frame(SETTINGS, 0, 0, own))

    # --- sending

    def send(self, data: bytes, timeout: float = 5.0) -> bool:
        """Sends all of it; false where the peer has closed or takes nothing for so long. Reads meanwhile, so that
        neither side waits for the other."""
        view, until = memoryview(data), time.monotonic() + timeout
        self.socket.setblocking(False)
        while view and not self.closed:
            try:
                sent = self.socket.send(view[:1 << 16])
                self.sent += sent
                view, until = view[sent:], time.monotonic() + timeout
            except (ssl.SSLWantWriteError, BlockingIOError):
                if time.monotonic() > until:
                    return False
                select.select([self.socket], [self.socket], [], 0.05)
                self.read(0)
            except ssl.SSLWantReadError:
                self.read(0.05)
            except OSError:
                self.closed = True
        return not self.closed

    def frame(self, kind: int, flags: int, stream: int, payload: bytes = b"") -> bool:
        return self.send(frame(kind, flags, stream, payload))

    def take_stream(self) -> int:
        stream, self.next_stream = self.next_stream, self.next_stream + 2
        self.stream_windows[stream] = self.initial_window
        return stream

    def headers(self, path: str, token: str | None = None, more: list[tuple[str, str]] | None = None) -> bytes:
        """The header block of a call."""
        fields = [(":method", "POST"), (":scheme", "https"), (":path", path), (":authority", "localhost"),
                  ("content-type", "application/grpc"), ("te", "trailers")]
        if token:
            fields.append(("authorization", f"Bearer {token}"))
        return hpack.encode(fields + (more or []))

    def open(
        self, path: str, token: str | None = None, *, body: bytes = b"", end: bool = False,
        more: list[tuple[str, str]] | None = None,
    ) -> int:
        """Begins a call, perhaps with the beginning of its body (at most a frame)."""
        stream = self.take_stream()
        data = frame(HEADERS, END_HEADERS | (END_STREAM if end and not body else 0), stream,
                     self.headers(path, token, more))
        if body:
            data += frame(DATA, END_STREAM if end else 0, stream, body)
            self.connection_window -= len(body)
            self.stream_windows[stream] -= len(body)
        self.send(data)
        return stream

    def body(self, stream: int, data: bytes, *, end: bool = False, timeout: float = 10) -> int:
        """Sends data as far as flow control lets it; how many bytes went."""
        sent, until = 0, time.monotonic() + timeout
        while sent < len(data) and not self.closed and not self.answers[stream].over:
            room = min(self.connection_window, self.stream_windows[stream], self.frame_size, len(data) - sent)
            if room <= 0:
                if time.monotonic() > until:
                    return sent
                self.read(0.05)
                continue
            last = end and sent + room == len(data)
            if not self.send(frame(DATA, END_STREAM if last else 0, stream, data[sent:sent + room])):
                return sent
            sent += room
            self.connection_window -= room
            self.stream_windows[stream] -= room
            until = time.monotonic() + timeout
        return sent

    def room(self, stream: int) -> int:
        """Bytes that flow control allows on a stream now."""
        return min(self.connection_window, self.stream_windows[stream])

    def half_close(self, stream: int) -> bool:
        return self.frame(DATA, END_STREAM, stream)

    def call(self, path: str, body: bytes, token: str | None = None, seconds: float = 10) -> Answer:
        """A whole call of one message."""
        stream = self.open(path, token, body=message(body), end=True)
        return self.wait(stream, seconds)

    # --- reading

    def read(self, seconds: float = 0.0) -> bool:
        """Takes what has come, waiting so long for the first byte; whether anything came."""
        came, until = False, time.monotonic() + seconds
        self.socket.setblocking(False)
        while not self.closed:
            try:
                data = self.socket.recv(1 << 18)
            except (ssl.SSLWantReadError, BlockingIOError):
                left = until - time.monotonic()
                if came or left <= 0:
                    return came
                select.select([self.socket], [], [], left)
                continue
            except ssl.SSLWantWriteError:
                return came
            except OSError:
                data = b""
            if not data:
                self.closed = True
                return came
            self._in += data
            came = True
            self._parse()
        return came

    def wait(self, stream: int, seconds: float = 10) -> Answer:
        """The answer of a stream, once it is over, the connection closes or time is up."""
        until = time.monotonic() + seconds
        while not self.answers[stream].over and not self.closed and time.monotonic() < until:
            self.read(min(0.2, max(0.0, until - time.monotonic())))
        return self.answers[stream]

    def wait_closed(self, seconds: float) -> bool:
        """Whether the server ends the connection within so long."""
        until = time.monotonic() + seconds
        while not self.closed and time.monotonic() < until:
            self.read(min(0.2, max(0.0, until - time.monotonic())))
        return self.closed

    def _parse(self) -> None:
        at = 0
        while len(self._in) - at >= 9:
            length = int.from_bytes(self._in[at:at + 3], "big")
            if len(self._in) - at < 9 + length:
                break
            kind, flags = self._in[at + 3], self._in[at + 4]
            stream = int.from_bytes(self._in[at + 5:at + 9], "big") & 0x7FFFFFFF
            self._take(kind, flags, stream, bytes(self._in[at + 9:at + 9 + length]))
            at += 9 + length
        del self._in[:at]

    def _take(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        self.counts[kind] += 1
        if kind in (HEADERS, CONTINUATION):
            self._take_headers(kind, flags, stream, payload)
        elif kind == DATA:
            self._take_data(flags, stream, payload)
        elif kind == RST_STREAM:
            answer = self.answers[stream]
            answer.reset, answer.ended_at = int.from_bytes(payload[:4], "big"), time.monotonic()
        elif kind == GOAWAY:
            self.goaway = (int.from_bytes(payload[4:8], "big"), payload[8:])
        elif kind == WINDOW_UPDATE:
            more = int.from_bytes(payload[:4], "big") & 0x7FFFFFFF
            if stream == 0:
                self.connection_window += more
            elif stream in self.stream_windows:
                self.stream_windows[stream] += more
        elif kind == SETTINGS and not flags & ACK:
            self._take_settings(payload)
        elif kind == PING and not flags & ACK and not self.mute:
            self._reply(frame(PING, ACK, 0, payload))

    def _take_headers(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        self._block += payload
        answer = self.answers[stream]
        if kind == HEADERS and flags & END_STREAM:
            answer.ended = True
        if flags & END_HEADERS:
            answer.fields.update(self._decoder.decode(bytes(self._block)))
            self._block.clear()
            if answer.ended:
                answer.ended_at = time.monotonic()

    def _take_data(self, flags: int, stream: int, payload: bytes) -> None:
        answer = self.answers[stream]
        answer.data += payload
        if flags & END_STREAM:
            answer.ended, answer.ended_at = True, time.monotonic()
        if payload and self.give_credit:
            credit = struct.pack(">I", len(payload))
            self._reply(frame(WINDOW_UPDATE, 0, 0, credit) + (
                b"" if flags & END_STREAM else frame(WINDOW_UPDATE, 0, stream, credit)))

    def _take_settings(self, payload: bytes) -> None:
        for at in range(0, len(payload) - 5, 6):
            name, value = struct.unpack(">HI", payload[at:at + 6])
            if name == 4:
                for stream in self.stream_windows:
                    self.stream_windows[stream] += value - self.initial_window
                self.initial_window = value
            elif name == 5:
                self.frame_size = value
        if not self.mute:
            self._reply(frame(SETTINGS, ACK, 0))

    def _reply(self, data: bytes) -> None:
        """Sends a few bytes from within reading; what does not go at once is left, as a peer's kernel would."""
        try:
            self.socket.send(data)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError):
            pass
        except OSError:
            self.closed = True

    def close(self) -> None:
        for one in (self.socket, self.raw):
            try:
                one.close()
            except OSError:
                pass

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


_contexts: dict[str, ssl.SSLContext] = {}


def _context(server: Server) -> ssl.SSLContext:
    """A client's TLS, made once a server."""
    key = str(server.home)
    if key not in _contexts:
        context = ssl.create_default_context(cafile=str(server.home / "ca.pem"))
        context.set_alpn_protocols(["h2"])
        _contexts[key] = context
    return _contexts[key]
