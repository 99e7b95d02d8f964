package ui

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/microcosm-cc/bluemonday"

	"github.com/foyer-crm/foyer/internal/blog"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// Blog shows blogs to anybody: /blog/LOCATION/SITE and /blog/LOCATION/SITE/POST.
// What a post's author wrote in HTML is made safe before it is shown. Make one
// with NewBlog.
type Blog struct {
	db     *db.DB
	pages  *template.Template
	safe   *bluemonday.Policy
	policy string
}

// blogPage is how many posts stand on a page.
const blogPage = 20

// NewBlog reads the templates.
func NewBlog(d *db.DB) (*Blog, error) {
	text, err := files.ReadFile("templates/blog.html")
	if err != nil {
		return nil, err
	}
	t, err := template.New("blog").Parse(string(text))
	if err != nil {
		return nil, err
	}
	_, rest, _ := strings.Cut(string(text), "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	sum := sha256.Sum256([]byte(style))
	policy := "default-src 'none'; img-src 'self' https:; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	return &Blog{db: d, pages: t, safe: bluemonday.UGCPolicy(), policy: policy}, nil
}

// blogData is what a page shows: a list of posts, or one.
type blogData struct {
	Location  string
	Site      *blog.Site
	Posts     []blog.Post
	Post      *blog.Post
	Author    string
	Body      template.HTML
	Next      int // page; 0 for none
	Canonical string
}

// Date writes the day of a post.
func (blogData) Date(t time.Time) string { return t.UTC().Format("2 January 2006") }

// List shows the posts of a blog, the newest first; ?page= goes on.
func (b *Blog) List(w http.ResponseWriter, r *http.Request) {
	page, _ := strconv.Atoi(r.URL.Query().Get("page"))
	page = min(max(page, 1), 10_000)
	b.show(w, r, func(ctx context.Context, tx *db.Tx, v *blogData) (err error) {
		v.Posts, err = blog.PublicPosts(ctx, tx, v.Location, v.Site.ID, blogPage+1, (page-1)*blogPage)
		if len(v.Posts) > blogPage {
			v.Posts, v.Next = v.Posts[:blogPage], page+1
		}
		return err
	})
}

// Read shows a post.
func (b *Blog) Read(w http.ResponseWriter, r *http.Request) {
	b.show(w, r, func(ctx context.Context, tx *db.Tx, v *blogData) (err error) {
		if v.Post, err = blog.PublicPost(ctx, tx, v.Location, v.Site.ID, r.PathValue("post")); err != nil {
			return err
		}
		if strings.HasPrefix(v.Post.CanonicalLink, "https://") {
			v.Canonical = v.Post.CanonicalLink
		}
		if a, err := blog.AuthorByID(ctx, tx, v.Location, v.Post.AuthorID); err != nil {
			return err
		} else if a != nil {
			v.Author = a.Name
		}
		v.Body = template.HTML(b.safe.Sanitize(v.Post.HTML)) // #nosec G203 -- sanitized
		return nil
	})
}

// show reads what a page needs and shows it, from the caches on the way too.
func (b *Blog) show(w http.ResponseWriter, r *http.Request, load func(ctx context.Context, tx *db.Tx, v *blogData) error) {
	v := &blogData{Location: r.PathValue("location")}
	if !utf8.ValidString(r.URL.Path) || strings.ContainsRune(r.URL.Path, 0) {
		http.NotFound(w, r)
		return
	}
	err := b.db.Read(r.Context(), v.Location, func(ctx context.Context, tx *db.Tx) error {
		l, err := crm.LocationByID(ctx, tx, v.Location)
		if err == nil && !l.DisabledAt.IsZero() {
			err = errs.New(errs.NotFound, "Blog not found")
		}
		if err != nil {
			return err
		}
		if v.Site, err = blog.SiteBySlug(ctx, tx, v.Location, r.PathValue("site")); err != nil {
			return err
		}
		return load(ctx, tx, v)
	})
	if errs.Is(err, errs.NotFound) {
		http.NotFound(w, r)
		return
	}
	var page bytes.Buffer
	if err == nil {
		err = b.pages.Execute(&page, v)
	}
	if err != nil {
		http.Error(w, "This page cannot be shown now.", http.StatusServiceUnavailable)
		return
	}
	sum := sha256.Sum256(page.Bytes())
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", b.policy)
	h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
	h.Set("Cache-Control", "public, max-age=60")
	h.Set("ETag", `"`+hex.EncodeToString(sum[:16])+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(page.Bytes()))
}
