package workflow

import "context"

// notify tells users something.
func (r *run) notify(ctx context.Context) (result, error) {
	return result{}, nil
}
