# Every target is one program under local/; what they take is in `make help`.
.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

# Handed on through the environment just as they were given, so that quotes, spaces and dollars in a value survive.
settings := STACK CONFIG CONFIG_FILE CLUSTER ENGINE DAG CONF PORT KEY VALUES FILE OUT IMAGE FOLDER YES VERBOSE SHOW_SECRETS COLD GREP MINUTES SEED CLUSTER_RANGE CLUSTER_RESOLVERS
$(foreach setting,$(settings),$(eval override $(setting) := $$(value $(setting))))
export $(settings)

run := @node --import tsx local/commands/
development := @node --import tsx local/development/
packages := node_modules/.package-lock.json

# What package.json names in "engines".
node_fits := const [major, minor] = process.versions.node.split(".").map(Number); \
	process.exit((major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22 ? 0 : 1)

$(packages): package-lock.json
	@node -e '$(node_fits)' 2>/dev/null || { echo "Node.js 20.19 or a later 20, or 22.12 or later, is needed, and this machine" \
		"has $$(node --version 2>/dev/null || echo none): https://nodejs.org" >&2; exit 1; }
	@npm ci --no-audit --no-fund >&2

.PHONY: help up preview status report ui run-dag image providers backup restore down clean output kubeconfig pin-keys rotate-key render convert shell package \
	test test-unit test-cluster test-release test-soak test-local check docs bench cluster-up cluster-down cluster-status

help: ## Shows this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 } /^#- / { print substr($$0, 4) }' $(MAKEFILE_LIST)

up: $(packages) ## Makes the cluster and Airflow, and says how to reach it; can be run again at any point
	$(run)up.ts

preview: $(packages) ## Shows what up would do; needs no cluster
	$(run)preview.ts

status: $(packages) ## Pods, URL, and in plain words what is wrong
	$(run)status.ts

report: $(packages) ## Collects objects, events and logs for a support case, without secrets, into OUT=<file.tar.gz>
	$(run)report.ts

ui: $(packages) ## Opens Airflow in the browser, or prints URL and login; PORT=8080
	$(run)ui.ts

run-dag: $(packages) ## Runs DAG=example_pods, follows it, prints its log; CONF='{"key": "value"}'
	$(run)runDag.ts

image: $(packages) ## Builds FOLDER=examples/image as IMAGE=<name:tag> and loads it into the cluster
	$(run)image.ts

providers: $(packages) ## Lists the providers of the Airflow that runs, with their versions
	$(run)providers.ts

backup: $(packages) ## Backs up the database now and prints the backup's name; OUT=<file> copies it, too
	$(run)backup.ts

restore: $(packages) ## Restores the backup FILE=<name, latest, or a file of this machine>; asks first (YES=1 does not)
	$(run)restore.ts

down: $(packages) ## Removes what up made; DAGs and logs stay
	$(run)down.ts

clean: $(packages) ## Removes data, state and local cluster too; asks first (YES=1 does not)
	$(run)clean.ts

output: $(packages) ## The stack's outputs as JSON; SHOW_SECRETS=1 shows the password
	$(run)output.ts

kubeconfig: $(packages) ## The path of the cluster's kubeconfig file
	$(run)kubeconfig.ts

pin-keys: $(packages) ## Moves the generated keys into the stack's configuration, for database.retain
	$(run)pinKeys.ts

rotate-key: $(packages) ## Takes KEY=fernetKey|jwtKey|databasePassword|apiSecretKey of the stack one step to a new one; then make up
	$(run)rotateKey.ts

render: $(packages) ## Writes all manifests as YAML to the folder OUT=; needs no cluster
	$(run)render.ts

convert: $(packages) ## Makes a stack file OUT=Pulumi.<stack>.yaml of VALUES=values.yaml of the official Helm chart
	$(run)convert.ts

shell: $(packages) ## Opens a shell in which pulumi and kubectl work on the cluster and the stacks
	$(run)shell.ts

cluster-up: $(packages) ## Starts the local cluster alone
	@node --import tsx local/cluster/cli.ts up

cluster-down: $(packages) ## Stops the local cluster; what is in it stays
	@node --import tsx local/cluster/cli.ts down

cluster-status: $(packages) ## Shows the local cluster's parts
	@node --import tsx local/cluster/cli.ts status

package: $(packages) ## Packs the component as a library for other programs; OUT=dist
	$(development)package.ts

check: $(packages) ## Format, lint, types
	$(development)test.ts check

docs: $(packages) ## Writes the tables of docs/configuration.md and docs/from-the-helm-chart.md
	$(development)configurationDocs.ts
	$(development)helmChartGuide.ts

test: $(packages) ## All checks and tests, on a local cluster that it starts, and stops unless it ran before
	$(development)test.ts

test-unit: $(packages) ## The tests that need no cluster; GREP='two namespaces' runs those with a name like that
	$(development)test.ts unit

test-cluster: $(packages) ## The tests of Airflow on the local cluster; GREP='make up, once more'
	$(development)test.ts cluster

test-release: $(packages) ## Installations that make test has no time for; before a release. GREP='Values of the official chart'
	$(development)test.ts release

test-soak: $(packages) ## Airflow under outages and load, its parts killed at random; MINUTES=10 SEED=<of a run before>
	$(development)test.ts soak

test-local: $(packages) ## The tests of the local cluster itself, its images and tools; stops it. GREP='heals when etcd'
	$(development)test.ts local

bench: $(packages) ## Times up, preview and tasks on the local cluster; COLD=1 YES=1 from nothing built
	$(development)bench.ts

#-
#- Settings: STACK=minikube|hosted  CONFIG="key=value object.key=value"  CLUSTER=local|minikube|<kubectl context>
#-           ENGINE=pulumi|npm  CONFIG_FILE=<another stack file>  VERBOSE=1
#-           of the local cluster: CLUSTER_RANGE=<its addresses>  CLUSTER_RESOLVERS=none|<DNS servers for names outside>
