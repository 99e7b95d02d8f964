package crm

import (
	"slices"

	"github.com/foyer-crm/foyer/internal/errs"
)

// Actor says who does something, through what, and for which location. It is an
// argument of every command; only package auth makes one for a request.
type Actor struct {
	LocationID   string
	CompanyID    string
	UserID       string // the person behind the credential, "" for a system
	CredentialID string // the key that was used
	PartnerID    string // the partner company behind the key, where a vendor has such
	AppID        string // the OAuth app behind the credential, "" for other credentials
	Origin       string // the door: "radius", "liondesk", "brokerkit", "highlevel", "import", …
	Scopes       []string
	ReadOnly     bool // nothing that they do is stored
}

// mayWrite refuses what somebody does who may only read. Every command stores an
// event, and none is stored without this.
func (a Actor) mayWrite() error {
	if a.ReadOnly {
		return errs.New(errs.Forbidden, "This account may read and change nothing").WithCode("read_only")
	}
	return nil
}

// did reports whether a user did it themselves. The keys of the doors that leads
// come in by belong to somebody, but it is others who come.
func (a Actor) did(userID string) bool {
	return a.UserID == userID && !slices.Contains([]string{"radius", "liondesk", "brokerkit"}, a.Origin)
}

// Can reports whether the credential carries a scope.
func (a Actor) Can(scope string) bool { return slices.Contains(a.Scopes, scope) }
