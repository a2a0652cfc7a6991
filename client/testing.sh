# SPDX-License-Identifier: Apache-2.0
# Sourced by client/*/test: what the tests of all clients need.
# shellcheck shell=bash
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib.sh"

# run_steps DEFAULTS [STEP...]: runs step_STEP for each STEP, or for each word of
# DEFAULTS; each begins in the same directory.
run_steps() {
  local -a steps=("${@:2}")
  local step
  ((${#steps[@]})) || read -ra steps <<<"$1"
  for step in "${steps[@]}"; do
    [[ "$(type -t "step_$step")" == function ]] || wrong_usage "No step $step."
  done
  for step in "${steps[@]}"; do
    say "${0#"$root/"}: $step"
    ("step_$step")
  done
}

# has_settings NAME...: whether these variables of the environment are set; says
# which is not.
has_settings() {
  local name
  for name in "$@"; do
    [[ -n "${!name-}" ]] || {
      say "left out: $name is not set, see --help"
      return 1
    }
  done
}

# compare_with_one_server RUNNER [RUNNER_OF_REPLICA_READS]: the differential test,
# of thousands of commands; then with replica reads during failovers, by the
# other runner if there is one.
compare_with_one_server() {
  has_settings SLOTPLANNER_PREFIX SLOTPLANNER_DIFFERENTIAL || return 0
  local -a test=(/usr/bin/python3
    "$root/tests/e2e/differential/client_differential.py")
  "${test[@]}" --runner="$1"
  "${test[@]}" --runner="${2-$1}" --commands=2000 --replica-reads --failovers
}

# with_server COMMAND...: runs it with PLANNER, the address of a server in front
# of an empty cluster.
with_server() (
  directory="$(mktemp --directory)"
  server_pid=''
  trap '_end_servers "$directory" "$server_pid"' EXIT
  log="$directory/server.log"
  : >"$log"
  seeds="$("$root/scripts/redis-cluster" start "$directory" --replicas 0)"
  "$SLOTPLANNER_PREFIX/bin/slotplanner-server" --grpc_listen=127.0.0.1:0 \
    --admin_listen=127.0.0.1:0 --drain_delay=0s --cluster="redis://$seeds" \
    2>"$log" &
  server_pid=$!
  wait_until 20 _listens "$log" || {
    cat "$log" >&2
    fail 'The server does not listen.'
  }
  PLANNER="$(_grpc_address "$log")" "$@"
)
_listens() { [[ -n "$(_grpc_address "$1")" ]]; }
_grpc_address() {
  sed -nE '/"event":"listening"/{/"protocol":"grpc"/s/.*"address":"([^"]*)".*/\1/p}' \
    "$1"
}
_end_servers() {
  [[ -z "$2" ]] || { kill "$2" && wait "$2"; } || true
  "$root/scripts/redis-cluster" stop "$1"
  rm -rf "$1"
}
