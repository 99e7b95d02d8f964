package main

import (
	"context"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

type companiesCommand struct {
	Create  companyCreate  `cmd:"" help:"Make a company."`
	List    companyList    `cmd:"" help:"List the companies."`
	Disable companyDisable `cmd:"" help:"Shut out all users and keys of a company; --enable lets them in again."`
}

type companyLine struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Disabled bool   `json:"disabled"`
}

func lineOfCompany(c *crm.Company) companyLine {
	return companyLine{c.ID, c.Name, !c.DisabledAt.IsZero()}
}

func (l companyLine) row() []string { return []string{l.ID, l.Name, inForce(l.Disabled)} }

type companyCreate struct {
	admin
	Name string `arg:"" help:"Name of the company."`
}

// Run makes a company.
func (c *companyCreate) Run(o *out) error {
	var made *crm.Company
	if err := c.write(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) (err error) {
		made, err = crm.AddCompany(ctx, tx, c.Name)
		return err
	}); err != nil {
		return err
	}
	l := lineOfCompany(made)
	return c.show(o, l, "ID\tNAME\tSTATE", l.row())
}

type companyList struct{ admin }

// Run lists the companies.
func (c *companyList) Run(o *out) error {
	lines, rows := []companyLine{}, [][]string{}
	if err := c.read(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) error {
		lines, rows = lines[:0], rows[:0]
		all, err := crm.Companies(ctx, tx)
		for i := range all {
			l := lineOfCompany(&all[i])
			lines, rows = append(lines, l), append(rows, l.row())
		}
		return err
	}); err != nil {
		return err
	}
	return c.show(o, lines, "ID\tNAME\tSTATE", rows...)
}

type companyDisable struct{ disabling }

// Run disables a company.
func (c *companyDisable) Run(o *out) error { return c.run(o, crm.DisableCompany) }
