package demo

import (
	"fmt"
	"strings"
)

var (
	genres = []string{"Jazz", "Brass", "Afrobeat", "Techno", "Salsa", "Swing", "Ambient", "Funk", "Soul", "Chamber", "Folk", "Dub",
		"Flamenco", "Disco", "Gospel", "Klezmer", "Ghazal", "Fado", "Bolero", "House"}
	formats = []string{"Night", "Session", "Block Party", "Matinee", "Open Air", "Marathon", "Supper", "Showcase", "Jam", "Sunrise"}
	venues  = []string{"The Copper Door", "Le Quai Bleu", "Hangar Sept", "The Velvet Lantern", "Péniche Alma", "Studio Cobalt",
		"The Old Ropeworks", "Jardin d'Hiver", "Platform Nine", "Salle Orme", "The Salt House", "Courtyard 41", "Atelier Nord",
		"The Paper Mill", "Rooftop Indigo", "Café Tournesol", "The Signal Box", "Halle aux Draps", "Lotus Pavilion", "Pier Eleven"}
	tiers = []string{"premium", "spotlight", "standard", "standard"}

	onsets  = []string{"Bra", "Cal", "Dru", "Fen", "Gly", "Hal", "Jor", "Kel", "Lum", "Mar", "Nor", "Or", "Pel", "Quin", "Ras", "Sol", "Tav", "Ul", "Ves", "Wyn", "Zeph"}
	middles = []string{"a", "e", "i", "o", "u", "an", "el", "ir", "on", "aro", "eni", "ive"}
	codas   = []string{"dex", "lia", "mont", "nar", "po", "quist", "ra", "sen", "tis", "vox", "wick", "xa", "zon", "lë", "çay"}
	trades  = []string{"Systems", "Partners", "Labs", "& Filles", "Advisory", "Logistics", "Cloud", "Retail Group", "Works", "Consulting",
		"Digital, Ltd", "Trading", "Networks", "Studio", "Supply"}

	categories = []string{"Technology", "Agency", "Consulting", "Retail", "Logistics", "Media", "Education", "Finance"}
	levels     = []string{"Bronze", "Silver", "Gold", "Platinum"}
	stages     = []string{"Prospect", "Onboarding", "Active", "Expanding", "At risk"}

	occasions = []string{"Spring Launch", "Kitchen Hour", "Sneaker Drop", "Glow Routine", "Weekend Deals", "Maker Market", "Tea & Tasting",
		"Garden Basics", "Studio Tour", "Festival Looks", "Holiday Gifts", "Back to School", "Home Refresh", "Vinyl Corner", "Trail Gear"}
	hosts = []string{"Live", "with the Atelier Team", "Late Night Edition", "Members' Preview", "Flash Hour", "Season Finale", "Q&A"}
)

// concert is an invented event's name, and the part of it that its key is made of.
func concert(d dice) (name, short string) {
	genre, format := oneOf(d, genres), oneOf(d, formats)
	return fmt.Sprintf("%s %s at %s", genre, format, oneOf(d, venues)), genre + " " + format
}

// company is an invented partner's name.
func company(d dice) string {
	return oneOf(d, onsets) + oneOf(d, middles) + oneOf(d, codas) + " " + oneOf(d, trades)
}

// broadcast is an invented campaign's title.
func broadcast(d dice, number int) string {
	return fmt.Sprintf("%s %s #%d", oneOf(d, occasions), oneOf(d, hosts), number)
}

// slug is plain ASCII words joined by hyphens.
func slug(s string) string { return strings.ReplaceAll(strings.ToLower(s), " ", "-") }

// unique draws names until one is new.
func unique(taken map[string]bool, draw func() string) string {
	for {
		if name := draw(); !taken[name] {
			taken[name] = true
			return name
		}
	}
}
