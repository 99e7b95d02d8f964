package main

import (
	"context"
	"errors"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

type locationsCommand struct {
	Create  locationCreate   `cmd:"" help:"Make a location."`
	List    locationList     `cmd:"" help:"List the locations."`
	Disable locationDisable  `cmd:"" help:"Shut out all keys of a location; --enable lets them in again."`
	Set     locationSettings `cmd:"" help:"Change the settings of a location."`
}

type locationLine struct {
	ID        string       `json:"id"`
	CompanyID string       `json:"companyId"`
	Name      string       `json:"name"`
	Timezone  string       `json:"timezone"`
	Settings  crm.Settings `json:"settings"`
	Disabled  bool         `json:"disabled"`
}

func lineOfLocation(l *crm.Location) locationLine {
	return locationLine{l.ID, l.CompanyID, l.Name, l.Timezone, l.Settings, !l.DisabledAt.IsZero()}
}

const locationHead = "ID\tCOMPANY\tNAME\tTIME ZONE\tSTATE"

func (l locationLine) row() []string {
	return []string{l.ID, l.CompanyID, l.Name, l.Timezone, inForce(l.Disabled)}
}

type locationCreate struct {
	admin
	Name     string `arg:"" help:"Name of the location."`
	Company  string `help:"Company it belongs to, by id; the first one if left out." placeholder:"ID"`
	Timezone string `help:"Time zone, as America/Phoenix." placeholder:"ZONE"`
}

// Run makes a location.
func (c *locationCreate) Run(o *out) error {
	var made *crm.Location
	if err := c.write(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) (err error) {
		company, err := companyOr(ctx, tx, c.Company)
		if err != nil {
			return err
		}
		made, err = crm.AddLocation(ctx, tx, company, c.Name, c.Timezone)
		return err
	}); err != nil {
		return err
	}
	l := lineOfLocation(made)
	return c.show(o, l, locationHead, l.row())
}

func companyOr(ctx context.Context, tx *db.Tx, given string) (string, error) {
	if given != "" {
		return given, nil
	}
	all, err := crm.Companies(ctx, tx)
	if err == nil && len(all) == 0 {
		err = errors.New("there is no company yet: foyer admin bootstrap makes the first one")
	}
	if err != nil {
		return "", err
	}
	return all[0].ID, nil
}

func locationOr(ctx context.Context, tx *db.Tx, given string) (string, error) {
	if given != "" {
		l, err := crm.LocationByID(ctx, tx, given)
		if err != nil {
			return "", err
		}
		return l.ID, nil
	}
	all, err := crm.Locations(ctx, tx, "")
	if err == nil && len(all) == 0 {
		err = errors.New("there is no location yet: foyer admin bootstrap makes the first one")
	}
	if err != nil {
		return "", err
	}
	return all[0].ID, nil
}

type locationList struct {
	admin
	Company string `help:"Only those of a company, by id." placeholder:"ID"`
}

// Run lists the locations.
func (c *locationList) Run(o *out) error {
	lines, rows := []locationLine{}, [][]string{}
	if err := c.read(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) error {
		lines, rows = lines[:0], rows[:0]
		all, err := crm.Locations(ctx, tx, c.Company)
		for i := range all {
			l := lineOfLocation(&all[i])
			lines, rows = append(lines, l), append(rows, l.row())
		}
		return err
	}); err != nil {
		return err
	}
	return c.show(o, lines, locationHead, rows...)
}

type locationDisable struct{ disabling }

// Run disables a location.
func (c *locationDisable) Run(o *out) error { return c.run(o, crm.DisableLocation) }

type locationSettings struct {
	admin
	ID              string   `arg:"" help:"Which one, by id."`
	AllowDuplicates *bool    `help:"HighLevel: make a new contact although one with the same e-mail or phone is there." negatable:""`
	DuplicateOrder  []string `help:"HighLevel: which of email and phone find a duplicate, the strongest first." enum:"email,phone" placeholder:"FIELD"`
	StrictPhones    *bool    `help:"Radius: refuse phones that are not exactly ten digits." negatable:""`
}

// Run changes settings.
func (c *locationSettings) Run(o *out) error {
	var l locationLine
	if err := c.write(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) error {
		err := crm.ChangeSettings(ctx, tx, c.ID, func(s *crm.Settings) {
			if c.AllowDuplicates != nil {
				s.AllowDuplicateContact = *c.AllowDuplicates
			}
			if len(c.DuplicateOrder) > 0 {
				s.DuplicateOrder = c.DuplicateOrder
			}
			if c.StrictPhones != nil {
				s.StrictPhones = *c.StrictPhones
			}
		})
		if err != nil {
			return err
		}
		changed, err := crm.LocationByID(ctx, tx, c.ID)
		if err == nil {
			l = lineOfLocation(changed)
		}
		return err
	}); err != nil {
		return err
	}
	return c.show(o, l, locationHead, l.row())
}
