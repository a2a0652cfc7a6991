# SPDX-License-Identifier: Apache-2.0
"""How the replies of the parts of a command become its reply (rules E1 to
E3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Callable

from slotplanner.results import ErrorReply, Outcome, PartResult, Reply
from slotplanner.v1 import slot_planner_service_pb2 as pb

# Beyond this many, an error line counts parts or arguments, no longer names
# them: a split of thousands of keys must still be readable.
MAX_NAMED = 8

_MIN_INTEGER = -(1 << 63)
_MAX_INTEGER = (1 << 63) - 1

_NAMES = {
    Outcome.NOT_SENT: "not sent",
    Outcome.APPLIED: "applied",
    Outcome.FAILED: "failed",
    Outcome.UNKNOWN: "unknown",
}


class MergeError(Exception):
    """The replies do not have the shapes that the operation needs."""


def can_merge(operation: int) -> bool:
    """Whether `merge_replies` knows the operation."""
    return operation in _OPERATIONS


def merge_replies(operation: int, parts: Sequence[PartResult]) -> Reply:
    """The reply of a command from those of its parts, by part index.

    An error of a part is never dropped (rule E2): if any part was not applied,
    the reply is an error, `PARTFAILED`, that names the first few parts of each
    outcome with their nodes and argument indexes, and the error of each. Only
    an error that all parts met, each in the same words, is passed on as the
    nodes sent it: a single server would have answered that.
    MERGE_OPERATION_ONE_SUCCEEDED asks for one success, so that any makes the
    reply.

    With MERGE_OPERATION_BY_NODE, which has no meaning as one reply, it is an
    array of pairs, each the `host:port` of a node and its reply, in part order.

    Raises `MergeError` when the replies do not have the shapes that the
    operation needs, or the operation is not known. O(elements of the replies).
    """
    merge = _OPERATIONS.get(operation)
    if merge is None:
        raise MergeError(
            f"Merge operation {operation} is not known to this client; "
            "update it."
        )
    if not parts:
        raise MergeError("There is no part to merge.")
    if _failed_alike(parts):
        return parts[0].reply
    if operation == pb.MERGE_OPERATION_ONE_SUCCEEDED:
        for part in parts:
            if part.outcome is Outcome.APPLIED:
                return part.reply
        return _failure_of(parts)
    if any(part.outcome is not Outcome.APPLIED for part in parts):
        return _failure_of(parts)
    return merge(parts)


def reply_of(operation: int, parts: Sequence[PartResult]) -> Reply:
    """`merge_replies`, its failure as the error `UNMERGEABLE`: whatever
    happens, a command has a reply."""
    try:
        return merge_replies(operation, parts)
    except MergeError as error:
        return ErrorReply(f"UNMERGEABLE {error}".encode())


# Errors.


def _name_of(part_index: int, part: PartResult) -> str:
    """As in `part 1 on 127.0.0.1:7001 (arguments 2, 5)`."""
    name = f"part {part_index} on {part.node}"
    if not part.arg_indexes:
        return name
    named = ", ".join(map(str, part.arg_indexes[:MAX_NAMED]))
    more = len(part.arg_indexes) - MAX_NAMED
    return f"{name} (arguments {named}{f' and {more} more' * (more > 0)})"


def _list_parts(outcome: Outcome, parts: Sequence[PartResult]) -> bytes:
    """As in `; failed: part 0 on ...: WRONGTYPE ..., part 1 on ...`. Empty when
    no part has that outcome."""
    having = [i for i, part in enumerate(parts) if part.outcome is outcome]
    if not having:
        return b""
    named = []
    for i in having[:MAX_NAMED]:
        name = _name_of(i, parts[i]).encode()
        reply, cause = parts[i].reply, parts[i].cause
        if isinstance(reply, ErrorReply):
            name += b": " + reply.line
        elif cause is not None:
            name += b": " + cause.message.encode()
        named.append(name)
    text = f"; {_NAMES[outcome]}: ".encode() + b", ".join(named)
    if len(having) > MAX_NAMED:
        text += f" and {len(having) - MAX_NAMED} more".encode()
    return text


def _failure_of(parts: Sequence[PartResult]) -> ErrorReply:
    applied = sum(part.outcome is Outcome.APPLIED for part in parts)
    return ErrorReply(
        f"PARTFAILED {applied} of {len(parts)} parts were applied".encode()
        + _list_parts(Outcome.FAILED, parts)
        + _list_parts(Outcome.UNKNOWN, parts)
        + _list_parts(Outcome.NOT_SENT, parts)
        + _list_parts(Outcome.APPLIED, parts)
    )


def _failed_alike(parts: Sequence[PartResult]) -> bool:
    """Whether every node sent one and the same error."""
    return all(
        part.outcome is Outcome.FAILED and part.reply == parts[0].reply
        for part in parts
    )


def _wrong_shape(
    part_index: int, part: PartResult, expected: str
) -> MergeError:
    return MergeError(
        f"The reply of {_name_of(part_index, part)} is not {expected}."
    )


# The operations. Each gets at least one part, and only applied ones.


def _single(parts: Sequence[PartResult]) -> Reply:
    if len(parts) != 1:
        raise MergeError(f"One part was expected, there are {len(parts)}.")
    return parts[0].reply


def _gather(parts: Sequence[PartResult]) -> Reply:
    count = sum(len(part.reply_positions) for part in parts)
    elements: list[Reply] = [None] * count
    filled = bytearray(count)
    for i, part in enumerate(parts):
        reply, positions = part.reply, part.reply_positions
        if not isinstance(reply, list) or len(reply) != len(positions):
            raise _wrong_shape(i, part, f"an array of length {len(positions)}")
        for position, element in zip(positions, reply):
            if not 0 <= position < count or filled[position]:
                raise MergeError(
                    f"The reply positions of {_name_of(i, part)} do not fit "
                    "those of the other parts."
                )
            filled[position] = True
            elements[position] = element
    return elements


# Takes one more integer into what the ones before it came to.
_Combine = Callable[[int, int], int]


def _fold(initial: int, combine: _Combine) -> Callable[..., Reply]:
    """Combines integers, or arrays of them element by element (rule C7).
    `initial` is what no integer at all comes to."""

    def fold(parts: Sequence[PartResult]) -> Reply:
        first = parts[0].reply
        are_arrays = isinstance(first, list)
        length = len(first) if isinstance(first, list) else 1
        totals = [initial] * length
        for i, part in enumerate(parts):
            reply = part.reply
            terms = reply if isinstance(reply, list) else [reply]
            fits = (
                isinstance(reply, list) == are_arrays and len(terms) == length
            )
            for j, term in enumerate(terms if fits else ()):
                if not isinstance(term, int):
                    fits = False
                    break
                totals[j] = combine(term, totals[j])
                # The sum of 64-bit integers may be none.
                if not _MIN_INTEGER <= totals[j] <= _MAX_INTEGER:
                    fits = False
                    break
            if not fits:
                raise _wrong_shape(
                    i, part, "of the shape of the others, or too large"
                )
        return [*totals] if are_arrays else totals[0]

    return fold


def _first(parts: Sequence[PartResult]) -> Reply:
    return parts[0].reply


def _first_not_nil(parts: Sequence[PartResult]) -> Reply:
    return next((p.reply for p in parts if p.reply is not None), None)


def _concatenate(parts: Sequence[PartResult]) -> Reply:
    elements: list[Reply] = []
    for i, part in enumerate(parts):
        if not isinstance(part.reply, list):
            raise _wrong_shape(i, part, "an array")
        elements += part.reply
    return elements


def _by_node(parts: Sequence[PartResult]) -> Reply:
    return [[part.node.encode(), part.reply] for part in parts]


_OPERATIONS: dict[int, Callable[[Sequence[PartResult]], Reply]] = {
    pb.MERGE_OPERATION_SINGLE: _single,
    pb.MERGE_OPERATION_GATHER: _gather,
    pb.MERGE_OPERATION_SUM: _fold(0, lambda term, total: total + term),
    pb.MERGE_OPERATION_MIN: _fold(_MAX_INTEGER, min),
    pb.MERGE_OPERATION_MAX: _fold(_MIN_INTEGER, max),
    pb.MERGE_OPERATION_LOGICAL_AND: _fold(
        1, lambda term, total: int(term != 0 and total != 0)
    ),
    pb.MERGE_OPERATION_LOGICAL_OR: _fold(
        0, lambda term, total: int(term != 0 or total != 0)
    ),
    pb.MERGE_OPERATION_ALL_SUCCEEDED: _first,
    pb.MERGE_OPERATION_ONE_SUCCEEDED: _first,
    pb.MERGE_OPERATION_CONCATENATE: _concatenate,
    pb.MERGE_OPERATION_BY_NODE: _by_node,
    pb.MERGE_OPERATION_FIRST_NOT_NIL: _first_not_nil,
}
