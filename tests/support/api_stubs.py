# SPDX-License-Identifier: Apache-2.0
"""The Python stubs of the API, for a script that no build tree starts."""

import atexit
import importlib
import pathlib
import shutil
import subprocess
import sys
import tempfile

_PROTO = pathlib.Path(__file__).resolve().parents[2] / 'proto'


def provide() -> None:
    """Makes `slotplanner.v1` importable: as PYTHONPATH has it, else made from
    the protos with protoc and its plugin for Python."""
    try:
        importlib.import_module('slotplanner.v1.slot_planner_service_pb2_grpc')
        return
    except ImportError:
        # What was found may be the client's package of the same name.
        sys.modules.pop('slotplanner', None)
    plugin = shutil.which('grpc_python_plugin')
    if plugin is None or shutil.which('protoc') is None:
        raise SystemExit(
            'error: Put Python stubs of proto/ on PYTHONPATH, or install'
            ' protobuf-compiler and protobuf-compiler-grpc.'
        )
    folder = tempfile.mkdtemp(prefix='slotplanner-stubs-')
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    subprocess.run(
        [
            'protoc',
            f'--proto_path={_PROTO}',
            f'--python_out={folder}',
            f'--grpc_python_out={folder}',
            f'--plugin=protoc-gen-grpc_python={plugin}',
            *sorted(map(str, _PROTO.rglob('*.proto'))),
        ],
        check=True,
    )
    sys.path.insert(0, folder)
    importlib.invalidate_caches()
