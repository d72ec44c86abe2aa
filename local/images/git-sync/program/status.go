package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

// status is what the HTTP endpoint tells.
type status struct {
	mutex   sync.Mutex
	ready   bool
	counts  map[string]int
	seconds map[string]float64
}

func (status *status) setReady() {
	status.mutex.Lock()
	defer status.mutex.Unlock()
	status.ready = true
}

func (status *status) count(changed bool, err error, took time.Duration) {
	status.mutex.Lock()
	defer status.mutex.Unlock()
	if status.counts == nil {
		status.counts, status.seconds = map[string]int{}, map[string]float64{}
	}
	result := "noop"
	if err != nil {
		result = "error"
	} else if changed {
		result = "success"
	}
	status.counts[result]++
	status.seconds[result] += took.Seconds()
}

// serve answers 503 at any path until the first sync is done and 200 from then on; with metrics, /metrics counts syncs.
func (status *status) serve(address string, metrics bool, log *logger) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	routes := http.NewServeMux()
	routes.HandleFunc("/", func(writer http.ResponseWriter, _ *http.Request) {
		status.mutex.Lock()
		defer status.mutex.Unlock()
		if !status.ready {
			http.Error(writer, "repo is not ready", http.StatusServiceUnavailable)
		}
	})
	if metrics {
		routes.HandleFunc("/metrics", status.writeMetrics)
	}
	log.info(0, "serving HTTP", "endpoint", address)
	server := &http.Server{Handler: routes, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		log.error(server.Serve(listener), "HTTP server terminated")
		os.Exit(1)
	}()
	return nil
}

func (status *status) writeMetrics(writer http.ResponseWriter, _ *http.Request) {
	status.mutex.Lock()
	defer status.mutex.Unlock()
	writer.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	fmt.Fprintln(writer, "# TYPE git_sync_count_total counter")
	for _, result := range []string{"success", "error", "noop"} {
		fmt.Fprintf(writer, "git_sync_count_total{status=%q} %d\n", result, status.counts[result])
	}
	fmt.Fprintln(writer, "# TYPE git_sync_duration_seconds summary")
	for _, result := range []string{"success", "error", "noop"} {
		fmt.Fprintf(writer, "git_sync_duration_seconds_sum{status=%q} %g\n", result, status.seconds[result])
		fmt.Fprintf(writer, "git_sync_duration_seconds_count{status=%q} %d\n", result, status.counts[result])
	}
}
