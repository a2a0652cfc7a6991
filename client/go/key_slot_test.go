// SPDX-License-Identifier: Apache-2.0

package slotplanner

import (
	"strings"
	"testing"
)

// Rule A4: agreed with CLUSTER KEYSLOT of a live server.
func TestKeySlotKnowsTheAnswersOfServers(t *testing.T) {
	for key, slot := range map[string]int{
		"": 0, "foo": 12182, "bar": 5061, "hello": 866, "123456789": 12739,
		"user:1": 10778, "user:2": 6777, "user:3": 2648, "{user:1}:profile": 10778,
		"{}": 15257, "{}{a}": 13650, "{}foo": 9500, "foo{}": 5542, "foo{}{bar}": 8363,
		"foo{{bar}}zap": 4015, "foo{bar}{zap}": 5061, "{user1000}.following": 3443,
		"a}{b}c": 3300, "a{b}c}": 3300, "{a": 10276, "}{a}": 15495, "\x00": 0, "\xff\xfe": 3374,
	} {
		if got := KeySlot(key); got != slot {
			t.Errorf("KeySlot(%q) = %d, want %d", key, got, slot)
		}
	}
}

// Rule A2.
func TestHashTagIsBetweenTheFirstBraces(t *testing.T) {
	for key, want := range map[string]string{
		"{a}b": "a", "x{ab}{c}": "ab", "{{a}}": "{a", "}{a}": "a", "a{b}c}": "b",
		"": "", "{}": "", "{}{a}": "", "{a": "", "a}": "",
	} {
		offset, length, ok := HashTag(key)
		if ok != (want != "") || key[offset:offset+length] != want {
			t.Errorf("HashTag(%q) = %d, %d, %v, want %q", key, offset, length, ok, want)
		}
	}
}

// slotBitByBit is rules A1 and A2 without a table.
func slotBitByBit(key string) int {
	if _, tail, ok := strings.Cut(key, "{"); ok {
		if tag, _, ok := strings.Cut(tail, "}"); ok && tag != "" {
			key = tag
		}
	}
	crc := 0
	for i := range len(key) {
		for bit := 7; bit >= 0; bit-- {
			top := crc >> 15 & 1
			crc = crc << 1 & 0xffff
			if top != int(key[i])>>bit&1 {
				crc ^= 0x1021
			}
		}
	}
	return crc & 0x3fff
}

func FuzzKeySlot(f *testing.F) {
	for _, key := range []string{"", "foo", "{a}b", "{}{a}", "\x00\xff{", "}{a}"} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		if got, want := KeySlot(key), slotBitByBit(key); got != want {
			t.Errorf("KeySlot(%q) = %d, want %d", key, got, want)
		}
	})
}
