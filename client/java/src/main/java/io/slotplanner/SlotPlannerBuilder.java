// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import io.grpc.ChannelCredentials;
import io.grpc.InsecureChannelCredentials;
import io.grpc.TlsChannelCredentials;
import java.io.File;
import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;

/** Makes a {@link SlotPlanner}. Not thread-safe. */
public final class SlotPlannerBuilder {
  String target = "127.0.0.1:50051";
  ChannelCredentials credentials = InsecureChannelCredentials.create();
  String serverName = "";
  String bearerToken = "";
  ExecuteOptions defaults = ExecuteOptions.DEFAULTS;
  UnaryOperator<Endpoint> addressMap = UnaryOperator.identity();
  private final JedisConnector.Options nodes = new JedisConnector.Options();
  private NodeConnector nodeConnector;

  SlotPlannerBuilder() {}

  /**
   * Sets where the planner is.
   *
   * @param newTarget <code>host:port</code>, whose addresses are all used in turn, or any other
   *     target in gRPC's notation with its scheme, such as <code>unix:PATH</code>; <code>
   *     127.0.0.1:50051</code> by default
   * @return this
   */
  public SlotPlannerBuilder planner(String newTarget) {
    target = Objects.requireNonNull(newTarget);
    return this;
  }

  /**
   * Sets how to connect to the planner.
   *
   * @param newCredentials such as <code>TlsChannelCredentials</code>; plain TCP by default
   * @return this
   */
  public SlotPlannerBuilder plannerCredentials(ChannelCredentials newCredentials) {
    credentials = Objects.requireNonNull(newCredentials);
    return this;
  }

  /**
   * Connects to the planner by TLS.
   *
   * @param rootCertificates a file in PEM: who may have signed the planner's certificate
   * @return this
   * @throws IOException when the file cannot be read
   */
  public SlotPlannerBuilder plannerTls(File rootCertificates) throws IOException {
    return plannerCredentials(
        TlsChannelCredentials.newBuilder().trustManager(rootCertificates).build());
  }

  /**
   * Connects to the planner by TLS with a certificate of the client.
   *
   * @param rootCertificates a file in PEM: who may have signed the planner's certificate
   * @param certificateChain a file in PEM: who the client is
   * @param privateKey a file in PEM: the key of that certificate
   * @return this
   * @throws IOException when a file cannot be read
   */
  public SlotPlannerBuilder plannerTls(
      File rootCertificates, File certificateChain, File privateKey) throws IOException {
    return plannerCredentials(
        TlsChannelCredentials.newBuilder()
            .trustManager(rootCertificates)
            .keyManager(certificateChain, privateKey)
            .build());
  }

  /**
   * Sets the name that the planner's certificate must have.
   *
   * @param newServerName that of the target by default
   * @return this
   */
  public SlotPlannerBuilder plannerServerName(String newServerName) {
    serverName = Objects.requireNonNull(newServerName);
    return this;
  }

  /**
   * Sets what is sent with each call to the planner as <code>authorization: Bearer ...</code>. Over
   * plain TCP it can be read on the way.
   *
   * @param newBearerToken none, which is empty, by default
   * @return this
   */
  public SlotPlannerBuilder bearerToken(String newBearerToken) {
    bearerToken = Objects.requireNonNull(newBearerToken);
    return this;
  }

  /**
   * Sets how long a call may take that is given no options.
   *
   * @param newTimeout more than nothing, at most a year; 5 s by default
   * @return this
   * @throws IllegalArgumentException when it is not
   */
  public SlotPlannerBuilder timeout(Duration newTimeout) {
    defaults = defaults.withTimeout(newTimeout);
    return this;
  }

  /**
   * Sets the cluster of calls that are given no options.
   *
   * @param newCluster its name at the planner; empty, as by default, means the default cluster
   * @return this
   */
  public SlotPlannerBuilder cluster(String newCluster) {
    defaults = defaults.withCluster(newCluster);
    return this;
  }

  /**
   * Sets which nodes serve what only reads.
   *
   * @param newReadPreference the primary by default
   * @return this
   */
  public SlotPlannerBuilder readPreference(ReadPreference newReadPreference) {
    defaults = defaults.withReadPreference(newReadPreference);
    return this;
  }

  /**
   * Sets where the client is, for {@link ReadPreference#NEAREST}.
   *
   * @param newClientZone an availability zone; empty, as by default, when unknown
   * @return this
   */
  public SlotPlannerBuilder clientZone(String newClientZone) {
    defaults = defaults.withClientZone(newClientZone);
    return this;
  }

  /**
   * Sets what may be done to commands whose keys are in several slots.
   *
   * @param newSplitPolicy {@link SplitPolicy#SPLIT} by default
   * @return this
   */
  public SlotPlannerBuilder splitPolicy(SplitPolicy newSplitPolicy) {
    defaults = defaults.withSplitPolicy(newSplitPolicy);
    return this;
  }

  /**
   * Sets as whom to log in to nodes.
   *
   * @param newUser an ACL user; empty, as by default, means the default user
   * @return this
   */
  public SlotPlannerBuilder nodeUser(String newUser) {
    nodes.user = Objects.requireNonNull(newUser);
    return this;
  }

  /**
   * Sets the password of the nodes.
   *
   * @param newPassword none by default: then none is sent
   * @return this
   */
  public SlotPlannerBuilder nodePassword(String newPassword) {
    Objects.requireNonNull(newPassword);
    return nodePassword(() -> newPassword);
  }

  /**
   * Sets where the password of the nodes is looked up, for each new connection.
   *
   * @param newPassword called by any thread that needs a connection; when it throws, none is made
   * @return this
   */
  public SlotPlannerBuilder nodePassword(Supplier<String> newPassword) {
    nodes.password = Objects.requireNonNull(newPassword);
    return this;
  }

  /**
   * Connects to the nodes by TLS, with certificates that have the hosts which the cluster
   * announces.
   *
   * @param context with the trusted certificates and, where nodes ask for one, the client's own;
   *     plain TCP by default
   * @return this
   */
  public SlotPlannerBuilder nodeTls(SSLContext context) {
    return nodeTls(context, true);
  }

  /**
   * Connects to the nodes by TLS.
   *
   * @param context with the trusted certificates and, where nodes ask for one, the client's own
   * @param verifyHostnames whether a node's certificate must have the host that the cluster
   *     announces
   * @return this
   */
  public SlotPlannerBuilder nodeTls(SSLContext context, boolean verifyHostnames) {
    nodes.tls = Objects.requireNonNull(context);
    nodes.verifiesHostnames = verifyHostnames;
    return this;
  }

  /**
   * Sets how long one node may take to accept a connection, the login included.
   *
   * @param newTimeout more than nothing, at most a year; 1 s by default
   * @return this
   * @throws IllegalArgumentException when it is not
   */
  public SlotPlannerBuilder nodeConnectTimeout(Duration newTimeout) {
    ExecuteOptions.checkTimeout(newTimeout);
    nodes.connectTimeout = newTimeout;
    return this;
  }

  /**
   * Sets where to find the nodes that redirections name, for clusters behind address translation.
   *
   * @param newAddressMap from what nodes announce to what to connect to; called by any thread
   * @return this
   */
  public SlotPlannerBuilder addressMap(UnaryOperator<Endpoint> newAddressMap) {
    addressMap = Objects.requireNonNull(newAddressMap);
    return this;
  }

  /**
   * Connects to nodes by another driver than Jedis. What the other methods say of nodes, but for
   * {@link #addressMap}, means nothing then.
   *
   * @param newConnector makes the connections
   * @return this
   */
  public SlotPlannerBuilder nodeConnector(NodeConnector newConnector) {
    nodeConnector = Objects.requireNonNull(newConnector);
    return this;
  }

  /**
   * Makes the client, which connects at the first call, not before.
   *
   * @return the client, to be closed
   */
  public SlotPlanner build() {
    return new SlotPlanner(this);
  }

  NodeConnector makeNodeConnector() {
    return nodeConnector != null ? nodeConnector : new JedisConnector(nodes.copy());
  }
}
