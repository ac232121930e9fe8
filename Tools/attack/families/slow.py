"""Slow peers: who sends a byte a second, begins and never ends, or never reads.

They stand for a peer who holds what the server set aside for it, for as long as it likes, by sending next to nothing.
"""

from __future__ import annotations

import struct
import time
from contextlib import ExitStack

from ..kit import wire
from ..kit.arena import Arena, attack, require
from ..kit.artifact import artifact
from ..kit.schema import message, method
from ..kit.wire import Wire, frame

CAPTION = method("Vision/Caption").path
IMPORT = method("Concepts/ImportData").path
IMPORT_CONCEPT = method("Concepts/ImportConcept").path
UPLOAD = method("Concepts/UploadPhotos").path
LOGIN = method("Accounts/Login").path
EXPORT = method("Concepts/ExportConcept").path
# The record of a TLS ClientHello that goes on for 500 bytes.
CLIENT_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(32)


@attack("slow-handshakes", "60 connections that send their TLS handshake a byte a second: ended in good time")
def slow_handshakes(arena: Arena) -> str:
    with ExitStack() as stack:
        peers = [stack.enter_context(Wire(arena.server, "127.0.0.20", tls=False, preface=False)) for _ in range(60)]
        begin = time.monotonic()
        # Ten seconds are allowed for a handshake; the ends are looked for once a second.
        until = begin + arena.seconds(3, 15)
        number = 0
        while time.monotonic() < until and not all(one.closed for one in peers):
            for one in peers:
                if not one.closed:
                    one.send(CLIENT_HELLO[number % len(CLIENT_HELLO):][:1], timeout=0.1)
                    one.read(0)
            number += 1
            time.sleep(1)
        closed = sum(one.closed for one in peers)
        require(arena.short or closed == 60, f"{60 - closed} of 60 handshakes go on after 15 seconds")
    return f"{closed} of 60 closed after {time.monotonic() - begin:.0f} s"


def headers_of(one: Wire) -> bytes:
    """A header block that is begun."""
    return frame(wire.HEADERS, 0, one.take_stream(), one.headers(LOGIN))


def continuation(_: Wire) -> bytes:
    return frame(wire.CONTINUATION, 0, 1, b"\x00\x01a\x01b")


def body_of(one: Wire) -> bytes:
    """A login whose message is begun."""
    return (frame(wire.HEADERS, wire.END_HEADERS, one.take_stream(), one.headers(LOGIN))
            + frame(wire.DATA, 0, 1, wire.message(b"", claimed=2_000)))


def byte_of_body(_: Wire) -> bytes:
    return frame(wire.DATA, 0, 1, b"a")


@attack("slow-messages", "40 connections that send headers and bodies a piece a second: ended in good time", short=False)
def slow_messages(arena: Arena) -> str:
    # A minute is allowed for a message.
    said = []
    with ExitStack() as stack:
        kinds = {"headers": (headers_of, continuation), "bodies": (body_of, byte_of_body)}
        peers = {name: [stack.enter_context(Wire(arena.server, "127.0.0.21")) for _ in range(20)] for name in kinds}
        for name, (first, _) in kinds.items():
            for one in peers[name]:
                one.send(first(one))
        until = time.monotonic() + 80
        while time.monotonic() < until:
            for name, (_, more) in kinds.items():
                for one in peers[name]:
                    if not one.closed and not one.answers[1].over:
                        one.send(more(one), timeout=0.2)
                    one.read(0)
            time.sleep(1)
        for name in kinds:
            over = sum(one.closed or one.answers[1].over for one in peers[name])
            require(over == 20, f"{20 - over} of 20 slow {name} go on after 80 seconds")
            said.append(f"{over} {name} ended")
    return ", ".join(said)


def push(wires: list[tuple[Wire, int]], piece: bytes, *, most: int, seconds: float) -> int:
    """Sends pieces on all streams in turn as far as flow control allows, until nothing goes any more; bytes in all."""
    total, still, until = 0, time.monotonic(), time.monotonic() + seconds
    while total < most and time.monotonic() < until and time.monotonic() - still < 1:
        for one, stream in wires:
            if one.closed or one.answers[stream].over or one.room(stream) <= 0:
                one.read(0)
                continue
            went = one.body(stream, piece[:one.room(stream)], timeout=0.2)
            total += went
            if went:
                still = time.monotonic()
    return total


@attack("unfinished-bodies", "300 captions of one user whose pictures of 20 MiB never come to their end: memory stays bounded")
def unfinished_bodies(arena: Arena) -> str:
    user = arena.user()
    with ExitStack() as stack:
        calls = []
        for number in range(3):
            one = stack.enter_context(Wire(arena.server, "127.0.0.22"))
            one.read(0.2)
            for _ in range(100):
                calls.append((one, one.open(CAPTION, user.token, body=wire.message(b"", claimed=20 << 20))))
        sent = push(calls, b"\x0a" + bytes(65_535), most=arena.count(1_200, 3_000) << 20, seconds=arena.seconds(5, 40))
        over = sum(one.answers[stream].over or one.closed for one, stream in calls)
    return f"{sent >> 20} MiB taken, {over} of {len(calls)} calls ended"


@attack("waiting-bodies", "whole pictures of 12 MiB whose calls are never half-closed, 300 of one user: memory stays bounded")
def waiting_bodies(arena: Arena) -> str:
    user = arena.user()
    picture = message("CaptionRequest")(image=bytes(12 << 20)).SerializeToString()
    body = wire.message(picture)
    with ExitStack() as stack:
        calls = []
        for number in range(3):
            one = stack.enter_context(Wire(arena.server, "127.0.0.23"))
            one.read(0.2)
            calls += [(one, one.open(CAPTION, user.token)) for _ in range(100)]
        at = {id(one): 0 for one, _ in calls}
        total, until = 0, time.monotonic() + arena.seconds(5, 40)
        for one, stream in calls:
            if time.monotonic() > until or total > arena.count(1_200, 3_000) << 20:
                break
            total += one.body(stream, body, timeout=0.3)
            at[id(one)] += 1
        for one in {id(one): one for one, _ in calls}.values():
            one.read(0.2)
        answered = sum(bool(one.answers[stream].data) for one, stream in calls)
        require(not answered, f"{answered} calls were answered that were not half-closed")
    return f"{total >> 20} MiB taken"


@attack("unfinished-uploads", "four imports and four uploads of one user, begun with 45 MiB each and never ended")
def unfinished_uploads(arena: Arena) -> str:
    user = arena.user()
    chunk, photo = message("DataChunk"), message("PhotoChunk")
    total = 0
    with ExitStack() as stack:
        calls = []
        for number in range(8):
            one = stack.enter_context(Wire(arena.server, "127.0.0.24"))
            one.read(0.1)
            calls.append((one, one.open(IMPORT if number % 2 else UPLOAD, user.token), number % 2))
        begun = {True: wire.message(chunk(data=b'myvlm-export 1\n{"format":1,"user":"').SerializeToString()),
                 False: wire.message(photo(file_name="a.jpg").SerializeToString())}
        more = {True: wire.message(chunk(data=b"a" * (256 << 10)).SerializeToString()),
                False: wire.message(photo(data=bytes(256 << 10)).SerializeToString())}
        until = time.monotonic() + arena.seconds(5, 40)
        for one, stream, kind in calls:
            one.body(stream, begun[bool(kind)], timeout=1)
        for _ in range(45 * 4):
            if time.monotonic() > until:
                break
            for one, stream, kind in calls:
                if not one.answers[stream].over and not one.closed:
                    total += one.body(stream, more[bool(kind)], timeout=0.5)
    return f"{total >> 20} MiB taken"


@attack("waiting-logins", "600 logins with a whole message that are never half-closed, from strangers: never answered, bounded")
def waiting_logins(arena: Arena) -> str:
    login = message("LoginRequest")(user="admin", password="a" * 3_000).SerializeToString()
    with ExitStack() as stack:
        peers = [stack.enter_context(Wire(arena.server, f"127.0.0.{30 + number}")) for number in range(6)]
        for one in peers:
            for _ in range(100):
                one.answers[one.open(LOGIN, body=wire.message(login))]
        # A minute is allowed for a message.
        until = time.monotonic() + arena.seconds(3, 80)
        over = 0
        while time.monotonic() < until and over < 600:
            for one in peers:
                one.read(0.05)
            over = sum(len(one.answers) if one.closed else sum(answer.over for answer in one.answers.values())
                       for one in peers)
        answered = sum(bool(answer.data) for one in peers for answer in one.answers.values())
        require(not answered, f"{answered} logins were answered that were not half-closed")
        require(arena.short or over >= 600, f"{600 - over} logins wait for their half-close after 80 seconds")
    return f"{over} of 600 ended by the server"


@attack("never-reading", "answers of a megabyte on 300 streams that are never read: what waits to be sent stays bounded")
def never_reading(arena: Arena) -> str:
    user = arena.user(requests_per_minute=10_000)
    large = artifact(arena, rows=400).encoded()
    user.caller.need("Concepts/ImportConcept", name="large", data=artifact(arena).encoded())
    # As large as the server takes; a server that refuses such an artifact sends small answers.
    taken = user.caller.call("Concepts/ImportConcept", name="large", data=large)
    request = wire.message(message("ExportConceptRequest")(name="large").SerializeToString())
    with ExitStack() as stack:
        peers = [stack.enter_context(Wire(arena.server, "127.0.0.25", window=0, mute=True)) for _ in range(3)]
        for one in peers:
            one.give_credit = False
            for _ in range(100):
                one.open(EXPORT, user.token, body=request, end=True)
        until = time.monotonic() + arena.seconds(3, 10)
        while time.monotonic() < until:
            time.sleep(0.1)
        # A little credit, so that everything stands ready to be sent.
        for one in peers:
            one.frame(wire.SETTINGS, 0, 0, struct.pack(">HI", 4, 1))
            one.read(0.2)
        begun = sum(bool(answer.fields) for one in peers for answer in one.answers.values())
    return f"{begun} answers begun, each of {len(large) >> 10 if taken.ok else 13} KiB"


@attack("stalled-readers", "32 exports of everything a user has that stop being read", short=False)
def stalled_readers(arena: Arena) -> str:
    user = arena.user(concepts=500)
    for number in range(100):
        user.caller.need("Concepts/ImportConcept", name=f"thing {number}",
                         data=artifact(arena, seed=number).encoded())
    path = method("Concepts/ExportData").path
    with ExitStack() as stack:
        peers = [stack.enter_context(Wire(arena.server, "127.0.0.26", mute=True)) for _ in range(4)]
        for one in peers:
            one.give_credit = False
            for _ in range(8):
                one.open(path, user.token, body=wire.message(b""), end=True)
        until = time.monotonic() + 15
        while time.monotonic() < until:
            for one in peers:
                one.read(0.05)
    return "32 exports"


