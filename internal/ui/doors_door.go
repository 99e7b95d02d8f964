package ui

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// doorData is what the page of a door shows.
type doorData struct {
	inside
	people
	Door     doorKind
	Address  string // of this server
	Keys     []keyLine
	Partners []auth.Key // of LionDesk, that a user can authorise
	Shown    *auth.Key  // whose Secret is shown, this once
	Secret   string
	Again    bool // it can be shown again
	Examples []example
	Requests []requestLine
	Scopes   []string // that a token can have
	Problem  string
	Form     keyForm
}

// keyLine is a credential of a door.
type keyLine struct {
	auth.Key
	On    bool // it opens the door
	Old   bool // the old secret of one that was rotated
	Sees  bool // its secret can be shown again
	Acts  string
	About string // what kind it is
}

// keyForm is what somebody said of a credential that they make.
type keyForm struct {
	Name, Kind, User, Partner, May string
	Scopes                         []string
}

// Has reports whether a scope was chosen.
func (f keyForm) Has(scope string) bool { return slices.Contains(f.Scopes, scope) }

// requestsShown is how many of the last requests the page of a door shows.
const requestsShown = 12

// doorPage shows a door: its credentials, how it is called, and what came by it.
func doorPage(v *visit) error {
	k, err := doorOf(v)
	if err != nil {
		return err
	}
	return showDoor(v, 200, &doorData{Door: k})
}

func showDoor(v *visit, status int, d *doorData) error {
	d.inside, d.Address = inside{v.frame, "doors"}, v.p.Base.Of(v.r)
	if d.Door.Name == auth.HighLevel {
		d.Scopes = v.p.Scopes
	}
	err := v.read(func(ctx context.Context, tx *db.Tx) (err error) {
		if d.Users, err = crm.Users(ctx, tx, v.at()); err != nil {
			return err
		}
		all, err := auth.Keys(ctx, tx, v.at(), d.Door.Name)
		if err != nil {
			return err
		}
		d.Keys, d.Partners = nil, nil
		for _, k := range all {
			l := keyLine{Key: k, On: inForce(&k, v.now), Old: !k.ExpiresAt.IsZero(), Sees: k.Sealed != "", Acts: d.UserName(k.UserID), About: aboutKey(&k)}
			if l.Old && !l.On {
				continue // the old secret has ended
			}
			if k.Kind == auth.KindPartner && l.On && !l.Old {
				d.Partners = append(d.Partners, k)
			}
			d.Keys = append(d.Keys, l)
		}
		slices.Reverse(d.Keys)
		list, _, err := wire.LogPage(ctx, tx, v.at(), wire.LogFilter{Door: d.Door.Name, Limit: requestsShown})
		if err != nil {
			return err
		}
		d.Requests, err = requestLines(ctx, tx, v, list)
		return err
	})
	if err != nil {
		return err
	}
	d.Examples = examplesOf(d)
	return v.showAs(status, "door", doorName(d.Door.Name), d)
}

// aboutKey says what a key is for.
func aboutKey(k *auth.Key) string {
	switch {
	case k.Kind == auth.KindPartner:
		return "APIKEY of a partner"
	case k.Kind == auth.KindUser:
		return "USERKEY for a partner"
	case k.Kind == auth.KindPersonal:
		return "personal USERKEY"
	case k.API == auth.HighLevel:
		return plural(len(k.Scopes), "scope", "scopes")
	case !slices.Contains(k.Scopes, auth.ScopeCreate):
		return "may only read"
	}
	return "may read and create"
}

// changeDoor does with the credentials of a door what a button says.
func changeDoor(v *visit) error {
	k, err := doorOf(v)
	if err != nil {
		return err
	}
	if v.form("do") == "make" {
		return makeKey(v, &doorData{Door: k})
	}
	id, back := v.form("id"), "/integrations/doors/"+k.Name
	switch v.form("do") {
	case "name":
		err = v.write(func(ctx context.Context, tx *db.Tx) error {
			return auth.NameOwnKey(ctx, tx, v.Actor, id, v.form("name"))
		})
		return v.doneIf(err, back, "key-named", "")
	case "off", "on":
		off := v.form("do") == "off"
		err = v.write(func(ctx context.Context, tx *db.Tx) error {
			return auth.DisableOwnKey(ctx, tx, v.Actor, id, off)
		})
		if !off {
			return v.doneIf(err, back, "key-on", "")
		}
		return v.doneIf(err, back, "key-off", "key:"+id)
	case "end":
		err = v.write(func(ctx context.Context, tx *db.Tx) error { return auth.DisableOwnKey(ctx, tx, v.Actor, id, true) })
		return v.doneIf(err, back, "key-ended", "key:"+id)
	case "show", "rotate":
		return revealKey(v, &doorData{Door: k}, id)
	}
	return noButton()
}

// revealKey shows the secret of a key: the one it has, or a new one.
func revealKey(v *visit, d *doorData, id string) error {
	rotate := v.form("do") == "rotate"
	overlap, ok := map[string]time.Duration{"week": auth.SecretOverlap, "day": 24 * time.Hour, "": 0, "none": 0}[v.form("overlap")]
	if !ok {
		return noButton()
	}
	err := v.write(func(ctx context.Context, tx *db.Tx) (err error) {
		if rotate {
			d.Shown, d.Secret, err = v.p.Vault.RotateOwnKey(ctx, tx, v.Actor, id, overlap)
			return err
		}
		d.Shown, d.Secret, err = v.p.Vault.RevealOwnKey(ctx, tx, v.Actor, id)
		return err
	})
	if err == nil && d.Shown.API != d.Door.Name {
		err = errs.New(errs.NotFound, "there is no key %s", id)
	}
	if err != nil {
		return err
	}
	d.Again = d.Shown.Sealed != ""
	return showDoor(v, 200, d)
}

// makeKey makes a credential, and shows its secret this once.
func makeKey(v *visit, d *doorData) error {
	f := keyForm{Name: v.form("name"), Kind: v.form("kind"), User: v.form("user"), Partner: v.form("partner"), May: v.form("may"), Scopes: v.r.PostForm["scope"]}
	d.Form = f
	k, why := f.key(d.Door.Name, v.p.Scopes)
	if why == "" {
		err := v.write(func(ctx context.Context, tx *db.Tx) (err error) {
			d.Shown, d.Secret, err = v.p.Vault.AddOwnKey(ctx, tx, v.Actor, k)
			return err
		})
		switch {
		case errs.Is(err, errs.Invalid) || errs.Is(err, errs.NotFound):
			why = sentence(errs.As(err))
		case err != nil:
			return err
		}
	}
	if why != "" {
		d.Problem = why
		return showDoor(v, 400, d)
	}
	d.Form, d.Again = keyForm{}, d.Shown.Sealed != ""
	return showDoor(v, 200, d)
}

// key gives the key that a form describes, or why it describes none.
func (f keyForm) key(api string, scopes []string) (k auth.Key, why string) {
	k = auth.Key{API: api, Kind: auth.KindAccess, Name: f.Name, Scopes: []string{auth.ScopeRead, auth.ScopeCreate}}
	if f.Name == "" {
		return k, "Say what will use it, so that you know it again."
	}
	switch api {
	case auth.LionDesk:
		k.Kind, k.UserID = f.Kind, f.User
		switch {
		case !slices.Contains([]string{auth.KindPartner, auth.KindUser, auth.KindPersonal}, f.Kind):
			return k, "Choose what kind of key it is."
		case f.Kind == auth.KindPartner:
			k.UserID = ""
		case f.User == "":
			return k, "Choose the user that it acts for."
		}
		if f.Kind == auth.KindUser {
			if k.PartnerID = f.Partner; f.Partner == "" {
				return k, "Choose the partner that the user lets in. Make the partner’s APIKEY first if there is none."
			}
		}
	case auth.HighLevel:
		if k.Scopes = f.chosen(scopes); len(k.Scopes) == 0 {
			return k, "Choose at least one scope."
		}
	case auth.Brokerkit:
		if f.May == "read" {
			k.Scopes = []string{auth.ScopeRead}
		}
	}
	return k, ""
}

// chosen gives the scopes that a form asks for, of those that there are.
func (f keyForm) chosen(all []string) (list []string) {
	for _, s := range all {
		switch f.May {
		case "all", "":
			list = append(list, s)
		case "read":
			if strings.HasSuffix(s, ".readonly") {
				list = append(list, s)
			}
		case "some":
			if slices.Contains(f.Scopes, s) {
				list = append(list, s)
			}
		}
	}
	return list
}
