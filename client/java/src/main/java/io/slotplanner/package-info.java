// SPDX-License-Identifier: Apache-2.0
/**
 * A client of Redis and Valkey Clusters for which a slotplanner server makes the plans. {@link
 * io.slotplanner.SlotPlanner} is where to begin.
 */
package io.slotplanner;
