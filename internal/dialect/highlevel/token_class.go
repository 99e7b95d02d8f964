package highlevel

import (
	"fmt"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// AgencyApp is the class of tokens of the operations that only the access token
// of an app can call, and only one for a company (contract.md §3,
// "Agency-Access-Only").
const AgencyApp = "agency, by an app"

// What a token of the wrong class is told (contract.md §6).
const (
	wrongClass = "This authClass type is not allowed to access this scope. Please verify your IAM configuration if this is not the case."
	wrongType  = "Token's user type mismatch!"
)

// admits refuses tokens that are not of the operation's class.
func (o Operation) admits(c *wire.Call) error {
	agency := c.Caller.OfCompany()
	ok := true
	switch o.Token {
	case Location:
		ok = !agency
	case Agency:
		ok = agency
	case AgencyApp:
		ok = agency && c.Caller.OAuth()
	}
	if ok {
		return nil
	}
	text := wrongType
	if c.Caller.OAuth() {
		text = wrongClass
	}
	return errs.New(errs.Forbidden, "%s", text).WithCode("class")
}

// account is who the rate limits count a caller as: an app in each location or
// company, and each private token (contract.md §5).
func account(c *auth.Caller) string {
	if !c.OAuth() {
		return c.Actor.CredentialID
	}
	return c.Actor.AppID + " " + c.Actor.CompanyID + " " + c.Actor.LocationID
}

// challenge says where tokens are to be had (RFC 6750 §3, RFC 9728 §5.1).
func (d *door) challenge(c *wire.Call, e *errs.Error) string {
	text := fmt.Sprintf(`Bearer resource_metadata="%s%s"`, d.Base.Of(c.Request), resourcePath)
	switch {
	case e.Code == "scope":
		text += fmt.Sprintf(`, error="insufficient_scope", scope="%s"`, c.Route.Scope)
	case e.Code != "class" && len(presented(c.Request)) > 0:
		text += `, error="invalid_token"`
	}
	return text
}

// checkCompanyLocation is checkLocation for a company's token. An app may ask
// about any location of the company, also one that it is not in.
//
//nolint:contextcheck,nolintlint // the context is the request's; the mark counts where this is called
func (c *call) checkCompanyLocation(id string) error {
	if id == "" {
		return nil
	}
	l, err := c.Desk().CompanyLocation(c.Request.Context(), c.Caller, id)
	if err == nil && c.op.Token != AgencyApp && !c.Caller.Reaches(l) {
		err = auth.NoLocation()
	}
	return err
}

// checkCompany refuses the name of a company that the token is not of.
func (c *call) checkCompany(named string) error {
	if named != "" && named != c.Actor().CompanyID {
		return errs.New(errs.Forbidden, "The token does not have access to this company.").WithCode("location")
	}
	return nil
}
