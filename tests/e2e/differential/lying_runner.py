#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""A runner that says what another one says, but for one lie, with which the
differential test must not let it get away.

Usage: lying_runner.py LIE RUNNER ARGS..., LIE being a name of `_LIES`."""

import itertools
import json
import subprocess
import sys
import time

_TRUTHFUL_ANSWERS = 3  # Before the lie.


def _add_to_integer(answer: dict) -> None:
    for result in answer['results']:
        reply = result['reply']
        if reply is not None and 'integer' in reply:
            reply['integer'] = str(int(reply['integer']) + 1)


def _nil_for_errors(answer: dict) -> None:
    for result in answer['results']:
        if result['reply'] is not None and 'error' in result['reply']:
            result['reply'] = None


def _no_refusal(answer: dict) -> None:
    for result in answer['results']:
        result.pop('refusal', None)


def _other_id(answer: dict) -> None:
    answer['id'] += 1


def _one_result_less(answer: dict) -> None:
    answer['results'].pop()


def _end(answer: dict) -> None:
    sys.exit(3)


def _silence(answer: dict) -> None:
    time.sleep(3600)


_LIES = {
    'add_to_integer': _add_to_integer,
    'nil_for_errors': _nil_for_errors,
    'no_refusal': _no_refusal,
    'other_id': _other_id,
    'one_result_less': _one_result_less,
    'end': _end,
    'silence': _silence,
}


def main() -> None:
    lie = _LIES[sys.argv[1]]
    runner = subprocess.Popen(
        sys.argv[2:], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    for number, line in zip(itertools.count(), sys.stdin.buffer):
        runner.stdin.write(line)
        runner.stdin.flush()
        answer = json.loads(runner.stdout.readline())
        if number >= _TRUTHFUL_ANSWERS:
            lie(answer)
        print(json.dumps(answer), flush=True)


if __name__ == '__main__':
    main()
