package match

import (
	"cmp"
	"context"
	"hash/maphash"
	"slices"
	"strings"
)

// Book compares very many people with each other, in some 150 bytes for each.
// The zero value is an empty one.
type Book struct {
	text   [][]byte // pages of what was said about people, one after the other
	starts []place64
	seed   maphash.Seed
	named  map[uint64]int32 // how many have a name, by its hash
}

// place64 says where in the pages a person stands.
type place64 struct{ page, at uint32 }

const (
	pageSize = 1 << 20
	block    = 120     // people under one key who are all compared with each other
	perPass  = 250_000 // people whose keys are held at a time, for memory
)

// Len is how many people are in the book.
func (b *Book) Len() int { return len(b.starts) }

// Add puts a person into the book. They are numbered from 0 in the order they
// come.
func (b *Book) Add(p *Person) {
	if b.named == nil {
		b.seed, b.named = maphash.MakeSeed(), map[uint64]int32{}
	}
	given, family := Read(p).Names()
	b.count(given)
	b.count(family)
	text := pack(p)
	if n := len(b.text); n == 0 || len(b.text[n-1])+len(text) > cap(b.text[n-1]) {
		b.text = append(b.text, make([]byte, 0, max(pageSize, len(text))))
	}
	page := len(b.text) - 1
	b.starts = append(b.starts, place64{uint32(page), uint32(len(b.text[page]))}) // #nosec G115 -- a page has a megabyte
	b.text[page] = append(b.text[page], text...)
}

func (b *Book) count(name string) {
	if name != "" {
		b.named[maphash.String(b.seed, name)]++
	}
}

// Crowd is the people of the book.
func (b *Book) Crowd() Crowd {
	return Crowd{Size: len(b.starts), Named: func(name string) int { return int(b.named[maphash.String(b.seed, name)]) }}
}

// read gives a person of the book, ready for comparing.
func (b *Book) read(i uint32) *Record {
	s := b.starts[i]
	end := len(b.text[s.page])
	if n := int(i) + 1; n < len(b.starts) && b.starts[n].page == s.page {
		end = int(b.starts[n].at)
	}
	p := unpack(string(b.text[s.page][s.at:end]))
	return Read(&p)
}

const (
	unit   = "\x1f" // between the values of a list
	record = "\x1e" // between fields
	part   = "\x1d" // between the parts of an address
)

// pack writes a person as one text.
func pack(p *Person) string {
	addresses := make([]string, len(p.Addresses))
	for i, a := range p.Addresses {
		addresses[i] = strings.Join(append([]string{a.Number, a.City, a.State, a.PostalCode}, a.Lines...), part)
	}
	return strings.Join([]string{p.Given, p.Family, p.Full, p.BirthDate, strings.Join(p.Emails, unit), strings.Join(p.Phones, unit), strings.Join(addresses, unit)}, record)
}

// unpack reads what pack wrote.
func unpack(s string) (p Person) {
	fields := strings.SplitN(s, record, 7)
	list := func(s string) []string {
		if s == "" {
			return nil
		}
		return strings.Split(s, unit)
	}
	p.Given, p.Family, p.Full, p.BirthDate, p.Emails, p.Phones = fields[0], fields[1], fields[2], fields[3], list(fields[4]), list(fields[5])
	for _, a := range list(fields[6]) {
		if parts := strings.Split(a, part); len(parts) >= 4 {
			p.Addresses = append(p.Addresses, Address{Number: parts[0], City: parts[1], State: parts[2], PostalCode: parts[3], Lines: parts[4:]})
		}
	}
	return p
}

// keyOf is a key and the person who has it.
type keyOf struct {
	key    uint64
	person uint32
}

// Pairs calls found for each pair of people who may be one, with the lower
// number first, in no order and perhaps more than once. It ends early with ctx.
func (b *Book) Pairs(ctx context.Context, found func(i, j int, v Verdict)) error {
	passes := uint64(len(b.starts)/perPass + 1) // #nosec G115 -- not negative
	var all []keyOf
	for pass := range passes {
		all = all[:0]
		for i := range uint32(len(b.starts)) { // #nosec G115 -- a book of four thousand million people fits in no machine
			if i%1024 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			for _, k := range b.read(i).Keys() {
				if h := maphash.String(b.seed, k); h%passes == pass {
					all = append(all, keyOf{h, i})
				}
			}
		}
		if err := b.meet(ctx, all, found); err != nil {
			return err
		}
	}
	return nil
}

// meet compares those who share a key.
func (b *Book) meet(ctx context.Context, all []keyOf, found func(i, j int, v Verdict)) error {
	slices.SortFunc(all, func(x, y keyOf) int {
		return cmp.Or(cmp.Compare(x.key, y.key), cmp.Compare(x.person, y.person))
	})
	var people []*Record
	var numbers []uint32
	for len(all) > 0 {
		n := 1
		for n < len(all) && all[n].key == all[0].key {
			n++
		}
		if n > 1 {
			if err := ctx.Err(); err != nil {
				return err
			}
			people, numbers = people[:0], numbers[:0]
			for _, k := range all[:n] {
				people, numbers = append(people, b.read(k.person)), append(numbers, k.person)
			}
			b.compareAll(people, numbers, found)
		}
		all = all[n:]
	}
	return nil
}

// compareAll compares people with each other; where they are too many, only
// those who share something more.
func (b *Book) compareAll(people []*Record, numbers []uint32, found func(i, j int, v Verdict)) {
	if len(people) > block {
		for _, sub := range finer(people) {
			if len(sub) <= block {
				b.compareSome(people, numbers, sub, found)
			}
		}
		return
	}
	sub := make([]int, len(people))
	for i := range sub {
		sub[i] = i
	}
	b.compareSome(people, numbers, sub, found)
}

func (b *Book) compareSome(people []*Record, numbers []uint32, sub []int, found func(i, j int, v Verdict)) {
	for x, i := range sub {
		for _, j := range sub[x+1:] {
			if v := people[i].Compare(people[j], b.Crowd()); v.Score >= Bar {
				found(int(numbers[i]), int(numbers[j]), v)
			}
		}
	}
}

// finer splits people who are too many under one key by further ones.
func finer(people []*Record) map[string][]int {
	by := map[string][]int{}
	for i, r := range people {
		for _, k := range r.finerKeys() {
			by[k] = append(by[k], i)
		}
	}
	return by
}
