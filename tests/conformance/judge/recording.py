# SPDX-License-Identifier: Apache-2.0
"""Turns what a runner answered into what a case expects."""

import re

_PART = r'part \d+ on \S+(?: \(arguments [^)]*\))?'
# Up to the next part or the next outcome; the words in between are those of
# the operating system.
_CAUSE = re.compile(
    rf'({_PART}): .*?(?=, {_PART}|; not sent: |; applied: | and \d+ more|$)',
    re.DOTALL,
)
_SILENT = re.compile(
    r'(; (?:unknown|not sent): )(.*?)(?=; (?:not sent|applied): |$)'
)
# In which a case has its members: as the README and the protos have them.
_ORDER = """
    id slots hash_tags
    reply outcome node cause arg_indexes parts
    stages commandPlans literals migrations topology nodePlans
    nodeId host role zone commands requiresReadonly
    commandIndex partIndex argIndex slot sourceNodeId targetNodeId
    argIndexes replyPositions
    verdict partCount merge lostGuarantees retrySafety refusal
    reason message keys remedies kind description
    command isContainer readsAll ranges hidden
    word first last step count countIndex readsBehind
    commandsVersion
""".split()
# A client's own words.
_OWN_WORDS = ('The WATCH before it failed.',)


def record(value, endpoints: dict[str, str]):
    """`value` with the names of nodes instead of their endpoints, and `*` for
    the causes in errors."""
    if isinstance(value, dict):
        return {
            name: record(value[name], endpoints)
            for name in sorted(value, key=_position)
        }
    if isinstance(value, list):
        return [record(element, endpoints) for element in value]
    if not isinstance(value, str):
        return int(value) if isinstance(value, float) else value
    for name, endpoint in endpoints.items():
        value = value.replace(endpoint, '${' + name + '}')
    if value.startswith('PARTFAILED ') and not any(
        words in value for words in _OWN_WORDS
    ):
        value = _SILENT.sub(_without_causes, value)
    return value


def _position(name: str) -> tuple[int, str]:
    known = name in _ORDER
    return (_ORDER.index(name) if known else len(_ORDER), name)


def _without_causes(match: re.Match) -> str:
    return match[1] + _CAUSE.sub(r'\1: *', match[2])
