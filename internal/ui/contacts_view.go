package ui

import (
	"context"
	"net/url"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

// viewLink leads to a list of contacts that has a name.
type viewLink struct {
	Name, Path string
	Here, Own  bool // Own ones can be deleted
}

// viewLinks are the views that everybody has, and those that the visitor saved.
func viewLinks(v *visit, now contactFilter) (links []viewLink) {
	add := func(name, query string, own bool) {
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		f := readContactFilter(values)
		f.After, now.After = "", ""
		links = append(links, viewLink{Name: name, Path: v.Base + "/contacts?" + f.Query(), Here: f == now, Own: own})
	}
	add("All", "", false)
	if v.only == "" {
		add("Mine", "owner="+v.User.ID, false)
		add("Unassigned", "owner="+nobody, false)
	}
	const week = 7
	add("New this week", "since="+v.Date(v.now.AddDate(0, 0, -week)), false)
	add("Not contacted", "silent=30", false)
	for _, w := range v.User.Profile.Views[v.at()] {
		add(w.Name, w.Query, true)
	}
	return links
}

// changeViews saves or deletes a view, or sets which columns are shown.
func changeViews(v *visit) error {
	what := "saved"
	err := v.p.DB.Write(v.r.Context(), db.System, func(ctx context.Context, tx *db.Tx) error {
		switch v.form("do") {
		case "save":
			what = "view-saved"
			values, err := url.ParseQuery(v.form("query"))
			if err != nil {
				values = nil
			}
			return crm.SaveView(ctx, tx, v.User.ID, v.at(), crm.View{Name: v.form("name"), Query: readContactFilter(values).Query()})
		case "delete":
			what = "view-deleted"
			return crm.DeleteView(ctx, tx, v.User.ID, v.at(), v.form("name"))
		case "columns":
			return crm.ShowColumns(ctx, tx, v.User.ID, v.r.PostForm["column"])
		}
		return noButton()
	})
	if err != nil {
		return err
	}
	if what == "view-deleted" {
		return v.done("/contacts", what, 0, "")
	}
	return v.done("", what, 0, "")
}
