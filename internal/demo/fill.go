package demo

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
)

// Size is how many different people the demo has.
const Size = 200

// Report says what was sent and what came of it.
type Report struct {
	People   int
	Requests int
	ByDoor   map[string]int
	// Workflows says what each workflow did, in a line.
	Workflows []string
}

// Fill sends the demo's people through the four doors at base, as the vendors'
// own clients would. Every fifth comes by a second door, or a third.
func Fill(ctx context.Context, base string, c *app.Credentials, agent string) (*Report, error) {
	f := &filler{base: base, creds: c, agent: agent, client: &http.Client{Timeout: 30 * time.Second}, report: Report{ByDoor: map[string]int{}}}
	people := People(Size)
	doors := []func(context.Context, int, Person) error{f.radius, f.liondesk, f.brokerkit, f.highlevel}
	for i, p := range people {
		if err := doors[i%4](ctx, i, p); err != nil {
			return nil, err
		}
	}
	// They come again, knowing themselves by e-mail or by phone.
	for i := 0; i < len(people); i += 5 {
		p := people[i]
		again := (i + 1 + i/5%3) % 4
		if again == i%4 {
			again = (again + 1) % 4
		}
		if err := doors[again](ctx, i, p); err != nil {
			return nil, err
		}
		if i%15 == 0 {
			if err := doors[(again+1)%4](ctx, i, p); err != nil {
				return nil, err
			}
		}
	}
	f.report.People = len(people)
	return &f.report, nil
}

type filler struct {
	base   string
	creds  *app.Credentials
	agent  string // e-mail address of a teammate
	client *http.Client
	report Report
}

// post sends one request and reads its answer.
func (f *filler) post(ctx context.Context, door, path string, header map[string]string, body map[string]any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, f.base+path, bytes.NewReader(b))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	for k, v := range header {
		req.Header.Set(k, v)
	}
	res, err := f.client.Do(req)
	if err != nil {
		return fmt.Errorf("filling the demo by %s: %w", door, err)
	}
	defer func() { _ = res.Body.Close() }()
	const most = 1 << 20
	text, err := io.ReadAll(io.LimitReader(res.Body, most))
	if err != nil {
		return fmt.Errorf("filling the demo by %s: %w", door, err)
	}
	var answer map[string]any
	if err := json.Unmarshal(text, &answer); err != nil || res.StatusCode >= 300 || answer["errorText"] != nil && answer["errorText"] != "" {
		return fmt.Errorf("filling the demo by %s: %d %s", door, res.StatusCode, text)
	}
	f.report.Requests++
	f.report.ByDoor[door]++
	return nil
}

func (f *filler) radius(ctx context.Context, i int, p Person) error {
	body := map[string]any{"client": map[string]any{
		"name": p.First + " " + p.Last, "type": p.Interest, "status": []string{"New", "Showings/Tours", "Offer"}[i%3], "emails": p.Email, "phones": p.Phone,
		"address": p.Street, "city": p.City, "state": p.State, "zipcode": p.ZIP, "tags": []string{p.Interest, "open house"}, "source": "Open house", "priority_status": "high",
	}}
	if p.Interest == "seller" || p.Interest == "landlord" {
		body["prop"] = map[string]any{"address": p.Street, "prop_city": p.City, "prop_state": p.State, "prop_zipcode": p.ZIP, "no_of_bed_room": p.Beds, "resale_price": p.Budget, "property_type": "single_family"}
	} else {
		body["req"] = map[string]any{"city": p.City, "state": p.State, "zipcode": p.ZIP, "min_budget": p.Budget - 50000, "max_budget": p.Budget + 50000, "bedroom": p.Beds}
	}
	return f.post(ctx, "radius", "/v3.0/clients/import", map[string]string{"secure-id": *f.creds.Radius.SecureID}, body)
}

func (f *filler) liondesk(ctx context.Context, i int, p Person) error {
	header := map[string]string{"Authorization": "Basic " + base64.StdEncoding.EncodeToString([]byte(*f.creds.LionDesk.APIKey+":")), "X-LionDesk-Id": *f.creds.LionDesk.UserKey}
	contactID := fmt.Sprintf("idx-%d", i)
	if err := f.post(ctx, "liondesk", "/", header, map[string]any{"action": "NewSubmission", "firstname": p.First, "lastname": p.Last, "email": p.Email, "phone": p.Phone,
		"city": p.City, "state": p.State, "siteid": "homes.example", "tag": "IDX," + p.Interest, "contactid": contactID, "comments": fmt.Sprintf("Looking for %d bedrooms in %s.", p.Beds, p.City)}); err != nil {
		return err
	}
	return f.post(ctx, "liondesk", "/", header, map[string]any{"action": "NewActivity", "contactid": contactID, "type": "property_viewed", "description": "Viewed a listing", "sitedomain": "homes.example",
		"property": map[string]any{"mls": fmt.Sprintf("MLS%05d", i), "street_address": p.Street, "city": p.City, "state": p.State, "zip": p.ZIP, "beds": p.Beds, "listing_price": fmt.Sprint(p.Budget)}})
}

func (f *filler) brokerkit(ctx context.Context, i int, p Person) error {
	body := map[string]any{"first_name": p.First, "last_name": p.Last, "email": p.Email, "phone": "+1" + p.Phone, "agent_id": fmt.Sprintf("lic-%04d", i), "status": []string{"new_lead", "contact_made", "appt_set"}[i%3],
		"source": "License list", "currently_at": []string{"Harbor Realty", "Sonora Homes", "Peak Group"}[i%3], "alt_city": p.City, "alt_state": p.State, "alt_zip": p.ZIP,
		"production_ytd": p.Budget * 4, "production_label": []string{"mega", "super", "mid", "low", "new"}[i%5], "rating": 4 + i%7, "owner_email": f.agent}
	if i%6 == 0 {
		body["product"] = "retention"
	}
	return f.post(ctx, "brokerkit", "/v2/leads", map[string]string{"Authorization": "Token token=" + *f.creds.Brokerkit.Token}, body)
}

func (f *filler) highlevel(ctx context.Context, _ int, p Person) error {
	return f.post(ctx, "highlevel", "/contacts/upsert", map[string]string{"Authorization": "Bearer " + *f.creds.HighLevel.PrivateToken, "Version": "2021-07-28"}, map[string]any{
		"locationId": f.creds.LocationID, "firstName": p.First, "lastName": p.Last, "email": p.Email, "phone": "+1" + p.Phone, "address1": p.Street, "city": p.City, "state": p.State, "postalCode": p.ZIP, "country": "US",
		"source": "Facebook ad", "tags": []string{p.Interest, "facebook"}})
}
