# SPDX-License-Identifier: Apache-2.0
"""What must hold between the fields of manifests, beyond their schemas. Each
rule gives the problems that it finds, one sentence each."""

from collections.abc import Iterator

from manifests import (
    Manifests,
    byte_count,
    containers_of,
    is_in,
    name_of,
)

_RECOMMENDED_LABELS = (
    'name',
    'instance',
    'version',
    'component',
    'part-of',
    'managed-by',
)
_MIB = 2**20


def _selected(manifests: Manifests, selector: dict) -> list[dict]:
    """The pod templates with these labels."""
    return [
        pod
        for pod in manifests.pods()
        if is_in(selector, pod['metadata']['labels'])
    ]


def _port_names(pod: dict) -> dict[str, int]:
    return {
        port['name']: port['containerPort']
        for container in containers_of(pod)
        for port in container.get('ports', [])
    }


def selectors(manifests: Manifests) -> Iterator[str]:
    for deployment in manifests.of_kind('Deployment'):
        pod = deployment['spec']['template']
        labels = pod['metadata']['labels']
        if not is_in(deployment['spec']['selector']['matchLabels'], labels):
            yield f'{name_of(deployment)} does not select its own pods.'
        for constraint in pod['spec'].get('topologySpreadConstraints', []):
            if not is_in(constraint['labelSelector']['matchLabels'], labels):
                yield f'{name_of(deployment)} does not spread its own pods.'
    for service in manifests.of_kind('Service'):
        if not _selected(manifests, service['spec']['selector']):
            yield f'{name_of(service)} selects no pod.'
    for budget in manifests.of_kind('PodDisruptionBudget'):
        if not _selected(manifests, budget['spec']['selector']['matchLabels']):
            yield f'{name_of(budget)} selects no pod.'
    for policy in manifests.of_kind('NetworkPolicy'):
        if not _selected(
            manifests, policy['spec']['podSelector'].get('matchLabels', {})
        ):
            yield f'{name_of(policy)} selects no pod.'


def monitors(manifests: Manifests) -> Iterator[str]:
    for monitor in manifests.of_kind('ServiceMonitor'):
        selector = monitor['spec']['selector']['matchLabels']
        for endpoint in monitor['spec']['endpoints']:
            services = [
                service
                for service in manifests.of_kind('Service')
                if is_in(selector, service['metadata']['labels'])
                and endpoint['port']
                in [port['name'] for port in service['spec']['ports']]
            ]
            if len(services) != 1:
                yield (
                    f'{name_of(monitor)} finds port {endpoint["port"]} in '
                    f'{len(services)} services, not in one.'
                )
        # Rules and dashboards are written for this job.
        label = monitor['spec'].get('jobLabel')
        for service in manifests.of_kind('Service'):
            if service['metadata']['labels'].get(label) != 'slotplanner':
                yield f'{name_of(monitor)} gives another job than slotplanner.'


def references(manifests: Manifests) -> Iterator[str]:
    for autoscaler in manifests.of_kind('HorizontalPodAutoscaler'):
        target = autoscaler['spec']['scaleTargetRef']
        if not manifests.find(target['kind'], target['name']):
            yield f'{name_of(autoscaler)} scales nothing that is there.'
    for pod in manifests.pods():
        account = pod['spec'].get('serviceAccountName')
        if account and not manifests.find('ServiceAccount', account):
            yield f'There is no ServiceAccount {account}.'
        for volume in pod['spec'].get('volumes', []):
            if 'configMap' in volume and not manifests.find(
                'ConfigMap', volume['configMap']['name']
            ):
                yield f'There is no ConfigMap {volume["configMap"]["name"]}.'


def ports(manifests: Manifests) -> Iterator[str]:
    for service in manifests.of_kind('Service'):
        for pod in _selected(manifests, service['spec']['selector']):
            for port in service['spec']['ports']:
                if port['targetPort'] not in _port_names(pod):
                    yield f'{name_of(service)} leads to no port of its pods.'
    for pod in manifests.pods():
        names = [
            port['name']
            for container in containers_of(pod)
            for port in container.get('ports', [])
        ]
        if len(names) != len(set(names)):
            yield 'Two ports of a pod have one name.'
    for planner in manifests.planners():
        declared = {
            port['containerPort']
            for port in planner.container.get('ports', [])
        }
        listening = {
            int(planner.flags[flag].rpartition(':')[2])
            for flag in ('grpc_listen', 'admin_listen')
            if not planner.flags[flag].startswith('unix:')
        }
        if declared != listening:
            yield f'Ports {declared} are declared, {listening} listened on.'


def probes(manifests: Manifests) -> Iterator[str]:
    for planner in manifests.planners():
        names = _port_names(planner.pod)
        grpc_port = planner.flags['grpc_listen'].rpartition(':')[2]
        admin_port = planner.flags['admin_listen'].rpartition(':')[2]
        for kind, service, path in (
            ('startupProbe', '', '/healthz'),
            ('livenessProbe', '', '/healthz'),
            (
                'readinessProbe',
                'slotplanner.v1.SlotPlannerService',
                '/readyz',
            ),
        ):
            probe = planner.container.get(kind, {})
            if 'grpc' in probe:
                if planner.has_tls() or not planner.on_tcp():
                    yield f'The {kind} cannot reach gRPC here.'
                if str(probe['grpc']['port']) != grpc_port:
                    yield f'The {kind} asks a port that nobody listens on.'
                if probe['grpc'].get('service', '') != service:
                    yield f'The {kind} asks for another service.'
            elif 'httpGet' in probe:
                port = probe['httpGet']['port']
                if str(names.get(port, port)) != admin_port:
                    yield f'The {kind} asks a port that nobody listens on.'
                if probe['httpGet']['path'] != path:
                    yield f'The {kind} asks for another path.'
            else:
                yield f'There is no {kind}.'


def replicas(manifests: Manifests) -> Iterator[str]:
    least = {}
    for deployment in manifests.of_kind('Deployment'):
        least[deployment['metadata']['name']] = deployment['spec'].get(
            'replicas', 1
        )
    for autoscaler in manifests.of_kind('HorizontalPodAutoscaler'):
        spec = autoscaler['spec']
        if spec['minReplicas'] > spec['maxReplicas']:
            yield f'{name_of(autoscaler)} has a minimum above its maximum.'
        name = spec['scaleTargetRef']['name']
        deployment = manifests.find('Deployment', name)
        if not deployment:
            continue  # Said by `references`.
        if 'replicas' in deployment['spec']:
            yield f'{name_of(autoscaler)} and replicas both say how many.'
        for container in containers_of(deployment['spec']['template']):
            if 'cpu' not in container['resources']['requests']:
                yield f'{name_of(autoscaler)} needs a request of CPU.'
        least[name] = spec['minReplicas']
    for budget in manifests.of_kind('PodDisruptionBudget'):
        selector = budget['spec']['selector']['matchLabels']
        for deployment in manifests.of_kind('Deployment'):
            labels = deployment['spec']['template']['metadata']['labels']
            if not is_in(selector, labels):
                continue
            count = least[deployment['metadata']['name']]
            may_go = budget['spec'].get(
                'maxUnavailable', count - budget['spec'].get('minAvailable', 0)
            )
            if not 1 <= may_go < count:
                yield (
                    f'{name_of(budget)} lets {may_go} of {count} pods go: '
                    'a drain would end never, or leave none.'
                )


def updates(manifests: Manifests) -> Iterator[str]:
    for deployment in manifests.of_kind('Deployment'):
        if deployment['metadata']['name'] != 'slotplanner':
            continue
        rolling = deployment['spec']['strategy'].get('rollingUpdate', {})
        if rolling.get('maxUnavailable') != 0 or not rolling.get('maxSurge'):
            yield f'{name_of(deployment)} takes pods away when it is updated.'


def grace_period(manifests: Manifests) -> Iterator[str]:
    for planner in manifests.planners():
        grace = planner.pod['spec'].get('terminationGracePeriodSeconds', 30)
        ending = planner.duration('drain_delay') + planner.duration(
            'shutdown_timeout'
        )
        if grace <= ending:
            yield f'A pod has {grace} s to end and takes up to {ending} s.'


def memory(manifests: Manifests) -> Iterator[str]:
    for planner in manifests.planners():
        limits = planner.settings.get('limits', {})
        environment = {
            variable['name']: variable.get('value')
            for variable in planner.container.get('env', [])
        }
        # docs/operations.md, "Memory"; the quota bounds the bytes of calls.
        try:
            needed = (
                23 * _MIB
                + limits['max_connections'] * 18 * 1024
                + limits['memory_quota_bytes'] * 5 // 2
                + int(environment['MALLOC_ARENA_MAX']) * 32 * _MIB
            )
        except KeyError as missing:
            yield f'Nothing bounds the memory: {missing} is not there.'
            continue
        limit = byte_count(planner.container['resources']['limits']['memory'])
        if limit < needed * 1.2:
            yield (
                f'{needed // _MIB} MiB are needed and a fifth to spare; the '
                f'limit is {limit // _MIB} MiB.'
            )
        if limits['memory_quota_bytes'] < limits['max_message_bytes']:
            yield 'The quota is less than one message.'


def resources(manifests: Manifests) -> Iterator[str]:
    for planner in manifests.planners():
        have = planner.container.get('resources', {})
        requests, limits = have.get('requests', {}), have.get('limits', {})
        if 'cpu' not in requests or 'cpu' in limits:
            yield 'CPU is requested, and not limited.'
        if 'memory' not in requests or requests['memory'] != limits.get(
            'memory'
        ):
            yield 'Memory is requested as far as it is limited.'


def images(manifests: Manifests) -> Iterator[str]:
    for planner in manifests.planners():
        repository, _, tag = planner.container['image'].rpartition(':')
        if not repository.endswith('/slotplanner') or tag == 'latest':
            yield f'Image {planner.container["image"]} is not pinned.'
        labels = planner.pod['metadata']['labels']
        if (
            labels['app.kubernetes.io/name'] == 'slotplanner'
            and labels.get('app.kubernetes.io/version') != tag
        ):
            yield f'The version label is not the tag {tag}.'


def service_account_tokens(manifests: Manifests) -> Iterator[str]:
    for pod in manifests.pods():
        if pod['spec'].get('automountServiceAccountToken') is not False:
            yield 'A pod has a token for Kubernetes.'
    for account in manifests.of_kind('ServiceAccount'):
        if account.get('automountServiceAccountToken') is not False:
            yield f'{name_of(account)} gives pods tokens for Kubernetes.'


def restricted(manifests: Manifests) -> Iterator[str]:
    """The Pod Security Standard of that name, and a read-only root."""
    for pod in manifests.pods():
        of_pod = pod['spec'].get('securityContext', {})
        for field in ('hostNetwork', 'hostPID', 'hostIPC'):
            if pod['spec'].get(field):
                yield f'A pod has {field}.'
        for volume in pod['spec'].get('volumes', []):
            if not volume.keys() & {'configMap', 'secret', 'emptyDir'}:
                yield f'Volume {volume["name"]} is of a kind not allowed.'
        for container in containers_of(pod):
            own = container.get('securityContext', {})
            context = {**of_pod, **own}
            capabilities = own.get('capabilities', {})
            for holds, wish in (
                (context.get('runAsNonRoot') is True, 'runAsNonRoot'),
                (context.get('runAsUser', 0) > 0, 'another user than root'),
                (
                    context.get('seccompProfile', {}).get('type')
                    == 'RuntimeDefault',
                    'the seccomp profile RuntimeDefault',
                ),
                (
                    own.get('allowPrivilegeEscalation') is False,
                    'no privilege escalation',
                ),
                (not own.get('privileged'), 'no privileges'),
                (
                    capabilities.get('drop') == ['ALL']
                    and not capabilities.get('add'),
                    'no capabilities',
                ),
                (
                    own.get('readOnlyRootFilesystem') is True,
                    'a read-only root',
                ),
                (
                    all(
                        'hostPort' not in port
                        for port in container.get('ports', [])
                    ),
                    'no port of the host',
                ),
            ):
                if not holds:
                    yield f'Container {container["name"]} wants {wish}.'
    for namespace in manifests.of_kind('Namespace'):
        if (
            namespace['metadata']['labels'].get(
                'pod-security.kubernetes.io/enforce'
            )
            != 'restricted'
        ):
            yield f'{name_of(namespace)} admits any pod.'


def network(manifests: Manifests) -> Iterator[str]:
    for planner in manifests.planners():
        labels = planner.pod['metadata']['labels']
        policies = [
            policy['spec']
            for policy in manifests.of_kind('NetworkPolicy')
            if is_in(policy['spec']['podSelector'].get('matchLabels'), labels)
        ]
        if labels['app.kubernetes.io/name'] != 'slotplanner':
            continue  # The application's own.
        if not any(
            set(policy['policyTypes']) == {'Ingress', 'Egress'}
            for policy in policies
        ):
            yield 'No NetworkPolicy holds in both directions.'
        names = _port_names(planner.pod)
        let_in = set()
        for policy in policies:
            for rule in policy.get('ingress', []):
                if not rule.get('from'):
                    yield 'A NetworkPolicy lets everyone in.'
                for port in rule.get('ports', []):
                    if not isinstance(port['port'], int):
                        if port['port'] not in names:
                            yield f'There is no port {port["port"]}.'
                    let_in.add(names.get(port['port'], port['port']))
        if let_in != set(names.values()):
            yield f'Ports {let_in} are open, {set(names.values())} served.'
        let_out = {
            (port['port'], port['protocol'])
            for policy in policies
            for rule in policy.get('egress', [])
            for port in rule['ports']
        }
        wanted = {(53, 'UDP'), (53, 'TCP')}
        for cluster in planner.settings.get('clusters', []):
            scheme, _, nodes = cluster.get('source', '').partition(
                '://'
            )
            if scheme in ('redis', 'rediss'):
                for node in nodes.rpartition('@')[2].split(','):
                    wanted.add((int(node.rpartition(':')[2]), 'TCP'))
        if not wanted <= let_out:
            yield f'{sorted(wanted - let_out)} cannot be reached.'


def recommended_labels(manifests: Manifests) -> Iterator[str]:
    for labels, name in [
        *(
            (thing['metadata'].get('labels', {}), name_of(thing))
            for thing in manifests.objects
        ),
        *((pod['metadata']['labels'], 'A pod') for pod in manifests.pods()),
    ]:
        for label in _RECOMMENDED_LABELS:
            if f'app.kubernetes.io/{label}' not in labels:
                yield f'{name} has no label app.kubernetes.io/{label}.'


def transport(manifests: Manifests) -> Iterator[str]:
    for planner in manifests.planners():
        plaintext = planner.flags.get('allow_plaintext') == 'true'
        if plaintext and (planner.has_tls() or not planner.on_tcp()):
            yield 'Plain text is allowed and not used.'
        if planner.on_tcp() and not plaintext and not planner.has_tls():
            yield 'Neither TLS nor plain text: the server would not start.'
        for service in manifests.of_kind('Service'):
            for port in service['spec']['ports']:
                if port['name'] == 'grpc' and port.get('appProtocol') != (
                    'https' if planner.has_tls() else 'kubernetes.io/h2c'
                ):
                    yield f'{name_of(service)} tells a wrong appProtocol.'


def mounts(manifests: Manifests) -> Iterator[str]:
    for pod in manifests.pods():
        volumes = {volume['name'] for volume in pod['spec'].get('volumes', [])}
        for container in containers_of(pod):
            for mount in container.get('volumeMounts', []):
                if mount['name'] not in volumes:
                    yield f'There is no volume {mount["name"]}.'
                if 'subPath' in mount:
                    yield f'{mount["mountPath"]} would never change.'
    for planner in manifests.planners():
        paths = [
            mount['mountPath'] + '/'
            for mount in planner.container.get('volumeMounts', [])
        ]
        for file in planner.files():
            if not file.startswith(tuple(paths)):
                yield f'{file} is not mounted.'
        if not planner.settings:
            yield 'A pod has no server.yaml.'


def namespaces(manifests: Manifests) -> Iterator[str]:
    used = {
        thing['metadata'].get('namespace')
        for thing in manifests.objects
        if thing['kind'] != 'Namespace'
    }
    made = {
        thing['metadata']['name'] for thing in manifests.of_kind('Namespace')
    }
    if len(used) != 1 or not made <= used:
        yield f'Namespaces {used} are used, {made} made.'


RULES = (
    selectors,
    monitors,
    references,
    ports,
    probes,
    replicas,
    updates,
    grace_period,
    memory,
    resources,
    images,
    service_account_tokens,
    restricted,
    network,
    recommended_labels,
    transport,
    mounts,
    namespaces,
)


def problems(objects: list[dict]) -> dict[str, list[str]]:
    """The problems of each rule that finds some."""
    found = {rule.__name__: list(rule(Manifests(objects))) for rule in RULES}
    return {name: sentences for name, sentences in found.items() if sentences}
