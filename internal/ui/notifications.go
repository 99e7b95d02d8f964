package ui

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

type notificationsData struct {
	Location *crm.Location
	Others   []crm.Location // where else somebody works; all, where none is chosen
	notificationsView
	preferencesView
	Saved bool

	zone *time.Location
}

// Clock is a moment as the clock on the wall shows it.
func (d notificationsData) Clock(at time.Time) string {
	return at.In(d.zone).Format("2 Jan 15:04 MST")
}

// WayName is a way of telling somebody as a person reads it.
func (notificationsData) WayName(way string) string {
	return map[string]string{crm.ByNone: "not at all", crm.InApp: "in Foyer", crm.ByEmail: "in Foyer and by e-mail", crm.ByDigest: "in Foyer and once a day by e-mail"}[way]
}

// Hours are those of a day.
func (notificationsData) Hours() []int {
	const hours = 24
	all := make([]int, hours)
	for i := range all {
		all[i] = i
	}
	return all
}

// onPage is how many notifications the page shows.
const onPage = 20

// notifications shows what somebody is told of in a location, and how.
func (p *Pages) notifications(w http.ResponseWriter, r *http.Request, u *crm.User) {
	d := notificationsData{Saved: r.URL.Query().Has("saved"), zone: time.UTC}
	own, err := p.locationsOf(r.Context(), u)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	by, err := wire.SessionCaller(p.Base, r, p.Desk)
	if errs.Is(err, errs.Invalid) || len(own) == 0 {
		d.Others = own
		p.show(w, r, http.StatusOK, "notifications", "Notifications", u, d)
		return
	}
	if err != nil {
		p.fail(w, r, err)
		return
	}
	for _, l := range own {
		if l.ID != by.Location.ID {
			d.Others = append(d.Others, l)
		}
	}
	d.Location = by.Location
	for _, name := range []string{by.Location.Timezone, u.Timezone} {
		if zone, err := time.LoadLocation(name); err == nil && name != "" {
			d.zone = zone
		}
	}
	err = p.DB.Read(r.Context(), by.Location.ID, func(ctx context.Context, tx *db.Tx) error {
		list, err := notificationsOf(ctx, tx, by.Actor, r.URL.Query().Get("before"), false, onPage)
		if err != nil {
			return err
		}
		d.notificationsView = *list
		ways, err := preferencesOf(ctx, tx, by.Actor)
		if errs.Is(err, errs.NotFound) {
			return nil // an admin of the company who does not work there
		}
		if err == nil {
			d.preferencesView = *ways
		}
		return err
	})
	if err != nil {
		p.fail(w, r, err)
		return
	}
	p.show(w, r, http.StatusOK, "notifications", "Notifications", u, d)
}

func (p *Pages) locationsOf(ctx context.Context, u *crm.User) (own []crm.Location, err error) {
	err = p.DB.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) (err error) {
		own, err = crm.LocationsOf(ctx, tx, u)
		return err
	})
	return own, err
}

// changeNotifications does what a button of the page says.
func (p *Pages) changeNotifications(w http.ResponseWriter, r *http.Request, _ *crm.User) {
	by, err := wire.SessionCaller(p.Base, r, p.Desk)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	back := url.Values{"locationId": {by.Location.ID}}
	err = p.DB.Write(r.Context(), by.Location.ID, func(ctx context.Context, tx *db.Tx) error {
		switch r.PostForm.Get("do") {
		case "read":
			return crm.ReadNotifications(ctx, tx, by.Actor, r.PostForm.Get("id"))
		case "read all":
			return crm.ReadNotifications(ctx, tx, by.Actor)
		case "save":
			back.Set("saved", "")
			return saveForm(ctx, tx, by.Actor, r.PostForm)
		}
		return errs.New(errs.Invalid, "There is no such button")
	})
	if err != nil {
		p.fail(w, r, err)
		return
	}
	http.Redirect(w, r, "/notifications?"+back.Encode(), http.StatusSeeOther)
}

// saveForm keeps what the form of the preferences says.
func saveForm(ctx context.Context, tx *db.Tx, by crm.Actor, form url.Values) error {
	said := map[string]string{}
	for _, k := range crm.NoticeKinds() {
		if way := form.Get(k.Kind); way != "" {
			said[k.Kind] = way
		}
	}
	hour, err := strconv.Atoi(form.Get("digestHour"))
	if err != nil {
		return errs.New(errs.Invalid, "The hour of the digest is no number")
	}
	return setPreferences(ctx, tx, by, said, &hour)
}
