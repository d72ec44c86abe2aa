package main

import (
	"fmt"
	"strings"
)

// parseGitConfig reads key:value pairs with commas between them. Keys and values may stand in double quotes, where \n, \t, \",
// \, and \\ are what they are elsewhere.
func parseGitConfig(text string) ([][2]string, error) {
	var pairs [][2]string
	for rest := text; strings.TrimSpace(rest) != ""; {
		key, after, err := parsePart(strings.TrimLeft(rest, " "), ':')
		if err != nil {
			return nil, err
		}
		if !strings.HasPrefix(after, ":") {
			return nil, fmt.Errorf("key %q has no value", key)
		}
		value, after, err := parsePart(after[1:], ',')
		if err != nil {
			return nil, err
		}
		if key == "" {
			return nil, fmt.Errorf("no key before value %q", value)
		}
		pairs = append(pairs, [2]string{key, value})
		rest = strings.TrimPrefix(after, ",")
	}
	return pairs, nil
}

// parsePart reads up to a delimiter that is neither quoted nor escaped; what is left begins with it.
func parsePart(text string, delimiter byte) (part, rest string, err error) {
	quoted := strings.HasPrefix(text, `"`)
	index := 0
	if quoted {
		index = 1
	}
	var result strings.Builder
	for ; index < len(text); index++ {
		switch character := text[index]; {
		case character == '\\':
			index++
			if index == len(text) {
				return "", "", fmt.Errorf("%q ends with an escape", text)
			}
			escaped, known := map[byte]byte{'n': '\n', 't': '\t', '"': '"', ',': ',', '\\': '\\'}[text[index]]
			if !known {
				return "", "", fmt.Errorf(`unsupported escape \%c in %q`, text[index], text)
			}
			result.WriteByte(escaped)
		case quoted && character == '"':
			rest := text[index+1:]
			if rest != "" && rest[0] != delimiter {
				return "", "", fmt.Errorf("unexpected text after a quote: %q", rest)
			}
			return result.String(), rest, nil
		case !quoted && character == delimiter:
			return result.String(), text[index:], nil
		default:
			result.WriteByte(character)
		}
	}
	if quoted {
		return "", "", fmt.Errorf("unclosed quote: %q", text)
	}
	return result.String(), "", nil
}
