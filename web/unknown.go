package web

import (
	"net/http"
	"strings"

	"footfall/web/page"
)

// WantsPage reports whether a person is likely to look at the answer: a browser
// that opens an address names HTML.
func WantsPage(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

// Unknown is the page of an address where nothing is.
var Unknown = page.Page{
	Title: "No such page",
	Body: `<h1>There is nothing at this address</h1>
<p>Look whether it was copied whole, or begin at <a href="/">the start</a>.</p>`,
}
