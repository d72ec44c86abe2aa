package main

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/big"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"golang.org/x/crypto/bcrypt"
)

// A kind of random value.
type kind struct {
	// Types of what a program may set, by name: boolean, integer, string or object (of strings).
	inputs map[string]string
	// Types of what is made.
	outputs map[string]string
	// Whether what is made is secret.
	secret bool
	// The input that says how long the value is, if it has one.
	size string
	// What inputs are where a program does not set them.
	defaults resource.PropertyMap
	// The version of the state in the real provider, so that it can go on with it; 0 where it has none.
	stateVersion int
	// Makes a value from plain inputs with the defaults filled in.
	make func(inputs resource.PropertyMap) (made, error)
	// Says what inputs and value the id of an import stands for.
	parse func(id string) (resource.PropertyMap, made, error)
}

// What has been made.
type made struct {
	id      resource.ID
	outputs resource.PropertyMap
}

var textInputs = map[string]string{
	"keepers": "object", "length": "integer", "overrideSpecial": "string",
	"lower": "boolean", "upper": "boolean", "numeric": "boolean", "number": "boolean", "special": "boolean",
	"minLower": "integer", "minUpper": "integer", "minNumeric": "integer", "minSpecial": "integer",
}

var textDefaults = resource.PropertyMap{
	"lower": resource.NewProperty(true), "upper": resource.NewProperty(true),
	"numeric": resource.NewProperty(true), "number": resource.NewProperty(true), "special": resource.NewProperty(true),
	"minLower": resource.NewProperty(0.0), "minUpper": resource.NewProperty(0.0),
	"minNumeric": resource.NewProperty(0.0), "minSpecial": resource.NewProperty(0.0),
}

var kinds = map[tokens.Type]kind{
	"random:index/randomPassword:RandomPassword": {
		inputs:   textInputs,
		outputs:  map[string]string{"result": "string", "bcryptHash": "string"},
		secret:   true,
		size:     "length",
		defaults: textDefaults, stateVersion: 3,
		make: func(inputs resource.PropertyMap) (made, error) {
			text, err := randomText(inputs)
			if err != nil {
				return made{}, err
			}
			return password(text)
		},
		parse: func(id string) (resource.PropertyMap, made, error) {
			value, err := password(id)
			return textLength(id), value, err
		},
	},
	"random:index/randomString:RandomString": {
		inputs:   textInputs,
		outputs:  map[string]string{"result": "string"},
		size:     "length",
		defaults: textDefaults, stateVersion: 3,
		make: func(inputs resource.PropertyMap) (made, error) {
			text, err := randomText(inputs)
			return named(text), err
		},
		parse: func(id string) (resource.PropertyMap, made, error) {
			return textLength(id), named(id), nil
		},
	},
	"random:index/randomBytes:RandomBytes": {
		inputs:  map[string]string{"keepers": "object", "length": "integer"},
		outputs: map[string]string{"base64": "string", "hex": "string"},
		secret:  true,
		size:    "length",
		make: func(inputs resource.PropertyMap) (made, error) {
			return bytes(randomBytes(inputs["length"])), nil
		},
		parse: func(id string) (resource.PropertyMap, made, error) {
			value, err := base64.StdEncoding.DecodeString(id)
			return lengthOf("length", len(value)), bytes(value), err
		},
	},
	"random:index/randomId:RandomId": {
		inputs:  map[string]string{"keepers": "object", "byteLength": "integer", "prefix": "string"},
		outputs: map[string]string{"b64Std": "string", "b64Url": "string", "dec": "string", "hex": "string"},
		size:    "byteLength",
		make: func(inputs resource.PropertyMap) (made, error) {
			prefix := ""
			if inputs["prefix"].IsString() {
				prefix = inputs["prefix"].StringValue()
			}
			return identifier(prefix, randomBytes(inputs["byteLength"])), nil
		},
		parse: func(id string) (resource.PropertyMap, made, error) {
			prefix, rest := "", id
			if comma := strings.LastIndex(id, ","); comma >= 0 {
				prefix, rest = id[:comma], id[comma+1:]
			}
			value, err := base64.RawURLEncoding.DecodeString(rest)
			inputs := lengthOf("byteLength", len(value))
			if prefix != "" {
				inputs["prefix"] = resource.NewProperty(prefix)
			}
			return inputs, identifier(prefix, value), err
		},
	},
	"random:index/randomUuid:RandomUuid": {
		inputs:  map[string]string{"keepers": "object"},
		outputs: map[string]string{"result": "string"},
		make: func(resource.PropertyMap) (made, error) {
			value, err := uuid.NewRandom()
			return named(value.String()), err
		},
		parse: func(id string) (resource.PropertyMap, made, error) {
			value, err := uuid.Parse(id)
			return resource.PropertyMap{}, named(value.String()), err
		},
	},
}

// complete fills in the defaults. "number" is an older name of "numeric".
func (k kind) complete(inputs resource.PropertyMap) resource.PropertyMap {
	result := maps.Clone(k.defaults)
	if result == nil {
		result = resource.PropertyMap{}
	}
	for key, value := range inputs {
		if !value.IsNull() {
			result[key] = value
		}
	}
	if _, older := k.inputs["number"]; older {
		if inputs["numeric"].IsNull() {
			result["numeric"] = result["number"]
		}
		result["number"] = result["numeric"]
	}
	return result
}

// state is what the stack keeps of a resource.
func (k kind) state(inputs resource.PropertyMap, value made) resource.PropertyMap {
	result := k.complete(inputs)
	for key, output := range value.outputs {
		if k.secret {
			output = resource.MakeSecret(output)
		}
		result[key] = output
	}
	if k.stateVersion > 0 {
		result["__meta"] = resource.NewProperty(fmt.Sprintf(`{"schema_version":"%d"}`, k.stateVersion))
	}
	return result
}

// check says what is wrong with plain inputs. What is not known yet is taken as right.
func (k kind) check(inputs resource.PropertyMap) []plugin.CheckFailure {
	var failures []plugin.CheckFailure
	fail := func(key resource.PropertyKey, format string, values ...any) {
		failures = append(failures, plugin.CheckFailure{Property: key, Reason: fmt.Sprintf(format, values...)})
	}
	unknown := false
	for _, key := range slices.Sorted(maps.Keys(inputs)) {
		value := inputs[key]
		typ, known := k.inputs[string(key)]
		switch {
		case value.ContainsUnknowns():
			unknown = true
		case !known && strings.HasPrefix(string(key), "__"):
		case !known:
			fail(key, "there is no such input, only %s", strings.Join(slices.Sorted(maps.Keys(k.inputs)), ", "))
		case !fits(value, typ):
			fail(key, "must be %s, not %v", typeNames[typ], value)
		}
	}
	if k.size != "" && inputs[resource.PropertyKey(k.size)].IsNull() {
		fail(resource.PropertyKey(k.size), "is needed")
	}
	if len(failures) > 0 || unknown || k.size == "" {
		return failures
	}
	all := k.complete(inputs)
	size, least := all[resource.PropertyKey(k.size)].NumberValue(), 1.0
	if k.defaults != nil {
		least = max(least, leastLength(all))
		if len(alphabet(all)) == 0 {
			fail("special", "one at least of lower, upper, numeric and special must be true")
		}
	}
	if size < least {
		fail(resource.PropertyKey(k.size), "must be %v or more, not %v", least, size)
	}
	return failures
}

var typeNames = map[string]string{
	"boolean": "true or false", "integer": "a whole number of 0 or more", "string": "a text", "object": "an object of texts",
}

func fits(value resource.PropertyValue, typ string) bool {
	switch {
	case value.IsNull():
		return true
	case typ == "boolean":
		return value.IsBool()
	case typ == "integer":
		return value.IsNumber() && value.NumberValue() >= 0 && value.NumberValue() == math.Trunc(value.NumberValue())
	case typ == "string":
		return value.IsString()
	case !value.IsObject():
		return false
	}
	for _, element := range value.ObjectValue() {
		if !element.IsString() {
			return false
		}
	}
	return true
}

func lengthOf(name resource.PropertyKey, length int) resource.PropertyMap {
	return resource.PropertyMap{name: resource.NewProperty(float64(length))}
}

func textLength(text string) resource.PropertyMap {
	return lengthOf("length", utf8.RuneCountInString(text))
}

// A value that is its own id.
func named(text string) made {
	return made{id: resource.ID(text), outputs: resource.PropertyMap{"result": resource.NewProperty(text)}}
}

func password(text string) (made, error) {
	// bcrypt knows no more bytes.
	hash, err := bcrypt.GenerateFromPassword([]byte(text)[:min(len(text), 72)], bcrypt.DefaultCost)
	return made{id: "none", outputs: resource.PropertyMap{
		"result":     resource.NewProperty(text),
		"bcryptHash": resource.NewProperty(string(hash)),
	}}, err
}

// The real provider has the bytes themselves as their id, which a state keeps in the open. Nothing needs that.
func bytes(value []byte) made {
	encoded := base64.StdEncoding.EncodeToString(value)
	return made{id: "none", outputs: resource.PropertyMap{
		"base64": resource.NewProperty(encoded),
		"hex":    resource.NewProperty(hex.EncodeToString(value)),
	}}
}

func identifier(prefix string, value []byte) made {
	id := base64.RawURLEncoding.EncodeToString(value)
	return made{id: resource.ID(id), outputs: resource.PropertyMap{
		"b64Url": resource.NewProperty(prefix + id),
		"b64Std": resource.NewProperty(prefix + base64.StdEncoding.EncodeToString(value)),
		"hex":    resource.NewProperty(prefix + hex.EncodeToString(value)),
		"dec":    resource.NewProperty(prefix + new(big.Int).SetBytes(value).String()),
	}}
}

func randomBytes(length resource.PropertyValue) []byte {
	value := make([]byte, int(length.NumberValue()))
	rand.Read(value) // never fails: crypto/rand ends the program instead
	return value
}

// A class of characters that a text is made of.
type class struct {
	used, least resource.PropertyKey
	characters  string
}

func classes(inputs resource.PropertyMap) []class {
	special := "!@#$%&*()-_=+[]{}<>:?"
	if own := inputs["overrideSpecial"]; own.IsString() && own.StringValue() != "" {
		special = own.StringValue()
	}
	return []class{
		{"lower", "minLower", "abcdefghijklmnopqrstuvwxyz"},
		{"upper", "minUpper", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
		{"numeric", "minNumeric", "0123456789"},
		{"special", "minSpecial", special},
	}
}

func alphabet(inputs resource.PropertyMap) []rune {
	var all []rune
	for _, of := range classes(inputs) {
		if used := inputs[of.used]; used.IsBool() && used.BoolValue() {
			all = append(all, []rune(of.characters)...)
		}
	}
	return all
}

func leastLength(inputs resource.PropertyMap) float64 {
	sum := 0.0
	for _, of := range classes(inputs) {
		if least := inputs[of.least]; least.IsNumber() {
			sum += least.NumberValue()
		}
	}
	return sum
}

// randomText makes a text of the length asked for, with so many of each class at least, in any order.
func randomText(inputs resource.PropertyMap) (string, error) {
	var text []rune
	for _, of := range classes(inputs) {
		if least := inputs[of.least]; least.IsNumber() {
			text = append(text, pick([]rune(of.characters), int(least.NumberValue()))...)
		}
	}
	rest := int(inputs["length"].NumberValue()) - len(text)
	all := alphabet(inputs)
	if rest < 0 || len(all) == 0 {
		return "", errors.New("no text is so short with so many characters of each class")
	}
	text = append(text, pick(all, rest)...)
	for last := len(text) - 1; last > 0; last-- {
		other := below(last + 1)
		text[last], text[other] = text[other], text[last]
	}
	return string(text), nil
}

func pick(from []rune, number int) []rune {
	picked := make([]rune, number)
	for index := range picked {
		picked[index] = from[below(len(from))]
	}
	return picked
}

// below is a random whole number from 0 to one below the limit, each as likely as any other.
func below(limit int) int {
	number, err := rand.Int(rand.Reader, big.NewInt(int64(limit)))
	if err != nil {
		panic(err) // only of a reader that fails, and this one never does
	}
	return int(number.Int64())
}
