// SPDX-License-Identifier: Apache-2.0
// The messages of the planner that this package reads and writes, under their
// names in `slotplanner.v1`.
export type { CommandPlan } from './generated/slotplanner/v1/CommandPlan.js';
export type { GetKeyPositionsResponse } from './generated/slotplanner/v1/GetKeyPositionsResponse.js';
export type { HiddenArguments } from './generated/slotplanner/v1/HiddenArguments.js';
export type { KeyLocation } from './generated/slotplanner/v1/KeyLocation.js';
export type { KeyPositions } from './generated/slotplanner/v1/KeyPositions.js';
export type { KeyRange } from './generated/slotplanner/v1/KeyRange.js';
export type { MergeOperation } from './generated/slotplanner/v1/MergeOperation.js';
export type { NodePlan } from './generated/slotplanner/v1/NodePlan.js';
export type { PlanBatchResponse } from './generated/slotplanner/v1/PlanBatchResponse.js';
export type { PlannedCommand } from './generated/slotplanner/v1/PlannedCommand.js';
export type { ReadPreference } from './generated/slotplanner/v1/ReadPreference.js';
export type { Refusal } from './generated/slotplanner/v1/Refusal.js';
export type { Remedy } from './generated/slotplanner/v1/Remedy.js';
export type { SplitPolicy } from './generated/slotplanner/v1/SplitPolicy.js';
export type { Verdict } from './generated/slotplanner/v1/Verdict.js';
