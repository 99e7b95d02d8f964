//go:build !unix

package main

import "os"

// lockFile does nothing where the system has no advisory locks: SQLite's own
// still keep the data whole.
func lockFile(*os.File) error { return nil }
