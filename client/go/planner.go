// SPDX-License-Identifier: Apache-2.0

package slotplanner

import (
	"context"
	"crypto/tls"
	"time"

	v1 "github.com/slotplanner/slotplanner/client/go/slotplannerv1"
	"google.golang.org/grpc"
	grpcbackoff "google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
)

// A planner is what this package needs of a slotplanner server.
type planner interface {
	// PlanBatch fails with UNAVAILABLE when the same call may succeed in a moment.
	PlanBatch(context.Context, *v1.PlanBatchRequest, ...grpc.CallOption) (*v1.PlanBatchResponse, error)
	GetKeyPositions(context.Context, *v1.GetKeyPositionsRequest, ...grpc.CallOption) (*v1.GetKeyPositionsResponse, error)
	ReportRedirection(context.Context, *v1.ReportRedirectionRequest, ...grpc.CallOption) (*v1.ReportRedirectionResponse, error)
}

// A grpcPlanner is a planner over a gRPC connection.
type grpcPlanner struct {
	v1.SlotPlannerServiceClient
	v1.TopologyServiceClient
}

// Room for a plan of a million keys.
const maxMessageBytes = 64 << 20

// A call that finds the server UNAVAILABLE is made again, four times in all,
// after 0.1 s to 1 s, at the next of the target's addresses.
const serviceConfig = `{
  "loadBalancingConfig": [{"round_robin": {}}],
  "methodConfig": [{
    "name": [{"service": "slotplanner.v1.SlotPlannerService"},
             {"service": "slotplanner.v1.TopologyService"}],
    "retryPolicy": {
      "maxAttempts": 4,
      "initialBackoff": "0.1s",
      "maxBackoff": "1s",
      "backoffMultiplier": 2,
      "retryableStatusCodes": ["UNAVAILABLE"]
    }
  }]
}`

// dialPlanner makes the gRPC connection, which connects at the first call.
func dialPlanner(target string, tlsConfig *tls.Config, token string, more []grpc.DialOption) (*grpc.ClientConn, error) {
	transport := insecure.NewCredentials()
	if tlsConfig != nil {
		transport = credentials.NewTLS(tlsConfig)
	}
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(transport),
		grpc.WithDefaultServiceConfig(serviceConfig),
		grpc.WithMaxCallAttempts(4),
		grpc.WithDefaultCallOptions(
			grpc.MaxCallRecvMsgSize(maxMessageBytes),
			grpc.MaxCallSendMsgSize(maxMessageBytes),
			// A request that outgrows this buffer (256 KiB by default) is never
			// retried.
			grpc.MaxRetryRPCBufferSize(maxMessageBytes)),
		// Notices within 20 s that nobody is there. The server allows one ping
		// every 10 s.
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 15 * time.Second, Timeout: 5 * time.Second}),
		// The defaults wait up to two minutes for a server that was away.
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff: grpcbackoff.Config{
				BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 2 * time.Second,
			},
			MinConnectTimeout: 5 * time.Second,
		}),
	}
	if token != "" {
		authorization := "Bearer " + token
		options = append(options, grpc.WithChainUnaryInterceptor(
			func(ctx context.Context, method string, request, response any, conn *grpc.ClientConn,
				invoke grpc.UnaryInvoker, callOptions ...grpc.CallOption) error {
				ctx = metadata.AppendToOutgoingContext(ctx, "authorization", authorization)
				return invoke(ctx, method, request, response, conn, callOptions...)
			}))
	}
	return grpc.NewClient(target, append(options, more...)...)
}
