// Package prom gives what was recorded to Prometheus.
package prom
