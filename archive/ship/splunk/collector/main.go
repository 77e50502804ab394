// Command collector is the HTTP Event Collector of the OpenTelemetry Collector,
// for the tests of what is delivered to Splunk. It writes what it takes to a file,
// a JSON object of log records a line:
//
//	collector -listen 127.0.0.1:8088 -out taken.jsonl
//
// It is the receiver alone, without the service around it, which takes a minute
// more to build.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"sync"

	"github.com/open-telemetry/opentelemetry-collector-contrib/receiver/splunkhecreceiver"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/receiver"
	meters "go.opentelemetry.io/otel/metric/noop"
	traces "go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/zap"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8088", "`address` to listen on")
	out := flag.String("out", "", "`file` to write to")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *listen, *out); err != nil {
		fmt.Fprintln(os.Stderr, "collector:", err)
		os.Exit(1)
	}
}

// run takes events until the context ends.
func run(ctx context.Context, listen, out string) error {
	f, err := os.Create(out)
	if err != nil {
		return err
	}
	defer f.Close()
	taker, err := consumer.NewLogs(writer(f))
	if err != nil {
		return err
	}
	factory := splunkhecreceiver.NewFactory()
	config := factory.CreateDefaultConfig().(*splunkhecreceiver.Config)
	config.Endpoint = listen
	settings := receiver.CreateSettings{ID: component.NewID(factory.Type())}
	settings.Logger = zap.NewNop()
	settings.TracerProvider = traces.NewTracerProvider()
	settings.MeterProvider = meters.NewMeterProvider()
	settings.Resource = pcommon.NewResource()
	settings.ReportStatus = func(*component.StatusEvent) {}
	r, err := factory.CreateLogsReceiver(ctx, settings, config, taker)
	if err != nil {
		return err
	}
	if err := r.Start(ctx, host{}); err != nil {
		return err
	}
	<-ctx.Done()
	return r.Shutdown(context.Background())
}

// writer returns what writes log records to a file.
func writer(f *os.File) consumer.ConsumeLogsFunc {
	var mu sync.Mutex
	var marshal plog.JSONMarshaler
	return func(_ context.Context, logs plog.Logs) error {
		line, err := marshal.MarshalLogs(logs)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		_, err = f.Write(append(line, '\n'))
		return err
	}
}

// host is what the receiver runs in: nothing else does.
type host struct{}

func (host) ReportFatalError(err error) { fmt.Fprintln(os.Stderr, "collector:", err) }

func (host) GetFactory(component.Kind, component.Type) component.Factory { return nil }

func (host) GetExtensions() map[component.ID]component.Component { return nil }

func (host) GetExporters() map[component.DataType]map[component.ID]component.Component { return nil }
