package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

//go:embed static
var embedded embed.FS

// AssetPrefix is the path below which every file lies that a page loads.
const AssetPrefix = "/assets/"

// contentTypes is our own table because mime's depends on the machine.
var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
	".ttf": "font/ttf",
}

// asset is a file in two forms; the packed one is made when it is first asked for.
type asset struct {
	plain  []byte // nil for none
	zipped func() []byte
}

// static are the files beside this package, by the name in their URL, which
// carries a hash of the content; urls are those names by the files' own.
var static, urls = load()

func load() (map[string]asset, map[string]string) {
	assets, named := map[string]asset{}, map[string]string{}
	entries, err := embedded.ReadDir("static")
	if err != nil {
		panic(err) // the folder is named in the embed directive
	}
	for _, e := range entries {
		body, err := embedded.ReadFile("static/" + e.Name())
		if err != nil {
			panic(err)
		}
		digest := sha256.Sum256(body)
		base, ext := strings.TrimSuffix(e.Name(), path.Ext(e.Name())), path.Ext(e.Name())
		name := base + "-" + hex.EncodeToString(digest[:5]) + ext
		assets[name] = asset{body, sync.OnceValue(func() []byte { return pack(body) })}
		named[e.Name()] = AssetPrefix + name
	}
	return assets, named
}

// Asset is the URL of a file in static.
func Asset(name string) string {
	url, known := urls[name]
	if !known {
		panic("page: no file static/" + name)
	}
	return url
}

// Assets serves the files that pages load: ours, and those that the build left
// in built as NAME.gz. Their names carry a hash of their content.
func Assets(built fs.FS) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		SetHeaders(w.Header(), Strict)
		if !ReadOnly(w, r) {
			return
		}
		name, _ := strings.CutPrefix(r.URL.Path, AssetPrefix)
		contentType, known := contentTypes[path.Ext(name)]
		if !known {
			http.NotFound(w, r)
			return
		}
		a, found := static[name]
		if !found {
			zipped, err := fs.ReadFile(built, "assets/"+name+".gz")
			if err != nil {
				http.NotFound(w, r)
				return
			}
			a = asset{zipped: func() []byte { return zipped }}
		}
		a.serve(w, r, contentType)
	})
}

// serve sends the packed form to a client that accepts gzip, and the plain one
// to any other.
func (a asset) serve(w http.ResponseWriter, r *http.Request, contentType string) {
	h, body := w.Header(), a.plain
	if acceptsGzip(r.Header.Get("Accept-Encoding")) {
		h.Set("Content-Encoding", "gzip")
		body = a.zipped()
	} else if body == nil {
		var err error
		if body, err = unpack(a.zipped()); err != nil {
			http.Error(w, "Damaged asset", http.StatusInternalServerError)
			return
		}
	}
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Content-Type", contentType)
	h.Set("Vary", "Accept-Encoding")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body)
}

// acceptsGzip reads an Accept-Encoding field (RFC 9110, section 12.5.3). A client that only says "*" gets no gzip.
func acceptsGzip(field string) bool {
	for coding := range strings.SplitSeq(field, ",") {
		name, params, _ := strings.Cut(coding, ";")
		if !strings.EqualFold(strings.TrimSpace(name), "gzip") {
			continue
		}
		q, weighted := strings.CutPrefix(strings.ReplaceAll(strings.ToLower(params), " ", ""), "q=")
		weight, err := strconv.ParseFloat(q, 64)
		return !weighted || (err == nil && weight > 0)
	}
	return false
}

func pack(plain []byte) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err == nil {
		_, err = w.Write(plain)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic(err) // a buffer takes everything
	}
	return b.Bytes()
}

func unpack(packed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}
