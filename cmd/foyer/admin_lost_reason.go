package main

import (
	"context"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

type lostReasonsCommand struct {
	Create lostReasonCreate `cmd:"" help:"Make a reason."`
	List   lostReasonList   `cmd:"" help:"List the reasons of a location."`
	Delete lostReasonDelete `cmd:"" help:"Offer a reason no longer; what was lost for it stays so."`
}

type lostReasonLine struct {
	ID         string `json:"id"`
	LocationID string `json:"locationId"`
	Name       string `json:"name"`
	Deleted    bool   `json:"deleted"`
}

func lineOfLostReason(r *crm.LostReason) lostReasonLine {
	return lostReasonLine{r.ID, r.LocationID, r.Name, !r.DeletedAt.IsZero()}
}

const lostReasonHead = "ID\tLOCATION\tNAME"

func (l lostReasonLine) row() []string { return []string{l.ID, l.LocationID, l.Name} }

type lostReasonCreate struct {
	admin
	Name     string `arg:"" help:"The reason, as \"Too dear\"."`
	Location string `help:"Location, by id; the first one if left out." placeholder:"ID"`
}

// Run makes a reason.
func (c *lostReasonCreate) Run(o *out) error {
	var made *crm.LostReason
	if err := c.write(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) error {
		location, err := locationOr(ctx, tx, c.Location)
		if err != nil {
			return err
		}
		made, err = crm.AddLostReason(ctx, tx, crm.Actor{LocationID: location, Origin: "admin"}, c.Name)
		return err
	}); err != nil {
		return err
	}
	l := lineOfLostReason(made)
	return c.show(o, l, lostReasonHead, l.row())
}

type lostReasonList struct {
	admin
	Location string `help:"Location, by id; the first one if left out." placeholder:"ID"`
	Deleted  bool   `help:"Those that are no longer offered."`
}

// Run lists the reasons.
func (c *lostReasonList) Run(o *out) error {
	lines, rows := []lostReasonLine{}, [][]string{}
	if err := c.read(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) error {
		lines, rows = lines[:0], rows[:0]
		location, err := locationOr(ctx, tx, c.Location)
		if err != nil {
			return err
		}
		all, err := crm.LostReasons(ctx, tx, location, c.Deleted)
		for i := range all {
			l := lineOfLostReason(&all[i])
			lines, rows = append(lines, l), append(rows, l.row())
		}
		return err
	}); err != nil {
		return err
	}
	return c.show(o, lines, lostReasonHead, rows...)
}

type lostReasonDelete struct {
	admin
	ID       string `arg:"" help:"The reason, by id."`
	Location string `help:"Location, by id; the first one if left out." placeholder:"ID"`
}

// Run takes a reason out of those that are offered.
func (c *lostReasonDelete) Run(o *out) error {
	return c.write(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) error {
		location, err := locationOr(ctx, tx, c.Location)
		if err != nil {
			return err
		}
		return crm.DeleteLostReason(ctx, tx, crm.Actor{LocationID: location, Origin: "admin"}, c.ID)
	})
}
