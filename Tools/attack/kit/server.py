"""A server of our own, in a temporary home, on a port the system chooses."""

from __future__ import annotations

import itertools
import json
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .caller import Caller

START_SECONDS = 120
STOP_SECONDS = 60


@dataclass
class User:
    """An account with a token."""

    name: str
    password: str
    token: str
    caller: Caller = field(repr=False)


class ServerDied(Exception):
    """The server ended, or does not start."""


class Server:
    """One `myvlmd serve`. Its settings are the defaults, as an operator would run it, but for what is given."""

    def __init__(self, binaries: Path, model: Path, settings: dict[str, Any] | None = None):
        self.binaries = binaries
        self.folder = Path(tempfile.mkdtemp(prefix="myvlm-attack-"))
        self.home = self.folder / "home"
        self.log = self.folder / "log"
        self.model = model
        self.settings = settings or {}
        self.process: subprocess.Popen[bytes] | None = None
        self.address = ""
        self.idle_kib = 0
        self._numbers = itertools.count(1)
        self._callers: list[Caller] = []
        self._admin: User | None = None
        self._password = secrets.token_urlsafe(18)

    # --- its life

    def start(self) -> Server:
        """Sets up the home and waits until the server listens."""
        password = self.folder / "password"
        password.touch(mode=0o600)
        password.write_text(self._password + "\n")
        self._run("init", "--home", str(self.home), "--password-file", str(password))
        configuration = self.home / "config.json"
        settings = json.loads(configuration.read_text()) | self.settings
        configuration.write_text(json.dumps(settings))
        return self.serve()

    def serve(self) -> Server:
        """Starts the process in a home that is set up."""
        (self.home / "endpoint").unlink(missing_ok=True)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.binaries / "myvlmd", "serve", "--home", str(self.home), "--model", str(self.model), "--listen",
                 "127.0.0.1:0"], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._environment(),
                start_new_session=True)
        until = time.monotonic() + START_SECONDS
        while not self._endpoint():
            if self.process.poll() is not None or time.monotonic() > until:
                raise ServerDied(f"the server does not start: {self.last_words()}")
            time.sleep(0.05)
        self.address = self._endpoint()
        return self

    def stop(self) -> int | None:
        """Ends the process as an operator would; its exit status."""
        for caller in self._callers:
            caller.close()
        self._callers = []
        self._admin = None
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode

    def remove(self) -> None:
        """Ends it and removes the folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def last_words(self, bytes_: int = 600) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-bytes_:].strip() if self.log.exists() else ""

    def _endpoint(self) -> str:
        try:
            return (self.home / "endpoint").read_text().strip()
        except FileNotFoundError:
            return ""

    def _environment(self) -> dict[str, str]:
        kept = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TMPDIR", "MYVLM_HOME", "HOME")
        return {name: value for name, value in os.environ.items() if name in kept}

    def _run(self, *arguments: str) -> None:
        done = subprocess.run(
            [self.binaries / "myvlmd", *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=120,
            env=self._environment())
        if done.returncode:
            raise ServerDied(f"myvlmd {arguments[0]}: {done.stderr.decode(errors='replace').strip()}")

    # --- its memory

    def memory_kib(self, what: str = "VmRSS") -> int:
        """A figure of `/proc/PID/status`: VmRSS is what it has, VmHWM the most it had since `forget_peak`."""
        if not self.alive:
            raise ServerDied(f"the server ended: {self.last_words()}")
        assert self.process is not None
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(what + ":"):
                return int(line.split()[1])
        raise ServerDied("the server is ending")

    def forget_peak(self) -> None:
        """VmHWM counts from now on."""
        if self.alive:
            assert self.process is not None
            Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    # --- its users

    def caller(self, token: str | None = None) -> Caller:
        """A connection that ends with the server."""
        caller = Caller(self.address, (self.home / "ca.pem").read_bytes(), token)
        self._callers.append(caller)
        return caller

    @property
    def admin(self) -> User:
        if self._admin is None:
            self._admin = self.login("admin", self._password)
        return self._admin

    def login(self, name: str, password: str, **fields: Any) -> User:
        """A token for an account that exists."""
        caller = self.caller()
        reply = caller.need("Accounts/Login", user=name, password=password, label="attack", **fields)
        caller.token = reply.token
        return User(name, password, reply.token, caller)

    def user(self, stem: str = "user", role: int = 1, **quotas: int) -> User:
        """A new account, logged in."""
        name, password = f"{stem}{next(self._numbers)}", secrets.token_urlsafe(18)
        self.admin.caller.need("Accounts/CreateUser", name=name, password=password, role=role)
        if quotas:
            limits = [{"name": key.replace("_", "-"), "limit": value} for key, value in quotas.items()]
            self.admin.caller.need("Accounts/SetQuota", user=name, limits=limits)
        return self.login(name, password)

    def token(self, user: User, *scopes: str, lifetime: int = 3600) -> str:
        """A further token of a user, which may do less."""
        return user.caller.need(
            "Accounts/CreateToken", label="attack-part", lifetime_seconds=lifetime, scopes=list(scopes)).token

    def tokens_file(self, users: list[User]) -> Path:
        """The users' tokens in a file that nobody else can read."""
        path = self.folder / f"tokens{next(self._numbers)}"
        path.touch(mode=0o600)
        path.write_text("".join(user.token + "\n" for user in users))
        return path
