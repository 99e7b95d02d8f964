package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
)

//go:embed static
var static embed.FS

// assets are the files that pages refer to: one style sheet, our script, the
// libraries of the browser. Each has an address that changes with its content,
// so that browsers keep it for good.
type assets map[string]*asset

type asset struct {
	name, hash, kind string
	plain, packed    []byte // packed is nil where gzip gains nothing
}

// readAssets reads the files. The parts of the style sheet and of the script are
// joined in the order of their names.
func readAssets() (assets, error) {
	all := assets{}
	single, err := fs.Glob(static, "static/vendor/*")
	if err != nil {
		return nil, err
	}
	for _, file := range append(single, "static/favicon.svg", "static/book.js") {
		if path.Ext(file) == ".LICENSE" {
			continue
		}
		text, err := static.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if err := all.add(path.Base(file), text); err != nil {
			return nil, err
		}
	}
	for name, parts := range map[string]string{"foyer.css": "static/css/*.css", "foyer.js": "static/js/*.js"} {
		text, err := joined(parts)
		if err != nil {
			return nil, err
		}
		for _, a := range all {
			text = bytes.ReplaceAll(text, []byte("url("+a.name+")"), []byte("url("+all.path(a.name)+")"))
		}
		if err := all.add(name, text); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func joined(pattern string) ([]byte, error) {
	parts, err := fs.Glob(static, pattern)
	if err != nil {
		return nil, err
	}
	slices.Sort(parts)
	var b bytes.Buffer
	for _, file := range parts {
		text, err := static.ReadFile(file)
		if err != nil {
			return nil, err
		}
		b.Write(text)
	}
	return b.Bytes(), nil
}

func (all assets) add(name string, text []byte) error {
	sum := sha256.Sum256(text)
	a := &asset{name: name, hash: hex.EncodeToString(sum[:6]), kind: mime.TypeByExtension(path.Ext(name)), plain: text}
	if path.Ext(name) == ".woff2" {
		a.kind = "font/woff2"
	} else {
		var b bytes.Buffer
		w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
		if err == nil {
			_, err = w.Write(text)
		}
		if err == nil {
			err = w.Close()
		}
		if err != nil {
			return fmt.Errorf("packing %s: %w", name, err)
		}
		a.packed = b.Bytes()
	}
	all[name] = a
	return nil
}

// path gives the address of a file. A file that there is not gets one that leads
// nowhere: the test of the templates finds it.
func (all assets) path(name string) string {
	if a := all[name]; a != nil {
		return "/static/" + a.hash + "/" + name
	}
	return "/static/missing/" + name
}

// serve gives a file. Under the address of another version it is given too, to
// pages that were open when Foyer was renewed, but not for keeping.
func (all assets) serve(w http.ResponseWriter, r *http.Request) {
	a := all[r.PathValue("name")]
	if a == nil {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Content-Security-Policy", "default-src 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-cache")
	if r.PathValue("hash") == a.hash {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	body, tag := a.plain, `"`+a.hash+`"`
	if a.packed != nil {
		h.Set("Vary", "Accept-Encoding")
		if takesGzip(r) {
			h.Set("Content-Encoding", "gzip")
			body, tag = a.packed, `"`+a.hash+`-gzip"`
		}
	}
	h.Set("ETag", tag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// takesGzip reports whether a browser takes gzip.
func takesGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, rest, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			return strings.ReplaceAll(rest, " ", "") != "q=0"
		}
	}
	return false
}
