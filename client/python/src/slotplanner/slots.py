# SPDX-License-Identifier: Apache-2.0
"""Where keys hash to, as the cluster specification says ("Hash tags")."""

from __future__ import annotations

import binascii

HASH_SLOT_COUNT = 16384
"""How many hash slots a cluster has."""


def hash_tag(key: bytes | str) -> tuple[int, int] | None:
    """Offset and length, in bytes, of the part of `key` that is hashed.

    None when there is no hash tag and the whole key is hashed. A `str` stands
    for its UTF-8 bytes. Pure.
    """
    data = key.encode() if isinstance(key, str) else key
    opening = data.find(b"{")
    if opening < 0:
        return None
    length = data.find(b"}", opening + 1) - opening - 1
    return (opening + 1, length) if length > 0 else None


def key_slot(key: bytes | str) -> int:
    """The hash slot of `key`, from 0 to 16383, as CLUSTER KEYSLOT says it.

    A `str` stands for its UTF-8 bytes. Pure.
    """
    data = key.encode() if isinstance(key, str) else key
    tag = hash_tag(data)
    if tag is not None:
        data = data[tag[0] : tag[0] + tag[1]]
    # CRC-16/XMODEM.
    return binascii.crc_hqx(data, 0) % HASH_SLOT_COUNT
