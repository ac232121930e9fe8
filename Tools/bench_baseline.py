"""Compares a benchmark's figures with those of an earlier run on the same kind of machine: Scripts/bench SUITE --baseline FILE.

Reads JSON lines on standard input and passes them on as they come. At the end a JSON line a compared figure follows
(suite "baseline": value is the figure now over then, verdict "same", "better", "worse" or "missing"), and the exit status
is 1 where one is worse than its tolerance allows. FILE holds runs of several kinds of machines; on a kind it does not know
nothing can be said, and that is said.

    ... | python Tools/bench_baseline.py --file Benchmarks/baseline.json            compares
    ... | python Tools/bench_baseline.py --file Benchmarks/baseline.json --write    keeps the figures as this machine's
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

# What a shared machine alone may change between two runs of unchanged code.
TOLERANCE = 0.15
LOWER_IS_BETTER = {"ms", "s", "GiB", "MiB", "bytes"}
# What the machine and the peers give, and how many threads a run had, says nothing of this project's speed.
NOT_OURS = ("bandwidth", "peak_", "llama_cpp_", "grpcio_", "h2load_", "threads")


def processor() -> str:
    """Maker, family and model, and the instructions that decide which kernels run."""
    fields: dict[str, str] = {}
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        fields.setdefault(name.strip(), value.strip())
    features = set(fields.get("flags", fields.get("Features", "")).split())
    kernels = [f for f in ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "asimddp") if f in features]
    maker = fields.get("vendor_id", fields.get("CPU implementer", "unknown"))
    return f"{maker} {fields.get('cpu family', '-')}/{fields.get('model', '-')} {'+'.join(kernels) or 'plain'}"


def machine() -> str:
    """The kind of this machine: figures of different kinds are not compared."""
    return f"{processor()}, {len(os.sched_getaffinity(0))} cores"


def is_lower_better(metric: str, unit: str) -> bool:
    return unit in LOWER_IS_BETTER or "floor_ratio" in metric


def read_figures() -> dict[str, dict[str, Any]]:
    figures: dict[str, dict[str, Any]] = {}
    for line in sys.stdin:
        sys.stdout.write(line)
        sys.stdout.flush()
        try:
            figure = json.loads(line)
        except json.JSONDecodeError:
            continue
        if not isinstance(figure, dict) or not isinstance(figure.get("value"), (int, float)):
            continue
        metric = figure.get("metric", "")
        if not metric.startswith(NOT_OURS):
            figures[f"{figure.get('suite')}/{metric}"] = {"value": figure["value"], "unit": figure.get("unit", "")}
    return figures


def load(file: Path) -> dict[str, Any]:
    if not file.exists():
        return {"machines": {}}
    try:
        content = json.loads(file.read_text())
        if not isinstance(content, dict) or not isinstance(content.get("machines"), dict):
            raise ValueError("it has no object of machines")
        return content
    except ValueError as error:
        sys.exit(f"{file} is no baseline ({error}); write one with --write-baseline")


def write(file: Path, figures: dict[str, dict[str, Any]]) -> None:
    """Keeps what other machines and other suites measured; replaced in one step."""
    content = load(file)
    kept = content["machines"].setdefault(machine(), {})
    for name, figure in figures.items():
        old = kept.get(name, {})
        kept[name] = figure | {"tolerance": old.get("tolerance", TOLERANCE)}
    fresh = file.with_name(file.name + ".new")
    fresh.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n")
    fresh.replace(file)
    print(f"wrote {len(figures)} figures of {machine()} to {file}", file=sys.stderr)


def verdict(metric: str, now: float, then: dict[str, Any]) -> str:
    """Better or worse by more than the tolerance; a figure of 0 can only be the same."""
    if then["value"] == 0:
        return "same" if now == 0 else "worse" if is_lower_better(metric, then["unit"]) else "better"
    ratio = now / then["value"]
    gain = 1 / ratio if is_lower_better(metric, then["unit"]) and ratio else ratio
    if gain < 1 - then["tolerance"]:
        return "worse"
    return "better" if gain > 1 / (1 - then["tolerance"]) else "same"


def compare(file: Path, figures: dict[str, dict[str, Any]]) -> int:
    known = load(file)["machines"]
    if machine() not in known:
        print(
            f"no verdict: {file} has no run on a machine like this one ({machine()}), only on "
            f"{'; '.join(sorted(known)) or 'none'}. Measure the earlier code here with --write-baseline first.",
            file=sys.stderr)
        return 0
    suites = {name.split("/")[0] for name in figures}
    worse = 0
    for name, then in sorted(known[machine()].items()):
        suite, metric = name.split("/", 1)
        if suite not in suites:
            continue
        now = figures.get(name)
        told = "missing" if now is None else verdict(metric, now["value"], then)
        worse += told == "worse"
        value = None if now is None or not then["value"] else round(now["value"] / then["value"], 3)
        line = {"suite": "baseline", "metric": name, "value": value, "unit": "ratio", "verdict": told}
        print(json.dumps(line), flush=True)
        if told == "worse":
            print(
                f"worse: {name} is {now['value']} {then['unit']}, was {then['value']} (tolerance "
                f"{then['tolerance']:.0%})", file=sys.stderr)
    print(f"{worse} figures are worse than {file} allows" if worse else f"no figure is worse than {file} allows",
          file=sys.stderr)
    return 1 if worse else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--file", type=Path, required=True, help="the committed figures")
    parser.add_argument("--write", action="store_true", help="keep these figures instead of comparing them")
    arguments = parser.parse_args()
    if not arguments.write and not arguments.file.exists():
        sys.exit(f"{arguments.file}: no such file; write one with --write-baseline")
    figures = read_figures()
    if not figures:
        sys.exit("no figures came: nothing was measured")
    if arguments.write:
        write(arguments.file, figures)
        return 0
    return compare(arguments.file, figures)


if __name__ == "__main__":
    sys.exit(main())
