# SPDX-License-Identifier: Apache-2.0
"""A real server with all that has metrics: TLS, callers, a Redis cluster, a
static one and one that cannot be reached; and callers who use all of it."""

import contextlib
import pathlib
import subprocess
import tempfile
import threading

import grpc

import prometheus_fixture
import redis_fixture
import server_fixture
from slotplanner.v1 import slot_planner_service_pb2 as api
from slotplanner.v1 import slot_planner_service_pb2_grpc
from slotplanner.v1 import topology_service_pb2 as topology_api
from slotplanner.v1 import topology_service_pb2_grpc

_MAKE_TLS_FILES = (
    prometheus_fixture.ROOT / 'tests' / 'support' / 'make_tls_files'
)
_TOKENS = {
    'shop': 'token-of-the-shop-0123456789',
    'report': 'token-of-the-report-0123456789',
}
# No port of this number is ever served here: only root may, and nobody does.
_NOBODY = '127.0.0.1:1'


class ObservedServer:
    """`stop` ends it and its callers."""

    def __init__(self):
        with contextlib.ExitStack() as stack:
            directory = pathlib.Path(
                stack.enter_context(tempfile.TemporaryDirectory())
            )
            cluster = redis_fixture.RedisCluster(replicas=0)
            stack.callback(cluster.stop)
            self.server = server_fixture.Server(
                config=_settings(directory, cluster.spec)
            )
            stack.callback(self.server.stop)
            self.server.wait_for_topology('orders')
            authority = (directory / 'ca.crt').read_bytes()
            self._channel = grpc.secure_channel(
                self.server.address, grpc.ssl_channel_credentials(authority)
            )
            stack.callback(self._channel.close)
            planner = slot_planner_service_pb2_grpc.SlotPlannerServiceStub
            topology = topology_service_pb2_grpc.TopologyServiceStub
            self._planner = planner(self._channel)
            self._topology = topology(self._channel)
            self._be_refused()
            watch = self._topology.WatchTopology(
                topology_api.WatchTopologyRequest(), metadata=_as('shop')
            )
            stack.callback(watch.cancel)
            next(iter(watch))
            self._call_all()
            self._is_stopping = threading.Event()
            self._load = threading.Thread(target=self._call_on)
            self._load.start()
            stack.callback(self._load.join)
            stack.callback(self._is_stopping.set)
            self._stack = stack.pop_all()

    @property
    def admin_address(self) -> str:
        return self.server.admin_address

    def metrics(self) -> str:
        return self.server.http_get('/metrics')[1]

    def stop(self) -> None:
        self._stack.close()

    def _call_on(self) -> None:
        while not self._is_stopping.wait(0.02):
            self._call_all()

    def _call_all(self) -> None:
        """Each method and each verdict, and an error of the caller."""
        shop = _as('shop')
        keys = [b'key:%d' % i for i in range(20)]
        self._planner.Keyslot(api.KeyslotRequest(key=b'foo'), metadata=shop)
        self._planner.GroupKeys(api.GroupKeysRequest(keys=keys), metadata=shop)
        for cluster in ('orders', 'made-up'):
            self._planner.PlanBatch(
                api.PlanBatchRequest(
                    cluster=cluster,
                    commands=[
                        api.Command(args=[b'GET', b'a']),
                        api.Command(args=[b'PING']),
                        api.Command(args=[b'DBSIZE']),
                        api.Command(args=[b'MGET', *keys]),  # Is split.
                        api.Command(args=[b'SUNION', *keys]),  # Is refused.
                    ],
                ),
                metadata=shop,
            )
        self._topology.GetTopology(
            topology_api.GetTopologyRequest(), metadata=shop
        )
        self._topology.GetCommands(
            topology_api.GetCommandsRequest(), metadata=shop
        )
        self._topology.ReportRedirection(
            topology_api.ReportRedirectionRequest(
                error='MOVED 1 127.0.0.1:7000'
            ),
            metadata=shop,
        )
        _expect(
            grpc.StatusCode.NOT_FOUND,
            lambda: self._planner.Keyslot(
                api.KeyslotRequest(cluster='nowhere', key=b'foo'),
                metadata=shop,
            ),
        )

    def _be_refused(self) -> None:
        """For each reason that callers can give."""
        keyslot = api.KeyslotRequest(key=b'foo')
        _expect(
            grpc.StatusCode.UNAUTHENTICATED,
            lambda: self._planner.Keyslot(keyslot),
        )
        for call in (
            lambda: self._planner.Keyslot(keyslot, metadata=_as('report')),
            lambda: self._planner.GroupKeys(
                api.GroupKeysRequest(cluster='made-up', keys=[b'foo']),
                metadata=_as('report'),
            ),
        ):
            _expect(grpc.StatusCode.PERMISSION_DENIED, call)


def _settings(directory: pathlib.Path, orders: str) -> dict:
    subprocess.run([_MAKE_TLS_FILES, directory], check=True)
    for name, token in _TOKENS.items():
        (directory / f'{name}-token').write_text(token + '\n')
    return {
        'clusters': [
            {'name': 'orders', 'source': orders},
            {'name': 'made-up', 'source': 'static:3'},
            {'name': 'lost', 'source': f'redis://{_NOBODY}'},
        ],
        'grpc_tls': {
            'certificate_file': str(directory / 'server.crt'),
            'key_file': str(directory / 'server.key'),
        },
        'callers': [
            {'name': 'shop', 'token_file': str(directory / 'shop-token')},
            {
                'name': 'report',
                'token_file': str(directory / 'report-token'),
                'methods': ['GroupKeys'],
                'clusters': ['orders'],
            },
        ],
    }


def _as(caller: str) -> tuple[tuple[str, str], ...]:
    return (('authorization', f'Bearer {_TOKENS[caller]}'),)


def _expect(code: grpc.StatusCode, call) -> None:
    try:
        call()
    except grpc.RpcError as error:
        if error.code() != code:
            raise
    else:
        raise AssertionError(f'the call succeeded; {code} was expected')
