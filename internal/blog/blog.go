// Package blog holds blogs: sites, authors, categories and posts, which anybody
// may read once they are published.
package blog

import (
	"context"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/norm"
)

// Site is a blog.
type Site struct {
	LocationID string
	ID         string
	Slug       string // unique in the location
	Name       string
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// Author is who writes.
type Author struct {
	LocationID    string
	ID            string
	Name          string
	CanonicalLink string
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

// Category is what posts are about.
type Category struct {
	LocationID    string
	ID            string
	Slug          string // unique in the location
	Label         string
	CanonicalLink string
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

var (
	sites = db.NewTable("blog_sites", []string{"location_id", "id"}, func(s *Site) []db.Column {
		return []db.Column{
			{Name: "location_id", At: &s.LocationID}, {Name: "id", At: &s.ID}, {Name: "slug", At: &s.Slug}, {Name: "name", At: &s.Name},
			{Name: "created_at", At: db.Millis(&s.CreatedAt), Fixed: true}, {Name: "updated_at", At: db.Millis(&s.UpdatedAt)},
		}
	})
	authors = db.NewTable("blog_authors", []string{"location_id", "id"}, func(a *Author) []db.Column {
		return []db.Column{
			{Name: "location_id", At: &a.LocationID}, {Name: "id", At: &a.ID}, {Name: "name", At: &a.Name}, {Name: "canonical_link", At: &a.CanonicalLink},
			{Name: "created_at", At: db.Millis(&a.CreatedAt), Fixed: true}, {Name: "updated_at", At: db.Millis(&a.UpdatedAt)},
		}
	})
	categories = db.NewTable("blog_categories", []string{"location_id", "id"}, func(c *Category) []db.Column {
		return []db.Column{
			{Name: "location_id", At: &c.LocationID}, {Name: "id", At: &c.ID}, {Name: "slug", At: &c.Slug}, {Name: "label", At: &c.Label}, {Name: "canonical_link", At: &c.CanonicalLink},
			{Name: "created_at", At: db.Millis(&c.CreatedAt), Fixed: true}, {Name: "updated_at", At: db.Millis(&c.UpdatedAt)},
		}
	})
)

// Slug makes the part of an address that stands for a text: "" of one without
// letters and digits.
func Slug(text string) string { return strings.Join(norm.Words(text), "-") }

// AddSite makes a blog. Slug "" is made of the name. Conflict if the location
// has one with that slug.
func AddSite(ctx context.Context, tx *db.Tx, by crm.Actor, name, slug string) (*Site, error) {
	if slug == "" {
		slug = name
	}
	s := &Site{LocationID: by.LocationID, ID: tx.NewID(), Slug: Slug(slug), Name: name, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
	if err := named(name, s.Slug); err != nil {
		return nil, err
	}
	isNew, err := sites.InsertIfAbsent(ctx, tx, s)
	return s, added(ctx, tx, by, "blog.created", s.ID, s.Name, isNew, err)
}

// AddAuthor makes an author.
func AddAuthor(ctx context.Context, tx *db.Tx, by crm.Actor, name, canonicalLink string) (*Author, error) {
	if err := named(name, "-"); err != nil {
		return nil, err
	}
	a := &Author{LocationID: by.LocationID, ID: tx.NewID(), Name: name, CanonicalLink: canonicalLink, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
	return a, added(ctx, tx, by, "blog_author.created", a.ID, a.Name, true, authors.Insert(ctx, tx, a))
}

// AddCategory makes a category. Slug "" is made of the label. Conflict if the
// location has one with that slug.
func AddCategory(ctx context.Context, tx *db.Tx, by crm.Actor, label, slug, canonicalLink string) (*Category, error) {
	if slug == "" {
		slug = label
	}
	c := &Category{LocationID: by.LocationID, ID: tx.NewID(), Slug: Slug(slug), Label: label, CanonicalLink: canonicalLink, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
	if err := named(label, c.Slug); err != nil {
		return nil, err
	}
	isNew, err := categories.InsertIfAbsent(ctx, tx, c)
	return c, added(ctx, tx, by, "blog_category.created", c.ID, c.Label, isNew, err)
}

func named(name, slug string) error {
	if strings.TrimSpace(name) == "" || slug == "" {
		return errs.InvalidFields(errs.Field{Name: "name", Rule: "required"})
	}
	return nil
}

// added ends the making of something.
func added(ctx context.Context, tx *db.Tx, by crm.Actor, typ, id, name string, isNew bool, err error) error {
	if err != nil {
		return err
	}
	if !isNew {
		return errs.New(errs.Conflict, "The address is taken")
	}
	return crm.Emit(ctx, tx, by, typ, "", id, crm.EventData{Text: crm.Excerpt(name)})
}

// Sites gives a page of a location's blogs, the oldest first: those whose name
// has a text in it, or all for "".
func Sites(ctx context.Context, tx *db.Tx, locationID, text string, limit, skip int) ([]Site, error) {
	return sites.All(ctx, tx, "WHERE location_id = $1 AND ($2 = '' OR lower(name) LIKE $2 ESCAPE '!') ORDER BY id LIMIT $3 OFFSET $4", locationID, containing(text), limit, skip)
}

// SiteBySlug gives a blog by its address. NotFound if it is not there.
func SiteBySlug(ctx context.Context, tx *db.Tx, locationID, slug string) (*Site, error) {
	s, err := sites.One(ctx, tx, "WHERE location_id = $1 AND slug = $2", locationID, slug)
	if err == nil && s == nil {
		err = errs.New(errs.NotFound, "Blog not found")
	}
	return s, err
}

// Authors gives a page of a location's authors, the oldest first.
func Authors(ctx context.Context, tx *db.Tx, locationID string, limit, skip int) ([]Author, error) {
	return authors.All(ctx, tx, "WHERE location_id = $1 ORDER BY id LIMIT $2 OFFSET $3", locationID, limit, skip)
}

// AuthorByID gives an author, nil if there is none.
func AuthorByID(ctx context.Context, tx *db.Tx, locationID, authorID string) (*Author, error) {
	return authors.One(ctx, tx, "WHERE location_id = $1 AND id = $2", locationID, authorID)
}

// Categories gives a page of a location's categories, the oldest first.
func Categories(ctx context.Context, tx *db.Tx, locationID string, limit, skip int) ([]Category, error) {
	return categories.All(ctx, tx, "WHERE location_id = $1 ORDER BY id LIMIT $2 OFFSET $3", locationID, limit, skip)
}

// containing gives the LIKE pattern for texts that have a text in them, "" for "".
func containing(text string) string {
	if text = strings.ToLower(strings.TrimSpace(text)); text == "" {
		return ""
	}
	return "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(text) + "%"
}
