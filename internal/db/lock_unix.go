//go:build unix

package db

import (
	"os"
	"syscall"
)

// LockFile takes a lock that ends with the process, or fails at once.
func LockFile(f *os.File) error {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}
