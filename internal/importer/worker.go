package importer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/id"
	"github.com/foyer-crm/foyer/internal/jobs"
)

// Lines reads exports of our own in JSON lines.
type Lines struct {
	Recognise func(beginning []byte) bool
	Read      func(ctx context.Context, d *db.DB, by crm.Actor, in io.Reader, name, digest string, again bool, progress func(lines int64)) (importID string, err error)
}

// Worker imports files in the background: what is brought in by a browser is
// previewed, run, paused and undone by jobs, which go on after a restart where
// they were.
type Worker struct {
	db    *db.DB
	lines Lines
	shelf *shelf
	turn  time.Duration // after which a run makes room and is gone on with
	most  int64         // bytes of a file
	ids   id.Source
}

// WorkerOptions are what a Worker needs.
type WorkerOptions struct {
	DB    *db.DB
	Jobs  *jobs.Runner
	Dir   string // where files are kept until they are imported
	Most  int64  // bytes of one; 0 for a gigabyte
	Lines Lines
}

// The kinds of its jobs.
const (
	jobPreview = "import.preview"
	jobRun     = "import.run"
	jobUndo    = "import.undo"
)

// NewWorker makes a Worker, and has it do its jobs.
func NewWorker(o WorkerOptions) *Worker {
	const usualMost, turn = 1 << 30, 90 * time.Second
	w := &Worker{db: o.DB, lines: o.Lines, shelf: &shelf{dir: o.Dir}, turn: turn, most: o.Most}
	if w.most == 0 {
		w.most = usualMost
	}
	o.Jobs.Handle(jobPreview, w.job(w.preview))
	o.Jobs.Handle(jobRun, w.job(w.run))
	o.Jobs.Handle(jobUndo, w.undo)
	return w
}

// Most is how large a file can be, in bytes.
func (w *Worker) Most() int64 { return w.most }

// Take stores a file as it comes in. Invalid for one that is empty or too large.
func (w *Worker) Take(by crm.Actor, name string, content io.Reader) (*Upload, error) {
	now := time.Now()
	limited := &io.LimitedReader{R: content, N: w.most + 1}
	u, err := w.shelf.take(by, name, limited, w.ids.New(now), now, w.lines.Recognise)
	if limited.N <= 0 {
		if err == nil {
			err = os.RemoveAll(filepath.Join(w.shelf.dir, u.ID))
		}
		return nil, errors.Join(errs.New(errs.Invalid, "the file is larger than %d MB: split it, or import it on the server with “foyer import”", w.most>>20), err)
	}
	return u, err
}

// Upload gives an upload. NotFound if it is not there.
func (w *Worker) Upload(locationID, uploadID string) (*Upload, error) {
	return w.shelf.read(locationID, uploadID)
}

// Uploads gives those of a location that are not done, the newest first.
func (w *Worker) Uploads(locationID string) (list []Upload, err error) {
	all, err := w.shelf.all(locationID)
	for _, u := range all {
		if u.State != UploadDone {
			list = append(list, u)
		}
	}
	return list, err
}

// Forget removes what was brought in before a moment.
func (w *Worker) Forget(ctx context.Context, before time.Time) error {
	return w.shelf.forget(ctx, before)
}

// Columns tells what the columns of an upload mean, as far as that is known.
func (w *Worker) Columns(u *Upload) (columns []Column, program string, err error) {
	f, err := w.shelf.open(u)
	if err != nil || f.VCard || u.Lines {
		return nil, "", err
	}
	r, err := f.read(nil, nil, time.Now())
	if err != nil {
		return nil, "", err
	}
	if u.Program != "" {
		as(r.columns, u.Program)
		r.program = u.Program
	}
	return r.columns, r.program, r.file.Close()
}

// Set changes what is to be done with an upload. Conflict while something is being
// done with it, or once it was begun.
func (w *Worker) Set(locationID, uploadID string, f func(u *Upload) error) (*Upload, error) {
	return w.shelf.change(locationID, uploadID, func(u *Upload) error {
		if u.busy() || u.ImportID != "" {
			return errs.New(errs.Conflict, "the import has begun: it goes on as it was begun")
		}
		u.State, u.Preview, u.Refused, u.Error = UploadNew, nil, nil, ""
		return f(u)
	})
}

// Preview has it found out what an import would do.
func (w *Worker) Preview(ctx context.Context, by crm.Actor, uploadID string) error {
	return w.start(ctx, by, uploadID, jobPreview, UploadPreviewing)
}

// Start has an upload imported, or gone on with.
func (w *Worker) Start(ctx context.Context, by crm.Actor, uploadID string) error {
	return w.start(ctx, by, uploadID, jobRun, UploadRunning)
}

func (w *Worker) start(ctx context.Context, by crm.Actor, uploadID, kind, state string) error {
	if _, err := w.shelf.change(by.LocationID, uploadID, func(u *Upload) error {
		if u.State == UploadDone {
			return errs.New(errs.Conflict, "it was imported already")
		}
		u.State, u.Error = state, ""
		return nil
	}); err != nil {
		return err
	}
	return w.db.Write(ctx, by.LocationID, func(ctx context.Context, tx *db.Tx) error {
		return jobs.Add(ctx, tx, jobs.Job{LocationID: by.LocationID, Kind: kind, Unique: uploadID, Args: task{uploadID, by.UserID}})
	})
}

// Pause stops an import behind the rows that are being stored. Start goes on.
func (w *Worker) Pause(locationID, uploadID string) error {
	_, err := w.shelf.change(locationID, uploadID, func(u *Upload) error {
		if u.State != UploadRunning {
			return errs.New(errs.Conflict, "it does not run")
		}
		u.State = UploadPaused
		return nil
	})
	return err
}

// Remove forgets a file that was not imported. Conflict while it runs.
func (w *Worker) Remove(locationID, uploadID string) error {
	u, err := w.shelf.read(locationID, uploadID)
	if err != nil {
		return err
	}
	if u.busy() {
		return errs.New(errs.Conflict, "pause it first")
	}
	return os.RemoveAll(filepath.Join(w.shelf.dir, u.ID))
}

// Undo has an import taken back in the background.
func (w *Worker) Undo(ctx context.Context, by crm.Actor, importID string) error {
	return w.db.Write(ctx, by.LocationID, func(ctx context.Context, tx *db.Tx) error {
		if _, err := crm.ImportByID(ctx, tx, by.LocationID, importID); err != nil {
			return err
		}
		return jobs.Add(ctx, tx, jobs.Job{LocationID: by.LocationID, Kind: jobUndo, Unique: importID, Args: task{importID, by.UserID}})
	})
}

// Undoing reports whether an import is still to be taken back, or the rest of it.
func Undoing(ctx context.Context, tx *db.Tx, locationID, importID string) (bool, error) {
	all, err := jobs.Waiting(ctx, tx, locationID, jobUndo)
	for _, args := range all {
		var t task
		if json.Unmarshal(args, &t) == nil && t.ID == importID {
			return true, err
		}
	}
	return false, err
}

// task is what a job is about.
type task struct {
	ID     string `json:"id"`
	UserID string `json:"userId"`
}

func (w *Worker) undo(ctx context.Context, r jobs.Run) error {
	var t task
	if err := json.Unmarshal(r.Args, &t); err != nil {
		return fmt.Errorf("reading the job: %w", err)
	}
	turn, stop := context.WithTimeout(ctx, w.turn)
	defer stop()
	_, err := Undo(turn, w.db, crm.Actor{LocationID: r.LocationID, UserID: t.UserID, Origin: "import undo"}, t.ID)
	if err != nil && turn.Err() != nil && ctx.Err() == nil {
		return jobs.Later(0)
	}
	return err
}

// job is what the jobs about uploads share: what is wrong with a file is shown to
// who brought it, anything else is tried again.
func (w *Worker) job(do func(ctx context.Context, u *Upload, by crm.Actor) error) jobs.Handler {
	return func(ctx context.Context, r jobs.Run) error {
		var t task
		if err := json.Unmarshal(r.Args, &t); err != nil {
			return fmt.Errorf("reading the job: %w", err)
		}
		u, err := w.shelf.read(r.LocationID, t.ID)
		switch {
		case errs.Is(err, errs.NotFound):
			return nil // somebody removed it
		case err != nil:
			return err
		case !u.busy():
			return nil // paused, or done
		}
		err = do(ctx, u, crm.Actor{LocationID: r.LocationID, UserID: t.UserID})
		switch kind := errs.KindOf(err); {
		case err == nil || ctx.Err() != nil:
			return err
		case errors.Is(err, errTurn):
			return jobs.Later(0)
		case kind == errs.Invalid || kind == errs.Conflict || kind == errs.NotFound:
			_, kept := w.shelf.change(r.LocationID, t.ID, func(u *Upload) error {
				u.State, u.Error = UploadFailed, errs.As(err).Text
				return nil
			})
			return kept
		}
		_, kept := w.shelf.change(r.LocationID, t.ID, func(u *Upload) error {
			u.Error = "It was interrupted and is tried again by itself."
			return nil
		})
		return errors.Join(err, kept)
	}
}

// errTurn is the error of a run that makes room for others, and goes on.
var errTurn = errors.New("its turn is over")

// errPaused is the error of a run that somebody stopped.
var errPaused = errors.New("it was paused")

// most that a preview looks at of a file: one job has that much time.
const previewed = 24 << 20 // bytes

func (w *Worker) preview(ctx context.Context, u *Upload, by crm.Actor) error {
	f, err := w.shelf.open(u)
	if err != nil {
		return err
	}
	partial := f.Size > previewed
	if partial {
		if f, err = w.beginning(f, u); err != nil {
			return err
		}
	}
	o := u.options()
	var refused []RefusedRow
	o.refused = func(list []crm.ImportRow) {
		const most = 20
		for i := range list {
			if len(refused) < most {
				refused = append(refused, RefusedRow{list[i].Line, list[i].Reason})
			}
		}
	}
	result, err := Preview(ctx, w.db, by, f, o)
	if err != nil {
		return err
	}
	_, err = w.shelf.change(u.LocationID, u.ID, func(now *Upload) error {
		now.State, now.Preview, now.Refused, now.Partial, now.Error = UploadPreviewed, result, refused, partial, ""
		return nil
	})
	return err
}

// beginning gives the first rows of a large file as a file of its own.
func (w *Worker) beginning(f *File, u *Upload) (_ *File, err error) {
	in, err := os.Open(f.Path)
	if err != nil {
		return nil, fmt.Errorf("opening the file: %w", err)
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	path := w.shelf.path(u.ID, "beginning")
	out, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) // #nosec G304 -- the worker names the file
	if err != nil {
		return nil, fmt.Errorf("making the beginning of the file: %w", err)
	}
	_, err = io.CopyN(out, in, previewed)
	if err = errors.Join(err, out.Close()); err != nil {
		return nil, err
	}
	return Open(path)
}

// run imports a file, or goes on with it.
func (w *Worker) run(ctx context.Context, u *Upload, by crm.Actor) error {
	turn, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	over := time.AfterFunc(w.turn, func() { stop(errTurn) })
	defer over.Stop()
	at := func(rows, bytes int64) {
		now, err := w.shelf.change(u.LocationID, u.ID, func(now *Upload) error {
			now.Rows, now.Bytes = rows, bytes
			return nil
		})
		if err == nil && now.State == UploadPaused {
			stop(errPaused)
		}
	}
	importID, err := w.bring(turn, u, by, at)
	if cause := context.Cause(turn); err != nil && ctx.Err() == nil && cause != nil {
		if errors.Is(cause, errPaused) {
			return nil
		}
		return cause
	}
	if err != nil {
		return err
	}
	if _, err = w.shelf.change(u.LocationID, u.ID, func(now *Upload) error {
		now.State, now.ImportID, now.Bytes, now.Error = UploadDone, importID, now.Size, ""
		return nil
	}); err != nil {
		return err
	}
	return os.Remove(w.shelf.path(u.ID, dataFile))
}

// bring imports the file of an upload.
func (w *Worker) bring(ctx context.Context, u *Upload, by crm.Actor, at func(rows, bytes int64)) (importID string, err error) {
	f, err := w.shelf.open(u)
	if err != nil {
		return "", err
	}
	if u.Lines {
		in, err := os.Open(f.Path)
		if err != nil {
			return "", fmt.Errorf("opening the file: %w", err)
		}
		defer func() { _ = in.Close() }() // it was only read
		return w.lines.Read(ctx, w.db, by, in, u.Name, f.Digest, u.Again, func(lines int64) {
			bytes, err := in.Seek(0, io.SeekCurrent)
			if err == nil {
				at(lines, bytes)
			}
		})
	}
	o := u.options()
	o.Progress = func(p Progress) { at(p.Rows, p.Bytes) }
	o.begun = func(in *crm.Import) {
		_, _ = w.shelf.change(u.LocationID, u.ID, func(now *Upload) error { // the next batch says it again
			now.ImportID = in.ID
			return nil
		})
	}
	result, err := Run(ctx, w.db, by, f, o)
	if err != nil {
		return "", err
	}
	return result.ImportID, nil
}
