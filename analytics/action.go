package analytics

import "slices"

// Action is what an event says happened. The numbers are stored.
type Action int16

// The actions of the three kinds of subject. WatchLogin is derived: the logged
// in part of Watch, never an event of its own.
const (
	Click         Action = 1
	OutboundClick Action = 2
	CalendarSync  Action = 3
	PageView      Action = 4
	Watch         Action = 5
	Like          Action = 6
	Chat          Action = 7
	ProductClick  Action = 8
	BannerClick   Action = 9
	WatchLogin    Action = 10

	numActions = 11
)

var actionNames = map[Action]string{
	Click: "click", OutboundClick: "outbound_click", CalendarSync: "calendar_sync",
	PageView: "page_view",
	Watch:    "watch", Like: "like", Chat: "chat", ProductClick: "product_click", BannerClick: "banner_click",
	WatchLogin: "watch_login",
}

func (a Action) String() string { return actionNames[a] }

// Kind is the kind of thing events happen to. The numbers are stored.
type Kind int16

// The kinds: an event page (which activations are windows on), a partner's
// portal, a live campaign.
const (
	KindEvent    Kind = 1
	KindPartner  Kind = 2
	KindCampaign Kind = 3
)

var kindActions = map[Kind][]Action{
	KindEvent:    {Click, OutboundClick, CalendarSync},
	KindPartner:  {PageView},
	KindCampaign: {Watch, Like, Chat, ProductClick, BannerClick, WatchLogin},
}

// Actions lists what cells a subject of the kind has, derived ones included.
func (k Kind) Actions() []Action { return kindActions[k] }

func (k Kind) String() string {
	switch k {
	case KindEvent:
		return "event"
	case KindPartner:
		return "partner"
	default:
		return "campaign"
	}
}

// parseAction finds an action that an event of some kind may carry.
func parseAction(name string) (Action, Kind, bool) {
	for _, kind := range []Kind{KindEvent, KindPartner, KindCampaign} {
		i := slices.IndexFunc(kind.Actions(), func(a Action) bool { return a != WatchLogin && a.String() == name })
		if i >= 0 {
			return kind.Actions()[i], kind, true
		}
	}
	return 0, 0, false
}
