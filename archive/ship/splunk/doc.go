// Package splunk delivers actions to Splunk, by its HTTP Event Collector.
//
//	d, err := splunk.New(splunk.Options{
//		URL:   "https://splunk.example:8088",
//		Token: "file:/run/secrets/hec",
//		Index: "web",
//	})
//
// The event is the action's JSON. Its time is when the action ended, its host the
// instance. [Options.Fields] are indexed with it.
//
// # Acknowledgement
//
// Splunk says that it has a batch before it has written it. Where the token has
// indexer acknowledgement switched on, [Options.Acknowledge] waits for every batch
// until Splunk has, and sends it again if that takes too long.
//
// # Caveats
//
// Splunk does not drop repeats: what is sent again is there twice. A search does
// with "dedup id".
//
// Where Splunk names one event of a batch that it does not take, it does not say
// whether it has those before it. All others are sent again.
//
// An index that the token may not write to, or a switched-off token, holds
// delivery up until it is put right; nothing is thrown away.
package splunk
