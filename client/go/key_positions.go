// SPDX-License-Identifier: Apache-2.0

package slotplanner

import (
	"bytes"
	"strconv"

	v1 "github.com/slotplanner/slotplanner/client/go/slotplannerv1"
)

// A keyPositionsTable says which arguments of which command the planner reads,
// as TopologyService.GetKeyPositions tells; so that all others need not travel.
// Immutable.
type keyPositionsTable struct {
	// By name, in lower case; subcommands by "container|name".
	positions map[string]*v1.KeyPositions
}

func newKeyPositionsTable(response *v1.GetKeyPositionsResponse) *keyPositionsTable {
	table := &keyPositionsTable{positions: make(map[string]*v1.KeyPositions, len(response.GetCommands()))}
	for _, positions := range response.GetCommands() {
		table.positions[positions.GetCommand()] = positions
	}
	return table
}

// lowerASCII leaves all but the letters A to Z as they are.
func lowerASCII(name []byte) string {
	lower := bytes.Clone(name)
	for i, c := range lower {
		if 'A' <= c && c <= 'Z' {
			lower[i] = c + 'a' - 'A'
		}
	}
	return string(lower)
}

// find returns what is listed of a command: of the container, and of the
// subcommand. Each is nil when there is none.
func (t *keyPositionsTable) find(args [][]byte) (command, subcommand *v1.KeyPositions) {
	if len(args) == 0 || bytes.IndexByte(args[0], '|') >= 0 {
		return nil, nil
	}
	name := lowerASCII(args[0])
	command = t.positions[name]
	if command.GetIsContainer() && len(args) > 1 {
		subcommand = t.positions[name+"|"+lowerASCII(args[1])]
	}
	return command, subcommand
}

// lists tells whether the command, and its subcommand if it has one, is in the
// table. An empty command is: there is nothing to know about it.
func (t *keyPositionsTable) lists(args [][]byte) bool {
	command, subcommand := t.find(args)
	if command.GetIsContainer() && len(args) > 1 {
		return subcommand != nil
	}
	return command != nil || len(args) == 0
}

// withoutValues returns the arguments, with an empty one in place of each that
// is not read; of a command that is not listed, all but the name and the
// subcommand.
func (t *keyPositionsTable) withoutValues(args [][]byte) [][]byte {
	masked := make([][]byte, len(args))
	if len(args) == 0 {
		return masked
	}
	masked[0] = args[0]
	command, subcommand := t.find(args)
	positions := command
	if command.GetIsContainer() {
		show(args, masked, 1, 1, 1)
		positions = subcommand
	}
	if positions.GetReadsAll() {
		showAllBut(positions.GetHidden(), args, masked)
	}
	for _, keys := range positions.GetRanges() {
		showRange(keys, args, masked)
	}
	return masked
}

// show lets the arguments from first to last travel, as far as there are any.
func show(args, masked [][]byte, first, last, step int) {
	for i := max(first, 0); i <= min(last, len(args)-1); i += step {
		masked[i] = args[i]
	}
}

// parseKeyCount reads a number of keys as the planner does.
func parseKeyCount(text []byte) (count int, ok bool) {
	if len(text) == 0 || len(text) > 9 || text[0] == '0' && len(text) > 1 {
		return 0, false
	}
	for _, digit := range text {
		if digit < '0' || digit > '9' {
			return 0, false
		}
	}
	count, err := strconv.Atoi(string(text))
	return count, err == nil
}

func showRange(keys *v1.KeyRange, args, masked [][]byte) {
	first, step := int(keys.GetFirst()), max(int(keys.GetStep()), 1)
	behind := first // Behind the keys and what belongs to them.
	if at := int(keys.GetCountIndex()); at != 0 {
		if at < 0 || at >= len(args) {
			return
		}
		masked[at] = args[at]
		count, ok := parseKeyCount(args[at])
		if !ok {
			return
		}
		behind = first + count*step
		if count > 0 && behind > len(args) {
			return
		}
		show(args, masked, first, behind-1, step)
	} else {
		last := int(keys.GetLast())
		if last < 0 {
			last += len(args)
		}
		if last >= first {
			behind = first + ((last-first)/step+1)*step
			show(args, masked, first, last, step)
		}
	}
	if keys.GetReadsBehind() {
		show(args, masked, behind, len(args)-1, 1)
	}
}

// showAllBut lets all arguments travel but those behind the words of hidden.
func showAllBut(hidden []*v1.HiddenArguments, args, masked [][]byte) {
	copy(masked, args)
	for i := 1; i < len(args); i++ {
		for _, h := range hidden {
			if i < int(h.GetFirst()) || !isWord(args[i], h.GetWord()) {
				continue
			}
			if h.GetCount() == 0 {
				return
			}
			for n := int(h.GetCount()); n > 0 && i+1 < len(args); n-- {
				i++
				masked[i] = nil
			}
			break
		}
	}
}
