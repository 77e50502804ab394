//go:build tools

// Package victorialogs pins the version of VictoriaLogs that archives are
// compared with.
package victorialogs

import _ "github.com/VictoriaMetrics/VictoriaLogs/app/victoria-logs"
