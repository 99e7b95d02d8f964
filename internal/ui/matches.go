package ui

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

func matchesArea() area {
	return area{
		way:   way{name: "Matches", icon: "handshake", path: "/matches", key: "m", group: "Order", needs: seeContacts},
		pages: []string{"matches"},
		screens: []screen{
			{get, "/matches", seeContacts, false, tryMatches},
			{get, "/contacts/{contact}/matches", seeContacts, false, showMatches},
			{post, "/contacts/{contact}/matches", seeContacts, false, changeEstate},
		},
		said: map[string]string{
			"wish-add":    "What they look for is noted",
			"wish-save":   "What they look for is changed",
			"wish-delete": "No longer looked for",
			"home-add":    "Property added",
			"home-save":   "Property changed",
			"home-delete": "Property deleted",
		},
	}
}

// fitLine is somebody's home that fits, or somebody who looks for one.
type fitLine struct {
	crm.Fitness
	Contact    *crm.Contact
	Head, More string
	Note       string
}

// matchesData is what the pages of matches show.
type matchesData struct {
	*frame
	C             *crm.Contact // nil where numbers are tried
	Wishes        []crm.Wish
	Own           []crm.Home
	Homes, Buyers []fitLine
	Form          *estateForm // what is being typed, nil for nothing
	Here          string      // the address of the page
	estates       []estate
}

// Estates are what the contact looks for, or what they have.
func (d *matchesData) Estates(side string) (list []estate) {
	for _, e := range d.estates {
		if e.Side == side {
			list = append(list, e)
		}
	}
	return list
}

// Views is the wish that somebody seems to have who never said one, nil for none.
func (d *matchesData) Views() *crm.Wish {
	if len(d.Wishes) == 1 && d.Wishes[0].Viewed > 0 {
		return &d.Wishes[0]
	}
	return nil
}

// Adding is the form for a new wish or home.
func (d *matchesData) Adding(side string) *estateForm {
	if f := d.Form; f != nil && f.Side == side && f.ID == "" {
		return f
	}
	return &estateForm{Side: side}
}

// Changing is the form for a wish or home that is being changed, nil for one that
// is not.
func (d *matchesData) Changing(e estate) *estateForm {
	if f := d.Form; f != nil && f.ID == e.ID && f.Side == e.Side {
		if f.Values == nil || f.Stale {
			return d.shown(f, e)
		}
		return f
	}
	return nil
}

// shown fills a form with what is stored, but for what somebody typed.
func (d *matchesData) shown(f *estateForm, e estate) *estateForm {
	filled := filledForm(e.Side, e.ID, e.Data, e.At)
	if f.Stale {
		filled.Values, filled.Stale = f.Values, true
	}
	return filled
}

// asked is the form that the address of a page asks for, nil for none.
func asked(v *visit) *estateForm {
	if side, id, _ := strings.Cut(v.r.URL.Query().Get("edit"), ":"); (side == wishSide || side == homeSide) && id != "" {
		return &estateForm{Side: side, ID: id}
	}
	return nil
}

// matchesShown is how many a page of matches lists.
const matchesShown = 40

// showMatches shows what fits a contact.
func showMatches(v *visit) error { return matchesPage(v, asked(v), http.StatusOK) }

func matchesPage(v *visit, form *estateForm, status int) error {
	d := &matchesData{frame: v.frame, Form: form}
	err := v.read(func(ctx context.Context, tx *db.Tx) (err error) {
		if d.C, err = v.mine(ctx, tx, v.r.PathValue("contact")); err != nil {
			return err
		}
		d.Here = v.Base + "/contacts/" + d.C.ID + "/matches"
		return d.load(ctx, tx, v, matchesShown)
	})
	if err != nil {
		return err
	}
	return v.showAs(status, "matches", "Matches of "+cmp.Or(d.C.FullName(), d.C.Email, d.C.Phone, "No name"), d)
}

// load finds what fits what the contact looks for, and who looks for what they
// have.
func (d *matchesData) load(ctx context.Context, tx *db.Tx, v *visit, most int) error {
	wanted, err := crm.Requirements(ctx, tx, v.at(), d.C.ID)
	if err != nil {
		return err
	}
	for i := range wanted {
		d.Wishes = append(d.Wishes, crm.WishOf(&wanted[i]))
		d.estates = append(d.estates, estate{wanted[i].Data, wishSide, wanted[i].ID, wanted[i].UpdatedAt})
	}
	if len(d.Wishes) == 0 {
		const views = 20
		viewed, err := crm.ViewedBy(ctx, tx, v.at(), d.C.ID, views)
		if err != nil {
			return err
		}
		if w, ok := crm.WishFromViews(d.C.ID, viewed); ok {
			d.Wishes = append(d.Wishes, w)
		}
	}
	own, err := crm.Properties(ctx, tx, v.at(), d.C.ID)
	if err != nil {
		return err
	}
	for i := range own {
		d.Own = append(d.Own, crm.HomeOf(&own[i]))
		d.estates = append(d.estates, estate{own[i].Data, homeSide, own[i].ID, own[i].UpdatedAt})
	}
	return d.find(ctx, tx, v, most)
}

// find looks for what fits.
func (d *matchesData) find(ctx context.Context, tx *db.Tx, v *visit, most int) error {
	const looked = 10 // wishes or homes of one contact
	q := crm.FitQuery{Owner: v.only, Limit: most}
	homes, err := crm.HomesFor(ctx, tx, v.at(), d.Wishes[:min(len(d.Wishes), looked)], q)
	if err != nil {
		return err
	}
	buyers, err := crm.BuyersFor(ctx, tx, v.at(), d.Own[:min(len(d.Own), looked)], q)
	if err != nil {
		return err
	}
	var ids []string
	for i := range homes {
		ids = append(ids, homes[i].ContactID)
	}
	for i := range buyers {
		ids = append(ids, buyers[i].ContactID)
	}
	slices.Sort(ids)
	there, err := crm.ContactsNamed(ctx, tx, v.at(), slices.Compact(ids))
	if err != nil {
		return err
	}
	for _, h := range homes {
		if c := there[h.ContactID]; c != nil && !v.hides(c) {
			line := fitLine{Fitness: h.Fitness, Contact: c, Head: cmp.Or(h.Address, h.City, "A property"), More: homeText(&h.Home)}
			if c.Type == "buyer" {
				line.Note = "the owner is known as a buyer"
			}
			d.Homes = append(d.Homes, line)
		}
	}
	for _, b := range buyers {
		if c := there[b.ContactID]; c != nil && !v.hides(c) {
			line := fitLine{Fitness: b.Fitness, Contact: c, Head: cmp.Or(c.FullName(), c.Email, c.Phone, "No name"), More: wishText(&b.Wish)}
			if len(d.Own) > 1 {
				line.Note = "for " + cmp.Or(b.Home.Address, b.Home.City)
			}
			d.Buyers = append(d.Buyers, line)
		}
	}
	return nil
}

// WishText says what somebody looks for in a line.
func (*matchesData) WishText(w crm.Wish) string { return wishText(&w) }

// HomeText says what a home is like in a line.
func (*matchesData) HomeText(h crm.Home) string { return homeText(&h) }

func wishText(w *crm.Wish) string {
	var parts []string
	if place := strings.TrimSpace(cmp.Or(w.City, w.State) + " " + w.ZIP); place != "" {
		parts = append(parts, place)
	}
	switch {
	case w.MinPrice > 0 && w.MaxPrice > 0:
		parts = append(parts, moneyText(w.MinPrice)+" – "+moneyText(w.MaxPrice))
	case w.MaxPrice > 0:
		parts = append(parts, "up to "+moneyText(w.MaxPrice))
	case w.MinPrice > 0:
		parts = append(parts, "from "+moneyText(w.MinPrice))
	}
	parts = append(parts, roomsText(w.Beds, w.Baths, w.Area, "+")...)
	return strings.Join(parts, " · ")
}

func homeText(h *crm.Home) string {
	var parts []string
	if place := strings.TrimSpace(cmp.Or(h.City, h.State) + " " + h.ZIP); place != "" {
		parts = append(parts, place)
	}
	if h.Price > 0 {
		parts = append(parts, moneyText(h.Price))
	}
	return strings.Join(append(parts, roomsText(h.Beds, h.Baths, h.Area, "")...), " · ")
}

func roomsText(beds, baths, area float64, more string) (parts []string) {
	for _, p := range []struct {
		n    float64
		unit string
	}{{beds, " bd"}, {baths, " ba"}, {area, " sq ft"}} {
		if p.n > 0 {
			parts = append(parts, plainNumber(p.n)+more+p.unit)
		}
	}
	return parts
}

// tryMatches shows what fits numbers that somebody types: what there is for a
// buyer who is on the phone, or who wants a house that is about to be listed.
func tryMatches(v *visit) error {
	q := v.r.URL.Query()
	d := &matchesData{frame: v.frame, Form: &estateForm{Side: wishSide}}
	if q.Get("side") == homeSide {
		d.Form.Side = homeSide
	}
	data := d.Form.read(q.Get)
	if len(data) > 0 && len(d.Form.Wrong) == 0 {
		if d.Form.Side == homeSide {
			d.Own = []crm.Home{crm.HomeOf(&crm.Property{Data: data})}
		} else {
			d.Wishes = []crm.Wish{crm.WishOf(&crm.Requirement{Data: data})}
		}
		if err := v.read(func(ctx context.Context, tx *db.Tx) error { return d.find(ctx, tx, v, matchesShown) }); err != nil {
			return err
		}
	}
	return v.show("matches", "Matches", d)
}
