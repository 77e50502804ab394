package s3

import (
	"fmt"
	"os"
	"time"
)

// Options says how a bucket is reached, and how files go there. The zero Options
// is useful: Amazon's endpoint of the region, and the credentials, that the
// environment names as it does for Amazon's own tools.
type Options struct {
	// Endpoint is the URL of the server: https://host, http://host:port. The
	// default is AWS_ENDPOINT_URL_S3, else AWS_ENDPOINT_URL, else Amazon's.
	Endpoint string

	// Region is where the bucket is. The default is AWS_REGION, else
	// AWS_DEFAULT_REGION, else the region of the profile, else us-east-1.
	Region string

	// PathStyle has the bucket in the path of URLs and not in the name of the
	// host. It is always so where Endpoint is given by an IP address or is
	// localhost.
	PathStyle bool

	// CAFile is a file of certificates in PEM that are believed besides the
	// system's. The default is AWS_CA_BUNDLE, else none.
	CAFile string

	// Getenv looks up the variables that are named here, and those of
	// credentials: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
	// AWS_SESSION_TOKEN, else the profile AWS_PROFILE of the files
	// AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE, else, without an Endpoint
	// of one's own, the role of the machine or container. The default is
	// os.Getenv.
	Getenv func(string) string

	// PartSize is the size from which on a file goes in parts of that many
	// bytes, 5 MiB to 5 GiB. The default is 16 MiB. Files of more than 10,000
	// parts get larger ones. It takes no memory.
	PartSize int64

	// Parallel is how many parts are sent at the same time. The default is 4.
	Parallel int

	// Patience is how long one request is tried again while the server cannot
	// be reached, is busy, or fails. The default is 2 minutes.
	Patience time.Duration

	// Stall is how long a connection may move nothing before the request is
	// tried again. The default is one minute.
	Stall time.Duration

	// Abandoned is the age from which on an upload in parts, of a name that an
	// archive's file can have below the prefix, is aborted if this push did not
	// complete it. The default is 24 hours; a negative one aborts none.
	Abandoned time.Duration

	// DryRun looks at everything and changes nothing, neither there nor here.
	DryRun bool

	// Note has Push write to the folder, in the file .actions-pushed, which of
	// its sealed files are there, for [Unpushed].
	Note bool

	// OnFile is told of each file when it has been dealt with. It is called by
	// the goroutine that called Push or Pull.
	OnFile func(File)

	// OnProgress is told how many bytes, of how many, have been dealt with. It
	// is called by one goroutine at a time.
	OnProgress func(done, total int64)

	// OnRetry is told why a request is tried again, and after which pause. It
	// may be called by several goroutines at a time.
	OnRetry func(err error, pause time.Duration)
}

const (
	minPartSize = 5 << 20
	maxPartSize = 5 << 30
	maxParts    = 10_000

	defaultPartSize  = 16 << 20
	defaultParallel  = 4
	defaultPatience  = 2 * time.Minute
	defaultStall     = time.Minute
	defaultAbandoned = 24 * time.Hour
	defaultRegion    = "us-east-1"
)

// withDefaults returns a completed copy.
func (o Options) withDefaults() Options {
	if o.Getenv == nil {
		o.Getenv = os.Getenv
	}
	if o.Endpoint == "" {
		o.Endpoint = first(o.Getenv("AWS_ENDPOINT_URL_S3"), o.Getenv("AWS_ENDPOINT_URL"))
	}
	if o.Region == "" {
		o.Region = first(o.Getenv("AWS_REGION"), o.Getenv("AWS_DEFAULT_REGION"), profileRegion(o.Getenv), defaultRegion)
	}
	if o.CAFile == "" {
		o.CAFile = o.Getenv("AWS_CA_BUNDLE")
	}
	if o.PartSize == 0 {
		o.PartSize = defaultPartSize
	}
	if o.Parallel == 0 {
		o.Parallel = defaultParallel
	}
	if o.Patience == 0 {
		o.Patience = defaultPatience
	}
	if o.Stall == 0 {
		o.Stall = defaultStall
	}
	if o.Abandoned == 0 {
		o.Abandoned = defaultAbandoned
	}
	if o.OnFile == nil {
		o.OnFile = func(File) {}
	}
	if o.OnProgress == nil {
		o.OnProgress = func(int64, int64) {}
	}
	if o.OnRetry == nil {
		o.OnRetry = func(error, time.Duration) {}
	}
	return o
}

// validate refuses what means nothing.
func (o *Options) validate() error {
	switch {
	case o.PartSize < minPartSize || o.PartSize > maxPartSize:
		return fmt.Errorf("s3 option PartSize is %d; allowed is %d to %d", o.PartSize, minPartSize, maxPartSize)
	case o.Parallel < 1:
		return fmt.Errorf("s3 option Parallel is %d; allowed is 1 or more", o.Parallel)
	case o.Patience < 0:
		return fmt.Errorf("s3 option Patience is %s; it cannot be negative", o.Patience)
	case o.Stall < 0:
		return fmt.Errorf("s3 option Stall is %s; it cannot be negative", o.Stall)
	}
	return nil
}

// first returns the first text that is not empty.
func first(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}
