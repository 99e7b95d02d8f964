package ui

import (
	"fmt"
	"strings"

	"github.com/foyer-crm/foyer/internal/workflow"
)

// kindWord is how a kind of step or trigger is called, with its picture.
type kindWord struct{ Name, Title, Icon, Group string }

// stepWords are the steps, in the order in which people look for them.
func stepWords() []kindWord {
	return []kindWord{
		{workflow.DoEmail, "Send an e-mail", "mail", "Write"}, {workflow.DoSMS, "Send a text", "smartphone", "Write"}, {workflow.DoNotify, "Tell the team", "bell", "Write"},
		{workflow.DoWait, "Wait", "clock", "Flow"}, {workflow.DoBranch, "If …", "split", "Flow"}, {workflow.DoGoto, "Go to a step", "route", "Flow"}, {workflow.DoEnd, "End", "circle-check", "Flow"},
		{workflow.DoAssign, "Assign", "user-check", "Contact"}, {workflow.DoAddTag, "Add tags", "tag", "Contact"}, {workflow.DoRemoveTag, "Remove tags", "tags", "Contact"}, {workflow.DoSetField, "Set a field", "pencil", "Contact"},
		{workflow.DoTask, "Add a task", "list-checks", "Work"}, {workflow.DoNote, "Add a note", "sticky-note", "Work"}, {workflow.DoOpportunity, "Open a deal", "handshake", "Work"}, {workflow.DoMoveStage, "Move a deal", "kanban", "Work"}, {workflow.DoAppointment, "Book an appointment", "calendar-plus", "Work"},
		{workflow.DoEnrol, "Enrol in another", "log-in", "Systems"}, {workflow.DoRemove, "Take out of another", "log-out", "Systems"}, {workflow.DoWebhook, "Call a webhook", "webhook", "Systems"},
	}
}

// triggerWords are the triggers.
func triggerWords() []kindWord {
	return []kindWord{
		{workflow.OnIntake, "A lead comes in", "user-plus", ""}, {workflow.OnMessage, "They write", "message-square", ""}, {workflow.OnTagAdded, "A tag is added", "tag", ""}, {workflow.OnTagRemoved, "A tag is removed", "tags", ""},
		{workflow.OnFieldChanged, "A field changes", "pencil", ""}, {workflow.OnStageChanged, "A deal moves", "kanban", ""}, {workflow.OnStatusChanged, "A deal is won or lost", "handshake", ""}, {workflow.OnAppointment, "An appointment", "calendar", ""},
		{workflow.OnDate, "A date comes", "cake", ""}, {workflow.OnSchedule, "On a schedule", "calendar-clock", ""}, {workflow.OnWebhook, "A webhook calls", "webhook", ""}, {workflow.OnEvent, "Any event", "zap", ""},
	}
}

func wordFor(all []kindWord, name string) kindWord {
	for _, w := range all {
		if w.Name == name {
			return w
		}
	}
	return kindWord{name, name, "circle", ""}
}

func triggerTitle(on string) string { return wordFor(triggerWords(), on).Title }

// stepText says in a line what a step does.
func stepText(s *workflow.Step) string {
	list := func(v []string) string { return strings.Join(v, ", ") }
	switch s.Do {
	case workflow.DoEmail:
		return s.Subject
	case workflow.DoSMS, workflow.DoNote:
		return s.Body
	case workflow.DoWait:
		return waitText(s)
	case workflow.DoGoto:
		return "to " + s.Goto
	case workflow.DoAddTag, workflow.DoRemoveTag:
		return list(s.Tags)
	case workflow.DoSetField:
		return s.Field + " = " + s.Value
	case workflow.DoAssign:
		return assignText(s)
	case workflow.DoTask:
		return joined2(s.Title, prefixed("due in ", s.Due.String()))
	case workflow.DoOpportunity, workflow.DoMoveStage:
		return joined2(s.Pipeline, s.Stage, s.Status, s.Amount)
	case workflow.DoAppointment:
		return joined2(s.Calendar, s.Title)
	case workflow.DoEnrol, workflow.DoRemove:
		return s.Workflow + s.Campaign
	case workflow.DoWebhook:
		return strings.TrimSpace(s.Method + " " + s.URL)
	case workflow.DoNotify:
		return list(s.To) + ": " + s.Text
	}
	return ""
}

func waitText(s *workflow.Step) string {
	if s.Event != nil {
		return "until: " + strings.ToLower(triggerTitle(s.Event.On)) + prefixed(", at most ", s.Timeout.String()) + prefixed(", then ", s.Late)
	}
	return joined2(prefixed("for ", s.For.String()), prefixed("until ", s.Until)+prefixed(" ", s.Offset.String()), prefixed("at ", s.At), strings.Join(s.Days, ", "))
}

func assignText(s *workflow.Step) string {
	switch s.By {
	case "user":
		return "to " + s.User
	case "source":
		return "by source"
	}
	names := make([]string, len(s.Users))
	for i, u := range s.Users {
		names[i] = u.User
	}
	return strings.ReplaceAll(s.By, "_", " ") + ": " + strings.Join(names, ", ")
}

// triggerText says in a line which of its kind a trigger means.
func triggerText(t *workflow.Trigger) string {
	all := []string{strings.Join(t.Events, ", "), prefixed("by ", strings.Join(t.Doors, ", ")), prefixed("from ", strings.Join(t.Sources, ", ")), strings.Join(t.Tags, ", "), t.Field, t.Pipeline,
		prefixed("from ", strings.Join(t.From, ", ")), prefixed("to ", strings.Join(t.To, ", ")), strings.Join(t.What, ", "), strings.Join(t.Calendars, ", "), strings.Join(t.Channels, ", "),
		prefixed("says ", t.Contains), prefixed("every ", t.Every), strings.Join(t.Days, ", "), prefixed("at ", t.At)}
	if t.Day > 0 {
		all = append(all, fmt.Sprintf("day %d", t.Day))
	}
	if t.If != nil {
		all = append(all, "if "+conditionText(t.If))
	}
	return joined2(all...)
}

// conditionText says a condition in a line.
func conditionText(c *workflow.Condition) string {
	many := func(list []workflow.Condition, word string) string {
		var parts []string
		for i := range list {
			parts = append(parts, conditionText(&list[i]))
		}
		return strings.Join(parts, word)
	}
	var parts []string
	if c.Field != "" {
		parts = append(parts, c.Field+" "+comparison(c))
	}
	if len(c.All) > 0 {
		parts = append(parts, many(c.All, " and "))
	}
	if len(c.Any) > 0 {
		parts = append(parts, "("+many(c.Any, " or ")+")")
	}
	if c.Not != nil {
		parts = append(parts, "not ("+conditionText(c.Not)+")")
	}
	return strings.Join(parts, " and ")
}

// comparison is what a condition says of its field.
func comparison(c *workflow.Condition) string {
	switch {
	case c.Is != nil:
		return fmt.Sprint("is ", c.Is)
	case c.IsNot != nil:
		return fmt.Sprint("is not ", c.IsNot)
	case len(c.In) > 0:
		return "is one of " + strings.Trim(strings.ReplaceAll(fmt.Sprint(c.In), " ", ", "), "[]")
	case c.Contains != "":
		return "contains " + c.Contains
	case c.StartsWith != "":
		return "starts with " + c.StartsWith
	case c.Known != nil && !*c.Known:
		return "is not known"
	case c.Known != nil:
		return "is known"
	case c.Above != nil:
		return fmt.Sprint("is above ", c.Above)
	case c.Below != nil:
		return fmt.Sprint("is below ", c.Below)
	}
	return "is within " + c.Within.String()
}

func prefixed(prefix, s string) string {
	if s == "" || s == "0s" {
		return ""
	}
	return prefix + s
}

// joined2 puts those of some texts that are not empty into one line.
func joined2(parts ...string) string {
	var some []string
	for _, p := range parts {
		if p = strings.TrimSpace(p); p != "" {
			some = append(some, p)
		}
	}
	return strings.Join(some, " · ")
}
