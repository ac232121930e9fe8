"""What one user has: one of everything that has a name or an identifier."""

from __future__ import annotations

import itertools
import re
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from .arena import Arena
from .artifact import artifact
from .caller import CallFailed, Result, photos
from .server import User


class Things:
    """Concepts with two versions, an alias and a share, a token, an upload, a job, a backup; with words that stand nowhere
    else, so that an answer that tells them is found out."""

    def __init__(self, arena: Arena, owner: User):
        self.arena, self.owner = arena, owner
        self.mark = secrets.token_hex(4)
        self._numbers = itertools.count(1)
        self.friend = arena.server.user("friend")
        self.secret = {
            "identifier": f"Qz{self.mark}", "class noun": f"vel{self.mark}", "reason": f"because {self.mark}",
            "alias": f"best-{self.mark}", "label": f"label-{self.mark}"}
        template = artifact(arena, identifier=self.secret["identifier"], class_noun=self.secret["class noun"])
        self.first = template.encoded()
        self.second = replace(template, seed=2).encoded()
        common = replace(template, identifier="Common", class_noun="thing")
        self.has: dict[str, Any] = {
            "image": arena.photo(), "artifact": common.encoded(), "friend": self.friend.name, "user": owner.name,
            "password": owner.password}
        self._makers: dict[str, Callable[[], Any]] = {
            "concept": self._concept, "deleted": self._deleted, "shared": self._shared, "spare": self._spare,
            "token_id": self._token, "backup": self._backup, "job": self.cancelled_job, "upload": self.upload,
            "offered": self._offered}
        self.renew(*self._makers)
        self.has["alias"] = self.secret["alias"]
        self.secret |= {"job": self.has["job"], "upload": self.has["upload"]}
        reply = owner.caller.need("Concepts/ListVersions", name=self.has["concept"])
        self.secret["digest"] = reply.versions[0].digest

    def renew(self, *what: str) -> None:
        """Another one of things that a call may use up."""
        for name in what:
            if name in self._makers and not (name in ("backup", "job") and name in self.has):
                self.has[name] = self._makers[name]()

    def renew_for(self, request: dict[str, Any]) -> None:
        """The same of everything a request names."""
        self.renew(*re.findall(r"{(\w+)}", " ".join(str(value) for value in request.values())))

    def _name(self, what: str) -> str:
        return f"{what}-{self.mark}-{next(self._numbers)}"

    def _import(self, name: str, *files: bytes) -> str:
        for data in files:
            self.owner.caller.need("Concepts/ImportConcept", name=name, data=data, reason=self.secret["reason"])
        return name

    def _concept(self) -> str:
        name = self._import(self._name("thing"), self.first, self.second)
        self.owner.caller.need("Concepts/SetAlias", concept=name, alias=self.secret["alias"], version="1")
        return name

    def _deleted(self) -> str:
        name = self._import(self._name("deleted"), self.first)
        self.owner.caller.need("Concepts/DeleteConcept", name=name)
        return name

    def _shared(self) -> str:
        name = self._import(self._name("shared"), self.first)
        self.owner.caller.need("Concepts/ShareConcept", concept=name, user=self.friend.name)
        return name

    def _spare(self) -> str:
        name = self._name("spare")
        self.arena.server.admin.caller.need("Accounts/CreateUser", name=name, password=secrets.token_urlsafe(12))
        return name

    def _token(self) -> int:
        # A user may have fifty.
        if "token_id" in self.has:
            self.owner.caller.call("Accounts/RevokeToken", id=self.has["token_id"])
        return self.owner.caller.need("Accounts/CreateToken", label=self.secret["label"]).info.id

    def _backup(self) -> str:
        return self.arena.server.admin.caller.need("Admin/CreateBackup", name=self._name("backup")).name

    def upload(self) -> str:
        """Photos of the owner that wait."""
        staged = {"a.jpg": self.arena.photo(), "b.jpg": self.arena.photo("teapot-stone-1.jpg")}
        return self.owner.caller.need("Concepts/UploadPhotos", photos(staged)).upload_id

    def _offered(self) -> str:
        name = self._name("offer")
        self.friend.caller.need("Concepts/ImportConcept", name=name, data=self.first)
        self.friend.caller.need("Concepts/ShareConcept", concept=name, user=self.owner.name)
        return name

    def cancelled_job(self) -> str:
        """A job that is over as soon as it was begun."""
        events = self.owner.caller.call(
            "Concepts/Enroll", upload_id=self.upload(), name=self._name("job"), class_noun="mug", kind=1, detach=True,
            first=1)
        for event in events.replies:
            if event.WhichOneof("event") == "job":
                self.owner.caller.need("Jobs/CancelJob", id=event.job.id)
                return event.job.id
        raise CallFailed(f"Concepts/Enroll: no job: {events.code}: {events.details}")

    def fill(self, request: dict[str, Any], **more: str) -> dict[str, Any]:
        """A request with the owner's things in the places of `{...}`."""
        values = self.has | {"fresh": self._name("fresh"), "new_password": secrets.token_urlsafe(12),
                             "own_password": more.get("password") or "no password at all"}

        def one(value: Any) -> Any:
            if not isinstance(value, str) or "{" not in value:
                return value
            if value[0] == "{" and value[-1] == "}":
                return values[value[1:-1]]
            return value.format(**values)

        return {name: one(value) for name, value in request.items()}

    def snapshot(self) -> bytes:
        """Everything the owner sees of what is there."""
        call = self.owner.caller.need
        # What others share with the owner is theirs.
        shares = [share for share in call("Concepts/ListShares").shares if share.owner == self.owner.name]
        parts = [call("Concepts/ListConcepts", limit=1000), *shares, call("Jobs/ListJobs"),
                 call("Concepts/GetConcept", name=self.has["concept"]),
                 call("Concepts/ListVersions", name=self.has["concept"])]
        # Others that logins make and time ends come and go.
        tokens = [token for token in call("Accounts/ListTokens").tokens if token.label == self.secret["label"]]
        for token in tokens:
            token.last_used_at_ms = 0
        return b"".join(part.SerializeToString(deterministic=True) for part in [*parts, *tokens])

    def leaks(self, key: str, request: dict[str, Any], result: Result) -> list[str]:
        """Which of the owner's secrets an answer tells that were not in the request."""
        given = {str(value) for value in self.fill(request).values()}
        said = result.bytes
        return [what for what, secret in self.secret.items() if secret not in given and secret.encode() in said]
