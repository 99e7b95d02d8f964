package ui

import (
	"strings"

	"github.com/foyer-crm/foyer/internal/auth"
)

// example is a request to paste into a terminal.
type example struct{ Head, Text string }

// examplesOf gives what to try at a door: with this server's address and, right
// after it was made, the secret.
func examplesOf(d *doorData) []example {
	secret := d.Secret
	has := secret != ""
	if !has {
		secret = "YOUR-KEY"
	}
	address := strings.ReplaceAll(d.Address, "'", "%27") // stands between quotes
	curl := func(path string, more ...string) string {
		return "curl -sS '" + address + path + "' \\\n  " + strings.Join(more, " \\\n  ")
	}
	const asJSON = "-H 'Content-Type: application/json'"
	switch d.Door.Name {
	case auth.Radius:
		return []example{{"Import a client", curl(d.Door.Path, "-H 'secure-id: "+secret+"'", asJSON,
			`-d '{"client": {"name": "Maria Ortega", "type": "buyer", "emails": "maria@example.com", "phones": "6025550147", "source": "Website"}}'`)}}
	case auth.Brokerkit:
		return []example{{"Create a lead", curl(d.Door.Path, "-H 'Authorization: Token token="+secret+"'", asJSON,
			`-d '{"first_name": "Peet", "last_name": "Peeter", "email": "peet@example.com", "phone": "(602) 555-0147", "status": "new_lead"}'`)}}
	case auth.HighLevel:
		head := []string{"-H 'Authorization: Bearer " + secret + "'", "-H 'Version: 2021-07-28'"}
		return []example{
			{"Create or update a contact", curl("/contacts/upsert", append(head, asJSON, `-d '{"locationId": "`+d.Location.ID+`", "firstName": "Rosan", "lastName": "Deo", "email": "rosan@example.com", "phone": "+16025550147"}'`)...)},
			{"Read the location", curl("/locations/"+d.Location.ID, head...)},
		}
	}
	// LionDesk: an APIKEY and a USERKEY, of which one may have been made just now
	apiKey, userKey := "YOUR-APIKEY", "YOUR-USERKEY"
	switch {
	case !has:
	case d.Shown.Kind == auth.KindPartner:
		apiKey = secret
	case d.Shown.Kind == auth.KindPersonal:
		apiKey, userKey = "user", secret
	default:
		userKey = secret
	}
	return []example{
		{"Submit a lead", curl("/", "-u '"+apiKey+":'", "-H 'X-LionDesk-Id: "+userKey+"'",
			`-d '{"action": "NewSubmission", "firstname": "Maria", "lastname": "Ortega", "email": "maria@example.com", "phone": "(602) 555-0147", "tag": "Buyer"}'`)},
		{"See whether the keys are right", curl("/", "-u '"+apiKey+":'", `-d '{"action": "Echo", "msg": "Hello"}'`)},
	}
}
