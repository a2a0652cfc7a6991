// SPDX-License-Identifier: Apache-2.0

package slotplanner

import (
	"context"
	"fmt"
	"strconv"
)

// NewCommand makes a command of a name and arguments, which are strings, byte
// slices, integers or floats.
func NewCommand(args ...any) (Command, error) { return commandFrom(args) }

func commandFrom(args []any) (Command, error) {
	command := make(Command, len(args))
	for i, arg := range args {
		var ok bool
		if command[i], ok = bytesOf(arg); !ok {
			return nil, fmt.Errorf("slotplanner: argument %d is a %T, not a string, []byte, integer or float", i, arg)
		}
	}
	return command, nil
}

func bytesOf(arg any) ([]byte, bool) {
	switch value := arg.(type) {
	case string:
		return []byte(value), true
	case []byte:
		return value, true
	case int:
		return strconv.AppendInt(nil, int64(value), 10), true
	case int8:
		return strconv.AppendInt(nil, int64(value), 10), true
	case int16:
		return strconv.AppendInt(nil, int64(value), 10), true
	case int32:
		return strconv.AppendInt(nil, int64(value), 10), true
	case int64:
		return strconv.AppendInt(nil, value, 10), true
	case uint:
		return strconv.AppendUint(nil, uint64(value), 10), true
	case uint8:
		return strconv.AppendUint(nil, uint64(value), 10), true
	case uint16:
		return strconv.AppendUint(nil, uint64(value), 10), true
	case uint32:
		return strconv.AppendUint(nil, uint64(value), 10), true
	case uint64:
		return strconv.AppendUint(nil, value, 10), true
	case float32:
		return strconv.AppendFloat(nil, float64(value), 'f', -1, 32), true
	case float64:
		return strconv.AppendFloat(nil, value, 'f', -1, 64), true
	}
	return nil, false
}

// MGet returns the values of keys, in their order; nil for a key that does not
// exist or holds no string. Keys in several slots are not read at one moment.
func (c *Client) MGet(ctx context.Context, keys ...string) ([][]byte, error) {
	reply, err := c.doKeys(ctx, "MGET", keys)
	if err != nil {
		return nil, err
	}
	elements, ok := reply.([]any)
	if !ok || len(elements) != len(keys) {
		return nil, unexpectedReply("MGET")
	}
	values := make([][]byte, len(elements))
	for i, element := range elements {
		switch value := element.(type) {
		case nil:
		case string:
			values[i] = []byte(value)
		default:
			return nil, unexpectedReply("MGET")
		}
	}
	return values, nil
}

// MSet sets keys to values: key, value, key, value and so on, as Do takes
// arguments. Keys in several slots are not set at one moment.
func (c *Client) MSet(ctx context.Context, keysAndValues ...any) error {
	_, err := c.Do(ctx, append([]any{"MSET"}, keysAndValues...)...)
	return err
}

// Del removes keys and returns how many there were.
func (c *Client) Del(ctx context.Context, keys ...string) (int64, error) {
	return c.countOf(ctx, "DEL", keys)
}

// Unlink removes keys, frees their memory later, and returns how many there
// were.
func (c *Client) Unlink(ctx context.Context, keys ...string) (int64, error) {
	return c.countOf(ctx, "UNLINK", keys)
}

// Exists returns how many of the keys exist; one that is given twice counts
// twice.
func (c *Client) Exists(ctx context.Context, keys ...string) (int64, error) {
	return c.countOf(ctx, "EXISTS", keys)
}

// Touch makes keys recently used and returns how many exist.
func (c *Client) Touch(ctx context.Context, keys ...string) (int64, error) {
	return c.countOf(ctx, "TOUCH", keys)
}

func (c *Client) doKeys(ctx context.Context, name string, keys []string) (any, error) {
	args := make([]any, 1, 1+len(keys))
	args[0] = name
	for _, key := range keys {
		args = append(args, key)
	}
	return c.Do(ctx, args...)
}

func (c *Client) countOf(ctx context.Context, name string, keys []string) (int64, error) {
	reply, err := c.doKeys(ctx, name, keys)
	if err != nil {
		return 0, err
	}
	count, ok := reply.(int64)
	if !ok {
		return 0, unexpectedReply(name)
	}
	return count, nil
}

func unexpectedReply(name string) error {
	return fmt.Errorf("slotplanner: the reply to %s has an unexpected type", name)
}
