#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The manifests of deploy/kubernetes against the schemas of Kubernetes and the
rules of manifest_rules.py, and those against manifests that are wrong."""

import unittest

import manifest_rules
from manifests import COMPLETE, name_of, rendered, schema_problems

_DEV, _PRODUCTION, _APPLICATION = COMPLETE

# A path into an object: what to change, and into what; None takes it away.
_POD = 'spec.template.spec'
_CONTAINER = f'{_POD}.containers.0'
_SIDECAR = f'{_POD}.initContainers.0'
_NAME = 'app.kubernetes.io/name'


def _labels(where: str, name: str) -> tuple[str, ...]:
    return (*where.split('.'), f'app.kubernetes.io/{name}')


# rule, manifests, kind and name, path, value.
_WRONG = (
    ('selectors', _DEV, 'Deployment/slotplanner',
     _labels('spec.selector.matchLabels', 'name'), 'other'),
    ('selectors', _DEV, 'Deployment/slotplanner',
     _labels(f'{_POD}.topologySpreadConstraints.0.labelSelector.matchLabels',
             'name'), 'other'),
    ('selectors', _DEV, 'Service/slotplanner-headless',
     _labels('spec.selector', 'name'), 'other'),
    ('selectors', _PRODUCTION, 'PodDisruptionBudget/slotplanner',
     _labels('spec.selector.matchLabels', 'component'), 'other'),
    ('selectors', _DEV, 'NetworkPolicy/slotplanner',
     'spec.podSelector.matchLabels', {}),
    ('monitors', _PRODUCTION, 'ServiceMonitor/slotplanner',
     'spec.endpoints.0.port', 'http'),
    ('monitors', _PRODUCTION, 'ServiceMonitor/slotplanner',
     _labels('spec.selector.matchLabels', 'component'), 'other'),
    ('monitors', _PRODUCTION, 'ServiceMonitor/slotplanner',
     'spec.jobLabel', None),
    ('references', _PRODUCTION, 'HorizontalPodAutoscaler/slotplanner',
     'spec.scaleTargetRef.kind', 'StatefulSet'),
    ('references', _DEV, 'Deployment/slotplanner',
     f'{_POD}.serviceAccountName', 'other'),
    ('references', _DEV, 'Deployment/slotplanner',
     f'{_POD}.volumes.0.configMap.name', 'slotplanner-config'),
    ('ports', _DEV, 'Service/slotplanner-headless',
     'spec.ports.0.targetPort', 'api'),
    ('ports', _DEV, 'Deployment/slotplanner',
     f'{_CONTAINER}.ports.1.name', 'grpc'),
    ('ports', _DEV, 'Deployment/slotplanner',
     f'{_CONTAINER}.args.1', '--grpc_listen=0.0.0.0:50052'),
    ('ports', _APPLICATION, 'Deployment/shop',
     f'{_SIDECAR}.ports.0.containerPort', 9465),
    ('probes', _DEV, 'Deployment/slotplanner',
     f'{_CONTAINER}.readinessProbe.grpc.service', 'slotplanner'),
    ('probes', _DEV, 'Deployment/slotplanner',
     f'{_CONTAINER}.livenessProbe.grpc.service',
     'slotplanner.v1.SlotPlannerService'),
    ('probes', _DEV, 'Deployment/slotplanner',
     f'{_CONTAINER}.startupProbe', None),
    ('probes', _DEV, 'Deployment/slotplanner',
     f'{_CONTAINER}.livenessProbe.grpc.port', 9464),
    ('probes', _PRODUCTION, 'Deployment/slotplanner',
     f'{_CONTAINER}.livenessProbe', {'grpc': {'port': 50051}}),
    ('probes', _PRODUCTION, 'Deployment/slotplanner',
     f'{_CONTAINER}.readinessProbe.httpGet.path', '/healthz'),
    ('probes', _PRODUCTION, 'Deployment/slotplanner',
     f'{_CONTAINER}.readinessProbe.httpGet.port', 'grpc'),
    ('probes', _APPLICATION, 'Deployment/shop',
     f'{_SIDECAR}.livenessProbe', {'grpc': {'port': 50051}}),
    ('replicas', _PRODUCTION, 'HorizontalPodAutoscaler/slotplanner',
     'spec.minReplicas', 11),
    ('replicas', _PRODUCTION, 'HorizontalPodAutoscaler/slotplanner',
     'spec.minReplicas', 1),
    ('replicas', _PRODUCTION, 'Deployment/slotplanner', 'spec.replicas', 3),
    ('replicas', _PRODUCTION, 'Deployment/slotplanner',
     f'{_CONTAINER}.resources.requests.cpu', None),
    ('replicas', _PRODUCTION, 'PodDisruptionBudget/slotplanner',
     'spec.maxUnavailable', 3),
    ('replicas', _PRODUCTION, 'PodDisruptionBudget/slotplanner',
     'spec.maxUnavailable', 0),
    ('updates', _PRODUCTION, 'Deployment/slotplanner',
     'spec.strategy.rollingUpdate.maxUnavailable', 1),
    ('updates', _PRODUCTION, 'Deployment/slotplanner',
     'spec.strategy', {'type': 'Recreate'}),
    ('grace_period', _DEV, 'Deployment/slotplanner',
     f'{_POD}.terminationGracePeriodSeconds', 20),
    ('grace_period', _DEV, 'Deployment/slotplanner',
     f'{_CONTAINER}.args.3', '--drain_delay=1m'),
    ('grace_period', _APPLICATION, 'Deployment/shop',
     f'{_POD}.terminationGracePeriodSeconds', 5),
    ('memory', _DEV, 'Deployment/slotplanner',
     f'{_CONTAINER}.resources.limits.memory', '512Mi'),
    ('memory', _DEV, 'Deployment/slotplanner', f'{_CONTAINER}.env', []),
    ('memory', _APPLICATION, 'Deployment/shop',
     f'{_SIDECAR}.env.0.value', '4'),
    ('memory', _DEV, 'ConfigMap/slotplanner-config', 'data',
     {'server.yaml': 'limits: {max_connections: 2000,'
      ' max_message_bytes: 2, memory_quota_bytes: 1}'}),
    ('memory', _DEV, 'ConfigMap/slotplanner-config', 'data',
     {'server.yaml': 'clusters: []'}),
    ('resources', _DEV, 'Deployment/slotplanner',
     f'{_CONTAINER}.resources.requests.memory', '64Mi'),
    ('resources', _DEV, 'Deployment/slotplanner',
     f'{_CONTAINER}.resources.limits.cpu', '1'),
    ('images', _DEV, 'Deployment/slotplanner',
     f'{_CONTAINER}.image', 'localhost/slotplanner'),
    ('images', _DEV, 'Deployment/slotplanner',
     f'{_CONTAINER}.image', 'localhost/slotplanner:latest'),
    ('images', _PRODUCTION, 'Deployment/slotplanner',
     f'{_CONTAINER}.image', 'registry.example/slotplanner:0.2.0'),
    ('images', _APPLICATION, 'Deployment/shop',
     f'{_SIDECAR}.image', 'slotplanner'),
    ('service_account_tokens', _DEV, 'Deployment/slotplanner',
     f'{_POD}.automountServiceAccountToken', None),
    ('service_account_tokens', _DEV, 'ServiceAccount/slotplanner',
     'automountServiceAccountToken', True),
    *(
        ('restricted', folder, deployment,
         f'{container}.securityContext.{field}', value)
        for folder, deployment, container in (
            (_DEV, 'Deployment/slotplanner', _CONTAINER),
            (_PRODUCTION, 'Deployment/slotplanner', _CONTAINER),
            (_APPLICATION, 'Deployment/shop', _SIDECAR),
            (_APPLICATION, 'Deployment/shop', _CONTAINER),
        )
        for field, value in (
            ('runAsNonRoot', False),
            ('runAsUser', 0),
            ('seccompProfile', {'type': 'Unconfined'}),
            ('allowPrivilegeEscalation', None),
            ('privileged', True),
            ('capabilities', {'drop': ['NET_RAW']}),
            ('capabilities', {'drop': ['ALL'], 'add': ['SYS_ADMIN']}),
            ('readOnlyRootFilesystem', None),
        )
    ),
    ('restricted', _DEV, 'Deployment/slotplanner', f'{_POD}.securityContext',
     None),
    ('restricted', _DEV, 'Deployment/slotplanner', f'{_POD}.hostNetwork',
     True),
    ('restricted', _DEV, 'Deployment/slotplanner',
     f'{_CONTAINER}.ports.0.hostPort', 50051),
    ('restricted', _DEV, 'Deployment/slotplanner', f'{_POD}.volumes.0',
     {'name': 'config', 'hostPath': {'path': '/etc'}}),
    ('restricted', _DEV, 'Namespace/slotplanner-dev',
     ('metadata', 'labels', 'pod-security.kubernetes.io/enforce'),
     'privileged'),
    ('network', _DEV, 'NetworkPolicy/slotplanner', 'spec.ingress.0.from', []),
    ('network', _DEV, 'NetworkPolicy/slotplanner',
     'spec.ingress.0.ports.0.port', 'http'),
    ('network', _DEV, 'NetworkPolicy/slotplanner', 'spec.ingress.1', None),
    ('network', _DEV, 'NetworkPolicy/slotplanner', 'spec.egress.0', None),
    ('network', _DEV, 'NetworkPolicy/slotplanner', 'spec.policyTypes',
     ['Ingress']),
    ('network', _PRODUCTION, 'NetworkPolicy/slotplanner',
     'spec.egress.1.ports.0.port', 7000),
    ('recommended_labels', _DEV, 'Service/slotplanner-metrics',
     _labels('metadata.labels', 'instance'), None),
    ('recommended_labels', _DEV, 'Deployment/slotplanner',
     _labels('spec.template.metadata.labels', 'managed-by'), None),
    ('transport', _DEV, 'Deployment/slotplanner', f'{_CONTAINER}.args.5',
     None),
    ('transport', _PRODUCTION, 'Deployment/slotplanner',
     f'{_CONTAINER}.args.0', '--allow_plaintext=true'),
    ('transport', _PRODUCTION, 'Service/slotplanner-headless',
     'spec.ports.0.appProtocol', 'kubernetes.io/h2c'),
    ('mounts', _DEV, 'Deployment/slotplanner', f'{_CONTAINER}.volumeMounts',
     []),
    ('mounts', _DEV, 'Deployment/slotplanner',
     f'{_CONTAINER}.volumeMounts.0.subPath', 'server.yaml'),
    ('mounts', _PRODUCTION, 'Deployment/slotplanner',
     f'{_CONTAINER}.args.6', '--grpc_tls_certificate_file=/etc/tls.crt'),
    ('mounts', _DEV, 'ConfigMap/slotplanner-config', 'data',
     {'server.yaml': 'clusters: [{password_file: /run/other/password}]'}),
    ('mounts', _APPLICATION, 'Deployment/shop',
     f'{_CONTAINER}.volumeMounts.0.name', 'socket'),
    ('mounts', _APPLICATION, 'Deployment/shop',
     f'{_SIDECAR}.args.1', '--grpc_listen=unix:/tmp/api.sock'),
    ('namespaces', _DEV, 'Service/slotplanner-metrics', 'metadata.namespace',
     'default'),
    ('namespaces', _DEV, 'Namespace/slotplanner-dev', 'metadata.name',
     'slotplanner'),
)

# manifests, kind and name, path, value.
_AGAINST_SCHEMA = (
    (_DEV, 'Deployment/slotplanner', f'{_CONTAINER}.imagePullPolice',
     'Always'),
    (_DEV, 'Deployment/slotplanner', f'{_CONTAINER}.resources.limits.memory',
     '640 MB'),
    (_DEV, 'Deployment/slotplanner',
     f'{_CONTAINER}.readinessProbe.grpc.port', 'grpc'),
    (_DEV, 'Deployment/slotplanner', f'{_CONTAINER}.env.0.value', 4),
    (_DEV, 'Deployment/slotplanner', 'spec.selector', None),
    (_DEV, 'NetworkPolicy/slotplanner', 'spec.podSelectors', {}),
    (_PRODUCTION, 'HorizontalPodAutoscaler/slotplanner', 'spec.maxReplicas',
     '10'),
    (_PRODUCTION, 'ServiceMonitor/slotplanner', 'spec.endpoints.0.prot',
     'metrics'),
    (_PRODUCTION, 'PrometheusRule/slotplanner', 'spec.groups.0.rules.0.exp',
     'up'),
    (_DEV, 'Service/slotplanner-metrics', 'apiVersion', 'v2'),
)


def _changed(folder: str, name: str, path: str | tuple, value: object) -> tuple:
    """The objects with that change, and the one that is changed."""
    objects = rendered(folder)
    # A generated name ends in a hash.
    thing = next(
        thing
        for thing in objects
        if name_of(thing) == name
        or (thing['kind'] == 'ConfigMap' and name_of(thing).startswith(name))
    )
    keys = path.split('.') if isinstance(path, str) else path
    inner = thing
    for key in keys[:-1]:
        inner = inner[int(key) if isinstance(inner, list) else key]
    last = int(keys[-1]) if isinstance(inner, list) else keys[-1]
    if value is None:
        del inner[last]  # Which must be there, or the change says nothing.
    else:
        inner[last] = value
    return objects, thing


class ManifestsTest(unittest.TestCase):
    def test_what_is_applied_satisfies_the_schemas(self):
        for folder in COMPLETE:
            objects = rendered(folder)
            for thing, problems in zip(objects, schema_problems(objects)):
                with self.subTest(folder, thing=name_of(thing)):
                    self.assertEqual(problems, [])

    def test_the_schemas_are_strict(self):
        wrong = [_changed(*change)[1] for change in _AGAINST_SCHEMA]
        for change, problems in zip(_AGAINST_SCHEMA, schema_problems(wrong)):
            with self.subTest(change):
                self.assertNotEqual(problems, [])

    def test_what_is_applied_breaks_no_rule(self):
        for folder in COMPLETE:
            with self.subTest(folder):
                self.assertEqual(manifest_rules.problems(rendered(folder)), {})

    def test_each_rule_bites(self):
        for rule, *change in _WRONG:
            with self.subTest(rule, change=change):
                objects, _ = _changed(*change)
                self.assertIn(rule, manifest_rules.problems(objects))

    def test_each_rule_is_seen_to_bite(self):
        self.assertEqual(
            {rule for rule, *_ in _WRONG},
            {rule.__name__ for rule in manifest_rules.RULES},
        )

    def test_the_base_alone_does_not_start(self):
        self.assertIn('transport', manifest_rules.problems(rendered('base')))


if __name__ == '__main__':
    unittest.main()
