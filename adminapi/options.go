package adminapi

import (
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"actionlog/storage"

	"golang.org/x/time/rate"
)

// Options say what an admin API answers from and whom it lets in. Only Store
// is required; with nothing else set, only this machine is let in.
type Options struct {
	// Store answers the queries. What else it can do is found by type
	// assertion: [storage.Clearer] for POST /clear, [ActiveLister] for
	// GET /active, [SlowLister] for GET /slow, [ErrorLister] for GET /errors,
	// [SeriesLister] for GET /timeseries, [storage.Follower] for GET /stream.
	// Without it the endpoint is a 404. GET /export uses an [ActionLister], and
	// asks for page after page of any other store.
	Store storage.Searcher

	// BasePath is the path below which the endpoints are. The default is
	// /action-logs. Use "/" behind http.StripPrefix.
	BasePath string

	// AllowedPrefixes are the peers let in. The default is loopback,
	// 127.0.0.0/8 and ::1/128. Setting it replaces the default: list loopback
	// too where this machine shall stay let in. An IPv4 address written as
	// IPv6, and an address with a zone, are the address that they stand for.
	// [ParsePrefixes] reads them from text.
	AllowedPrefixes []netip.Prefix

	// TrustedProxies are the peers whose X-Forwarded-For and Forwarded headers
	// are believed: the client is then the right-most address that is not one
	// of them. One on another machine that sends neither header is refused. The
	// default is none: the peer is the client. See the package comment before
	// setting it.
	TrustedProxies []netip.Prefix

	// AllowedHosts are names, besides this machine's own, that the Host header
	// may have, with any port: what the proxy's clients call it, for example.
	// The default is none.
	AllowedHosts []string

	// AllowedOrigins are the origins of other pages that may use the API, such
	// as "https://panel.example.com" or "app://panel"; they get CORS answers.
	// The default is none. Neither "*" nor "null" is allowed here.
	AllowedOrigins []string

	// Token, if set, is asked for as "Authorization: Bearer <token>", or as the
	// cookie that POST /login gives for it. What a page needs to ask for the
	// token, GET / among it, is then served without. Wrong credentials are
	// answered ten times a minute to each peer, also where there is no Rate.
	Token string

	// Ingest switches POST / on, which records what programs send that are not
	// Go: an action, an array of actions or JSON Lines, in the form in which
	// they are answered.
	Ingest bool

	// Recorder takes what POST / records. The default is Store, if it is one.
	Recorder storage.Recorder

	// IngestToken, if set, is what a program may give instead of the other
	// credentials, as "Authorization: Bearer <token>", to record with POST / and
	// for nothing else. It is asked for there also where nothing else is set.
	IngestToken string

	// Username and Password, if set, are asked for as basic credentials. With
	// Token set too, either will do.
	Username, Password string

	// Authorize, if set, decides about each request that passed all other
	// checks; an error refuses it. An [*Error] is answered as it is, any other
	// error is a 403 that does not tell the error's text.
	Authorize func(*http.Request) error

	// Rate is how many requests a second each peer may make in the long run.
	// Zero means no limit. All addresses of an IPv6 /64 are one peer. What is
	// refused by address, Host or origin does not count, nor, without Authorize,
	// do the files that the dashboard is made of; what pages of other origins make
	// a peer's browser send counts apart from the rest.
	Rate rate.Limit

	// Burst is how many requests a peer may make at once. The default is Rate
	// rounded up. Without Rate it means nothing.
	Burst int

	// RatePeers is how many peers Rate remembers; beyond it the one longest
	// unheard of is forgotten. The default is 4096.
	RatePeers int

	// MaxStreams is how many streams may be open at once. The default is 256.
	MaxStreams int

	// MaxStreamsPerPeer is how many streams one peer may have open at once. All
	// addresses of an IPv6 /64 are one peer. The default is 32.
	MaxStreamsPerPeer int

	// StreamHeartbeat is how often a stream that has nothing else to say shows
	// that it lives. A WebSocket's client that does not answer for two of them
	// is gone; client.js takes a server that is silent for 45 s for dead, so stay
	// well below that. The default is 15 s.
	StreamHeartbeat time.Duration

	// StreamTimeout is how long one write to a stream's client may take, of
	// 64 KiB at most. A client that takes longer loses the connection. The
	// default is 10 s.
	StreamTimeout time.Duration

	// ReadOnly refuses what would change something.
	ReadOnly bool

	// Metrics answers GET /metrics to those who are let in, such as the handler
	// of the package adminapi/prom. Without it the endpoint is a 404.
	Metrics http.Handler

	// Docs answers GET /docs and below to those who are let in: the handler of
	// the package adminapi/docs. Without it the endpoints are a 404.
	Docs http.Handler

	// Now returns the time that relative times of a query count from, and by
	// which Rate is measured. The default is time.Now.
	Now func() time.Time

	// OnError hears of each request that failed by the server's fault, a 500
	// or a 503; a panic comes with its stack. The default writes it to the
	// server's ErrorLog, as net/http does. It must be safe for concurrent use.
	OnError func(*http.Request, error)
}

// withDefaults returns a copy with every default filled in.
func (o Options) withDefaults() Options {
	if o.BasePath == "" {
		o.BasePath = "/action-logs"
	}
	if base := strings.TrimSuffix(o.BasePath, "/"); base != "/" { // two slashes stay to be refused
		o.BasePath = base
	}
	if o.AllowedPrefixes == nil {
		o.AllowedPrefixes = loopback
	}
	if o.Burst == 0 {
		o.Burst = int(min(o.Rate, 1<<30))
		if rate.Limit(o.Burst) < o.Rate {
			o.Burst++
		}
	}
	if o.RatePeers == 0 {
		o.RatePeers = 4096
	}
	if o.Recorder == nil {
		o.Recorder, _ = o.Store.(storage.Recorder)
	}
	if o.MaxStreams == 0 {
		o.MaxStreams = 256
	}
	if o.MaxStreamsPerPeer == 0 {
		o.MaxStreamsPerPeer = 32
	}
	if o.StreamHeartbeat == 0 {
		o.StreamHeartbeat = 15 * time.Second
	}
	if o.StreamTimeout == 0 {
		o.StreamTimeout = 10 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.OnError == nil {
		o.OnError = logError
	}
	return o
}

// validate refuses options that cannot be meant. Its errors hold no secret.
func (o Options) validate() error {
	switch {
	case o.Store == nil:
		return errors.New("adminapi: Options.Store is not set; it is what answers, such as a ring")
	case !validBasePath(o.BasePath):
		return fmt.Errorf(`adminapi: Options.BasePath is %q; allowed is "/" or a path such as /action-logs of letters, digits, "-", "_", "." and "~"`, o.BasePath)
	case o.Rate < 0 || o.Rate != o.Rate:
		return fmt.Errorf("adminapi: Options.Rate is %v; allowed is zero for no limit, or a number of requests a second", o.Rate)
	case o.Burst < 0:
		return fmt.Errorf("adminapi: Options.Burst is %d; allowed is zero for the default, or a number of requests", o.Burst)
	case o.RatePeers < 0:
		return fmt.Errorf("adminapi: Options.RatePeers is %d; allowed is zero for the default, or a number of peers", o.RatePeers)
	case o.MaxStreams < 0:
		return fmt.Errorf("adminapi: Options.MaxStreams is %d; allowed is zero for the default, or a number of streams", o.MaxStreams)
	case o.MaxStreamsPerPeer < 0:
		return fmt.Errorf("adminapi: Options.MaxStreamsPerPeer is %d; allowed is zero for the default, or a number of streams", o.MaxStreamsPerPeer)
	case o.StreamHeartbeat < 0:
		return fmt.Errorf("adminapi: Options.StreamHeartbeat is %v; allowed is zero for the default, or a time between heartbeats", o.StreamHeartbeat)
	case o.StreamTimeout < 0:
		return fmt.Errorf("adminapi: Options.StreamTimeout is %v; allowed is zero for the default, or a time that a write may take", o.StreamTimeout)
	case o.Token != "" && !visibleASCII(o.Token):
		return errors.New("adminapi: Options.Token holds a character that a header cannot carry; allowed are visible ASCII characters without spaces")
	case o.Ingest && o.Recorder == nil:
		return errors.New("adminapi: Options.Ingest is set, but not Options.Recorder, and Options.Store is no storage.Recorder; set Options.Recorder to what shall record, such as a ring")
	case o.IngestToken != "" && !o.Ingest:
		return errors.New("adminapi: Options.IngestToken is set, but not Options.Ingest, which switches recording on")
	case o.IngestToken != "" && o.IngestToken == o.Token:
		return errors.New("adminapi: Options.IngestToken is Options.Token; allowed is another, for who has it may do nothing but record")
	case o.IngestToken != "" && !visibleASCII(o.IngestToken):
		return errors.New("adminapi: Options.IngestToken holds a character that a header cannot carry; allowed are visible ASCII characters without spaces")
	case (o.Username == "") != (o.Password == ""):
		return errors.New("adminapi: of Options.Username and Options.Password only one is set; allowed is both or none")
	case strings.Contains(o.Username, ":"):
		return errors.New("adminapi: Options.Username holds a colon, which basic credentials cannot carry; allowed is a name without one")
	}
	return nil
}

// validBasePath reports whether a base path without its trailing slash is one
// that needs no escaping and means itself to every router.
func validBasePath(base string) bool {
	if base == "" {
		return true
	}
	if base[0] != '/' {
		return false
	}
	for segment := range strings.SplitSeq(base[1:], "/") {
		if strings.Trim(segment, ".") == "" || strings.IndexFunc(segment, reserved) >= 0 {
			return false
		}
	}
	return true
}

func reserved(c rune) bool {
	return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.ContainsRune("-_.~", c))
}

func visibleASCII(s string) bool {
	return strings.IndexFunc(s, func(c rune) bool { return c <= ' ' || c >= 0x7f }) < 0
}

func logError(r *http.Request, err error) {
	printf := log.Printf
	if s, ok := r.Context().Value(http.ServerContextKey).(*http.Server); ok && s.ErrorLog != nil {
		printf = s.ErrorLog.Printf
	}
	printf("adminapi: %s %q: %v", r.Method, r.URL.Path, err)
}
