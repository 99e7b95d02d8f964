package main

import (
	"context"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/blog"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

type blogCommand struct {
	Site     blogSite     `cmd:"" help:"Make a blog."`
	Author   blogAuthor   `cmd:"" help:"Make an author."`
	Category blogCategory `cmd:"" help:"Make a category."`
}

// blogLine is what a blog is made of, in one line.
type blogLine struct {
	ID         string `json:"id"`
	LocationID string `json:"locationId"`
	Name       string `json:"name"`
	Slug       string `json:"slug,omitempty"`
	Path       string `json:"path,omitempty"` // of the public page
}

func (l *located) add(o *out, f func(ctx context.Context, tx *db.Tx, by crm.Actor) (blogLine, error)) error {
	var line blogLine
	if err := l.write(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) error {
		by, err := l.by(ctx, tx)
		if err != nil {
			return err
		}
		line, err = f(ctx, tx, by)
		return err
	}); err != nil {
		return err
	}
	return l.show(o, line, "ID\tNAME\tSLUG\tPAGE", []string{line.ID, line.Name, line.Slug, line.Path})
}

type blogSite struct {
	located
	Name string `arg:"" help:"Name of the blog."`
	Slug string `help:"Its part of the address; made of the name if left out." placeholder:"SLUG"`
}

// Run makes a blog.
func (c *blogSite) Run(o *out) error {
	return c.add(o, func(ctx context.Context, tx *db.Tx, by crm.Actor) (blogLine, error) {
		s, err := blog.AddSite(ctx, tx, by, c.Name, c.Slug)
		if err != nil {
			return blogLine{}, err
		}
		return blogLine{s.ID, s.LocationID, s.Name, s.Slug, "/blog/" + s.LocationID + "/" + s.Slug}, nil
	})
}

type blogAuthor struct {
	located
	Name string `arg:"" help:"Name of the author."`
	Link string `help:"Address of a page about the author." placeholder:"URL"`
}

// Run makes an author.
func (c *blogAuthor) Run(o *out) error {
	return c.add(o, func(ctx context.Context, tx *db.Tx, by crm.Actor) (blogLine, error) {
		a, err := blog.AddAuthor(ctx, tx, by, c.Name, c.Link)
		if err != nil {
			return blogLine{}, err
		}
		return blogLine{ID: a.ID, LocationID: a.LocationID, Name: a.Name}, nil
	})
}

type blogCategory struct {
	located
	Label string `arg:"" help:"What the category is called."`
	Slug  string `help:"Its part of the address; made of the label if left out." placeholder:"SLUG"`
	Link  string `help:"Address of a page about the category." placeholder:"URL"`
}

// Run makes a category.
func (c *blogCategory) Run(o *out) error {
	return c.add(o, func(ctx context.Context, tx *db.Tx, by crm.Actor) (blogLine, error) {
		it, err := blog.AddCategory(ctx, tx, by, c.Label, c.Slug, c.Link)
		if err != nil {
			return blogLine{}, err
		}
		return blogLine{ID: it.ID, LocationID: it.LocationID, Name: it.Label, Slug: it.Slug}, nil
	})
}
