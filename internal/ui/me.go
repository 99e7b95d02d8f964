package ui

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// Me is the door at which the pages of who is signed in fetch what is theirs, and
// change it: JSON, by the cookie of the sign-in.
func Me(base wire.Base) (*wire.Door, error) {
	cross, err := ownOrigin(base)
	if err != nil {
		return nil, err
	}
	authenticate := func(r *http.Request, desk *auth.Desk) (*auth.Caller, error) {
		c, err := wire.SessionCaller(base, r, desk)
		if err == nil && cross.Check(r) != nil {
			err = errs.New(errs.Forbidden, "This request came from another site").WithCode("cross_site")
		}
		return c, err
	}
	const list, preferences = "/me/notifications", "/me/notifications/preferences"
	return &wire.Door{Name: "me", Prefix: []string{"/me/"}, Authenticate: authenticate, Presented: func(*http.Request) []string { return nil }, Fail: wire.Failure,
		Routes: []wire.Route{
			{Name: "my notifications", Method: http.MethodGet, Path: list, Handle: myNotifications},
			{Name: "read notifications", Method: http.MethodPost, Path: list + "/read", Handle: readMine},
			{Name: "my preferences", Method: http.MethodGet, Path: preferences, Handle: myPreferences},
			{Name: "change my preferences", Method: http.MethodPut, Path: preferences, Handle: changeMine},
		}}, nil
}

// notificationsView is a page of somebody's notifications.
type notificationsView struct {
	Notifications []crm.NotificationView `json:"notifications"`    // the newest first
	Unread        int64                  `json:"unread"`           // of all
	Before        string                 `json:"before,omitempty"` // of the next page; not there on the last
}

// pageLength is how many notifications a page has where nothing is said.
const pageLength = 50

func myNotifications(ctx context.Context, c *wire.Call) (wire.Answer, error) {
	q := c.Query()
	var broken []errs.Field
	for name := range q {
		if !slices.Contains([]string{"before", "limit", "unread", "locationId"}, name) {
			broken = append(broken, errs.Field{Name: name, Rule: "unknown"})
		}
	}
	limit := pageLength
	if text := q.Get("limit"); text != "" {
		const most = 500
		var err error
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > most {
			broken = append(broken, errs.Field{Name: "limit", Rule: "max", Limit: most})
		}
	}
	if err := errs.InvalidFields(broken...); err != nil {
		return wire.Answer{}, err
	}
	var v *notificationsView
	err := c.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		v, err = notificationsOf(ctx, tx, c.Actor(), q.Get("before"), q.Get("unread") == "true", limit)
		return err
	})
	return wire.Answer{Status: http.StatusOK, Body: v}, err
}

func notificationsOf(ctx context.Context, tx *db.Tx, by crm.Actor, before string, unread bool, limit int) (*notificationsView, error) {
	list, err := crm.NotificationsOf(ctx, tx, by.LocationID, by.UserID, before, unread, limit+1)
	if err != nil {
		return nil, err
	}
	v := &notificationsView{Notifications: []crm.NotificationView{}}
	if len(list) > limit {
		list = list[:limit]
		v.Before = list[limit-1].ID
	}
	for i := range list {
		v.Notifications = append(v.Notifications, list[i].View())
	}
	v.Unread, err = crm.Unread(ctx, tx, by.LocationID, by.UserID)
	return v, err
}

// readMine marks notifications as read: {"ids": […]} or {"all": true}.
func readMine(ctx context.Context, c *wire.Call) (wire.Answer, error) {
	o, err := c.Object()
	if err != nil {
		return wire.Answer{}, errs.Wrap(err, errs.Invalid, "The body is no JSON object")
	}
	ids := o.List("ids", "")
	all, _ := o.Bool("all")
	if err := errs.InvalidFields(untaken(o)...); err != nil {
		return wire.Answer{}, err
	}
	if all == (len(ids) > 0) {
		return wire.Answer{}, errs.InvalidFields(errs.Field{Name: "ids", Rule: "required"})
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		if err := crm.ReadNotifications(ctx, tx, c.Actor(), ids...); err != nil {
			return wire.Answer{}, err
		}
		n, err := crm.Unread(ctx, tx, c.Actor().LocationID, c.Actor().UserID)
		return wire.Answer{Status: http.StatusOK, Body: map[string]int64{"unread": n}}, err
	})
}

// preferencesView is how somebody is told of what.
type preferencesView struct {
	Preferences []crm.Preference `json:"preferences"`
	Ways        []string         `json:"ways"`
	DigestHour  int              `json:"digestHour"`
	Timezone    string           `json:"timezone"` // of the hour
}

func myPreferences(ctx context.Context, c *wire.Call) (wire.Answer, error) {
	var v *preferencesView
	err := c.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		v, err = preferencesOf(ctx, tx, c.Actor())
		return err
	})
	return wire.Answer{Status: http.StatusOK, Body: v}, err
}

func preferencesOf(ctx context.Context, tx *db.Tx, by crm.Actor) (*preferencesView, error) {
	hour, zone, err := crm.DigestHour(ctx, tx, by.LocationID, by.UserID)
	if err != nil {
		return nil, err
	}
	v := &preferencesView{Ways: crm.Ways(), DigestHour: hour, Timezone: zone.String()}
	v.Preferences, err = crm.Preferences(ctx, tx, by.LocationID, by.UserID)
	return v, err
}

// changeMine changes what is named and leaves the rest:
// {"preferences": {"new_lead": "email"}, "digestHour": 7}.
func changeMine(ctx context.Context, c *wire.Call) (wire.Answer, error) {
	o, err := c.Object()
	if err != nil {
		return wire.Answer{}, errs.Wrap(err, errs.Invalid, "The body is no JSON object")
	}
	said, hour, err := readPreferences(o)
	if err != nil {
		return wire.Answer{}, err
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		if err := setPreferences(ctx, tx, c.Actor(), said, hour); err != nil {
			return wire.Answer{}, err
		}
		v, err := preferencesOf(ctx, tx, c.Actor())
		return wire.Answer{Status: http.StatusOK, Body: v}, err
	})
}

// readPreferences reads what is to change, by kind, and the hour of the digest.
func readPreferences(o *wire.Object) (said map[string]string, hour *int, err error) {
	said = map[string]string{}
	var broken []errs.Field
	if inner, ok := o.Object("preferences"); ok {
		for _, kind := range inner.Keys() {
			if said[kind] = inner.Text(kind); !slices.ContainsFunc(crm.NoticeKinds(), func(k crm.NoticeKind) bool { return k.Kind == kind }) {
				broken = append(broken, errs.Field{Name: kind, Rule: "unknown"})
			}
		}
	}
	if o.Sent("digestHour") {
		n, ok := o.Int("digestHour")
		if hour = new(int); ok {
			*hour = int(n)
		} else {
			broken = append(broken, errs.Field{Name: "digestHour", Rule: "number"})
		}
	}
	return said, hour, errs.InvalidFields(append(broken, untaken(o)...)...)
}

// untaken are the members of a body that there are not.
func untaken(o *wire.Object) (broken []errs.Field) {
	for _, m := range o.Rest() {
		broken = append(broken, errs.Field{Name: m.Key, Rule: "unknown"})
	}
	return broken
}

func setPreferences(ctx context.Context, tx *db.Tx, by crm.Actor, said map[string]string, hour *int) error {
	var failed error
	for _, k := range crm.NoticeKinds() {
		if way, ok := said[k.Kind]; ok {
			failed = errors.Join(failed, crm.SetPreference(ctx, tx, by, by.UserID, k.Kind, way))
		}
	}
	if failed != nil || hour == nil {
		return failed
	}
	return crm.SetDigestHour(ctx, tx, by, by.UserID, *hour)
}
