package match

import (
	"fmt"
	"testing"
)

// A household is no duplicate: of 200 people who share phones, mailboxes,
// addresses, birthdays and family names with others, no two are suggested.
func TestAHouseholdIsNoDuplicate(t *testing.T) {
	book := &Book{}
	people := households()
	for i := range people {
		book.Add(&people[i])
	}
	if book.Len() != 200 {
		t.Fatalf("there are %d people", book.Len())
	}
	for i := range people {
		for j := range people[:i] {
			if v := Compare(&people[i], &people[j], Crowd{Size: len(people)}); v.Score >= Bar {
				t.Errorf("%+v and %+v are suggested: %.3f, %s", people[j], people[i], v.Score, v.Reason())
			}
		}
	}
	err := book.Pairs(t.Context(), func(i, j int, v Verdict) {
		t.Errorf("%+v and %+v are found: %s", people[i], people[j], v.Reason())
	})
	if err != nil {
		t.Fatal(err)
	}
}

// households makes couples, families with twins, and offices.
func households() []Person {
	families := []string{"Smith", "Garcia", "Nguyen", "Kowalczyk", "O'Brien", "Haddad", "Johansson", "Meyer", "Okafor", "Rossi"}
	women := []string{"Anna", "Maria", "Linda", "Grace", "Ruth", "Fatima", "Ingrid", "Helen", "Ngozi", "Giulia"}
	men := []string{"Peter", "Jose", "Minh", "Adam", "Sean", "Omar", "Lars", "Karl", "Emeka", "Marco"}
	twins := [][2]string{{"Emma", "Ella"}, {"Jack", "Jacob"}, {"Daniel", "Danielle"}, {"Eric", "Erica"}, {"Olivia", "Oliver"}, {"Lucas", "Luke"}, {"Mia", "Maya"}, {"Christian", "Christina"}, {"Jean", "Joan"}, {"Paul", "Paula"}}
	var people []Person
	for i, family := range families {
		home := full1("", family, "", fmt.Sprintf("family%d@home.example", i), fmt.Sprintf("60255501%02d", i), fmt.Sprintf("%d Tulip Street", 10+i), "85004")
		add := func(given, born string) {
			p := home
			p.Given, p.BirthDate = given, born
			people = append(people, p)
		}
		// a couple, of whom nothing else is known for half of them
		if i%2 == 0 {
			add(women[i], fmt.Sprintf("19%d-03-0%d", 70+i, i%9+1))
			add(men[i], fmt.Sprintf("19%d-11-1%d", 68+i, i%9))
		} else {
			add(women[i], "")
			add(men[i], "")
		}
		// twins
		if twins[i][0] == "Lucas" {
			add("Lucas", "2001-05-17")
			add("Philip", "2001-05-17")
		} else {
			add(twins[i][0], "2001-05-17")
			add(twins[i][1], "2001-05-17")
		}
		// an office: one phone, one mailbox, one address, many names
		for n := range 16 {
			given := append(append([]string{}, women...), men...)[(n+i)%20]
			p := full1(given, families[(n+i*3+1)%10]+[]string{"", "son", "berg", "mann"}[n/4], "", fmt.Sprintf("info@office%d.example", i), fmt.Sprintf("48055502%02d", i), fmt.Sprintf("%d Market Street", 100+i), "85251")
			people = append(people, p)
		}
	}
	return people
}
