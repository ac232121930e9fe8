"""Every kind of call from Python's grpcio against the test server; prints one line a check that holds.

    python interop.py HOST:PORT AUTHORITY.pem

The stubs come from proto/ into a temporary folder at run time. Needs Tools/requirements-grpc.txt.
"""

import sys
import threading
from pathlib import Path

import grpc
from fillings import modules

_generated = modules(("accounts", "concepts", "vision"))
accounts, concepts, vision = (_generated[name] for name in ("accounts", "concepts", "vision"))
TextPiece = vision.TextPiece


class Echo:
    def __init__(self, channel):
        def method(kind, name, reply):
            path = f"/myvlm.test.Echo/{name}"
            return kind(path, request_serializer=lambda m: m.SerializeToString(), response_deserializer=reply.FromString)

        self.unary = method(channel.unary_unary, "Unary", TextPiece)
        self.fast = method(channel.unary_unary, "Fast", TextPiece)
        self.fail = method(channel.unary_unary, "Fail", TextPiece)
        self.gather = method(channel.stream_unary, "Gather", concepts.UploadReceipt)
        self.repeated = method(channel.unary_stream, "Repeat", TextPiece)
        self.chat = method(channel.stream_stream, "Chat", TextPiece)
        self.hang = method(channel.unary_unary, "Hang", TextPiece)
        self.endless = method(channel.unary_stream, "Endless", TextPiece)
        self.who = method(channel.unary_unary, "WhoAmI", accounts.LoginReply)
        self.missing = method(channel.unary_unary, "Missing", TextPiece)


def fails(code, call):
    try:
        call()
    except grpc.RpcError as error:
        assert error.code() == code, f"{error.code()} instead of {code}: {error.details()}"
        return error
    raise AssertionError(f"no {code}")


def unary(echo):
    assert echo.unary(TextPiece(text="hé 😀")).text == "hé 😀"
    assert echo.fast(TextPiece(text="loop")).text == "loop"


def client_streaming(echo):
    chunks = (concepts.PhotoChunk(data=bytes(50_000), last=i % 2 == 1) for i in range(40))
    receipt = echo.gather(chunks)
    assert (receipt.photos, receipt.bytes) == (20, 2_000_000), receipt


def server_streaming(echo):
    pieces = [p.text for p in echo.repeated(accounts.LoginRequest(user="x" * 100, label="5000"))]
    assert len(pieces) == 5000 and set(pieces) == {"x" * 100}


def bidirectional(echo):
    """Each request is written only when the reply to the one before is here."""
    turn = threading.Semaphore(1)

    def requests():
        for i in range(50):
            turn.acquire()
            yield TextPiece(text=str(i))

    said = []
    for reply in echo.chat(requests()):
        said.append(reply.text)
        turn.release()
    assert said == [str(i) for i in range(50)]


def errors(echo):
    for code in grpc.StatusCode:
        number = code.value[0]
        if number == 0:
            continue
        error = fails(code, lambda: echo.fail(TextPiece(text=str(number))))
        assert error.details() == "wanted % é", error.details()
        trailers = dict(error.trailing_metadata())
        assert trailers["retry-after-ms"] == "17" and trailers["x-request-id"]
    secret = fails(grpc.StatusCode.INTERNAL, lambda: echo.fail(TextPiece(text="boom")))
    assert "hunter2" not in secret.details()
    fails(grpc.StatusCode.UNIMPLEMENTED, lambda: echo.missing(TextPiece()))
    fails(grpc.StatusCode.UNIMPLEMENTED, lambda: echo.unary(TextPiece(text="x" * 5000), compression=grpc.Compression.Gzip))


def deadline(echo):
    fails(grpc.StatusCode.DEADLINE_EXCEEDED, lambda: echo.hang(TextPiece(), timeout=0.2))


def cancel(echo):
    stream = echo.endless(TextPiece(text="x"))
    for _ in range(100):
        next(stream)
    stream.cancel()
    fails(grpc.StatusCode.CANCELLED, lambda: [None for _ in stream])


def large(echo):
    text = "0123456789abcdef" * 200_000
    assert echo.unary(TextPiece(text=text)).text == text
    fails(grpc.StatusCode.RESOURCE_EXHAUSTED, lambda: echo.unary(TextPiece(text="x" * (5 << 20))))
    assert echo.unary(TextPiece(text="after")).text == "after"


def metadata(echo):
    reply = echo.who(
        accounts.WhoAmIRequest(), metadata=[("authorization", "Bearer py"), ("blob-bin", bytes(range(256)))]
    )
    assert reply.token.startswith("Bearer py|127.0.0.1|"), reply.token
    assert reply.expires_at_ms == sum(range(256))
    fails(grpc.StatusCode.UNAUTHENTICATED, lambda: echo.unary(TextPiece(), metadata=[("authorization", "Bearer bad")]))


def parallel(echo):
    calls = [echo.unary.future(TextPiece(text=str(i))) for i in range(1000)]
    assert [c.result(timeout=600).text for c in calls] == [str(i) for i in range(1000)]


def main():
    target, authority = sys.argv[1:]
    credentials = grpc.ssl_channel_credentials(Path(authority).read_bytes())
    options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    with grpc.secure_channel(target, credentials, options) as channel:
        echo = Echo(channel)
        for check in (
            unary, client_streaming, server_streaming, bidirectional, errors, deadline, cancel, large, metadata, parallel,
        ):
            check(echo)
            print(f"holds: {check.__name__}", flush=True)


if __name__ == "__main__":
    main()
