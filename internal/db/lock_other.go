//go:build !unix

package db

import "os"

// LockFile does nothing where the system has no advisory locks: SQLite's own
// still keep the data whole.
func LockFile(*os.File) error { return nil }
