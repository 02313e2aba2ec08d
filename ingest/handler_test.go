package ingest

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"footfall/analytics"
)

const ndjson = "application/x-ndjson"

// line is a good event with the members given added; a later one wins.
func line(members string) string {
	s := `{"id":"e1","action":"click","event":"jazz","at":"2026-03-02T10:00:00Z"`
	if members != "" {
		s += "," + members
	}
	return s + "}"
}

func click(id int) string {
	return fmt.Sprintf(`{"id":"e%d","action":"click","event":"jazz","at":"2026-03-02T10:00:00Z"}`, id)
}

func of(action, subject string) string {
	return fmt.Sprintf(`"action":%q,"event":null,%s`, action, subject)
}

var (
	partnerJSON  = `"partner":"` + knownPartner + `"`
	campaignJSON = `"campaign":"` + knownCampaign + `"`
	watchJSON    = of("watch", campaignJSON) + `,"visitor":"v1"`
)

// TestEventRows goes through docs/events.md, row by row: "" accepts, anything
// else is part of the message that rejects.
func TestEventRows(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, members, rejected string }{
		{"plain", ``, ""},
		{"id longest", `"id":"` + strings.Repeat("x", 128) + `"`, ""},
		{"id too long", `"id":"` + strings.Repeat("x", 129) + `"`, "id: must be 1 to 128 bytes long, got 129"},
		{"id in bytes", `"id":"` + strings.Repeat("é", 65) + `"`, "id: must be 1 to 128 bytes long, got 130"},
		{"id empty", `"id":""`, "id: must be 1 to 128 bytes long, got 0"},
		{"id null", `"id":null`, "id: must be"},
		{"id number", `"id":5`, "id: must be a string, got 5"},
		{"id NUL", `"id":"a\u0000b"`, "id: must be UTF-8 text without NUL"},
		{"id not UTF-8", "\"id\":\"a\xff\"", "id: must be UTF-8 text"},
		{"id half a pair", `"id":"a\ud83d"`, "id: must be UTF-8 text"},
		{"id halves in the wrong order", `"id":"\\\udc00\ud83d\n"`, "id: must be UTF-8 text"},
		{"id not UTF-8, escaped", "\"id\":\"\\u0041\xff\"", "id: must be UTF-8 text"},
		{"outbound_click", `"action":"outbound_click"`, ""},
		{"calendar_sync", `"action":"calendar_sync"`, ""},
		{"page_view", of("page_view", partnerJSON) + `,"visitor":"u1"`, ""},
		{"watch", watchJSON + `,"seconds":30`, ""},
		{"like", of("like", campaignJSON) + `,"visitor":"v"`, ""},
		{"chat", of("chat", campaignJSON) + `,"visitor":"v"`, ""},
		{"product_click", of("product_click", campaignJSON) + `,"visitor":"v"`, ""},
		{"banner_click", of("banner_click", campaignJSON) + `,"visitor":"v"`, ""},
		{"action unknown", `"action":"clack"`, `action: must be one of click, outbound_click, calendar_sync, page_view, watch, like, chat, product_click, banner_click, got "clack"`},
		{"action derived", `"action":"watch_login"`, "action: must be one of"},
		{"action case", `"action":"Click"`, "action: must be one of"},
		{"action null", `"action":null`, "action: must be one of"},
		{"action array", `"action":["click"]`, `action: must be a string, got ["click"]`},
		{"no subject", `"event":null`, "event: is required for action click"},
		{"two subjects", campaignJSON, "campaign: does not go with action click"},
		{"wrong subject", of("click", campaignJSON), "campaign: does not go with action click"},
		{"event empty", `"event":""`, "event: must be 1 to"},
		{"event never heard of", `"event":"not-yet"`, ""},
		{"partner no uuid", of("page_view", `"partner":"acme"`) + `,"visitor":"u"`, `partner: must be a uuid, got "acme"`},
		{"partner in capitals", of("page_view", `"partner":"`+strings.ToUpper(knownPartner)+`"`) + `,"visitor":"u"`, ""},
		{"partner unknown", of("page_view", `"partner":"00000000-0000-4000-8000-000000000000"`) + `,"visitor":"u"`, `partner: does not exist: "00000000-0000-4000-8000-000000000000"`},
		{"campaign unknown", of("like", `"campaign":"nope"`) + `,"visitor":"u"`, `campaign: does not exist: "nope"`},
		{"session longest", `"session":"` + strings.Repeat("s", 256) + `"`, ""},
		{"session too long", `"session":"` + strings.Repeat("s", 257) + `"`, "session: must be 1 to 256 bytes long, got 257"},
		{"session empty", `"session":""`, "session: must be 1 to 256"},
		{"session null", `"session":null`, ""},
		{"visitor too long", `"visitor":"` + strings.Repeat("s", 257) + `"`, "visitor: must be 1 to 256 bytes long, got 257"},
		{"visitor missing", of("page_view", partnerJSON), "visitor: is required for action page_view"},
		{"visitor missing on campaign", of("like", campaignJSON), "visitor: is required for action like"},
		{"at offset", `"at":"2026-03-02T12:00:00.123456789+02:00"`, ""},
		{"at small letters", `"at":"2026-03-02t12:00:00z"`, ""},
		{"at without offset", `"at":"2026-03-02T10:00:00"`, `at: must be an RFC 3339 instant with an offset, such as 2026-03-02T10:00:00Z, got "2026-03-02T10:00:00"`},
		{"at with a space", `"at":"2026-03-02 10:00:00Z"`, "at: must be an RFC 3339"},
		{"at with a comma", `"at":"2026-03-02T10:00:00,5Z"`, "at: must be an RFC 3339"},
		{"at with a short hour", `"at":"2026-03-02T1:00:00Z"`, "at: must be an RFC 3339"},
		{"at offset of a day", `"at":"2026-03-02T10:00:00+24:00"`, "at: must be an RFC 3339"},
		{"at offset minutes", `"at":"2026-03-02T10:00:00+01:60"`, "at: must be an RFC 3339"},
		{"at offset without colon", `"at":"2026-03-02T10:00:00+0100"`, "at: must be an RFC 3339"},
		{"at unix", `"at":1772445600`, "at: must be an RFC 3339 instant with an offset, such as 2026-03-02T10:00:00Z, got 1772445600"},
		{"at no day", `"at":"2026-02-30T10:00:00Z"`, "at: must be an RFC 3339"},
		{"at missing", `"at":null`, "at: is required"},
		{"at in 24 h", `"at":"2026-03-03T12:00:00Z"`, ""},
		{"at later", `"at":"2026-03-03T12:00:00.000001Z"`, "at: must not be more than 24 h in the future, got 2026-03-03T12:00:00"},
		{"at before 1970", `"at":"1969-12-31T23:59:59Z"`, "at: must not be before 1970"},
		{"seconds least", watchJSON + `,"seconds":1`, ""},
		{"seconds most", watchJSON + `,"seconds":86400`, ""},
		{"seconds whole", watchJSON + `,"seconds":3.0e1`, ""},
		{"seconds 0", watchJSON + `,"seconds":0`, "seconds: must be from 1 to 86400, got 0"},
		{"seconds too many", watchJSON + `,"seconds":86401`, "seconds: must be from 1 to 86400, got 86401"},
		{"seconds negative", watchJSON + `,"seconds":-1`, "seconds: must be from 1 to 86400, got -1"},
		{"seconds huge", watchJSON + `,"seconds":99999999999999999999`, "seconds: must be from 1 to 86400, got 99999999999999999999"},
		{"seconds infinite", watchJSON + `,"seconds":1e999`, "seconds: must be from 1 to 86400, got 1e999"},
		{"seconds part", watchJSON + `,"seconds":1.5`, "seconds: must be an integer, got 1.5"},
		{"seconds text", watchJSON + `,"seconds":"30"`, `seconds: must be an integer, got "30"`},
		{"seconds true", watchJSON + `,"seconds":true`, "seconds: must be an integer, got true"},
		{"seconds object", watchJSON + `,"seconds":{"n":1}`, `seconds: must be an integer, got {"n":1}`},
		{"seconds missing", watchJSON, "seconds: is required for action watch"},
		{"seconds elsewhere", `"seconds":3`, "seconds: goes with action watch only"},
		{"loggedIn", watchJSON + `,"seconds":3,"loggedIn":true`, ""},
		{"loggedIn text", watchJSON + `,"seconds":3,"loggedIn":"true"`, `loggedIn: must be true or false, got "true"`},
		{"loggedIn number", watchJSON + `,"seconds":3,"loggedIn":1`, `loggedIn: must be true or false, got 1`},
		{"loggedIn elsewhere", `"loggedIn":true`, "loggedIn: goes with action watch only"},
		{"dimensions", `"source":"s","medium":"m","campaignTag":"c","referrer":"r","path":"/p","country":"fr","device":"d"`, ""},
		{"dimension longest", `"path":"` + strings.Repeat("p", 512) + `"`, ""},
		{"dimension too long", `"path":"` + strings.Repeat("p", 513) + `"`, "path: must be 0 to 512 bytes long, got 513"},
		{"dimension number", `"device":1`, "device: must be a string, got 1"},
		{"country too long", `"country":"FRA"`, "country: must be two letters such as FR"},
		{"unknown field", `"extra":{"a":[1,{"b":"}"}]},"ID":7,"Action":7`, ""},
		{"last wins", `"id":5,"id":"e9"`, ""},
		{"last wins badly", `"id":"e9","id":5`, "id: must be a string, got 5"},
		{"escaped name", `"\u0069d":7`, "id: must be a string, got 7"},
		{"value clipped", `"id":[` + strings.Repeat("1,", 500) + `1]`, "id: must be a string, got [1,1,1,"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			a := b.post(t, ndjson, strings.NewReader(line(tc.members)+"\n"+click(1000)))
			if a.Status != http.StatusOK {
				t.Fatalf("%d %s", a.Status, a.Body)
			}
			if tc.rejected == "" {
				if a.Accepted != 2 || len(a.Rejected) != 0 || !strings.Contains(a.Body, `"rejected":[]`) {
					t.Fatal(a.Body)
				}
				return
			}
			code := "BAD_USER_INPUT"
			if strings.Contains(tc.rejected, "does not exist") {
				code = "NOT_FOUND"
			}
			if a.Accepted != 1 || len(a.Rejected) != 1 || a.Rejected[0].Index != 0 || a.Rejected[0].Code != code ||
				!strings.Contains(a.Rejected[0].Message, tc.rejected) || len(a.Rejected[0].Message) > 250 {
				t.Fatalf("%s\nwant %s", a.Body, tc.rejected)
			}
			if _, ok := b.store.stored()["e1000"]; !ok {
				t.Error("the good event was not stored")
			}
		})
	}
}

func TestVerdictsKeepTheirPlaces(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a := b.post(t, ndjson, strings.NewReader(strings.Join([]string{
		click(1), "", "  ", "{broken", click(2), `[1]`, click(1), line(of("like", `"campaign":"nope"`) + `,"visitor":"u"`), "null", click(3), "\r",
	}, "\n")))
	if a.Accepted != 3 || a.Duplicates != 1 {
		t.Error(a.Body)
	}
	want := []analytics.Rejection{
		{Index: 1, Code: "BAD_USER_INPUT", Message: `not JSON: "{broken"`},
		{Index: 3, Code: "BAD_USER_INPUT", Message: `not a JSON object: "[1]"`},
		{Index: 5, Code: "NOT_FOUND", Message: `campaign: does not exist: "nope"`},
		{Index: 6, Code: "BAD_USER_INPUT", Message: `not a JSON object: "null"`},
	}
	if fmt.Sprint(a.Rejected) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", a.Rejected, want)
	}
}

func TestStatuses(t *testing.T) {
	t.Parallel()
	good := click(1)
	for _, tc := range []struct {
		name, contentType, body string
		status                  int
		code, detail            string
	}{
		{"lines", "application/x-ndjson; charset=utf-8", good, 200, "", ""},
		{"jsonl", "Application/JSONL", good, 200, "", ""},
		{"array", `application/json; charset="UTF-8"`, " [" + good + " ] \n", 200, "", ""},
		{"BOM", ndjson, "\ufeff" + good, 200, "", ""},
		{"array BOM", "application/json", "\ufeff[" + good + "]", 200, "", ""},
		{"no lines", ndjson, "", 200, "", ""},
		{"blank lines", ndjson, "\n \r\n", 200, "", ""},
		{"empty array", "application/json", "[]", 200, "", ""},
		{"only a header", "text/csv", "id,at\n", 200, "", ""},
		{"all invalid, but objects", ndjson, "{}\n{}", 200, "", ""},
		{"no type", "", good, 415, "UNSUPPORTED_MEDIA_TYPE", "application/x-ndjson, application/jsonl, application/json, text/csv"},
		{"other type", "text/plain", good, 415, "UNSUPPORTED_MEDIA_TYPE", ""},
		{"form", "application/x-www-form-urlencoded", good, 415, "UNSUPPORTED_MEDIA_TYPE", ""},
		{"other charset", "application/json; charset=iso-8859-1", good, 415, "UNSUPPORTED_MEDIA_TYPE", "UTF-8"},
		{"malformed type", "application/json; ;=", good, 415, "UNSUPPORTED_MEDIA_TYPE", ""},
		{"no array", "application/json", "", 400, "BAD_USER_INPUT", "breaks off"},
		{"an object", "application/json", good, 400, "BAD_USER_INPUT", "must be a JSON array of events"},
		{"broken array", "application/json", "[" + good + ",{]", 400, "BAD_USER_INPUT", "not JSON, in element 2"},
		{"no commas", "application/json", "[" + good + good + "]", 400, "BAD_USER_INPUT", "not JSON"},
		{"semicolons", "application/json", "[" + good + " ;" + good + "]", 400, "BAD_USER_INPUT", "parted by commas"},
		{"comma at the end", "application/json", "[" + good + ",]", 400, "BAD_USER_INPUT", "not JSON"},
		{"two commas", "application/json", "[" + good + ",," + good + "]", 400, "BAD_USER_INPUT", "not JSON"},
		{"unbalanced", "application/json", "[{]}]", 400, "BAD_USER_INPUT", "not JSON"},
		{"strings with brackets", "application/json", `[{"id":"]}\\\"[,"}]`, 200, "", ""},
		{"arrays in elements", "application/json", `[{"a":[1],"b":[]}]`, 200, "", ""},
		{"wrong bracket", "application/json", "[" + good + "}", 400, "BAD_USER_INPUT", "not JSON"},
		{"array cut off", "application/json", "[" + good, 400, "BAD_USER_INPUT", "breaks off"},
		{"array cut off after a comma", "application/json", "[" + good + ",", 400, "BAD_USER_INPUT", "breaks off"},
		{"array cut off within", "application/json", "[" + good[:20], 400, "BAD_USER_INPUT", "breaks off"},
		{"more than an array", "application/json", "[" + good + "][]", 400, "BAD_USER_INPUT", "must end with the array"},
		{"noise after an array", "application/json", "[" + good + "]x", 400, "BAD_USER_INPUT", "must end with the array"},
		{"nothing but noise", ndjson, "hello\nworld", 400, "BAD_USER_INPUT", `line 1: not JSON: "hello"`},
		{"nothing but numbers", "application/json", "[1,2]", 400, "BAD_USER_INPUT", `element 1: not a JSON object: "1"`},
		{"deep", "application/json", strings.Repeat("[", 20_000), 400, "BAD_USER_INPUT", ""},
		{"deep line", ndjson, `{"x":` + strings.Repeat("[", 20_000) + "\n{}", 200, "", ""},
		{"no CSV header", "text/csv", "", 400, "BAD_USER_INPUT", "header"},
		{"foreign CSV header", "text/csv", "a,b\n1,2", 400, "BAD_USER_INPUT", "header"},
		{"CSV header twice", "text/csv", "id,at,id\n1,2,3", 400, "BAD_USER_INPUT", "id twice"},
		{"broken CSV header", "text/csv", "id,\"at\n", 400, "BAD_USER_INPUT", "header"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			a := b.post(t, tc.contentType, strings.NewReader(tc.body))
			switch {
			case tc.status != 200:
				b.wantProblem(t, a, tc.status, tc.code, tc.detail)
			case a.Status != 200 || a.Rejected == nil:
				t.Errorf("%d %s", a.Status, a.Body)
			}
			if a.Header.Get("Cache-Control") != "private, no-store" {
				t.Error(a.Header)
			}
		})
	}
}

func TestMethods(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, method := range []string{"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"} {
		req, _ := http.NewRequestWithContext(t.Context(), method, b.url, nil)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusMethodNotAllowed || resp.Header.Get("Allow") != "POST" {
			t.Error(method, resp.Status, resp.Header)
		}
	}
}

func zip(t testing.TB, s string) *bytes.Buffer {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(s)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return &b
}

func TestEncodings(t *testing.T) {
	t.Parallel()
	good := zip(t, click(1)).String()
	for _, tc := range []struct {
		name, encoding, body string
		status               int
		code, detail         string
	}{
		{"gzip", "gzip", good, 200, "", ""},
		{"GZIP", "X-GZIP", good, 200, "", ""},
		{"two members", "gzip", good + zip(t, "\n"+click(2)).String(), 200, "", ""},
		{"identity", "identity", click(1), 200, "", ""},
		{"deflate", "deflate", good, 415, "UNSUPPORTED_MEDIA_TYPE", "gzip or identity"},
		{"twice", "gzip, gzip", good, 415, "UNSUPPORTED_MEDIA_TYPE", "gzip or identity"},
		{"not gzip", "gzip", click(1), 400, "BAD_USER_INPUT", "cut off or broken"},
		{"nothing", "gzip", "", 400, "BAD_USER_INPUT", "cut off or broken"},
		{"cut off", "gzip", good[:len(good)-9], 400, "BAD_USER_INPUT", "cut off or broken"},
		{"checksum", "gzip", good[:len(good)-8] + "12345678", 400, "BAD_USER_INPUT", "cut off or broken"},
		{"noise behind", "gzip", good + "noise", 400, "BAD_USER_INPUT", "cut off or broken"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			a := b.post(t, ndjson, strings.NewReader(tc.body), "Content-Encoding", tc.encoding)
			if tc.status != 200 {
				b.wantProblem(t, a, tc.status, tc.code, tc.detail)
			} else if a.Status != 200 || a.Accepted == 0 {
				t.Errorf("%d %s", a.Status, a.Body)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		err    error
		status int
		code   string
	}{
		{"store away", analytics.Unavailable(errors.New("dial tcp 10.0.0.1: refused")), 503, "UNAVAILABLE"},
		{"store broken", errors.New("relation secret does not exist"), 500, "INTERNAL"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.store.before = func([]analytics.Event) error { return tc.err }
			a := b.post(t, ndjson, strings.NewReader(click(1)))
			b.wantProblem(t, a, tc.status, tc.code, "")
			if strings.Contains(a.Body, "secret") || strings.Contains(a.Body, "10.0.0.1") {
				t.Error("internal text:", a.Body)
			}
			if (a.Header.Get("Retry-After") != "") != (tc.status == 503) {
				t.Error(a.Header)
			}
			b.store.before = nil
			if a = b.post(t, ndjson, strings.NewReader(click(1))); a.Accepted != 1 {
				t.Error("not accepted when sent again:", a.Body)
			}
		})
	}
	b := setup(t)
	a := b.post(t, ndjson, strings.NewReader(click(1)), "Authorization", "Bearer wrong")
	b.wantProblem(t, a, 401, "UNAUTHENTICATED", "the key is not known")
}
