package ui

import (
	"context"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

func locationSection() section {
	const path = "/settings/location"
	return section{name: "Location", icon: "building-2", path: path, page: "location", item: "location", admin: true,
		screens: []screen{{method: get, path: path, do: showLocation}, {method: post, path: path, do: changeLocation}},
	}
}

// locationData is what the page of the location shows.
type locationData struct {
	*frame
	Zones []string
}

func showLocation(v *visit) error {
	return v.show("location", "Location", &locationData{v.frame, crm.Timezones()})
}

// changeLocation stores what the location says of itself and how it takes
// contacts.
func changeLocation(v *visit) error {
	if v.form("do") != "save" {
		return noButton()
	}
	err := v.write(func(ctx context.Context, tx *db.Tx) error {
		_, err := crm.AmendLocation(ctx, tx, v.Actor, v.at(), func(l *crm.Location) {
			l.Name, l.Timezone = v.form("name"), v.form("timezone")
			p := &l.Profile
			p.Phone, p.Email, p.Website = v.form("phone"), v.form("email"), v.form("website")
			p.Address.Line1, p.Address.City, p.Address.State, p.Address.PostalCode, p.Address.Country = v.form("address1"), v.form("city"), v.form("state"), v.form("postalCode"), v.form("country")
			l.Settings.AllowDuplicateContact = v.form("duplicates") == "allow"
			l.Settings.DuplicateOrder = nil
			if v.form("order") == "phone" {
				l.Settings.DuplicateOrder = []string{"phone", "email"}
			}
		})
		return err
	})
	if err != nil {
		return err
	}
	v.p.Desk.Forget()
	return v.done("/settings/location", "saved", 0, "")
}
