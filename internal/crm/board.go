package crm

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// BoardQuery selects the cards of one stage of a pipeline.
type BoardQuery struct {
	PipelineID, StageID string
	Status              string // one of OpportunityStatuses; "" is open
	Owner               string // user, "" for everybody's
	Limit               int
}

// BoardStage is what stands in a stage: the first of its cards, and all of them
// added up. Beyond MostCounted it is not counted further: More says so.
type BoardStage struct {
	Cards []Opportunity
	Count int64
	Value float64
	More  bool
}

// MostCounted is how many cards of a stage are added up at most.
const MostCounted = 10000

// Board gives what stands in a stage.
func Board(ctx context.Context, tx *db.Tx, locationID string, q BoardQuery) (*BoardStage, error) {
	if q.Status == "" {
		q.Status = "open"
	}
	where, args := "WHERE location_id = $1 AND pipeline_id = $2 AND stage_id = $3 AND status = $4", []any{locationID, q.PipelineID, q.StageID, q.Status}
	limit := "$5"
	if q.Owner != "" {
		where, limit = where+" AND assigned_to = $5", "$6"
		args = append(args, q.Owner)
	}
	var s BoardStage
	count := "SELECT COUNT(*), COALESCE(SUM(monetary_value), 0) FROM (SELECT monetary_value FROM opportunities " + where + " LIMIT " + limit + ") AS cards"
	if _, err := tx.Get(ctx, []any{&s.Count, &s.Value}, count, append(args[:len(args):len(args)], MostCounted+1)...); err != nil {
		return nil, err
	}
	if s.More = s.Count > MostCounted; s.More {
		s.Count = MostCounted
	}
	var err error
	s.Cards, err = opportunities.All(ctx, tx, where+" ORDER BY board_rank DESC, id DESC LIMIT "+limit, append(args, q.Limit)...)
	return &s, err
}

// rankStep is the room between two cards that came a millisecond apart.
const rankStep = 1 << 20

// rankAt is the rank of a card that comes to a stage at a moment: above all that
// came before.
func rankAt(at time.Time) int64 { return at.UnixMilli() * rankStep }

// MoveOpportunity puts an opportunity into a stage of its pipeline, "" for the one
// it is in, behind another card of that stage: on top for "". NotFound if the
// opportunity or the stage is not there.
func MoveOpportunity(ctx context.Context, tx *db.Tx, by Actor, opportunityID, stageID, behindID string) (*Opportunity, error) {
	old, err := opportunityByID(ctx, tx, by.LocationID, opportunityID, " /*postgres FOR UPDATE*/")
	if err != nil {
		return nil, err
	}
	next := *old
	var to OpportunityChange
	if stageID != "" {
		to.StageID = &stageID
	}
	changes, err := next.apply(ctx, tx, &to)
	if err != nil {
		return nil, err
	}
	if next.BoardRank, err = next.rank(ctx, tx, behindID); err != nil {
		return nil, err
	}
	if len(changes) == 0 && next.BoardRank == old.BoardRank {
		return old, nil
	}
	if len(changes) == 0 {
		changes = []Change{{Field: "boardRank", From: old.BoardRank, To: next.BoardRank}}
	}
	return &next, next.put(ctx, tx, by, changes)
}

// rank finds the place of a card in its stage behind another one, or on top.
func (o *Opportunity) rank(ctx context.Context, tx *db.Tx, behindID string) (int64, error) {
	const stage = "WHERE location_id = $1 AND pipeline_id = $2 AND stage_id = $3 AND status = $4 AND id <> $5"
	args := []any{o.LocationID, o.PipelineID, o.StageID, o.Status, o.ID}
	var top int64
	if _, err := tx.Get(ctx, []any{&top}, "SELECT board_rank FROM opportunities "+stage+" ORDER BY board_rank DESC, id DESC LIMIT 1", args...); err != nil {
		return 0, err
	}
	top = max(top+rankStep, rankAt(tx.Now()))
	above, err := opportunities.One(ctx, tx, "WHERE location_id = $1 AND id = $2", o.LocationID, behindID)
	if err != nil || above == nil || above.ID == o.ID || above.PipelineID != o.PipelineID || above.StageID != o.StageID || above.Status != o.Status {
		return top, err // moved away meanwhile
	}
	below, err := o.below(ctx, tx, above)
	if err != nil || below < above.BoardRank-1 {
		return below + (above.BoardRank-below)/2, err
	}
	if err := o.makeRoom(ctx, tx, above, top); err != nil {
		return 0, err
	}
	return above.BoardRank + 1, nil // all above it have left
}

// below gives the rank of the card that comes behind another one.
func (o *Opportunity) below(ctx context.Context, tx *db.Tx, above *Opportunity) (rank int64, err error) {
	found, err := tx.Get(ctx, []any{&rank}, `SELECT board_rank FROM opportunities WHERE location_id = $1 AND pipeline_id = $2 AND stage_id = $3 AND status = $4 AND id <> $5
		AND board_rank <= $6 AND (board_rank < $6 OR id < $7) ORDER BY board_rank DESC, id DESC LIMIT 1`,
		o.LocationID, o.PipelineID, o.StageID, o.Status, o.ID, above.BoardRank, above.ID)
	if err == nil && !found {
		rank = above.BoardRank - 2*rankStep
	}
	return rank, err
}

// makeRoom lifts a card and those above it, where cards came so close together
// that nothing fits between them. That nobody sees: they keep their order.
func (o *Opportunity) makeRoom(ctx context.Context, tx *db.Tx, from *Opportunity, top int64) error {
	const most = 1000
	list, err := opportunities.All(ctx, tx, `WHERE location_id = $1 AND pipeline_id = $2 AND stage_id = $3 AND status = $4 AND id <> $5
		AND board_rank >= $6 AND (board_rank > $6 OR id >= $7) ORDER BY board_rank, id LIMIT $8`,
		o.LocationID, o.PipelineID, o.StageID, o.Status, o.ID, from.BoardRank, from.ID, most)
	if err != nil {
		return err
	}
	if len(list) == most {
		return errs.New(errs.Invalid, "There are too many cards above it: move it to the top")
	}
	for i := range list {
		if err := tx.Do(ctx, "UPDATE opportunities SET board_rank = $1 WHERE location_id = $2 AND id = $3", top+int64(i)*rankStep, o.LocationID, list[i].ID); err != nil {
			return err
		}
	}
	return nil
}
