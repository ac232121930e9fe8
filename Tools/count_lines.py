#!/usr/bin/env python3
"""Counts the lines of Swift that say something, by room: without generated files, blank lines and comments.

    Tools/count_lines.py [FOLDER]

Prints a table of Sources/ and Tests/ and the ratio of tests to sources.
"""
import pathlib
import sys


def lines(file: pathlib.Path) -> int:
    count = 0
    in_comment = in_text = False
    for line in file.read_text(encoding="utf-8").splitlines():
        text = line.strip()
        if in_comment:
            in_comment = "*/" not in text
            continue
        # What stands in a text of several lines is no comment, whatever it begins with.
        if not in_text:
            if not text or text.startswith("//"):
                continue
            if text.startswith("/*"):
                in_comment = "*/" not in text
                continue
        in_text ^= text.count('"""') % 2 == 1
        count += bool(text)
    return count


def is_generated(file: pathlib.Path) -> bool:
    return "Generated" in file.parts or "enerated by" in file.read_text(encoding="utf-8")[:200]


def main() -> None:
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent)
    totals = {}
    for place in ("Sources", "Tests"):
        rooms: dict[str, int] = {}
        for file in sorted((root / place).rglob("*.swift")):
            if not is_generated(file):
                room = file.relative_to(root / place).parts[0]
                rooms[room] = rooms.get(room, 0) + lines(file)
        totals[place] = sum(rooms.values())
        for room, count in sorted(rooms.items()):
            print(f"{place + '/' + room:<28}{count:>8}")
        print(f"{place:<28}{totals[place]:>8}")
    print(f"{'tests a source line':<28}{totals['Tests'] / totals['Sources']:>8.2f}")


if __name__ == "__main__":
    main()
