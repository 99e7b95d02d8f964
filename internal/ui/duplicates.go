package ui

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

func duplicatesArea() area {
	return area{
		way:   way{name: "Duplicates", icon: "git-merge", path: "/duplicates", key: "d", group: "Order", needs: seeContacts},
		pages: []string{"duplicates"},
		screens: []screen{
			{get, "/duplicates", seeContacts, false, duplicatesList},
			{post, "/duplicates", seeContacts, false, decideDuplicate},
		},
		said: map[string]string{
			"merged":    "Merged into one contact",
			"unmerged":  "Two contacts again",
			"dismissed": "Marked as not the same",
		},
	}
}

// duplicatesData is what the review of duplicates shows: the queue, and the pair
// that is looked at.
type duplicatesData struct {
	*frame
	people
	Queue  []pairLine
	Pair   *pairData // nil if there is nothing to review
	Merges []mergeLine
	State  string
}

// pairLine is a pair of the queue.
type pairLine struct {
	crm.DuplicatePair
	A, B *crm.Contact
	Here bool
}

// Percent is how alike the two are.
func (p pairLine) Percent() string { return fmt.Sprintf("%.0f %%", 100*p.Score) }

// Path leads to the pair.
func (d *duplicatesData) Path(p pairLine) string {
	return d.Base + "/duplicates?" + url.Values{"pair": {p.ContactID + ":" + p.OtherContactID}}.Encode()
}

// pairData is a pair side by side.
type pairData struct {
	pairLine
	Rows []pairRow
}

// pairRow is one field of two contacts.
type pairRow struct {
	Name, Field  string
	A, B         string
	Same, Choose bool // Choose: one of the two has to give way
}

// mergeLine is a merge that can be undone.
type mergeLine struct {
	crm.Merge
	Kept *crm.Contact
}

const pairsOnPage = 100

// duplicatesList shows pairs of contacts that may be one person, the likeliest
// first, and one of them side by side.
func duplicatesList(v *visit) error {
	d := &duplicatesData{frame: v.frame}
	a, b, _ := strings.Cut(v.r.URL.Query().Get("pair"), ":")
	err := v.read(func(ctx context.Context, tx *db.Tx) (err error) {
		if d.Users, err = crm.Users(ctx, tx, v.at()); err != nil {
			return err
		}
		filter := crm.PairFilter{State: crm.PairOpen, Limit: pairsOnPage, ContactID: v.r.URL.Query().Get("of")}
		if d.Queue, err = pairsOf(ctx, tx, v, filter); err != nil {
			return err
		}
		for i := range d.Queue {
			if p := &d.Queue[i]; p.ContactID == a && p.OtherContactID == b || a == "" && i == 0 {
				p.Here = true
				d.Pair = &pairData{*p, d.compare(p.A, p.B)}
			}
		}
		const last = 10
		merges, err := crm.Merges(ctx, tx, v.at(), "", last)
		if err != nil {
			return err
		}
		for _, m := range merges {
			c, err := v.mine(ctx, tx, m.ContactID)
			if err == nil && m.UndoneAt.IsZero() {
				d.Merges = append(d.Merges, mergeLine{m, c})
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return v.show("duplicates", "Duplicates", d)
}

// pairsOf gives pairs with their contacts, without those that the visitor does not
// see.
func pairsOf(ctx context.Context, tx *db.Tx, v *visit, f crm.PairFilter) (lines []pairLine, err error) {
	pairs, err := crm.DuplicatePairs(ctx, tx, v.at(), f)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, p := range pairs {
		ids = append(ids, p.ContactID, p.OtherContactID)
	}
	there, err := crm.ContactsByID(ctx, tx, v.at(), ids)
	for _, p := range pairs {
		a, b := there[p.ContactID], there[p.OtherContactID]
		if a != nil && b != nil && !v.hides(a) && !v.hides(b) {
			lines = append(lines, pairLine{DuplicatePair: p, A: a, B: b})
		}
	}
	return lines, err
}

// compare puts two contacts beside each other. Lists are united by a merge; of two
// other values one has to be chosen.
func (d *duplicatesData) compare(a, b *crm.Contact) (rows []pairRow) {
	text := func(name, field, x, y string, choose bool) {
		if x != "" || y != "" {
			same := strings.EqualFold(x, y)
			rows = append(rows, pairRow{name, field, x, y, same, choose && !same && x != "" && y != ""})
		}
	}
	emails := func(c *crm.Contact) string {
		var all []string
		for _, e := range c.Emails {
			all = append(all, e.Address)
		}
		return strings.Join(all, ", ")
	}
	phones := func(c *crm.Contact) string {
		var all []string
		for _, p := range c.Phones {
			all = append(all, phoneText(p.String()))
		}
		return strings.Join(all, ", ")
	}
	text("First name", "firstName", a.FirstName, b.FirstName, true)
	text("Last name", "lastName", a.LastName, b.LastName, true)
	text("Full name", "name", a.Name, b.Name, true)
	text("E-mails", "", emails(a), emails(b), false)
	text("Phones", "", phones(a), phones(b), false)
	text("Type", "type", a.Type, b.Type, true)
	text("Status", "stage", a.Stage, b.Stage, true)
	text("Company", "companyName", a.CompanyName, b.CompanyName, true)
	text("Street", "address1", a.Address.Line1, b.Address.Line1, true)
	text("City", "city", a.Address.City, b.Address.City, true)
	text("State", "state", a.Address.State, b.Address.State, true)
	text("ZIP code", "postalCode", a.Address.PostalCode, b.Address.PostalCode, true)
	text("Source", "source", a.Source, b.Source, true)
	text("Owner", "assignedTo", d.UserName(a.AssignedTo), d.UserName(b.AssignedTo), true)
	text("Birthday", "dateOfBirth", a.DateOfBirth, b.DateOfBirth, true)
	text("Website", "website", a.Website, b.Website, true)
	text("Tags", "", strings.Join(a.Tags, ", "), strings.Join(b.Tags, ", "), false)
	text("Added", "", d.Full(a.CreatedAt), d.Full(b.CreatedAt), false)
	return rows
}

// decideDuplicate merges a pair, or remembers that it is none.
func decideDuplicate(v *visit) error {
	keep, other := v.form("keep"), v.form("other")
	if v.form("swap") == other && other != "" {
		keep, other = other, keep
	}
	var what, undo string
	err := v.write(func(ctx context.Context, tx *db.Tx) error {
		for _, contactID := range []string{keep, other} {
			if _, err := v.mine(ctx, tx, contactID); err != nil {
				return err
			}
		}
		switch v.form("do") {
		case "merge":
			// a field that is said to come from the other one
			var take []string
			for name, values := range v.r.PostForm {
				if field, ok := strings.CutPrefix(name, "take:"); ok && slices.Contains(values, other) {
					take = append(take, field)
				}
			}
			slices.Sort(take)
			m, err := crm.MergeContacts(ctx, tx, v.Actor, keep, other, take...)
			if err == nil {
				what, undo = "merged", "merge:"+m.ID
			}
			return err
		case "dismiss":
			_, err := crm.DismissPair(ctx, tx, v.Actor, keep, other)
			what, undo = "dismissed", "pair:"+keep+":"+other
			return err
		}
		return noButton()
	})
	return v.doneIf(err, "/duplicates", what, undo)
}
