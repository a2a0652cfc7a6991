# SPDX-License-Identifier: Apache-2.0
"""Rules A1 to A3, bit by bit: another way than that of any client."""


def _crc16(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1) ^ (0x1021 if crc & 0x8000 else 0)
            crc &= 0xFFFF
    return crc


def hash_tag(key: bytes) -> list[int] | None:
    """Offset and length, or None when the whole key is hashed."""
    before, brace, rest = key.partition(b'{')
    tag, closing, _ = rest.partition(b'}')
    if not brace or not closing or not tag:
        return None
    return [len(before) + 1, len(tag)]


def key_slot(key: bytes) -> int:
    tag = hash_tag(key)
    hashed = key if tag is None else key[tag[0] : tag[0] + tag[1]]
    return _crc16(hashed) & 0x3FFF
