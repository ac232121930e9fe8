"""Greedy users: those whose token is good and who want everything.

They stand for a server that gives out its turns, its queue and its disk by who asks most: with shares that follow the users
and not their calls, a user alone waits for one other user as long whether that one makes one call or thirty.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..kit.arena import Arena, attack, require
from ..kit.caller import photos
from ..kit.server import User

PHOTOS = ("teapot-sill-1.jpg", "teapot-kitchen-1.jpg", "teapot-stone-1.jpg", "teapot-cloth-1.jpg")
ALLOWED_CODES = {"resourceExhausted"}


def load(arena: Arena, users: list[User], callers: int, seconds: float, *more: str) -> subprocess.Popen[str]:
    """Captions of users without a pause, by real clients."""
    return subprocess.Popen(
        [arena.load, "captions", "--server", arena.server.address, "--ca", str(arena.server.home / "ca.pem"),
         "--tokens", str(arena.server.tokens_file(users)), "--photos", str(arena.photos), "--callers", str(callers),
         "--seconds", str(seconds), "--warmup", "0", "--abandon", *more],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


def greedy(arena: Arena, users: int, callers: int, *more: str) -> str:
    """So many users with so many captions each, for a while; what they got."""
    seconds = arena.seconds(4, 20)
    made = [arena.user(requests_per_minute=1_000_000) for _ in range(users)]
    arena.beside(users)
    # Their rates are their own; so that there is a flood at all, it is begun before the bystander counts.
    process = load(arena, made, callers, seconds, *more)
    try:
        with arena.phase():
            out, err = process.communicate(timeout=seconds + 120)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        require(False, "the greedy users' captions do not come to an end")
    require(process.returncode == 0, f"myvlm-load: {err.strip()[-200:]}")
    figures = json.loads(out)
    strange = set(figures["errors"]) - ALLOWED_CODES
    require(not strange, f"captions ended with {', '.join(sorted(strange))}")
    return f"{users} x {callers} got {figures['captions']} captions, {sum(figures['errors'].values())} refused"


@attack("turns-1", "a user with 32 captions at once, each begun anew, beside the bystander's captions", captions=True)
def turns_1(arena: Arena) -> str:
    return greedy(arena, 1, 32)


@attack("turns-2", "the same with two users", captions=True, short=False)
def turns_2(arena: Arena) -> str:
    return greedy(arena, 2, 32)


@attack("turns-3", "the same with three users", captions=True, short=False)
def turns_3(arena: Arena) -> str:
    return greedy(arena, 3, 32)


@attack("turns-beams", "a user with 16 searches of eight continuations each at once", captions=True)
def turns_beams(arena: Arena) -> str:
    return greedy(arena, 1, 16, "--beams", "8")


@attack("turns-long", "a user with 32 captions at once of as many tokens as the server gives", captions=True, short=False)
def turns_long(arena: Arena) -> str:
    return greedy(arena, 1, 32, "--max-tokens", "128")


# --- enrollments

def staged(arena: Arena, user: User, files: int = 4) -> str:
    """An upload of photos of one thing."""
    return user.caller.need(
        "Concepts/UploadPhotos", photos({name: arena.photo(name) for name in PHOTOS[:files]})).upload_id


def padded(arena: Arena, count: int) -> dict[str, bytes]:
    """Photos as large as they may be: what follows the picture is no reason to refuse it."""
    return {f"{number}.jpg": arena.photo() + bytes([number]) * (21 << 20) for number in range(count)}


def enroll(arena: Arena, user: User, name: str, **fields: Any) -> Any:
    """An enrollment, detached: the call as it is when the job is there."""
    upload = user.caller.call("Concepts/UploadPhotos", photos({one: arena.photo(one) for one in PHOTOS[:2]}))
    if not upload.ok:
        return upload
    return user.caller.call(
        "Concepts/Enroll", upload_id=upload.reply.upload_id, name=name, class_noun="teapot", kind=1, detach=True,
        first=1, **fields)


@contextmanager
def cancelled(*users: User) -> Iterator[None]:
    """Afterwards no job of these users goes on."""
    try:
        yield
    finally:
        for user in users:
            for job in user.caller.need("Jobs/ListJobs").jobs:
                if job.state in ("queued", "running"):
                    user.caller.call("Jobs/CancelJob", id=job.id)


@attack("queue-of-one", "a user's detached enrollments, as many as are taken: another user's is taken too")
def queue_of_one(arena: Arena) -> str:
    attacker, other = arena.user(), arena.server.user("other")
    with cancelled(attacker, other):
        results = [enroll(arena, attacker, f"greed {number}") for number in range(24)]
        taken = sum(result.ok for result in results)
        bad = {result.code for result in results if not result.ok} - {"RESOURCE_EXHAUSTED"}
        require(not bad, f"enrollments end with {bad}")
        result = enroll(arena, other, "mine")
        require(result.ok, f"beside {taken} enrollments of one user another's ends with {result.code}: "
                           f"{result.details[:120]}")
        # Where the queue is full a job is begun and fails at once.
        time.sleep(1)
        job = other.caller.need("Jobs/ListJobs").jobs[0]
        require(job.state in ("queued", "running", "succeeded"),
                f"beside {taken} enrollments of one user another's is {job.state}: {job.error[:120]}")
        states = [one.state for one in attacker.caller.need("Jobs/ListJobs").jobs]
    return f"{taken} of 24 taken: " + ", ".join(f"{states.count(one)} {one}" for one in sorted(set(states)))


@attack("staging-of-one", "uploads until the disk's share is full: another user's upload is taken")
def staging_of_one(arena: Arena) -> str:
    attacker, other = arena.user(), arena.server.user("other")
    total, refused = 0, ""
    for _ in range(6):
        result = attacker.caller.call("Concepts/UploadPhotos", photos(padded(arena, arena.count(4, 12))), timeout=120)
        total += result.reply.bytes if result.ok else 0
        refused = refused or result.code if not result.ok else refused
    require(refused in ("RESOURCE_EXHAUSTED", "INVALID_ARGUMENT"), f"six uploads of one user: {refused or 'all taken'}")
    upload = staged(arena, other)
    require(upload, "another user's upload is not taken")
    return f"{total >> 20} MiB staged, then {refused}"


@attack("staging-of-five", "five users fill the space for uploads: a sixth one's small upload is taken", short=False)
def staging_of_five(arena: Arena) -> str:
    total = 0
    for _ in range(5):
        attacker = arena.user()
        for _ in range(4):
            result = attacker.caller.call(
                "Concepts/UploadPhotos", photos(padded(arena, 3)), timeout=120)
            total += result.reply.bytes if result.ok else 0
    other = arena.server.user("other")
    result = other.caller.call("Concepts/UploadPhotos", photos({PHOTOS[0]: arena.photo(PHOTOS[0])}))
    require(result.ok, f"with {total >> 20} MiB staged another user's upload ends with {result.code}: "
                       f"{result.details[:120]}")
    return f"{total >> 20} MiB staged"


@attack("enrolling", "two enrollments of another user beside the bystander's captions", captions=True)
def enrolling(arena: Arena) -> str:
    user = arena.user()
    arena.beside(enrolling=True)
    with cancelled(user):
        for number in range(2):
            result = enroll(arena, user, f"thing {number}")
            require(result.ok, f"an enrollment ends with {result.code}: {result.details[:100]}")
        with arena.phase():
            until = time.monotonic() + arena.seconds(4, 30)
            while time.monotonic() < until:
                jobs = user.caller.need("Jobs/ListJobs").jobs
                if not any(job.state in ("queued", "running") for job in jobs):
                    break
                time.sleep(0.25)
        states = sorted(job.state for job in user.caller.need("Jobs/ListJobs").jobs)
        require("failed" not in states, f"an enrollment failed: {states}")
    return f"jobs {', '.join(states)}"
