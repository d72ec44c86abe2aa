package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// provider makes values once; they are kept nowhere but in the stack's state.
type provider struct {
	plugin.UnimplementedProvider
}

func (*provider) Handshake(
	context.Context, plugin.ProviderHandshakeRequest,
) (*plugin.ProviderHandshakeResponse, error) {
	return &plugin.ProviderHandshakeResponse{AcceptSecrets: true}, nil
}

func (*provider) Close() error { return nil }

func (*provider) SignalCancellation(context.Context) error { return nil }

func (*provider) GetPluginInfo(context.Context) (plugin.PluginInfo, error) {
	parsed, err := semver.ParseTolerant(version)
	return plugin.PluginInfo{Version: &parsed}, err
}

func (*provider) CheckConfig(
	_ context.Context, request plugin.CheckConfigRequest,
) (plugin.CheckConfigResponse, error) {
	return plugin.CheckConfigResponse{Properties: request.News}, nil
}

func (*provider) DiffConfig(context.Context, plugin.DiffConfigRequest) (plugin.DiffConfigResponse, error) {
	return plugin.DiffResult{Changes: plugin.DiffNone}, nil
}

func (*provider) Configure(context.Context, plugin.ConfigureRequest) (plugin.ConfigureResponse, error) {
	return plugin.ConfigureResponse{}, nil
}

func find(token tokens.Type) (kind, error) {
	if found, known := kinds[token]; known {
		return found, nil
	}
	var names []string
	for other := range kinds {
		names = append(names, string(tokens.Type(other).Name()))
	}
	slices.Sort(names)
	return kind{}, fmt.Errorf("this stand-in for the provider of @pulumi/random makes no %s, only %s",
		token.Name(), strings.Join(names, ", "))
}

func (*provider) Check(_ context.Context, request plugin.CheckRequest) (plugin.CheckResponse, error) {
	of, err := find(request.Type)
	if err != nil {
		return plugin.CheckResponse{}, err
	}
	return plugin.CheckResponse{Properties: request.News, Failures: of.check(plain(request.News))}, nil
}

// Diff compares the inputs as they are meant, so that a default that is written out is no change. Whatever changes, a new
// value is made.
func (*provider) Diff(_ context.Context, request plugin.DiffRequest) (plugin.DiffResponse, error) {
	of, err := find(request.Type)
	if err != nil {
		return plugin.DiffResult{}, err
	}
	before, after := of.complete(plain(request.OldInputs)), of.complete(plain(request.NewInputs))
	var changed []resource.PropertyKey
	for _, name := range slices.Sorted(maps.Keys(of.inputs)) {
		key := resource.PropertyKey(name)
		if !before[key].DeepEquals(after[key]) {
			changed = append(changed, key)
		}
	}
	if len(changed) == 0 {
		return plugin.DiffResult{Changes: plugin.DiffNone}, nil
	}
	return plugin.DiffResult{Changes: plugin.DiffSome, ChangedKeys: changed, ReplaceKeys: changed}, nil
}

func (*provider) Create(_ context.Context, request plugin.CreateRequest) (plugin.CreateResponse, error) {
	of, err := find(request.Type)
	if err != nil {
		return plugin.CreateResponse{}, err
	}
	if request.Preview {
		outputs := of.complete(request.Properties)
		for name := range of.outputs {
			outputs[resource.PropertyKey(name)] = resource.MakeComputed(resource.NewProperty(""))
		}
		return plugin.CreateResponse{Properties: outputs}, nil
	}
	value, err := of.make(of.complete(plain(request.Properties)))
	if err != nil {
		return plugin.CreateResponse{}, err
	}
	return plugin.CreateResponse{ID: value.id, Properties: of.state(request.Properties, value)}, nil
}

// Read leaves what is known as it is: there is nothing to compare it with. Without a state it is an import, and the id says
// the value.
func (*provider) Read(_ context.Context, request plugin.ReadRequest) (plugin.ReadResponse, error) {
	of, err := find(request.Type)
	if err != nil {
		return plugin.ReadResponse{}, err
	}
	if len(request.State) > 0 {
		known := plugin.ReadResult{ID: request.ID, Inputs: request.Inputs, Outputs: request.State}
		return plugin.ReadResponse{ReadResult: known}, nil
	}
	inputs, value, err := of.parse(string(request.ID))
	if err != nil {
		return plugin.ReadResponse{}, fmt.Errorf("%q cannot be imported as a %s: %w", request.ID, request.Type.Name(), err)
	}
	imported := plugin.ReadResult{ID: value.id, Inputs: inputs, Outputs: of.state(inputs, value)}
	return plugin.ReadResponse{ReadResult: imported}, nil
}

// Update is never needed, as each change makes a new value; it keeps the value that there is.
func (*provider) Update(_ context.Context, request plugin.UpdateRequest) (plugin.UpdateResponse, error) {
	outputs := maps.Clone(request.OldOutputs)
	maps.Copy(outputs, request.NewInputs)
	return plugin.UpdateResponse{Properties: outputs}, nil
}

func (*provider) Delete(context.Context, plugin.DeleteRequest) (plugin.DeleteResponse, error) {
	return plugin.DeleteResponse{}, nil
}

func (*provider) GetSchema(context.Context, plugin.GetSchemaRequest) (plugin.GetSchemaResponse, error) {
	type property struct {
		Type                 string            `json:"type"`
		AdditionalProperties map[string]string `json:"additionalProperties,omitempty"`
		Secret               bool              `json:"secret,omitempty"`
	}
	properties := func(types map[string]string, secret bool) map[string]property {
		described := map[string]property{}
		for name, typ := range types {
			of := property{Type: typ, Secret: secret}
			if typ == "object" {
				of.AdditionalProperties = map[string]string{"type": "string"}
			}
			described[name] = of
		}
		return described
	}
	type description struct {
		Description     string              `json:"description"`
		InputProperties map[string]property `json:"inputProperties"`
		Properties      map[string]property `json:"properties"`
		RequiredInputs  []string            `json:"requiredInputs,omitempty"`
	}
	resources := map[tokens.Type]description{}
	for token, of := range kinds {
		outputs := properties(of.inputs, false)
		maps.Copy(outputs, properties(of.outputs, of.secret))
		described := description{InputProperties: properties(of.inputs, false), Properties: outputs}
		if of.size != "" {
			described.RequiredInputs = []string{of.size}
		}
		resources[token] = described
	}
	schema, err := json.Marshal(map[string]any{
		"name":        "random",
		"version":     version,
		"description": "A stand-in for Pulumi's provider of random values.",
		"resources":   resources,
	})
	return plugin.GetSchemaResponse{Schema: schema}, err
}

// plain takes the marks of secrets off.
func plain(properties resource.PropertyMap) resource.PropertyMap {
	result := resource.PropertyMap{}
	for key, value := range properties {
		result[key] = plainValue(value)
	}
	return result
}

func plainValue(value resource.PropertyValue) resource.PropertyValue {
	switch {
	case value.IsSecret():
		return plainValue(value.SecretValue().Element)
	case value.IsObject():
		return resource.NewProperty(plain(value.ObjectValue()))
	default:
		return value
	}
}
