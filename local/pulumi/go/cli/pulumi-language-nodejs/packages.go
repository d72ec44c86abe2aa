package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// What a package.json says of Pulumi.
type packageJSON struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Pulumi  struct {
		Resource bool   `json:"resource"`
		Name     string `json:"name"`
		Version  string `json:"version"`
		Server   string `json:"server"`
	} `json:"pulumi"`
}

// requiredPackages finds the providers that the npm packages of a program need, in the folders where Node.js looks for
// packages: node_modules beside the program and beside each folder above it. The nearest package of a name counts.
func requiredPackages(program string) ([]*pulumirpc.PackageDependency, error) {
	var packages []*pulumirpc.PackageDependency
	seen := map[string]bool{}
	for _, folder := range moduleFolders(program) {
		for _, pattern := range []string{"*/package.json", "@*/*/package.json"} {
			files, err := filepath.Glob(filepath.Join(folder, pattern))
			if err != nil {
				return nil, err
			}
			for _, file := range files {
				found, err := readPackage(file)
				if err != nil {
					return nil, err
				}
				if !found.Pulumi.Resource || seen[found.Name] {
					continue
				}
				seen[found.Name] = true
				packages = append(packages, found.dependency())
			}
		}
	}
	return packages, nil
}

func (p packageJSON) dependency() *pulumirpc.PackageDependency {
	name := p.Pulumi.Name
	if name == "" {
		name = strings.TrimPrefix(p.Name, "@pulumi/")
	}
	version := p.Pulumi.Version
	if version == "" {
		version = p.Version
	}
	return &pulumirpc.PackageDependency{
		Name: name, Kind: "resource", Version: "v" + strings.TrimPrefix(version, "v"), Server: p.Pulumi.Server,
	}
}

func readPackage(file string) (packageJSON, error) {
	var found packageJSON
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return found, nil
	}
	if err != nil {
		return found, err
	}
	// Some packages have another thing than an object under "pulumi"; those are no providers.
	var mismatch *json.UnmarshalTypeError
	if err := json.Unmarshal(text, &found); err != nil && !errors.As(err, &mismatch) {
		return found, fmt.Errorf("%s: %w", file, err)
	}
	return found, nil
}

// moduleFolders lists where Node.js looks for packages, the nearest first.
func moduleFolders(program string) []string {
	var folders []string
	for directory := filepath.Clean(program); ; directory = filepath.Dir(directory) {
		folders = append(folders, filepath.Join(directory, "node_modules"))
		if directory == filepath.Dir(directory) {
			return folders
		}
	}
}

// findModule resolves the path of a module the way Node.js does.
func findModule(program, module string) (string, error) {
	for _, folder := range moduleFolders(program) {
		path := filepath.Join(folder, module)
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s is not installed for the program in %s: run npm ci there", module, program)
}
