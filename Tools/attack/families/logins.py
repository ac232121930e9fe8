"""Guessing passwords.

It stands for a guesser who cannot be let go on, and for the other fault: that the guesser's waits are laid upon people who
know their password.
"""

from __future__ import annotations

import secrets
import time
from contextlib import ExitStack

from ..kit import wire
from ..kit.arena import Arena, attack, require
from ..kit.schema import message, method
from ..kit.server import User
from ..kit.wire import Answer, Wire

LOGIN = method("Accounts/Login").path
# Long beside scrypt, short beside the shortest wait of a throttle.
PROMPT = 5.0


def login(one: Wire, user: str, password: str) -> Answer:
    """One attempt over an open connection."""
    return one.call(LOGIN, message("LoginRequest")(user=user, password=password).SerializeToString(), seconds=30)


def gets_in(arena: Arena, user: User, source: str) -> tuple[str | None, float]:
    """Whether the right password is taken from an address, and how long it took."""
    with Wire(arena.server, source) as one:
        began = time.monotonic()
        answer = login(one, user.name, user.password)
        return answer.status, time.monotonic() - began


@attack("guessing", "wrong passwords from four addresses: throttled there, while the right one gets in from elsewhere")
def guessing(arena: Arena) -> str:
    target, neighbour = arena.server.user("target"), arena.server.user("neighbour")
    tried, throttled = 0, 0
    with ExitStack() as stack:
        guessers = [stack.enter_context(Wire(arena.server, f"127.0.0.{40 + number}")) for number in range(4)]
        for _ in range(arena.count(8, 11)):
            for one in guessers:
                answer = login(one, target.name, secrets.token_urlsafe(12))
                require(answer.status in ("16", "8"), f"a wrong password ends with {answer.status}")
                tried += 1
                throttled += answer.status == "8"
        require(throttled >= 4, f"{tried} wrong passwords from four addresses and {throttled} were held up")
        status, _ = gets_in(arena, target, "127.0.0.40")
        require(status == "8", f"a guesser who is held up is told by {status} that the password was right")
    for who, user, source in (("the same account from another address", target, "127.0.0.1"),
                              ("another account from the guesser's address", neighbour, "127.0.0.40")):
        status, seconds = gets_in(arena, user, source)
        require(status == "0", f"the right password of {who} is refused with {status}")
        require(seconds < PROMPT, f"the right password of {who} takes {seconds:.1f} s")
    return f"{tried} tried, {throttled} held up"


@attack("guessing-names", "one password on many names from one address: throttled, and other addresses get in", short=False)
def guessing_names(arena: Arena) -> str:
    known = arena.server.user("known")
    held, tried = 0, 0
    with Wire(arena.server, "127.0.0.45") as one:
        for number in range(arena.count(60, 90)):
            answer = login(one, f"nobody{number}", "password1")
            tried += 1
            held += answer.status == "8"
            require(answer.status in ("16", "8"), f"a name that is none ends with {answer.status}")
    require(held, f"{tried} names were tried from one address and none was held up")
    status, seconds = gets_in(arena, known, "127.0.0.46")
    require(status == "0" and seconds < PROMPT, f"from another address: {status} after {seconds:.1f} s")
    return f"{tried} tried, {held} held up"


@attack("guessing-at-once", "logins at once from forty addresses, five each: a user's login and calls go on")
def at_once(arena: Arena) -> str:
    user = arena.server.user("known")
    request = message("LoginRequest")
    with ExitStack() as stack:
        peers = [stack.enter_context(Wire(arena.server, f"127.0.0.{50 + number}")) for number in range(arena.count(10, 40))]
        for number, one in enumerate(peers):
            for attempt in range(5):
                body = request(user=f"nobody{number}", password=f"password{attempt}").SerializeToString()
                one.open(LOGIN, body=wire.message(body), end=True)
        # Who is told to come again comes again, as people do.
        began = time.monotonic()
        status = "8"
        while status == "8" and time.monotonic() - began < 2 * PROMPT:
            status, _ = gets_in(arena, user, "127.0.0.1")
            if status == "8":
                time.sleep(0.5)
        seconds = time.monotonic() - began
        until = time.monotonic() + arena.seconds(5, 30)
        while time.monotonic() < until and sum(answer.over for one in peers for answer in one.answers.values()) < 5 * len(peers):
            for one in peers:
                one.read(0.01)
        codes = sorted({answer.status for one in peers for answer in one.answers.values()}, key=str)
    require(status == "0", f"beside {5 * len(peers)} logins the right password is refused with {status}")
    return f"in after {seconds:.1f} s; the others: {codes}"
