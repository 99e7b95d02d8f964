package ui_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/blog"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

func page(t *testing.T, f *foyertest.F, path, known string) (int, http.Header, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if known != "" {
		req.Header.Set("If-None-Match", known)
	}
	res, err := foyertest.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(text)
}

// Anybody may read what is published, made safe, and nothing else.
func TestABlogIsReadByAnybody(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		by := crm.Actor{LocationID: f.Credentials.LocationID, Origin: "test"}
		err := f.DB.Write(t.Context(), by.LocationID, func(ctx context.Context, tx *db.Tx) error {
			site, err := blog.AddSite(ctx, tx, by, "House <News>", "news")
			if err != nil {
				return err
			}
			author, err := blog.AddAuthor(ctx, tx, by, "Ana & Bob", "")
			if err != nil {
				return err
			}
			for i, p := range []blog.Post{
				{Slug: "open", Status: blog.Published, Title: "Open <house>", Description: "d\"<b>", AuthorID: author.ID, ImageURL: "javascript:alert(1)", CanonicalLink: "javascript:alert(2)",
					HTML: `<p onclick="x()">lorem <b>ipsum</b></p><script>alert(3)</script><a href="javascript:alert(4)">a</a><style>p{}</style>`},
				{Slug: "draft", Status: blog.Draft, Title: "Draft"},
				{Slug: "old", Status: blog.Archived, Title: "Old"},
				{Slug: "future", Status: blog.Scheduled, Title: "Future", PublishedAt: time.Now().AddDate(1, 0, 0)},
				{Slug: "past", Status: blog.Scheduled, Title: "Past", PublishedAt: time.Now().AddDate(-1, 0, 0)},
			} {
				p.BlogID = site.ID
				if p.PublishedAt.IsZero() {
					p.PublishedAt = time.Date(2026, 1, 2+i, 0, 0, 0, 0, time.UTC)
				}
				if _, err := blog.AddPost(ctx, tx, by, p); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		home := "/blog/" + by.LocationID + "/news"
		status, header, text := page(t, f, home, "")
		if status != 200 || !strings.Contains(text, "House &lt;News&gt;") || !strings.Contains(text, "Open &lt;house&gt;") || !strings.Contains(text, "Past") {
			t.Errorf("%d %s", status, text)
		}
		for _, hidden := range []string{"Draft", "Old", "Future"} {
			if strings.Contains(text, hidden) {
				t.Errorf("%s is shown", hidden)
			}
		}
		if again, _, _ := page(t, f, home, header.Get("ETag")); again != http.StatusNotModified || !strings.HasPrefix(header.Get("Cache-Control"), "public") {
			t.Errorf("again: %d, %v", again, header)
		}
		status, header, text = page(t, f, home+"/open", "")
		if status != 200 || !strings.Contains(text, "<p>lorem <b>ipsum</b></p>") || !strings.Contains(text, "Ana &amp; Bob") {
			t.Errorf("%d %s", status, text)
		}
		for _, bad := range []string{"<script", "onclick", "javascript:", "p{}"} {
			if strings.Contains(text, bad) {
				t.Errorf("%q is in the page: %s", bad, text)
			}
		}
		if !strings.Contains(header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%v", header)
		}
		for path, want := range map[string]int{"/past": 200, "/draft": 404, "/old": 404, "/future": 404, "/none": 404, "/%00": 404, "/%ff": 404} {
			if status, _, _ := page(t, f, home+path, ""); status != want {
				t.Errorf("%s: %d", path, status)
			}
		}
		for _, path := range []string{"/blog/none/news", "/blog/" + by.LocationID + "/none", "/files/" + by.LocationID + "/x/y/z"} {
			if status, _, _ := page(t, f, path, ""); status != 404 {
				t.Errorf("%s: %d", path, status)
			}
		}
		f.System(t, func(ctx context.Context, tx *db.Tx) error { return crm.DisableLocation(ctx, tx, by.LocationID, true) })
		if status, _, _ := page(t, f, home, ""); status != 404 {
			t.Errorf("of a disabled location: %d", status)
		}
	})
}
