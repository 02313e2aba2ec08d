package manual

import (
	"cmp"
	"slices"
	"strings"

	"footfall/web/page"
)

// lines is the order in which one reads the pages, and what each is about. A
// page without a line comes last.
var lines = []struct{ name, line string }{
	{"pages", "What there is to look at: the start page, the report, the leaderboard, the live wall, the Playground."},
	{"metrics", "What every number means: definition, formula, unit, rounding."},
	{"graphql", "GraphQL over HTTP: documents, costs, breakdowns, freshness, live data, clients."},
	{"rest", "The three REST paths, in prose."},
	{"openapi", "The REST paths and event ingest, parameter by parameter and answer by answer."},
	{"events", "The format of events, and a box that sends one."},
	{"configuration", "Every setting of the gateway."},
	{"operations", "Upgrades, backups, retention, erasure of visitors, the audit log."},
	{"security", "What is protected, from whom, what stops each attack, and which test shows it."},
	{"design", "How it is built, and why: the decisions."},
	{"reliability", "What becomes of answers when something breaks, measured."},
	{"benchmarks", "How fast it is, measured beside the most that is possible."},
}

func inOrder(documents []document) []document {
	place := map[string]int{}
	for i, l := range lines {
		place[l.name] = i - len(lines)
	}
	slices.SortStableFunc(documents, func(a, b document) int { return cmp.Compare(place[a.Name], place[b.Name]) })
	return documents
}

// complete adds what the files do not say.
func (d *document) complete() {
	for _, l := range lines {
		if l.name == d.Name {
			d.Line = l.line
		}
	}
	if d.Name == "events" {
		d.Body += page.Fragment(templates, "test-event.html", nil)
		d.Sections = append(d.Sections, section{ID: "send", Title: "Send a test event", Level: 2})
		d.Scripts = []string{"test-event.js"}
	}
}

// schemaFile is the one file that is served as it is.
const schemaFile = "schema.graphql"

// pages are the addresses that become links where the documentation names them.
var pages = []string{Path, "/playground", "/leaderboard", "/campaigns", "/openapi.json", "/metrics", "/healthz", "/readyz"}

// address is where a link of docs leads on a page; there is none when it names a
// file that is only in the repository.
func address(link string) (string, bool) {
	file, anchor, anchored := strings.Cut(link, "#")
	if anchored {
		anchor = "#" + anchor
	}
	switch name, isPage := strings.CutSuffix(file, ".md"); {
	case file == "" || strings.Contains(file, "://") || strings.HasPrefix(file, "/"):
		return link, true
	case file == "../README.md":
		return "/", true
	case file == schemaFile:
		return Path + "/" + schemaFile, true
	case isPage && !strings.Contains(name, "/"):
		return Path + "/" + name + anchor, true
	default:
		return "", false
	}
}

// isPage reports whether the text is a page's address.
func isPage(text string) bool {
	path, _, _ := strings.Cut(text, "#")
	return slices.Contains(pages, path) || strings.HasPrefix(path, Path+"/") && !strings.ContainsAny(path, "{}…")
}
