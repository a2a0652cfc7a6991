// SPDX-License-Identifier: Apache-2.0

package slotplanner

import (
	"strings"
	"testing"

	v1 "github.com/slotplanner/slotplanner/client/go/slotplannerv1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// getAndSplitDel is a good plan for GET a; DEL b c.
func getAndSplitDel() *ranBatch {
	return (&ranBatch{}).read("GET a").part(1, applied("x")).
		command("DEL b c", sameState, split, mergeSum).
		part(2, applied(int64(1)), 0, 1).part(3, applied(int64(1)), 0, 2)
}

func TestResolvePlanGivesThePartsInOrder(t *testing.T) {
	b := getAndSplitDel()
	b.plan.Literals = [][]byte{[]byte("L")}
	b.plan.Stages[0].NodePlans[2].Commands[0].ArgIndexes = []int32{0, -1, 2}
	stages, err := resolvePlan(b.request.GetCommands(), &b.plan)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, part := range stages[0] {
		words := make([]string, len(part.args))
		for i, arg := range part.args {
			words[i] = string(arg)
		}
		got = append(got, strings.Join(words, " "))
	}
	expectEqual(t, got, []string{"GET a", "DEL b", "DEL L c"})
	expectEqual(t, stages[0][0].argIndexes, []int(nil))
	expectEqual(t, stages[0][2].argIndexes, []int{2})
}

func TestResolvePlanRefusesWhatIsNoPlanOfTheCommands(t *testing.T) {
	for name, spoil := range map[string]func(*ranBatch){
		"no such command":         func(b *ranBatch) { commandsOf(b)[0].CommandIndex = 2 },
		"a negative command":      func(b *ranBatch) { commandsOf(b)[0].CommandIndex = -1 },
		"no such argument":        func(b *ranBatch) { commandsOf(b)[1].ArgIndexes = []int32{0, 3} },
		"no such literal":         func(b *ranBatch) { commandsOf(b)[1].ArgIndexes = []int32{0, -1} },
		"the last literal of all": func(b *ranBatch) { commandsOf(b)[1].ArgIndexes = []int32{-1 << 31} },
		"a part twice":            func(b *ranBatch) { commandsOf(b)[2].PartIndex = 0 },
		"a part without a place":  func(b *ranBatch) { commandsOf(b)[2].PartIndex = 2 },
		"a negative part":         func(b *ranBatch) { commandsOf(b)[2].PartIndex = -1 },
		"a part missing":          func(b *ranBatch) { b.plan.CommandPlans[0].PartCount = 2 },
		"no parts":                func(b *ranBatch) { b.plan.Stages = nil },
		"parts of a refusal":      func(b *ranBatch) { b.plan.CommandPlans[0].Verdict = v1.Verdict_VERDICT_REFUSED },
		"other commands":          func(b *ranBatch) { b.request.Commands = b.request.Commands[:1] },
		"no host":                 func(b *ranBatch) { b.plan.Stages[0].NodePlans[0].Node.Host = "" },
		"no node":                 func(b *ranBatch) { b.plan.Stages[0].NodePlans[0].Node = nil },
		"no port":                 func(b *ranBatch) { b.plan.Stages[0].NodePlans[0].Node.Port = 0 },
		"a large port":            func(b *ranBatch) { b.plan.Stages[0].NodePlans[0].Node.Port = 65536 },
		"an empty command":        func(b *ranBatch) { b.request.Commands[0].Args = nil },
	} {
		b := getAndSplitDel()
		spoil(b)
		_, err := resolvePlan(b.request.GetCommands(), &b.plan)
		if status.Code(err) != codes.InvalidArgument {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func commandsOf(b *ranBatch) []*v1.PlannedCommand {
	var commands []*v1.PlannedCommand
	for _, nodePlan := range b.plan.Stages[0].NodePlans {
		commands = append(commands, nodePlan.Commands...)
	}
	return commands
}

func TestResolvePlanRefusesWhatItCouldNotMerge(t *testing.T) {
	b := getAndSplitDel()
	b.plan.CommandPlans[1].Merge.Operation = 99
	_, err := resolvePlan(b.request.GetCommands(), &b.plan)
	expectEqual(t, status.Convert(err).Message(), "Merge operation 99 is not known to this client; nothing was sent.")
	expectEqual(t, status.Code(err), codes.Unimplemented)
}

// Rule D3.
func TestATransactionIsOneDelivery(t *testing.T) {
	for words, want := range map[string]string{
		"GET a,GET b":                             "command:GET command:GET",
		"MULTI,GET a,EXEC":                        "transaction(0):MULTI,GET,EXEC",
		"multi,discard":                           "transaction(0):multi,discard",
		"WATCH a,GET b,MULTI,EXEC,GET c":          "command:GET transaction(1):WATCH,MULTI,EXEC command:GET",
		"WATCH a,WATCH b,MULTI,EXEC,WATCH c":      "transaction(2):WATCH,WATCH,MULTI,EXEC watch:WATCH",
		"WATCH a,UNWATCH,MULTI,EXEC":              "watch:WATCH unwatch:UNWATCH transaction(0):MULTI,EXEC",
		"MULTI,GET a":                             "refused",
		"EXEC":                                    "refused",
		"GET a,DISCARD":                           "refused",
		"MULTI,GET a,EXEC,EXEC":                   "refused",
		"SET MULTI EXEC,MULTI,EXEC,MULTI,DISCARD": "command:SET transaction(0):MULTI,EXEC transaction(0):MULTI,DISCARD",
	} {
		b := &ranBatch{}
		for _, command := range strings.Split(words, ",") {
			b.write(command).part(1, applied("OK"))
		}
		expectEqual(t, words+" -> "+deliveriesOf(t, b), words+" -> "+want)
	}
}

func TestATransactionOverTwoNodesIsRefused(t *testing.T) {
	b := (&ranBatch{}).write("MULTI").partOn(1, 1, applied("OK")).write("EXEC").partOn(2, 1, applied("OK"))
	expectEqual(t, deliveriesOf(t, b), "refused")
}

func deliveriesOf(t *testing.T, b *ranBatch) string {
	t.Helper()
	stages, err := resolvePlan(b.request.GetCommands(), &b.plan)
	if err != nil {
		t.Fatal(err)
	}
	grouped, err := groupIntoDeliveries(stages)
	if err != nil {
		expectEqual(t, status.Code(err), codes.InvalidArgument)
		return "refused"
	}
	var names []string
	for _, d := range grouped.all {
		var words []string
		for _, part := range d.parts {
			words = append(words, string(part.args[0]))
		}
		kind := map[deliveryKind]string{oneCommand: "command", watchAlone: "watch", unwatch: "unwatch",
			transaction: "transaction(" + string(rune('0'+d.watchCount)) + ")"}[d.kind]
		names = append(names, kind+":"+strings.Join(words, ","))
	}
	return strings.Join(names, " ")
}

// Whatever the planner answers, nothing panics; what is sent is what the plan
// says, once each; and what is planned again is a part of it.
func FuzzResolvePlan(f *testing.F) {
	add := func(b *ranBatch) {
		request, err := proto.Marshal(&b.request)
		if err != nil {
			f.Fatal(err)
		}
		plan, err := proto.Marshal(&b.plan)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(request, plan, []byte{0, 1, 2, 3, 4, 5})
	}
	add(getAndSplitDel())
	add((&ranBatch{}).write("WATCH a").part(1, applied("OK")).write("MULTI").part(1, applied("OK")).
		write("GET a").part(1, applied("QUEUED")).write("EXEC").part(1, applied([]any{})))
	add((&ranBatch{}).command("FLUSHALL", sameState, fanOut, mergeAllSucceeded).part(-1, notSent()).part(-1, notSent()).
		refused("RENAME a b", "no").command("WAIT 1 0", unsafe, fanOut, mergeMin).part(-1, applied(int64(0))))
	f.Fuzz(func(t *testing.T, requestBytes, planBytes, outcomes []byte) {
		request, plan := &v1.PlanBatchRequest{}, &v1.PlanBatchResponse{}
		if proto.Unmarshal(requestBytes, request) != nil || proto.Unmarshal(planBytes, plan) != nil {
			return
		}
		stages, err := resolvePlan(request.GetCommands(), plan)
		if err != nil {
			return
		}
		grouped, err := groupIntoDeliveries(stages)
		if err != nil {
			return
		}
		sent, parts := map[*plannedPart]int{}, 0
		for _, stage := range grouped.stages {
			for _, step := range stage {
				for _, part := range step.delivery.parts[step.first:step.end] {
					sent[part]++
				}
			}
		}
		results := make([]commandResult, len(plan.GetCommandPlans()))
		for i, commandPlan := range plan.GetCommandPlans() {
			for range commandPlan.GetPartCount() {
				came := []Part{applied("OK"), failed("MOVED 1 n:1"), failed("ERR"), notSent(), unknown()}
				choice := 0
				if len(outcomes) > 0 {
					choice, outcomes = int(outcomes[0])%len(came), outcomes[1:]
				}
				results[i].parts = append(results[i].parts, came[choice])
				parts++
			}
			results[i] = conclude(commandPlan, results[i].parts)
		}
		for _, stage := range stages {
			for _, part := range stage {
				if sent[part] != 1 {
					t.Fatalf("command %d part %d is sent %d times", part.commandIndex, part.partIndex, sent[part])
				}
				parts--
			}
		}
		if parts != 0 {
			t.Fatalf("%d parts are not in the plan", parts)
		}
		progress := newBatchProgress(request)
		progress.take(plan, executionResult{commands: results})
		if again := progress.request.GetCommands(); len(again) > len(sent) {
			t.Fatalf("%d commands of %d parts are planned again", len(again), len(sent))
		}
		progress.finish()
	})
}
