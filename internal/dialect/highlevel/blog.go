package highlevel

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/blog"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// postView is a post as HighLevel shows it (contract.md §18).
type postView struct {
	ID            string   `json:"_id"`
	BlogID        string   `json:"blogId"`
	LocationID    string   `json:"locationId"`
	Title         string   `json:"title"`
	Description   string   `json:"description"`
	ImageURL      string   `json:"imageUrl"`
	ImageAltText  string   `json:"imageAltText"`
	Status        string   `json:"status"`
	Archived      bool     `json:"archived"`
	Categories    []string `json:"categories"`
	Tags          []string `json:"tags"`
	Author        string   `json:"author,omitempty"`
	URLSlug       string   `json:"urlSlug"`
	CanonicalLink string   `json:"canonicalLink,omitempty"`
	PublishedAt   string   `json:"publishedAt"`
	UpdatedAt     string   `json:"updatedAt"`
}

func viewPost(p *blog.Post) postView {
	return postView{ID: p.ID, BlogID: p.BlogID, LocationID: p.LocationID, Title: p.Title, Description: p.Description, ImageURL: p.ImageURL, ImageAltText: p.ImageAlt,
		Status: p.Status, Archived: p.Status == blog.Archived, Categories: append([]string{}, p.Categories...), Tags: append([]string{}, p.Tags...), Author: p.AuthorID,
		URLSlug: p.Slug, CanonicalLink: p.CanonicalLink, PublishedAt: moment(p.PublishedAt), UpdatedAt: moment(p.UpdatedAt)}
}

// newPost is the body of POST /blogs/posts.
type newPost struct {
	LocationID    string   `json:"locationId" need:"defined"`
	BlogID        string   `json:"blogId" need:"required"`
	Title         string   `json:"title" need:"required" max:"500"`
	Description   string   `json:"description" need:"required" max:"5000"`
	ImageURL      string   `json:"imageUrl" need:"required" max:"2048"`
	ImageAltText  string   `json:"imageAltText" need:"required" max:"500"`
	RawHTML       string   `json:"rawHTML" need:"required" raw:"yes" max:"900000"`
	Status        string   `json:"status" need:"required" choice:"DRAFT|PUBLISHED|SCHEDULED|ARCHIVED"`
	Categories    []string `json:"categories" need:"required" max:"50"`
	Tags          []string `json:"tags" max:"100"`
	Author        string   `json:"author" need:"required"`
	URLSlug       string   `json:"urlSlug" need:"required" max:"250"`
	CanonicalLink string   `json:"canonicalLink" max:"2048"`
	PublishedAt   string   `json:"publishedAt" need:"required" say:"RFC 3339"`
}

type postMade struct {
	Data postView `json:"data"`
}

// createBlogPost is POST /blogs/posts.
func createBlogPost(ctx context.Context, c *call) (wire.Answer, error) {
	said, err := read[newPost](c)
	if err != nil {
		return wire.Answer{}, err
	}
	at, err := published(said.PublishedAt)
	if err != nil {
		return wire.Answer{}, err
	}
	p := blog.Post{BlogID: said.BlogID, Slug: said.URLSlug, Title: said.Title, Description: said.Description, ImageURL: said.ImageURL, ImageAlt: said.ImageAltText, Status: said.Status,
		AuthorID: said.Author, CanonicalLink: said.CanonicalLink, Categories: said.Categories, Tags: said.Tags, PublishedAt: at, HTML: said.RawHTML}
	return do(ctx, c, func(ctx context.Context, tx *db.Tx) (v postMade, err error) {
		made, err := blog.AddPost(ctx, tx, c.Actor(), p)
		if err != nil {
			return v, err
		}
		return postMade{viewPost(made)}, nil
	})
}

// published reads the time of a post.
func published(text string) (time.Time, error) {
	for _, form := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(form, text); err == nil && at.Year() >= 1970 && at.Year() <= 9999 {
			return at.UTC(), nil
		}
	}
	return time.Time{}, errs.InvalidFields(errs.Field{Name: "publishedAt", Rule: "date"})
}

// postChange is the body of PUT /blogs/posts/{postId}: what was not said stays.
type postChange struct {
	LocationID    string   `json:"locationId"`
	BlogID        *string  `json:"blogId"`
	Title         *string  `json:"title" max:"500"`
	Description   *string  `json:"description" max:"5000"`
	ImageURL      *string  `json:"imageUrl" max:"2048"`
	ImageAltText  *string  `json:"imageAltText" max:"500"`
	RawHTML       *string  `json:"rawHTML" raw:"yes" max:"900000"`
	Status        *string  `json:"status" choice:"DRAFT|PUBLISHED|SCHEDULED|ARCHIVED"`
	Categories    []string `json:"categories" max:"50"`
	Tags          []string `json:"tags" max:"100"`
	Author        *string  `json:"author"`
	URLSlug       *string  `json:"urlSlug" max:"250"`
	CanonicalLink *string  `json:"canonicalLink" max:"2048"`
	PublishedAt   *string  `json:"publishedAt" say:"RFC 3339"`
}

type postUpdated struct {
	Post postView `json:"updatedBlogPost"`
}

// updateBlogPost is PUT /blogs/posts/{postId}.
func updateBlogPost(ctx context.Context, c *call) (wire.Answer, error) {
	said, err := read[postChange](c)
	if err != nil {
		return wire.Answer{}, err
	}
	to := blog.PostChange{BlogID: said.BlogID, Slug: said.URLSlug, Title: said.Title, Description: said.Description, ImageURL: said.ImageURL, ImageAlt: said.ImageAltText, Status: said.Status,
		AuthorID: said.Author, CanonicalLink: said.CanonicalLink, HTML: said.RawHTML, Categories: said.Categories, Tags: said.Tags}
	if said.PublishedAt != nil {
		at, err := published(*said.PublishedAt)
		if err != nil {
			return wire.Answer{}, err
		}
		to.PublishedAt = &at
	}
	return do(ctx, c, func(ctx context.Context, tx *db.Tx) (v postUpdated, err error) {
		p, err := blog.ChangePost(ctx, tx, c.Actor(), c.param("postId"), to)
		if err != nil {
			return v, err
		}
		return postUpdated{viewPost(p)}, nil
	})
}

// postsQuery is what can be asked of a blog's posts.
type postsQuery struct {
	LocationID string `json:"locationId"`
	BlogID     string `json:"blogId" need:"required"`
	Limit      *int64 `json:"limit" min:"1" max:"100"`
	Offset     *int64 `json:"offset" min:"0" max:"1000000"`
	SearchTerm string `json:"searchTerm" max:"200"`
	Status     string `json:"status" choice:"DRAFT|PUBLISHED|SCHEDULED|ARCHIVED"`
}

type postsView struct {
	Blogs []postView `json:"blogs"`
}

// listBlogPosts is GET /blogs/posts/all.
func listBlogPosts(ctx context.Context, c *call) (wire.Answer, error) {
	said, err := readQuery[postsQuery](c)
	if err != nil {
		return wire.Answer{}, err
	}
	return show(ctx, c, func(ctx context.Context, tx *db.Tx) (v postsView, err error) {
		list, err := blog.Posts(ctx, tx, c.Location().ID, said.BlogID, said.Status, said.SearchTerm, int(orElse(said.Limit, 20)), int(orElse(said.Offset, 0)))
		v.Blogs = make([]postView, len(list))
		for i := range list {
			v.Blogs[i] = viewPost(&list[i])
		}
		return v, err
	})
}

// slugQuery asks whether a post has an address.
type slugQuery struct {
	LocationID string `json:"locationId"`
	URLSlug    string `json:"urlSlug" need:"required" max:"250"`
	PostID     string `json:"postId" say:"a post that may have it"`
}

type existsView struct {
	Exists bool `json:"exists"`
}

// checkBlogSlug is GET /blogs/posts/url-slug-exists.
func checkBlogSlug(ctx context.Context, c *call) (wire.Answer, error) {
	said, err := readQuery[slugQuery](c)
	if err != nil {
		return wire.Answer{}, err
	}
	return show(ctx, c, func(ctx context.Context, tx *db.Tx) (existsView, error) {
		taken, err := blog.SlugTaken(ctx, tx, c.Location().ID, said.URLSlug, said.PostID)
		return existsView{taken}, err
	})
}

// offsetQuery is what lists of authors and categories can be asked.
type offsetQuery struct {
	LocationID string `json:"locationId"`
	Limit      *int64 `json:"limit" min:"1" max:"100"`
	Offset     *int64 `json:"offset" min:"0" max:"1000000"`
}

type authorView struct {
	ID            string `json:"_id"`
	Name          string `json:"name"`
	LocationID    string `json:"locationId"`
	UpdatedAt     string `json:"updatedAt"`
	CanonicalLink string `json:"canonicalLink"`
}

type authorsView struct {
	Authors []authorView `json:"authors"`
}

// listBlogAuthors is GET /blogs/authors.
func listBlogAuthors(ctx context.Context, c *call) (wire.Answer, error) {
	said, err := readQuery[offsetQuery](c)
	if err != nil {
		return wire.Answer{}, err
	}
	return show(ctx, c, func(ctx context.Context, tx *db.Tx) (v authorsView, err error) {
		list, err := blog.Authors(ctx, tx, c.Location().ID, int(orElse(said.Limit, 20)), int(orElse(said.Offset, 0)))
		v.Authors = make([]authorView, len(list))
		for i, a := range list {
			v.Authors[i] = authorView{a.ID, a.Name, a.LocationID, moment(a.UpdatedAt), a.CanonicalLink}
		}
		return v, err
	})
}

// categoryView has its name twice: HighLevel's document lists label, and
// requires name.
type categoryView struct {
	ID            string `json:"_id"`
	Name          string `json:"name"`
	Label         string `json:"label"`
	LocationID    string `json:"locationId"`
	UpdatedAt     string `json:"updatedAt"`
	CanonicalLink string `json:"canonicalLink"`
	URLSlug       string `json:"urlSlug"`
}

type categoriesView struct {
	Categories []categoryView `json:"categories"`
}

// listBlogCategories is GET /blogs/categories.
func listBlogCategories(ctx context.Context, c *call) (wire.Answer, error) {
	said, err := readQuery[offsetQuery](c)
	if err != nil {
		return wire.Answer{}, err
	}
	return show(ctx, c, func(ctx context.Context, tx *db.Tx) (v categoriesView, err error) {
		list, err := blog.Categories(ctx, tx, c.Location().ID, int(orElse(said.Limit, 20)), int(orElse(said.Offset, 0)))
		v.Categories = make([]categoryView, len(list))
		for i, it := range list {
			v.Categories[i] = categoryView{it.ID, it.Label, it.Label, it.LocationID, moment(it.UpdatedAt), it.CanonicalLink, it.Slug}
		}
		return v, err
	})
}

// sitesQuery is what can be asked of a location's blogs.
type sitesQuery struct {
	pageQuery
	SearchTerm string `json:"searchTerm" max:"200"`
}

type siteView struct {
	ID   string `json:"_id"`
	Name string `json:"name"`
}

type sitesView struct {
	Data []siteView `json:"data"`
}

// listBlogs is GET /blogs/site/all.
func listBlogs(ctx context.Context, c *call) (wire.Answer, error) {
	said, err := readQuery[sitesQuery](c)
	if err != nil {
		return wire.Answer{}, err
	}
	return show(ctx, c, func(ctx context.Context, tx *db.Tx) (v sitesView, err error) {
		list, err := blog.Sites(ctx, tx, c.Location().ID, said.SearchTerm, int(orElse(said.Limit, 20)), int(orElse(said.Skip, 0)))
		v.Data = make([]siteView, len(list))
		for i, s := range list {
			v.Data[i] = siteView{s.ID, s.Name}
		}
		return v, err
	})
}
