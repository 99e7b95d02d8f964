package ui

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/norm"
)

func matchesArea() area {
	return area{
		way:   way{name: "Matches", icon: "handshake", path: "/matches", key: "m", group: "Order", needs: seeContacts},
		pages: []string{"matches"},
		screens: []screen{
			{get, "/matches", seeContacts, false, tryMatches},
			{get, "/contacts/{contact}/matches", seeContacts, false, showMatches},
			{post, "/contacts/{contact}/matches", seeContacts, false, addEstate},
		},
		said: map[string]string{
			"wish-added": "What they look for is noted",
			"home-added": "Property added",
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
	Tried         url.Values // what was typed
	Side          string     // wish or home: what is tried
}

// matchesShown is how many a page of matches lists.
const matchesShown = 40

// showMatches shows what fits a contact.
func showMatches(v *visit) error {
	d := &matchesData{frame: v.frame}
	err := v.read(func(ctx context.Context, tx *db.Tx) (err error) {
		if d.C, err = v.mine(ctx, tx, v.r.PathValue("contact")); err != nil {
			return err
		}
		return d.load(ctx, tx, v, matchesShown)
	})
	if err != nil {
		return err
	}
	return v.show("matches", "Matches of "+cmp.Or(d.C.FullName(), d.C.Email, d.C.Phone, "No name"), d)
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

// estateFields are the fields of the forms for a wish or a home, with the
// canonical names that they are kept under.
func estateFields(side string) map[string]string {
	if side == "wish" {
		return map[string]string{"city": "city", "state": "state", "zip": "postalCode", "min": "minPrice", "max": "maxPrice", "beds": "bedrooms", "baths": "bathrooms", "area": "minArea"}
	}
	return map[string]string{"address": "address", "city": "city", "state": "state", "zip": "postalCode", "price": "price", "beds": "bedrooms", "baths": "bathrooms", "area": "area"}
}

// estateOf reads a form for a wish or a home.
func estateOf(side string, get func(string) string) (map[string]any, error) {
	data := map[string]any{}
	for field, name := range estateFields(side) {
		const most = 300
		text := strings.TrimSpace(get(field))
		if text == "" {
			continue
		}
		text = strings.ToValidUTF8(text[:min(len(text), most)], "")
		if slices.Contains([]string{"min", "max", "price", "beds", "baths", "area"}, field) {
			n, err := strconv.ParseFloat(strings.NewReplacer("$", "", ",", "", " ", "").Replace(text), 64)
			if err != nil || !(n >= 0 && n < 1e15) {
				return nil, errs.New(errs.Invalid, "“%s” is no number", text)
			}
			data[name] = n
			continue
		}
		data[name] = text
	}
	return data, nil
}

// addEstate notes what a contact looks for, or a property of theirs.
func addEstate(v *visit) error {
	var what string
	err := v.write(func(ctx context.Context, tx *db.Tx) error {
		c, err := v.mine(ctx, tx, v.r.PathValue("contact"))
		if err != nil {
			return err
		}
		side := v.form("do")
		if side != "wish" && side != "home" {
			return noButton()
		}
		data, err := estateOf(side, v.form)
		if err != nil {
			return err
		}
		if len(data) == 0 {
			return errs.New(errs.Invalid, "Say at least where, or what it is to cost")
		}
		text := func(name string) string { s, _ := data[name].(string); return s }
		var in crm.Input
		key := norm.Address(text("address"), text("city"), text("state"), text("postalCode"))
		if what = "home-added"; side == "wish" {
			what = "wish-added"
			in.Requirements = []crm.Requirement{{Key: strings.Join([]string{norm.Address(text("city"), text("postalCode")), valueText(data["minPrice"]), valueText(data["maxPrice"])}, "|"), Data: data}}
		} else {
			data["role"] = "owned"
			in.Properties = []crm.Property{{Key: key, Data: data}}
		}
		_, err = crm.SaveContact(ctx, tx, v.Actor, crm.Save{ID: c.ID, Input: in})
		return err
	})
	if err != nil {
		return err
	}
	return v.done("", what, 0, "")
}

// tryMatches shows what fits numbers that somebody types: what there is for a
// buyer who is on the phone, or who wants a house that is about to be listed.
func tryMatches(v *visit) error {
	q := v.r.URL.Query()
	d := &matchesData{frame: v.frame, Tried: q, Side: "wish"}
	if q.Get("side") == "home" {
		d.Side = "home"
	}
	data, err := estateOf(d.Side, q.Get)
	if err != nil {
		return err
	}
	if len(data) > 0 {
		if d.Side == "home" {
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
