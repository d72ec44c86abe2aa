package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
)

// The argument with which git calls this program as its credential helper.
const credentialCommand = "credential"

// Where the helper finds the login: a password file is read anew by each call, so that a rotated token is used at once.
const (
	credentialUsername = "GITSYNC_STANDIN_USERNAME"
	credentialPassword = "GITSYNC_STANDIN_PASSWORD"
	credentialFile     = "GITSYNC_STANDIN_PASSWORD_FILE"
)

// answerCredential is git's credential helper: it answers "get", and keeps nothing that git wants stored or erased.
func answerCredential(operation string, input io.Reader, output io.Writer) int {
	if operation != "get" {
		return 0
	}
	// git writes the question before it reads the answer.
	for lines := bufio.NewScanner(input); lines.Scan() && lines.Text() != ""; {
	}
	password := os.Getenv(credentialPassword)
	if file := os.Getenv(credentialFile); file != "" {
		content, err := os.ReadFile(file)
		if err != nil {
			fmt.Fprintf(os.Stderr, "can't read password file: %v\n", err)
			return 1
		}
		password = strings.TrimRight(string(content), "\r\n")
	}
	fmt.Fprintf(output, "username=%s\npassword=%s\n", os.Getenv(credentialUsername), password)
	return 0
}
