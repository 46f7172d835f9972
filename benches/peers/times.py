#!/usr/bin/env python3
"""Print one row of the table of times: the median ms a ledger of the programs, and Go's over ours.

usage: times.py NAME MODE GO.times FULL.times OURS.times     (or --header)

A times file holds JSON lines {ledger, bytes, events, decode_ms, derive_ms, total_ms}; a ledger may
be there several times (several rounds): its median counts. The row is the mean over the ledgers: the
total, and in brackets decoding and deriving where a program does one after the other.
"""

import collections
import json
import statistics
import sys

ROW = "{:<10} {:<8} {:>7} {:>8} {:>6}   {:>23}   {:>22}   {:>6}   {}"
PROGRAMS = ("go", "ours, whole ledger", "ours")
PARTS = ("decode_ms", "derive_ms", "total_ms")


def medians(path):
    rounds = collections.defaultdict(list)
    with open(path, encoding="utf-8") as file:
        for line in file:
            times = json.loads(line)
            rounds[times["ledger"]].append(times)
    return {ledger: of[0] | {part: median(times[part] for times in of) for part in PARTS} for ledger, of in rounds.items()}


def median(times):
    known = [time for time in times if time is not None]
    return statistics.median(known) if known else None


def mean(ledgers, part):
    known = [ledger[part] for ledger in ledgers.values() if ledger[part] is not None]
    return statistics.mean(known) if known else None


def main():
    if sys.argv[1] == "--header":
        print(ROW.format("set", "mode", "ledgers", "bytes", "events", *PROGRAMS, "ratios"))
        return 0
    name, mode, *paths = sys.argv[1:]
    programs = [medians(path) for path in paths]
    go = programs[0]
    if any(set(program) != set(go) for program in programs):
        print(f"{name} {mode}: not the same ledgers", file=sys.stderr)
        return 1
    ratios = (f"{mean(go, 'total_ms') / mean(program, 'total_ms'):.1f}x" for program in programs[1:])
    print(
        ROW.format(
            name, mode, len(go), round(mean(go, "bytes")), round(mean(go, "events")),
            *map(cell, programs), ", ".join(ratios),
        )
    )
    return 0


def cell(program):
    total, parts = mean(program, "total_ms"), [mean(program, part) for part in PARTS[:2]]
    split = "" if None in parts else " ({:.3f} + {:.3f})".format(*parts)
    return f"{total:.3f}{split}"


if __name__ == "__main__":
    sys.exit(main())
