package db

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// workLock is the file in a work folder that is locked while somebody works.
const workLock = "lock"

// workFolder makes a folder inside of parent for the files of one piece of work,
// and removes those that others of the same name left when they were killed.
// done removes it.
func workFolder(parent, name string) (dir string, done func() error, err error) {
	left, err := filepath.Glob(filepath.Join(quoteGlob(parent), quoteGlob(name)+".*", workLock))
	if err != nil {
		return "", nil, fmt.Errorf("looking for what was left: %w", err)
	}
	for _, path := range left {
		if err := removeLeft(path); err != nil {
			return "", nil, err
		}
	}
	if dir, err = os.MkdirTemp(parent, name+".*"); err != nil {
		return "", nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, workLock), os.O_CREATE|os.O_RDWR, 0o600)
	if err == nil {
		err = LockFile(f)
	}
	done = func() error { return errors.Join(f.Close(), os.RemoveAll(dir)) }
	if err != nil {
		return "", nil, errors.Join(fmt.Errorf("locking the folder to work in: %w", err), done())
	}
	return dir, done, nil
}

// removeLeft removes the work folder of a lock file, unless somebody works in it.
func removeLeft(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil //nolint:nilerr // it is gone by now, or not ours
	}
	defer func() { _ = f.Close() }()
	if LockFile(f) != nil {
		return nil
	}
	if err := os.RemoveAll(filepath.Dir(path)); err != nil {
		return fmt.Errorf("removing what an earlier run left: %w", err)
	}
	return nil
}

// quoteGlob makes a path a pattern that stands for itself.
func quoteGlob(path string) string {
	quoted := make([]byte, 0, len(path))
	for i := range len(path) {
		switch path[i] {
		case '*', '?', '[':
			quoted = append(quoted, '[', path[i], ']')
		default:
			quoted = append(quoted, path[i])
		}
	}
	return string(quoted)
}
