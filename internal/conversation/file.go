package conversation

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"mime"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/id"
)

// File is something that is stored with a message: an attachment, the recording
// of a call, its transcription.
type File struct {
	LocationID     string
	ID             string
	ConversationID string
	ContactID      string
	MessageID      string // "" until a message names it
	Kind           string // Attachment, Recording, Transcription
	Name           string
	ContentType    string
	Size           int64  // bytes
	Token          string // whoever knows it may fetch the file
	CreatedAt      time.Time
	content        string // base64
}

// The kinds of files.
const (
	Attachment    = "attachment"
	Recording     = "recording"
	Transcription = "transcription"
)

// MaxFile is the largest file that is stored, in bytes.
const MaxFile = 5 << 20

var files = db.NewTable("message_files", []string{"location_id", "id"}, func(f *File) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &f.LocationID}, {Name: "id", At: &f.ID}, {Name: "conversation_id", At: &f.ConversationID}, {Name: "contact_id", At: &f.ContactID},
		{Name: "message_id", At: &f.MessageID}, {Name: "kind", At: &f.Kind}, {Name: "name", At: &f.Name}, {Name: "content_type", At: &f.ContentType},
		{Name: "size", At: &f.Size}, {Name: "token", At: &f.Token}, {Name: "created_at", At: db.Millis(&f.CreatedAt)}, {Name: "content", At: &f.content},
	}
})

// Content gives the bytes of a file.
func (f *File) Content() ([]byte, error) {
	b, err := base64.StdEncoding.DecodeString(f.content)
	if err != nil {
		return nil, fmt.Errorf("reading the file %s: %w", f.ID, err)
	}
	return b, nil
}

// Path is where the file is fetched from, below the address of the server.
func (f *File) Path() string {
	return "/files/" + f.LocationID + "/" + f.ID + "/" + f.Token + "/" + url.PathEscape(f.Name)
}

// Upload is a file that somebody brings for a conversation.
type Upload struct {
	ConversationID string
	Name           string
	ContentType    string
	Content        []byte
}

// AddFile stores a file for a conversation; a message that names its address
// takes it over. NotFound if the conversation is not there, TooLarge beyond
// MaxFile.
func AddFile(ctx context.Context, tx *db.Tx, by crm.Actor, u Upload) (*File, error) {
	if len(u.Content) > MaxFile {
		return nil, errs.New(errs.TooLarge, "A file may have at most 5 MiB")
	}
	c, err := locked(ctx, tx, by.LocationID, u.ConversationID)
	if err != nil {
		return nil, err
	}
	f := &File{LocationID: by.LocationID, ID: tx.NewID(), ConversationID: c.ID, ContactID: c.ContactID, Kind: Attachment, Name: fileName(u.Name), ContentType: mediaType(u.ContentType, u.Name),
		Size: int64(len(u.Content)), Token: id.UUID(), CreatedAt: tx.Now(), content: base64.StdEncoding.EncodeToString(u.Content)}
	if err := files.Insert(ctx, tx, f); err != nil {
		return nil, err
	}
	err = crm.Emit(ctx, tx, by, "file.created", c.ContactID, f.ID, crm.EventData{Kind: f.ContentType, Text: crm.Excerpt(f.Name)})
	return f, err
}

// fileName keeps the last part of a name, in signs that a header can carry.
func fileName(name string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == '"' || r == 0x7f || r == '/' || r == 0xFFFD {
			return '_'
		}
		return r
	}, name)
	if name == "" || name == "." || name == ".." || len(name) > 200 {
		return "file"
	}
	return name
}

// mediaType gives the type that was said, or that of the name.
func mediaType(said, name string) string {
	if typ, _, err := mime.ParseMediaType(said); err == nil && typ != "application/octet-stream" {
		return typ
	}
	if typ, _, err := mime.ParseMediaType(mime.TypeByExtension(path.Ext(name))); err == nil {
		return typ
	}
	return "application/octet-stream"
}

// claimFiles makes a message the owner of the stored files that it names. An
// audio file of a call is its recording.
func claimFiles(ctx context.Context, tx *db.Tx, m *Message) error {
	for _, address := range m.Attachments {
		f, err := named(ctx, tx, m.LocationID, address)
		if err != nil {
			return err
		}
		if f == nil || f.ContactID != m.ContactID || f.MessageID != "" && f.MessageID != m.ID {
			continue // somebody else's address, or another message's file: only shown
		}
		if f.MessageID, f.Kind = m.ID, Attachment; isCall(m.Type) && strings.HasPrefix(f.ContentType, "audio/") {
			f.Kind = Recording
		}
		if err := tx.Do(ctx, "UPDATE message_files SET message_id = $3, kind = $4 WHERE location_id = $1 AND id = $2", f.LocationID, f.ID, f.MessageID, f.Kind); err != nil {
			return err
		}
	}
	return nil
}

// named gives the stored file that an address names, nil if it is none of ours.
func named(ctx context.Context, tx *db.Tx, locationID, address string) (*File, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, nil
	}
	parts := strings.Split(strings.TrimPrefix(u.Path, "/"), "/")
	if len(parts) != 5 || parts[0] != "files" || parts[1] != locationID {
		return nil, nil
	}
	f, err := files.One(ctx, tx, "WHERE location_id = $1 AND id = $2", locationID, parts[2])
	if err != nil || f == nil || f.Token != parts[3] {
		return nil, err
	}
	return f, nil
}

// AttachFiles adds addresses to the attachments of a message. NotFound if it is
// not there.
func AttachFiles(ctx context.Context, tx *db.Tx, by crm.Actor, messageID string, addresses []string) (*Message, error) {
	m, err := message(ctx, tx, "WHERE location_id = $1 AND id = $2 /*postgres FOR UPDATE*/", by.LocationID, messageID)
	if err != nil {
		return nil, err
	}
	m.Attachments = append(m.Attachments, addresses...)
	m.UpdatedAt = tx.Now()
	if err := messages.Update(ctx, tx, m); err != nil {
		return nil, err
	}
	if err := claimFiles(ctx, tx, m); err != nil {
		return nil, err
	}
	err = crm.Emit(ctx, tx, by, "message.updated", m.ContactID, m.ID, crm.EventData{Kind: m.Type, Changes: []crm.Change{{Field: "attachments", To: addresses}}})
	return m, err
}

// FileByToken gives a file to whoever knows its token. NotFound for anybody else.
func FileByToken(ctx context.Context, tx *db.Tx, locationID, fileID, token string) (*File, error) {
	f, err := files.One(ctx, tx, "WHERE location_id = $1 AND id = $2", locationID, fileID)
	if err != nil {
		return nil, err
	}
	if f == nil || subtle.ConstantTimeCompare([]byte(f.Token), []byte(token)) != 1 {
		return nil, missing()
	}
	return f, nil
}

// FilesOf gives the files of a message that it was sent with, the oldest first.
func FilesOf(ctx context.Context, tx *db.Tx, locationID, messageID string) ([]File, error) {
	return files.All(ctx, tx, "WHERE location_id = $1 AND message_id = $2 AND kind = $3 ORDER BY id", locationID, messageID, Attachment)
}

// FileOf gives the recording or the transcription of a message. NotFound if the
// message or the file is not there; the second has the code "file".
func FileOf(ctx context.Context, tx *db.Tx, locationID, messageID, kind string) (*File, error) {
	if _, err := MessageByID(ctx, tx, locationID, messageID); err != nil {
		return nil, err
	}
	f, err := files.One(ctx, tx, "WHERE location_id = $1 AND message_id = $2 AND kind = $3 ORDER BY id DESC LIMIT 1", locationID, messageID, kind)
	if err == nil && f == nil {
		err = missing()
	}
	return f, err
}

func missing() error { return errs.New(errs.NotFound, "File not found").WithCode("file") }

// Sentence is one sentence of a call (contract.md §12).
type Sentence struct {
	MediaChannel  int64   `json:"mediaChannel"`
	SentenceIndex int64   `json:"sentenceIndex"`
	StartTime     float64 `json:"startTime"` // seconds
	EndTime       float64 `json:"endTime"`
	Transcript    string  `json:"transcript"`
	Confidence    float64 `json:"confidence"`
}

func keepTranscription(ctx context.Context, tx *db.Tx, m *Message, said []Sentence) error {
	text, err := json.Marshal(said)
	if err != nil {
		return fmt.Errorf("storing a transcription: %w", err)
	}
	return files.Insert(ctx, tx, &File{LocationID: m.LocationID, ID: tx.NewID(), ConversationID: m.ConversationID, ContactID: m.ContactID, MessageID: m.ID, Kind: Transcription,
		Name: "transcription.json", ContentType: "application/json", Size: int64(len(text)), Token: id.UUID(), CreatedAt: tx.Now(), content: base64.StdEncoding.EncodeToString(text)})
}

// Transcript gives the sentences of a call. The errors are FileOf's.
func Transcript(ctx context.Context, tx *db.Tx, locationID, messageID string) (said []Sentence, err error) {
	f, err := FileOf(ctx, tx, locationID, messageID, Transcription)
	if err != nil {
		return nil, err
	}
	text, err := f.Content()
	if err == nil {
		err = json.Unmarshal(text, &said)
	}
	if err != nil {
		return nil, fmt.Errorf("reading a transcription: %w", err)
	}
	return said, nil
}
