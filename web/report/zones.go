package report

import (
	"slices"
	"strings"
	"time"
)

// zones are offered without a script, which adds the rest that the browser
// knows.
var zones = []string{
	"Africa/Cairo", "Africa/Casablanca", "Africa/Johannesburg", "Africa/Lagos", "Africa/Nairobi",
	"America/Anchorage", "America/Bogota", "America/Buenos_Aires", "America/Chicago", "America/Denver", "America/Halifax", "America/Lima",
	"America/Los_Angeles", "America/Mexico_City", "America/New_York", "America/Phoenix", "America/Santiago", "America/Sao_Paulo",
	"America/St_Johns", "America/Toronto", "America/Vancouver",
	"Asia/Bangkok", "Asia/Dhaka", "Asia/Dubai", "Asia/Ho_Chi_Minh", "Asia/Hong_Kong", "Asia/Jakarta", "Asia/Jerusalem", "Asia/Karachi",
	"Asia/Kathmandu", "Asia/Kolkata", "Asia/Manila", "Asia/Riyadh", "Asia/Seoul", "Asia/Shanghai", "Asia/Singapore", "Asia/Taipei",
	"Asia/Tashkent", "Asia/Tehran", "Asia/Tokyo",
	"Atlantic/Azores", "Atlantic/Reykjavik",
	"Australia/Adelaide", "Australia/Brisbane", "Australia/Darwin", "Australia/Melbourne", "Australia/Perth", "Australia/Sydney",
	"Europe/Amsterdam", "Europe/Athens", "Europe/Berlin", "Europe/Brussels", "Europe/Bucharest", "Europe/Budapest", "Europe/Copenhagen",
	"Europe/Dublin", "Europe/Helsinki", "Europe/Istanbul", "Europe/Kyiv", "Europe/Lisbon", "Europe/London", "Europe/Madrid", "Europe/Oslo",
	"Europe/Paris", "Europe/Prague", "Europe/Rome", "Europe/Sofia", "Europe/Stockholm", "Europe/Vienna", "Europe/Warsaw", "Europe/Zurich",
	"Pacific/Auckland", "Pacific/Honolulu",
	"UTC",
}

// region is the zones of one part of the world.
type region struct {
	Name  string
	Zones []zone
}

type zone struct {
	Name, Label string
	Chosen      bool
}

// regions are the zones to choose from, the chosen one among them.
func regions(chosen *time.Location) []region {
	names := slices.Clone(zones)
	if !slices.Contains(names, chosen.String()) {
		names = append(names, chosen.String())
		slices.Sort(names)
	}
	var out []region
	for _, name := range names {
		area, label, found := strings.Cut(name, "/")
		if !found {
			area, label = "World", name
		}
		i := slices.IndexFunc(out, func(r region) bool { return r.Name == area })
		if i < 0 {
			i, out = len(out), append(out, region{Name: area})
		}
		out[i].Zones = append(out[i].Zones, zone{name, strings.ReplaceAll(label, "_", " "), name == chosen.String()})
	}
	return out
}
