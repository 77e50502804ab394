package dataset

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"
)

// subjects are what the services are about.
var subjects = []string{"Case", "Chat", "Document", "User", "Billing", "Search", "Upload", "Notification", "Calendar", "Report", "Audit", "Export"}

// routes are what a service offers; %s is what it is about.
var routes = []string{
	"GET /%s/{id}", "GET /%s", "POST /%s", "PUT /%s/{id}", "GET /%s/{id}/notes", "POST /%s/{id}/notes", "PATCH /%s/{id}", "GET /%s/search",
	"DELETE /%s/{id}", "GET /%s/{id}/history", "POST /%s/{id}/close", "POST /%s/{id}/share", "GET /%s/summary", "POST /%s/import", "GET /%s/export",
}

// kind is one action of a service, and how it behaves.
type kind struct {
	service, action, method, route string
	mu, sigma                      float64 // of the logarithm of the duration in nanoseconds
	bytes                          float64 // in the middle
}

// newKinds returns the actions of all services, and how often each happens:
// few do most of the work.
func newKinds(opts Options, r *rand.Rand) (kinds []kind, often weights) {
	for s := range opts.Services {
		subject := subjects[s%len(subjects)]
		service := subject + "Service" + suffix(s/len(subjects))
		for a := range opts.Actions {
			template := routes[a%len(routes)]
			method, route, _ := strings.Cut(template, " ")
			route = fmt.Sprintf(route, strings.ToLower(subject)+"s"+suffix(a/len(routes)))
			kinds = append(kinds, kind{
				service: service, action: method + " " + route, method: method, route: route,
				mu:    between(r, math.Log(float64(2*time.Millisecond)), math.Log(float64(500*time.Millisecond))),
				sigma: between(r, 0.3, 1),
				bytes: math.Exp(between(r, math.Log(80), math.Log(20_000))),
			})
			often.add(math.Pow(float64(s+1), -0.7) * math.Pow(float64(a+1), -0.8))
		}
	}
	return kinds, often
}

// suffix returns nothing, 2, 3 …, for names that are used again.
func suffix(round int) string {
	if round == 0 {
		return ""
	}
	return fmt.Sprint(round + 1)
}

// longest is the longest duration.
const longest = 10 * time.Minute

// duration returns a log-normal duration.
func (k *kind) duration(r *rand.Rand) time.Duration {
	return min(time.Duration(math.Exp(k.mu+k.sigma*r.NormFloat64())), longest)
}

// quantile returns what the given number of standard deviations above the
// median is of the action's durations.
func (k *kind) quantile(deviations float64) time.Duration {
	return time.Duration(math.Exp(k.mu + k.sigma*deviations))
}

// weights choose among things that happen differently often.
type weights struct{ sums []float64 }

func (w *weights) add(weight float64) {
	if n := len(w.sums); n > 0 {
		weight += w.sums[n-1]
	}
	w.sums = append(w.sums, weight)
}

// pick returns the number of one of them.
func (w *weights) pick(r *rand.Rand) int {
	at := r.Float64() * w.sums[len(w.sums)-1]
	low, high := 0, len(w.sums)-1
	for low < high {
		if middle := (low + high) / 2; w.sums[middle] <= at {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low
}

func between(r *rand.Rand, low, high float64) float64 { return low + (high-low)*r.Float64() }
