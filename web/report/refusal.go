package report

import (
	"footfall/web/page"
)

// Refusal is why there is no report to show.
type Refusal int

// The refusals.
const (
	Broken Refusal = iota // our fault
	NoToken
	NoReport
	WrongToken
	Revoked
	NotFulfilled
	TooMany
	Away
	NotReadable // another method than GET
	Gone        // events that its range needs
)

// words are what a reader needs to hear: what happened, and what to do.
var words = map[Refusal]struct{ Title, What, Do string }{
	Broken: {
		"Something went wrong", "The report could not be made. The fault is ours, and it has been noted.",
		"Please try again in a few minutes.",
	},
	NoToken: {
		"This link is not complete", "The part of the address that opens the report is missing. Some e-mail programs cut long links in two.",
		"Copy the whole address from the e-mail, from “http” to its last letter, and paste it into the address bar.",
	},
	NoReport: {
		"There is no report here", "It may have been deleted since the link was sent, or the address has a small mistake in it.",
		"Open the link from the e-mail again. If it still leads here, ask whoever sent it to you.",
	},
	WrongToken: {
		"This link does not open the report", "A part of the address has changed, or the link is not valid any more.",
		"Open the link from the latest e-mail about this event. If it still leads here, ask whoever sent it to you for a new one.",
	},
	Revoked: {
		"This link has been withdrawn", "It opened the report once, and whoever sent it has closed it since.",
		"If you still need the numbers, ask your contact for them.",
	},
	NotFulfilled: {
		"This report is not ready yet", "It opens as soon as the promotion of your event is active.",
		"Keep the link: it will work then.",
	},
	TooMany: {
		"One moment, please", "The report was opened very often within a short time.",
		"Wait a minute, then load this page again.",
	},
	Away: {
		"The numbers are out of reach for a moment", "The report is here, but its numbers cannot be read right now. Nothing is lost.",
		"Please load this page again in a minute.",
	},
	NotReadable: {
		"This page can only be read", "Something was sent to it, and it takes nothing.",
		"Open the link from the e-mail again.",
	},
	Gone: {
		"These numbers are not kept any more", "The details that this period would have to be counted from have been deleted since, as agreed.",
		"Ask your contact for the report as it was.",
	},
}

// Page says it kindly.
func (r Refusal) Page() page.Page {
	w := words[r]
	return outside(w.Title, page.Fragment(templates, "refusal", w))
}

// Misread is a parameter of the address that the report cannot follow.
type Misread struct {
	Field, Value, Want string
	Token              string // of the reader, whom it opens the report
}

// Page names the field and the value, and leads back to the report.
func (m Misread) Page() page.Page {
	const most = 60
	if runes := []rune(m.Value); len(runes) > most {
		m.Value = string(runes[:most]) + "…"
	}
	return outside("This view of the report does not exist", page.Fragment(templates, "misread", m))
}
