package sqlite_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"actionlog/storage"
	"actionlog/storage/sqlite"

	"github.com/google/go-cmp/cmp"
)

// seedDDL is what the table was made by before this package.
const seedDDL = `CREATE TABLE action_logs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    timestamp TEXT NOT NULL,
    service TEXT NOT NULL,
    action TEXT NOT NULL,
    status TEXT NOT NULL,  -- 'success' or 'failed'
    duration INTEGER NOT NULL,  -- milliseconds
    error TEXT,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

CREATE INDEX idx_action_logs_timestamp ON action_logs(timestamp DESC);
CREATE INDEX idx_action_logs_service ON action_logs(service);
CREATE INDEX idx_action_logs_status ON action_logs(status);`

const seedRows = `INSERT INTO action_logs (timestamp, service, action, status, duration, error, created_at) VALUES
	('2025-11-13T12:00:00Z', 'CaseService', 'createCase', 'success', 45, NULL, '2025-11-13 12:00:00'),
	('2025-11-13T12:05:00.25Z', 'ChatService', 'sendMessage', 'failed', 250, 'OpenAI API rate limit exceeded', '2025-11-13 12:05:01'),
	('2025-11-13 12:10:00', 'CaseService', 'createCase', 'success', 0, '', NULL),
	('2025-11-13T12:15:00.123456', 'CaseService', 'createCase', 'success', 1.5, NULL, NULL),
	('2025-11-13T14:20:00+02:00', 'CaseService', 'createCase', 'failed', 7, NULL, NULL),
	('1763036700', 'CaseService', 'createCase', 'success', 1, NULL, NULL),
	('1763037000000', 'CaseService', 'createCase', 'success', 1, NULL, NULL),
	('some day', 'CaseService', 'createCase', 'error', 'long', 'no idea', '2025-11-13 12:35:00'),
	('never', 'CaseService', 'createCase', 'ok', -1, 'odd', NULL)`

// adopted is how the rows are found.
func adopted() []storage.Action {
	at := func(minutes int, nanos int) time.Time {
		return noon.Add(time.Duration(minutes)*time.Minute + time.Duration(nanos))
	}
	const c, a = "CaseService", "createCase"
	return []storage.Action{
		{Time: at(0, 0), Service: c, Action: a, Status: storage.Success, Duration: 45 * time.Millisecond},
		{Time: at(5, 25e7), Service: "ChatService", Action: "sendMessage", Status: storage.Failed, Duration: 250 * time.Millisecond, Error: "OpenAI API rate limit exceeded"},
		{Time: at(10, 0), Service: c, Action: a, Status: storage.Success},
		{Time: at(15, 123456e3), Service: c, Action: a, Status: storage.Success, Duration: 1500 * time.Microsecond},
		{Time: at(20, 0), Service: c, Action: a, Status: storage.Failed, Duration: 7 * time.Millisecond},
		{Time: at(25, 0), Service: c, Action: a, Status: storage.Success, Duration: time.Millisecond},
		{Time: at(30, 0), Service: c, Action: a, Status: storage.Success, Duration: time.Millisecond},
		{Time: at(35, 0), Service: c, Action: a, Status: storage.Failed, Error: "no idea", Attrs: []storage.Attr{{Key: "timestamp", Value: "some day"}, {Key: "duration", Value: "long"}, {Key: "status", Value: "error"}}},
		{Time: time.Unix(0, 0).UTC(), Service: c, Action: a, Status: storage.Failed, Error: "odd", Attrs: []storage.Attr{{Key: "timestamp", Value: "never"}, {Key: "duration", Value: "-1"}, {Key: "status", Value: "ok"}}},
	}
}

// withoutIDs checks that ids are there, and takes them out.
func withoutIDs(t *testing.T, list []storage.Action) []storage.Action {
	t.Helper()
	seen := map[storage.ID]bool{}
	for i := range list {
		if list[i].ID == "" || seen[list[i].ID] {
			t.Errorf("action %d has the id %q, which is empty or not its own", i, list[i].ID)
		}
		seen[list[i].ID] = true
		list[i].ID = ""
	}
	return list
}

func TestTakesOverTheSeedsDatabase(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	run(t, path, seedDDL, seedRows)
	s := open(t, path, sqlite.Options{MaxAge: -1})
	got := search(t, s, storage.Query{Sort: storage.OldestFirst})
	byNumber := append(got[1:len(got):len(got)], got[0]) // the last has no time
	ids := make([]storage.ID, len(byNumber))
	for i := range byNumber {
		ids[i] = byNumber[i].ID
	}
	if diff := cmp.Diff(adopted(), withoutIDs(t, byNumber)); diff != "" {
		t.Errorf("adopted rows differ (-want +got):\n%s", diff)
	}
	total(t, s, storage.Query{})
	total(t, s, storage.Query{Status: storage.Failed, From: noon, To: noon.Add(21 * time.Minute)})
	if since, err := s.Since(t.Context()); err != nil || !since.Equal(noon) {
		t.Errorf("Since is %v, %v; want %v, when the first row ended", since, err, noon)
	}
	more := storage.NewProcess(noon)
	write(t, s, some(&more, noon.Add(time.Hour), 30))
	closeStore(t, s)

	t.Run("columns-and-indexes", func(t *testing.T) {
		for statement, want := range map[string]string{
			"SELECT group_concat(name) FROM (SELECT name FROM pragma_table_info('action_logs') ORDER BY cid LIMIT 8)":                "id,timestamp,service,action,status,duration,error,created_at",
			"SELECT group_concat(name) FROM (SELECT name FROM pragma_index_list('action_logs') WHERE origin = 'c' ORDER BY name)":    "idx_action_logs_action_id,idx_action_logs_inserted,idx_action_logs_service,idx_action_logs_status,idx_action_logs_timestamp",
			"SELECT name FROM pragma_index_info('idx_action_logs_timestamp') WHERE seqno = 0":                                        "timestamp",
			"SELECT name FROM pragma_index_info('idx_action_logs_service') WHERE seqno = 0":                                          "service",
			"SELECT name FROM pragma_index_info('idx_action_logs_status') WHERE seqno = 0":                                           "status",
			"SELECT id || timestamp || service || action || status || duration || error || created_at FROM action_logs WHERE id = 2": "22025-11-13T12:05:00.250ZChatServicesendMessagefailed250OpenAI API rate limit exceeded2025-11-13 12:05:01",
			"SELECT timestamp || duration || status FROM action_logs WHERE id = 10":                                                  "2025-11-13T13:00:00.000Z1success",
			"SELECT abs(julianday('now') - julianday(created_at)) < 1 FROM action_logs WHERE id = 10":                                "1",
			"SELECT auto_vacuum FROM pragma_auto_vacuum":                                                                             "2",
			"SELECT journal_mode FROM pragma_journal_mode":                                                                           "wal",
			"SELECT integrity_check FROM pragma_integrity_check":                                                                     "ok",
		} {
			if got := one(t, path, statement); got != want {
				t.Errorf("%s: got %s, want %s", statement, got, want)
			}
		}
	})
	t.Run("ids-are-stable", func(t *testing.T) {
		other := newPath(t)
		run(t, other, seedDDL, seedRows)
		for _, path := range []string{path, other} {
			s := open(t, path, sqlite.Options{MaxAge: -1})
			for i, id := range ids {
				if got := search(t, s, storage.Query{ID: id}); len(got) != 1 || got[0].Service != adopted()[i].Service {
					t.Errorf("%s: the id %s of row %d is not found", path, id, i+1)
				}
			}
			closeStore(t, s)
		}
	})
}

// TestAdoptsWhatOthersInsert lets a program of old go on writing.
func TestAdoptsWhatOthersInsert(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	run(t, s.Path(), seedRows)
	if n := len(search(t, s, storage.Query{})); n != 0 && n != 9 { // the store may be tidying
		t.Errorf("%d actions were found before they were adopted", n)
	}
	if err := s.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := total(t, s, storage.Query{}); n != 9 {
		t.Errorf("%d actions were found, want the 9 that were inserted", n)
	}
	run(t, s.Path(), seedRows)
	if err := s.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := total(t, s, storage.Query{}); n != 0 {
		t.Errorf("%d actions were found that lie before the line", n)
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		make  func(t *testing.T, path string)
		wants []string
	}{
		{"text", func(t *testing.T, path string) { writeFile(t, path, strings.Repeat("not a database\n", 100)) }, []string{"no SQLite database"}},
		{"short", func(t *testing.T, path string) { writeFile(t, path, "x") }, []string{"no SQLite database"}},
		{"other-tables", func(t *testing.T, path string) { run(t, path, "CREATE TABLE cases (id INTEGER)", seedDDL) }, []string{"another program", "action_logs, cases"}},
		{"other-application", func(t *testing.T, path string) { run(t, path, "PRAGMA application_id = 7", seedDDL) }, []string{"another program", "application_id 7"}},
		{"other-version", func(t *testing.T, path string) { run(t, path, "PRAGMA user_version = 7", seedDDL) }, []string{"user_version is 7"}},
		{"other-columns", func(t *testing.T, path string) { run(t, path, "CREATE TABLE action_logs (id INTEGER, what TEXT)") }, []string{"id, what", "known are id, timestamp"}},
		{"view", func(t *testing.T, path string) { run(t, path, "CREATE VIEW action_logs AS SELECT 1 AS id") }, []string{"columns id;"}},
		{"newer", func(t *testing.T, path string) {
			s := open(t, path, sqlite.Options{})
			closeStore(t, s)
			run(t, path, "PRAGMA user_version = 9")
		}, []string{"newer version", "its schema is 9", "up to 5"}},
		{"damaged", func(t *testing.T, path string) {
			run(t, path, seedDDL)
			b := []byte(content(t, path))
			copy(b[100:], strings.Repeat("\xaa", 200))
			writeFile(t, path, string(b))
		}, []string{"damaged"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := newPath(t)
			test.make(t, path)
			before := content(t, path)
			s, err := sqlite.Open(path, sqlite.Options{})
			if err == nil {
				s.Close()
				t.Fatal("it was opened")
			}
			for _, want := range append(test.wants, path, "left as it is") {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error is %q, want it to say %q", err, want)
				}
			}
			if content(t, path) != before {
				t.Error("the file was changed")
			}
			files, err := filepath.Glob(path + "*")
			if err != nil || len(files) != 1 {
				t.Errorf("beside the file there is %v", files)
			}
		})
	}
	t.Run("folder", func(t *testing.T) {
		t.Parallel()
		if _, err := sqlite.Open(t.TempDir(), sqlite.Options{}); err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("a folder: got the error %v", err)
		}
	})
	t.Run("no-folder", func(t *testing.T) {
		t.Parallel()
		if _, err := sqlite.Open(filepath.Join(t.TempDir(), "no", "actions.sqlite"), sqlite.Options{}); err == nil {
			t.Error("it was made in a folder that is not there")
		}
	})
}

// TestRefusesWithLog refuses files beside which a program left its log when it
// was killed, with and without the index of the log.
func TestRefusesWithLog(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		statements []string
		want       string
	}{
		"other-program": {[]string{"CREATE TABLE cases (id INTEGER)", "INSERT INTO cases VALUES (1)"}, "another program"},
		"folded-in":     {[]string{"CREATE TABLE cases (id INTEGER)", "PRAGMA wal_checkpoint(TRUNCATE)", "INSERT INTO cases VALUES (1)"}, "another program"},
		"other-columns": {[]string{"CREATE TABLE action_logs (id INTEGER, what TEXT)"}, "id, what"},
		"newer":         {[]string{"PRAGMA application_id = 1633907820", "PRAGMA user_version = 99", "CREATE TABLE x (y)"}, "newer version"},
		"newer-in-log":  {[]string{"PRAGMA application_id = 1633907820", "PRAGMA user_version = 3", "CREATE TABLE x (y)", "PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA user_version = 99"}, "newer version"},
	} {
		for _, ends := range [][]string{{"", "-wal"}, {"", "-wal", "-shm"}} {
			t.Run(name+strings.Join(ends, ""), func(t *testing.T) {
				t.Parallel()
				from := newPath(t)
				db := raw(t, from)
				db.SetMaxOpenConns(1)
				for _, statement := range append([]string{"PRAGMA journal_mode = WAL"}, test.statements...) {
					if _, err := db.Exec(statement); err != nil {
						t.Fatalf("%s: %v", statement, err)
					}
				}
				path := newPath(t)
				if name == "other-program" { // for which the log is looked at
					left := filepath.Join(filepath.Dir(path), ".actions.sqlite.look-1") // by one that was killed
					if err := errors.Join(os.Mkdir(left, 0o700), os.Chtimes(left, noon, noon)); err != nil {
						t.Fatal(err)
					}
				}
				before := map[string]string{}
				for _, end := range ends {
					before[path+end] = content(t, from+end)
					writeFile(t, path+end, before[path+end])
				}
				s, err := sqlite.Open(path, sqlite.Options{})
				if err == nil {
					s.Close()
					t.Fatal("it was opened")
				}
				if !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), path) {
					t.Errorf("the error is %q, want it to say %q, and the file", err, test.want)
				}
				files, err := os.ReadDir(filepath.Dir(path))
				if err != nil || len(files) != len(ends) {
					t.Errorf("the files are %v, want as many as before: %d", files, len(ends))
				}
				for file, text := range before {
					if content(t, file) != text {
						t.Errorf("%s was changed", file)
					}
				}
			})
		}
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
