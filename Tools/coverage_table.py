#!/usr/bin/env python3
"""Reads `llvm-cov export -summary-only` from standard input and prints line coverage by room.

Exit status 1 where a room is below the minimum.
"""
import argparse
import json
import pathlib
import sys


def room(path: pathlib.Path) -> str:
    """Sources/RPC/Core/X.swift is of RPC/Core, Sources/myvlmd/Service/Y.swift of myvlmd/Service, others of one folder."""
    parts = path.parts[1:-1]
    return "/".join(parts[:2] if parts[0] in ("RPC", "myvlmd", "System") else parts[:1])


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--root", type=pathlib.Path, required=True)
    arguments.add_argument("--minimum", type=float, default=80)
    options = arguments.parse_args()
    rooms: dict[str, list[int]] = {}
    for file in json.load(sys.stdin)["data"][0]["files"]:
        path = pathlib.Path(file["filename"])
        try:
            path = path.relative_to(options.root)
        except ValueError:
            continue
        if path.parts[0] != "Sources" or "Generated" in path.parts or path.name.endswith((".pb-c.c", ".pb-c.h")):
            continue
        summary = file["summary"]["lines"]
        count = rooms.setdefault(room(path), [0, 0])
        count[0] += summary["covered"]
        count[1] += summary["count"]
    below = []
    for name, (covered, lines) in sorted(rooms.items()):
        percent = 100 * covered / lines if lines else 100.0
        mark = ""
        if percent < options.minimum:
            below.append(name)
            mark = f"  below {options.minimum:g}"
        print(f"{name:<24}{covered:>8} of {lines:>7} lines{percent:>8.1f} %{mark}")
    if not rooms:
        print("no file of Sources/ is in the report", file=sys.stderr)
        return 1
    if below:
        print(f"below {options.minimum:g} %: {', '.join(below)}", file=sys.stderr)
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main())
