package blog

import (
	"context"
	"regexp"
	"slices"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// Post is one text of a blog.
type Post struct {
	LocationID    string
	ID            string
	BlogID        string
	Slug          string // unique in the location
	Title         string
	Description   string
	ImageURL      string
	ImageAlt      string
	Status        string // one of Statuses
	AuthorID      string
	CanonicalLink string
	Categories    []string // their ids
	Tags          []string
	PublishedAt   time.Time // UTC
	CreatedAt     time.Time
	UpdatedAt     time.Time
	HTML          string // as it was written: not to be shown before it is made safe
}

// The states of a post. A scheduled one is read from its time on.
const (
	Draft     = "DRAFT"
	Published = "PUBLISHED"
	Scheduled = "SCHEDULED"
	Archived  = "ARCHIVED"
)

// Statuses lists them.
func Statuses() []string { return []string{Draft, Published, Scheduled, Archived} }

var posts = db.NewTable("blog_posts", []string{"location_id", "id"}, func(p *Post) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &p.LocationID}, {Name: "id", At: &p.ID}, {Name: "blog_id", At: &p.BlogID}, {Name: "slug", At: &p.Slug}, {Name: "title", At: &p.Title},
		{Name: "description", At: &p.Description}, {Name: "image_url", At: &p.ImageURL}, {Name: "image_alt", At: &p.ImageAlt}, {Name: "status", At: &p.Status},
		{Name: "author_id", At: &p.AuthorID}, {Name: "canonical_link", At: &p.CanonicalLink}, {Name: "categories", At: db.JSON(&p.Categories, "[]")},
		{Name: "tags", At: db.JSON(&p.Tags, "[]")}, {Name: "published_at", At: db.Millis(&p.PublishedAt)}, {Name: "created_at", At: db.Millis(&p.CreatedAt), Fixed: true},
		{Name: "updated_at", At: db.Millis(&p.UpdatedAt)}, {Name: "html", At: &p.HTML},
	}
})

// slugForm is what stands in an address as it is.
var slugForm = regexp.MustCompile(`^[\p{L}\p{N}]+(?:[-_.][\p{L}\p{N}]+)*$`)

// AddPost writes a post. Conflict if the location has one with that slug;
// NotFound if the blog, the author or a category is not there.
func AddPost(ctx context.Context, tx *db.Tx, by crm.Actor, p Post) (*Post, error) {
	p.LocationID, p.ID, p.CreatedAt, p.UpdatedAt = by.LocationID, tx.NewID(), tx.Now(), tx.Now()
	if err := check(ctx, tx, &p); err != nil {
		return nil, err
	}
	isNew, err := posts.InsertIfAbsent(ctx, tx, &p)
	if err == nil && !isNew {
		err = errs.New(errs.Conflict, "The url slug is taken")
	}
	if err != nil {
		return nil, err
	}
	err = crm.Emit(ctx, tx, by, "blog_post.created", "", p.ID, crm.EventData{Kind: p.Status, Text: crm.Excerpt(p.Title)})
	return &p, err
}

// PostChange says what of a post is to be changed; nil stays.
type PostChange struct {
	BlogID, Slug, Title, Description, ImageURL, ImageAlt, Status, AuthorID, CanonicalLink, HTML *string
	Categories, Tags                                                                            []string // nil stays
	PublishedAt                                                                                 *time.Time
}

// ChangePost changes a post. The errors are AddPost's, and NotFound if it is not
// there.
func ChangePost(ctx context.Context, tx *db.Tx, by crm.Actor, postID string, to PostChange) (*Post, error) {
	p, err := posts.One(ctx, tx, "WHERE location_id = $1 AND id = $2 /*postgres FOR UPDATE*/", by.LocationID, postID)
	if err == nil && p == nil {
		err = errs.New(errs.NotFound, "Blog post not found")
	}
	if err != nil {
		return nil, err
	}
	changes := p.apply(to)
	if len(changes) == 0 {
		return p, nil
	}
	if err := check(ctx, tx, p); err != nil {
		return nil, err
	}
	taken, err := SlugTaken(ctx, tx, by.LocationID, p.Slug, p.ID)
	if err != nil {
		return nil, err
	}
	if taken {
		return nil, errs.New(errs.Conflict, "The url slug is taken")
	}
	p.UpdatedAt = tx.Now()
	if err := posts.Update(ctx, tx, p); err != nil {
		return nil, err
	}
	err = crm.Emit(ctx, tx, by, "blog_post.updated", "", p.ID, crm.EventData{Kind: p.Status, Text: crm.Excerpt(p.Title), Changes: changes})
	return p, err
}

func (p *Post) apply(to PostChange) (changes []crm.Change) {
	for _, f := range []struct {
		name  string
		at, v *string
	}{
		{"blogId", &p.BlogID, to.BlogID}, {"urlSlug", &p.Slug, to.Slug}, {"title", &p.Title, to.Title}, {"description", &p.Description, to.Description},
		{"imageUrl", &p.ImageURL, to.ImageURL}, {"imageAltText", &p.ImageAlt, to.ImageAlt}, {"status", &p.Status, to.Status},
		{"author", &p.AuthorID, to.AuthorID}, {"canonicalLink", &p.CanonicalLink, to.CanonicalLink},
	} {
		if f.v != nil && *f.v != *f.at {
			changes = append(changes, crm.Change{Field: f.name, From: *f.at, To: *f.v})
			*f.at = *f.v
		}
	}
	for _, f := range []struct {
		name string
		at   *[]string
		v    []string
	}{{"categories", &p.Categories, to.Categories}, {"tags", &p.Tags, to.Tags}} {
		if f.v != nil && !slices.Equal(f.v, *f.at) {
			changes = append(changes, crm.Change{Field: f.name, From: *f.at, To: f.v})
			*f.at = f.v
		}
	}
	if to.PublishedAt != nil && !to.PublishedAt.Equal(p.PublishedAt) {
		changes = append(changes, crm.Change{Field: "publishedAt", To: to.PublishedAt.UTC().Format(time.RFC3339)})
		p.PublishedAt = *to.PublishedAt
	}
	if to.HTML != nil && *to.HTML != p.HTML { // too long for an event
		changes = append(changes, crm.Change{Field: "rawHTML"})
		p.HTML = *to.HTML
	}
	return changes
}

// check refuses a post that is wrong in itself, or names what is not there.
func check(ctx context.Context, tx *db.Tx, p *Post) error {
	var broken []errs.Field
	if p.Title == "" {
		broken = append(broken, errs.Field{Name: "title", Rule: "required"})
	}
	if !slugForm.MatchString(p.Slug) || len(p.Slug) > 250 {
		broken = append(broken, errs.Field{Name: "urlSlug", Rule: "slug"})
	}
	if !slices.Contains(Statuses(), p.Status) {
		broken = append(broken, errs.Field{Name: "status", Rule: "choice"})
	}
	if err := errs.InvalidFields(broken...); err != nil {
		return err
	}
	site, err := sites.One(ctx, tx, "WHERE location_id = $1 AND id = $2", p.LocationID, p.BlogID)
	if err != nil {
		return err
	}
	if site == nil {
		return errs.New(errs.NotFound, "Blog not found")
	}
	if p.AuthorID != "" {
		author, err := AuthorByID(ctx, tx, p.LocationID, p.AuthorID)
		if err != nil {
			return err
		}
		if author == nil {
			return errs.New(errs.NotFound, "Author not found")
		}
	}
	for _, id := range p.Categories {
		c, err := categories.One(ctx, tx, "WHERE location_id = $1 AND id = $2", p.LocationID, id)
		if err != nil {
			return err
		}
		if c == nil {
			return errs.New(errs.NotFound, "Category not found")
		}
	}
	return nil
}

// SlugTaken reports whether another post than exceptID has a slug.
func SlugTaken(ctx context.Context, tx *db.Tx, locationID, slug, exceptID string) (bool, error) {
	p, err := posts.One(ctx, tx, "WHERE location_id = $1 AND slug = $2 AND id <> $3", locationID, slug, exceptID)
	return p != nil, err
}

// Posts gives a page of a blog's posts, the newest first: in one status or in
// any for "", whose title or description has a text in it or all for "".
func Posts(ctx context.Context, tx *db.Tx, locationID, blogID, status, text string, limit, skip int) ([]Post, error) {
	return posts.All(ctx, tx, `WHERE location_id = $1 AND blog_id = $2 AND ($3 = '' OR status = $3)
		AND ($4 = '' OR lower(title) LIKE $4 ESCAPE '!' OR lower(description) LIKE $4 ESCAPE '!') ORDER BY published_at DESC, id DESC LIMIT $5 OFFSET $6`,
		locationID, blogID, status, containing(text), limit, skip)
}

// public is the condition for what anybody may read at a moment.
const public = "(status = 'PUBLISHED' OR status = 'SCHEDULED' AND published_at <= $3)"

// PostByID gives a post, whatever its status. NotFound if it is not there.
func PostByID(ctx context.Context, tx *db.Tx, locationID, postID string) (*Post, error) {
	p, err := posts.One(ctx, tx, "WHERE location_id = $1 AND id = $2", locationID, postID)
	if err == nil && p == nil {
		err = errs.New(errs.NotFound, "Blog post not found")
	}
	return p, err
}

// PublicPosts gives a page of what anybody may read of a blog, the newest first.
func PublicPosts(ctx context.Context, tx *db.Tx, locationID, blogID string, limit, skip int) ([]Post, error) {
	return posts.All(ctx, tx, "WHERE location_id = $1 AND blog_id = $2 AND "+public+" ORDER BY published_at DESC, id DESC LIMIT $4 OFFSET $5", locationID, blogID, time.Now().UnixMilli(), limit, skip)
}

// PublicPost gives a post of a blog that anybody may read. NotFound if there is
// none at that address.
func PublicPost(ctx context.Context, tx *db.Tx, locationID, blogID, slug string) (*Post, error) {
	p, err := posts.One(ctx, tx, "WHERE location_id = $1 AND blog_id = $2 AND "+public+" AND slug = $4", locationID, blogID, time.Now().UnixMilli(), slug)
	if err == nil && p == nil {
		err = errs.New(errs.NotFound, "Blog post not found")
	}
	return p, err
}
