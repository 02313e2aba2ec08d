package store

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"footfall/analytics"
)

// UpsertPartners creates or replaces partners, and names their groups.
func (s *Store) UpsertPartners(ctx context.Context, tenant int64, partners []analytics.Partner) ([]*analytics.Partner, analytics.Change, error) {
	var out []*analytics.Partner
	var change analytics.Change
	err := s.write(ctx, tenant, func(tx pgx.Tx) error {
		keys := make([]string, len(partners))
		for i := range partners {
			keys[i] = partners[i].UUID.String()
		}
		subjects, err := ensureSubjects(ctx, tx, tenant, analytics.KindPartner, keys)
		if err != nil {
			return err
		}
		if err = upsertGroups(ctx, tx, tenant, partners); err != nil {
			return err
		}
		batch := &pgx.Batch{}
		uuids := make([]uuid.UUID, len(partners))
		for i := range partners {
			p := &partners[i]
			uuids[i] = p.UUID
			batch.Queue(sql("upsert_partner"), args{
				"tenant_id": tenant, "uuid": p.UUID, "subject_id": subjects[subjectKey{analytics.KindPartner, keys[i]}], "name": p.Name, "logo_uuid": p.LogoUUID,
				"partner_type": string(p.PartnerType), "lead_direction": (*string)(p.LeadDirection),
				"tier_uuid": groupUUID(p.Tier), "stage_uuid": groupUUID(p.Stage), "category_uuids": groupUUIDs(p.Categories),
			})
		}
		if err = tx.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, sql("partners_by_uuid")+sql("partners"), args{"tenant_id": tenant, "uuids": uuids})
		if err != nil {
			return err
		}
		found, err := pgx.CollectRows(rows, scanPartner)
		if err != nil {
			return err
		}
		out = inOrder(uuids, found, partnerUUID)
		change, err = announce(ctx, tx, tenant, []analytics.Topic{analytics.TopicPartners})
		return err
	})
	return out, change, err
}

func upsertGroups(ctx context.Context, tx pgx.Tx, tenant int64, partners []analytics.Partner) error {
	var kinds, names []string
	var uuids []uuid.UUID
	place := map[string]int{} // the last name given to a group counts
	add := func(kind string, g *analytics.PartnerGroup) {
		if g == nil {
			return
		}
		i, seen := place[kind+g.UUID.String()]
		if !seen {
			i = len(kinds)
			place[kind+g.UUID.String()] = i
			kinds, uuids, names = append(kinds, kind), append(uuids, g.UUID), append(names, "")
		}
		names[i] = g.Name
	}
	for i := range partners {
		add("tier", partners[i].Tier)
		add("stage", partners[i].Stage)
		for _, c := range partners[i].Categories {
			add("category", c)
		}
	}
	_, err := tx.Exec(ctx, sql("upsert_partner_groups"), args{"tenant_id": tenant, "kinds": kinds, "uuids": uuids, "names": names})
	return err
}

func groupUUID(g *analytics.PartnerGroup) *uuid.UUID {
	if g == nil {
		return nil
	}
	return &g.UUID
}

func groupUUIDs(groups []*analytics.PartnerGroup) []uuid.UUID {
	out := make([]uuid.UUID, len(groups))
	for i, g := range groups {
		out[i] = g.UUID
	}
	return out
}

// Partners finds partners by uuid, in the order asked for, nil where there is none.
func (s *Store) Partners(ctx context.Context, tenant int64, uuids []uuid.UUID) ([]*analytics.Partner, error) {
	found, err := collect(ctx, s, tenant, sql("partners_by_uuid")+sql("partners"), args{"tenant_id": tenant, "uuids": uuids}, scanPartner)
	return inOrder(uuids, found, partnerUUID), err
}

func partnerUUID(p *analytics.Partner) uuid.UUID { return p.UUID }

// ListPartners lists all partners of a tenant by name.
func (s *Store) ListPartners(ctx context.Context, tenant int64) ([]*analytics.Partner, error) {
	return collect(ctx, s, tenant, sql("partners_all")+sql("partners"), args{"tenant_id": tenant}, scanPartner)
}

func scanPartner(row pgx.CollectableRow) (*analytics.Partner, error) {
	p := &analytics.Partner{}
	var tier, stage optionalGroup
	var direction *string
	err := row.Scan(&p.UUID, &p.Subject, &p.Name, &p.LogoUUID, (*string)(&p.PartnerType), &direction, &tier.id, &tier.name,
		&stage.id, &stage.name, &p.Categories)
	p.LeadDirection = (*analytics.LeadDirection)(direction)
	p.Tier, p.Stage = tier.group(), stage.group()
	return p, err
}

type optionalGroup struct {
	id   *uuid.UUID
	name *string
}

func (g optionalGroup) group() *analytics.PartnerGroup {
	if g.id == nil {
		return nil
	}
	return &analytics.PartnerGroup{UUID: *g.id, Name: *g.name}
}
