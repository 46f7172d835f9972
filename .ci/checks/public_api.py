#!/usr/bin/env python3
"""Fails when a public signature of flowctl-core or flowctl-docker names a type of another crate.

Allowed are std, bytes::Bytes, futures_core::Stream, serde's traits and what async-trait expands to.
A reading of the source, not of the compiler's own picture (that needs an unstable toolchain): in each
file, the names that come from other crates are looked for in `pub` items, their signatures and fields.
"""

import pathlib
import re
import sys

FOREIGN = ["tokio", "tokio_util", "redb", "petgraph", "serde_json", "saphyr_parser", "schemars",
           "futures_util", "strsim", "tracing", "bollard", "tar", "sha2", "jiff", "base64", "rustix"]
# Where the crates' own derive macros put paths that are not signatures.
ATTRIBUTE = re.compile(r"^\s*#!?\[")
ROOT = pathlib.Path(__file__).resolve().parents[2]
CRATES = ["flowctl-core", "flowctl-docker"]


def imported(text):
    """The names that `use` brings in from foreign crates."""
    names = set()
    for use in re.finditer(r"^use ([^;]+);", text, re.M):
        path = re.sub(r"\s+", "", use.group(1))
        for crate in FOREIGN:
            if re.match(rf"{crate}\b", path):
                names.update(re.findall(r"[A-Z]\w*", path))
    return names


def public_items(text):
    """(line number, signature) of every `pub` item and field that is not restricted."""
    lines = text.split("\n")
    for index, line in enumerate(lines):
        if "#[cfg(test)]" in line:
            return
        if not re.match(r"\s*pub (?!use\b|mod\b|\()", line) or ATTRIBUTE.match(line):
            continue
        signature, at = "", index
        while at < len(lines):
            signature += lines[at].split("//")[0]
            if re.search(r"[{;]|,\s*$", lines[at]):
                break
            at += 1
        yield index + 1, signature.split("{")[0]


def main():
    leaks = []
    for path in sorted(path for crate in CRATES for path in (ROOT / crate / "src").rglob("*.rs")):
        text = path.read_text()
        names = imported(text)
        for number, signature in public_items(text):
            # A tuple struct with private fields shows nothing of them.
            if re.match(r"\s*pub struct \w+(<[^>]*>)?\((?!pub )", signature):
                continue
            found = [c for c in FOREIGN if re.search(rf"\b{c}::", signature)]
            found += [n for n in names if re.search(rf"\b{n}\b", signature)]
            if found:
                leaks.append(f"{path.relative_to(ROOT)}:{number}: {', '.join(found)}")
    for leak in leaks:
        print(f"public_api: {leak}", file=sys.stderr)
    return 1 if leaks else 0


if __name__ == "__main__":
    sys.exit(main())
