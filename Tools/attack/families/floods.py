"""Floods: more of everything than anybody needs, with a token and without.

They stand for a peer who pays little and makes the server pay much: calls and streams beyond the user's limits, connections
up to the limit of all, and the frames that cost most beside their size (pings, resets, empty data, settings, header
blocks that unpack to more than was sent).
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable
from contextlib import ExitStack

from ..kit import hpack, wire
from ..kit.arena import Arena, attack, require
from ..kit.schema import message, method
from ..kit.wire import Wire, frame

LOGIN = method("Accounts/Login").path
STATUS = method("Server/Status").path
WATCH = method("Concepts/Watch").path
EMPTY = wire.message(b"")
# The next bytes of a flood.
Make = Callable[[Wire], bytes]
# Frames after which a server has to have ended a connection that sends nothing else.
PATIENCE = 20_000
# Seconds that a server may take over what was sent last.
SETTLE = 2.0


def opened(stack: ExitStack, arena: Arena, count: int, first: int = 2) -> list[Wire]:
    """Connections, no more than 250 from one address: 127.0.0.2, 127.0.0.3 and so on."""
    return [stack.enter_context(Wire(arena.server, f"127.0.0.{first + number // 250}")) for number in range(count)]


def flood(arena: Arena, connections: int, make: Make, *, batches: int, seconds: float) -> tuple[int, int]:
    """Sends `make(wire)` over and over on so many connections, each opened again when the server ends it (at most ten
    times). How many bytes went, and how many connections the server ended."""
    sent = ended = 0
    with ExitStack() as stack:
        wires = opened(stack, arena, connections)
        again = dict.fromkeys(range(connections), 10)
        until = time.monotonic() + seconds
        for _ in range(batches):
            if time.monotonic() > until:
                break
            for number, one in enumerate(wires):
                if one.closed and again[number]:
                    ended, again[number] = ended + 1, again[number] - 1
                    sent += one.sent
                    one.close()
                    wires[number] = one = stack.enter_context(Wire(arena.server, "127.0.0.2"))
                if not one.closed:
                    one.send(make(one), timeout=1)
                    one.read(0)
        # What was sent lies in buffers for a while.
        until = time.monotonic() + SETTLE
        while time.monotonic() < until and not all(one.closed for one in wires):
            for one in wires:
                one.read(0.02)
        return sent + sum(one.sent for one in wires), ended + sum(one.closed for one in wires)


@attack("flood-calls", "a user's Status calls as fast as they go on four connections: the limit of calls a minute holds")
def calls(arena: Arena) -> str:
    user = arena.user()
    arena.beside(1)
    codes: dict[str, int] = {}
    with ExitStack() as stack:
        wires = opened(stack, arena, 4)
        begun = time.monotonic()
        while time.monotonic() < begun + arena.seconds(2, 15):
            for one in wires:
                block = one.headers(STATUS, user.token)
                streams = [one.take_stream() for _ in range(50)]
                one.send(b"".join(
                    frame(wire.HEADERS, wire.END_HEADERS, stream, block) + frame(wire.DATA, wire.END_STREAM, stream, EMPTY)
                    for stream in streams))
                for stream in streams:
                    answer = one.wait(stream, 5)
                    codes[answer.status or "none"] = codes.get(answer.status or "none", 0) + 1
                    one.answers.pop(stream, None)
                if one.closed or one.goaway:
                    wires[wires.index(one)] = stack.enter_context(Wire(arena.server, "127.0.0.2"))
        seconds = time.monotonic() - begun
    good, refused = codes.get("0", 0), codes.get("8", 0)
    # A minute's calls may be made at once, and come again by the second.
    allowed = 1_200 + 20 * seconds
    require(good <= allowed + 20, f"{good} calls of one user were served in {seconds:.0f} s; {allowed:.0f} are allowed")
    return f"{good} served, {refused} refused, {codes.get('none', 0)} cut off"


@attack("flood-strangers", "calls without a token and with made-up ones on eight connections: none is served")
def strangers(arena: Arena) -> str:
    asked, number = 0, 0
    with ExitStack() as stack:
        wires = opened(stack, arena, 8)
        until = time.monotonic() + arena.seconds(2, 15)
        while time.monotonic() < until:
            for one in wires:
                streams = []
                for _ in range(25):
                    number += 1
                    token = f"{number:064x}" if number % 2 else None
                    streams.append(one.open(STATUS, token, body=EMPTY, end=True))
                for stream in streams:
                    answer = one.wait(stream, 5)
                    require(answer.status in ("16", "8", None), f"a stranger's call ended with {answer.status}")
                    one.answers.pop(stream, None)
                    asked += 1
                if one.closed or one.goaway:
                    wires[wires.index(one)] = stack.enter_context(Wire(arena.server, "127.0.0.3"))
    return f"{asked} calls"


@attack("flood-streams", "a user opens Watch calls without end on six connections: no more than the user's streams stay open")
def streams(arena: Arena) -> str:
    user = arena.user()
    arena.beside(1)
    with ExitStack() as stack:
        wires = opened(stack, arena, 6)
        for one in wires:
            for _ in range(100):
                one.open(WATCH, user.token, body=EMPTY, end=True)
        until = time.monotonic() + arena.seconds(2, 8)
        while time.monotonic() < until:
            for one in wires:
                one.read(0.02)
        running = sum(1 for one in wires if not one.closed for answer in one.answers.values()
                      if answer.data and not answer.over)
        refused = sum(1 for one in wires for answer in one.answers.values() if answer.status == "8")
        require(running <= 32, f"{running} Watch calls of one user run; 32 are allowed")
    return f"{running} run, {refused} refused, {sum(one.closed for one in wires)} connections ended"


@attack("flood-connections", "1,022 connections from four addresses, with TLS and idle: a user still gets in")
def connections(arena: Arena) -> str:
    open_, refused = 0, 0
    with ExitStack() as stack:
        wires = []
        for number in range(1_022):
            try:
                wires.append(stack.enter_context(Wire(arena.server, f"127.0.0.{2 + number // 256}", timeout=5)))
            except OSError:
                refused += 1
        with arena.phase():
            until = time.monotonic() + arena.seconds(2, 10)
            while time.monotonic() < until:
                for one in wires[::16]:
                    one.read(0)
                time.sleep(0.05)
        for one in wires:
            one.read(0)
            open_ += not one.closed
        with arena.server.caller() as caller:
            result = caller.call("Server/Status", token=arena.diner_user.token, timeout=10)
        require(result.ok, f"beside {open_} idle connections a user's call on a new one ends with {result.code}")
    return f"{open_} stay open, {refused} refused"


@attack("flood-handshakes", "600 connections that never say a word: their places are free again, and a user gets in")
def handshakes(arena: Arena) -> str:
    with ExitStack() as stack:
        silent = []
        for number in range(600):
            try:
                silent.append(stack.enter_context(
                    Wire(arena.server, f"127.0.0.{10 + number // 200}", tls=False, preface=False, timeout=5)))
            except OSError:
                break
        until = time.monotonic() + arena.seconds(2, 20)
        while time.monotonic() < until:
            for one in silent[::8]:
                one.read(0)
            time.sleep(0.1)
        for one in silent:
            one.read(0)
        closed = sum(one.closed for one in silent)
        require(arena.short or closed == len(silent),
                f"{len(silent) - closed} of {len(silent)} connections are open after twice the time for a handshake")
    return f"{closed} of {len(silent)} closed"


@attack("flood-pings", "pings without end: the connection is ended and told why")
def pings(arena: Arena) -> str:
    batch = frame(wire.PING, 0, 0, b"attacker") * 200
    said: list[bytes] = []
    with Wire(arena.server, "127.0.0.2") as one:
        for _ in range(PATIENCE // 200):
            if one.closed or one.goaway or not one.send(batch, timeout=1):
                break
            # What was said before the connection closed is read before the kernel drops it.
            one.read(0.02)
        require(one.wait_closed(5), f"{PATIENCE} pings and the connection is open")
        if one.goaway:
            said.append(one.goaway[1])
    sent, ended = flood(arena, 4, lambda one: batch, batches=arena.count(50, 400), seconds=arena.seconds(2, 10))
    require(said and b"too_many_pings" in said[0], f"the GOAWAY says {said}, not too_many_pings")
    return f"{sent >> 10} KiB, {ended} connections ended"


@attack("flood-resets", "calls that are begun and reset at once (rapid reset, CVE-2023-44487): the connection is ended")
def resets(arena: Arena) -> str:
    def batch(one: Wire) -> bytes:
        block = one.headers(STATUS)
        return b"".join(
            frame(wire.HEADERS, wire.END_HEADERS, stream, block)
            + frame(wire.RST_STREAM, 0, stream, struct.pack(">I", 8))
            for stream in (one.take_stream() for _ in range(100)))

    done = ended_after(arena, batch, 50)
    sent, ended = flood(arena, 4, batch, batches=arena.count(40, 300), seconds=arena.seconds(2, 10))
    return f"ended after {done * 100} at most; {sent >> 10} KiB, {ended} connections ended"


@attack("flood-made-resets", "frames that make the server reset calls (a window past its limit): counted like the peer's own")
def made_resets(arena: Arena) -> str:
    def batch(one: Wire) -> bytes:
        block = one.headers(LOGIN)
        return b"".join(
            frame(wire.HEADERS, wire.END_HEADERS, stream, block)
            + frame(wire.WINDOW_UPDATE, 0, stream, struct.pack(">I", (1 << 31) - 1))
            for stream in (one.take_stream() for _ in range(100)))

    done = ended_after(arena, batch, 50)
    sent, ended = flood(arena, 4, batch, batches=arena.count(40, 300), seconds=arena.seconds(2, 10))
    return f"ended after {done * 100} at most; {sent >> 10} KiB, {ended} connections ended"


def ended_after(arena: Arena, batch: Make, most: int) -> int:
    """How many batches until the server ends the connection; fails where it does not."""
    with Wire(arena.server, "127.0.0.2") as one:
        for number in range(most):
            one.send(batch(one), timeout=1)
            one.read(0.02)
            if one.goaway or one.closed:
                require(one.wait_closed(5), "after its GOAWAY the connection stays open")
                return number + 1
        require(one.wait_closed(3), f"the connection is open after {most} batches")
    return most


@attack("flood-empty-data", "empty DATA frames without end on calls that are open: cheap, or the connection is ended")
def empty_data(arena: Arena) -> str:
    def batch(one: Wire) -> bytes:
        if one.next_stream == 1:
            one.open(LOGIN)
        return frame(wire.DATA, 0, one.next_stream - 2) * 2_000

    sent, ended = flood(arena, 4, batch, batches=arena.count(60, 1_000), seconds=arena.seconds(2, 10))
    require(ended > 0, f"{sent // 9:,} empty frames and no connection was ended")
    return f"{sent >> 10} KiB, {ended} connections ended"


@attack("flood-settings", "SETTINGS without end, whose acknowledgements are never read: what waits to be sent stays bounded")
def settings(arena: Arena) -> str:
    payload = struct.pack(">HI", 4, 65_535)
    batch = frame(wire.SETTINGS, 0, 0, payload) * 1_000
    sent, ended = flood(arena, 4, lambda one: batch, batches=arena.count(60, 1_000), seconds=arena.seconds(2, 10))
    require(ended > 0, f"{sent // 15:,} SETTINGS and no connection was ended")
    return f"{sent >> 10} KiB, {ended} connections ended"


def bomb(one: Wire) -> bytes:
    """A field of 4,000 bytes put into the peer's table, then named by a byte, 16,000 times a header block: 64 MB out of
    16 kB (CVE-2016-6581 and its kind)."""
    stream = one.take_stream()
    if stream == 1:
        block = one.headers(STATUS) + hpack.literal(b"x", b"a" * 4_000, indexed=True)
        return frame(wire.HEADERS, wire.END_HEADERS, stream, block)
    return frame(wire.HEADERS, wire.END_HEADERS, stream, one.headers(STATUS) + b"\xbe" * 16_000)


def endless_headers(one: Wire) -> bytes:
    """A header block that never ends (CONTINUATION flood, CVE-2024-27316 and its kind)."""
    piece = hpack.literal(b"x-more", b"a" * 100) * 140
    if one.next_stream == 1:
        return frame(wire.HEADERS, 0, one.take_stream(), one.headers(STATUS))
    return frame(wire.CONTINUATION, 0, 1, piece) * 4


def large_metadata(one: Wire) -> bytes:
    """Thousands of small fields a call, as many as one frame holds."""
    block = one.headers(STATUS) + hpack.literal(b"a", b"") * 3_900
    return b"".join(frame(wire.HEADERS, wire.END_HEADERS, one.take_stream(), block[:16_384]) for _ in range(4))


def _bombs(arena: Arena, connections: int) -> str:
    said = []
    for make, batches in ((bomb, 30), (endless_headers, 30), (large_metadata, 30)):
        sent, ended = flood(
            arena, connections, make, batches=arena.count(batches, 20 * batches), seconds=arena.seconds(1.5, 6))
        said.append(f"{make.__name__} {sent >> 10} KiB, {ended} ended")
    return ", ".join(said)


@attack("flood-headers-4", "header blocks that unpack to megabytes, that never end, of thousands of fields, on 4 connections")
def headers_4(arena: Arena) -> str:
    return _bombs(arena, 4)


@attack("flood-headers-32", "the same on 32 connections", short=False)
def headers_32(arena: Arena) -> str:
    return _bombs(arena, 32)


@attack("login-huge", "logins with large names and passwords from strangers: refused before any work is done for them")
def login_huge(arena: Arena) -> str:
    request = message("LoginRequest")(user="a" * 100, password="b" * 3_000_000)
    data = request.SerializeToString()
    refused = 0
    with ExitStack() as stack:
        for one in opened(stack, arena, 8):
            stream = one.open(LOGIN)
            one.body(stream, wire.message(data), end=True, timeout=2)
            answer = one.wait(stream, 5)
            require(answer.status != "0", "a login of three megabytes is let in")
            refused += one.closed or answer.status is not None or answer.reset is not None
        require(refused == 8, f"{8 - refused} of 8 logins of three megabytes were not refused within five seconds")
    return f"{refused} refused"
