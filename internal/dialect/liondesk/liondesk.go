// Package liondesk is the door of the LionDesk API, version 1: one address, and
// the word "action" in the body says what is wanted. Contract: intake.md §1;
// README.md in this folder.
package liondesk

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// Door gives the door. It answers at the root of the host, where the original
// is, and at /liondesk (intake.md §0 "Mounting").
func Door() *wire.Door {
	return &wire.Door{
		Name:   auth.LionDesk,
		Prefix: []string{"/", "/liondesk"},
		Routes: []wire.Route{
			// Scopes depend on the action, so the actions check them.
			{Name: "call", Method: http.MethodPost, Path: "/", Aliases: []string{"/liondesk"}, Intake: true, Handle: handle},
		},
		Authenticate: authenticate,
		Presented:    presented,
		Fail:         fail,
	}
}

// envelope is the body of every answer (intake.md §1.2). error is a number and
// errorText a text in all of them: clients read both without looking.
type envelope struct {
	Error     int             `json:"error"`
	ErrorText string          `json:"errorText"`
	Action    string          `json:"action"` // as sent
	ID        int64           `json:"id,omitempty"`
	Msg       json.RawMessage `json:"msg,omitempty"`
	Users     []user          `json:"users,omitzero"` // present, if empty, where users were asked for
}

// user is someone who authorised the asking partner.
type user struct {
	UserKey string `json:"userKey"`
	Email   string `json:"email"`
}

func success(e envelope, o *wire.Object) wire.Answer {
	e.Action = o.Raw("action")
	return wire.Answer{Status: http.StatusOK, Body: e}
}

// handle runs the action that the body names (intake.md §1.2 on errors 2, 3, 4).
func handle(ctx context.Context, c *wire.Call) (wire.Answer, error) {
	o, err := body(c)
	if err != nil {
		return wire.Answer{}, err
	}
	var do func(context.Context, *wire.Call, *wire.Object) (wire.Answer, error)
	switch strings.ToLower(o.Text("action")) {
	case "echo":
		return echo(o), nil
	case "getusers":
		return getUsers(ctx, c, o)
	case "newsubmission":
		do = newSubmission
	case "newcomment":
		do = newComment
	case "newactivity":
		do = newActivity
	case "":
		return wire.Answer{}, errs.InvalidFields(errs.Field{Name: "action", Rule: "required"})
	default:
		return wire.Answer{}, errs.InvalidFields(errs.Field{Name: "action", Rule: "choice"})
	}
	if err := mayWrite(c); err != nil {
		return wire.Answer{}, err
	}
	return do(ctx, c, o)
}

// body reads the body as an object whose members are found in any spelling.
func body(c *wire.Call) (*wire.Object, error) {
	o, err := c.Object()
	if errors.Is(err, wire.ErrLimit) {
		return nil, errs.Wrap(err, errs.TooLarge, "the body cannot be read")
	}
	if err != nil {
		return nil, errs.Wrap(err, errs.Invalid, "the body cannot be read").WithCode("json")
	}
	o.Fold(fold)
	return o, nil
}

// fold makes one word of "assigned user name", "assigned_user_name" and
// "assignedUserName": the documentation prints names with spaces, and nobody
// knows how they were really written (intake.md §1.3).
func fold(name string) string {
	return strings.ToLower(joints.Replace(name))
}

// joints are what fold takes out of a name. Made once: making it is dear.
var joints = strings.NewReplacer(" ", "", "_", "", "-", "")

// echo gives msg back and touches nothing (intake.md §1.7).
func echo(o *wire.Object) wire.Answer {
	msg := json.RawMessage(`""`)
	if o.Has("msg") {
		msg = o.JSON("msg")
	}
	o.Take("msg")
	a := success(envelope{Msg: msg}, o)
	o.Ignore()
	return a
}

// getUsers gives the users who authorised the partner, with the USERKEY of each:
// the one answer of this API with secrets in it, because the contract has it so.
func getUsers(ctx context.Context, c *wire.Call, o *wire.Object) (wire.Answer, error) {
	partner := partnerOf(c.Caller)
	if partner == nil {
		return wire.Answer{}, errs.New(errs.Forbidden, "personal access has no partner whose users could be listed")
	}
	if err := can(partner.Scopes, auth.ScopeRead); err != nil {
		return wire.Answer{}, err
	}
	var users []user
	err := c.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		users = []user{}
		given, people, err := auth.AuthorisedUsers(ctx, tx, partner)
		if err != nil {
			return err
		}
		for i := range given {
			secret, ok, err := c.Desk().Vault().RevealKey(&given[i])
			if err != nil {
				return err
			}
			if ok {
				users = append(users, user{UserKey: secret, Email: people[i].Email})
			}
		}
		return nil
	})
	if err != nil {
		return wire.Answer{}, err
	}
	a := success(envelope{Users: users}, o)
	o.Ignore()
	return a, nil
}
