package importer

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/id"
	"github.com/foyer-crm/foyer/internal/norm"
)

// Upload is a file that somebody brought in by a browser: what is to be done with
// it, and how far that is. It is kept beside the file, in a folder of its own.
type Upload struct {
	ID         string       `json:"id"`
	LocationID string       `json:"locationId"`
	UserID     string       `json:"userId"`
	Name       string       `json:"name"`
	Size       int64        `json:"size"` // bytes
	Lines      bool         `json:"lines,omitempty"`
	VCard      bool         `json:"vcard,omitempty"`
	CreatedAt  time.Time    `json:"createdAt"`
	State      string       `json:"state"`
	Program    string       `json:"program,omitempty"` // whose export it is said to be
	Map        []string     `json:"map,omitempty"`     // as Options has it
	Match      []crm.Key    `json:"match"`
	OnMatch    crm.OnMatch  `json:"onMatch"`
	Tags       []string     `json:"tags,omitempty"`
	Source     string       `json:"source,omitempty"`
	Again      bool         `json:"again,omitempty"`
	ImportID   string       `json:"importId,omitempty"` // once it runs
	Rows       int64        `json:"rows"`               // so far
	Bytes      int64        `json:"bytes"`              // so far
	Preview    *Result      `json:"preview,omitempty"`
	Refused    []RefusedRow `json:"refused,omitempty"` // of the preview, the first ones
	Partial    bool         `json:"partial,omitempty"` // the preview looked at the beginning only
	Error      string       `json:"error,omitempty"`   // why it does not go on
}

// RefusedRow is a row that would not be taken.
type RefusedRow struct {
	Line   int64  `json:"line"`
	Reason string `json:"reason"`
}

// The states of an Upload.
const (
	UploadNew        = "new"
	UploadPreviewing = "previewing"
	UploadPreviewed  = "previewed"
	UploadRunning    = "running"
	UploadPaused     = "paused"
	UploadDone       = "done"
	UploadFailed     = "failed" // it cannot go on as it is; Error says why
)

// busy reports whether something is being done with it.
func (u *Upload) busy() bool { return u.State == UploadPreviewing || u.State == UploadRunning }

func (u *Upload) options() Options {
	return Options{Map: u.Map, Match: u.Match, OnMatch: u.OnMatch, Tags: u.Tags, Source: u.Source, Again: u.Again}
}

// shelf keeps uploads in a folder.
type shelf struct {
	dir string
	mu  sync.Mutex // what is read, changed and written again
}

const (
	dataFile  = "file"
	stateFile = "upload.json"
)

func (s *shelf) path(uploadID, file string) string { return filepath.Join(s.dir, uploadID, file) }

// take stores a file as it comes in.
func (s *shelf) take(by crm.Actor, name string, content io.Reader, uploadID string, at time.Time, lines func([]byte) bool) (_ *Upload, err error) {
	if err := os.MkdirAll(filepath.Join(s.dir, uploadID), 0o700); err != nil {
		return nil, fmt.Errorf("making a place for the file: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(filepath.Join(s.dir, uploadID)))
		}
	}()
	file, err := os.OpenFile(s.path(uploadID, dataFile), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("storing the file: %w", err)
	}
	size, err := io.Copy(file, content)
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, err
	}
	name, _ = norm.Cut(filepath.Base(strings.ReplaceAll(strings.ToValidUTF8(name, "?"), `\`, "/")), 200)
	u := &Upload{ID: uploadID, LocationID: by.LocationID, UserID: by.UserID, Name: name, Size: size, CreatedAt: at, State: UploadNew, Match: []crm.Key{crm.KeyEmail, crm.KeyPhone}, OnMatch: crm.FillEmpty}
	f, err := s.open(u)
	if err != nil {
		return nil, err
	}
	u.VCard = f.VCard
	if u.Lines, err = s.begins(u, lines); err != nil {
		return nil, err
	}
	return u, s.write(u)
}

// begins reports whether a file begins as f wants it.
func (s *shelf) begins(u *Upload, f func([]byte) bool) (is bool, err error) {
	file, err := os.Open(s.path(u.ID, dataFile))
	if err != nil {
		return false, fmt.Errorf("opening the file: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	beginning, err := bufio.NewReader(file).Peek(64)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, fmt.Errorf("reading the file: %w", err)
	}
	return f != nil && f(beginning), nil
}

// open gives the file of an upload, under the name that it came with.
func (s *shelf) open(u *Upload) (*File, error) {
	f, err := Open(s.path(u.ID, dataFile))
	if err == nil {
		f.Name = u.Name
	}
	return f, err
}

func (s *shelf) write(u *Upload) error {
	text, err := json.Marshal(u)
	if err != nil {
		return fmt.Errorf("keeping an upload: %w", err)
	}
	fresh := s.path(u.ID, stateFile+".new")
	if err := os.WriteFile(fresh, text, 0o600); err != nil {
		return fmt.Errorf("keeping an upload: %w", err)
	}
	return os.Rename(fresh, s.path(u.ID, stateFile))
}

// read gives an upload. NotFound for one that is not there, or another location's.
func (s *shelf) read(locationID, uploadID string) (*Upload, error) {
	missing := errs.New(errs.NotFound, "there is no upload %s", uploadID)
	if !id.Valid(uploadID) {
		return nil, missing
	}
	text, err := os.ReadFile(s.path(uploadID, stateFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, missing
	}
	var u Upload
	if err == nil {
		err = json.Unmarshal(text, &u)
	}
	if err != nil {
		return nil, fmt.Errorf("reading an upload: %w", err)
	}
	if u.LocationID != locationID {
		return nil, missing
	}
	return &u, nil
}

// change changes an upload.
func (s *shelf) change(locationID, uploadID string, f func(u *Upload) error) (*Upload, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.read(locationID, uploadID)
	if err != nil {
		return nil, err
	}
	if err := f(u); err != nil {
		return nil, err
	}
	return u, s.write(u)
}

// all gives the uploads of a location, the newest first.
func (s *shelf) all(locationID string) (list []Upload, err error) {
	entries, err := os.ReadDir(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, e := range slices.Backward(entries) {
		u, err := s.read(locationID, e.Name())
		if errs.Is(err, errs.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, *u)
	}
	return list, err
}

// forget removes uploads that were brought in before a moment and that nothing is
// being done with.
func (s *shelf) forget(_ context.Context, before time.Time) error {
	entries, err := os.ReadDir(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if id.Valid(e.Name()) && id.Time(e.Name()).Before(before) {
			err = errors.Join(err, os.RemoveAll(filepath.Join(s.dir, e.Name())))
		}
	}
	return err
}
