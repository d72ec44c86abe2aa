// registry serves images over http to who knows the login in REGISTRY_USERNAME and REGISTRY_PASSWORD. Blobs lie in a folder, as in an
// OCI layout; manifests are in memory.
package main

import (
	"crypto/subtle"
	"flag"
	"log"
	"net/http"
	"os"

	"github.com/google/go-containerregistry/pkg/registry"
)

func main() {
	address := flag.String("address", "127.0.0.1:5000", "where to listen")
	blobs := flag.String("blobs", "", "folder of the blobs")
	flag.Parse()
	username, password := os.Getenv("REGISTRY_USERNAME"), os.Getenv("REGISTRY_PASSWORD")
	if *blobs == "" || username == "" || password == "" {
		log.Fatal("-blobs, REGISTRY_USERNAME and REGISTRY_PASSWORD are needed")
	}
	images := registry.New(registry.WithBlobHandler(registry.NewDiskBlobHandler(*blobs)))
	log.Fatal(http.ListenAndServe(*address, withLogin(images, username, password)))
}

// withLogin answers who has no login, or a wrong one, as registries do.
func withLogin(next http.Handler, username, password string) http.Handler {
	return http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		givenName, givenPassword, _ := request.BasicAuth()
		isName := subtle.ConstantTimeCompare([]byte(givenName), []byte(username)) == 1
		isPassword := subtle.ConstantTimeCompare([]byte(givenPassword), []byte(password)) == 1
		if !isName || !isPassword {
			response.Header().Set("WWW-Authenticate", `Basic realm="registry"`)
			http.Error(response, "this registry asks for a login", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(response, request)
	})
}
