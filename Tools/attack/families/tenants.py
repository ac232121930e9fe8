"""From tenant to tenant: two users whose things have equal names.

It stands for a lookup that starts from an identifier instead of from the token's user: what one user has is named by the
other, in every method that takes a name, an identifier or a digest.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

from ..kit import schema
from ..kit.arena import Arena, attack, require
from ..kit.artifact import artifact
from ..kit.caller import Result
from ..kit.things import Things
from ..rights import RIGHTS, rows

# Fields that name something; of every request, by their names.
NAMING = {"id", "upload_id", "name", "concept", "alias", "version", "left", "right", "user", "owner", "digest",
          "certificate_name", "after"}
# Fields that give a name to something new, which is then the caller's own; whom one blocks may be anybody's name, and is
# told back.
GIVING = {
    ("Concepts/SetAlias", "alias"), ("Concepts/ImportConcept", "name"), ("Concepts/Enroll", "name"),
    ("Concepts/BlockSharer", "owner"),
}


class Walk:
    """Ada has things, Ben tries to get at them, and has things of equal names himself."""

    def __init__(self, arena: Arena):
        self.arena = arena
        self.ada = arena.server.user("ada", requests_per_minute=100_000, concepts=1_000)
        self.ben = arena.server.user("ben", requests_per_minute=100_000, concepts=1_000)
        self.things = Things(arena, self.ada)
        self.own = replace(artifact(arena, identifier="Benny", class_noun="cup"), seed=9)
        self.wrong: list[str] = []
        self.calls = 0

    def values(self) -> dict[str, tuple[Any, Any]]:
        """What Ada has, each beside something of the same form that nobody has."""
        has, secret = self.things.has, self.things.secret
        stamp = secrets.token_hex(3)
        return {
            "concept's name": (has["concept"], f"thing-{stamp}-1"),
            "shared name": (f"{self.ada.name}/{has['concept']}", f"nobody{stamp}/thing-{stamp}-1"),
            "upload": (has["upload"], secrets.token_hex(len(has["upload"]) // 2)),
            "job": (has["job"], secrets.token_hex(len(has["job"]) // 2)),
            "digest": (secret["digest"], secrets.token_hex(32)),
            "alias": (has["alias"], f"best-{stamp}"),
            "backup": (has["backup"], f"backup-{stamp}"),
            "user": (self.ada.name, f"nobody{stamp}"),
            "token": (has["token_id"], 1 << 40),
        }

    def restore(self) -> None:
        """Ben's thing with the name of Ada's, which a call may have used up."""
        name = self.things.has["concept"]
        if not self.ben.caller.call("Concepts/GetConcept", name=name).ok:
            for seed in (9, 10):
                self.ben.caller.need(
                    "Concepts/ImportConcept", name=name, data=replace(self.own, seed=seed).encoded())

    def base(self, key: str) -> dict[str, Any]:
        """A request of Ben's about his own things, as far as he has such."""
        request = self.things.fill(RIGHTS[key].request)
        for field in list(request):
            if field in NAMING and field not in ("name", "concept"):
                request[field] = "1" if field in ("version", "left", "right") else request[field]
        return request

    def attempt(self, key: str, request: dict[str, Any]) -> Result:
        method = schema.method(key)
        self.calls += 1
        return self.ben.caller.call(
            key, method.request(**request), first=1 if method.reply_streams else None, timeout=20)

    def walk(self) -> None:
        for key, row in rows():
            method = schema.method(key)
            if row.stream or row.scope == "nobody" or row.ends_caller:
                continue
            for field in method.request.DESCRIPTOR.fields:
                if (key, field.name) in GIVING:
                    continue
                if field.name in NAMING and field.type in (field.TYPE_STRING, field.TYPE_INT64):
                    self.field(key, field.name, number=field.type == field.TYPE_INT64)

    def field(self, key: str, field: str, *, number: bool) -> None:
        """Every thing of Ada's in one field of one method."""
        for what, (hers, nobodys) in self.values().items():
            if number != isinstance(hers, int):
                continue
            self.restore()
            request = self.base(key)
            result = self.attempt(key, {**request, field: hers})
            for leak in self.things.leaks(key, {**RIGHTS[key].request, field: str(hers)}, result):
                self.wrong.append(f"{key} with Ada's {what} as {field} tells Ben her {leak}")
            # With equal names he has got his own; otherwise he must not even learn that she has one.
            if what == "concept's name" or result.ok and what == "user":
                continue
            self.restore()
            other = self.attempt(key, {**request, field: nobodys})
            if (result.code, self.blank(result, hers)) != (other.code, self.blank(other, nobodys)):
                self.wrong.append(
                    f"{key} with Ada's {what} as {field} says {result.code} ({result.details[:80]}), with nobody's "
                    f"{other.code} ({other.details[:80]})")

    @staticmethod
    def blank(result: Result, value: Any) -> str:
        """The message without what the caller himself has said; of a path only the first part is a user."""
        text = result.details.replace(str(value), "*")
        return text.replace(str(value).partition("/")[0], "*") if "/" in str(value) else text


@attack("tenants", "each name, identifier and digest of one user tried by another in every method that takes one")
def tenants(arena: Arena) -> str:
    walk = Walk(arena)
    before = walk.things.snapshot()
    walk.walk()
    require(not walk.wrong, f"{len(walk.wrong)} of {walk.calls} wrong: " + "; ".join(walk.wrong[:6]))
    require(walk.things.snapshot() == before, "what Ada has changed, although only Ben called")
    begun = walk.ada.caller.call(
        "Concepts/Enroll", upload_id=walk.things.has["upload"], name="hers", class_noun="mug", kind=1, first=1)
    require(begun.ok, f"Ada's upload is gone: {begun.code}: {begun.details}")
    return f"{walk.calls} calls"
