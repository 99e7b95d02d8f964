package ui

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

// placePath is where the pages of a location are.
const placePath = "/in/{location}"

// frame is what stands around a page of somebody who is signed in.
type frame struct {
	clockOf
	Base      string // of the addresses of the location: /in/ID
	Path      string // of this page, with its parameters: where forms come back to
	Location  *crm.Location
	Locations []crm.Location
	Who       *crm.User
	Nav       []navItem
	Toast     *toast
	refill    *refill         // the form that was refused, nil for none
	Unread    string          // notifications; "" for none
	May       map[string]bool // permissions, "admin", and "write" for who does not only read
}

// navItem is a way to a page.
type navItem struct {
	Name, Icon, Path, Key string // Key goes there, behind a g
	Group                 string // what it stands among; "" for the daily work
	Here                  bool
	Bar                   bool // it stands in the bar of a phone
}

// navGroup is some ways that stand together.
type navGroup struct {
	Name  string // "" for the daily work
	Items []navItem
}

// Rest are the ways that a phone's bar has no room for.
func (g navGroup) Rest() (rest []navItem) {
	for _, n := range g.Items {
		if !n.Bar {
			rest = append(rest, n)
		}
	}
	return rest
}

// Groups are the ways of the navigation, as they stand together.
func (f *frame) Groups() (all []navGroup) {
	for _, n := range f.Nav {
		i := slices.IndexFunc(all, func(g navGroup) bool { return g.Name == n.Group })
		if i < 0 {
			i, all = len(all), append(all, navGroup{Name: n.Group})
		}
		all[i].Items = append(all[i].Items, n)
	}
	return all
}

// Elsewhere reports whether the page is one that a phone's bar does not show.
func (f *frame) Elsewhere() bool {
	return slices.ContainsFunc(f.Nav, func(n navItem) bool { return n.Here && !n.Bar })
}

// barWays is how many ways a phone's bar has room for beside More.
const barWays = 4

// toast is the short word about what was just done.
type toast struct {
	Text string
	Undo string // what takes it back, "" for nothing can
	Bad  bool
}

// frameOf gives the frame for somebody, in a location or, for nil, in the one that
// they were in last.
func (p *Pages) frameOf(r *http.Request, u *crm.User, at *crm.Location) (*frame, error) {
	f := &frame{Who: u, Location: at, Path: r.URL.Path, clockOf: clockOf{zone: time.UTC, now: time.Now()}, May: u.Permissions()}
	for name := range f.May {
		f.May[name] = u.Has(name)
	}
	f.May["admin"] = u.Role == crm.AdminRole || u.Admin
	f.May["write"] = !u.Profile.ReadOnly
	if r.URL.RawQuery != "" {
		q := r.URL.Query()
		for _, name := range toastParams {
			q.Del(name)
		}
		if len(q) > 0 {
			f.Path += "?" + q.Encode()
		}
	}
	var err error
	if f.Locations, err = p.locationsOf(r.Context(), u); err != nil {
		return nil, err
	}
	if f.Location == nil {
		f.Location = lastPlace(r, f.Locations)
	}
	f.Toast = readToast(r.URL.Query())
	if f.Location == nil {
		return f, nil
	}
	f.Base = "/in/" + f.Location.ID
	for _, name := range []string{f.Location.Timezone, u.Timezone} {
		if zone, err := time.LoadLocation(name); err == nil && name != "" {
			f.zone = zone
		}
	}
	for _, a := range areas() {
		w := a.way
		if w.name != "" && (w.needs == "" || u.Has(w.needs)) && (!w.admin || f.May["admin"]) {
			path := f.Base + w.path
			f.Nav = append(f.Nav, navItem{Name: w.name, Icon: w.icon, Path: path, Key: w.key, Group: w.group, Bar: len(f.Nav) < barWays && w.group == "", Here: r.URL.Path == path || strings.HasPrefix(r.URL.Path, path+"/")})
		}
	}
	err = p.DB.Read(r.Context(), f.Location.ID, func(ctx context.Context, tx *db.Tx) (err error) {
		n, err := crm.UnreadUpTo(ctx, tx, f.Location.ID, u.ID, mostUnread+1)
		f.Unread = unreadText(int(n))
		return err
	})
	return f, err
}

// placeCookie remembers the location that a browser was in last.
const placeCookie = "foyer-place"

// lastPlace is the location that somebody was in last, else their first; nil if
// they have none.
func lastPlace(r *http.Request, own []crm.Location) *crm.Location {
	if c, err := r.Cookie(placeCookie); err == nil {
		for i := range own {
			if own[i].ID == c.Value {
				return &own[i]
			}
		}
	}
	if len(own) == 0 {
		return nil
	}
	return &own[0]
}

// someToday leads to the day in the location that somebody was in last.
func (p *Pages) someToday(w http.ResponseWriter, r *http.Request, u *crm.User) {
	own, err := p.locationsOf(r.Context(), u)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	if at := lastPlace(r, own); at != nil {
		http.Redirect(w, r, "/in/"+at.ID+"/today", http.StatusSeeOther)
		return
	}
	p.notice(w, r, http.StatusOK, "You work in no location yet", "Ask an admin of your company to add you to one.")
}

// themeCookie remembers how a browser is to show pages.
const themeCookie = "foyer-theme"

// theme is what the switch says: light, dark, or "" for what the system says.
func theme(r *http.Request) string {
	if c, err := r.Cookie(themeCookie); err == nil && (c.Value == "light" || c.Value == "dark") {
		return c.Value
	}
	return ""
}

// changeTheme sets the switch.
func (p *Pages) changeTheme(w http.ResponseWriter, r *http.Request) {
	const year = 365 * 24 * 3600
	to := r.PostForm.Get("theme")
	if to != "light" && to != "dark" {
		to = "system"
	}
	http.SetCookie(w, p.setting(r, themeCookie, to, year))                  // #nosec G124 -- setting gives it the flags of the session's
	http.Redirect(w, r, local(r.PostForm.Get("back")), http.StatusSeeOther) // #nosec G710 -- local lets only paths of this server through
}

// setting is a cookie that holds no secret.
func (p *Pages) setting(r *http.Request, name, value string, seconds int) *http.Cookie {
	c := p.cookie(r, value, time.Duration(seconds)*time.Second) // #nosec G124 -- with the flags of the session's
	c.Name = name
	return c
}

// toastParams are the parameters of an address that say what was just done.
var toastParams = []string{"said", "count", "undo"}

func readToast(q url.Values) *toast {
	n, _ := strconv.Atoi(q.Get("count"))
	text := said(q.Get("said"), max(n, 0))
	if text == "" {
		return nil
	}
	return &toast{Text: text, Undo: q.Get("undo"), Bad: q.Get("said") == "nothing"}
}
