#!/usr/bin/env bash
# Sees to it that a Docker engine answers and that the tests find what they start themselves (dockerd,
# containerd, docker-registry). Installs Debian's packages where they are missing and starts the engine
# where none answers, both of which need root. Prints the id of the engine if it was started here.
set -euo pipefail

log=${TMPDIR:-/tmp}/flowctl-dockerd.log

answers() {
    python3 - <<'PYTHON'
import os, socket
host = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
engine = socket.socket(socket.AF_UNIX)
engine.settimeout(5)
engine.connect(host.removeprefix("unix://"))
engine.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
assert b"200" in engine.recv(64)
PYTHON
}

for program in dockerd containerd docker-registry; do
    if ! command -v $program >/dev/null; then
        apt-get install -y --no-install-recommends docker.io docker-registry iptables iproute2 >&2
        break
    fi
done

if ! answers 2>/dev/null; then
    # Away from the terminal, whose signals are not meant for it.
    setsid dockerd >"$log" 2>&1 </dev/null &
    started=$!
    for _ in $(seq 300); do
        answers 2>/dev/null && break
        kill -0 $started 2>/dev/null || { tail -20 "$log" >&2; exit 1; }
        sleep 0.2
    done
    answers || { tail -20 "$log" >&2; kill $started; exit 1; }
    echo $started
fi
