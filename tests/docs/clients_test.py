#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Runs the program that docs/clients.md shows for a language, against a real
cluster and server, and compares what it prints with what the page says.

    clients_test.py --language=python --file=DIR/example.py \\
        -- DIR/venv/bin/python DIR/example.py

writes the program to DIR/example.py, with the address of the server in place of
the page's, and runs the command that follows, which must have all that the
program needs. For a language without a client, the commands that make stubs
are run first, in the folder of the file; --language=rust writes the whole
package, of which the file is src/main.rs.

SLOTPLANNER_PREFIX is the installed tree that has bin/slotplanner-server. Needs
redis-server, and the grpc module of this Python. Ends with 0 if all is as the
page says."""

import argparse
import contextlib
import dataclasses
import difflib
import os
import pathlib
import subprocess
import sys

import doc_blocks

_ROOT = pathlib.Path(__file__).resolve().parents[2]
_PAGE = _ROOT / 'docs' / 'clients.md'
_ADDRESS = '127.0.0.1:50051'  # What the page has.


@dataclasses.dataclass(frozen=True)
class Language:
    heading: str
    tag: str  # Of its program; empty: the page has none.
    has_client: bool = True


LANGUAGES = {
    'python': Language('Python', 'python'),
    'node': Language('Node.js', 'typescript'),
    'go': Language('Go', 'go'),
    'java': Language('Java', 'java'),
    'cpp': Language('C++', 'cpp'),
    'ruby': Language('Ruby', 'ruby', has_client=False),
    'rust': Language('src/main.rs', 'rust', has_client=False),
    'csharp': Language('C#', '', has_client=False),
}


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('--language', required=True, choices=LANGUAGES)
    parser.add_argument(
        '--file', required=True, type=pathlib.Path, help='of the program'
    )
    parser.add_argument('command', nargs='*', help='runs the program')
    options = parser.parse_args()
    if 'SLOTPLANNER_PREFIX' not in os.environ:
        parser.error('SLOTPLANNER_PREFIX is not set.')
    if bool(options.command) != bool(LANGUAGES[options.language].tag):
        parser.error('a command runs the program, if the page has one.')
    return options


def _write_package(folder: pathlib.Path) -> None:
    """What is around the program in Rust."""
    manifest = doc_blocks.block_of(_PAGE, 'Rust', 'toml')
    (folder / 'Cargo.toml').write_text(manifest, encoding='utf-8')
    script = doc_blocks.block_of(_PAGE, 'build.rs', 'rust')
    (folder / 'build.rs').write_text(script, encoding='utf-8')


def _link_protos(folder: pathlib.Path) -> None:
    with contextlib.suppress(FileExistsError):
        (folder / 'proto').symlink_to(_ROOT / 'proto')


def _make_stubs(language: Language, folder: pathlib.Path) -> None:
    """As the page says, in a folder that has `proto` and `stubs`."""
    (folder / 'stubs').mkdir(exist_ok=True)
    _link_protos(folder)
    script = doc_blocks.block_of(_PAGE, language.heading, 'shell')
    # The link is to be followed, which a checkout does not need.
    script = script.replace('find proto/', 'find -L proto/')
    subprocess.run(['sh', '-euc', script], cwd=folder, check=True)
    if not any(path.is_file() for path in (folder / 'stubs').rglob('*')):
        raise AssertionError('no stubs were made')


@contextlib.contextmanager
def _server():
    """The address of a slotplanner server for an empty cluster."""
    sys.path.insert(0, str(_ROOT / 'tests' / 'support'))
    import api_stubs

    api_stubs.provide()
    import redis_fixture
    import server_fixture

    with contextlib.ExitStack() as stack:
        cluster = redis_fixture.RedisCluster()
        stack.callback(cluster.stop)
        server = server_fixture.Server(cluster.spec)
        stack.callback(server.stop)
        server.wait_for_topology()
        yield server.address


def _expected(language: Language) -> str:
    output = doc_blocks.block_of(_PAGE, 'What it prints', 'text')
    return output if language.has_client else output.splitlines(True)[0]


def _run(language: Language, file: pathlib.Path, command: list[str]) -> int:
    program = doc_blocks.block_of(_PAGE, language.heading, language.tag)
    if _ADDRESS not in program:
        raise AssertionError(f'the program does not name {_ADDRESS}')
    with _server() as address:
        file.write_text(program.replace(_ADDRESS, address), encoding='utf-8')
        result = subprocess.run(
            command, stdout=subprocess.PIPE, text=True, check=False
        )
    expected = _expected(language)
    if result.returncode == 0 and result.stdout == expected:
        return 0
    print(f'The program ended with {result.returncode}.', file=sys.stderr)
    sys.stderr.writelines(
        difflib.unified_diff(
            expected.splitlines(keepends=True),
            result.stdout.splitlines(keepends=True),
            str(_PAGE),
            'printed',
        )
    )
    return 1


def main() -> int:
    options = _parse()
    language = LANGUAGES[options.language]
    options.file.parent.mkdir(parents=True, exist_ok=True)
    if options.language == 'rust':
        _link_protos(options.file.parent.parent)
        _write_package(options.file.parent.parent)
    elif not language.has_client:
        _make_stubs(language, options.file.parent)
    if not language.tag:
        return 0
    return _run(language, options.file, options.command)


if __name__ == '__main__':
    sys.exit(main())
