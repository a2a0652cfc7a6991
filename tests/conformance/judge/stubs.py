# SPDX-License-Identifier: Apache-2.0
"""The Python stubs of the API."""

import atexit
import importlib.util
import pathlib
import shutil
import subprocess
import sys
import tempfile

_PROTO = pathlib.Path(__file__).parents[3] / 'proto'


def provide() -> None:
    """Makes `slotplanner.v1` importable: as PYTHONPATH has it, else from the
    protos of this repository, with Debian's protoc and its plugin."""
    if importlib.util.find_spec('slotplanner') is not None:
        return
    plugin = shutil.which('grpc_python_plugin')
    protoc = shutil.which('protoc')
    if plugin is None or protoc is None:
        raise SystemExit(
            'conformance.py: put Python stubs of proto/ on PYTHONPATH, or'
            ' install protobuf-compiler and protobuf-compiler-grpc.'
        )
    folder = tempfile.mkdtemp(prefix='conformance-stubs-')
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    subprocess.run(
        [
            protoc,
            f'--proto_path={_PROTO}',
            f'--python_out={folder}',
            f'--grpc_python_out={folder}',
            f'--plugin=protoc-gen-grpc_python={plugin}',
            *sorted(str(path) for path in _PROTO.rglob('*.proto')),
        ],
        check=True,
    )
    sys.path.insert(0, folder)
