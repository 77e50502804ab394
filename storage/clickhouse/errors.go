package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"actionlog/storage"

	driver "github.com/ClickHouse/clickhouse-go/v2"
)

// MissingError is a shard that a server could not reach, or none of whose
// copies it could.
type MissingError struct {
	// Server is what was asked: the addresses of the DSN, and the database.
	Server string

	// Cluster has the shard.
	Cluster string

	// Err is what the server said; it names the shard's servers.
	Err error
}

// Error says which shard is missing.
func (e *MissingError) Error() string {
	return fmt.Sprintf("a shard of the cluster %s is missing: %v", e.Cluster, e.Err)
}

// Unwrap returns Err.
func (e *MissingError) Unwrap() error { return e.Err }

// Codes of exceptions, the same in all versions.
const (
	codeUnknownTable      = 60
	codeUnknownDatabase   = 81
	codeTimeout           = 159
	codeReadonly          = 164
	codeUnknownUser       = 192
	codeWrongPassword     = 193
	codeRequiredPassword  = 194
	codeAddressDenied     = 195
	codeSocketTimeout     = 209
	codeNetwork           = 210
	codeNoZooKeeper       = 225
	codeMemory            = 241
	codeTooManyParts      = 252
	codeAllTriesFailed    = 279
	codeAccessDenied      = 497
	codeAuthentication    = 516
	codeUnexpectedEndFile = 32
	codeEOF               = 99
	codeDNS               = 198
	codeNoConfig          = 139
)

// exceptionCode returns the code of a server's exception, or 0.
func exceptionCode(err error) int32 {
	var e *driver.Exception
	if errors.As(err, &e) {
		return e.Code
	}
	return 0
}

// shardMissing reports whether a server could not reach another.
func shardMissing(err error) bool {
	switch exceptionCode(err) {
	case codeAllTriesFailed, codeNetwork, codeSocketTimeout, codeDNS, codeEOF, codeUnexpectedEndFile:
		return true
	}
	return false
}

// unreachable reports whether no server answered.
func unreachable(err error) bool {
	if exceptionCode(err) != 0 {
		return false
	}
	var op *net.OpError
	return errors.As(err, &op) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, driver.ErrAcquireConnTimeout) ||
		errors.Is(err, context.DeadlineExceeded)
}

// explain makes an error name the server and the table, and say what can be done
// about it. Errors of queries that are not valid, and of contexts, stay what they
// are.
func (s *Store) explain(ctx context.Context, doing string, err error) error {
	var bad *storage.ParamError
	switch {
	case err == nil, errors.As(err, &bad):
		return err
	case ctx.Err() != nil:
		err = ctx.Err()
	default:
		if hint := s.hint(err); hint != "" {
			err = fmt.Errorf("%s: %w", hint, err)
		}
		if s.opts.Cluster != "" && shardMissing(err) {
			err = &MissingError{Server: s.server, Cluster: s.opts.Cluster, Err: err}
		}
	}
	return fmt.Errorf("%s table %s of %s: %w", doing, s.opts.Table, s.server, err)
}

const noKeeper = "the cluster has no Keeper or ZooKeeper, or not the macros that copies need; Options.NoKeeper, or no_keeper=true in the DSN, makes the tables on each server of the DSN instead"

// hint says what to do about an error, or "".
func (s *Store) hint(err error) string {
	switch exceptionCode(err) {
	case codeUnknownUser, codeWrongPassword, codeRequiredPassword, codeAddressDenied, codeAuthentication:
		return fmt.Sprintf("the server does not let the user %s in; the DSN or Options.Password is to have the right password, and the server's users a network from which this user may come", s.user)
	case codeUnknownDatabase:
		return fmt.Sprintf("there is no such database; make it with CREATE DATABASE %s", s.database)
	case codeUnknownTable:
		return "a table is not there on one of the servers; it was dropped, or a server is new to the cluster: opening the store with the right to make tables makes those that are missing"
	case codeReadonly, codeAccessDenied:
		return fmt.Sprintf("the user %s may not do that; it is to be granted SELECT and INSERT, and CREATE where the tables are to be made; and one who may not change settings (readonly = 1) cannot ask a cluster, readonly = 2 can", s.user)
	case codeNoZooKeeper, codeNoConfig:
		return noKeeper
	case codeTimeout:
		return "the server took too long; ask for less, such as a shorter time"
	case codeMemory:
		return "the server has not enough memory for the answer; ask for less, such as a shorter time"
	case codeTooManyParts:
		return "too many small batches were written for the server to merge; write larger ones less often"
	}
	switch text := err.Error(); {
	case strings.Contains(text, "DDL background thread"): // as old servers put it
		return noKeeper
	case strings.Contains(text, "unexpected packet [72]"), strings.Contains(text, "unexpected packet [21]"):
		return "what answers there is no ClickHouse server by its native protocol; its port is 9000 as a rule, and 9440 with TLS, for which the DSN says secure=true"
	case errors.Is(err, io.EOF) && strings.Contains(text, "handshake"):
		return "the server hung up at once; it may want TLS, for which the DSN says secure=true"
	case errors.Is(err, driver.ErrAcquireConnTimeout):
		return fmt.Sprintf("all %d connections were in use, or none could be made, for %v", s.opts.Conns, s.opts.DialTimeout)
	case unreachable(err):
		return "the server cannot be reached"
	}
	return ""
}
