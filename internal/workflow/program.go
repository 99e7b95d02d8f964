package workflow

import "strconv"

// program is a definition's steps in one list, each with where to go on.
type program struct {
	nodes  []node
	labels map[string]int
}

// node is one step of a program.
type node struct {
	key  string // the step's id, or its place: 3, 3.1.2 (second step of the first case), 3.else.1
	step *Step
	next int   // where to go on
	ways []int // of a branch: where each case leads
	rest int   // of a branch: where it goes on if no case holds
}

// finish is behind the last step.
const finish = -1

// compile puts the steps in one list. It needs a definition that was checked.
func compile(steps []Step) *program {
	p := &program{labels: map[string]int{}}
	p.join(p.add(steps, "", nil), finish)
	for i := range p.nodes {
		if n := &p.nodes[i]; n.step.Do == DoGoto {
			n.next = p.target(n.step.Goto, finish)
		}
	}
	return p
}

// end is a place that leads somewhere which is not known yet.
type end struct {
	node int
	way  int // of a branch, or one of these
}

const (
	byNext = -1
	byRest = -2
)

// join lets ends lead to a place.
func (p *program) join(ends []end, to int) {
	for _, e := range ends {
		switch n := &p.nodes[e.node]; e.way {
		case byNext:
			n.next = to
		case byRest:
			n.rest = to
		default:
			n.ways[e.way] = to
		}
	}
}

// add adds steps behind some ends and gives the ends that are open then.
func (p *program) add(steps []Step, path string, from []end) []end {
	for i := range steps {
		s := &steps[i]
		at := len(p.nodes)
		p.join(from, at)
		place := path + strconv.Itoa(i+1)
		n := node{key: s.ID, step: s, next: finish, rest: finish, ways: make([]int, len(s.Cases))}
		if n.key == "" {
			n.key = place
		} else {
			p.labels[s.ID] = at
		}
		p.nodes = append(p.nodes, n)
		from = []end{{at, byNext}}
		switch s.Do {
		case DoBranch:
			from = nil
			for way := range s.Cases {
				from = append(from, p.add(s.Cases[way].Then, place+"."+strconv.Itoa(way+1)+".", []end{{at, way}})...)
			}
			from = append(from, p.add(s.Else, place+".else.", []end{{at, byRest}})...)
		case DoGoto, DoEnd:
			from = nil
		}
	}
	return from
}

// target gives the place that a label names: a step, next or end.
func (p *program) target(label string, next int) int {
	switch label {
	case "", "next":
		return next
	case "end":
		return finish
	}
	if at, ok := p.labels[label]; ok {
		return at
	}
	return finish
}
