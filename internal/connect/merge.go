package connect

import "time"

// meeting is a field of a record on both sides, all values as they are here.
type meeting struct {
	first                   bool // the two were never seen together
	localSeen, remoteSeen   any  // what each side was last seen with
	local, remote           any  // what they have now
	localAt, remoteAt       time.Time
	direction, rule, blanks string
}

// verdict is what a field is to be, and where that is to be written.
type verdict struct {
	value           any
	toLocal, remote bool
	why             string // the rule that decided
}

// Why a field is written.
const (
	changedHere  = "changed here"
	changedThere = "changed there"
	onlyHere     = "only here"
	onlyThere    = "only there"
)

// merge says what becomes of a field. It is pure, and means the same when the
// sides change places.
func (m meeting) merge() verdict {
	if same(m.local, m.remote) {
		return verdict{value: m.local}
	}
	here := m.first || !same(m.local, m.localSeen)
	there := m.first || !same(m.remote, m.remoteSeen)
	here, there = here && m.direction != In, there && m.direction != Out
	if !here && !there {
		return verdict{value: m.local}
	}
	if m.rule == Union && m.direction == Both && (isList(m.local) || isList(m.remote)) {
		v := m.union()
		return verdict{value: v, toLocal: !same(v, m.local), remote: !same(v, m.remote), why: Union}
	}
	keep := m.first || m.blanks == Keep
	switch {
	case here && there && keep && blank(m.local):
		return verdict{m.remote, true, false, onlyThere}
	case here && there && keep && blank(m.remote):
		return verdict{m.local, false, true, onlyHere}
	case here && there:
		return m.conflict()
	case here && keep && blank(m.local), there && keep && blank(m.remote):
		return verdict{value: m.local}
	case here:
		return verdict{m.local, false, true, changedHere}
	}
	return verdict{m.remote, true, false, changedThere}
}

// conflict decides between two changes. Of two of the same moment the one here
// counts.
func (m meeting) conflict() verdict {
	local := verdict{m.local, false, true, m.rule}
	remote := verdict{m.remote, true, false, m.rule}
	switch m.rule {
	case Local:
		return local
	case Remote:
		return remote
	}
	if local.why, remote.why = Newest, Newest; m.remoteAt.After(m.localAt) {
		return remote
	}
	return local
}

// union unites two lists: what either side added is added, and what either side
// took away is taken away.
func (m meeting) union() []string {
	here, there := texts(m.local), texts(m.remote)
	if m.first {
		return united(here, there)
	}
	addedHere, addedThere := minus(here, texts(m.localSeen)), minus(there, texts(m.remoteSeen))
	goneHere, goneThere := minus(texts(m.localSeen), here), minus(texts(m.remoteSeen), there)
	all := minus(united(here, there), minus(goneHere, addedThere))
	return minus(all, minus(goneThere, addedHere))
}
