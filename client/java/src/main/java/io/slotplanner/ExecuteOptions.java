// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import java.time.Duration;
import java.util.Objects;

/**
 * How one call is planned and run. Immutable: each <code>with</code> method returns a changed copy.
 */
public final class ExecuteOptions {
  private final Duration timeout;
  private final String cluster;
  private final ReadPreference readPreference;
  private final String clientZone;
  private final SplitPolicy splitPolicy;

  private ExecuteOptions(
      Duration timeout,
      String cluster,
      ReadPreference readPreference,
      String clientZone,
      SplitPolicy splitPolicy) {
    this.timeout = timeout;
    this.cluster = Objects.requireNonNull(cluster);
    this.readPreference = Objects.requireNonNull(readPreference);
    this.clientZone = Objects.requireNonNull(clientZone);
    this.splitPolicy = Objects.requireNonNull(splitPolicy);
  }

  static final ExecuteOptions DEFAULTS =
      new ExecuteOptions(Duration.ofSeconds(5), "", ReadPreference.PRIMARY, "", SplitPolicy.SPLIT);

  /**
   * Sets how long the call may take, with all that is tried again.
   *
   * @param newTimeout more than nothing, at most a year; 5 s by default
   * @return the changed copy
   * @throws IllegalArgumentException when it is not
   */
  public ExecuteOptions withTimeout(Duration newTimeout) {
    checkTimeout(newTimeout);
    return new ExecuteOptions(newTimeout, cluster, readPreference, clientZone, splitPolicy);
  }

  static void checkTimeout(Duration timeout) {
    if (timeout.isZero() || timeout.isNegative() || timeout.toDays() > 365) {
      throw new IllegalArgumentException("A timeout is more than nothing and at most a year.");
    }
  }

  /**
   * Sets the cluster.
   *
   * @param newCluster its name at the planner; empty, as by default, means the default cluster
   * @return the changed copy
   */
  public ExecuteOptions withCluster(String newCluster) {
    return new ExecuteOptions(timeout, newCluster, readPreference, clientZone, splitPolicy);
  }

  /**
   * Sets which nodes serve what only reads.
   *
   * @param newReadPreference the primary by default
   * @return the changed copy
   */
  public ExecuteOptions withReadPreference(ReadPreference newReadPreference) {
    return new ExecuteOptions(timeout, cluster, newReadPreference, clientZone, splitPolicy);
  }

  /**
   * Sets where the caller is, for {@link ReadPreference#NEAREST}.
   *
   * @param newClientZone an availability zone; empty, as by default, when unknown
   * @return the changed copy
   */
  public ExecuteOptions withClientZone(String newClientZone) {
    return new ExecuteOptions(timeout, cluster, readPreference, newClientZone, splitPolicy);
  }

  /**
   * Sets what may be done to commands whose keys are in several slots.
   *
   * @param newSplitPolicy {@link SplitPolicy#SPLIT} by default
   * @return the changed copy
   */
  public ExecuteOptions withSplitPolicy(SplitPolicy newSplitPolicy) {
    return new ExecuteOptions(timeout, cluster, readPreference, clientZone, newSplitPolicy);
  }

  /**
   * How long the call may take.
   *
   * @return more than nothing
   */
  public Duration timeout() {
    return timeout;
  }

  /**
   * The name of the cluster.
   *
   * @return empty for the default cluster
   */
  public String cluster() {
    return cluster;
  }

  /**
   * Which nodes serve what only reads.
   *
   * @return the preference
   */
  public ReadPreference readPreference() {
    return readPreference;
  }

  /**
   * Where the caller is.
   *
   * @return empty when unknown
   */
  public String clientZone() {
    return clientZone;
  }

  /**
   * What may be done to commands whose keys are in several slots.
   *
   * @return the policy
   */
  public SplitPolicy splitPolicy() {
    return splitPolicy;
  }
}
