package importer

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/importer/sheet"
)

// File is a file to import.
type File struct {
	Path   string
	Name   string
	Digest string // SHA-256 of its content
	Size   int64  // bytes
	VCard  bool   // it holds vCards; otherwise it is CSV
}

// Open reads a file once, to know it again, and tells what it is. It returns an
// Invalid error for one with nothing in it.
func Open(path string) (f *File, err error) {
	file, err := os.Open(path) // #nosec G304 -- whoever imports names the file
	if err != nil {
		return nil, fmt.Errorf("opening the file: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	text, err := sheet.Decode(file)
	if err != nil {
		return nil, err
	}
	head, err := bufio.NewReader(text).Peek(64)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("reading the file: %w", err)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("reading the file: %w", err)
	}
	sum := sha256.New()
	size, err := io.Copy(sum, file)
	if err != nil {
		return nil, fmt.Errorf("reading the file: %w", err)
	}
	if size == 0 {
		return nil, noPeople(io.EOF)
	}
	return &File{Path: path, Name: filepath.Base(path), Digest: hex.EncodeToString(sum.Sum(nil)), Size: size, VCard: sheet.IsVCard(head)}, nil
}

// source gives what the rows of a file say, io.EOF behind the last one.
type source interface {
	next() (*person, error)
}

// noPeople says that a file has nothing in it, if that is why it cannot be read.
func noPeople(err error) error {
	if errors.Is(err, io.EOF) {
		return errs.New(errs.Invalid, "The file is empty.")
	}
	return err
}

// reading is a file that is being read.
type reading struct {
	source
	file    *os.File
	read    atomic.Int64 // bytes so far
	header  []string     // of CSV
	columns []Column
	program string
}

// read begins to read a file from its start.
func (f *File) read(said []string, ask func(*Column) (Target, error), now time.Time) (_ *reading, err error) {
	r := &reading{}
	if r.file, err = os.Open(f.Path); err != nil {
		return nil, fmt.Errorf("opening the file: %w", err)
	}
	text, err := sheet.Decode(counted{r.file, &r.read})
	if err == nil {
		err = r.begin(f, text, said, ask, now)
	}
	if err != nil {
		return nil, errors.Join(err, r.file.Close())
	}
	return r, nil
}

func (r *reading) begin(f *File, text io.Reader, said []string, ask func(*Column) (Target, error), now time.Time) error {
	if f.VCard {
		r.source, r.program = &cards{vcard: sheet.NewVCard(text), now: now}, "vCard"
		return nil
	}
	csv, err := sheet.NewCSV(text)
	if err != nil {
		return err
	}
	rows, err := readRows(csv, said, ask, now)
	if err != nil {
		return err
	}
	r.source, r.header, r.columns, r.program = rows, rows.header, rows.columns, rows.program
	return nil
}

// counted counts the bytes that are read.
type counted struct {
	r io.Reader
	n *atomic.Int64
}

func (c counted) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n.Add(int64(n))
	return n, err
}
