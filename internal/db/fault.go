package db

import (
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// ErrLostRace is what a command returns when another transaction got in before
// it (an identity was claimed in between): Write runs the command again.
var ErrLostRace = errors.New("lost a race with another transaction")

// sqliteCode gives SQLite's primary result code, 0 for another error.
func sqliteCode(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}

// down reports whether err means that the database itself cannot be used now:
// disk full, input or output failing, locked too long, connection gone.
func down(err error) bool {
	switch sqliteCode(err) {
	case lib.SQLITE_FULL, lib.SQLITE_IOERR, lib.SQLITE_BUSY, lib.SQLITE_LOCKED, lib.SQLITE_CANTOPEN, lib.SQLITE_READONLY, lib.SQLITE_NOMEM, lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB, lib.SQLITE_PROTOCOL:
		return true
	}
	return disconnected(err) || pgClass(err, "53", "57", "58", "08", "XX") || pgClass(err, "25006")
}

// disconnected reports whether the connection is no longer to be trusted: gone,
// or an I/O failure after which SQLite's own state is unknown.
func disconnected(err error) bool {
	if err == nil {
		return false
	}
	switch sqliteCode(err) {
	case lib.SQLITE_IOERR, lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return true
	}
	var network net.Error
	var connect *pgconn.ConnectError
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || errors.As(err, &network) || errors.As(err, &connect) ||
		pgClass(err, "57P", "08") || strings.Contains(err.Error(), "conn closed") || strings.Contains(err.Error(), "connection is already closed")
}

// locked reports whether another process holds the lock of a SQLite database.
func locked(err error) bool { return sqliteCode(err) == lib.SQLITE_BUSY }

// again reports whether the same command may succeed if it is run once more.
func again(err error) bool {
	return errors.Is(err, ErrLostRace) || pgClass(err, "40001", "40P01", "23505")
}

// pgClass reports whether err is a PostgreSQL error whose code starts with one of the prefixes.
func pgClass(err error, prefixes ...string) bool {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return false
	}
	for _, p := range prefixes {
		if strings.HasPrefix(e.Code, p) {
			return true
		}
	}
	return false
}
