package highlevel

import (
	"context"

	"github.com/foyer-crm/foyer/internal/association"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// associationView is an association as HighLevel shows it (contract.md §17).
type associationView struct {
	ID          string `json:"id"`
	LocationID  string `json:"locationId"`
	Key         string `json:"key"`
	FirstLabel  string `json:"firstObjectLabel"`
	FirstKey    string `json:"firstObjectKey"`
	SecondLabel string `json:"secondObjectLabel"`
	SecondKey   string `json:"secondObjectKey"`
	ToSecond    string `json:"firstObjectToSecondObjectCardinality"`
	ToFirst     string `json:"secondObjectToFirstObjectCardinality"`
	Type        string `json:"associationType"`
	CreatedAt   string `json:"createdAt"`
	UpdatedAt   string `json:"updatedAt"`
}

func viewAssociation(a *association.Association) associationView {
	return associationView{ID: a.ID, LocationID: a.LocationID, Key: a.Key, FirstLabel: a.FirstLabel, FirstKey: a.FirstKey, SecondLabel: a.SecondLabel, SecondKey: a.SecondKey,
		ToSecond: a.Cardinality, ToFirst: association.Mirror(a.Cardinality), Type: a.Type, CreatedAt: moment(a.CreatedAt), UpdatedAt: moment(a.UpdatedAt)}
}

// newAssociation is the body of POST /associations/.
type newAssociation struct {
	LocationID  string `json:"locationId" need:"defined"`
	Key         string `json:"key" need:"required" max:"100"`
	FirstLabel  string `json:"firstObjectLabel" need:"required" max:"100"`
	FirstKey    string `json:"firstObjectKey" need:"required" max:"150" say:"contact, opportunity, business or custom_objects.NAME"`
	SecondLabel string `json:"secondObjectLabel" need:"required" max:"100"`
	SecondKey   string `json:"secondObjectKey" need:"required" max:"150"`
	ToSecond    string `json:"firstObjectToSecondObjectCardinality" choice:"ONE_TO_ONE|ONE_TO_MANY|MANY_TO_ONE|MANY_TO_MANY"`
	ToFirst     string `json:"secondObjectToFirstObjectCardinality" choice:"ONE_TO_ONE|ONE_TO_MANY|MANY_TO_ONE|MANY_TO_MANY"`
}

// createAssociation is POST /associations/. The cardinality can be said from
// either side; said from both it must be the same.
func createAssociation(ctx context.Context, c *call) (wire.Answer, error) {
	said, err := read[newAssociation](c)
	if err != nil {
		return wire.Answer{}, err
	}
	cardinality := said.ToSecond
	if said.ToFirst != "" {
		if cardinality != "" && association.Mirror(cardinality) != said.ToFirst {
			return wire.Answer{}, errs.InvalidFields(errs.Field{Name: "secondObjectToFirstObjectCardinality", Rule: "choice"})
		}
		cardinality = association.Mirror(said.ToFirst)
	}
	a := association.Association{Key: said.Key, FirstLabel: said.FirstLabel, FirstKey: said.FirstKey, SecondLabel: said.SecondLabel, SecondKey: said.SecondKey, Cardinality: cardinality}
	return do(ctx, c, func(ctx context.Context, tx *db.Tx) (v associationView, err error) {
		made, err := association.Add(ctx, tx, c.Actor(), a)
		if err != nil {
			return v, err
		}
		return viewAssociation(made), nil
	})
}

// labels is the body of PUT /associations/{associationId}.
type labels struct {
	First  string `json:"firstObjectLabel" need:"required" max:"100"`
	Second string `json:"secondObjectLabel" need:"required" max:"100"`
}

// updateAssociation is PUT /associations/{associationId}.
func updateAssociation(ctx context.Context, c *call) (wire.Answer, error) {
	said, err := read[labels](c)
	if err != nil {
		return wire.Answer{}, err
	}
	return do(ctx, c, func(ctx context.Context, tx *db.Tx) (v associationView, err error) {
		a, err := association.Relabel(ctx, tx, c.Actor(), c.param("associationId"), said.First, said.Second)
		if err != nil {
			return v, err
		}
		return viewAssociation(a), nil
	})
}

// deletedView is the answer to the end of an association.
type deletedView struct {
	Deleted bool   `json:"deleted"`
	ID      string `json:"id"`
	Message string `json:"message"`
}

// deleteAssociation is DELETE /associations/{associationId}.
func deleteAssociation(ctx context.Context, c *call) (wire.Answer, error) {
	return do(ctx, c, func(ctx context.Context, tx *db.Tx) (deletedView, error) {
		return deletedView{true, c.param("associationId"), "Association deleted"}, association.Delete(ctx, tx, c.Actor(), c.param("associationId"))
	})
}

// getAssociation is GET /associations/{associationId}.
func getAssociation(ctx context.Context, c *call) (wire.Answer, error) {
	return showAssociation(ctx, c, association.ByID, c.param("associationId"))
}

// getAssociationByKey is GET /associations/key/{key_name}.
func getAssociationByKey(ctx context.Context, c *call) (wire.Answer, error) {
	return showAssociation(ctx, c, association.ByKey, c.param("key_name"))
}

func showAssociation(ctx context.Context, c *call, find func(ctx context.Context, tx *db.Tx, locationID, which string) (*association.Association, error), which string) (wire.Answer, error) {
	return show(ctx, c, func(ctx context.Context, tx *db.Tx) (v associationView, err error) {
		a, err := find(ctx, tx, c.Location().ID, which)
		if err != nil {
			return v, err
		}
		return viewAssociation(a), nil
	})
}

// pageQuery is what lists can be asked. Skip is required in the document, and
// left out by clients.
type pageQuery struct {
	LocationID string `json:"locationId"`
	Skip       *int64 `json:"skip" min:"0" max:"1000000"`
	Limit      *int64 `json:"limit" min:"1" max:"100"`
}

type associationsView struct {
	Associations []associationView `json:"associations"`
	Total        int64             `json:"total"`
}

// listAssociations is GET /associations/.
func listAssociations(ctx context.Context, c *call) (wire.Answer, error) {
	said, err := readQuery[pageQuery](c)
	if err != nil {
		return wire.Answer{}, err
	}
	return showAssociations(ctx, c, "", int(orElse(said.Limit, 20)), int(orElse(said.Skip, 0)))
}

// listAssociationsOf is GET /associations/objectKey/{objectKey}.
func listAssociationsOf(ctx context.Context, c *call) (wire.Answer, error) {
	return showAssociations(ctx, c, c.param("objectKey"), 100, 0)
}

func showAssociations(ctx context.Context, c *call, object string, limit, skip int) (wire.Answer, error) {
	return show(ctx, c, func(ctx context.Context, tx *db.Tx) (v associationsView, err error) {
		list, total, err := association.All(ctx, tx, c.Location().ID, object, limit, skip)
		v = associationsView{make([]associationView, len(list)), total}
		for i := range list {
			v.Associations[i] = viewAssociation(&list[i])
		}
		return v, err
	})
}

// relationView is a relation as HighLevel shows it.
type relationView struct {
	ID            string `json:"id"`
	AssociationID string `json:"associationId"`
	Key           string `json:"key"`
	FirstKey      string `json:"firstObjectKey"`
	FirstRecord   string `json:"firstRecordId"`
	SecondKey     string `json:"secondObjectKey"`
	SecondRecord  string `json:"secondRecordId"`
	LocationID    string `json:"locationId"`
	CreatedAt     string `json:"createdAt"`
}

func viewRelation(r *association.Relation, a *association.Association) relationView {
	return relationView{ID: r.ID, AssociationID: r.AssociationID, Key: a.Key, FirstKey: a.FirstKey, FirstRecord: r.FirstID, SecondKey: a.SecondKey, SecondRecord: r.SecondID,
		LocationID: r.LocationID, CreatedAt: moment(r.CreatedAt)}
}

// newRelation is the body of POST /associations/relations.
type newRelation struct {
	LocationID    string `json:"locationId" need:"defined"`
	AssociationID string `json:"associationId" need:"required"`
	FirstRecord   string `json:"firstRecordId" need:"required" max:"64"`
	SecondRecord  string `json:"secondRecordId" need:"required" max:"64"`
}

// createRelation is POST /associations/relations.
func createRelation(ctx context.Context, c *call) (wire.Answer, error) {
	said, err := read[newRelation](c)
	if err != nil {
		return wire.Answer{}, err
	}
	return do(ctx, c, func(ctx context.Context, tx *db.Tx) (v relationView, err error) {
		r, a, err := association.Relate(ctx, tx, c.Actor(), said.AssociationID, said.FirstRecord, said.SecondRecord)
		if err != nil {
			return v, err
		}
		return viewRelation(r, a), nil
	})
}

// deleteRelation is DELETE /associations/relations/{relationId}.
func deleteRelation(ctx context.Context, c *call) (wire.Answer, error) {
	return do(ctx, c, func(ctx context.Context, tx *db.Tx) (v relationView, err error) {
		r, a, err := association.Part(ctx, tx, c.Actor(), c.param("relationId"))
		if err != nil {
			return v, err
		}
		return viewRelation(r, a), nil
	})
}

// relationsQuery is what can be asked of a record's relations.
type relationsQuery struct {
	pageQuery
	AssociationIDs []string `json:"associationIds"`
}

type relationsView struct {
	Relations []relationView `json:"relations"`
	Total     int64          `json:"total"`
}

// listRelations is GET /associations/relations/{recordId}.
func listRelations(ctx context.Context, c *call) (wire.Answer, error) {
	said, err := readQuery[relationsQuery](c)
	if err != nil {
		return wire.Answer{}, err
	}
	return show(ctx, c, func(ctx context.Context, tx *db.Tx) (v relationsView, err error) {
		list, total, err := association.Relations(ctx, tx, c.Location().ID, c.param("recordId"), said.AssociationIDs, int(orElse(said.Limit, 20)), int(orElse(said.Skip, 0)))
		v = relationsView{make([]relationView, len(list)), total}
		for i := range list {
			v.Relations[i] = viewRelation(&list[i].Relation, &list[i].Association)
		}
		return v, err
	})
}
