package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"footfall/analytics"
)

// wrap types a database error: what a retry may heal is CodeUnavailable.
func wrap(err error) error {
	switch {
	case err == nil, analytics.CodeOf(err) != "", errors.Is(err, context.Canceled):
		return err
	case outOfReach(err):
		return analytics.Unavailable(err)
	case sqlState(err) == badText:
		return analytics.Invalidf("", "must be text without NUL")
	}
	return fmt.Errorf("store: %w", err)
}

// outOfReach reports whether err is the database's absence or distress: it could
// not be connected to, cut us off, ran out of time or says that it cannot now.
func outOfReach(err error) bool {
	var connect *pgconn.ConnectError
	var network net.Error
	switch {
	case errors.As(err, &connect), errors.As(err, &network), pgconn.SafeToRetry(err),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return true
	}
	state := sqlState(err)
	if distress[state] {
		return true
	}
	switch classOf(state) {
	case "08", "40", "53", "57", "58": // connection, rollback (deadlock), resources, operator intervention (shutdown, statement timeout), the system beneath
		return true
	}
	return false
}

// distress are the SQLSTATEs of other classes that say the same.
var distress = map[string]bool{readOnly: true, idleTooLong: true, transactionTooLong: true, lockTimedOut: true}

// refusals are the SQLSTATEs of what does not pass by itself, and what ends it.
var refusals = map[string]string{
	badPassword:           "check the user and the password in its URL",
	badAuthorization:      "check the user in its URL, and whom pg_hba.conf lets in",
	unknownDatabase:       "create the database, or name another one in its URL",
	insufficientPrivilege: "grant what is missing, or connect as the owner of Footfall's tables",
	readOnly:              "the database is read-only: a standby, or default_transaction_read_only is set",
}

// beginnings are those of a connection that is refused for what its URL says.
var beginnings = map[string]string{
	unknownParameter: "check the parameters in its URL",
	badParameter:     "check the parameters in its URL",
}

// Refusal is why the database does not do what is asked, and what to do about it: a
// predicate, "" where trying again may help or the fault is another.
func Refusal(err error) string {
	connect, beginning := errors.AsType[*pgconn.ConnectError](err)
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		if beginning && strings.Contains(connect.Error(), "server refused TLS connection") { // which has no type
			return "refuses TLS: check sslmode in its URL"
		}
		return ""
	}
	what := refusals[e.Code]
	if beginning {
		what = cmp.Or(what, beginnings[e.Code])
	}
	if what == "" {
		return ""
	}
	return fmt.Sprintf("refuses: %s (SQLSTATE %s): %s", e.Message, e.Code, what)
}

// SQLSTATEs that mean something here.
const (
	badText               = "22021" // NUL, which no text that is stored holds
	badParameter          = "22023" // the value of one
	uniqueViolation       = "23505"
	noPartition           = "23514" // a row that no partition takes
	readOnly              = "25006" // a primary that was demoted
	idleTooLong           = "25P03"
	transactionTooLong    = "25P04"
	badAuthorization      = "28000"
	badPassword           = "28P01"
	unknownDatabase       = "3D000"
	insufficientPrivilege = "42501"
	unknownParameter      = "42704" // and much else
	duplicateObject       = "42710"
	undefinedTable        = "42P01"
	lockTimedOut          = "55P03"
)

// sqlState is the SQLSTATE that err carries, "" where it carries none.
func sqlState(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// violated is the unique constraint or index that err says was violated, "" for none.
func violated(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.Code == uniqueViolation {
		return e.ConstraintName
	}
	return ""
}

// classOf is the first two characters of a SQLSTATE.
func classOf(state string) string { return state[:min(2, len(state))] }
