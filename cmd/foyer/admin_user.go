package main

import (
	"context"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/id"
)

type usersCommand struct {
	Create    userCreate    `cmd:"" help:"Make a user; prints the password once."`
	List      userList      `cmd:"" help:"List the users."`
	Disable   userDisable   `cmd:"" help:"Shut a user and their keys out; --enable lets them in again."`
	Rotate    userRotate    `cmd:"" help:"Give a user a new password; prints it once."`
	Subscribe userSubscribe `cmd:"" help:"Tell a user of new leads by e-mail; --off stops that."`
}

type userLine struct {
	ID        string  `json:"id"`
	CompanyID string  `json:"companyId"`
	Email     string  `json:"email"`
	Name      string  `json:"name"`
	Admin     bool    `json:"admin"`
	Disabled  bool    `json:"disabled"`
	Password  *string `json:"password,omitempty"`
}

func lineOfUser(u *crm.User) userLine {
	return userLine{ID: u.ID, CompanyID: u.CompanyID, Email: u.Email, Name: u.FullName(), Admin: u.Admin, Disabled: !u.DisabledAt.IsZero()}
}

const userHead = "ID\tE-MAIL\tNAME\tROLE\tSTATE\tPASSWORD"

func (l userLine) row() []string {
	role, password := "agent", ""
	if l.Admin {
		role = "admin"
	}
	if l.Password != nil {
		password = *l.Password
	}
	return []string{l.ID, l.Email, l.Name, role, inForce(l.Disabled), password}
}

type userCreate struct {
	admin
	Email     string `arg:"" help:"E-mail address; also the sign-in."`
	First     string `help:"First name." placeholder:"NAME"`
	Last      string `help:"Last name." placeholder:"NAME"`
	Phone     string `help:"Phone number." placeholder:"NUMBER"`
	Location  string `help:"Location to work in, by id; the first one if left out." placeholder:"ID"`
	Role      string `help:"What they may do: admin or agent." enum:"admin,agent" default:"agent"`
	Subscribe bool   `help:"Tell them of new leads by e-mail."`
}

// Run makes a user.
func (c *userCreate) Run(o *out) error {
	password := id.Secret(20)
	hash, err := auth.NewPasswords().Hash(o, password)
	if err != nil {
		return err
	}
	var l userLine
	if err := c.write(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) error {
		where, err := locationOr(ctx, tx, c.Location)
		if err != nil {
			return err
		}
		location, err := crm.LocationByID(ctx, tx, where)
		if err != nil {
			return err
		}
		u, err := crm.AddUser(ctx, tx, crm.User{CompanyID: location.CompanyID, Email: c.Email, FirstName: c.First, LastName: c.Last, Phone: c.Phone, Admin: c.Role == "admin", PasswordHash: hash})
		if err != nil {
			return err
		}
		l = lineOfUser(u)
		l.Password = &password
		return crm.Join(ctx, tx, where, u.ID, c.Subscribe)
	}); err != nil {
		return err
	}
	return c.show(o, l, userHead, l.row())
}

type userList struct {
	admin
	Location string `help:"Only those who work in a location, by id." placeholder:"ID"`
}

// Run lists the users.
func (c *userList) Run(o *out) error {
	lines, rows := []userLine{}, [][]string{}
	if err := c.read(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) error {
		lines, rows = lines[:0], rows[:0]
		all, err := crm.Users(ctx, tx, c.Location)
		for i := range all {
			l := lineOfUser(&all[i])
			lines, rows = append(lines, l), append(rows, l.row())
		}
		return err
	}); err != nil {
		return err
	}
	return c.show(o, lines, userHead, rows...)
}

type userDisable struct{ disabling }

// Run disables a user.
func (c *userDisable) Run(o *out) error { return c.run(o, crm.DisableUser) }

type userRotate struct {
	admin
	ID string `arg:"" help:"Which one, by id."`
}

// Run gives a user a new password.
func (c *userRotate) Run(o *out) error {
	password := id.Secret(20)
	hash, err := auth.NewPasswords().Hash(o, password)
	if err != nil {
		return err
	}
	var l userLine
	if err := c.write(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) error {
		u, err := crm.ChangeUser(ctx, tx, c.ID, func(u *crm.User) { u.PasswordHash = hash })
		if err == nil {
			l = lineOfUser(u)
			l.Password = &password
		}
		return err
	}); err != nil {
		return err
	}
	return c.show(o, l, userHead, l.row())
}

type userSubscribe struct {
	admin
	ID       string `arg:"" help:"Which user, by id."`
	Location string `help:"Of which location's leads, by id; the first one if left out." placeholder:"ID"`
	Off      bool   `help:"No longer tell them."`
}

// Run subscribes a user to new leads.
func (c *userSubscribe) Run(o *out) error {
	if err := c.write(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) error {
		where, err := locationOr(ctx, tx, c.Location)
		if err != nil {
			return err
		}
		return crm.Join(ctx, tx, where, c.ID, !c.Off)
	}); err != nil {
		return err
	}
	return c.show(o, map[string]any{"id": c.ID, "notifyNewLeads": !c.Off}, "", []string{c.ID, map[bool]string{true: "is told of new leads", false: "is not told of new leads"}[!c.Off]})
}
