"""What a small call costs: our server beside one made with Python's grpcio, with the same client, messages and certificates,
and beside what h2load makes of our server. See Scripts/bench rpc.

Rounds alternate between the servers; figures are medians of the rounds. One JSON object a line.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
from concurrent import futures
from pathlib import Path
from statistics import median
from typing import Any

import grpc

from attack.kit import schema
from attack.kit.server import Server

STATUS = "Server/Status"
COUNTS = (1, 8, 64)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="Scripts/bench rpc")
    parser.add_argument("--binaries", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3)
    # What this program itself is started with, in a process of its own, to be the peer.
    parser.add_argument("--serve", type=Path, metavar="HOME", help=argparse.SUPPRESS)
    return parser.parse_args()


def write(metric: str, value: float | None, unit: str, reason: str = "") -> None:
    line: dict[str, Any] = {"suite": "rpc", "metric": metric, "unit": unit}
    line["value"] = None if value is None else round(value, 3)
    print(json.dumps(line | ({"reason": reason} if reason else {})), flush=True)


def serve(home: Path) -> None:
    """A server of grpcio that answers Status with a message like ours; prints its port, ends with standard input."""
    method = schema.method(STATUS)
    reply = method.reply(version="1.0.0", model_name="pocket", model_digest="ab" * 32, uptime_ms=1, server_time_ms=1)
    handler = grpc.unary_unary_rpc_method_handler(
        lambda request, context: reply, method.request.FromString, method.reply.SerializeToString)
    server = grpc.server(futures.ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("myvlm.v1.Server", {"Status": handler}),))
    pair = ((home / "server.key").read_bytes(), (home / "server.pem").read_bytes())
    port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([pair]))
    server.start()
    print(port, flush=True)
    sys.stdin.read()
    server.stop(0)


def measure(options: argparse.Namespace, server: Server, address: str, tokens: Path) -> dict[int, dict[str, Any]]:
    """Calls of our client to a server, by streams at once."""
    done = subprocess.run(
        [options.binaries / "myvlm-load", "status", "--server", address, "--ca", str(server.home / "ca.pem"), "--tokens",
         str(tokens), "--seconds", str(options.seconds)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        check=True, timeout=600)
    found = {line["streams"]: line for line in map(json.loads, done.stdout.splitlines())}
    for count, line in found.items():
        if line["errors"]:
            raise SystemExit(f"bench: calls at {count} streams ended with {line['errors']}")
    return found


def h2load(options: argparse.Namespace, server: Server, token: str, count: int) -> float | None:
    """Calls a second that h2load makes."""
    body = server.folder / "body"
    body.write_bytes(bytes(5))
    done = subprocess.run(
        ["h2load", "-D", str(max(1, round(options.seconds))), "--warm-up-time", "1", "-c", "1", "-t", "1", "-m",
         str(count), "-d", str(body), "-H", "content-type: application/grpc", "-H", "te: trailers", "-H",
         f"authorization: Bearer {token}", f"https://{server.address}{schema.method(STATUS).path}"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    found = re.search(r"([\d.]+) req/s", done.stdout)
    return float(found.group(1)) if done.returncode == 0 and found else None


def main() -> None:
    options = arguments()
    if options.serve:
        serve(options.serve)
        return
    server = Server(options.binaries, options.model, {"requestsPerMinute": 1_000_000_000})
    peer: subprocess.Popen[str] | None = None
    try:
        server.start()
        user = server.user()
        tokens = server.tokens_file([user])
        peer = subprocess.Popen(
            [sys.executable, __file__, "--binaries", ".", "--model", ".", "--serve", str(server.home)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert peer.stdout is not None
        other = f"127.0.0.1:{int(peer.stdout.readline())}"
        ours, theirs, loads = [], [], []
        for number in range(options.rounds):
            print(f"bench: round {number + 1} of {options.rounds}", file=sys.stderr, flush=True)
            ours.append(measure(options, server, server.address, tokens))
            theirs.append(measure(options, server, other, tokens))
            if shutil.which("h2load"):
                loads.append({count: h2load(options, server, user.token, count) for count in COUNTS})
        report(ours, theirs, loads)
    finally:
        if peer is not None and peer.stdin is not None:
            peer.stdin.close()
            peer.wait(10)
        server.remove()


def report(ours: list[dict[int, Any]], theirs: list[dict[int, Any]], loads: list[dict[int, float | None]]) -> None:
    """Medians, and what one server's are beside the other's of the same round."""
    for count in COUNTS:
        for name, rounds in (("", ours), ("grpcio_", theirs)):
            write(f"{name}calls_per_s_{count}", median(one[count]["callsPerSecond"] for one in rounds), "calls/s")
            for rank in ("p50", "p99"):
                write(f"{name}call_us_{count}_{rank}", median(one[count]["microseconds"][rank] for one in rounds), "us")
        ratios = [a[count]["callsPerSecond"] / b[count]["callsPerSecond"] for a, b in zip(ours, theirs)
                  if b[count]["callsPerSecond"]]
        write(f"calls_ratio_{count}", median(ratios) if ratios else None, "ratio")
        seen = [one[count] for one in loads if one[count] is not None]
        write(f"h2load_calls_per_s_{count}", median(seen) if seen else None, "calls/s",
              "" if seen else "h2load is not installed or failed: Scripts/setup --h2load")


if __name__ == "__main__":
    main()
