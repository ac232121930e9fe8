"""Every method of the API by every kind of caller.

It stands for the fault that a method was added and somebody forgot who may call it, or that an answer to somebody who may
not tells what is there.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from ..kit import schema
from ..kit.arena import Arena, attack, require
from ..kit.caller import Caller, Result, chunks, photos
from ..kit.server import User
from ..kit.things import Things
from ..rights import RIGHTS, Right, rows

ALL = frozenset({"read", "query", "enroll"})


@dataclass
class As:
    """A caller: a token, and what it is good for."""

    what: str
    token: str | None
    scopes: frozenset[str] = frozenset()
    role: str = "user"
    owner: bool = False
    dead: bool = False
    password: str = ""
    # Of its own, because a connection on which call after call is refused may be ended.
    connection: Caller | None = None


def expected(row: Right, caller: As) -> tuple[str, ...]:
    """The codes a caller may get, by the table alone."""
    if row.scope == "nobody":
        return row.owner
    if caller.dead or caller.token is None:
        return ("UNAUTHENTICATED",)
    if row.scope not in ("any", *caller.scopes):
        return ("PERMISSION_DENIED",)
    if row.role == "admin" and caller.role != "admin" or row.role == "staff" and caller.role == "user":
        return ("PERMISSION_DENIED",)
    if caller.role != "user" and row.staff:
        return row.staff
    return row.owner if caller.owner else row.other


def callers(arena: Arena, owner: User) -> list[As]:
    """One of every kind; the owner's are last, so that the things are whole while others try."""
    server = arena.server
    suspended, stranger, auditor = server.user("suspended"), server.user("stranger"), server.user("auditor", role=3)
    server.admin.caller.need("Accounts/SetSuspended", name=suspended.name, suspended=True)
    revoked = server.token(owner)
    with server.caller(revoked) as caller:
        caller.need("Accounts/Logout")
    expired = server.token(owner, lifetime=1)
    until = time.monotonic() + 10
    with server.caller(expired) as caller:
        while caller.call("Accounts/WhoAmI").ok:
            require(time.monotonic() < until, "a token with a life of one second is good after ten")
            time.sleep(0.1)
    parts = [As(f"{scope} only", server.token(owner, scope), frozenset({scope}), owner=True) for scope in sorted(ALL)]
    return [
        As("no token", None),
        As("garbage", "not-a-token", dead=True),
        As("half a token", owner.token[:-1], dead=True),
        As("expired", expired, ALL, owner=True, dead=True),
        As("revoked", revoked, ALL, owner=True, dead=True),
        As("suspended", suspended.token, ALL, dead=True),
        As("another user", stranger.token, ALL, password=stranger.password),
        As("auditor", auditor.token, frozenset({"read"}), "auditor", password=auditor.password),
        As("admin", server.admin.token, ALL | {"admin"}, "admin", password=server.admin.password),
        *parts,
        As("owner", owner.token, ALL, owner=True, password=owner.password),
    ]


def ending(arena: Arena, caller: As) -> As:
    """A caller of the same kind whose tokens may end."""
    if caller.dead or caller.token is None:
        return caller
    made = arena.server.user("ending", role={"user": 1, "admin": 2, "auditor": 3}[caller.role])
    token = arena.server.token(made, *sorted(caller.scopes))
    return As(caller.what, token, caller.scopes, caller.role, caller.owner, False, made.password, caller.connection)


def make(arena: Arena, key: str, row: Right, caller: As, things: Things) -> Result:
    """The call of a row, by a caller."""
    method = schema.method(key)
    connection = caller.connection or arena.server.caller()
    # grpcio takes "" for the token of the connection, of which there is none.
    token = caller.token or ""
    if row.stream == "photos":
        return connection.call(key, photos({"a.jpg": arena.photo()}), token=token)
    if row.stream == "import":
        return connection.call(key, chunks(b"no export"), token=token)
    request = method.request(**things.fill(row.request, password=caller.password))
    return connection.call(key, request, token=token, first=1 if method.reply_streams else None)


@attack("matrix", "every method by every kind of caller: who may not is refused, and nobody is told what is another's")
def matrix(arena: Arena) -> str:
    missing = sorted(set(schema.methods()) - set(RIGHTS))
    require(not missing, f"no row in Tools/attack/rights.py for {', '.join(missing)}: say who may call it")
    # The owner's full requests are many; the limit of calls a minute is another attack's matter.
    owner = arena.server.user("owner", requests_per_minute=100_000, concepts=1_000)
    things = Things(arena, owner)
    made = callers(arena, owner)
    wrong: list[str] = []
    before = things.snapshot()
    for caller in made:
        caller.connection = arena.server.caller()
        if caller.owner and not caller.dead and before:
            require(things.snapshot() == before, "what the owner has changed although only others called")
            before = b""
        for key, row in rows():
            wrong += check(arena, key, row, caller, things)
    require(not wrong, f"{len(wrong)} of {len(made) * len(rows())} wrong: " + "; ".join(wrong[:8]))
    return f"{len(rows())} methods by {len(made)} callers"


def check(arena: Arena, key: str, row: Right, caller: As, things: Things) -> list[str]:
    """What is wrong with one cell of the matrix."""
    want = expected(row, caller)
    actor = ending(arena, caller) if row.ends_caller else caller
    if caller.owner and not caller.dead and want == row.owner and row.scope not in ("read", "query"):
        things.renew_for(row.request)
    result = make(arena, key, row, actor, things)
    found = []
    if result.code not in want:
        found.append(f"{key} by {caller.what}: {result.code} ({result.details[:90]}), not {' or '.join(want)}")
    if not caller.owner:
        found += [f"{key} tells {caller.what} the owner's {leak}" for leak in things.leaks(key, row.request, result)]
    return found
