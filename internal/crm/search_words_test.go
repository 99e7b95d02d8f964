package crm

import "testing"

// A change after which a contact has other words in the search index brings the
// index in line with it.
func TestEveryFieldThatIsSearchedIsKnown(t *testing.T) {
	was := Contact{LocationID: "here", FirstName: "Ana", LastName: "Ruiz", Name: "Ana Ruiz", CompanyName: "Acme", DateOfBirth: "1980-02-03",
		Address: Address{Line1: "1 Main St", City: "Phoenix", State: "AZ", PostalCode: "85004"}, Emails: []Email{{Address: "ana@x.example"}}, Phones: []Phone{NewPhone("6025550147", "")}}
	check := func(field string, from, next *Contact) {
		if searchWords(next) != searchWords(from) && !(Change{Field: field}).searched() {
			t.Errorf("%s changes the words of a contact, and the index does not follow", field)
		}
	}
	for _, f := range textFields {
		for _, to := range []string{"", "Zed", "1999-12-31", "99 Elm St", "10001"} {
			for _, from := range []Contact{was, {LocationID: "here", Name: "Ana Ruiz"}} {
				next := from
				*f.at(&next) = to
				check(f.name, &from, &next)
			}
		}
	}
	next := was
	next.Emails = []Email{{Address: "bob@y.example"}}
	check("emails", &was, &next)
	next = was
	next.Phones = nil
	check("phones", &was, &next)
	if (Change{Field: "tags"}).searched() || (Change{Field: "customFields.x"}).searched() {
		t.Error("a tag makes the words anew")
	}
}
