"""Who may call what: the one table that the matrix of methods and callers, and the walk from tenant to tenant, are
derived from. A method of the API without a row fails the run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .kit import schema

# What a caller who may call a method, but owns nothing of what is named, is told.
ABSENT = ("NOT_FOUND",)
OK = ("OK",)


@dataclass(frozen=True)
class Right:
    """A row of the table.

    `scope`: what the token needs: "nobody" (no token at all), "any" (whichever token) or a scope. `role`: "any", "staff"
    (administrators and auditors) or "admin". `request`: fields, where `{concept}` and the like stand for things of the
    owner (see `Things`). `owner` and `other`: the codes that the owner, and others who pass scope and role, may get. A
    call that ends the caller's own tokens is made by an account of its own (`ends_caller`).
    """

    scope: str
    request: dict[str, Any] = field(default_factory=dict)
    owner: tuple[str, ...] = OK
    other: tuple[str, ...] = ABSENT
    # Where administrators and auditors get something else than other users.
    staff: tuple[str, ...] = ()
    role: str = "any"
    ends_caller: bool = False
    # Bytes of a client stream instead of a request: "photos" or "import".
    stream: str = ""


OWN = OK  # Others may call it too: it is about what is theirs.
NAMED = {"name": "{concept}"}
OF_CONCEPT = {"concept": "{concept}"}
JOB = {"id": "{job}"}
SPARE = {"name": "{spare}"}

RIGHTS: dict[str, Right] = {
    # Accounts
    "Accounts/Login": Right("nobody", {"user": "{user}", "password": "{password}"}, other=OWN),
    "Accounts/Logout": Right("any", other=OWN, ends_caller=True),
    "Accounts/WhoAmI": Right("any", other=OWN),
    "Accounts/ChangePassword": Right(
        "any", {"old_password": "{own_password}", "new_password": "{new_password}"}, other=OWN, ends_caller=True),
    "Accounts/CreateUser": Right("admin", {"name": "{fresh}", "password": "{new_password}"}, role="admin", other=OWN),
    "Accounts/ListUsers": Right("read", role="staff", other=OWN),
    "Accounts/SetSuspended": Right("admin", {**SPARE, "suspended": True}, role="admin", other=OWN),
    "Accounts/SetRole": Right("admin", {**SPARE, "role": 1}, role="admin", other=OWN),
    "Accounts/ResetPassword": Right("admin", {**SPARE, "password": "{new_password}"}, role="admin", other=OWN),
    "Accounts/GetUsage": Right("read", {"user": "{user}"}, other=("PERMISSION_DENIED",), staff=OK),
    "Accounts/SetQuota": Right(
        "admin", {"user": "{spare}", "limits": [{"name": "concepts", "limit": 7}]}, role="admin", other=OWN),
    "Accounts/AddIdentity": Right(
        "admin", {"user": "{spare}", "certificate_name": "CN={fresh}"}, role="admin", other=OWN),
    "Accounts/RemoveIdentity": Right(
        "admin", {"user": "{spare}", "certificate_name": "CN={fresh}"}, role="admin", other=("OK", "NOT_FOUND")),
    "Accounts/ListIdentities": Right("read", {"user": "{spare}"}, role="staff", other=OWN),
    "Accounts/CreateToken": Right("any", {"label": "more"}, other=OWN),
    "Accounts/ListTokens": Right("any", other=OWN),
    # A token that may do less than another of the same user cannot have that one either.
    "Accounts/RotateToken": Right("any", {"id": "{token_id}"}, owner=("OK", "PERMISSION_DENIED")),
    "Accounts/RevokeToken": Right("any", {"id": "{token_id}"}, owner=("OK", "PERMISSION_DENIED")),
    # Administration
    "Admin/TailAudit": Right("read", {"limit": 50}, role="staff", other=OWN),
    "Admin/VerifyAudit": Right("read", role="staff", other=OWN),
    "Admin/Scrub": Right("admin", role="admin", other=OWN),
    "Admin/CreateBackup": Right("admin", {"name": "{fresh}"}, role="admin", other=OWN),
    "Admin/ListBackups": Right("admin", role="admin", other=OWN),
    "Admin/VerifyBackup": Right("admin", {"name": "{backup}"}, role="admin", other=OWN),
    "Admin/EraseUser": Right("admin", SPARE, role="admin", other=OWN),
    # Concepts
    "Concepts/UploadPhotos": Right("enroll", other=OWN, stream="photos"),
    "Concepts/Enroll": Right("enroll", {"upload_id": "{upload}", "name": "{fresh}", "class_noun": "mug", "kind": 1}),
    "Concepts/CheckEnrollment": Right("enroll", {"name": "{fresh}", "class_noun": "mug", "kind": 1}, other=OWN),
    "Concepts/ListUploads": Right("enroll", other=OWN),
    "Concepts/DropUpload": Right("enroll", {"upload_id": "{upload}"}),
    "Concepts/ListConcepts": Right("read", other=OWN),
    "Concepts/GetConcept": Right("read", NAMED),
    "Concepts/ListVersions": Right("read", NAMED),
    "Concepts/Rollback": Right("enroll", {**NAMED, "to": 1, "reason": "matrix"}),
    "Concepts/Promote": Right("enroll", {**NAMED, "version": "1"}),
    "Concepts/DeleteConcept": Right("enroll", NAMED),
    "Concepts/UndeleteConcept": Right("enroll", {"name": "{deleted}"}),
    "Concepts/EraseConcept": Right("enroll", NAMED),
    "Concepts/ListErasures": Right("read", other=OWN),
    "Concepts/ShareConcept": Right("enroll", {**OF_CONCEPT, "user": "{spare}"}),
    "Concepts/UnshareConcept": Right("enroll", {"concept": "{shared}", "user": "{friend}"}),
    "Concepts/ListShares": Right("read", other=OWN),
    # What somebody offers, and those whose offers are not wanted.
    "Concepts/UnblockSharer": Right("enroll", {"owner": "{friend}"}, owner=("OK", "NOT_FOUND"), other=("OK", "NOT_FOUND")),
    "Concepts/AcceptShare": Right("enroll", {"owner": "{friend}", "concept": "{offered}"}),
    "Concepts/DeclineShare": Right("enroll", {"owner": "{friend}", "concept": "{offered}"}),
    "Concepts/BlockSharer": Right("enroll", {"owner": "{friend}"}, other=("OK", "NOT_FOUND")),
    "Concepts/ExportData": Right("enroll", other=OWN),
    "Concepts/ImportData": Right("enroll", owner=("INVALID_ARGUMENT",), other=("INVALID_ARGUMENT",), stream="import"),
    "Concepts/GetPhotos": Right("enroll", OF_CONCEPT, owner=("OK", "NOT_FOUND", "FAILED_PRECONDITION")),
    "Concepts/DropPhotos": Right("enroll", OF_CONCEPT, owner=("OK", "NOT_FOUND")),
    "Concepts/RenameConcept": Right("enroll", {**NAMED, "new_name": "{fresh}"}),
    "Concepts/SetAlias": Right("enroll", {**OF_CONCEPT, "alias": "other", "version": "1"}),
    "Concepts/RemoveAlias": Right("enroll", {**OF_CONCEPT, "alias": "{alias}"}),
    "Concepts/ProtectAlias": Right("enroll", {**OF_CONCEPT, "alias": "{alias}", "is_protected": True}),
    "Concepts/SetRetention": Right("enroll", {**OF_CONCEPT, "keep_last": 1}),
    "Concepts/CompareVersions": Right("read", {**NAMED, "left": "1", "right": "2"}),
    "Concepts/ExportConcept": Right("enroll", NAMED),
    "Concepts/ImportConcept": Right("enroll", {"name": "{fresh}", "data": "{artifact}"}, other=OWN),
    "Concepts/Watch": Right("read", other=OWN),
    # Jobs
    "Jobs/ListJobs": Right("read", other=OWN),
    "Jobs/GetJob": Right("read", JOB),
    "Jobs/CancelJob": Right("enroll", JOB, owner=("OK", "FAILED_PRECONDITION")),
    "Jobs/ResumeJob": Right("enroll", JOB, owner=("OK", "FAILED_PRECONDITION")),
    # What the job ended with may follow.
    "Jobs/AttachJob": Right("read", JOB, owner=("OK", "INVALID_ARGUMENT", "FAILED_PRECONDITION")),
    # The server and its model
    "Server/Status": Right("any", other=OWN),
    "Vision/Caption": Right("query", {"image": "{image}", "sampling": {"max_tokens": 2}}, other=OWN),
    "Vision/Ask": Right(
        "query", {"image": "{image}", "question": "what is it", "sampling": {"max_tokens": 2}}, other=OWN),
    "Vision/Recognize": Right("query", {"image": "{image}"}, other=OWN),
}


def rows() -> list[tuple[str, Right]]:
    """The rows of methods that the API has, in the order of the table."""
    return [(key, row) for key, row in RIGHTS.items() if key in schema.methods()]
