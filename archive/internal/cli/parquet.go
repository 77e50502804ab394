package cli

import (
	"fmt"
	"io"

	"actionlog/storage"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/gzip"
)

// parquetRow is an action as a row of Parquet: the keys of the JSON form, with
// those of http beside them, moments in nanoseconds, and null for what is not
// there.
type parquetRow struct {
	Timestamp  int64             `parquet:"timestamp,timestamp(nanosecond)"`
	Service    string            `parquet:"service,dict"`
	Action     string            `parquet:"action,dict"`
	Status     string            `parquet:"status,dict"`
	Duration   int64             `parquet:"duration"`
	Error      *string           `parquet:"error,optional,dict"`
	ID         string            `parquet:"id"`
	DurationNs int64             `parquet:"durationNs"`
	Method     *string           `parquet:"method,optional,dict"`
	Route      *string           `parquet:"route,optional,dict"`
	Path       *string           `parquet:"path,optional"`
	Code       *int32            `parquet:"code,optional"`
	Bytes      *int64            `parquet:"bytes,optional"`
	Remote     *string           `parquet:"remote,optional,dict"`
	RequestID  *string           `parquet:"requestId,optional"`
	Outcome    *string           `parquet:"outcome,optional,dict"`
	TraceID    *string           `parquet:"traceId,optional"`
	SpanID     *string           `parquet:"spanId,optional"`
	Instance   *string           `parquet:"instance,optional,dict"`
	Attrs      map[string]string `parquet:"attrs,optional"`
}

const (
	rowsPerGroup  = 40_960   // bounds what is in memory,
	bytesPerGroup = 24 << 20 // of long texts, too
	rowsPerWrite  = 512
)

// parquetWriter writes Parquet, compressed by gzip: as small as by zstd, whose
// encoder keeps 16 MiB for each processor.
type parquetWriter struct {
	w     *parquet.GenericWriter[parquetRow]
	rows  []parquetRow
	n     int // rows in the group that is not written yet
	bytes int // of the texts in it
}

func newParquetWriter(w io.Writer) *parquetWriter {
	return &parquetWriter{w: parquet.NewGenericWriter[parquetRow](w,
		parquet.Compression(&gzip.Codec{Level: gzip.BestSpeed}),
		parquet.CreatedBy("actionlog", "1", ""),
	)}
}

func (p *parquetWriter) write(a *storage.Action) error {
	p.rows = append(p.rows, rowOf(a))
	p.bytes += textOf(a)
	if len(p.rows) < rowsPerWrite {
		return nil
	}
	return p.writeRows()
}

func (p *parquetWriter) writeRows() error {
	if _, err := p.w.Write(p.rows); err != nil {
		return fmt.Errorf("write rows of Parquet: %w", err)
	}
	p.n += len(p.rows)
	clear(p.rows)
	p.rows = p.rows[:0]
	if p.n < rowsPerGroup && p.bytes < bytesPerGroup {
		return nil
	}
	p.n, p.bytes = 0, 0
	if err := p.w.Flush(); err != nil {
		return fmt.Errorf("write a group of rows of Parquet: %w", err)
	}
	return nil
}

// flush ends the file.
func (p *parquetWriter) flush() error {
	if len(p.rows) > 0 {
		if err := p.writeRows(); err != nil {
			return err
		}
	}
	if err := p.w.Close(); err != nil {
		return fmt.Errorf("end a file of Parquet: %w", err)
	}
	return nil
}

func rowOf(a *storage.Action) parquetRow {
	row := parquetRow{
		Timestamp:  a.Time.UnixNano(),
		Service:    a.Service,
		Action:     a.Action,
		Status:     string(a.Status),
		Duration:   roundMillis(a.Duration),
		Error:      orNull(a.Error),
		ID:         string(a.ID),
		DurationNs: a.Duration.Nanoseconds(),
		TraceID:    orNull(a.TraceID.String()),
		SpanID:     orNull(a.SpanID.String()),
		Instance:   orNull(a.Instance),
	}
	if h := a.HTTP; h != nil {
		code, bytes := int32(h.Code), h.Bytes
		row.Method, row.Route, row.Path = orNull(h.Method), orNull(h.Route), orNull(h.Path)
		row.Code, row.Bytes = &code, &bytes
		row.RequestID, row.Outcome = orNull(h.RequestID), orNull(string(h.Outcome))
		if h.Remote.IsValid() {
			row.Remote = orNull(h.Remote.String())
		}
	}
	if len(a.Attrs) > 0 {
		row.Attrs = make(map[string]string, len(a.Attrs))
		for _, at := range a.Attrs {
			row.Attrs[at.Key] = at.Value
		}
	}
	return row
}

// textOf returns about how many bytes of text an action has.
func textOf(a *storage.Action) int {
	n := len(a.Service) + len(a.Action) + len(a.Error) + len(a.ID) + len(a.Instance)
	if h := a.HTTP; h != nil {
		n += len(h.Route) + len(h.Path) + len(h.RequestID)
	}
	for _, at := range a.Attrs {
		n += len(at.Key) + len(at.Value)
	}
	return n
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
