#!/bin/sh
# The differential run: both token-transfer processors over every ledger set of a data folder, their
# events compared field by field and in order, and their times. See README.md.
#
# usage: run.sh DATA_FOLDER [OUT_FOLDER]      (REPEATS=15 SIMULATED=2000 from the environment)
set -eu

here=$(cd "$(dirname "$0")" && pwd)
data=$(cd "$1" && pwd)
out=${2:-$here/out}
repeats=${REPEATS:-15}
simulated=${SIMULATED:-2000}
workspace=$(cd "$here/../.." && pwd)
status=0
verify=--verify
pin=

mkdir -p "$out"
(cd "$here/go-ttp" && go build -o "$out/go-ttp" . && go build -o "$out/cases" ./cases)
(cd "$workspace" && cargo build --quiet --release -p flowctl-benches)
rust=${CARGO_TARGET_DIR:-$workspace/target}/release

pubnet='Public Global Stellar Network ; September 2015'
testnet='Test SDF Network ; September 2015'
core='(V) (;,,;) (V)'
simulation='flowctl simulated network ; v1'

# ttp PROGRAM FLAG…: the Go processor, ours with the whole ledger decoded first, or ours.
ttp() {
    program=$1
    shift
    case $program in
    go) $pin "$out/go-ttp" "$@" ;;
    full) $pin "$rust/ttp" --full "$@" ;;
    ours) $pin "$rust/ttp" "$@" ;;
    esac
}

# compare NAME PASSPHRASE MODE FILE…: all print the set's events, verified; then compare.
compare() {
    name=$1 passphrase=$2 mode=$3
    shift 3
    for program in go full ours; do
        ttp $program --passphrase "$passphrase" --mode "$mode" $verify \
            --out "$out/$name.$mode.$program.jsonl" --errors "$out/$name.$mode.$program.errors" "$@"
    done
    for program in full ours; do
        printf '%-10s %-8s %-4s ' "$name" "$mode" $program
        "$here/compare.py" "$out/$name.$mode.go" "$out/$name.$mode.$program" || status=1
    done
}

# both NAME PASSPHRASE FILE…: compare in both modes.
both() {
    name=$1 passphrase=$2
    shift 2
    compare "$name" "$passphrase" derived "$@"
    compare "$name" "$passphrase" unified "$@"
}

# time_both NAME PASSPHRASE MODE FILE…: three alternating rounds, so that a slow minute of the
# machine meets both programs.
time_both() {
    name=$1 passphrase=$2 mode=$3
    shift 3
    for program in go full ours; do : >"$out/$name.$mode.$program.times"; done
    for _round in 1 2 3; do
        for program in go full ours; do
            ttp $program --passphrase "$passphrase" --mode "$mode" --time "$repeats" "$@" \
                >>"$out/$name.$mode.$program.times"
        done
    done
    stem=$out/$name.$mode
    "$here/times.py" "$name" "$mode" "$stem.go.times" "$stem.full.times" "$stem.ours.times"
}

echo '== events'
both pubnet "$pubnet" "$data"/pubnet/*.gz
both galexie "$pubnet" "$data"/pubnet/*.zstd
both tutorial "$pubnet" "$data"/pubnet/tutorial/*.xdr
both p13 "$pubnet" "$data"/pubnet/p13/*.xdr
both core "$core" "$data"/core/*.xdr
both testnet "$testnet" "$data"/testnet/*.tar.zst
both load-v23 'Standalone Network ; February 2017' "$data"/load/*-v23-standalone.xdr.zstd
both load-v26 'load test network' "$data"/load/*-v26.xdr.zstd
both load-v27 'Apply Load' "$data"/load/*-v27.xdr.zstd
"$rust/simulate" --ledgers "$simulated" >"$out/simulated.xdr"
both simulated "$simulation" "$out/simulated.xdr"
"$rust/simulate" --ledgers "$simulated" --seed 2 --no-unified-events >"$out/simulated.xdr"
compare sim-plain "$simulation" derived "$out/simulated.xdr"
"$out/cases" --ledgers 10000 >"$out/cases.xdr"
verify= # their balances do not add up
both cases 'Standalone Network ; February 2017' "$out/cases.xdr"

echo '== times: ms a ledger, medians, one core'
pin='taskset -c 0'
"$here/times.py" --header
for mode in derived unified; do
    for ledger in 51000294 63092988 63092990; do
        time_both "$ledger" "$pubnet" "$mode" "$data/pubnet/ledger-$ledger.xdr.gz"
    done
    time_both p13 "$pubnet" "$mode" "$data"/pubnet/p13/*.xdr
done
time_both galexie "$pubnet" derived "$data"/pubnet/*.zstd
time_both load-v27 'Apply Load' derived "$data"/load/*-v27.xdr.zstd
exit $status
