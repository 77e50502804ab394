package clickhouse

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"
)

const (
	plainPort = "9000"
	tlsPort   = "9440"
)

// errDSN says nothing of what is wrong, which could be a part of the password.
var errDSN = errors.New("the DSN cannot be read; it is of the form clickhouse://USER:PASSWORD@HOST:9000,HOST:9000/DATABASE?secure=true, " +
	"with # / ? @ : and % in the password as %23 %2F %3F %40 %3A and %25; it is not shown, for it may hold a password")

// parseDSN returns how to connect.
func parseDSN(dsn string, opts *Options) (*driver.Options, error) {
	scheme, _, ok := strings.Cut(dsn, "://")
	if !ok {
		return nil, errDSN
	}
	switch scheme {
	case "clickhouse", "tcp", "native":
	case "http", "https":
		return nil, fmt.Errorf("the DSN is of the scheme %s; allowed is clickhouse, with the port of the native protocol, 9000 or 9440 with TLS", scheme)
	default:
		return nil, errDSN
	}
	o, err := driver.ParseDSN(dsn)
	if err != nil {
		return nil, errDSN
	}
	if opts.Password != "" {
		o.Auth.Password = opts.Password
	}
	if opts.TLS != nil {
		o.TLS = opts.TLS
	}
	if o.Auth.Username == "" {
		o.Auth.Username = "default"
	}
	if o.Auth.Database == "" {
		o.Auth.Database = "default"
	}
	port := plainPort
	if o.TLS != nil {
		port = tlsPort
	}
	for i, addr := range o.Addr {
		if addr == "" {
			return nil, errDSN
		}
		if _, _, err := net.SplitHostPort(addr); err != nil {
			o.Addr[i] = net.JoinHostPort(strings.Trim(addr, "[]"), port)
		}
	}
	for _, name := range []string{"wait_for_async_insert", "insert_distributed_sync", "distributed_foreground_insert", "skip_unavailable_shards"} {
		if _, set := o.Settings[name]; set {
			return nil, fmt.Errorf("the DSN sets %s, which is not for it to set: a write is to be kept when it returns, and a read is to say what it lacks", name)
		}
	}
	o.DialTimeout = opts.DialTimeout
	o.ReadTimeout = opts.Timeout + 10*time.Second // the context's end comes first
	o.MaxOpenConns, o.MaxIdleConns = opts.Conns, opts.Conns
	o.DialContext = dialer(o.TLS, opts.DialTimeout)
	if o.Compression == nil {
		o.Compression = &driver.Compression{Method: driver.CompressionLZ4}
	}
	o.ClientInfo.Products = append(o.ClientInfo.Products, struct{ Name, Version string }{"actionlog", "1"})
	return o, nil
}

// ownParams takes the parameters that are of this package off a DSN, for options
// that are not set.
func ownParams(dsn string, opts *Options) (string, error) {
	_, rest, _ := strings.Cut(dsn, "://")
	if i := strings.IndexAny(rest, "/?#"); i >= 0 && strings.ContainsAny(rest[i:], "@#") {
		return "", errDSN // a password with one of these, of which the front would pass for a server
	}
	front, query, ok := strings.Cut(dsn, "?")
	if !ok {
		return dsn, nil
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return "", errDSN
	}
	for name, text := range map[string]*string{"table": &opts.Table, "cluster": &opts.Cluster} {
		if v := values.Get(name); *text == "" {
			*text = v
		}
		values.Del(name)
	}
	for name, flag := range map[string]*bool{"replicated": &opts.Replicated, "no_keeper": &opts.NoKeeper} {
		if values.Has(name) {
			on, err := strconv.ParseBool(values.Get(name))
			if err != nil {
				return "", fmt.Errorf("the DSN's parameter %s is to be true or false", name)
			}
			*flag = *flag || on
		}
		values.Del(name)
	}
	values.Del("debug") // which prints to standard output
	return front + "?" + values.Encode(), nil
}

// dialer returns what connects, as long as the context lasts.
func dialer(config *tls.Config, timeout time.Duration) func(ctx context.Context, addr string) (net.Conn, error) {
	plain := &net.Dialer{Timeout: timeout}
	if config == nil {
		return func(ctx context.Context, addr string) (net.Conn, error) { return plain.DialContext(ctx, "tcp", addr) }
	}
	secure := &tls.Dialer{NetDialer: plain, Config: config}
	return func(ctx context.Context, addr string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		return secure.DialContext(ctx, "tcp", addr)
	}
}

// address names servers in errors, without secrets.
func address(o *driver.Options) string {
	u := url.URL{Scheme: "clickhouse", Host: strings.Join(o.Addr, ","), Path: "/" + o.Auth.Database}
	return u.String()
}
