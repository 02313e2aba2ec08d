package rest_test

import (
	"time"

	"footfall/analytics"
)

func newSource() *source {
	s := &source{activations: map[string]*analytics.Activation{}, totals: map[int64]analytics.Totals{}}
	s.addActivations()
	s.addPartners()
	s.addCampaigns()
	return s
}

func (s *source) addActivations() {
	start := time.Date(2026, time.March, 1, 0, 0, 0, 0, time.UTC)
	end := time.Date(2026, time.March, 31, 23, 59, 59, 999_000_000, time.UTC)
	for _, a := range []analytics.Activation{
		{ActivationID: "act_abc123xyz", EventKey: "jazz-sunset-2026-03-15", EventName: "Jazz Night at Le Sunset", Tier: "premium", Subject: 1},
		{ActivationID: "act_formula", EventKey: "=fête/2026;\r\n\"x\"", EventName: "=HYPERLINK(\"http://x\",\"<free & cheap>\")", Tier: "+gold,\nplus", Subject: 2},
		{ActivationID: "act_quiet", EventKey: "quiet", EventName: "Nobody came", Tier: "basic", Subject: 3},
		{ActivationID: "act_whole", EventKey: "whole", EventName: "Half of them", Tier: "-", Subject: 4},
		{ActivationID: "act_pending", Status: analytics.Pending},
		{ActivationID: "act_processing", Status: analytics.Processing},
		{ActivationID: "act_dismissed", Status: analytics.Dismissed},
		{ActivationID: "act_revoked"},
	} {
		a.StartAt, a.EndAt = start, end
		if a.Status == "" {
			a.Status = analytics.Activated
		}
		s.activations[a.ActivationID] = &a
	}
	s.totals[1] = eventTotals(1250, 342, 158, 892, 867, 298, 142)
	s.totals[2] = eventTotals(3, 2, 1, 3, 2, 3, 1) // more sessions went out than viewed
	s.totals[4] = eventTotals(8, 4, 2, 8, 8, 4, 2)
}

func eventTotals(clicks, out, syncs, sessions, views, outSessions, syncSessions int64) analytics.Totals {
	t := analytics.Totals{Sessions: sessions}
	t.Of[analytics.Click] = analytics.Total{Events: clicks, Sessions: views}
	t.Of[analytics.OutboundClick] = analytics.Total{Events: out, Sessions: outSessions}
	t.Of[analytics.CalendarSync] = analytics.Total{Events: syncs, Sessions: syncSessions}
	return t
}

func (s *source) addPartners() {
	logo := id(0x99)
	received, sent := analytics.LeadsReceived, analytics.LeadsSent
	group := func(n byte) *analytics.PartnerGroup { return &analytics.PartnerGroup{UUID: id(n), Name: "group"} }
	s.partners = []*analytics.Partner{
		{UUID: id(1), Name: "Beekeepers & Sons", LogoUUID: &logo, PartnerType: analytics.Reseller, Subject: 101, Tier: group(0x31), Stage: group(0x41)},
		{UUID: id(2), Name: "Apiary", PartnerType: analytics.Referral, LeadDirection: &received, Subject: 102, Categories: []*analytics.PartnerGroup{group(0x21), group(0x22)}},
		{UUID: id(3), Name: "Comb", PartnerType: analytics.Referral, LeadDirection: &sent, Subject: 103, Categories: []*analytics.PartnerGroup{group(0x22)}, Tier: group(0x32)},
		{UUID: id(4), Name: "Asleep", PartnerType: analytics.Distributor, Subject: 104},
	}
	visits := func(users, sessions, views, micros int64) analytics.Totals {
		t := analytics.Totals{}
		t.Of[analytics.PageView] = analytics.Total{Events: views, Starts: sessions, Micros: micros, Visitors: users}
		return t
	}
	s.totals[101] = visits(40, 120, 900, 120*123_000_000)
	s.totals[102] = visits(7, 120, 901, 100_000_000)
	s.totals[103] = visits(1, 1, 1, 0)
}

func (s *source) addCampaigns() {
	at := func(text string) *time.Time {
		t, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			panic(err)
		}
		return &t
	}
	s.campaigns = []*analytics.Campaign{
		{Number: 1234, CampaignKey: "1234fef8e8e3", Title: "test campaign", ScheduledAt: *at("2022-07-08T06:30:00Z"),
			StartedAt: at("2022-07-08T06:21:06Z"), EndedAt: at("2022-07-11T12:38:59Z"), Subject: 201},
		{Number: 9, CampaignKey: "to-come", Title: "To come", ScheduledAt: *at("2026-03-25T09:00:00Z"), Subject: 202},
		{Number: 10, CampaignKey: "on-air", Title: "On <air> & live", ScheduledAt: *at("2026-03-20T09:00:00.75Z"),
			StartedAt: at("2026-03-20T10:00:00.999999+01:00"), Subject: 203},
		{Number: 11, CampaignKey: "same-time", Title: "Same time", ScheduledAt: *at("2026-03-20T09:00:00.75Z"), Subject: 204},
	}
	for _, c := range s.campaigns {
		c.AccessKey = acme.AccessKey
	}
	s.totals[201] = audience(123456, 100000, 12345, 123455, 15*123456, 1)
	s.totals[203] = analytics.Totals{Peak: 2, PeakAt: now.UnixMicro()}
	for a, t := range map[analytics.Action]analytics.Total{
		analytics.Watch: {Visitors: 2, Micros: 61_000_000}, analytics.WatchLogin: {Visitors: 1},
		analytics.Like: {Events: 5, Visitors: 2}, analytics.Chat: {Events: 21, Visitors: 20}, analytics.ProductClick: {Events: 4, Visitors: 3},
	} {
		totals := s.totals[203]
		totals.Of[a] = t
		s.totals[203] = totals
	}
}

// audience is the totals of a campaign where each viewer did everything n times.
func audience(viewers, login, peak, newcomers, watched, n int64) analytics.Totals {
	t := analytics.Totals{Peak: peak, PeakAt: now.UnixMicro()}
	t.Of[analytics.Watch] = analytics.Total{Visitors: viewers, Micros: watched * 1_000_000}
	t.Of[analytics.WatchLogin] = analytics.Total{Visitors: login, Starts: newcomers}
	for _, a := range []analytics.Action{analytics.Like, analytics.Chat, analytics.ProductClick, analytics.BannerClick} {
		t.Of[a] = analytics.Total{Events: viewers * n, Visitors: viewers}
	}
	return t
}
