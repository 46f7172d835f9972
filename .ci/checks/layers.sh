#!/usr/bin/env bash
# Fails when an arrow of ARCHITECTURE.md points up, or when something leaks that must not.
set -euo pipefail

fail=0
complain() { echo "layers: $*" >&2; fail=1; }

tree() { cargo tree --locked -p "$1" -e normal --prefix none -f '{p}' "${@:2}" | awk '{print $1}' | sort -u; }

# Core knows no transport, no backend, no terminal, no domain.
above='^(tonic|prost|hyper|bollard|clap|object_store|stellar-.*|flowctl-(grpc|docker|stellar|cli))$'
if up=$(tree flowctl-core --all-features | grep -E "$above"); then
    complain "flowctl-core depends on: $up"
fi
if up=$(tree flowctl-grpc | grep -E '^(bollard|clap|stellar-.*|flowctl-(docker|stellar|cli))$'); then
    complain "flowctl-grpc depends on: $up"
fi
if up=$(tree flowctl-stellar | grep -E '^(bollard|clap|flowctl-(docker|cli))$'); then
    complain "flowctl-stellar depends on: $up"
fi

if up=$(tree flowctl-docker --all-features | grep -E '^(tonic|prost|clap|stellar-.*|flowctl-(grpc|stellar|cli))$'); then
    complain "flowctl-docker depends on: $up"
fi

# An embedder gets a small tree.
count=$(tree flowctl-core | wc -l)
[ "$count" -le 60 ] || complain "flowctl-core's default tree has $count crates, 60 is the most"

# The domain has no word in core.
if words=$(grep -rniE 'stellar|ledger' flowctl-core/src); then
    complain "domain words in flowctl-core/src:"$'\n'"$words"
fi

# Nor in the protocols of flowctl, whose names reflection shows.
if words=$(grep -rniE 'stellar' proto/flowctl); then
    complain "domain words in proto/flowctl:"$'\n'"$words"
fi

# One folder knows the graph library.
if uses=$(grep -rn 'petgraph' flowctl-core/src --include='*.rs' | grep -v '^flowctl-core/src/graph/'); then
    complain "petgraph outside flowctl-core/src/graph:"$'\n'"$uses"
fi

# Examples in documentation run.
if fences=$(grep -rnE '^\s*//[/!]\s*```.*ignore' --include='*.rs' flowctl-*/src); then
    complain "documentation examples that are not compiled:"$'\n'"$fences"
fi

# One main type a file.
long=$(git ls-files 'flowctl-*/src/*.rs' ':!flowctl-grpc/src/generated' | xargs wc -l | awk '$1 > 500 && $2 != "total"')
[ -z "$long" ] || complain "source files over 500 lines:"$'\n'"$long"

python3 .ci/checks/public_api.py || fail=1

exit $fail
