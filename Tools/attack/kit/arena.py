"""Where an attack takes place: a server, a bystander beside it, and the figures of both."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .bystander import Bystander, p99
from .server import Server, User

MEMORY_MIB = 512


class Failed(Exception):
    """What the server must not do."""


def require(condition: object, what: str) -> None:
    """Fails the attack's check unless it holds."""
    if not condition:
        raise Failed(what)


@dataclass(frozen=True)
class Attack:
    """A registered attack."""

    name: str
    about: str
    run: Callable[[Arena], str]
    # Whether the bystander captions too.
    captions: bool
    # Whether it is worth its time in the short form.
    short: bool


ATTACKS: dict[str, Attack] = {}


def attack(name: str, about: str, *, captions: bool = False, short: bool = True) -> Callable:
    """Registers an attack. The function gets the arena, raises `Failed`, and returns figures for the report."""

    def register(run: Callable[[Arena], str]) -> Callable[[Arena], str]:
        if name in ATTACKS:
            raise SystemExit(f"attack: two attacks are called {name}")
        ATTACKS[name] = Attack(name, about, run, captions, short)
        return run

    return register


@dataclass
class Timing:
    """A latency of the bystander beside what it may be."""

    what: str
    milliseconds: float
    allowed: float
    calls: int

    @property
    def ratio(self) -> float:
        return self.milliseconds / self.allowed if self.allowed else 0.0

    def __str__(self) -> str:
        return f"{self.what} p99 {self.milliseconds:.0f} of {self.allowed:.0f} ms"


@dataclass
class Figures:
    """What was measured during one attack."""

    timings: list[Timing] = field(default_factory=list)
    growth_mib: float = 0.0
    notes: list[str] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        return max((timing.ratio for timing in self.timings), default=0.0)

    def __str__(self) -> str:
        parts = [*self.notes, *map(str, self.timings), f"memory +{self.growth_mib:.0f} MiB"]
        return ", ".join(part for part in parts if part)


class Arena:
    """One server with the default settings and a bystander. An attack makes its own users."""

    def __init__(self, binaries: Path, model: Path, photos: Path, *, short: bool):
        self.short = short
        self.photos = photos
        self.load = binaries / "myvlm-load"
        self.binaries, self.model = binaries, model
        self.server = Server(binaries, model)
        self.shared: dict[str, Any] = {}
        self._bystanders: list[Bystander] = []
        # Times of the bystander when nothing else happens.
        self.idle: dict[str, float] = {}

    def seconds(self, short: float, full: float) -> float:
        """How long something goes on."""
        return short if self.short else full

    def count(self, short: int, full: int) -> int:
        """How often something is done."""
        return short if self.short else full

    # --- its life

    def start(self, idle: dict[str, float] | None = None) -> None:
        """Starts the server, answers a few captions so that memory and caches are those of a server at work, and
        measures the bystander alone, unless that is known."""
        self.server.start()
        self.idle = dict(idle or {})
        user = self.server.user("bystander")
        self.quiet = Bystander(self.server, user, self.load, self.photos)
        # Another user: requests a minute are the user's.
        diner = self.server.user("bystander")
        self.diner_user = diner
        self.captioner = Bystander(
            self.server, diner, self.load, self.photos, status=0, fresh=0, caption_pause=50)
        self._bystanders = [self.quiet, self.captioner]
        self._measure_idle()

    def _measure_idle(self) -> None:
        begin = time.monotonic()
        wanted = 5 if self.idle else self.count(9, 40)
        until = begin + 120
        while len(self.captioner.calls["caption"]) < wanted and time.monotonic() < until:
            time.sleep(0.1)
        self.captioner.stop()
        # The first ones warm the server up.
        captions = self.captioner.calls["caption"][3:]
        bad = {call.code for call in captions} - {"ok"}
        require(captions and not bad, f"the server does not caption when idle: {', '.join(bad) or 'it takes too long'}")
        if self.idle:
            self.server.idle_kib = self.server.memory_kib()
            return
        self.idle["caption"] = p99(captions)
        begin = time.monotonic()
        time.sleep(self.seconds(3, 8))
        for kind in ("status", "fresh"):
            calls = self.quiet.between(kind, begin, time.monotonic())
            require(calls and all(call.code == "ok" for call in calls), "the server does not answer when idle")
            self.idle[kind] = p99(calls)
        self.server.idle_kib = self.server.memory_kib()

    def stop(self) -> None:
        for bystander in self._bystanders:
            bystander.stop()
        self.server.remove()

    # --- an attack

    @contextmanager
    def watched(self, figures: Figures, attack: Attack) -> Iterator[None]:
        """Measures bystander and memory while an attack runs, and looks after the server."""
        self.server.forget_peak()
        captioner = self._captioner() if attack.captions else None
        self._neighbours, self._enrolling, self._phase = 0, False, None
        begin = time.monotonic()
        try:
            yield
        finally:
            end = time.monotonic()
            if self._phase is not None:
                begin, end = self._phase[0], self._phase[1] or end
            if self.server.alive:
                self._measure(figures, captioner, begin, end)
            if captioner is not None:
                captioner.stop()
                self._bystanders.remove(captioner)

    def _captioner(self) -> Bystander:
        made = Bystander(
            self.server, self.server.user("bystander"), self.load, self.photos, status=0, fresh=0, caption_pause=50)
        self._bystanders.append(made)
        return made

    @contextmanager
    def phase(self) -> Iterator[None]:
        """Inside an attack: the bystander counts only now, not while the attack is prepared."""
        self._phase = (time.monotonic(), None)
        try:
            yield
        finally:
            self._phase = (self._phase[0], time.monotonic())

    def beside(self, users: int = 0, *, enrolling: bool = False) -> None:
        """How many users the bystander's captions have to share the server with, for what they may take."""
        self._neighbours, self._enrolling = users, enrolling

    def _measure(self, figures: Figures, captioner: Bystander | None, begin: float, end: float) -> None:
        for kind in ("status", "fresh"):
            calls = self.quiet.between(kind, begin, end)
            bad = {call.code for call in calls} - {"ok", "pending"}
            if bad:
                figures.notes.append(f"the bystander's {kind} calls ended with {', '.join(sorted(bad))}")
            if calls:
                figures.timings.append(Timing(kind, p99(calls), 2 * self.idle[kind] + 50, len(calls)))
        if captioner is not None:
            calls = captioner.between("caption", begin, end)
            idle = self.idle["caption"]
            allowed = 3 * idle if self._enrolling else (self._neighbours + 1) * idle + 200
            bad = {call.code for call in calls} - {"ok", "pending"}
            if bad:
                figures.notes.append(f"the bystander's captions ended with {', '.join(sorted(bad))}")
            if calls:
                figures.timings.append(Timing("caption", p99(calls), allowed, len(calls)))
        figures.growth_mib = max(0.0, (self.server.memory_kib("VmHWM") - self.server.idle_kib) / 1024)

    # --- what attacks share

    def photo(self, name: str = "teapot-sill-1.jpg") -> bytes:
        """A photo of the demo."""
        return (self.photos / name).read_bytes()

    def user(self, stem: str = "attacker", **quotas: int) -> User:
        return self.server.user(stem, **quotas)
