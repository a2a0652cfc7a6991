# SPDX-License-Identifier: Apache-2.0
"""Analyses as `slotplanner analyze --output=json` gives them, but for defaults,
which are left out: what HtmlReport turns into a page. Each is a title and the
JSON's object."""

import base64
import binascii
import collections
import math
import random
import re
from collections.abc import Mapping, Sequence

SLOT_COUNT = 16384
_MAX_ENTRIES = 20
_TAG = re.compile(rb'\{([^}]+)\}')

Sample = tuple[str, dict]


def slot_of(key: bytes) -> int:
    """The slot that a key hashes to."""
    return binascii.crc_hqx(hashed_part(key) or key, 0) % SLOT_COUNT


def hashed_part(key: bytes) -> bytes | None:
    """The hash tag of a key, if it has one."""
    start = key.find(b'{')
    end = key.find(b'}', start + 1) if start >= 0 else -1
    return key[start + 1 : end] if end > start + 1 else None


def encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


def message(**fields) -> dict:
    """Fields as protobuf's JSON has them: no defaults."""
    return {
        name: value
        for name, value in fields.items()
        if value is not None and value != [] and value not in ('0', '', 0)
    }


def skew(loads: Sequence[int], parts: Sequence[float], squares: float) -> dict:
    """`Skew` of loads, each measured by its part of the whole."""
    total = sum(loads)
    if not total:
        return {}
    ratios = [load / total / part for load, part in zip(loads, parts) if part]
    mean = sum(ratios) / len(ratios)
    deviation = math.sqrt(sum((r - mean) ** 2 for r in ratios) / len(ratios))
    by_chance = math.sqrt(squares * (len(ratios) - 1)) / total
    wider = (deviation**2 / by_chance**2 - 1) * math.sqrt(len(ratios) / 2)
    return message(
        maxOverMean=max(ratios),
        coefficientOfVariation=deviation,
        uniformMaxOverMean=1
        + by_chance * math.sqrt(2 * math.log(len(ratios) + 1)),
        uniformCoefficientOfVariation=by_chance,
        deviations=wider,
        isSkewed=True if wider > 5 else None,
    )


def even_topology(shard_count: int, host: str = '10.0.0.{}') -> dict:
    """A Topology of shards with as many slots each."""
    bounds = [i * SLOT_COUNT // shard_count for i in range(shard_count + 1)]
    return {
        'shards': [
            {
                'slotRanges': [message(first=first, last=end - 1)],
                'primary': {
                    'nodeId': f'{index:040x}',
                    'host': host.format(index + 1),
                    'port': 6379,
                    'role': 'NODE_ROLE_PRIMARY',
                },
            }
            for index, (first, end) in enumerate(zip(bounds, bounds[1:]))
        ]
    }


def slots_of(shard: Mapping) -> list[int]:
    return [
        slot
        for slots in shard.get('slotRanges', [])
        for slot in range(slots.get('first', 0), slots.get('last', 0) + 1)
    ]


def shard_spread(
    topology: dict,
    keys: Sequence[int],
    weights: Sequence[int],
    squares: float,
    is_weighted: bool,
) -> dict:
    """`ShardSpread` of what is in each slot."""
    shards = []
    for shard in topology['shards']:
        slots = slots_of(shard)
        shards.append(
            (
                shard['primary'],
                len(slots),
                sum(keys[slot] for slot in slots),
                sum(weights[slot] for slot in slots),
            )
        )
    parts = [count / SLOT_COUNT for _, count, _, _ in shards]
    shard_keys = [count for _, _, count, _ in shards]
    shard_weights = [weight for _, _, _, weight in shards]
    largest = max(shard_weights)
    return message(
        shards=[
            message(
                primary=primary,
                slotCount=slot_count,
                keys=str(count),
                weight=str(weight),
            )
            for primary, slot_count, count, weight in shards
        ],
        skew=skew(shard_keys, parts, sum(shard_keys)),
        weightSkew=skew(shard_weights, parts, squares) if is_weighted else None,
        fullestShard=shard_weights.index(largest) if largest else -1,
        usableShare=sum(shard_weights) / len(shards) / largest
        if largest
        else None,
        unassignedKeys=str(sum(keys) - sum(shard_keys)),
        unassignedWeight=str(sum(weights) - sum(shard_weights)),
        topology={
            'version': '5f0c9a2be41d7763',
            'confirmTime': '2026-03-14T09:26:53.589Z',
        },
    )


def analyze_keys(
    weighted_keys: Sequence[tuple[bytes, int]],
    *,
    topology: dict | None = None,
    what_if: dict | None = None,
    show_keys: bool = True,
    is_weighted: bool = False,
    tag_error: int = 0,
) -> dict:
    """`AnalyzeKeysResponse`."""
    keys = [0] * SLOT_COUNT
    weights = [0] * SLOT_COUNT
    tags: dict[bytes, list[int]] = collections.defaultdict(lambda: [0, 0])
    squares = 0
    for key, weight in weighted_keys:
        slot = slot_of(key)
        keys[slot] += 1
        weights[slot] += weight
        squares += weight**2
        tag = hashed_part(key)
        if tag is not None:
            tags[tag][0] += 1
            tags[tag][1] += weight
    even = [1 / SLOT_COUNT] * SLOT_COUNT
    filled = [slot for slot in range(SLOT_COUNT) if keys[slot]]
    fullest = sorted(filled, key=lambda slot: (-weights[slot], slot))
    heaviest = sorted(tags, key=lambda tag: (-tags[tag][1], tag))
    spread = (keys, weights, float(squares), is_weighted)
    return message(
        keyCount=str(len(weighted_keys)),
        weight=str(sum(weights)),
        slotSkew=skew(keys, even, len(weighted_keys)),
        slotWeightSkew=skew(weights, even, squares) if is_weighted else None,
        fullestSlots=[
            message(
                slot=slot, keys=str(keys[slot]), weight=str(weights[slot])
            )
            for slot in fullest[:_MAX_ENTRIES]
        ],
        taggedKeyCount=str(sum(count for count, _ in tags.values())),
        heaviestTags=[
            message(
                tag=encode(tag) if show_keys else None,
                slot=slot_of(tag),
                keys=str(tags[tag][0]),
                weight=str(tags[tag][1]),
            )
            for tag in heaviest[:_MAX_ENTRIES]
        ],
        tagError=str(tag_error),
        shards=shard_spread(topology, *spread) if topology else None,
        whatIfShards=shard_spread(what_if, *spread) if what_if else None,
        whatIfMoves=moves_of(topology, what_if, keys, weights)
        if topology and what_if
        else None,
        counts=message(
            slots=filled,
            keys=[str(keys[slot]) for slot in filled],
            weights=[str(weights[slot]) for slot in filled]
            if is_weighted
            else None,
            squaredWeights=float(squares),
        ),
    )


def moves_of(
    old: dict, new: dict, keys: Sequence[int], weights: Sequence[int]
) -> dict:
    """`SlotMoves` from one topology to another."""

    def owners(topology: dict) -> dict[int, str]:
        return {
            slot: shard['primary']['host']
            for shard in topology['shards']
            for slot in slots_of(shard)
        }

    before, after = owners(old), owners(new)
    moved = [s for s in range(SLOT_COUNT) if before.get(s) != after.get(s)]
    return message(
        slots=len(moved),
        keys=str(sum(keys[slot] for slot in moved)),
        weight=str(sum(weights[slot] for slot in moved)),
    )


def _uniform(count: int) -> list[tuple[bytes, int]]:
    return [(b'user:%d:profile' % n, 1) for n in range(count)]


def _skewed(rng: random.Random) -> list[tuple[bytes, int]]:
    """A third of the keys has one tag; the others are weighed unevenly."""
    keys = []
    for n in range(60_000):
        weight = int(rng.lognormvariate(6, 1))
        if rng.random() < 0.33:
            keys.append((b'cart:{tenant:acme}:%d' % n, weight))
        elif rng.random() < 0.4:
            tag = int(rng.paretovariate(1.1))
            keys.append((b'cart:{tenant:%d}:%d' % (tag, n), weight))
        else:
            keys.append((b'session:%d' % n, weight))
    return keys


HOSTILE_TAGS = (
    b'</script><img src=x onerror=alert(1)>',
    b'<!--<script>',
    b'"\'&amp;&lt;`${1}',
    b'line\nfeed\ttab\r\x00\x1b[31m\x7f',
    'right \u202e to left \u2066'.encode(),
    'separators \u2028 \u2029 \ufeff'.encode(),
    'größe 键 🔑 e\u0301 עברית'.encode(),
    b'not \xff\xfe UTF-8 \xc3( \\x41',
    b'back\\slash\\n',
    b'  spaces  around  ',
    b'x' * 5000,
    b'{{title}}{{script}}'[2:9],
    b'__proto__',
    b'-->',
)


def _hostile() -> Sample:
    keys = []
    for index, tag in enumerate(HOSTILE_TAGS):
        keys += [(b'{%s}:%d' % (tag, n), 1) for n in range(60 - index)]
    keys += _uniform(3000)
    analysis = analyze_keys(keys, topology=even_topology(3, 'fd00::{}'))
    return '</title><script>alert("title")</script> & {{analysis}}', {
        'keys': analysis,
        'input': {
            'file': '</td><script>alert(2)</script>',
            'end': '</script x=<!-- <script >',
            '<b>bold</b>': 'name\u202e',
            '__proto__': '{{script}}',
            'very_long': 'y' * 400,
        },
    }


def _huge() -> Sample:
    """Weights whose sum is 2^63 - 1; doubles cannot hold them."""
    total = 2**63 - 1
    keys = [(b'huge:%d' % n, 2**40 - n) for n in range(40)]
    keys.append((b'huge', total - sum(weight for _, weight in keys)))
    analysis = analyze_keys(keys, topology=even_topology(3), is_weighted=True)
    return 'Weights near 2^63', {
        'keys': analysis,
        'input': {'weight': str(total)},
    }


def _command(name: str, calls: int, parts: int = 1, **verdicts: int) -> dict:
    return message(
        name=name,
        calls=str(calls),
        **{verdict: str(count) for verdict, count in verdicts.items()},
        parts=str(calls * parts),
        nodes=str(calls * min(parts, 3)),
        maxParts=parts * 2,
        maxNodes=min(parts * 2, 3),
        whatIfNodes=str(calls * min(parts, 4)),
    )


def _total(commands: Sequence[dict]) -> dict:
    sums = ('calls', 'singleSlot', 'anyNode', 'fanOut', 'split', 'emulated')
    sums += ('refused', 'parts', 'nodes', 'whatIfNodes')
    return message(
        **{f: str(sum(int(c.get(f, 0)) for c in commands)) for f in sums},
        maxParts=max(c['maxParts'] for c in commands),
        maxNodes=max(c['maxNodes'] for c in commands),
    )


def _workload(show_keys: bool) -> Sample:
    commands = [
        _command('GET', 48_211, singleSlot=48_211),
        _command('MGET', 9120, 3, singleSlot=1204, split=7916),
        _command('SET', 8004, singleSlot=8004),
        _command('DEL', 1200, 2, singleSlot=700, split=500),
        _command('SUNION', 412, singleSlot=12, emulated=300, refused=100),
        _command('RENAME', 77, singleSlot=5, refused=72),
        _command('DBSIZE', 60, 3, fanOut=60),
        _command('CLUSTER INFO', 31, anyNode=31),
        _command('', 3, refused=3),
    ]
    renamings = [
        message(key=0, newKey=encode(b'{user:1}:profile')),
        message(key=1, newKey=encode(b'{user:1}:orders')),
    ]
    uses = [
        message(
            command='MGET',
            calls='7916',
            keyTemplates=[encode(b'user:<n>:profile'), encode(b'user:<n>:cart')]
            if show_keys
            else None,
            keys=[encode(b'user:1:profile'), encode(b'user:1:orders')]
            if show_keys
            else None,
            suggestions=[
                message(
                    tag=encode(b'user:1') if show_keys else None,
                    slot=10778,
                    renamings=renamings if show_keys else [{}, {'key': 1}],
                ),
                message(
                    tag=encode(b'user') if show_keys else None,
                    slot=slot_of(b'user'),
                    renamings=[{}, {'key': 1}],
                    warnings=['TAG_WARNING_TOO_BROAD'],
                ),
            ],
        ),
        message(
            command='RENAME',
            calls='72',
            keyTemplates=[encode(b'queue'), encode(b'queue:done')]
            if show_keys
            else None,
            suggestions=[
                message(
                    tag=encode(b'queue') if show_keys else None,
                    slot=slot_of(b'queue'),
                    renamings=[
                        message(key=1, newKey=encode(b'{queue}:done'))
                        if show_keys
                        else {'key': 1}
                    ],
                    warnings=['TAG_WARNING_TOO_BROAD'],
                ),
            ],
        ),
        message(command='MULTI', calls='9'),
    ]
    keys = [(b'user:%d:profile' % (n % 4000), 1) for n in range(30_000)]
    return 'Commands of one afternoon', {
        'workload': {
            'commands': commands,
            'total': _total(commands),
            'keys': analyze_keys(
                keys,
                topology=even_topology(3),
                what_if=even_topology(4),
                show_keys=show_keys,
            ),
            'crossSlotUses': uses,
            'useError': '4',
            'topology': {'version': '5f0c9a2be41d7763'},
        },
        'input': {'file': 'monitor.log', 'lines': 67120, 'badLines': 2},
        'topology': even_topology(3),
    }


def _many_shards(rng: random.Random) -> Sample:
    """60 shards in pieces; some slots have no owner."""
    topology = even_topology(60)
    slots = list(range(0, SLOT_COUNT, 8))
    rng.shuffle(slots)
    for index, shard in enumerate(topology['shards']):
        shard['slotRanges'] = [
            message(first=slot, last=slot + 7)
            for slot in sorted(slots[index * 34 : index * 34 + 34])
        ]
    return 'Sixty shards in pieces', {
        'keys': analyze_keys(_uniform(40_000), topology=topology),
        'topology': topology,
    }


def samples(rng: random.Random) -> dict[str, Sample]:
    """All samples, by name."""
    three = even_topology(3)
    one_key = [(b'only', 1)]
    skewed = _skewed(rng)
    return {
        'uniform': (
            'Keys of cluster main',
            {
                'keys': analyze_keys(_uniform(120_000), topology=three),
                'input': {
                    'scanned': 'all 3 primaries',
                    'keys': '120000',
                    'match': 'user:*',
                    'isPartial': False,
                },
                'topology': three,
            },
        ),
        'skewed': (
            'Keys of cluster shop',
            {
                'keys': analyze_keys(
                    skewed,
                    topology=three,
                    what_if=even_topology(4),
                    is_weighted=True,
                    tag_error=17,
                ),
                'input': {'file': 'keys.txt', 'lines': 60000},
                'topology': three,
            },
        ),
        'hidden': (
            'Keys of cluster shop',
            {
                'keys': analyze_keys(
                    skewed, topology=three, is_weighted=True, show_keys=False
                ),
                'input': {},
            },
        ),
        'slots_only': (
            'keys.txt',
            {'keys': analyze_keys(_uniform(5000)), 'input': {'lines': 5000}},
        ),
        'empty': ('Nothing', {'keys': analyze_keys([], topology=three)}),
        'bare': ('Nothing at all', {'keys': {}}),
        'one_key': (
            'One key',
            {
                'keys': analyze_keys(one_key, topology=three),
                'topology': three,
            },
        ),
        'workload': _workload(True),
        'workload_hidden': _workload(False),
        'no_commands': (
            'No commands',
            {'workload': {'total': {}, 'keys': analyze_keys([])}},
        ),
        'hostile': _hostile(),
        'huge': _huge(),
        'many_shards': _many_shards(rng),
    }
