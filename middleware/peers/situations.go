package main

import (
	"fmt"
	"io"
	"strings"
)

// printSituations writes the table of what each peer records against what was
// on the wire.
func printSituations(w io.Writer) error {
	all := situations()
	var columns []peer
	for _, p := range peers() {
		if p.column != "" {
			columns = append(columns, p)
		}
	}
	cells := make([][]string, len(all))
	wrong := make([]string, len(columns))
	for i, p := range columns {
		outcomes, err := try(p, all)
		if err != nil {
			return err
		}
		n := 0
		for j, o := range outcomes {
			text, bad := o.cell()
			cells[j] = append(cells[j], text)
			if bad {
				n++
			}
		}
		wrong[i] = fmt.Sprint(n)
	}
	fmt.Fprintf(w, "Against what the client saw over a real server: %s for right, %s where the record also tells how it ended, %s where nothing is\n", right, told, silence)
	fmt.Fprint(w, "claimed, else what is wrong: what the record says, or what the handler could no longer do. Peers that document a recovery of panics\n")
	fmt.Fprint(w, "beside their logger have it (chi, httplog, slog-http, gin, echo); a 500 is then as right as no answer. By hand is what a service writes\n")
	fmt.Fprint(w, "that notes WriteHeader and Write and nothing else.\n\n")
	fmt.Fprint(w, "| what the handler does | on the wire |")
	for _, p := range columns {
		fmt.Fprintf(w, " %s |", p.column)
	}
	fmt.Fprint(w, "\n|---|---|", strings.Repeat("---|", len(columns)), "\n")
	for i, s := range all {
		fmt.Fprintf(w, "| %s | %s | %s |\n", s.name, s.wire, strings.Join(cells[i], " | "))
	}
	_, err := fmt.Fprintf(w, "| **wrong of %d** | | %s |\n", len(all), strings.Join(wrong, " | "))
	return err
}

// String tells what a client saw in the words of the table.
func (s seen) String() string {
	if s.status == 0 {
		return "no answer"
	}
	text := fmt.Sprintf("%d, %d B", s.status, s.bytes)
	if s.early != 0 {
		text = fmt.Sprintf("%d, %s", s.early, text)
	}
	if s.trailer != "" {
		text += ", trailer"
	}
	if s.cut {
		text += ", cut"
	}
	return text
}
