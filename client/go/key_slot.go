// SPDX-License-Identifier: Apache-2.0

package slotplanner

import "strings"

// SlotCount is the number of hash slots of a cluster; the last one is 16383.
// From the cluster specification, "Key distribution model".
const SlotCount = 16384

// CRC-16/XMODEM: polynomial 0x1021, no reflection, initial value and final xor
// 0 (rule A1).
var crc16Table = func() (table [256]uint16) {
	for i := range table {
		crc := uint16(i) << 8
		for range 8 {
			carry := crc&0x8000 != 0
			crc <<= 1
			if carry {
				crc ^= 0x1021
			}
		}
		table[i] = crc
	}
	return table
}()

// KeySlot returns the hash slot of a key, in [0, SlotCount). Only the key's
// hash tag is hashed if it has one (rules A1, A2). Any bytes are a key; the
// empty key is in slot 0.
func KeySlot(key string) int {
	if offset, length, ok := HashTag(key); ok {
		key = key[offset : offset+length]
	}
	var crc uint16
	for i := range len(key) {
		crc = crc<<8 ^ crc16Table[byte(crc>>8)^key[i]]
	}
	return int(crc) % SlotCount
}

// HashTag returns where the hash tag of a key lies, in bytes: what is between
// the first '{' and the first '}' behind it, if that is at least one byte (rule
// A2). ok is false when the whole key is hashed.
func HashTag(key string) (offset, length int, ok bool) {
	open := strings.IndexByte(key, '{')
	if open < 0 {
		return 0, 0, false
	}
	length = strings.IndexByte(key[open+1:], '}')
	if length < 1 {
		return 0, 0, false
	}
	return open + 1, length, true
}
