"""A user who means no harm, in a process of its own (`myvlm-load bystander`), so that the attack's own work in Python is
not taken for the server's."""

from __future__ import annotations

import json
import math
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from .server import Server, User

# A call that has not ended so long after the attack counts with the time it has taken by then.
PATIENCE = 20.0


@dataclass(frozen=True)
class Call:
    """One call of the bystander."""

    number: int
    at: float
    milliseconds: float
    code: str


class Bystander:
    """Makes `Status` calls at fixed times over one connection and over new ones, and captions one after the other."""

    def __init__(
        self, server: Server, user: User, load: Path, photos: Path, *, status: float = 10, fresh: float = 1,
        caption_pause: int = 0, max_tokens: int = 0,
    ):
        self.calls: dict[str, list[Call]] = {"status": [], "fresh": [], "caption": []}
        self._lock = threading.Condition()
        self._rates = {"status": status, "fresh": fresh, "caption": 0.0}
        arguments = [
            load, "bystander", "--server", server.address, "--ca", str(server.home / "ca.pem"), "--tokens",
            str(server.tokens_file([user])), "--status-per-second", str(status), "--fresh-per-second", str(fresh),
            "--caption-pause", str(caption_pause), "--photos", str(photos), "--max-tokens", str(max_tokens)]
        self.process = subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            start_new_session=True)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            made = json.loads(line)
            call = Call(made["number"], made["at"], made["milliseconds"], made["code"])
            with self._lock:
                self.calls[made["kind"]].append(call)
                self._lock.notify_all()

    def between(self, kind: str, begin: float, end: float) -> list[Call]:
        """The calls that were due between two times, after they have ended; what has not ended by then counts with the
        time it has taken."""
        if kind == "caption":
            return self._captions(begin, end)
        if not self._rates[kind]:
            return []
        until = time.monotonic() + PATIENCE
        with self._lock:
            while time.monotonic() < until and self.process.poll() is None:
                found, missing = self._due(kind, begin, end)
                if not missing:
                    return found
                self._lock.wait(0.2)
            found, missing = self._due(kind, begin, end)
        now = time.monotonic()
        return found + [Call(number, at, (now - at) * 1000, "pending") for number, at in missing]

    def _due(self, kind: str, begin: float, end: float) -> tuple[list[Call], list[tuple[int, float]]]:
        """The calls that were due between two times: those that have ended, and number and time of the others. The times
        are fixed, so any call tells them all."""
        calls, rate = self.calls[kind], self._rates[kind]
        if not calls:
            return [], [(0, begin)]
        zero = calls[0].at - calls[0].number / rate
        numbers = range(max(0, math.ceil((begin - zero) * rate)), math.floor((end - zero) * rate) + 1)
        ended = {call.number: call for call in calls if call.number in numbers}
        missing = [(number, zero + number / rate) for number in numbers if number not in ended]
        return list(ended.values()), missing

    def _captions(self, begin: float, end: float) -> list[Call]:
        """One that began before the end is waited for: it is the one the attack slowed down."""
        until = time.monotonic() + PATIENCE
        with self._lock:
            while time.monotonic() < until and self.process.poll() is None:
                if any(call.at + call.milliseconds / 1000 > end for call in self.calls["caption"]):
                    break
                self._lock.wait(0.2)
            found = [call for call in self.calls["caption"] if call.at <= end
                     and call.at + call.milliseconds / 1000 > begin]
            last = max((call.at + call.milliseconds / 1000 for call in self.calls["caption"]), default=begin)
        if last < end:
            return found + [Call(-1, last, (time.monotonic() - last) * 1000, "pending")]
        return found

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._reader.join(5)
        if self.process.stdout is not None:
            self.process.stdout.close()


def p99(calls: list[Call]) -> float:
    """Milliseconds, nearest rank; of fewer than a hundred calls the longest."""
    values = sorted(call.milliseconds for call in calls)
    if not values:
        return 0.0
    return values[min(len(values) - 1, -(-99 * len(values) // 100) - 1)]
