# SPDX-License-Identifier: Apache-2.0
"""Which folder may know which: the rings of docs/architecture.md, as code.

A source tree is given as a mapping from paths, relative to the repository's
root, to texts, so that a made-up tree can be checked like the real one.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

SourceTree = Mapping[str, str]

# The folders whose code ships, each with the folders of the project that it may
# include. From the inside out: a ring knows only those inside it.
MAY_INCLUDE: dict[str, set[str]] = {
    'service/base': set(),
    'service/resp': {'service/base'},
    'service/slots': {'service/base'},
}
_rings = set(MAY_INCLUDE)
for _ring in (
    'commands',
    'topology',
    'planning',
    'advice',
    'answers',
    'rpc',
):
    MAY_INCLUDE[f'service/{_ring}'] = set(_rings)
    _rings.add(f'service/{_ring}')
MAY_INCLUDE['server'] = set(_rings)
# Who may call is no matter of plans: only what faces callers knows of it.
MAY_INCLUDE['service/access'] = {'service/base'}
MAY_INCLUDE['service/rpc'].add('service/access')
MAY_INCLUDE['server'].add('service/access')
_rings_without_grpc = _rings - {'service/rpc'}
# A client runs plans: it needs to speak to nodes, not to know how to plan.
MAY_INCLUDE['client/cpp'] = {'service/base', 'service/resp'}
# A client that plans by itself has both.
MAY_INCLUDE['client/local'] = _rings_without_grpc | {'client/cpp'}
# The tool analyzes what must not leave the machine.
MAY_INCLUDE['client/cli'] = MAY_INCLUDE['client/local'] | {'client/local'}

# The only folders that know of generated code, and those of them that know of
# gRPC too.
KNOWS_WIRE = {
    'service/answers',
    'service/rpc',
    'server',
    'client/cpp',
    'client/cli',
    'client/local',
}
KNOWS_GRPC = KNOWS_WIRE - {'service/answers'}

# Folders of the project that nothing which ships may include.
_NEVER_INCLUDED = {'tests', 'bench'}

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"]+)[>"]', re.M)
_WIRE_HEADER = re.compile(
    r'^(slotplanner/.*\.pb\.h|grpc(pp)?/.*|google/protobuf/.*)$'
)
_GRPC_HEADER = re.compile(r'^(slotplanner/.*\.grpc\.pb\.h|grpc(pp)?/.*)$')
_WIRE_TARGET = re.compile(
    r'\b(gRPC::[\w+]+|protobuf::\w+|slotplanner::(api|\w+_proto))(?!\w)'
)
_LIBRARY = re.compile(r'slotplanner_library\(\s*(\w+)')
_TARGET = re.compile(r'\bslotplanner::(\w+)')
_COMMENT = re.compile(r'#.*')


def folder_of(path: str) -> str | None:
    """The folder of `MAY_INCLUDE` that holds `path`, if one does."""
    for parent in PurePosixPath(path).parents:
        if str(parent) in MAY_INCLUDE:
            return str(parent)
    return None


def find_include_violations(tree: SourceTree) -> list[str]:
    """One sentence for each #include that reaches outwards."""
    violations = []
    for path, header in _includes(tree):
        folder = folder_of(path)
        other = folder_of(header) or PurePosixPath(header).parts[0]
        if folder is None or other == folder:
            continue
        if _GRPC_HEADER.match(header):
            if folder not in KNOWS_GRPC:
                violations.append(f'{path} includes {header} of gRPC')
        elif _WIRE_HEADER.match(header):
            if folder not in KNOWS_WIRE:
                violations.append(f'{path} includes {header} of the wire')
        elif other in _NEVER_INCLUDED or other in MAY_INCLUDE:
            if other not in MAY_INCLUDE[folder]:
                violations.append(f'{path} includes {header}')
    return violations


def find_link_violations(tree: SourceTree) -> list[str]:
    """One sentence for each link target that reaches outwards, and for each
    #include of a folder that is not linked."""
    scripts = {
        str(PurePosixPath(path).parent): _COMMENT.sub('', text)
        for path, text in tree.items()
        if PurePosixPath(path).name == 'CMakeLists.txt'
    }
    folder_of_target = {
        name: folder
        for folder, text in scripts.items()
        for name in _LIBRARY.findall(text)
    }
    folder_of_target['base'] = 'service/base'  # Headers only, no library.

    violations = []
    links: dict[str, set[str]] = {}
    for folder in MAY_INCLUDE.keys() & scripts.keys():
        targets = _TARGET.findall(scripts[folder])
        links[folder] = {
            folder_of_target[name]
            for name in targets
            if name in folder_of_target
        }
        for other in sorted(links[folder] - MAY_INCLUDE[folder] - {folder}):
            violations.append(f'{folder} links {other}')
        if folder not in KNOWS_WIRE:
            for match in _WIRE_TARGET.finditer(scripts[folder]):
                violations.append(f'{folder} links {match[0]} of the wire')
    for path, header in _includes(tree):
        folder, other = folder_of(path), folder_of(header)
        if folder in links and other not in {None, folder} | links[folder]:
            violations.append(
                f'{path} includes {header}, which it does not link'
            )
    return violations


def _includes(tree: SourceTree) -> Iterator[tuple[str, str]]:
    for path, text in sorted(tree.items()):
        if path.endswith(('.h', '.cc')):
            for header in _INCLUDE.findall(text):
                yield path, header
