"""What clients of a server see: captions of several users at once, and beside an enrollment. See Scripts/bench serving.

Real clients (`myvlm-load`) over TLS on the same machine, so they take some of its time; photos all differ. One JSON object a
line; figures are medians of the rounds.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

from attack.kit.caller import photos
from attack.kit.server import Server, User

THING = ("teapot-kitchen-1.jpg", "teapot-sill-1.jpg", "teapot-stone-1.jpg", "teapot-cloth-1.jpg")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="Scripts/bench serving")
    parser.add_argument("--binaries", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--users", type=int, nargs="+", default=[1, 4, 16])
    return parser.parse_args()


def write(metric: str, value: float | None, unit: str) -> None:
    rounded = None if value is None else round(value, 3)
    print(json.dumps({"suite": "serving", "metric": metric, "value": rounded, "unit": unit}), flush=True)


class Bench:
    """A server whose limits of calls a minute do not limit the measurement, and its users."""

    def __init__(self, options: argparse.Namespace):
        self.options = options
        settings = {"requestsPerMinute": 10_000_000, "streamsPerUser": 1_000}
        self.server = Server(options.binaries, options.model, settings)
        self.seed = 0

    def captions(self, users: list[User], seconds: float, *more: str) -> subprocess.Popen[str]:
        """A run of captions, begun; every run has photos of its own."""
        self.seed += 1
        return subprocess.Popen(
            [self.options.binaries / "myvlm-load", "captions", "--server", self.server.address, "--ca",
             str(self.server.home / "ca.pem"), "--tokens", str(self.server.tokens_file(users)), "--photos",
             str(self.options.photos), "--seconds", str(seconds), "--seed", str(self.seed), *(more or ("--warmup", "2"))],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)

    def figures(self, run: subprocess.Popen[str]) -> dict[str, Any]:
        out, _ = run.communicate(timeout=600)
        if run.returncode:
            raise SystemExit("bench: myvlm-load failed")
        return json.loads(out)

    def enroll(self, user: User, name: str) -> float:
        """Seconds an enrollment takes from the upload to its version."""
        began = time.monotonic()
        files = {name: (self.options.photos / name).read_bytes() for name in THING}
        upload = user.caller.need("Concepts/UploadPhotos", photos(files)).upload_id
        user.caller.need(
            "Concepts/Enroll", upload_id=upload, name=name, class_noun="teapot", kind=1, seed=7, timeout=600)
        return time.monotonic() - began


def report(name: str, runs: list[dict[str, Any]]) -> None:
    """The figures of one kind of run."""
    for metric, unit in (("captionsPerSecond", "captions/s"), ("tokensPerSecond", "tokens/s")):
        snake = {"captionsPerSecond": "captions_per_s", "tokensPerSecond": "tokens_per_s"}[metric]
        write(f"{snake}_{name}", median(run[metric] for run in runs), unit)
    for key, metric in (("firstTokenMilliseconds", "first_token_ms"), ("milliseconds", "caption_ms")):
        for rank in ("p50", "p99"):
            write(f"{metric}_{name}_{rank}", median(run[key][rank] for run in runs), "ms")
    write(f"refused_{name}", sum(sum(run["errors"].values()) for run in runs), "calls")


def main() -> None:
    options = arguments()
    bench = Bench(options)
    try:
        bench.server.start()
        users = [bench.server.user() for _ in range(max(*options.users, 4))]
        best = 0.0
        for count in options.users:
            say(f"{count} users")
            runs = [bench.figures(bench.captions(users[:count], options.seconds)) for _ in range(options.rounds)]
            report(f"{count}_users", runs)
            best = max(best, median(run["captionsPerSecond"] for run in runs))
        # At two thirds of what it can do, captions that begin at fixed times.
        rate = max(0.1, best * 2 / 3)
        say(f"open loop, {rate:.2f} captions a second")
        write("open_rate", rate, "captions/s")
        report("open", [bench.figures(bench.captions(users[:4], options.seconds, "--rate", f"{rate:.3f}"))
                        for _ in range(options.rounds)])
        enrollments(bench, users)
        write("memory_peak_mib", bench.server.memory_kib("VmHWM") / 1024, "MiB")
    finally:
        bench.server.remove()


def enrollments(bench: Bench, users: list[User]) -> None:
    """An enrollment alone, and beside another user's captions."""
    say("an enrollment alone, then beside captions")
    alone, beside, runs = [], [], []
    for number in range(bench.options.rounds):
        alone.append(bench.enroll(users[1], f"alone {number}"))
        # As long as the enrollment alone, so that all of its captions have it beside them.
        run = bench.captions(users[:1], alone[-1], "--abandon", "--warmup", "1")
        beside.append(bench.enroll(users[1], f"beside {number}"))
        runs.append(bench.figures(run))
    write("enroll_s", median(alone), "s")
    write("enroll_beside_captions_s", median(beside), "s")
    for rank in ("p50", "p99"):
        write(f"caption_ms_beside_enrollment_{rank}", median(run["milliseconds"][rank] for run in runs), "ms")


def say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
