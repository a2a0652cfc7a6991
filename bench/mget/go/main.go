// SPDX-License-Identifier: Apache-2.0

// Started by bench/mget/run, which says what the arguments and the lines of
// output are.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/rueidis"
	slotplanner "github.com/slotplanner/slotplanner/client/go"
	"github.com/slotplanner/slotplanner/client/go/goredis"
)

// A way returns the values of keys, in their order.
type way struct {
	name string
	mget func(ctx context.Context, keys []string) ([]string, error)
}

func slotplannerWay(target string) (way, error) {
	planner, err := slotplanner.New(slotplanner.Options{
		Planner: target, Nodes: &goredis.Connector{},
	})
	return way{"slotplanner MGet", func(ctx context.Context, keys []string) ([]string, error) {
		replies, err := planner.MGet(ctx, keys...)
		values := make([]string, len(replies))
		for i, reply := range replies {
			values[i] = string(reply)
		}
		return values, err
	}}, err
}

func goRedisWay(node string) way {
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{node}})
	return way{"go-redis pipeline of GET", func(ctx context.Context, keys []string) ([]string, error) {
		pipeline := client.Pipeline()
		replies := make([]*redis.StringCmd, len(keys))
		for i, key := range keys {
			replies[i] = pipeline.Get(ctx, key)
		}
		_, err := pipeline.Exec(ctx)
		values := make([]string, len(keys))
		for i, reply := range replies {
			values[i] = reply.Val()
		}
		return values, err
	}}
}

func rueidisWay(node string) (way, error) {
	client, err := rueidis.NewClient(rueidis.ClientOption{
		InitAddress: []string{node}, DisableCache: true,
	})
	return way{"rueidis MGet", func(ctx context.Context, keys []string) ([]string, error) {
		replies, err := rueidis.MGet(client, ctx, keys)
		values := make([]string, len(keys))
		for i, key := range keys {
			reply := replies[key]
			if values[i], err = reply.ToString(); err != nil {
				return nil, err
			}
		}
		return values, err
	}}, err
}

// sample returns the mean microseconds that a way takes, over a time.
func sample(ctx context.Context, w way, keys []string, over time.Duration) (float64, error) {
	start := time.Now()
	runs := 0
	for time.Since(start) < over {
		if _, err := w.mget(ctx, keys); err != nil {
			return 0, err
		}
		runs++
	}
	return float64(time.Since(start).Nanoseconds()) / 1000 / float64(runs), nil
}

func check(ctx context.Context, w way, keys []string) error {
	values, err := w.mget(ctx, keys)
	if err != nil {
		return err
	}
	for i, key := range keys {
		if values[i] != "value of "+key {
			return fmt.Errorf("wrong values by %s", w.name)
		}
	}
	return nil
}

func race(ctx context.Context, ways []way, keys []string, rounds int, over time.Duration) error {
	samples := make([][]float64, len(ways))
	for _, w := range ways {
		if err := check(ctx, w, keys); err != nil {
			return err
		}
	}
	for range rounds {
		for i, w := range ways {
			microseconds, err := sample(ctx, w, keys, over)
			if err != nil {
				return err
			}
			samples[i] = append(samples[i], microseconds)
		}
	}
	for i, w := range ways {
		line, err := json.Marshal(map[string]any{
			"keys": len(keys), "way": w.name, "microseconds": samples[i],
		})
		if err != nil {
			return err
		}
		fmt.Println(string(line))
	}
	return nil
}

func run(args []string) error {
	planner, node, keysFile, sizes := args[0], args[1], args[2], args[3]
	rounds, err := strconv.Atoi(args[4])
	if err != nil {
		return err
	}
	milliseconds, err := strconv.Atoi(args[5])
	if err != nil {
		return err
	}
	text, err := os.ReadFile(keysFile)
	if err != nil {
		return err
	}
	allKeys := strings.Fields(string(text))
	ours, err := slotplannerWay(planner)
	if err != nil {
		return err
	}
	rueidis, err := rueidisWay(node)
	if err != nil {
		return err
	}
	ways := []way{ours, goRedisWay(node), rueidis}
	for _, size := range strings.Split(sizes, ",") {
		count, err := strconv.Atoi(size)
		if err != nil {
			return err
		}
		over := time.Duration(milliseconds) * time.Millisecond
		if err := race(context.Background(), ways, allKeys[:count], rounds, over); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}
