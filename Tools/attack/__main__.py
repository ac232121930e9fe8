"""Runs the attacks; see Scripts/attack --help."""

from __future__ import annotations

import argparse
import json
import resource
import signal
import sys
import time
import traceback
from pathlib import Path
from statistics import median
from typing import Any

from . import families
from .kit.arena import ATTACKS, MEMORY_MIB, Arena, Attack, Failed, Figures
from .kit.caller import CallFailed
from .kit.server import ServerDied

ATTEMPTS = 3


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="Scripts/attack")
    parser.add_argument("--binaries", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--json", type=Path, metavar="FILE")
    return parser.parse_args()


def chosen(options: argparse.Namespace) -> list[Attack]:
    """The attacks to run: those named, each by its name or the beginning of it."""
    if not options.only:
        return [attack for attack in ATTACKS.values() if attack.short or not options.short]
    found = [attack for attack in ATTACKS.values() if any(attack.name.startswith(name) for name in options.only)]
    for name in options.only:
        if not any(attack.name.startswith(name) for attack in ATTACKS.values()):
            raise SystemExit(f"attack: there is no attack {name}; see --list")
    return found


class Run:
    """All attacks, one after the other, on one server that is replaced when it dies."""

    def __init__(self, options: argparse.Namespace):
        self.options = options
        self.arena: Arena | None = None
        self.results: list[dict[str, Any]] = []
        self.ratio = self.growth = 0.0
        self.failures = 0
        self.bloated = False

    def ready(self) -> Arena:
        """The server, a new one where the last one died or an attack has bloated it."""
        if self.arena is not None and self.arena.server.alive and not self.bloated:
            return self.arena
        idle: dict[str, float] = {}
        if self.arena is not None:
            idle = self.arena.idle if "status" in self.arena.idle else {}
            self.arena.stop()
        self.bloated = False
        self.arena = Arena(
            self.options.binaries, self.options.model, self.options.photos, short=self.options.short)
        self.arena.start(idle)
        idle = self.arena.idle
        say(f"idle: Status p99 {idle['status']:.1f} ms, on a new connection {idle['fresh']:.1f} ms, "
            f"Caption p99 {idle['caption']:.0f} ms, memory {self.arena.server.idle_kib // 1024} MiB")
        return self.arena

    def attack(self, attack: Attack) -> None:
        """One attack, with its timings measured again where they fail."""
        try:
            self.ready()
        except (Failed, ServerDied, CallFailed) as error:
            if self.arena is not None:
                self.arena.stop()
                self.arena = None
            self.report(attack, Figures(), f"there is no server to attack: {error}", 0)
            return
        began = time.monotonic()
        figures, why = self.once(attack)
        if not self.options.short and not why and figures.ratio > 1:
            tries = [figures]
            while len(tries) < ATTEMPTS and not why:
                say(f"{attack.name}: {figures}: measured again")
                figures, why = self.once(attack)
                tries.append(figures)
            if not why:
                middle = median(one.ratio for one in tries)
                figures = min(tries, key=lambda one: abs(one.ratio - middle))
                if figures.ratio > 1:
                    worst = max(figures.timings, key=lambda timing: timing.ratio)
                    why = f"the bystander waits: {worst}, median of {len(tries)}"
        if not why and figures.growth_mib > MEMORY_MIB:
            why = f"the server took {figures.growth_mib:.0f} MiB more memory; {MEMORY_MIB} are allowed"
        self.report(attack, figures, why, time.monotonic() - began)

    def once(self, attack: Attack) -> tuple[Figures, str]:
        """One round: figures, and why it failed, if it did."""
        figures, why = Figures(), ""
        arena = self.ready()
        try:
            with arena.watched(figures, attack):
                figures.notes.append(attack.run(arena))
        except Failed as error:
            why = str(error)
        except (ServerDied, CallFailed) as error:
            why = f"the attack could not go on: {error}"
        except Exception as error:  # An attack that breaks is no pass, and no reason to leave out the others.
            traceback.print_exc()
            why = f"the attack broke: {type(error).__name__}: {error}"
        if not arena.server.alive:
            code = arena.server.process.returncode if arena.server.process else None
            why = f"the server ended with {code}: {arena.server.last_words(300)}"
        self.bloated = figures.growth_mib > MEMORY_MIB
        return figures, why

    def report(self, attack: Attack, figures: Figures, why: str, seconds: float) -> None:
        self.ratio = max(self.ratio, figures.ratio)
        self.growth = max(self.growth, figures.growth_mib)
        self.failures += bool(why)
        text = f"{why} ({figures})" if why else str(figures)
        print(f"{'FAIL' if why else 'ok'} {attack.name}: {' '.join(text.split())} ({seconds:.0f} s)", flush=True)
        self.results.append({
            "name": attack.name, "ok": not why, "why": why, "about": attack.about, "notes": figures.notes,
            "ratio": round(figures.ratio, 3), "growth_mib": round(figures.growth_mib, 1), "seconds": round(seconds, 1),
            "timings": [vars(timing) for timing in figures.timings]})

    def finish(self) -> int:
        """The last lines and the exit status."""
        if self.arena is not None:
            self.arena.stop()
        lines = [{"suite": "attack", "metric": "attack_bystander_ratio_max", "value": round(self.ratio, 3)},
                 {"suite": "attack", "metric": "attack_rss_growth_mb_max", "value": round(self.growth, 1)}]
        for line in lines:
            print(json.dumps(line), flush=True)
        if self.options.json:
            self.options.json.write_text(json.dumps({"attacks": self.results, "figures": lines}, indent=2) + "\n")
        return 1 if self.failures else 0


def say(text: str) -> None:
    print(f"attack: {text}", file=sys.stderr, flush=True)


def main() -> int:
    options = arguments()
    families.load()
    if options.list:
        for attack in ATTACKS.values():
            print(f"{attack.name}{'' if attack.short else ' (full form only)'}: {attack.about}")
        return 0
    # A thousand connections are a part of it.
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 8192)), hard))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    run = Run(options)
    try:
        for attack in chosen(options):
            run.attack(attack)
    except KeyboardInterrupt:
        say("interrupted")
        run.failures += 1
    finally:
        code = run.finish()
    return code


if __name__ == "__main__":
    sys.exit(main())
