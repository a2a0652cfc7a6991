# SPDX-License-Identifier: Apache-2.0
# Sourced by every script: where the repository is, and how to talk to people.
# shellcheck shell=bash
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
# Used by the scripts that source this file.
export root

# The same compilation gives the same cache entry in every checkout, with debug
# information too; precompiled headers need the last setting.
export CCACHE_BASEDIR="$root"
export CCACHE_NOHASHDIR=true
export CCACHE_SLOPPINESS=pch_defines,time_macros

if [[ -t 2 ]]; then
  _bold=$'\e[1m' _red=$'\e[31m' _plain=$'\e[0m'
else
  _bold='' _red='' _plain=''
fi

# say TEXT...: one line about what happens next.
say() { echo "${_bold}==>${_plain} $*" >&2; }

# fail TEXT...: one line about what went wrong; ends the script with status 1.
fail() {
  echo "${_red}error:${_plain} $*" >&2
  exit 1
}

# wrong_usage TEXT...: one line about a wrong argument; status 2.
wrong_usage() {
  echo "${_red}error:${_plain} $* Try --help." >&2
  exit 2
}

# print_help: the comment block below the first two lines of the calling script.
print_help() { sed -n '3,/^[^#]/{/^#/!q; s/^# \{0,1\}//; p}' "$0"; }

# wait_until SECONDS COMMAND...: tries COMMAND ten times a second until it
# succeeds; status 1 when SECONDS pass first.
wait_until() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || return 1
    sleep 0.1
  done
}

# configure PRESET [OPTION...]: the CMake configuration of build/PRESET.
configure() {
  local log="$root/build/$1-configure.log"
  mkdir -p "$root/build"
  (cd "$root" && cmake --preset "$@") >"$log" 2>&1 || {
    cat "$log" >&2
    fail "cmake --preset $1 failed."
  }
}

# build PRESET [TARGET...]: builds them, with progress. Lines of a terminal
# overwrite each other; elsewhere only warnings and errors are printed.
build() {
  local preset="$1"
  shift
  local -a options=()
  [[ -t 1 ]] || options+=(--quiet)
  NINJA_STATUS='    [%f/%t, %es] ' ninja -C "$root/build/$preset" \
    "${options[@]}" "$@"
}
