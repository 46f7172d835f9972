#!/usr/bin/env python3
"""Print one row of the table of times: the median ms a ledger of two programs and their ratio.

usage: times.py NAME MODE GO.times RUST.times     (or --header)

A times file holds JSON lines {ledger, bytes, events, decode_ms, derive_ms, total_ms}; a ledger may
be there several times (several rounds): its median counts. The row is the mean over the ledgers.
"""

import collections
import json
import statistics
import sys

ROW = "{:<12} {:<8} {:>7} {:>9} {:>7}   {:>18} {:>18} {:>18}   {:>6}"
PARTS = ("decode_ms", "derive_ms", "total_ms")


def medians(path):
    rounds = collections.defaultdict(list)
    with open(path, encoding="utf-8") as file:
        for line in file:
            times = json.loads(line)
            rounds[times["ledger"]].append(times)
    return {ledger: of[0] | {part: statistics.median(times[part] for times in of) for part in PARTS} for ledger, of in rounds.items()}


def mean(ledgers, part):
    return statistics.mean(ledger[part] for ledger in ledgers.values())


def main():
    if sys.argv[1] == "--header":
        print(ROW.format("set", "mode", "ledgers", "bytes", "events", "decode go/rust", "derive go/rust", "total go/rust", "ratio"))
        return 0
    name, mode, *paths = sys.argv[1:]
    go, rust = (medians(path) for path in paths)
    if set(go) != set(rust):
        print(f"{name} {mode}: not the same ledgers", file=sys.stderr)
        return 1
    pair = lambda part: f"{mean(go, part):.3f} / {mean(rust, part):.3f}"
    print(
        ROW.format(
            name, mode, len(go), round(mean(go, "bytes")), round(mean(go, "events")),
            pair("decode_ms"), pair("derive_ms"), pair("total_ms"),
            f"{mean(go, 'total_ms') / mean(rust, 'total_ms'):.1f}x",
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
