package rest

import "time"

// Routes lists the URLs of all contracts, as patterns of http.ServeMux without a
// method: any is answered.
func Routes() []string {
	var out []string
	for _, c := range contracts(time.Now) {
		out = append(out, c.patterns()...)
	}
	return out
}
