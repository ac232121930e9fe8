"""Calls that were begun with a token which then ended.

They stand for a check that is made once, when a call begins, while its caller takes an hour over the rest of it: a token
that was revoked must not get an answer, whenever its call was begun.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack

from ..kit import wire
from ..kit.arena import Arena, attack, require
from ..kit.artifact import artifact
from ..kit.schema import message, method
from ..kit.server import User
from ..kit.wire import Wire

# What a server may take to end the calls of a token that ended.
PROMPT = 1.0
# Bytes of a body that go with its call's headers.
FIRST = 12_000
# The machine's own delays.
SLACK = 0.7


def begun(arena: Arena, user: User) -> list[tuple[str, bytes]]:
    """Calls with their whole message; what is left is the half-close."""
    photo = message("PhotoChunk")(file_name="a.jpg", data=b"abc").SerializeToString()
    image = message("CaptionRequest")(image=arena.photo()).SerializeToString()
    concept = message("ImportConceptRequest")(name="late", data=artifact(arena).encoded()).SerializeToString()
    named = message("GetConceptRequest")(name="thing").SerializeToString()
    return [
        ("Accounts/WhoAmI", b""), ("Accounts/ListTokens", b""),
        ("Accounts/CreateToken", message("CreateTokenRequest")(label="late").SerializeToString()),
        ("Concepts/ListConcepts", b""), ("Concepts/GetConcept", named),
        ("Concepts/ExportConcept", message("ExportConceptRequest")(name="thing").SerializeToString()),
        ("Concepts/ImportConcept", concept), ("Concepts/DeleteConcept", named), ("Concepts/UploadPhotos", photo),
        ("Concepts/ImportData", message("DataChunk")(data=b"myvlm-export 1\n").SerializeToString()),
        ("Concepts/ExportData", b""), ("Jobs/ListJobs", b""), ("Vision/Caption", image), ("Vision/Recognize",
         message("RecognizeRequest")(image=arena.photo()).SerializeToString()), ("Server/Status", b""),
    ]


def suspend(arena: Arena, user: User) -> None:
    arena.server.admin.caller.need("Accounts/SetSuspended", name=user.name, suspended=True)


def reset(arena: Arena, user: User) -> None:
    arena.server.admin.caller.need("Accounts/ResetPassword", name=user.name, password="another password")


def revoke(_: Arena, user: User) -> None:
    current = [token for token in user.caller.need("Accounts/ListTokens").tokens if token.current]
    user.caller.need("Accounts/RevokeToken", id=current[0].id)


def log_out(_: Arena, user: User) -> None:
    user.caller.need("Accounts/Logout")


def change_password(arena: Arena, user: User) -> None:
    """With another token of the same user: all others end."""
    other = arena.server.login(user.name, user.password)
    other.caller.need("Accounts/ChangePassword", old_password=user.password, new_password="another password")


def erase(arena: Arena, user: User) -> None:
    arena.server.admin.caller.need("Admin/EraseUser", name=user.name)


def expire(arena: Arena, user: User) -> None:
    """Waits for it: the token was made for two seconds."""
    until = time.monotonic() + 10
    while user.caller.call("Accounts/WhoAmI").ok:
        require(time.monotonic() < until, "a token with a life of two seconds is good after ten")
        time.sleep(0.02)


WAYS: dict[str, Callable[[Arena, User], None]] = {
    "suspended": suspend, "password reset": reset, "revoked": revoke, "logged out": log_out,
    "password changed": change_password, "account erased": erase, "expired": expire}

SHORT = {"suspended", "revoked", "expired"}


def ended(arena: Arena, way: str) -> list[str]:
    """What is wrong when tokens end in one way."""
    user = arena.server.user("leaver")
    user.caller.need("Concepts/ImportConcept", name="thing", data=artifact(arena).encoded())
    if way == "expired":
        user = User(user.name, user.password, arena.server.token(user, lifetime=2), user.caller)
        user.caller = arena.server.caller(user.token)
    wrong = []
    with ExitStack() as stack:
        calls = []
        for half in range(2):
            one = stack.enter_context(Wire(arena.server))
            for key, body in begun(arena, user):
                if half and key == "Concepts/ImportData":
                    continue  # A user has one import at a time: a second one ends at once.
                data = wire.message(body)
                calls.append((key, one, one.open(method(key).path, user.token, body=data[:FIRST]), data[FIRST:]))
        watch = one.open(method("Concepts/Watch").path, user.token, body=wire.message(b""), end=True)
        for _, one, stream, rest in calls:
            one.body(stream, rest, timeout=2)
        one.read(0.3)
        early = [key for key, one, stream, _ in calls if one.answers[stream].over]
        WAYS[way](arena, user)
        at = time.monotonic()
        half_close = [(one, stream) for _, one, stream, _ in calls[len(calls) // 2:]]
        # One half is half-closed at once, as fast as its peer can; the other is left as it is.
        for one, stream in half_close:
            if not one.answers[stream].over:
                one.half_close(stream)
        until = at + PROMPT + SLACK
        while time.monotonic() < until and not all(one.answers[stream].over for _, one, stream, _ in calls):
            for one in {id(one): one for _, one, _, _ in calls}.values():
                one.read(0.02)
        calls.append(("Concepts/Watch", one, watch, b""))
        for key, one, stream, _ in calls:
            answer = one.answers[stream]
            if answer.status == "0":
                wrong.append(f"{key} was answered after the token was {way}")
            elif not answer.over and not one.closed:
                wrong.append(f"{key} is open {PROMPT + SLACK:.1f} s after the token was {way}")
        wrong += [f"{key} ended before the token was {way}" for key in early]
    return wrong


@attack("ended-tokens", "calls that are open when their token ends (seven ways): closed within a second, never answered")
def ended_tokens(arena: Arena) -> str:
    ways = [way for way in WAYS if not arena.short or way in SHORT]
    wrong = [what for way in ways for what in ended(arena, way)]
    require(not wrong, f"{len(wrong)} wrong: " + "; ".join(wrong[:6]))
    return f"{len(ways)} ways"
