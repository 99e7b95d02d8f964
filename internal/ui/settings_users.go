package ui

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

func usersSection() section {
	const path = "/settings/users"
	return section{name: "Users", icon: "users", path: path, page: "users", item: "user", admin: true,
		screens: []screen{{method: get, path: path, do: showUsers}, {method: post, path: path, do: changeUsers}},
		said: map[string]string{
			"invited": "Invited. A link is on its way by mail", "user-shut": "Shut out, with every key of theirs", "user-in": "Let in again", "user-gone": "Removed from the location",
			"second-reset": "The second factor is off, and they are signed out",
		},
	}
}

// The roles as people choose them.
const (
	roleAdmin    = "admin"
	roleUser     = "user"
	roleAssigned = "assigned"
	roleReader   = "reader"
)

// roleLine is a role as it is explained.
type roleLine struct{ Role, Name, About string }

func roles() []roleLine {
	return []roleLine{
		{roleAdmin, "Admin", "Does everything, and sets the location up"},
		{roleUser, "User", "Works with every contact"},
		{roleAssigned, "Assigned only", "Sees and changes the contacts that are assigned to them, and nothing of others’"},
		{roleReader, "Read only", "Sees every contact, and changes nothing"},
	}
}

func roleOf(u *crm.User) string {
	switch {
	case u.Role == crm.AdminRole:
		return roleAdmin
	case u.Profile.ReadOnly:
		return roleReader
	case u.Has(crm.AssignedOnly):
		return roleAssigned
	}
	return roleUser
}

// setRole makes a role of what the core knows.
func setRole(u *crm.User, role string) {
	said := map[string]bool{}
	for name, v := range u.Profile.Permissions {
		said[name] = v
	}
	said[crm.AssignedOnly] = role == roleAssigned
	u.Profile.Permissions, u.Profile.ReadOnly = said, role == roleReader
	if u.Role = crm.UserRole; role == roleAdmin {
		u.Role = crm.AdminRole
	}
}

// permissionLines are the permissions that somebody can be given one by one.
func permissionLines() []struct{ Name, Text string } {
	return []struct{ Name, Text string }{
		{seeContacts, "Contacts, tasks and duplicates"}, {inBulk, "Changes and exports of many contacts at once"}, {"opportunitiesEnabled", "Pipelines"}, {crm.LeadValue, "What deals are worth"},
		{"appointmentsEnabled", "Calendar"}, {"conversationsEnabled", "Inbox"}, {"workflowsEnabled", "Automation"}, {"dashboardStatsEnabled", "Reports"}, {"tagsEnabled", "Settings: tags"}, {"bloggingEnabled", "Settings: blog"},
	}
}

// usersData is what the page shows.
type usersData struct {
	*frame
	Users   []userLine
	User    *userLine // the one that is looked at, nil for none
	Roles   []roleLine
	Mails   bool
	Link    string // by which somebody chooses a password, shown this once
	LinkFor *crm.User
	Problem string
	Invited url.Values // what was entered
}

// userLine is somebody of the list.
type userLine struct {
	crm.User
	Role   roleLine
	Second bool
	Own    bool // it is who looks
	Locked bool // an admin of the company: nobody here manages them
}

// Can are the permissions of a user, with what they have.
func (u userLine) Can() (list []struct {
	Name, Text string
	Has        bool
}) {
	for _, p := range permissionLines() {
		list = append(list, struct {
			Name, Text string
			Has        bool
		}{p.Name, p.Text, u.Has(p.Name)})
	}
	return list
}

func showUsers(v *visit) error { return v.showUsers(http.StatusOK, usersData{}) }

func (v *visit) showUsers(status int, d usersData) error {
	d.frame, d.Roles, d.Mails = v.frame, roles(), v.p.mails()
	who := v.r.URL.Query().Get("user")
	err := v.p.DB.Read(v.r.Context(), db.System, func(ctx context.Context, tx *db.Tx) error {
		d.Users, d.User = nil, nil
		all, err := crm.Members(ctx, tx, v.at())
		if err != nil {
			return err
		}
		ids := make([]string, len(all))
		for i := range all {
			ids[i] = all[i].ID
		}
		second, err := auth.WithSecond(ctx, tx, ids)
		if err != nil {
			return err
		}
		for i := range all {
			u := userLine{User: all[i], Second: second[all[i].ID], Own: all[i].ID == v.User.ID, Locked: all[i].Type == crm.AgencyUser && !v.User.Admin}
			at := slices.IndexFunc(d.Roles, func(r roleLine) bool { return r.Role == roleOf(&u.User) })
			u.Role = d.Roles[at]
			d.Users = append(d.Users, u)
			if u.ID == who {
				d.User = &u
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return v.showAs(status, "users", "Users", &d)
}

// manager is who manages users: for an admin of the company, all of its.
func (v *visit) manager() crm.Actor {
	by := v.Actor
	if v.User.Admin {
		by.LocationID = ""
	}
	return by
}

// changeUsers does what a button of the page says.
func changeUsers(v *visit) error {
	if v.form("do") == "invite" {
		return inviteUser(v)
	}
	userID := v.form("user")
	var said, link string
	var linkFor *crm.User
	err := v.p.DB.Write(v.r.Context(), db.System, func(ctx context.Context, tx *db.Tx) (err error) {
		by := v.manager()
		switch v.form("do") {
		case "save":
			said = "saved"
			return saveUser(ctx, tx, v, by, userID)
		case "shut":
			said = "user-shut"
			return crm.AdmitUser(ctx, tx, by, userID, true)
		case "let in":
			said = "user-in"
			return crm.AdmitUser(ctx, tx, by, userID, false)
		case "remove":
			said = "user-gone"
			if userID == v.User.ID {
				return errs.New(errs.Invalid, "Nobody removes themself")
			}
			if _, err := crm.ManagedUser(ctx, tx, by, userID); err != nil {
				return err
			}
			_, err = crm.RemoveUser(ctx, tx, v.Actor, userID)
			return err
		case "second":
			said = "second-reset"
			return v.p.Desk.ResetSecond(ctx, tx, by, userID)
		case "link":
			link, linkFor, err = newLink(ctx, tx, v, by, userID)
			return err
		}
		return noButton()
	})
	if err != nil {
		return err
	}
	v.p.Desk.Forget()
	if link != "" {
		return v.showUsers(http.StatusOK, usersData{Link: link, LinkFor: linkFor})
	}
	return v.done("/settings/users", said, 0, "")
}

// saveUser stores the form of a user.
func saveUser(ctx context.Context, tx *db.Tx, v *visit, by crm.Actor, userID string) error {
	u, err := crm.ManagedUser(ctx, tx, by, userID)
	if err != nil {
		return err
	}
	role := v.pick("role", roleAdmin, roleUser, roleAssigned, roleReader)
	if role == "" {
		return noButton()
	}
	if u.ID == v.User.ID && role != roleOf(u) {
		return errs.New(errs.Invalid, "Nobody changes their own role: ask another admin")
	}
	_, err = crm.AmendUser(ctx, tx, by, userID, func(u *crm.User) {
		u.FirstName, u.LastName, u.Phone, u.Title = v.form("first"), v.form("last"), v.form("phone"), v.form("title")
		setRole(u, role)
		if role == roleAdmin || !v.r.PostForm.Has("permissions") {
			return
		}
		for _, p := range permissionLines() {
			u.Profile.Permissions[p.Name] = slices.Contains(v.r.PostForm["may"], p.Name)
		}
	}, nil)
	return err
}

// newLink makes a link by which somebody chooses a password, to be given to them.
func newLink(ctx context.Context, tx *db.Tx, v *visit, by crm.Actor, userID string) (string, *crm.User, error) {
	u, err := crm.ManagedUser(ctx, tx, by, userID)
	if err != nil {
		return "", nil, err
	}
	kind := auth.LinkReset
	if u.PasswordHash == "" {
		kind = auth.LinkInvitation
	}
	secret, _, err := v.p.Desk.NewLink(ctx, tx, u.Email, kind)
	if err != nil || secret == "" {
		return "", nil, err
	}
	return v.p.Base.Of(v.r) + passwordPath + secret, u, crm.NoteUser(ctx, tx, by, u, "password", "link made")
}

// inviteUser makes an account and mails a link to it; without mail, the link is
// shown to whoever invites.
func inviteUser(v *visit) error {
	role := v.pick("role", roleAdmin, roleUser, roleAssigned, roleReader)
	if role == "" {
		return noButton()
	}
	var link string
	var made *crm.User
	err := v.p.DB.Write(v.r.Context(), db.System, func(ctx context.Context, tx *db.Tx) (err error) {
		link = ""
		u := crm.User{Email: v.form("email"), FirstName: v.form("first"), LastName: v.form("last"), Type: crm.AccountUser, Timezone: ""}
		setRole(&u, role)
		if made, err = crm.CreateUser(ctx, tx, v.Actor, u, []string{v.at()}); err != nil {
			return err
		}
		if v.p.mails() {
			return sendLink(ctx, tx, made.Email, auth.LinkInvitation)
		}
		link, _, err = newLink(ctx, tx, v, v.manager(), made.ID)
		return err
	})
	e := errs.As(err)
	switch {
	case err == nil && link != "":
		return v.showUsers(http.StatusOK, usersData{Link: link, LinkFor: made})
	case err == nil:
		return v.done("/settings/users", "invited", 0, "")
	case e.Kind == errs.Conflict:
		return v.showUsers(http.StatusConflict, usersData{Problem: "There is an account with this e-mail address already.", Invited: v.r.PostForm})
	case e.Kind == errs.Invalid:
		return v.showUsers(http.StatusBadRequest, usersData{Problem: sentence(e), Invited: v.r.PostForm})
	}
	return err
}
