# SPDX-License-Identifier: Apache-2.0
"""Makes the stubs of the protos when a wheel or an sdist is built.

The protos are those of the repository. An sdist has none: it ships the stubs
that were made for it.
"""

from __future__ import annotations

import importlib.resources
import pathlib
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PROTOS = (
    "slotplanner/v1/error_reason.proto",
    "slotplanner/v1/topology.proto",
    "slotplanner/v1/topology_service.proto",
    "slotplanner/v1/slot_planner_service.proto",
    "slotplanner/rpc/v1/error_details.proto",
)


def make_stubs(protos: pathlib.Path, out: pathlib.Path) -> None:
    """Writes `slotplanner/v1/*_pb2.py` and such below `out`."""
    from grpc_tools import protoc

    well_known = importlib.resources.files("grpc_tools") / "_proto"
    status = protoc.main(
        [
            "protoc",
            f"--proto_path={protos}",
            f"--proto_path={well_known}",
            f"--python_out={out}",
            f"--pyi_out={out}",
            f"--grpc_python_out={out}",
            *PROTOS,
        ]
    )
    if status != 0:
        raise RuntimeError("protoc could not make the stubs.")
    for package in ("v1", "rpc", "rpc/v1"):
        (out / "slotplanner" / package / "__init__.py").touch()


class StubsHook(BuildHookInterface[Any]):
    """Called by hatchling."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        del version, build_data
        root = pathlib.Path(self.root)
        for protos in (root / "proto", root.parent.parent / "proto"):
            if (protos / PROTOS[0]).is_file():
                make_stubs(protos, root / "src")
                return
        if not (root / "src/slotplanner/v1/topology_pb2.py").is_file():
            raise RuntimeError(
                "There are neither protos nor stubs: build from a checkout of "
                "the repository or from an sdist."
            )


if __name__ == "__main__":
    here = pathlib.Path(__file__).parent
    make_stubs(here / "proto", here / "src")
