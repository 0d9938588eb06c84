#!/bin/sh
# Run the tests of the real agents: install each by our own installer, then let nothing see a network but the loopback.
# Where that cannot be had they are skipped with a line that says why, which fails a run with CI=true.
set -u
bin=$1
shift

skip() {
    echo "The agents' tests are skipped: $1" >&2
    [ "${CI:-}" != true ] || exit 1
    exit 0
}

alone() {
    unshare --net $([ "$(id -u)" = 0 ] || echo --map-root-user) sh -c 'ip link set lo up && exec "$@"' - "$@"
}

why=$(alone true 2>&1) || skip "a network of their own cannot be made here: $why"

mkdir -p build/test-agents
for agent in claude codex gemini; do
    "$bin/atrium" providers install "$agent" --home build/test-agents >"build/test-agents/$agent.log" 2>&1 &
    eval "$agent=$!"
done
for agent in claude codex gemini; do
    eval "wait \$$agent" && continue
    said=$(tail -n 1 "build/test-agents/$agent.log")
    case $said in
    *"registry cannot be reached"* | *"is not on the PATH"*) wait; skip "$agent cannot be installed: $said" ;;
    *) wait; echo "error: $agent cannot be installed: $said" >&2; exit 1 ;;
    esac
done

alone "$bin/pytest" -m agents tests/agents "$@"
