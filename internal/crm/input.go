package crm

// Input is what a caller says about a contact. An empty field was not said, and
// stays as it is: blank never erases. What is to be erased is named in Clear.
type Input struct {
	Contact

	SetDND *bool    // DND, where it was said
	Clear  []string // canonical names of fields to erase

	// How Emails and Phones of the Input join those that are there.
	Blend Blend
	// ReplaceTags makes Tags the whole list; otherwise they are added.
	ReplaceTags bool
	// ReplaceFollowers makes Followers the whole list; otherwise they are added.
	ReplaceFollowers bool

	Properties   []Property
	Requirements []Requirement
	Links        []Link // the contact's ids in other systems
}

// Blend is how new e-mails and phones join those that a contact has.
type Blend uint8

// The ways to blend.
const (
	// BlendAdd puts new ones behind those that are there.
	BlendAdd Blend = iota
	// BlendFront makes the first new one the primary one and keeps the others.
	// A phone takes its kind over from the one that had it; one of the kinds
	// office and other is nobody's main number and goes behind.
	BlendFront
	// BlendReplace puts the first new one in the place of the primary one, and
	// the rest behind.
	BlendReplace
	// BlendWhole makes them the whole lists, also where they are empty: somebody
	// had the lists before them and changed them.
	BlendWhole
)

// Save is the command behind every create, upsert, import and sync of a contact.
type Save struct {
	ID      string // set: change this contact; empty: look by Match
	Input   Input
	Match   []Key // which identities make two records one, the strongest first
	OnMatch OnMatch
	// Behind are identity keys of Input that are another's first: nobody is
	// recognised by them.
	Behind []string
	// AllowDuplicate makes a new contact although another owns the keys.
	AllowDuplicate bool
	// LeaveOthers takes e-mails and phones out of the Input that another contact
	// owns than the one that matches, if the two are put up for review; otherwise
	// they are kept behind that one.
	LeaveOthers bool
	// Default fills the plain text fields that are still empty once Input has
	// been said, in a new contact as in one that is there.
	Default Contact
	// Touch makes a match an activity of the contact, with a new UpdatedAt, also
	// where nothing about it changed.
	Touch bool
	// Quiet has nobody told of a new contact, and no automation begin: many come that
	// were people before.
	Quiet bool
	// DryRun does everything but store anything.
	DryRun bool

	all      []string  // identity keys of Input, of every kind
	together *together // set by SaveTogether
	newcomer *newcomer // set by SaveTogether where it is ready
}

// Key is a kind of identity.
type Key uint8

// The identities that Save can match by.
const (
	KeyEmail Key = iota + 1
	KeyPhone
	KeyAgent
)

// OnMatch is what Save does with a contact that is already there.
type OnMatch uint8

// The ways to treat a contact that is already there.
const (
	Overwrite OnMatch = iota // what was said replaces what is there
	FillEmpty                // only where nothing is known yet
	NoteOnly                 // the contact stays as it is; only links to it are kept
	Refuse                   // a Conflict error with code "duplicate"
)

// Outcome is what became of a Save.
type Outcome string

// The outcomes, as the import log shows them.
const (
	Created Outcome = "created"
	Updated Outcome = "updated"
	Matched Outcome = "matched" // found, and nothing changed
	Noted   Outcome = "noted"   // found, and something was added to its history
	DryRun  Outcome = "dry run"
)

// Saved is the result of a Save.
type Saved struct {
	Contact *Contact
	Outcome Outcome
	Changes []Change
	// Others are contacts that the same request also pointed at. They are
	// untouched; the pairs are put up for review.
	Others []string
	// Left are the canonical fields of the Input that LeaveOthers took a value from.
	Left []string
	// Taken are identity keys of the Input that another contact owns and keeps.
	Taken []string
}

// Change is one field that changed. From and To are JSON values; nil is nothing.
type Change struct {
	Field string `json:"field"`
	From  any    `json:"from,omitempty"`
	To    any    `json:"to,omitempty"`
}
