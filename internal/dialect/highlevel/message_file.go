package highlevel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// uploadBody is the form of POST /conversations/messages/upload, which also has
// the files, under any name.
type uploadBody struct {
	ConversationID string `json:"conversationId" say:"or contactId"`
	ContactID      string `json:"contactId"`
	LocationID     string `json:"locationId"`
	FileAttachment string `json:"fileAttachment" need:"required" format:"binary"`
}

type uploaded struct {
	UploadedFiles map[string]string `json:"uploadedFiles"`
}

// uploadRefused is how this one operation says that it takes no such file
// (contract.md §6).
type uploadRefused struct {
	Status  int    `json:"status"`
	Message string `json:"message"`
}

func (c *call) refuseUpload(status int, message string) wire.Answer {
	return wire.Answer{Status: status, Body: traced{uploadRefused{status, message}, c.ID}}
}

// fileTypes are the endings of what can be uploaded.
var fileTypes = []string{".jpg", ".jpeg", ".png", ".gif", ".webp", ".mp4", ".mpeg", ".mov", ".zip", ".rar", ".pdf", ".doc", ".docx", ".xls", ".xlsx", ".csv", ".txt", ".mp3", ".wav", ".ogg", ".m4a", ".vcf", ".ics"}

// uploadFiles is POST /conversations/messages/upload: files whose addresses a
// message can then name as attachments. An audio file that a call names is its
// recording.
func uploadFiles(ctx context.Context, c *call) (wire.Answer, error) {
	form, files, err := c.multipart()
	if err != nil {
		return wire.Answer{}, err
	}
	if form == nil {
		return c.refuseUpload(http.StatusUnsupportedMediaType, "The body must be multipart/form-data"), nil
	}
	if err := c.checkLocation(form["locationId"]); err != nil {
		return wire.Answer{}, err
	}
	if form["conversationId"] == "" && form["contactId"] == "" {
		return wire.Answer{}, errs.InvalidFields(errs.Field{Name: "conversationId", Rule: "required"})
	}
	if len(files) == 0 {
		return wire.Answer{}, errs.InvalidFields(errs.Field{Name: "fileAttachment", Rule: "required"})
	}
	for _, f := range files {
		if !slices.Contains(fileTypes, strings.ToLower(path.Ext(f.Name))) {
			return c.refuseUpload(http.StatusUnsupportedMediaType, fmt.Sprintf("Files of the type of %s are not supported", f.Name)), nil
		}
		if len(f.Content) > conversation.MaxFile {
			return c.refuseUpload(http.StatusRequestEntityTooLarge, "A file may have at most 5 MiB"), nil
		}
	}
	return do(ctx, c, func(ctx context.Context, tx *db.Tx) (v uploaded, err error) {
		if err := c.reaches(ctx, tx, about{ContactID: form["contactId"], ConversationID: form["conversationId"]}); err != nil {
			return v, err
		}
		conversationID := form["conversationId"]
		if conversationID == "" {
			it, _, err := conversation.Open(ctx, tx, c.Actor(), form["contactId"], "")
			if err != nil {
				return v, err
			}
			conversationID = it.ID
		}
		v.UploadedFiles = map[string]string{}
		for _, u := range files {
			u.ConversationID = conversationID
			f, err := conversation.AddFile(ctx, tx, c.Actor(), u)
			if err != nil {
				return v, err
			}
			v.UploadedFiles[f.Name] = c.address(f.Path())
		}
		return v, nil
	})
}

// multipart reads the body as a form with files; a nil form is one that is none.
func (c *call) multipart() (form map[string]string, files []conversation.Upload, err error) {
	typ, params, err := mime.ParseMediaType(c.Request.Header.Get("Content-Type"))
	if err != nil || typ != "multipart/form-data" || params["boundary"] == "" {
		return nil, nil, nil
	}
	const parts = 50
	form = map[string]string{}
	r := multipart.NewReader(bytes.NewReader(c.Body), params["boundary"])
	for range parts {
		p, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return form, files, nil
		}
		var content []byte
		if err == nil {
			content, err = io.ReadAll(p)
		}
		if err != nil {
			return nil, nil, errs.Wrap(err, errs.Invalid, "The form cannot be read")
		}
		if p.FileName() == "" {
			form[p.FormName()] = clean(strings.TrimSpace(string(content)))
			continue
		}
		files = append(files, conversation.Upload{Name: clean(p.FileName()), ContentType: p.Header.Get("Content-Type"), Content: content})
	}
	return nil, nil, errs.New(errs.Invalid, "The form has more than %d parts", parts)
}

// attachmentsBody is the body of PUT /conversations/messages/{messageId}/attachments.
type attachmentsBody struct {
	Attachments []string `json:"attachments" need:"required" max:"50"`
}

// addAttachments is PUT /conversations/messages/{messageId}/attachments.
func addAttachments(ctx context.Context, c *call) (wire.Answer, error) {
	said, err := read[attachmentsBody](c)
	if err != nil {
		return wire.Answer{}, err
	}
	return do(ctx, c, func(ctx context.Context, tx *db.Tx) (v messageView, err error) {
		m, err := conversation.AttachFiles(ctx, tx, c.Actor(), c.param("messageId"), said.Attachments)
		if err != nil {
			return v, err
		}
		return viewMessage(m), nil
	})
}

// getRecording is GET /conversations/messages/{messageId}/locations/{locationId}/recording.
func getRecording(ctx context.Context, c *call) (a wire.Answer, err error) {
	if err := c.checkLocation(c.param("locationId")); err != nil {
		return a, err
	}
	var f *conversation.File
	err = c.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		f, err = conversation.FileOf(ctx, tx, c.Location().ID, c.param("messageId"), conversation.Recording)
		return err
	})
	if err != nil {
		return a, err
	}
	content, err := f.Content()
	if err != nil {
		return a, err
	}
	typ, where := f.ContentType, mime.FormatMediaType("Attachment", map[string]string{"filename": f.Name})
	if slices.Contains([]string{"audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave"}, typ) {
		typ, where = "audio/x-wav", "Attachment; filename=audio.wav" // as documented
	}
	return wire.Answer{Status: c.op.Success, Body: content}.With("Content-Type", typ).With("Content-Disposition", where), nil
}

// sentenceView is one sentence of a transcription.
type sentenceView conversation.Sentence

// getTranscription is GET /conversations/locations/{locationId}/messages/{messageId}/transcription:
// the sentences, as a list, which alone of all answers has no place for a traceId.
func getTranscription(ctx context.Context, c *call) (wire.Answer, error) {
	said, err := c.transcript(ctx)
	views := make([]sentenceView, len(said))
	for i, s := range said {
		views[i] = sentenceView(s)
	}
	return wire.Answer{Status: c.op.Success, Body: views}, err
}

// downloadTranscription is the same as text, a line for a sentence.
func downloadTranscription(ctx context.Context, c *call) (wire.Answer, error) {
	said, err := c.transcript(ctx)
	var b strings.Builder
	for _, s := range said {
		fmt.Fprintf(&b, "[%s] Channel %d: %s\n", clock(s.StartTime), s.MediaChannel, strings.Join(strings.Fields(s.Transcript), " "))
	}
	return wire.Answer{Status: c.op.Success, Body: []byte(b.String())}.With("Content-Type", "text/plain; charset=utf-8").
		With("Content-Disposition", `Attachment; filename="transcription.txt"`), err
}

func (c *call) transcript(ctx context.Context) (said []conversation.Sentence, err error) {
	if err := c.checkLocation(c.param("locationId")); err != nil {
		return nil, err
	}
	err = c.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		said, err = conversation.Transcript(ctx, tx, c.Location().ID, c.param("messageId"))
		return err
	})
	return said, err
}

// clock writes seconds as minutes and seconds.
func clock(seconds float64) string {
	return fmt.Sprintf("%02d:%02d", int(seconds)/60, int(seconds)%60)
}
