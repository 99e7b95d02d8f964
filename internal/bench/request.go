package bench

import (
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/foyer-crm/foyer/internal/app"
)

// Doors are the doors that the intake is measured through, in equal parts.
var Doors = []string{"highlevel", "radius", "brokerkit", "liondesk"}

// visit is one arrival of a person by a door.
type visit struct {
	person
	turn int // the number of the request: what a later arrival says anew
}

// envelope is what a door wants around a body.
type envelope struct {
	method, path string
	header       [][2]string
}

// request gives the bytes of an intake request, ready to be sent. A later
// arrival says a stage and a tag that the contact has not got yet; by LionDesk,
// which never changes a contact, it leaves a comment.
func request(door string, c *app.Credentials, v visit) []byte {
	stages := []string{"New", "Contacted", "Showings/Tours", "Offer", "Closed", "Nurture", "Lost"}
	stage, tag := stages[v.turn%len(stages)], fmt.Sprintf("week %d", v.turn%52+1)
	e := envelope{method: "POST"}
	var body map[string]any
	switch door {
	case "highlevel":
		e.path, e.header = "/contacts/upsert", highLevelHeader(c)
		body = map[string]any{"locationId": c.LocationID, "firstName": v.first, "lastName": v.last, "email": v.email, "phone": "+1" + v.phone,
			"address1": v.street, "city": v.city, "state": v.state, "postalCode": v.zip, "country": "US", "source": "Facebook ad", "tags": []string{"facebook", tag}}
	case "radius":
		e.path, e.header = "/v3.0/clients/import", [][2]string{{"secure-id", *c.Radius.SecureID}}
		body = map[string]any{"client": map[string]any{"name": v.first + " " + v.last, "type": "buyer", "status": stage, "emails": v.email, "phones": v.phone,
			"address": v.street, "city": v.city, "state": v.state, "zipcode": v.zip, "tags": []string{"open house", tag}, "source": "Open house", "priority_status": "high"},
			"req": map[string]any{"city": v.city, "state": v.state, "zipcode": v.zip, "min_budget": v.budget - 50000, "max_budget": v.budget + 50000, "bedroom": 3}}
	case "brokerkit":
		e.path, e.header = "/v2/leads", [][2]string{{"Authorization", "Token token=" + *c.Brokerkit.Token}}
		body = map[string]any{"first_name": v.first, "last_name": v.last, "email": v.email, "phone": "+1" + v.phone, "status": []string{"new_lead", "contact_made", "appt_set"}[v.turn%3],
			"source": "License list", "currently_at": "Harbor Realty", "alt_address": v.street, "alt_city": v.city, "alt_state": v.state, "alt_zip": v.zip,
			"production_ytd": v.budget*4 + v.turn, "rating": 4 + v.turn%7}
	case "liondesk":
		e.path, e.header = "/", [][2]string{{"Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte(*c.LionDesk.APIKey+":"))}, {"X-LionDesk-Id", *c.LionDesk.UserKey}}
		body = map[string]any{"action": "NewSubmission", "firstname": v.first, "lastname": v.last, "email": v.email, "phone": v.phone, "street_address": v.street,
			"city": v.city, "state": v.state, "zip": v.zip, "siteid": "homes.example", "tag": "IDX,buyer", "comments": fmt.Sprintf("Looking for 3 bedrooms in %s. Asked %d.", v.city, v.turn)}
	}
	text, _ := json.Marshal(body) // texts and numbers only: it cannot fail
	return e.bytes(text)
}

func highLevelHeader(c *app.Credentials) [][2]string {
	return [][2]string{{"Authorization", "Bearer " + *c.HighLevel.PrivateToken}, {"Version", "2021-07-28"}}
}

// get gives the bytes of a reading request.
func get(path string, header ...[2]string) []byte {
	return envelope{method: "GET", path: path, header: header}.bytes(nil)
}

// bytes writes a request as a client that keeps its connection does.
func (e envelope) bytes(body []byte) []byte {
	b := fmt.Appendf(nil, "%s %s HTTP/1.1\r\nHost: foyer.example\r\nUser-Agent: foyer-bench\r\nAccept: application/json\r\n", e.method, e.path)
	for _, h := range e.header {
		b = fmt.Appendf(b, "%s: %s\r\n", h[0], h[1])
	}
	if body != nil {
		b = fmt.Appendf(b, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	}
	return append(append(b, "\r\n"...), body...)
}

// arrivals are the requests of an intake in their order: each door as often as
// any other, and of each door's every second one somebody who is there already.
type arrivals struct {
	people *population
	keys   *app.Credentials
	doors  []string
	held   int // people that the database held before
	next   int // the first person who has not come yet
	turn   int
}

// take gives the next n requests.
func (a *arrivals) take(n int) [][]byte {
	const surelyIn = 512 // people: many more than there are connections
	out := make([][]byte, n)
	for i := range out {
		known := a.held
		if known == 0 {
			known = a.next - surelyIn
		}
		v := visit{turn: a.turn}
		if again := a.turn/len(a.doors)%2 == 1; again && known > 0 {
			v.person = a.people.at(int(scatter(uint64(a.turn)) % uint64(known)))
		} else {
			v.person = a.people.at(a.next)
			a.next++
		}
		out[i] = request(a.doors[a.turn%len(a.doors)], a.keys, v)
		a.turn++
	}
	return out
}

// scatter gives a number without a pattern, the same for the same n.
func scatter(n uint64) uint64 {
	n += 0x9e3779b97f4a7c15
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return n ^ n>>31
}
