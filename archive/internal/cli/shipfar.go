package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"actionlog/archive/ship"
	"actionlog/archive/ship/elasticsearch"
	"actionlog/archive/ship/loki"
	"actionlog/archive/ship/otlp"
	"actionlog/archive/ship/splunk"

	"github.com/spf13/cobra"
)

// farSide is a command below ship whose destination has a URL.
type farSide struct {
	name, product string
	short, long   string
	examples      []string
}

// command returns the command. open makes the destination for a URL.
func (f farSide) command(s *session, flags func(*cobra.Command, *connection), open func(c *connection, url string) (ship.Destination, error)) *cobra.Command {
	cmd := &cobra.Command{
		Use:     f.name + " [flags] URL [FOLDER]",
		Short:   f.short,
		Long:    f.long + secretHelp,
		Example: example(f.examples...),
		Args:    atLeast(1, fmt.Sprintf("a URL is missing; actionlog ship %s --help tells more", f.name)),
	}
	x, c := s.addShipment(cmd), s.addConnection(cmd)
	flags(cmd, c)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return x.run(cmd.Context(), func(context.Context, string, bool) (target, error) {
			if err := c.read(); err != nil {
				return target{}, err
			}
			to, err := open(c, args[0])
			if err != nil {
				return target{}, fmt.Errorf("deliver to %s: %w", f.product, err)
			}
			t := target{to: to, place: placeOf(f.product, args[0]), close: nothing}
			if closer, ok := to.(io.Closer); ok {
				t.close = closer.Close
			}
			return t, nil
		}, args[1:])
	}
	return cmd
}

func (s *session) shipElasticsearchCommand() *cobra.Command {
	var o elasticsearch.Options
	return farSide{
		name: "elasticsearch", product: "Elasticsearch",
		short: "Create a document for each action in Elasticsearch or OpenSearch",
		long: `Create a document for each action in Elasticsearch or OpenSearch, by the bulk API
and in the field names of the Elastic Common Schema. The id of a document is the
id of the action, so what is sent again is not there twice.`,
		examples: []string{
			"actionlog ship elasticsearch --api-key-file /run/secrets/es --put-template https://es.example:9200 actions/",
			"actionlog ship elasticsearch --dry-run http://localhost:9200 actions/",
		},
	}.command(s, func(cmd *cobra.Command, c *connection) {
		c.addUser(cmd)
		c.addAPIKey(cmd)
		cmd.Flags().StringVar(&o.DataStream, "data-stream", "", "`name` of the data stream (default logs-actionlog-default)")
		cmd.Flags().StringVar(&o.Index, "index", "", "`name` of an index instead of a data stream")
		cmd.Flags().BoolVar(&o.PutTemplate, "put-template", false, "put the index template first")
	}, func(c *connection, url string) (ship.Destination, error) {
		o.URL, o.APIKey, o.User, o.Password, o.Token = url, c.apiKey, c.user, c.password, c.token
		o.CAFile, o.CertFile, o.KeyFile, o.Headers, o.Timeout = c.caFile, c.cert, c.certKey, c.headers, c.timeout
		return elasticsearch.New(o)
	})
}

func (s *session) shipSplunkCommand() *cobra.Command {
	var o splunk.Options
	var fields string
	return farSide{
		name: "splunk", product: "Splunk",
		short: "Send an event for each action to Splunk's HTTP Event Collector",
		long: `Send an event for each action to Splunk's HTTP Event Collector. Splunk keeps what
is sent again a second time; "dedup id" in a search drops it.`,
		examples: []string{
			"actionlog ship splunk --token-file /run/secrets/hec --index web https://splunk.example:8088 actions/",
			"actionlog ship splunk --token-file /run/secrets/hec --acknowledge https://splunk.example:8088 actions/",
		},
	}.command(s, func(cmd *cobra.Command, _ *connection) {
		cmd.Flags().StringVar(&o.Index, "index", "", "`name` of the index (default the token's)")
		cmd.Flags().StringVar(&o.Source, "source", "actionlog", "`name` of the source")
		cmd.Flags().StringVar(&o.Sourcetype, "sourcetype", "_json", "`type` of the events")
		cmd.Flags().StringVar(&fields, "fields", "service,status", "`names` of what is indexed with the event, with commas between; none for nothing")
		cmd.Flags().BoolVar(&o.Acknowledge, "acknowledge", false, "wait until Splunk has written a batch; the token needs indexer acknowledgement switched on")
		cmd.Flags().DurationVar(&o.AcknowledgeTimeout, "acknowledge-timeout", 0, "how long to wait for that before a batch is sent again (default 5m)")
	}, func(c *connection, url string) (ship.Destination, error) {
		if c.token == "" {
			return nil, fmt.Errorf("its token is missing: --token-file names its file, or the variable %s holds it", shipTokenVar)
		}
		if o.Fields = strings.Split(fields, ","); fields == "none" || fields == "" {
			o.Fields = []string{}
		}
		o.URL, o.Token = url, c.token
		o.CAFile, o.CertFile, o.KeyFile, o.Headers, o.Timeout = c.caFile, c.cert, c.certKey, c.headers, c.timeout
		return splunk.New(o)
	})
}

func (s *session) shipOTLPCommand() *cobra.Command {
	var o otlp.Options
	var resource []string
	return farSide{
		name: "otlp", product: "the OTLP receiver",
		short: "Send a log record for each action by the OpenTelemetry protocol",
		long: `Send a log record for each action by the OpenTelemetry protocol over HTTP, in
protobuf, with the trace and the span that it belongs to. Most receivers keep what
is sent again a second time; log.record.uid is the action's id.`,
		examples: []string{
			"actionlog ship otlp --resource deployment.environment.name=staging http://localhost:4318 actions/",
			"actionlog ship otlp --header x-api-key=env:VENDOR_KEY https://otlp.example actions/",
		},
	}.command(s, func(cmd *cobra.Command, c *connection) {
		c.addUser(cmd)
		cmd.Flags().StringVar(&o.Path, "path", "/v1/logs", "`path` behind the URL")
		cmd.Flags().StringArrayVar(&resource, "resource", nil, "a further attribute of the resource, `NAME=VALUE`")
	}, func(c *connection, url string) (_ ship.Destination, err error) {
		if o.Resource, err = pairsOf("resource", resource); err != nil {
			return nil, err
		}
		o.URL, o.User, o.Password, o.Token = url, c.user, c.password, c.token
		o.CAFile, o.CertFile, o.KeyFile, o.Headers, o.Timeout = c.caFile, c.cert, c.certKey, c.headers, c.timeout
		return otlp.New(o)
	})
}

func (s *session) shipLokiCommand() *cobra.Command {
	var o loki.Options
	var labels []string
	return farSide{
		name: "loki", product: "Loki",
		short: "Push a line for each action to Grafana Loki",
		long: `Push a line for each action to Grafana Loki, with the service as label and the
rest as structured metadata. Loki refuses what is older than its limits allow.`,
		examples: []string{
			"actionlog ship loki --from 24h --tenant team-a https://loki.example:3100 actions/",
			"actionlog ship loki --label environment=staging http://localhost:3100 actions/",
		},
	}.command(s, func(cmd *cobra.Command, c *connection) {
		c.addUser(cmd)
		cmd.Flags().StringVar(&o.Tenant, "tenant", "", "`name` of the tenant")
		cmd.Flags().StringArrayVar(&labels, "label", nil, "a further label of every stream, `NAME=VALUE`")
		cmd.Flags().BoolVar(&o.InstanceLabel, "instance-label", false, "give each instance streams of its own, where several serve one service")
	}, func(c *connection, url string) (_ ship.Destination, err error) {
		if o.Labels, err = pairsOf("label", labels); err != nil {
			return nil, err
		}
		o.URL, o.User, o.Password, o.Token = url, c.user, c.password, c.token
		o.CAFile, o.CertFile, o.KeyFile, o.Headers, o.Timeout = c.caFile, c.cert, c.certKey, c.headers, c.timeout
		return loki.New(o)
	})
}

// pairsOf reads flags NAME=VALUE.
func pairsOf(flag string, list []string) (map[string]string, error) {
	pairs := map[string]string{}
	for _, text := range list {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return nil, errors.New("flag --" + flag + " is not understood; allowed is NAME=VALUE")
		}
		pairs[name] = value
	}
	return pairs, nil
}
