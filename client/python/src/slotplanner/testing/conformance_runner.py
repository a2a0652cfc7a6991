# SPDX-License-Identifier: Apache-2.0
"""Executes what the conformance suite and the differential test ask for.

    python -m slotplanner.testing.conformance_runner --planner=HOST:PORT \
        [--asyncio] [--password=PASSWORD]

Reads one JSON object a line from standard input, and answers each with one on
standard output (tests/conformance/README.md).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from typing import Any, Callable

from google.protobuf import json_format

from slotplanner import (
    AsyncSlotPlanner,
    CommandResult,
    ErrorReply,
    Outcome,
    PartResult,
    PlannerError,
    ReadPreference,
    Reply,
    SlotPlanner,
    SplitPolicy,
    hash_tag,
    key_slot,
)

_Json = dict[str, Any]
_Execute = Callable[[list[list[bytes]], _Json], list[CommandResult]]


def _json_of_reply(reply: Reply) -> Any:
    if reply is None:
        return None
    if isinstance(reply, int):
        return {"integer": str(reply)}
    if isinstance(reply, bytes):
        return {"string": reply.decode("latin-1")}
    if isinstance(reply, ErrorReply):
        return {"error": reply.line.decode("latin-1")}
    return {"array": [_json_of_reply(element) for element in reply]}


def _json_of_part(part: PartResult) -> _Json:
    answer: _Json = {"outcome": part.outcome.value, "node": part.node}
    if part.outcome in (Outcome.APPLIED, Outcome.FAILED):
        answer["reply"] = _json_of_reply(part.reply)
    elif part.cause is not None:
        answer["cause"] = part.cause.code
    if part.arg_indexes:
        answer["arg_indexes"] = part.arg_indexes
    return answer


def _json_of_result(result: CommandResult) -> _Json:
    answer: _Json = {"reply": _json_of_reply(result.reply)}
    if result.parts:
        answer["parts"] = [_json_of_part(part) for part in result.parts]
    if result.refusal is not None:
        answer["refusal"] = json_format.MessageToDict(result.refusal)
    return answer


def _options(options: _Json) -> _Json:
    """Arguments of `execute_batch`."""
    known: _Json = {}
    if "timeout_ms" in options:
        known["timeout"] = options["timeout_ms"] / 1000
    for name, prefix, kind in (
        ("read_preference", "READ_PREFERENCE_", ReadPreference),
        ("split_policy", "SPLIT_POLICY_", SplitPolicy),
    ):
        value = options.get(name, "")[len(prefix) :]
        if value and value != "UNSPECIFIED":
            known[name] = kind[value]
    for name in ("client_zone", "cluster"):
        if name in options:
            known[name] = options[name]
    return known


def _answer(request: _Json, execute: _Execute) -> _Json:
    if request["op"] == "key_slot":
        keys = [key.encode("latin-1") for key in request["keys"]]
        return {
            "slots": [key_slot(key) for key in keys],
            "hash_tags": [hash_tag(key) for key in keys],
        }
    if request["op"] == "execute":
        commands = [
            [arg.encode("latin-1") for arg in command]
            for command in request["commands"]
        ]
        try:
            results = execute(commands, _options(request.get("options", {})))
        except PlannerError as error:
            return {"error": {"code": error.code, "message": error.message}}
        return {"results": [_json_of_result(result) for result in results]}
    return {"error": {"code": "UNIMPLEMENTED", "message": "No such operation."}}


def main() -> None:
    """Answers until the end of standard input."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--planner", required=True, metavar="HOST:PORT")
    parser.add_argument("--asyncio", action="store_true")
    parser.add_argument("--password", default="")
    arguments = parser.parse_args()
    loop = asyncio.new_event_loop()
    if arguments.asyncio:
        aio = AsyncSlotPlanner(arguments.planner, password=arguments.password)

        def execute(
            commands: list[list[bytes]], options: _Json
        ) -> list[CommandResult]:
            return loop.run_until_complete(
                aio.execute_batch(commands, **options)
            )

        def close() -> None:
            loop.run_until_complete(aio.close())
    else:
        planner = SlotPlanner(arguments.planner, password=arguments.password)

        def execute(
            commands: list[list[bytes]], options: _Json
        ) -> list[CommandResult]:
            return planner.execute_batch(commands, **options)

        close = planner.close
    for line in sys.stdin:
        request = json.loads(line)
        answer = {"id": request["id"], **_answer(request, execute)}
        print(json.dumps(answer), flush=True)
    close()
    loop.close()


if __name__ == "__main__":
    main()
