package daemon

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"kioskd/clock"
)

const (
	// refreshEvery is well within the 12 hours that WeChat Pay wants, so that
	// two failures in a row do not matter.
	refreshEvery = 5 * time.Hour
	refreshAgain = 10 * time.Minute // after a failure
	refreshFirst = time.Minute
)

// refresher is a gateway with something that must be fetched now and then,
// such as the provider's certificates. What it has stays good after an error.
type refresher interface {
	Refresh(ctx context.Context) error
}

// refresh keeps a gateway fresh until ctx ends. Machines that start together,
// after a power cut for instance, do not ask together. A row of failures is
// said once.
func refresh(ctx context.Context, g refresher, log *slog.Logger) {
	failed := false
	for wait := rand.N(refreshFirst); clock.Pause(ctx, wait); {
		err := g.Refresh(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failed:
			log.Warn("the provider's certificates were not refreshed; those that are known stay in use", "error", err)
		case err == nil && failed:
			log.Info("the provider's certificates are refreshed again")
		}
		failed = err != nil
		wait = refreshEvery + rand.N(refreshEvery/4)
		if failed {
			wait = refreshAgain + rand.N(refreshAgain/2)
		}
	}
}
