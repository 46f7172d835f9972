#!/usr/bin/env python3
"""Compare two runs over the same ledgers, field by field and in order.

usage: compare.py EXPECTED ACTUAL [--show N]

Each argument is the common stem of a run's two files: STEM.jsonl (events) and STEM.errors (ledgers
that failed, one JSON object a line). Events are aligned ledger by ledger, so that one missing event
does not shift every ledger behind it. Of failed ledgers only the fact is compared, not the words.
Prints one summary line, then the first N differences. Exits with 1 when there is any.
"""

import argparse
import collections
import itertools
import json
import sys

ABSENT = object()


def read_lines(path):
    try:
        with open(path, encoding="utf-8") as file:
            return [line for line in file.read().split("\n") if line]
    except FileNotFoundError:
        return []


def by_ledger(lines):
    ledgers = collections.OrderedDict()
    for line in lines:
        meta = json.loads(line).get("meta", {})
        ledgers.setdefault(meta.get("ledger_sequence", 0), []).append(line)
    return ledgers


def failures(lines):
    """The failed ledgers as (ledger, kind), in order; kind is `error` or `verify`."""
    failed = []
    for line in lines:
        failure = json.loads(line)
        failed.append((failure["ledger"], "verify" if "verify" in failure else "error"))
    return failed


def flatten(value, path=""):
    if not isinstance(value, dict):
        return {path: value}
    fields = {path: "{}"} if not value else {}
    for key, inner in value.items():
        fields.update(flatten(inner, f"{path}.{key}" if path else key))
    return fields


def field_differences(expected, actual):
    left, right = flatten(json.loads(expected)), flatten(json.loads(actual))
    for field in itertools.chain(left, (name for name in right if name not in left)):
        if left.get(field, ABSENT) != right.get(field, ABSENT):
            yield f"{field}: expected {show(left, field)}, got {show(right, field)}"


def show(fields, field):
    return json.dumps(fields[field], ensure_ascii=False) if field in fields else "nothing"


def place(line):
    meta = json.loads(line).get("meta", {})
    operation = meta.get("operation_index", "-")
    return f"tx {meta.get('transaction_index', 0)} op {operation}"


def ledger_differences(ledger, expected, actual):
    if collections.Counter(expected) == collections.Counter(actual):
        first = next(i for i, (left, right) in enumerate(zip(expected, actual)) if left != right)
        yield f"ledger {ledger}: the same events in another order, first at event {first} ({place(expected[first])})"
        return
    for index, (left, right) in enumerate(itertools.zip_longest(expected, actual)):
        if left == right:
            continue
        where = f"ledger {ledger} event {index}"
        if left is None:
            yield f"{where}: not expected: {right}"
        elif right is None:
            yield f"{where}: missing: {left}"
        else:
            differing = list(field_differences(left, right)) or ["the same fields, printed otherwise"]
            yield f"{where} ({place(left)}): " + "; ".join(differing)


def differences(expected, actual, expected_failures, actual_failures):
    left, right = by_ledger(expected), by_ledger(actual)
    for failure in collections.Counter(expected_failures) - collections.Counter(actual_failures):
        yield f"ledger {failure[0]}: expected to fail ({failure[1]}), did not"
    for failure in collections.Counter(actual_failures) - collections.Counter(expected_failures):
        yield f"ledger {failure[0]}: failed ({failure[1]}), was not expected to"
    for ledger in itertools.chain(left, (name for name in right if name not in left)):
        if left.get(ledger, []) != right.get(ledger, []):
            yield from ledger_differences(ledger, left.get(ledger, []), right.get(ledger, []))
    if list(left) != list(right) and set(left) == set(right):
        yield "the same ledgers in another order"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("expected")
    parser.add_argument("actual")
    parser.add_argument("--show", type=int, default=10, metavar="N")
    options = parser.parse_args()

    expected, actual = (read_lines(f"{stem}.jsonl") for stem in (options.expected, options.actual))
    failed = [failures(read_lines(f"{stem}.errors")) for stem in (options.expected, options.actual)]
    found = list(differences(expected, actual, *failed))
    verdict = "DIFFERENT" if found else "equal"
    print(
        f"{verdict}: {len(expected)} events expected, {len(actual)} got; "
        f"{len(failed[0])} failed ledgers expected, {len(failed[1])} got; {len(found)} differences"
    )
    for difference in found[: options.show]:
        print("  " + difference)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
