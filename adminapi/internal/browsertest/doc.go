// Package browsertest lets tests use a real browser: Debian's chromium, without
// a window. It is support for tests, and nothing else imports it.
//
//	func TestPage(t *testing.T) {
//		page := browsertest.Open(t, browsertest.Options{Dark: true})
//		page.Go(server.URL + "/action-logs/")
//		page.Wait(`document.querySelectorAll('tbody tr').length > 0`)
//		page.Screenshot("loaded")
//	}
//
// A test fails by itself for whatever a person would see in the console: an
// error, an exception, a rejection that nobody handled, a violation of the
// Content-Security-Policy, a request that failed. What a test provokes it
// announces with [Page.Expect].
//
// The browser talks to this machine alone: no other name resolves. Where there
// is no chromium, tests that need one are skipped, with the command that brings
// it; with ACTIONLOG_FULL=1 they fail. Screenshots are taken if
// ACTIONLOG_SCREENSHOTS names a folder. [Page.Audit] needs the folder that
// ACTIONLOG_TOOLS names, which adminapi/tools.sh fills.
package browsertest
