module slotplanner/mget

go 1.26.0

require (
	github.com/redis/go-redis/v9 v9.23.0
	github.com/redis/rueidis v1.0.79
	github.com/slotplanner/slotplanner/client/go v0.0.0
)

replace github.com/slotplanner/slotplanner/client/go => ../../../client/go
