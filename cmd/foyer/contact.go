package main

import (
	"context"
	"encoding/json"
	"fmt"
	"sort"
	"strconv"
	"time"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

type contactCommand struct {
	Show contactShow `cmd:"" help:"Show a contact: what is known, who said so, and what happened."`
	List contactList `cmd:"" help:"List contacts, the newest first, or those that have some words."`

	Merge   contactMerge   `cmd:"" help:"Make two contacts one. The ids of the second mean the first from then on; it can be undone."`
	Unmerge contactUnmerge `cmd:"" help:"Undo a merge: two contacts again, each as it was."`
	Merges  contactMerges  `cmd:"" help:"List merges, the newest first."`
}

type contactShow struct {
	admin
	ID       string `arg:"" help:"Which contact: its id, number, e-mail address or phone number."`
	Location string `help:"Location, by id; the first one if left out." placeholder:"ID"`
}

// contactStory is everything Foyer knows of a contact.
type contactStory struct {
	Contact      *crm.Contact              `json:"contact"`
	Properties   []crm.Property            `json:"properties"`
	Requirements []crm.Requirement         `json:"requirements"`
	Links        []crm.Link                `json:"links"`
	Origins      map[string]crm.Provenance `json:"origins"`
	Timeline     []crm.Entry               `json:"timeline"`
}

// Run shows a contact.
func (c *contactShow) Run(o *out) error {
	var s contactStory
	if err := c.read(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) (err error) {
		where, err := locationOr(ctx, tx, c.Location)
		if err != nil {
			return err
		}
		if s.Contact, err = findContact(ctx, tx, where, c.ID); err != nil {
			return err
		}
		if s.Properties, err = crm.Properties(ctx, tx, where, s.Contact.ID); err != nil {
			return err
		}
		if s.Requirements, err = crm.Requirements(ctx, tx, where, s.Contact.ID); err != nil {
			return err
		}
		if s.Links, err = crm.Links(ctx, tx, where, s.Contact.ID); err != nil {
			return err
		}
		if s.Origins, err = crm.FieldOrigins(ctx, tx, where, s.Contact.ID); err != nil {
			return err
		}
		const most = 1000
		s.Timeline, err = crm.Timeline(ctx, tx, where, s.Contact.ID, most)
		return err
	}); err != nil {
		return err
	}
	return c.show(o, s, "", s.rows()...)
}

func findContact(ctx context.Context, tx *db.Tx, locationID, what string) (*crm.Contact, error) {
	if c, err := crm.ContactByEmail(ctx, tx, locationID, what); c != nil || err != nil {
		return c, err
	}
	if n, err := strconv.ParseInt(what, 10, 64); err == nil {
		if c, err := crm.ContactByNumber(ctx, tx, locationID, n); err == nil {
			return c, nil
		}
	}
	if c, err := crm.ContactByPhone(ctx, tx, locationID, what); c != nil || err != nil {
		return c, err
	}
	return crm.ContactByID(ctx, tx, locationID, what)
}

func (s *contactStory) rows() [][]string {
	rows := [][]string{{"id", s.Contact.ID, ""}, {"number", strconv.FormatInt(s.Contact.Number, 10), ""}}
	fields := make([]string, 0, len(s.Origins))
	for f := range s.Origins {
		fields = append(fields, f)
	}
	sort.Strings(fields)
	for _, f := range fields {
		p := s.Origins[f]
		if p.Value != nil {
			rows = append(rows, []string{f, brief(p.Value), "by " + p.Origin + ", " + p.At.Format(time.DateTime)})
		}
	}
	for _, p := range s.Properties {
		rows = append(rows, []string{"property", brief(p.Data), p.CreatedAt.Format(time.DateTime)})
	}
	for _, r := range s.Requirements {
		rows = append(rows, []string{"requirement", brief(r.Data), r.CreatedAt.Format(time.DateTime)})
	}
	for _, e := range s.Timeline {
		rows = append(rows, []string{e.At.Format(time.DateTime), e.Type + " " + e.Kind, "by " + e.Origin + " " + brief(e.Text)})
	}
	return rows
}

// brief shows a value on one short line.
func brief(v any) string {
	text, ok := v.(string)
	if !ok {
		b, err := json.Marshal(v)
		if err != nil {
			return fmt.Sprint(v)
		}
		text = string(b)
	}
	const most = 120
	if r := []rune(text); len(r) > most {
		text = string(r[:most]) + "…"
	}
	return text
}

type contactList struct {
	admin
	Text     string `arg:"" optional:"" help:"Words that must all be there: of names, e-mails, phones, company, city."`
	Location string `help:"Location, by id; the first one if left out." placeholder:"ID"`
	Limit    int    `help:"At most so many." default:"50" placeholder:"N"`
}

// Run lists contacts.
func (c *contactList) Run(o *out) error {
	if err := limit(c.Limit); err != nil {
		return err
	}
	lines, rows := []crm.Contact{}, [][]string{}
	if err := c.read(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) error {
		lines, rows = lines[:0], rows[:0]
		where, err := locationOr(ctx, tx, c.Location)
		if err != nil {
			return err
		}
		list, _, err := crm.Contacts(ctx, tx, where, crm.Query{Text: c.Text, Limit: c.Limit}, false)
		for i := range list {
			x := &list[i]
			lines = append(lines, *x)
			rows = append(rows, []string{x.ID, x.FullName(), x.Email, x.Phone, x.Type, x.Source, x.UpdatedAt.Format(time.DateTime)})
		}
		return err
	}); err != nil {
		return err
	}
	return c.show(o, lines, "ID\tNAME\tE-MAIL\tPHONE\tTYPE\tSOURCE\tUPDATED (UTC)", rows...)
}
