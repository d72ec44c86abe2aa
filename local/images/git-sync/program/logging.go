package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// logger writes one JSON object a line, on standard error.
type logger struct {
	verbosity int
	errorFile string
}

func (log *logger) info(level int, message string, pairs ...any) {
	if level <= log.verbosity {
		log.write(append([]any{"level", level, "msg", message}, pairs...))
	}
}

// error logs an error and, where one is asked for, leaves it in the error file until a sync succeeds.
func (log *logger) error(err error, message string, pairs ...any) {
	log.write(append([]any{"msg", message, "error", err.Error()}, pairs...))
	arguments := map[string]any{}
	for index := 0; index+1 < len(pairs); index += 2 {
		arguments[fmt.Sprint(pairs[index])] = pairs[index+1]
	}
	content, _ := json.Marshal(map[string]any{"Msg": message, "Err": err.Error(), "Args": arguments})
	writeErrorFile(log.errorFile, string(content))
}

func (log *logger) removeErrorFile() {
	if log.errorFile != "" {
		_ = os.Remove(log.errorFile)
	}
}

func (log *logger) write(pairs []any) {
	line := []byte(`{"ts":"` + time.Now().UTC().Format("2006-01-02 15:04:05.000000") + `"`)
	for index := 0; index+1 < len(pairs); index += 2 {
		line = fmt.Appendf(line, ",%q:%s", fmt.Sprint(pairs[index]), readable(pairs[index+1]))
	}
	// One write, so that lines of git's helpers cannot get in between.
	_, _ = os.Stderr.Write(append(line, '}', '\n'))
}

// readable is a value as JSON, with "<" and "&" as they are: people read it.
func readable(value any) string {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return strconv.Quote(err.Error())
	}
	return strings.TrimSuffix(text.String(), "\n")
}

func writeErrorFile(file, content string) {
	if file == "" {
		return
	}
	temporary := filepath.Join(filepath.Dir(file), fmt.Sprintf(".tmp-err-%d", os.Getpid()))
	if os.WriteFile(temporary, []byte(content), 0o644) == nil {
		_ = os.Rename(temporary, file)
	}
}

// redacted is a repository's address without what logs must not show.
func redacted(repo string) string {
	address, err := url.Parse(repo)
	if err != nil || address.User == nil {
		return repo
	}
	return address.Redacted()
}
