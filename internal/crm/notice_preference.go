package crm

import (
	"context"
	"slices"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// Preference is how a user is told of a kind of thing in a location.
type Preference struct {
	LocationID string `json:"-"`
	UserID     string `json:"-"`
	Kind       string `json:"kind"`
	Way        string `json:"by"`
	Title      string `json:"title"`
	Usual      string `json:"usual"` // the way of who chose none
}

var preferences = db.NewTable("notification_preferences", []string{"location_id", "user_id", "kind"}, func(p *Preference) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &p.LocationID}, {Name: "user_id", At: &p.UserID}, {Name: "kind", At: &p.Kind}, {Name: "way", At: &p.Way},
	}
})

// Preferences gives how a user is told of each kind of thing in a location.
func Preferences(ctx context.Context, tx *db.Tx, locationID, userID string) (list []Preference, err error) {
	for _, k := range NoticeKinds() {
		way, err := wayOf(ctx, tx, locationID, userID, &k)
		if err != nil {
			return nil, err
		}
		list = append(list, Preference{LocationID: locationID, UserID: userID, Kind: k.Kind, Way: way, Title: k.Title, Usual: k.Usual})
	}
	return list, nil
}

// wayOf gives how a user is told of a kind of thing. That a new lead comes by
// e-mail is the membership's to say.
func wayOf(ctx context.Context, tx *db.Tx, locationID, userID string, k *NoticeKind) (string, error) {
	if k.Kind == NewLead {
		m, err := memberships.One(ctx, tx, "WHERE location_id = $1 AND user_id = $2", locationID, userID)
		if err != nil {
			return "", err
		}
		if m != nil && m.NotifyNewLeads {
			return ByEmail, nil
		}
	}
	p, err := preferences.One(ctx, tx, "WHERE location_id = $1 AND user_id = $2 AND kind = $3", locationID, userID, k.Kind)
	if err != nil || p == nil {
		return k.Usual, err
	}
	return p.Way, nil
}

// SetPreference says how a user is to be told of a kind of thing in the Actor's
// location. Invalid for a kind or way that there is not, NotFound for a user who
// does not work there.
func SetPreference(ctx context.Context, tx *db.Tx, by Actor, userID, kind, way string) error {
	k, ok := NoticeKindNamed(kind)
	if !ok {
		return errs.InvalidFields(errs.Field{Name: "kind", Rule: "choice"})
	}
	if !slices.Contains(Ways(), way) {
		return errs.InvalidFields(errs.Field{Name: kind, Rule: "choice"})
	}
	m, err := membership(ctx, tx, by.LocationID, userID)
	if err != nil {
		return err
	}
	old, err := wayOf(ctx, tx, by.LocationID, userID, &k)
	if err != nil || old == way {
		return err
	}
	p := &Preference{LocationID: by.LocationID, UserID: userID, Kind: kind, Way: way}
	if kind == NewLead {
		m.NotifyNewLeads = way == ByEmail
		if err := memberships.Update(ctx, tx, m); err != nil {
			return err
		}
	}
	if way == k.Usual || kind == NewLead && way == ByEmail {
		err = tx.Do(ctx, "DELETE FROM notification_preferences WHERE location_id = $1 AND user_id = $2 AND kind = $3", by.LocationID, userID, kind)
	} else {
		err = preferences.Put(ctx, tx, p)
	}
	if err != nil {
		return err
	}
	return emit(ctx, tx, by, "preference.updated", "", userID, EventData{Kind: kind, Changes: []Change{{Field: "by", From: old, To: way}}})
}

func membership(ctx context.Context, tx *db.Tx, locationID, userID string) (*Membership, error) {
	m, err := memberships.One(ctx, tx, "WHERE location_id = $1 AND user_id = $2", locationID, userID)
	if err == nil && m == nil {
		err = errs.New(errs.NotFound, "there is no user %s in this location", userID)
	}
	return m, err
}

// leadWays gives who is told of new leads, and how.
func leadWays(ctx context.Context, tx *db.Tx, locationID string) (list []Preference, err error) {
	const query = `SELECT m.user_id, CASE WHEN m.notify_new_leads THEN 'email' ELSE p.way END FROM memberships m
		LEFT JOIN notification_preferences p ON p.location_id = m.location_id AND p.user_id = m.user_id AND p.kind = 'new_lead'
		WHERE m.location_id = $1 AND (m.notify_new_leads OR p.way <> 'none') ORDER BY m.user_id`
	var p Preference
	err = tx.Each(ctx, []any{&p.UserID, &p.Way}, func() error {
		list = append(list, p)
		return nil
	}, query, locationID)
	return list, err
}

// DigestHour gives the hour of the day at which a user gets the digest of a
// location, and in which zone: the user's, or else the location's. NotFound for
// a user who does not work there.
func DigestHour(ctx context.Context, tx *db.Tx, locationID, userID string) (hour int, zone *time.Location, err error) {
	if _, err := membership(ctx, tx, locationID, userID); err != nil {
		return 0, nil, err
	}
	if _, err := tx.Get(ctx, []any{&hour}, "SELECT digest_hour FROM memberships WHERE location_id = $1 AND user_id = $2", locationID, userID); err != nil {
		return 0, nil, err
	}
	u, err := UserByID(ctx, tx, userID)
	if err != nil {
		return 0, nil, err
	}
	l, err := LocationByID(ctx, tx, locationID)
	if err != nil {
		return 0, nil, err
	}
	for _, name := range []string{u.Timezone, l.Timezone} {
		if zone, err := time.LoadLocation(name); err == nil && name != "" && name != "Local" {
			return hour, zone, nil
		}
	}
	return hour, time.UTC, nil
}

// SetDigestHour sets the hour of the day, 0 to 23, at which a user gets the digest
// of the Actor's location. NotFound for a user who does not work there.
func SetDigestHour(ctx context.Context, tx *db.Tx, by Actor, userID string, hour int) error {
	if hour < 0 || hour > 23 {
		return errs.InvalidFields(errs.Field{Name: "digestHour", Rule: "max", Limit: 23})
	}
	old, _, err := DigestHour(ctx, tx, by.LocationID, userID)
	if err != nil || old == hour {
		return err
	}
	if err := tx.Do(ctx, "UPDATE memberships SET digest_hour = $3 WHERE location_id = $1 AND user_id = $2", by.LocationID, userID, hour); err != nil {
		return err
	}
	if err := emit(ctx, tx, by, "preference.updated", "", userID, EventData{Kind: "digest", Changes: []Change{{Field: "hour", From: old, To: hour}}}); err != nil {
		return err
	}
	waits, err := Digest(ctx, tx, by.LocationID, userID, 1)
	if err != nil || len(waits) == 0 {
		return err
	}
	return addDigest(ctx, tx, by.LocationID, userID, waits[0].CreatedAt)
}
