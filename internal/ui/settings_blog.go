package ui

import (
	"cmp"
	"context"
	"html"
	"regexp"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/blog"
	"github.com/foyer-crm/foyer/internal/db"
)

func blogSection() section {
	const path = "/settings/blog"
	return section{name: "Blog", icon: "book-open", path: path, page: "blog-setup", item: "post", needs: "bloggingEnabled",
		screens: []screen{{method: get, path: path, do: showBlogSetup}, {method: post, path: path, do: changeBlogSetup}},
		said:    map[string]string{"site-added": "Blog added", "post-saved": "Saved", "post-published": "Published", "post-hidden": "Taken off the blog"},
	}
}

// blogSetupData is what the page of the blogs shows.
type blogSetupData struct {
	*frame
	Sites   []blog.Site
	Authors []blog.Author
	Site    *blog.Site // that is looked at
	Posts   []blog.Post
	Post    *blog.Post // that is written; a new one has no id
	Text    string     // of it, as it is written
}

// Public is where anybody reads a post.
func (d *blogSetupData) Public(p blog.Post) string {
	if p.Status != blog.Published || d.Site == nil {
		return ""
	}
	return "/blog/" + d.Location.ID + "/" + d.Site.Slug + "/" + p.Slug
}

func showBlogSetup(v *visit) error {
	d := &blogSetupData{frame: v.frame}
	q := v.r.URL.Query()
	err := v.read(func(ctx context.Context, tx *db.Tx) (err error) {
		const most = 200
		if d.Sites, err = blog.Sites(ctx, tx, v.at(), "", most, 0); err != nil || len(d.Sites) == 0 {
			return err
		}
		d.Site = &d.Sites[0]
		if slug := q.Get("site"); slug != "" {
			if d.Site, err = blog.SiteBySlug(ctx, tx, v.at(), slug); err != nil {
				return err
			}
		}
		if d.Authors, err = blog.Authors(ctx, tx, v.at(), most, 0); err != nil {
			return err
		}
		if d.Posts, err = blog.Posts(ctx, tx, v.at(), d.Site.ID, "", "", most, 0); err != nil {
			return err
		}
		if id := q.Get("post"); id != "" {
			d.Post, err = blog.PostByID(ctx, tx, v.at(), id)
		} else if q.Has("add") {
			d.Post = &blog.Post{}
		}
		return err
	})
	if err != nil {
		return err
	}
	if d.Post != nil {
		d.Text = plainText(d.Post.HTML)
	}
	return v.show("blog-setup", "Blog", d)
}

func changeBlogSetup(v *visit) error {
	said, to := "site-added", "/settings/blog"
	err := v.write(func(ctx context.Context, tx *db.Tx) error {
		switch do := v.form("do"); do {
		case "add site":
			s, err := blog.AddSite(ctx, tx, v.Actor, v.form("name"), cmp.Or(v.form("slug"), blog.Slug(v.form("name"))))
			if err == nil {
				to = "/settings/blog?site=" + s.Slug
			}
			return err
		case "save", "publish", "hide":
			p, err := savePost(ctx, tx, v, do)
			if err == nil {
				said = map[string]string{"save": "post-saved", "publish": "post-published", "hide": "post-hidden"}[do]
				to = "/settings/blog?site=" + v.form("slug of site") + "&post=" + p.ID
			}
			return err
		}
		return noButton()
	})
	return v.doneIf(err, to, said, "")
}

// savePost stores what was written, and publishes it or takes it off.
func savePost(ctx context.Context, tx *db.Tx, v *visit, do string) (*blog.Post, error) {
	site, err := blog.SiteBySlug(ctx, tx, v.at(), v.form("slug of site"))
	if err != nil {
		return nil, err
	}
	title := v.form("title")
	slug := cmp.Or(v.form("slug"), blog.Slug(title))
	text := htmlOf(v.form("text"))
	status := map[string]string{"publish": blog.Published, "hide": blog.Draft}[do]
	if v.form("id") == "" {
		authorID := v.form("author")
		if authorID == "" {
			a, err := firstAuthor(ctx, tx, v)
			if err != nil {
				return nil, err
			}
			authorID = a.ID
		}
		return blog.AddPost(ctx, tx, v.Actor, blog.Post{BlogID: site.ID, Slug: slug, Title: title, Description: v.form("description"), ImageURL: v.form("image"), ImageAlt: v.form("alt"),
			Status: cmp.Or(status, blog.Draft), AuthorID: authorID, HTML: text, PublishedAt: tx.Now()})
	}
	was, err := blog.PostByID(ctx, tx, v.at(), v.form("id"))
	if err != nil {
		return nil, err
	}
	description, image, alt := v.form("description"), v.form("image"), v.form("alt")
	to := blog.PostChange{Slug: &slug, Title: &title, Description: &description, ImageURL: &image, ImageAlt: &alt}
	if v.form("text") != plainText(was.HTML) { // what another program wrote stays as it is, unless it is changed
		to.HTML = &text
	}
	if status != "" {
		to.Status = &status
		if now := time.Now(); status == blog.Published && was.Status != blog.Published {
			to.PublishedAt = &now
		}
	}
	return blog.ChangePost(ctx, tx, v.Actor, was.ID, to)
}

// firstAuthor gives whoever writes as an author: by their name, made if need be.
func firstAuthor(ctx context.Context, tx *db.Tx, v *visit) (*blog.Author, error) {
	const most = 500
	all, err := blog.Authors(ctx, tx, v.at(), most, 0)
	if err != nil {
		return nil, err
	}
	name := cmp.Or(v.User.FullName(), v.Location().Name)
	for i := range all {
		if all[i].Name == name {
			return &all[i], nil
		}
	}
	return blog.AddAuthor(ctx, tx, v.Actor, name, "")
}

// htmlOf makes a page of plain text: an empty line ends a paragraph, # begins a
// heading, - a point of a list, and addresses become links.
func htmlOf(text string) string {
	var b strings.Builder
	for _, part := range regexp.MustCompile(`\n\s*\n`).Split(strings.ReplaceAll(strings.TrimSpace(text), "\r\n", "\n"), -1) {
		part = strings.TrimSpace(part)
		switch {
		case part == "":
		case strings.HasPrefix(part, "# "):
			b.WriteString("<h2>" + links(part[2:]) + "</h2>\n")
		case strings.HasPrefix(part, "- "):
			b.WriteString("<ul>\n")
			for line := range strings.SplitSeq(part, "\n") {
				b.WriteString("<li>" + links(strings.TrimPrefix(strings.TrimSpace(line), "- ")) + "</li>\n")
			}
			b.WriteString("</ul>\n")
		default:
			b.WriteString("<p>" + strings.ReplaceAll(links(part), "\n", "<br>\n") + "</p>\n")
		}
	}
	return b.String()
}

var webAddress = regexp.MustCompile(`https?://[^\s<>"]+[^\s<>".,;:!?)]`)

func links(text string) string {
	return webAddress.ReplaceAllStringFunc(html.EscapeString(text), func(s string) string { return `<a href="` + s + `">` + s + `</a>` })
}

var htmlTag = regexp.MustCompile(`<[^>]*>`)

// plainText is the reverse of htmlOf, and the words of any other HTML.
func plainText(page string) string {
	page = strings.NewReplacer("<br>\n", "\n", "<br>", "\n", "<br/>", "\n", "<h2>", "# ", "</h2>", "\n", "<li>", "- ", "</li>\n", "\n", "</p>", "\n", "</ul>", "\n", "<ul>\n", "").Replace(page)
	page = html.UnescapeString(htmlTag.ReplaceAllString(page, ""))
	return strings.TrimSpace(regexp.MustCompile(`\n{3,}`).ReplaceAllString(page, "\n\n"))
}
