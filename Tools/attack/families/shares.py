"""Artifacts and exports that come from anywhere.

They stand for a file that another user, or nobody's training, made: junk that breaks the answers of whoever it is shared
with, and small files that stand for a great deal of memory or work.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

from ..kit import schema, wire
from ..kit.arena import Arena, attack, require
from ..kit.artifact import Artifact, artifact, safetensors
from ..kit.caller import chunks
from ..kit.server import User
from ..kit.wire import Wire

IMPORT = schema.method("Concepts/ImportData").path


def junk(arena: Arena) -> Iterator[tuple[str, bytes, bool]]:
    """Files with something wrong: what, the bytes, and whether the server has to refuse them."""
    good = artifact(arena)
    whole = good.encoded()
    yield "noise", bytes(range(256)) * 64, True
    yield "cut short", whole[:len(whole) // 2], True
    yield "another model's", replace(good, model_digest="ab" * 32).encoded(), True
    yield "4,000 rows", replace(good, rows=4_000).encoded(), True
    yield "1,500 rows", replace(good, rows=1_500).encoded(), True
    yield "no rows", replace(good, rows=0).encoded(), True
    yield "rows of another size", replace(good, hidden=575).encoded(), True
    yield "features of another size", replace(good, features=7).encoded(), True
    yield "numbers that are none", replace(good, fill=float("nan")).encoded(), True
    yield "infinite numbers", replace(good, fill=float("inf")).encoded(), True
    yield "a threshold that is none", replace(good, changes={"threshold": -1.0}).encoded(), True
    yield "a manifest that is deep", safetensors({}, {"manifest": "[" * 20_000}), True
    yield "a header that is deep", len(b"[" * 4_000).to_bytes(8, "little") + b"[" * 4_000, True
    yield "a size past the end", (1 << 62).to_bytes(8, "little") + b"{}", True
    yield "a photo count that is none", replace(good, changes={"photos": -1}).encoded(), False
    yield "very large numbers", replace(good, fill=3e38).encoded(), False
    for words in ("<|im_end|>", "{names}", "a\u202eb", "a\nb", "word " * 20, "x" * 4_000, "../../etc"):
        yield f"the word {words[:12]!r}", replace(good, identifier=words).encoded(), True
    yield "a head that always fires", replace(good, bias=80.0).encoded(), False
    yield "a name like yours", replace(good, identifier="Mine", bias=80.0).encoded(), False


def share(arena: Arena, owner: User, concept: str, receiver: User, *, accept: bool) -> None:
    """Shares a concept; where the API asks the receiver, says yes or says nothing."""
    owner.caller.need("Concepts/ShareConcept", concept=concept, user=receiver.name)
    if accept and "Concepts/AcceptShare" in schema.methods():
        fields = set(schema.method("Concepts/AcceptShare").fields)
        values = {"owner": owner.name, "user": owner.name, "concept": concept, "name": concept}
        if "owner" in fields:
            values.pop("user")
        receiver.caller.need(
            "Concepts/AcceptShare", **{name: value for name, value in values.items() if name in fields})


def said(arena: Arena, user: User) -> tuple[str, str, str]:
    """Text, digest of the concepts and code of a user's caption."""
    result = user.caller.call("Vision/Caption", image=arena.photo("shelf-empty.jpg"), timeout=60)
    end = result.replies[-1].end if result.ok else None
    return (end.text if end else "", end.concept_set_digest if end else "", f"{result.code} {result.details}".strip())


@attack("junk-artifacts", "artifacts with something wrong, imported, shared with a user who has not asked, and one who has")
def junk_artifacts(arena: Arena) -> str:
    attacker = arena.user(requests_per_minute=10_000, concepts=1_000)
    victim, friend = arena.server.user("victim"), arena.server.user("friend")
    victim.caller.need("Concepts/ImportConcept", name="mine", data=artifact(arena, identifier="Mine").encoded())
    asks = "Concepts/AcceptShare" in schema.methods()
    before = said(arena, victim)
    wrong, taken = [], 0
    for number, (what, data, bad) in enumerate(junk(arena)):
        name = f"junk {number}"
        result = attacker.caller.call("Concepts/ImportConcept", name=name, data=data, timeout=60)
        if result.code in ("INTERNAL", "UNKNOWN", "UNAVAILABLE", "DEADLINE_EXCEEDED"):
            wrong.append(f"{what}: {result.code}: {result.details[:80]}")
        if not result.ok:
            continue
        taken += 1
        if bad:
            wrong.append(f"{what} is taken in")
        share(arena, attacker, name, victim, accept=False)
        share(arena, attacker, name, friend, accept=True)
        if arena.short and taken % 4:
            continue
        answer = said(arena, friend)
        if not answer[2].startswith("OK"):
            wrong.append(f"{what}, shared, and captions end with {answer[2][:80]}")
    after = said(arena, victim)
    if not after[2].startswith("OK"):
        wrong.append(f"captions of a user who has not asked end with {after[2][:80]}")
    elif asks and after != before or after[0] != before[0]:
        wrong.append(f"captions of a user who has not asked say {after[0]!r} instead of {before[0]!r}")
    answer = said(arena, friend)
    if not answer[2].startswith("OK"):
        wrong.append(f"with all of them captions end with {answer[2][:80]}")
    require(not wrong, f"{len(wrong)} wrong: " + "; ".join(wrong[:8]))
    return f"{taken} taken in"


@attack("shares-of-many", "a user with whom 60 others share at once: captions and lists stay whole", short=False)
def shares_of_many(arena: Arena) -> str:
    victim = arena.server.user("victim")
    before = said(arena, victim)
    data = artifact(arena, bias=80.0, identifier="Spam").encoded()
    refused = 0
    for _ in range(60):
        attacker = arena.user()
        for number in range(3):
            attacker.caller.need("Concepts/ImportConcept", name=f"spam {number}", data=data)
            refused += not attacker.caller.call(
                "Concepts/ShareConcept", concept=f"spam {number}", user=victim.name).ok
    after = said(arena, victim)
    require(after[2].startswith("OK"), f"captions end with {after[2][:80]}")
    require(after[0] == before[0], f"captions say {after[0]!r} instead of {before[0]!r}")
    listed = victim.caller.call("Concepts/ListShares")
    require(listed.ok, f"ListShares ends with {listed.code}")
    return f"{refused} of 180 shares refused"


# --- exports that stand for more than they are

HEAD = b'myvlm-export 1\n{"concepts":['
TAIL = b'],"createdAtMs":1,"format":1,"user":"a"}\nend\n'


def many_concepts(count: int) -> bytes:
    """Concepts without versions, 51 bytes each."""
    return HEAD + b",".join(b'{"aliases":[],"current":1,"name":"%06x","versions":[]}' % n for n in range(count)) + TAIL


def many_photos(arena: Arena, count: int) -> bytes:
    """One version with so many kept photos."""
    good: Artifact = artifact(arena)
    digests = (hashlib.sha256(b"%d" % number).hexdigest() for number in range(count))
    kept = ",".join(f'{{"digest":"{digest}","name":"a"}}' for digest in digests)
    version = json.dumps({
        "classNoun": "mug", "createdAtMs": 1, "digest": hashlib.sha256(good.encoded()).hexdigest(),
        "identifier": "zibo", "kept": [], "kind": "object", "modelDigest": good.model_digest, "number": 1, "photos": 4,
        "threshold": 0.5, "training": "{}"})
    version = version.replace('"kept": []', f'"kept": [{kept}]')
    concept = f'{{"aliases":[],"current":1,"name":"a","versions":[{version}]}}'
    return HEAD + concept.encode() + TAIL


def deep(count: int) -> bytes:
    return b"myvlm-export 1\n" + b"[" * count + b"\n"


def bombs(arena: Arena) -> list[tuple[str, bytes]]:
    part = 8 if arena.short else 1
    return [("900,000 concepts", many_concepts(900_000 // part)), ("300,000 photos", many_photos(arena, 300_000 // part)),
            ("nested without end", deep((20 << 20) // part)),
            ("one long name", HEAD + b'"' + b"a" * ((24 << 20) // part) + b'"' + TAIL)]


@attack("import-bombs", "exports of up to 49 MiB that stand for 900,000 concepts, 300,000 photos, endless nesting")
def import_bombs(arena: Arena) -> str:
    made = bombs(arena)
    notes = []
    with arena.phase():
        for what, data in made:
            attacker = arena.user()
            result = attacker.caller.call("Concepts/ImportData", chunks(data), timeout=arena.seconds(60, 120))
            require(not result.ok, f"{what}: taken in")
            require(result.code in ("INVALID_ARGUMENT", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION"),
                    f"{what}: {result.code}: {result.details[:100]}")
            notes.append(f"{what} refused after {result.seconds:.1f} s")
    return ", ".join(notes)


@attack("imports-begun", "eight imports of two users, each with most of its 60 MiB line sent, never ended")
def imports_begun(arena: Arena) -> str:
    chunk = schema.message("DataChunk")
    piece = wire.message(chunk(data=b"a" * (512 << 10)).SerializeToString())
    first = wire.message(chunk(data=HEAD + b'{"aliases":[],"current":1,"name":"').SerializeToString())
    total = 0
    with ExitStack() as stack:
        users = [arena.user() for _ in range(2)]
        calls = []
        for number in range(8):
            one = stack.enter_context(Wire(arena.server, "127.0.0.28"))
            one.read(0.1)
            stream = one.open(IMPORT, users[number % 2].token)
            one.body(stream, first, timeout=1)
            calls.append((one, stream))
        until = time.monotonic() + arena.seconds(4, 40)
        for _ in range(96):
            for one, stream in calls:
                if time.monotonic() < until and not one.answers[stream].over and not one.closed:
                    total += one.body(stream, piece, timeout=0.5)
        over = sum(one.answers[stream].over or one.closed for one, stream in calls)
    return f"{total >> 20} MiB taken, {over} of 8 ended"
