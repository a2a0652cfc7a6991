#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""The differential test of a client in any language, by its runner.

Starts a cluster of six nodes, a standalone Redis server and a slotplanner
server; has the runner execute random batches on the cluster, and compares each
reply, refusal and in the end each key with those of the standalone server.

Prints the seed, the commands and how many differences there were, and with
--failovers how many of those; ends with 0 only if there was no difference.

SLOTPLANNER_PREFIX is the installed tree that has bin/slotplanner-server, and
SLOTPLANNER_DIFFERENTIAL the program `differential` of the build tree. Needs
redis-server, and the grpc module of this Python."""

import argparse
import contextlib
import os
import pathlib
import subprocess
import sys

_SUPPORT = pathlib.Path(__file__).resolve().parents[2] / 'support'
_DEFAULT_FAILOVERS = 5


def _parse(args: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        '--runner',
        required=True,
        metavar='COMMAND',
        help='starts the runner, as a shell reads it; --planner=HOST:PORT is'
        ' added',
    )
    parser.add_argument(
        '--commands',
        type=int,
        default=5000,
        metavar='N',
        help='how many to run; default: %(default)s',
    )
    parser.add_argument('--seed', type=int, help='replays a run')
    parser.add_argument(
        '--failovers',
        type=int,
        nargs='?',
        const=_DEFAULT_FAILOVERS,
        default=0,
        metavar='N',
        help='goes on until N failovers, one a second or so, are over, too;'
        f' N: {_DEFAULT_FAILOVERS}',
    )
    parser.add_argument(
        '--replica-reads',
        action='store_true',
        help='has replicas asked, which have caught up with the batch before',
    )
    parser.add_argument(
        '--timeout',
        type=int,
        metavar='SECONDS',
        help='how long a batch may take',
    )
    for variable in ('SLOTPLANNER_PREFIX', 'SLOTPLANNER_DIFFERENTIAL'):
        if variable not in os.environ:
            parser.error(f'{variable} is not set.')
    return parser.parse_args(args)


def _flags(options: argparse.Namespace) -> list[str]:
    flags = [f'--runner={options.runner}', f'--commands={options.commands}']
    if options.seed is not None:
        flags.append(f'--seed={options.seed}')
    if options.failovers:
        flags.append(f'--failovers={options.failovers}')
    if options.timeout is not None:
        flags.append(f'--timeout_seconds={options.timeout}')
    if options.replica_reads:
        flags.append('--read_from_replicas')
    return flags


def main() -> int:
    flags = _flags(_parse())
    sys.path.insert(0, str(_SUPPORT))
    import api_stubs

    api_stubs.provide()
    import differential_servers

    servers = differential_servers.DifferentialServers()
    with contextlib.ExitStack() as stack:
        stack.callback(servers.stop)
        return subprocess.run(servers.command(*flags), check=False).returncode


if __name__ == '__main__':
    sys.exit(main())
