# SPDX-License-Identifier: Apache-2.0
"""Who may call what, over TLS, with tokens, and while settings, tokens and
certificates change; and what is never written down. docs/security.md says what
this is to show."""

import contextlib
import hashlib
import os
import pathlib
import signal
import socket
import ssl
import stat
import subprocess
import tempfile
import threading
import time
import unittest

import grpc

import server_fixture
from live_cluster import wait_until
from slotplanner.v1 import advisor_service_pb2 as advisor_api
from slotplanner.v1 import advisor_service_pb2_grpc
from slotplanner.v1 import slot_planner_service_pb2 as api
from slotplanner.v1 import slot_planner_service_pb2_grpc
from slotplanner.v1 import topology_service_pb2 as topology_api
from slotplanner.v1 import topology_service_pb2_grpc

MAKE_TLS_FILES = pathlib.Path(server_fixture.__file__).parent / 'make_tls_files'
TIMEOUT_SECONDS = 30
SERVING = b'\x08\x01'
HEALTH_CHECK = '/grpc.health.v1.Health/Check'
HEALTH_WATCH = '/grpc.health.v1.Health/Watch'
ONE = {'name': 'one', 'source': 'static:3'}
TWO = {'name': 'two', 'source': 'static:3'}
WEB = 'spiffe://example/web'

# Each method of the API, its request and whether its responses are a stream.
METHODS = {
    'Keyslot': api.KeyslotRequest(key=b'foo'),
    'GroupKeys': api.GroupKeysRequest(keys=[b'foo']),
    'PlanBatch': api.PlanBatchRequest(
        commands=[api.Command(args=[b'GET', b'foo'])]
    ),
    'GetTopology': topology_api.GetTopologyRequest(),
    'WatchTopology': topology_api.WatchTopologyRequest(),
    'GetCommands': topology_api.GetCommandsRequest(),
    'GetKeyPositions': topology_api.GetKeyPositionsRequest(),
    'ReportRedirection': topology_api.ReportRedirectionRequest(
        error=b'CLUSTERDOWN Hash slot not served'
    ),
    'ExplainError': advisor_api.ExplainErrorRequest(
        error=b'CROSSSLOT', command=api.Command(args=[b'GET', b'foo'])
    ),
    'SuggestHashTags': advisor_api.SuggestHashTagsRequest(keys=[b'a', b'b']),
    'MintHashTags': advisor_api.MintHashTagsRequest(slots=[1]),
    'AnalyzeKeys': advisor_api.AnalyzeKeysRequest(keys=[b'foo']),
    'AnalyzeWorkload': advisor_api.AnalyzeWorkloadRequest(
        commands=[api.Command(args=[b'GET', b'foo'])]
    ),
    'CheckTemplates': advisor_api.CheckTemplatesRequest(
        commands=[api.Command(args=[b'GET', b'<a>'])]
    ),
}
SERVICES = {
    method.name: service.full_name
    for module in (api, topology_api, advisor_api)
    for service in module.DESCRIPTOR.services_by_name.values()
    for method in service.methods
}


def run_program(*flags: str) -> subprocess.CompletedProcess:
    """A slotplanner-server that is to end by itself."""
    return subprocess.run(
        [server_fixture.PREFIX / 'bin' / 'slotplanner-server', *flags],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )


def bearer(token: str) -> tuple[tuple[str, str], ...]:
    return (('authorization', f'Bearer {token}'),)


def call(channel, method: str, cluster: str = '', metadata=()):
    """One answer of any method of the API."""
    request = type(METHODS[method])()
    request.CopyFrom(METHODS[method])
    is_stream = method in ('AnalyzeKeys', 'AnalyzeWorkload')
    (request.settings if is_stream else request).cluster = cluster
    for stub in (
        slot_planner_service_pb2_grpc.SlotPlannerServiceStub(channel),
        topology_service_pb2_grpc.TopologyServiceStub(channel),
        advisor_service_pb2_grpc.AdvisorServiceStub(channel),
    ):
        if hasattr(stub, method):
            answer = getattr(stub, method)(
                iter([request]) if is_stream else request,
                timeout=TIMEOUT_SECONDS,
                metadata=metadata,
            )
    if method == 'WatchTopology':
        first = next(answer)
        answer.cancel()
        return first
    return answer


def details_of(error: grpc.RpcError) -> bytes:
    metadata = dict(error.trailing_metadata() or ())
    return metadata.get('grpc-status-details-bin', b'')


class TlsFiles:
    """An authority, a server's certificate and those of clients."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        subprocess.run([MAKE_TLS_FILES, folder], check=True)

    def issue(self, name: str, identity: str, days: int = 1) -> None:
        """A client's certificate of this authority."""
        openssl = {'cwd': self.folder, 'check': True, 'capture_output': True}
        subprocess.run(
            f'openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 '
            f'-nodes -subj /CN={name} -keyout {name}.key -out {name}.csr',
            shell=True,
            **openssl,
        )
        (self.folder / 'extensions').write_text(f'subjectAltName={identity}\n')
        subprocess.run(
            f'openssl x509 -req -in {name}.csr -CA ca.crt -CAkey ca.key '
            f'-days {days} -out {name}.crt -extfile extensions',
            shell=True,
            **openssl,
        )

    def path(self, name: str) -> str:
        return str(self.folder / name)

    def read(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    def credentials(
        self, client: str | None = None, of: 'TlsFiles | None' = None
    ) -> grpc.ChannelCredentials:
        """Those of someone who trusts this authority and shows that client's
        certificate, of another authority if `of` is given."""
        if client is None:
            return grpc.ssl_channel_credentials(self.read('ca.crt'))
        files = of or self
        return grpc.ssl_channel_credentials(
            self.read('ca.crt'),
            files.read(f'{client}.key'),
            files.read(f'{client}.crt'),
        )


class SecurityTest(unittest.TestCase):
    """With an authority, its clients `web` and `other`, and token files."""

    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(
            cls.enterClassContext(tempfile.TemporaryDirectory())
        )
        cls.tls = TlsFiles(cls.root / 'tls')
        cls.tls.issue('web', f'URI:{WEB}')
        cls.tls.issue('other', 'URI:spiffe://example/web/other')

    def setUp(self):
        self.tokens = pathlib.Path(
            self.enterContext(tempfile.TemporaryDirectory()), 'tokens'
        )

    def grpc_tls(self, **more) -> dict:
        return {
            'certificate_file': self.tls.path('server.crt'),
            'key_file': self.tls.path('server.key'),
            **more,
        }

    def mutual_tls(self, required: bool = True) -> dict:
        return self.grpc_tls(
            client_ca_file=self.tls.path('ca.crt'),
            require_client_certificate=required,
        )

    def start(
        self, config: dict, client: str | None = None, flags=()
    ) -> server_fixture.Server:
        """A server whose own channel is that of `client`."""
        config.setdefault('clusters', [ONE, TWO])
        self.server = server_fixture.Server(
            config=config,
            flags=flags,
            credentials=(
                self.tls.credentials(client) if 'grpc_tls' in config else None
            ),
        )
        self.addCleanup(self.server.stop)
        for cluster in config['clusters']:
            if cluster['source'].startswith('static'):
                self.server.wait_for_topology(cluster['name'])
        return self.server

    def connect(self, credentials=None) -> grpc.Channel:
        channel = self.server.connect(credentials)
        self.addCleanup(channel.close)
        return channel

    def assert_refused(self, code: str, reason: str, do, *args, **kwargs):
        with self.assertRaises(grpc.RpcError) as refused:
            do(*args, **kwargs)
        error = refused.exception
        self.assertEqual(error.code().name, code, error.details())
        self.assertIn(reason.encode(), details_of(error))
        return error

    def assert_unknown(self, channel, metadata=()):
        """In every method."""
        for method in METHODS:
            with self.subTest(method=method):
                self.assert_refused(
                    'UNAUTHENTICATED',
                    'UNKNOWN_CALLER',
                    call,
                    channel,
                    method,
                    metadata=metadata,
                )

    def assert_known(self, channel, metadata=()):
        for method in METHODS:
            with self.subTest(method=method):
                call(channel, method, metadata=metadata)

    def is_known(self, channel, metadata=()) -> bool:
        try:
            call(channel, 'Keyslot', metadata=metadata)
        except grpc.RpcError as error:
            self.assertEqual(error.code(), grpc.StatusCode.UNAUTHENTICATED)
            return False
        return True

    def refused_calls(self, reason: str) -> float:
        return self.server.metric(
            'slotplanner_refused_calls_total', reason=reason
        )

    def reloads(self, result: str) -> float:
        return self.server.metric(
            'slotplanner_config_reloads_total', result=result
        )

    @contextlib.contextmanager
    def reload(self, result: str):
        """Returns when the server has said what it makes of a change."""
        before = self.reloads(result)
        yield
        wait_until(lambda: self.reloads(result) > before, f'it is {result}')


class PlainTextTest(SecurityTest):
    def test_is_refused_where_others_can_reach_it(self):
        # Nothing is opened: it ends before.
        done = run_program(
            '--grpc_listen=0.0.0.0:0', '--admin_listen=127.0.0.1:0'
        )
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(
            done.stderr,
            'slotplanner-server: grpc_listen: other machines can reach this '
            'address, and it is plain text; set grpc_tls, or allow_plaintext '
            'if the network is safe\n',
        )

    def test_a_socket_file_is_for_its_user_and_group(self):
        path = self.tokens.with_name('api.sock')
        self.start({}, flags=(f'--grpc_listen=127.0.0.1:0,unix:{path}',))
        status = path.stat()
        self.assertTrue(stat.S_ISSOCK(status.st_mode))
        self.assertEqual(stat.S_IMODE(status.st_mode), 0o660)
        with grpc.insecure_channel(f'unix:{path}') as channel:
            self.assert_known(channel)


class ClientCertificateTest(SecurityTest):
    def test_only_those_of_the_authority_may_connect(self):
        self.start({'grpc_tls': self.mutual_tls()}, 'web')
        self.assert_known(self.server.channel)
        strangers = TlsFiles(self.root / 'strangers')
        strangers.issue('web', f'URI:{WEB}')
        self.tls.issue('expired', f'URI:{WEB}', days=-1)
        for name, credentials in (
            ('none', self.tls.credentials()),
            ('foreign', self.tls.credentials('web', of=strangers)),
            ('expired', self.tls.credentials('expired')),
            ('plain text', None),
        ):
            with self.subTest(name):
                channel = self.connect(credentials)
                for method in METHODS:
                    with self.assertRaises(grpc.RpcError) as refused:
                        call(channel, method)
                    self.assertEqual(
                        refused.exception.code(), grpc.StatusCode.UNAVAILABLE
                    )
        # As `web` calls on, it was not for want of a server.
        self.assert_known(self.server.channel)

    def test_the_name_in_it_tells_who_calls(self):
        self.start(
            {
                'grpc_tls': self.mutual_tls(),
                'callers': [{'name': 'web', 'identities': [WEB]}],
            },
            'web',
        )
        self.assert_known(self.server.channel)
        self.assertEqual(
            self.server.metric('slotplanner_caller_calls_total', caller='web'),
            len(METHODS),
        )
        planned = self.server.metric('slotplanner_commands_total')
        self.assertEqual(planned, 1)
        # One with a longer name, and one with a common name only.
        for client in ('other', 'client'):
            self.assert_unknown(self.connect(self.tls.credentials(client)))
        self.assertEqual(
            self.refused_calls('unknown_caller'), 2 * len(METHODS)
        )
        self.assertEqual(
            self.server.metric('slotplanner_commands_total'), planned
        )

    def test_a_new_certificate_is_for_new_connections(self):
        live = self.root / 'live'
        live.symlink_to(self.tls.folder)
        self.start(
            {
                'grpc_tls': {
                    'certificate_file': str(live / 'server.crt'),
                    'key_file': str(live / 'server.key'),
                    'client_ca_file': str(live / 'ca.crt'),
                }
            },
            'web',
        )
        call(self.server.channel, 'Keyslot')
        rotated = TlsFiles(self.root / 'rotated')
        rotated.issue('web', f'URI:{WEB}')
        new_channel = rotated.credentials('web')

        def answers_new_clients() -> bool:
            with self.server.connect(new_channel) as channel:
                try:
                    call(channel, 'Keyslot')
                except grpc.RpcError as error:
                    self.assertEqual(
                        error.code(), grpc.StatusCode.UNAVAILABLE
                    )
                    return False
                return True

        self.assertFalse(answers_new_clients())
        # As Kubernetes does, in one step.
        (self.root / 'next').symlink_to(rotated.folder)
        (self.root / 'next').rename(live)
        wait_until(answers_new_clients, 'the new certificate is there')
        self.server.wait_for_event('tls_files_reloaded')
        self.assertGreater(self.expiry(), time.time())
        self.assertEqual(self.server.metric('slotplanner_tls_files_usable'), 1)

        self.assert_known(self.server.channel)  # It is open still.
        with self.assertRaises(grpc.RpcError) as refused:
            call(self.connect(self.tls.credentials('web')), 'Keyslot')
        self.assertEqual(
            refused.exception.code(), grpc.StatusCode.UNAVAILABLE
        )

    def expiry(self) -> float:
        return self.server.metric(
            'slotplanner_tls_certificate_expiry_timestamp_seconds'
        )


class TlsVersionTest(SecurityTest):
    OLD = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)
    NEW = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)

    def handshake(self, address: tuple, version: ssl.TLSVersion) -> str:
        """The version that the server there takes."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(self.tls.path('ca.crt'))
        # OpenSSL itself offers the old ones only at this level.
        context.set_ciphers('ALL:@SECLEVEL=0')
        context.set_alpn_protocols(['h2'])
        context.minimum_version = context.maximum_version = version
        with socket.create_connection(
            address, timeout=TIMEOUT_SECONDS
        ) as connection:
            with context.wrap_socket(
                connection, server_hostname='localhost'
            ) as tls:
                return tls.version()

    def serve_any_version(self, listener: socket.socket, count: int) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(
            self.tls.path('server.crt'), self.tls.path('server.key')
        )
        context.set_ciphers('ALL:@SECLEVEL=0')
        context.minimum_version = ssl.TLSVersion.TLSv1
        for _ in range(count):
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                context.wrap_socket(connection, server_side=True).close()

    def test_is_1_2_at_least(self):
        # Another server takes them from this client.
        with socket.create_server(('127.0.0.1', 0)) as listener:
            listener.settimeout(TIMEOUT_SECONDS)
            any_version = threading.Thread(
                target=self.serve_any_version, args=(listener, len(self.OLD))
            )
            any_version.start()
            for version, name in zip(self.OLD, ('TLSv1', 'TLSv1.1')):
                self.assertEqual(
                    self.handshake(listener.getsockname(), version), name
                )
            any_version.join()

        self.start({'grpc_tls': self.grpc_tls()})
        host, _, port = self.server.address.rpartition(':')
        for version, name in zip(self.NEW, ('TLSv1.2', 'TLSv1.3')):
            self.assertEqual(self.handshake((host, int(port)), version), name)
        for version in self.OLD:
            with self.assertRaises(OSError):
                self.handshake((host, int(port)), version)
        self.assert_known(self.server.channel)


class OpenServicesTest(SecurityTest):
    REFLECTION = (
        '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo'
    )
    LIST_SERVICES = b'\x3a\x01*'

    def config(self, **more) -> dict:
        return {
            'grpc_tls': self.mutual_tls(required=False),
            'callers': [{'name': 'web', 'identities': [WEB]}],
            'clusters': [ONE, TWO],
            **more,
        }

    def check_health(self, channel) -> bytes:
        return channel.unary_unary(HEALTH_CHECK)(b'', timeout=TIMEOUT_SECONDS)

    def watch_health(self, channel) -> bytes:
        watch = channel.unary_stream(HEALTH_WATCH)(
            b'', timeout=TIMEOUT_SECONDS
        )
        first = next(watch)
        watch.cancel()
        return first

    def reflect(self, channel) -> bytes:
        calls = channel.stream_stream(self.REFLECTION)(
            iter([self.LIST_SERVICES]), timeout=TIMEOUT_SECONDS
        )
        return next(calls)

    def test_open_ones_answer_strangers_and_the_api_does_not(self):
        self.start(self.config(), 'web')
        stranger = self.connect(self.tls.credentials())
        self.assertEqual(self.check_health(stranger), SERVING)
        self.assertEqual(self.watch_health(stranger), SERVING)
        self.assertIn(b'slotplanner.v1', self.reflect(stranger))
        self.assert_unknown(stranger)
        self.assert_known(self.server.channel)

    def test_closed_ones_do_not(self):
        self.start(self.config(open_health=False, reflection=False), 'web')
        stranger = self.connect(self.tls.credentials())
        for ask in (self.check_health, self.watch_health):
            self.assert_refused(
                'UNAUTHENTICATED', 'UNKNOWN_CALLER', ask, stranger
            )
            self.assertEqual(ask(self.server.channel), SERVING)
        self.assert_unknown(stranger)
        self.assertEqual(
            self.refused_calls('unknown_caller'), 2 + len(METHODS)
        )
        for channel in (stranger, self.server.channel):
            with self.assertRaises(grpc.RpcError) as refused:
                self.reflect(channel)
            self.assertEqual(
                refused.exception.code(), grpc.StatusCode.UNIMPLEMENTED
            )

    def test_health_closes_while_the_server_runs(self):
        self.start(self.config(), 'web')
        stranger = self.connect(self.tls.credentials())
        self.assertEqual(self.check_health(stranger), SERVING)
        with self.reload('applied'):
            self.server.write_config(self.config(open_health=False))
        self.assert_refused(
            'UNAUTHENTICATED', 'UNKNOWN_CALLER', self.check_health, stranger
        )


class AllowedTest(SecurityTest):
    def start_for(self, **rule) -> None:
        self.start(
            {
                'grpc_tls': self.mutual_tls(),
                'callers': [{'name': 'web', 'identities': [WEB], **rule}],
            },
            'web',
        )

    def test_methods_that_are_listed(self):
        allowed = ('Keyslot', 'GetTopology')
        self.start_for(methods=allowed)
        for method in METHODS:
            with self.subTest(method=method):
                if method in allowed:
                    call(self.server.channel, method)
                    continue
                error = self.assert_refused(
                    'PERMISSION_DENIED',
                    'NOT_ALLOWED',
                    call,
                    self.server.channel,
                    method,
                )
                self.assertIn(method, error.details())
        self.assertEqual(
            self.refused_calls('method_not_allowed'),
            len(METHODS) - len(allowed),
        )

    def test_clusters_that_are_listed(self):
        self.start_for(clusters=['two'])
        # `one` is the default cluster; of `none` it is not even told that
        # there is none.
        for cluster in ('one', '', 'none'):
            for method in METHODS:
                with self.subTest(method=method, cluster=cluster):
                    self.assert_refused(
                        'PERMISSION_DENIED',
                        'NOT_ALLOWED',
                        call,
                        self.server.channel,
                        method,
                        cluster,
                    )
        self.assertEqual(
            self.refused_calls('cluster_not_allowed'), 3 * len(METHODS)
        )
        for method in METHODS:
            call(self.server.channel, method, 'two')

    def test_the_default_cluster_unnamed(self):
        self.start_for(clusters=['one'])
        for method in METHODS:
            call(self.server.channel, method)
            call(self.server.channel, method, 'one')
            self.assert_refused(
                'PERMISSION_DENIED',
                'NOT_ALLOWED',
                call,
                self.server.channel,
                method,
                'two',
            )


class TokenTest(SecurityTest):
    OLD, NEW = 'old-token-0123456789', 'new-token-0123456789'

    def start_with(self, *tokens: str, **more) -> None:
        self.write(*tokens)
        self.start({**self.config(), **more})

    def write(self, *tokens: str) -> None:
        self.tokens.write_text(''.join(f'{token}\n' for token in tokens))

    def config(self) -> dict:
        return {
            'grpc_tls': self.grpc_tls(),
            'clusters': [ONE, TWO],
            'callers': [{'name': 'batch', 'token_file': str(self.tokens)}],
        }

    def test_tells_who_calls(self):
        self.start_with(self.OLD)
        channel = self.server.channel
        self.assert_known(channel, bearer(self.OLD))
        for metadata in (
            (),
            bearer(self.NEW),
            bearer(self.OLD[:-1]),
            bearer(self.OLD + '0'),
            bearer(self.OLD.upper()),
            bearer(''),
            (('authorization', f'Basic {self.OLD}'),),
            (('authorization', self.OLD),),
            (('x-authorization', f'Bearer {self.OLD}'),),
        ):
            with self.subTest(metadata=metadata):
                self.assert_unknown(channel, metadata)
        self.assertEqual(
            self.server.metric(
                'slotplanner_caller_calls_total', caller='batch'
            ),
            len(METHODS),
        )

    def test_rotates_without_a_restart(self):
        self.start_with(self.OLD)
        channel = self.server.channel

        def known() -> tuple[bool, bool]:
            return (
                self.is_known(channel, bearer(self.OLD)),
                self.is_known(channel, bearer(self.NEW)),
            )

        self.assertEqual(known(), (True, False))
        self.write(self.OLD, self.NEW)
        wait_until(lambda: known() == (True, True), 'both are known')
        self.write(self.NEW)
        wait_until(lambda: known() == (False, True), 'the old one is not')
        self.assert_unknown(channel, bearer(self.OLD))
        self.assert_known(channel, bearer(self.NEW))

    def test_a_file_without_a_token_changes_nothing(self):
        self.start_with(self.OLD)
        for text in ('', 'short\n', '# Nothing.\n'):
            with self.subTest(text=text):
                with self.reload('refused'):
                    self.tokens.write_text(text)
                self.assert_known(self.server.channel, bearer(self.OLD))
                self.assert_unknown(self.server.channel)
                with self.reload('applied'):
                    self.write(self.OLD)

    def test_a_certificate_and_a_token_are_one_caller_each(self):
        self.start_with(
            self.OLD,
            grpc_tls=self.mutual_tls(required=False),
            callers=[
                {'name': 'web', 'identities': [WEB]},
                {'name': 'batch', 'token_file': str(self.tokens)},
            ],
        )
        web = self.connect(self.tls.credentials('web'))
        self.assert_known(web)
        self.assert_known(self.server.channel, bearer(self.OLD))
        self.assert_unknown(self.server.channel)
        # The first in the list counts.
        call(web, 'Keyslot', metadata=bearer(self.OLD))
        for caller, count in (
            ('web', len(METHODS) + 1),
            ('batch', len(METHODS)),
        ):
            self.assertEqual(
                self.server.metric(
                    'slotplanner_caller_calls_total', caller=caller
                ),
                count,
            )


class ReloadTest(SecurityTest):
    def config(self, *identities: str, **more) -> dict:
        return {
            'grpc_tls': self.mutual_tls(),
            'clusters': [ONE, TWO],
            'callers': [
                {'name': f'caller-{i}', 'identities': [identity]}
                for i, identity in enumerate(identities)
            ],
            **more,
        }

    def test_a_bad_file_is_refused_and_callers_stay(self):
        good = self.config(WEB)
        self.start(good, 'web')
        other = self.connect(self.tls.credentials('other'))
        for bad in (
            'callers: [',
            {**good, 'calers': []},
            {**good, 'callers': [{'name': 'a'}]},
            {**good, 'callers': [{'name': 'a', 'token_file': '/no/such'}]},
            {**good, 'callers': good['callers'] * 2},
            {
                **good,
                'callers': [{**good['callers'][0], 'clusters': ['none']}],
            },
            {
                **good,
                'callers': [{**good['callers'][0], 'methods': ['Keyslots']}],
            },
            {**good, 'grpc_tls': self.grpc_tls()},
        ):
            with self.subTest(bad=bad):
                with self.reload('refused'):
                    self.server.write_config(bad)
                self.server.wait_for_event('config_refused')
                self.assertEqual(
                    self.server.metric('slotplanner_config_current'), 0
                )
                self.assert_known(self.server.channel)
                self.assert_unknown(other)
        self.assertEqual(self.reloads('applied'), 0)

        with self.reload('applied'):
            self.server.write_config(self.config('spiffe://example/web/*'))
        self.assertEqual(self.server.metric('slotplanner_config_current'), 1)
        self.assert_known(other)
        # On the connection that it has had all the time.
        self.assert_unknown(self.server.channel)

    def test_is_asked_for_by_sighup(self):
        self.start(self.config(WEB), 'web')
        with self.reload('applied'):
            os.kill(self.server.pid, signal.SIGHUP)
        self.server.wait_for_event('config_applied')
        self.assert_known(self.server.channel)

    def test_clusters_come_and_go(self):
        self.start(self.config(WEB), 'web')
        with self.reload('applied'):
            self.server.write_config(
                self.config(
                    WEB, clusters=[ONE, {'name': 'new', 'source': 'static:1'}]
                )
            )
        self.server.wait_for_topology('new')
        for method in METHODS:
            call(self.server.channel, method, 'new')
            self.assert_refused(
                'NOT_FOUND',
                'UNKNOWN_CLUSTER',
                call,
                self.server.channel,
                method,
                'two',
            )

    def test_says_which_settings_wait_for_a_restart(self):
        good = self.config(WEB)
        self.start(good, 'web')
        changed = {
            **good,
            'max_connection_age': '1m',
            'reflection': False,
            'limits': {'max_message_bytes': 1 << 20},
        }
        with self.reload('applied'):
            self.server.write_config(changed)
        waiting = 'reflection, max_connection_age, limits.max_message_bytes'
        self.server.wait_for_event('config_needs_restart', settings=waiting)
        # They wait still when something else changes.
        with self.reload('applied'):
            self.server.write_config({**changed, 'log_level': 'debug'})
        wait_until(
            lambda: self.waiting_settings() == [waiting] * 2, 'told again'
        )
        # And no more when they are as they were.
        with self.reload('applied'):
            self.server.write_config(good)
        with self.reload('applied'):
            os.kill(self.server.pid, signal.SIGHUP)
        wait_until(
            lambda: self.server.log_text().count('config_applied') == 4,
            'all are applied',
        )
        self.assertEqual(self.waiting_settings(), [waiting] * 2)

    def waiting_settings(self) -> list[str]:
        return [
            line['settings']
            for line in self.server.log_lines()
            if line['event'] == 'config_needs_restart'
        ]


class RequestIdTest(SecurityTest):
    TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736'
    TRACEPARENT = f'00-{TRACE_ID}-00f067aa0ba902b7-01'

    def ids_in_log(self) -> list[str]:
        return [
            line['request_id']
            for line in self.server.log_lines()
            if line['event'] == 'call'
        ]

    def test_is_in_errors_and_in_the_log_at_debug(self):
        self.start({'log_level': 'debug'})
        for metadata, expected in (
            ((('x-request-id', 'order-17'),), 'order-17'),
            ((('traceparent', self.TRACEPARENT),), self.TRACE_ID),
            (
                (
                    ('traceparent', self.TRACEPARENT),
                    ('x-request-id', 'order-18'),
                ),
                'order-18',
            ),
            ((('x-request-id', 'a"b'),), ''),
            ((('x-request-id', 'a\\b'),), ''),
            ((('x-request-id', 'x' * 1000),), ''),
            ((), ''),
        ):
            for method in METHODS:
                with self.subTest(method=method, metadata=metadata):
                    count = len(self.ids_in_log())
                    error = self.assert_refused(
                        'NOT_FOUND',
                        'UNKNOWN_CLUSTER',
                        call,
                        self.server.channel,
                        method,
                        'none',
                        metadata,
                    )
                    details = details_of(error)
                    self.assertEqual(
                        b'google.rpc.RequestInfo' in details, bool(expected)
                    )
                    self.assertIn(expected.encode(), details)
                    wait_until(
                        lambda: len(self.ids_in_log()) > count, 'it is logged'
                    )
                    self.assertEqual(self.ids_in_log()[-1], expected)
        (line, *_) = (
            line for line in self.server.log_lines() if line['event'] == 'call'
        )
        self.assertEqual(
            set(line),
            {
                *('time', 'level', 'event', 'method', 'code'),
                *('duration_seconds', 'request_id', 'caller'),
            },
        )

    def test_calls_are_not_in_the_log_otherwise(self):
        self.start({})
        self.assert_known(self.server.channel, (('x-request-id', 'order-17'),))
        self.server.stop()
        self.assertNotIn('order-17', self.server.log_text())
        self.assertEqual(self.ids_in_log(), [])


class SecretsTest(SecurityTest):
    """Marks in all that must never be written down."""

    MARK = 'MARKED'
    TOKEN = 'MARKED-token-0123456789'
    WRONG_TOKEN = 'MARKED-wrong-0123456789'
    PASSWORD = 'MARKED-password'

    def config(self, port: int, **more) -> dict:
        password_file = self.tokens.with_name('password')
        password_file.write_text(f'{self.PASSWORD}-of-file\n')
        source = f'127.0.0.1:{port}'
        return {
            'log_level': 'debug',
            'grpc_tls': self.mutual_tls(required=False),
            'clusters': [
                ONE,
                {
                    'name': 'by-source',
                    'source': f'redis://u:{self.PASSWORD}@{source}',
                },
                {
                    'name': 'by-file',
                    'source': f'redis://{source}',
                    'user': 'u',
                    'password_file': str(password_file),
                },
            ],
            'callers': [
                {
                    'name': 'batch',
                    'token_file': str(self.tokens),
                    'clusters': ['one', 'by-source'],
                }
            ],
            **more,
        }

    def marked_calls(self):
        """Requests that are answered, refused and wrong."""
        key = f'{self.MARK}-key'.encode()
        value = f'{self.MARK}-value'.encode()
        for cluster in ('', 'by-source', 'by-file', 'none'):
            yield 'Keyslot', api.KeyslotRequest(cluster=cluster, key=key)
            yield 'GroupKeys', api.GroupKeysRequest(
                cluster=cluster, keys=[key] * 3, client_zone=self.MARK
            )
            yield 'GroupKeys', api.GroupKeysRequest(
                cluster=cluster,
                keys=[key + b'%d' % i for i in range(5000)],
                outdated_topology_version=self.MARK,
            )
            yield 'PlanBatch', api.PlanBatchRequest(
                cluster=cluster,
                commands=[
                    api.Command(args=[b'SET', key, value]),
                    api.Command(args=[b'MSETNX', key, value, b'b', value]),
                    api.Command(args=[b'EVAL', value, b'1', key]),
                    api.Command(args=[value, key]),
                    api.Command(args=[b'AUTH', value]),
                ],
            )
            yield 'ExplainError', advisor_api.ExplainErrorRequest(
                cluster=cluster,
                error=b'CROSSSLOT ' + key,
                command=api.Command(args=[b'MSETNX', key, value, b'b', value]),
            )
            yield 'SuggestHashTags', advisor_api.SuggestHashTagsRequest(
                cluster=cluster,
                commands=[api.Command(args=[b'MSET', key, value, b'k', value])],
            )
            yield 'MintHashTags', advisor_api.MintHashTagsRequest(
                cluster=cluster, nodes=[self.MARK]
            )
            settings = advisor_api.AnalysisSettings(cluster=cluster)
            yield 'AnalyzeKeys', advisor_api.AnalyzeKeysRequest(
                settings=settings, keys=[key, b'{%s}' % key]
            )
            yield 'AnalyzeWorkload', advisor_api.AnalyzeWorkloadRequest(
                settings=settings,
                commands=[api.Command(args=[b'MSET', key, value, b'k', value])],
            )
            yield 'CheckTemplates', advisor_api.CheckTemplatesRequest(
                cluster=cluster,
                commands=[
                    api.Command(args=[b'RENAME', key + b'<a>', b'<b>' + key]),
                    api.Command(args=[value, key]),
                ],
            )
            yield 'ReportRedirection', topology_api.ReportRedirectionRequest(
                cluster=cluster, error=b'MOVED 1 %s:1' % key
            )
            yield 'ReportRedirection', topology_api.ReportRedirectionRequest(
                cluster=cluster, error=key, topology_version=self.MARK
            )
        # Not even as a key that is no UTF-8, or in a request that is none.
        yield 'Keyslot', api.KeyslotRequest(key=b'\xff' + key)
        for method in METHODS:
            yield method, b'\x0a\xff' + key

    def send(self, method: str, request, metadata) -> str:
        """What came back, unless it is a good answer."""
        data = request
        if not isinstance(request, bytes):
            data = request.SerializeToString()
        path = f'/{SERVICES[method]}/{method}'
        channel = self.server.channel
        try:
            if method == 'WatchTopology':
                next(
                    channel.unary_stream(path)(
                        data, metadata=metadata, timeout=TIMEOUT_SECONDS
                    )
                )
            else:
                channel.unary_unary(path)(
                    data, metadata=metadata, timeout=TIMEOUT_SECONDS
                )
        except grpc.RpcError as error:
            return f'{error.details()} {details_of(error)!r}'
        return ''

    def test_are_never_written_down(self):
        self.tokens.write_text(f'{self.TOKEN}\n')
        with socket.create_server(('127.0.0.1', 0)) as listener:
            port = listener.getsockname()[1]
        # From here on nobody answers there.
        config = self.config(port)
        self.start(config)
        for cluster in ('by-source', 'by-file'):
            self.server.wait_for_event(
                'topology_refresh_failed', cluster=cluster
            )

        errors = []
        count = 0
        metadatas = (
            bearer(self.TOKEN),
            bearer(self.WRONG_TOKEN),
            (('x-api-key', self.MARK), ('x-request-id', 'plain-id')),
        )
        for metadata in metadatas:
            for method, request in self.marked_calls():
                error = self.send(method, request, metadata)
                count += 1
                if error:
                    errors.append(error)
        # All kinds of endings have been there.
        self.assertGreater(count, len(errors))
        for reason in (
            'UNKNOWN_CALLER',
            'NOT_ALLOWED',
            'MALFORMED_REQUEST',
            'NOT_A_REDIRECTION',
            'TOPOLOGY_NOT_READY',
        ):
            self.assertTrue(
                any(reason in error for error in errors), (reason, errors[:5])
            )

        # Settings that are refused hold them as well.
        self.tokens.with_name('bad').write_text(f'{self.MARK}\n')
        clusters = config['clusters']
        for bad in (
            f'callers: [{{name: "{self.MARK}"',
            f'limits: {{max_keys: {self.MARK}}}',
            {**config, 'callers': [{'name': self.MARK}]},
            {**config, 'grpc_listen': [self.MARK]},
            {**config, 'log_level': self.MARK},
            {
                **config,
                'clusters': [
                    ONE,
                    {**clusters[1], 'source': f'redis://u:{self.MARK}@h'},
                ],
            },
            {
                **config,
                'callers': [
                    {
                        'name': 'a',
                        'token_file': str(self.tokens.with_name('bad')),
                    }
                ],
            },
        ):
            with self.subTest(bad=bad), self.reload('refused'):
                self.server.write_config(bad)
        metrics = self.server.http_get('/metrics')[1]
        pages = [
            self.server.http_get(path)[1]
            for path in ('/healthz', '/readyz', f'/{self.MARK}')
        ]
        self.server.wait_for_event('config_refused')
        self.assertEqual(self.server.stop(), 0)
        log = self.server.log_text()
        self.assertEqual(
            sum(line['event'] == 'call' for line in self.server.log_lines()),
            count,
        )

        digests = [
            hashlib.sha256(token.encode()).hexdigest()
            for token in (self.TOKEN, self.WRONG_TOKEN)
        ]
        for name, text in (
            ('log', log),
            ('metrics', metrics),
            ('errors', '\n'.join(errors)),
            ('pages', '\n'.join(pages)),
        ):
            for secret in (self.MARK, self.MARK.lower(), *digests):
                at = text.lower().find(secret.lower())
                self.assertEqual(at, -1, f'{name}: {text[at - 300 : at + 80]}')


if __name__ == '__main__':
    # That TLS 1.0 and 1.1 are of yesterday.
    unittest.main(warnings='ignore')
