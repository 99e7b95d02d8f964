package ui

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/importer"
)

// importScreens are those by which files are imported.
func importScreens(add func(method, path string, do func(v *visit) error)) {
	add(get, "/integrations/imports", importsList)
	add(post, "/integrations/imports", takeFile)
	add(get, "/integrations/imports/{import}", importPage)
	add(post, "/integrations/imports/{import}", undoImport)
	add(get, "/integrations/imports/{import}/refused", refusedFile)
	add(get, "/integrations/uploads/{upload}", uploadPage)
	add(post, "/integrations/uploads/{upload}", changeUpload)
}

// isFile reports whether a request brings a file in.
func isFile(r *http.Request) bool {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return kind == "multipart/form-data" && strings.HasSuffix(strings.TrimSuffix(r.URL.Path, "/"), "/integrations/imports")
}

// importsData is what the list of imports shows.
type importsData struct {
	inside
	people
	Uploads []importer.Upload
	Imports []crm.Import
	Most    int64 // megabytes of a file
}

// importsList shows the files that wait, and what was imported.
func importsList(v *visit) error {
	d := &importsData{inside: inside{v.frame, "imports"}, Most: v.p.Files.Most() >> 20}
	var err error
	if d.Uploads, err = v.p.Files.Uploads(v.at()); err != nil {
		return err
	}
	err = v.read(func(ctx context.Context, tx *db.Tx) (err error) {
		const most = 100
		if d.Users, err = crm.Users(ctx, tx, v.at()); err != nil {
			return err
		}
		d.Imports, err = crm.Imports(ctx, tx, v.at(), most)
		return err
	})
	if err != nil {
		return err
	}
	return v.show("imports", "Imports", d)
}

// takeFile takes a file in as it comes, and goes on to what its columns mean.
func takeFile(v *visit) error {
	const slow = time.Hour // for somebody with a large file and a slow line
	control := http.NewResponseController(v.w)
	if err := errors.Join(control.SetReadDeadline(time.Now().Add(slow)), control.SetWriteDeadline(time.Now().Add(slow))); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	parts, err := v.r.MultipartReader()
	if err != nil {
		return errs.New(errs.Invalid, "choose a file")
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return errs.New(errs.Invalid, "choose a file")
		}
		if err != nil {
			return errs.Wrap(err, errs.Invalid, "the file did not come through: send it again")
		}
		if part.FormName() != "file" || part.FileName() == "" {
			continue
		}
		u, err := v.p.Files.Take(v.Actor, part.FileName(), part)
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return errs.New(errs.Invalid, "the file is larger than %d MB: split it, or import it on the server with “foyer import”", v.p.Files.Most()>>20)
		}
		if err != nil {
			return err
		}
		return v.done("/integrations/uploads/"+u.ID, "", 0, "")
	}
}

// uploadData is what the steps of an import show.
type uploadData struct {
	inside
	*importer.Upload
	Columns  []columnLine
	Programs []string
	Own      []crm.CustomField
	Groups   []targetGroup
	Live     bool // something is being done with it
	Percent  int
}

// columnLine is a column and what it is taken for.
type columnLine struct {
	importer.Column
	To string
}

// Takes reports whether the column is taken for a field.
func (c columnLine) Takes(target string) bool { return c.To == target }

// Has reports whether a value is among some.
func (d *uploadData) Has(key string) bool {
	return slices.Contains(d.Match, matchKeys()[key])
}

func matchKeys() map[string]crm.Key {
	return map[string]crm.Key{"email": crm.KeyEmail, "phone": crm.KeyPhone}
}

// Is reports what becomes of people who are there already.
func (d *uploadData) Is(what string) bool { return onMatches()[what] == d.OnMatch }

func onMatches() map[string]crm.OnMatch {
	return map[string]crm.OnMatch{"overwrite": crm.Overwrite, "fill": crm.FillEmpty, "skip": crm.NoteOnly, "refuse": crm.Refuse}
}

// targetGroup are fields that a column can be mapped to.
type targetGroup struct {
	Name    string
	Targets []target
}

type target struct{ Value, Name string }

// targets gives what a column can be mapped to.
func targets(custom []crm.CustomField) []targetGroup {
	kinds := map[string][]string{"phone": {"cell", "home", "office", "other"}, "email": {"home", "office", "other"}}
	main := targetGroup{Name: "Fields"}
	for _, f := range importer.Fields {
		if f == "custom" {
			continue
		}
		main.Targets = append(main.Targets, target{f, fieldWords(f)})
		for _, k := range kinds[f] {
			main.Targets = append(main.Targets, target{f + ":" + k, fieldWords(f) + ", " + k})
		}
	}
	own := targetGroup{Name: "Custom fields"}
	for _, f := range custom {
		own.Targets = append(own.Targets, target{"custom:" + f.Name, f.Name})
	}
	if len(own.Targets) == 0 {
		return []targetGroup{main}
	}
	return []targetGroup{main, own}
}

// fieldWords writes the name of a field as people do: firstName is First name.
func fieldWords(name string) string {
	var b strings.Builder
	for i, r := range name {
		switch {
		case i == 0:
			b.WriteRune(unicode.ToUpper(r))
		case unicode.IsUpper(r):
			b.WriteRune(' ')
			b.WriteRune(unicode.ToLower(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// uploadPage shows the steps of an import, as far as they are.
func uploadPage(v *visit) error {
	u, err := v.p.Files.Upload(v.at(), v.r.PathValue("upload"))
	if err != nil {
		return err
	}
	if u.State == importer.UploadDone && v.r.Header.Get("HX-Request") != "" { // a part of the page that asks how far it is
		v.w.Header().Set("HX-Redirect", v.Base+"/integrations/imports/"+u.ImportID+"?said=imported")
		v.w.WriteHeader(http.StatusNoContent)
		return nil
	}
	if u.State == importer.UploadDone {
		return v.done("/integrations/imports/"+u.ImportID, "imported", 0, "")
	}
	d := &uploadData{inside: inside{v.frame, "imports"}, Upload: u, Programs: importer.Programs(), Live: u.State == importer.UploadRunning || u.State == importer.UploadPreviewing}
	if u.Size > 0 {
		d.Percent = int(min(u.Bytes*100/u.Size, 100))
	}
	err = v.read(func(ctx context.Context, tx *db.Tx) (err error) {
		d.Own, err = crm.CustomFields(ctx, tx, v.at())
		return err
	})
	if err == nil && u.ImportID == "" && !d.Live {
		err = d.readColumns(v)
	}
	if err != nil {
		return err
	}
	d.Groups = targets(d.Own)
	return v.show("upload", "Import "+u.Name, d)
}

// readColumns tells what the columns mean, as was said or else as they seem to.
func (d *uploadData) readColumns(v *visit) error {
	columns, program, err := v.p.Files.Columns(d.Upload)
	if err != nil {
		return err
	}
	if d.Program == "" {
		d.Program = program
	}
	said := map[string]string{}
	for _, s := range d.Map {
		if at := strings.LastIndexByte(s, '='); at >= 0 {
			said[s[:at]] = s[at+1:]
		}
	}
	for _, c := range columns {
		l := columnLine{Column: c, To: c.To.String()}
		if to, ok := said[c.Name]; ok {
			l.To = to
		}
		if len(l.Samples) > 3 {
			l.Samples = l.Samples[:3]
		}
		d.Columns = append(d.Columns, l)
	}
	return nil
}

// Listed reports whether a target of a column is among those to choose from.
func (d *uploadData) Listed(to string) bool {
	return to == "" || slices.ContainsFunc(d.Groups, func(g targetGroup) bool {
		return slices.ContainsFunc(g.Targets, func(t target) bool { return t.Value == to })
	})
}

// changeUpload goes on to the next step of an import.
func changeUpload(v *visit) error {
	uploadID := v.r.PathValue("upload")
	here := "/integrations/uploads/" + uploadID
	switch v.form("do") {
	case "preset":
		_, err := v.p.Files.Set(v.at(), uploadID, func(u *importer.Upload) error {
			u.Program, u.Map = v.form("program"), nil
			return nil
		})
		return v.doneIf(err, here, "saved", "")
	case "preview", "run":
		if v.form("settings") != "" {
			if err := setUpload(v, uploadID); err != nil {
				return err
			}
		}
		if v.form("do") == "preview" {
			return v.doneIf(v.p.Files.Preview(v.r.Context(), v.Actor, uploadID), here, "", "")
		}
		return v.doneIf(v.p.Files.Start(v.r.Context(), v.Actor, uploadID), here, "import-begun", "")
	case "back":
		_, err := v.p.Files.Set(v.at(), uploadID, func(*importer.Upload) error { return nil })
		return v.doneIf(err, here, "", "")
	case "pause":
		return v.doneIf(v.p.Files.Pause(v.at(), uploadID), here, "import-paused", "")
	case "remove":
		return v.doneIf(v.p.Files.Remove(v.at(), uploadID), "/integrations/imports", "import-removed", "")
	}
	return noButton()
}

// setUpload keeps what the form of the columns says.
func setUpload(v *visit, uploadID string) error {
	u, err := v.p.Files.Upload(v.at(), uploadID)
	if err != nil {
		return err
	}
	columns, _, err := v.p.Files.Columns(u)
	if err != nil {
		return err
	}
	var said []string
	for i, c := range columns {
		values, there := v.r.PostForm["column"], false
		to := ""
		if there = i < len(values); there {
			to = values[i]
		}
		if !there || to == c.To.String() && u.Program == "" || c.Name == "" {
			continue
		}
		if _, err := importer.ParseTarget(to); err != nil {
			return errs.New(errs.Invalid, "%v", err)
		}
		said = append(said, c.Name+"="+to)
	}
	_, err = v.p.Files.Set(v.at(), uploadID, func(u *importer.Upload) error {
		how, ok := onMatches()[v.form("onMatch")]
		if !ok {
			return noButton()
		}
		u.Map, u.OnMatch, u.Source, u.Again, u.Match, u.Tags = said, how, v.form("source"), v.form("again") != "", nil, nil
		for _, name := range []string{"email", "phone"} {
			if slices.Contains(v.r.PostForm["match"], name) {
				u.Match = append(u.Match, matchKeys()[name])
			}
		}
		for tag := range strings.SplitSeq(v.form("tags"), ",") {
			if tag = strings.TrimSpace(tag); tag != "" {
				u.Tags = append(u.Tags, tag)
			}
		}
		return nil
	})
	return err
}

// importData is what the report of an import shows.
type importData struct {
	inside
	people
	*crm.Import
	Rows []crm.ImportRow // that were not taken, the first ones
	Live bool
}

// importPage shows what an import did.
func importPage(v *visit) error {
	d := &importData{inside: inside{v.frame, "imports"}}
	err := v.read(func(ctx context.Context, tx *db.Tx) (err error) {
		const shown = 100
		if d.Users, err = crm.Users(ctx, tx, v.at()); err != nil {
			return err
		}
		if d.Import, err = crm.ImportByID(ctx, tx, v.at(), v.r.PathValue("import")); err != nil {
			return err
		}
		if d.Live, err = importer.Undoing(ctx, tx, v.at(), d.ID); err != nil {
			return err
		}
		d.Rows, err = crm.ImportRows(ctx, tx, v.at(), d.ID, -1, shown)
		return err
	})
	if err != nil {
		return err
	}
	return v.show("import", "Import of "+d.File, d)
}

// undoImport takes an import back.
func undoImport(v *visit) error {
	if v.form("do") != "undo" {
		return noButton()
	}
	importID := v.r.PathValue("import")
	return v.doneIf(v.p.Files.Undo(v.r.Context(), v.Actor, importID), "/integrations/imports/"+importID, "import-undoing", "")
}

// refusedFile gives the rows that were not taken as a file, to be mended and
// imported.
func refusedFile(v *visit) (err error) {
	importID := v.r.PathValue("import")
	var in *crm.Import
	if err := v.read(func(ctx context.Context, tx *db.Tx) (err error) {
		in, err = crm.ImportByID(ctx, tx, v.at(), importID)
		return err
	}); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "foyer-refused-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "refused")
	if err := importer.WriteRefused(v.r.Context(), v.p.DB, v.at(), importID, path); err != nil {
		return err
	}
	file, err := os.Open(path) // #nosec G304 -- made above
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // it was only read
	ext := ".refused.csv"
	if len(in.Settings.Header) == 0 {
		ext = ".refused.vcf"
	}
	h := v.w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": strings.TrimSuffix(in.File, filepath.Ext(in.File)) + ext}))
	_, err = io.Copy(v.w, file)
	return err
}
