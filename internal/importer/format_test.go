package importer_test

import (
	"encoding/csv"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/importer"
)

// table writes a CSV file of one row, from columns in their order with values.
func table(t *testing.T, header []string, values map[string]string) string {
	t.Helper()
	row := make([]string, len(header))
	for i, h := range header {
		row[i] = values[h]
	}
	for h := range values {
		if !slices.Contains(header, h) {
			t.Fatalf("there is no column %q", h)
		}
	}
	var b strings.Builder
	w := csv.NewWriter(&b)
	if err := w.WriteAll([][]string{header, row}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// program is an export of a program with one person in it, and what that is.
type program struct {
	name    string // in headers.json
	is      string // whose export it is taken for
	header  []string
	values  map[string]string
	check   func(c *crm.Contact) bool
	notes   []string
	custom  map[string]any
	company string
}

var programs = []program{
	{name: "google_contacts_csv_old", is: "Google Contacts", header: split("Name,Given Name,Additional Name,Family Name,Name Prefix,Name Suffix,Nickname,Birthday,Notes,Group Membership,E-mail 1 - Type,E-mail 1 - Value,E-mail 2 - Type,E-mail 2 - Value,Phone 1 - Type,Phone 1 - Value,Phone 2 - Type,Phone 2 - Value,Address 1 - Type,Address 1 - Formatted,Address 1 - Street,Address 1 - City,Address 1 - PO Box,Address 1 - Region,Address 1 - Postal Code,Address 1 - Country,Address 1 - Extended Address,Organization 1 - Name,Organization 1 - Title,Relation 1 - Type,Relation 1 - Value,Website 1 - Type,Website 1 - Value"),
		values: map[string]string{"Name": "Ana M. Ruiz", "Given Name": "Ana", "Additional Name": "M.", "Family Name": "Ruiz", "Birthday": "1975-03-24", "Notes": "met\nher", "Group Membership": "* myContacts ::: Buyers", "E-mail 1 - Type": "* Home", "E-mail 1 - Value": "ana@x.example ::: ana2@x.example",
			"E-mail 2 - Type": "Work", "E-mail 2 - Value": "ana@work.example", "Phone 1 - Type": "Mobile", "Phone 1 - Value": "602-555-0147 ::: 602-555-0148", "Phone 2 - Type": "Work Fax", "Phone 2 - Value": "602-555-0149", "Address 1 - Type": "Home",
			"Address 1 - Formatted": "1 Main St\nPhoenix, AZ 85004", "Address 1 - Street": "1 Main St", "Address 1 - City": "Phoenix", "Address 1 - Region": "AZ", "Address 1 - Postal Code": "85004", "Organization 1 - Name": "Acme", "Organization 1 - Title": "Boss", "Relation 1 - Type": "Spouse", "Relation 1 - Value": "Bo", "Website 1 - Type": "Blog", "Website 1 - Value": "https://x.example"},
		check: func(c *crm.Contact) bool {
			return c.Name == "Ana M. Ruiz" && c.DateOfBirth == "1975-03-24" && cmp.Equal(c.Tags, []string{"Buyers"}) && len(c.Emails) == 3 && c.Emails[2] == crm.Email{Address: "ana@work.example", Kind: "work"} &&
				len(c.Phones) == 2 && c.Phones[0].Kind == "cell" && c.Address == crm.Address{Line1: "1 Main St", City: "Phoenix", State: "AZ", PostalCode: "85004"} && c.Website == "https://x.example"
		}, notes: []string{"met\nher"}, custom: map[string]any{"Fax": "602-555-0149", "Organization 1 - Title": "Boss", "Spouse": "Bo"}, company: "Acme"},
	{name: "google_contacts_csv_2024", is: "Google Contacts", header: split("First Name,Middle Name,Last Name,Nickname,File As,Organization Name,Organization Title,Birthday,Notes,Labels,E-mail 1 - Label,E-mail 1 - Value,Phone 1 - Label,Phone 1 - Value,Address 1 - Label,Address 1 - Street,Address 1 - City,Address 1 - Region,Address 1 - Postal Code,Custom Field 1 - Label,Custom Field 1 - Value,Event 1 - Label,Event 1 - Value"),
		values: map[string]string{"First Name": "Ana", "Last Name": "Ruiz", "Organization Name": "Acme", "Labels": "* myContacts ::: * starred", "E-mail 1 - Label": "* Work", "E-mail 1 - Value": "ana@x.example", "Phone 1 - Label": "Home", "Phone 1 - Value": "(602) 555-0147 ext. 9", "Address 1 - Label": "Work", "Address 1 - Street": "2 Oak Ave", "Address 1 - City": "Tempe", "Custom Field 1 - Label": "Shoe size", "Custom Field 1 - Value": "38", "Event 1 - Label": "Anniversary", "Event 1 - Value": "2001-02-03"},
		check: func(c *crm.Contact) bool {
			return c.Phones[0].Kind == "home" && c.Phones[0].Ext == "9" && c.Details.Office != nil && c.Details.Office.City == "Tempe" && c.Address.City == "" && cmp.Equal(c.Tags, []string{"starred"})
		}, custom: map[string]any{"Shoe size": "38", "Anniversary": "2001-02-03"}, company: "Acme"},
	{name: "outlook_csv_92", is: "Outlook", header: split("Title,First Name,Middle Name,Last Name,Suffix,Company,Job Title,Business Street,Business Street 2,Business City,Home Street,Home Street 2,Home City,Home State,Home Postal Code,Business Fax,Business Phone,Home Phone,Mobile Phone,Primary Phone,Anniversary,Birthday,Categories,E-mail Address,E-mail Type,E-mail Display Name,E-mail 2 Address,Notes,Web Page"),
		values: map[string]string{"Title": "Dr.", "First Name": "Ana", "Last Name": "Ruiz", "Suffix": "Jr.", "Company": "Acme", "Business Street": "2 Oak Ave", "Business Street 2": "Suite 5", "Home Street": "1 Main St", "Home Street 2": "Apt 4", "Home City": "Phoenix", "Business Fax": "602-555-0100", "Business Phone": "602-555-0147", "Mobile Phone": "602-555-0148", "Anniversary": "0/0/00", "Birthday": "3/24/1975", "Categories": "Buyer;Hot", "E-mail Address": "ana@x.example", "E-mail Type": "SMTP", "E-mail 2 Address": "ana2@x.example", "Notes": "hello"},
		check: func(c *crm.Contact) bool {
			return c.Name == "Dr. Ana Ruiz Jr." && c.Details.Office.Line1 == "2 Oak Ave, Suite 5" && c.Address.Line1 == "1 Main St, Apt 4" && len(c.Emails) == 2 && c.Phones[0].Kind == "office" && c.Phones[1].Kind == "cell" && c.DateOfBirth == "1975-03-24" && cmp.Equal(c.Tags, []string{"Buyer", "Hot"})
		}, notes: []string{"hello"}, custom: map[string]any{"Business Fax": "602-555-0100", "Anniversary": "0/0/00"}, company: "Acme"},
	{name: "hubspot_contacts_export_22", is: "HubSpot", header: split("Record ID,First Name,Last Name,Full Name,Job Title,Company Name,Email,Phone Number,Country/Region,City,Lead Status,Lifecycle Stage,Original Source,Contact Owner,Create Date,Notes"),
		values: map[string]string{"Record ID": "17", "First Name": "Ana", "Last Name": "Ruiz", "Full Name": "Ana Ruiz", "Job Title": "Boss", "Company Name": "Acme", "Email": "ana@x.example", "Phone Number": "602-555-0147", "Country/Region": "US", "City": "Phoenix", "Lead Status": "OPEN", "Lifecycle Stage": "lead", "Original Source": "Direct", "Contact Owner": "Nobody Known", "Create Date": "2024-01-02 03:04"},
		check: func(c *crm.Contact) bool {
			return c.Address.Country == "US" && c.Stage == "lead" && c.Source == "Direct" && c.Address.City == "Phoenix" && c.Name == ""
		}, custom: map[string]any{"HubSpot Record ID": "17", "Job Title": "Boss", "Lead Status": "OPEN", "Create Date": "2024-01-02 03:04", "Assigned to": "Nobody Known"}, company: "Acme"},
	{name: "follow_up_boss_export_all_columns", is: "Follow Up Boss", header: split("ID,Date Added,First Name,Last Name,Name,Stage,Lead Source,Assigned To,Tags,Timeframe,Email 1,Email 2,Phone 1,Phone 2,Address 1 - Street,Address 1 - City,Address 1 - State,Address 1 - Zip,Address 1 - Country,Property Address,Property City,Birthday,Company,Message,Notes"),
		values: map[string]string{"ID": "9", "First Name": "Ana", "Last Name": "Ruiz", "Stage": "Hot Prospect", "Lead Source": "Zillow", "Tags": "buyer, cash", "Email 1": "ana@x.example", "Email 2": "ana2@x.example", "Phone 1": "602-555-0147", "Phone 2": "602-555-0148", "Address 1 - Street": "1 Main St", "Address 1 - City": "Phoenix", "Address 1 - State": "AZ", "Address 1 - Zip": "85004", "Property Address": "9 Elm St", "Property City": "Mesa", "Message": "call me", "Notes": "nice"},
		check: func(c *crm.Contact) bool {
			return c.Stage == "Hot Prospect" && c.Source == "Zillow" && cmp.Equal(c.Tags, []string{"buyer", "cash"}) && len(c.Emails) == 2 && len(c.Phones) == 2 && c.Address == crm.Address{Line1: "1 Main St", City: "Phoenix", State: "AZ", PostalCode: "85004"}
		}, notes: []string{"call me", "nice"}, custom: map[string]any{"Follow Up Boss ID": "9", "Property Address": "9 Elm St", "Property City": "Mesa"}},
	{name: "gohighlevel_contacts_export", is: "HighLevel", header: split("Contact Id,First Name,Last Name,Phone,Email,Created,Last Activity,Tags,Country,Opportunities"),
		values: map[string]string{"Contact Id": "abc", "First Name": "Ana", "Last Name": "Ruiz", "Phone": "+16025550147", "Email": "ana@x.example", "Tags": "a,b"},
		check:  func(c *crm.Contact) bool { return cmp.Equal(c.Tags, []string{"a", "b"}) && c.Phone == "+16025550147" }, custom: map[string]any{"HighLevel Contact Id": "abc"}},
	{name: "sierra_interactive_import", is: "Sierra Interactive", header: split("First Name,Last Name,Full Name,Email,Secondary Email,Phone,Secondary Phone,Lead Source,Assigned Agent,Street Address,City,State,Zip Code,Tags,Short Summary,Add to Import Note"),
		values: map[string]string{"First Name": "Ana", "Last Name": "Ruiz", "Email": "ana@x.example", "Secondary Email": "ana2@x.example", "Phone": "602-555-0147", "Secondary Phone": "602-555-0148", "Lead Source": "IDX", "Street Address": "1 Main St", "Zip Code": "85004", "Tags": "a;b", "Short Summary": "s", "Add to Import Note": "n"},
		check: func(c *crm.Contact) bool {
			return len(c.Emails) == 2 && len(c.Phones) == 2 && c.Address.PostalCode == "85004" && c.Address.Line1 == "1 Main St" && c.Source == "IDX"
		}, notes: []string{"n", "s"}, custom: map[string]any{}},
	{is: "", header: split("FirstName,lastName,primary_email,cell_phone_1,HomePhone,Street Address,city,state,zipcode,birthday,lead source,Spouse Name"), // LionDesk, kvCORE, BoomTown spellings
		values: map[string]string{"FirstName": "Ana", "lastName": "Ruiz", "primary_email": "ana@x.example", "cell_phone_1": "6025550147", "HomePhone": "6025550148", "Street Address": "1 Main St", "zipcode": "85004", "birthday": "March 24, 1975", "lead source": "IDX", "Spouse Name": "Bo"},
		check: func(c *crm.Contact) bool {
			return c.Phones[0].Kind == "cell" && c.Phones[1].Kind == "home" && c.Address.PostalCode == "85004" && c.DateOfBirth == "1975-03-24" && c.Source == "IDX"
		}, custom: map[string]any{"Spouse Name": "Bo"}},
	{is: "", header: split("Full Name,E-mail,Address,DOB"), values: map[string]string{"Full Name": "Ruiz, Ana", "E-mail": "Ana Ruiz <ana@x.example>; broken@", "Address": "1 Main St Apt 4, Phoenix, AZ 85004", "DOB": "24/03/75"},
		check: func(c *crm.Contact) bool {
			return c.FirstName == "Ana" && c.LastName == "Ruiz" && len(c.Emails) == 1 && c.DateOfBirth == "1975-03-24" && c.Address == crm.Address{Line1: "1 Main St Apt 4", City: "Phoenix", State: "AZ", PostalCode: "85004"}
		}, custom: map[string]any{"E-mail as written": "broken@"}},
}

func split(s string) []string { return strings.Split(s, ",") }

func TestTheExportsOfProgramsAreUnderstood(t *testing.T) {
	for _, p := range programs {
		f := foyertest.New(t)
		r := run(t, f, file(t, "export.csv", table(t, p.header, p.values)), importer.Options{OnMatch: crm.FillEmpty})
		if r.Program != p.is || r.Created != 1 {
			t.Errorf("%s is taken for an export of %q: %+v", p.is, r.Program, r)
			continue
		}
		c, notes, custom := only(t, f)
		if p.custom == nil {
			p.custom = map[string]any{}
		}
		if c.FirstName != "Ana" || c.LastName != "Ruiz" || c.Email != "ana@x.example" || c.CompanyName != p.company || !p.check(&c) {
			t.Errorf("%s: %+v", p.is, c)
		}
		if d := cmp.Diff(p.custom, custom); d != "" {
			t.Errorf("%s: custom fields: %s", p.is, d)
		}
		if !slices.Equal(p.notes, notes) {
			t.Errorf("%s: notes %q", p.is, notes)
		}
	}
}

// The full headers, as public files have them: no column with a value is lost.
func TestNoColumnOfAnExportIsLost(t *testing.T) {
	text, err := os.ReadFile("../../../shared/data/exports/headers.json")
	if err != nil {
		t.Skip("skipped: the headers of exports are not here: put them under ../shared/data/exports to run this test")
	}
	var file_ struct {
		Formats []struct {
			Name   string   `json:"name"`
			Header []string `json:"header"`
		} `json:"formats"`
	}
	if err := json.Unmarshal(text, &file_); err != nil {
		t.Fatal(err)
	}
	is := map[string]string{"gohighlevel_contacts_export_alt": "HighLevel"}
	for _, p := range programs {
		is[p.name] = p.is
	}
	for _, x := range file_.Formats {
		f := foyertest.New(t)
		values := map[string]string{}
		for _, h := range x.Header {
			values[h] = "value of " + h
			if strings.Contains(h, "mail") && !strings.Contains(h, "Type") && !strings.Contains(h, "Label") && !strings.Contains(h, "Display") {
				values[h] = strings.ToLower(strings.NewReplacer(" ", "", "-", "").Replace(h)) + "@x.example"
			}
			if strings.Contains(h, "Phone") && !strings.Contains(h, "Type") && !strings.Contains(h, "Label") {
				values[h] = "602555" + string('0'+rune(len(values)/10%10)) + string('0'+rune(len(values)%10)) + "47"
			}
		}
		r := run(t, f, file(t, "export.csv", table(t, x.Header, values)), importer.Options{})
		if r.Program != is[x.Name] || r.Created != 1 {
			t.Errorf("%s is taken for %q: %+v", x.Name, r.Program, r)
			continue
		}
		c, notes, custom := only(t, f)
		everything, err := json.Marshal([]any{c, notes, slices.Collect(maps.Values(custom)), slices.Collect(maps.Keys(custom))})
		if err != nil {
			t.Fatal(err)
		}
		for h, v := range values {
			if h == "File As" || strings.HasPrefix(h, "E-mail") && strings.HasSuffix(h, "Type") || strings.HasSuffix(h, "Formatted") || h == "Name" || h == "Full Name" {
				continue // it says again what other columns say
			}
			if !strings.Contains(strings.ToLower(string(everything)), strings.ToLower(v)) {
				t.Errorf("%s: the column %q is lost", x.Name, h)
			}
		}
	}
}

func TestCardsAreTaken(t *testing.T) {
	f := foyertest.New(t)
	r := run(t, f, file(t, "ana.vcf", "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Ruiz;Ana;M.;Dr.;\r\nFN:Dr. Ana M. Ruiz\r\nEMAIL;TYPE=WORK:ana@work.example\r\nEMAIL;TYPE=HOME,pref:ana@x.example\r\nTEL;TYPE=CELL:602-555-0147\r\nTEL;TYPE=WORK,FAX:602-555-0149\r\n"+
		"ADR;TYPE=HOME:;Apt 4;1 Main St;Phoenix;AZ;85004;USA\r\nADR;TYPE=WORK:;;2 Oak Ave;Tempe;AZ;85281;\r\nORG:Acme;Sales\r\nTITLE:Boss\r\nBDAY:19750324\r\nNOTE:met\\nher\r\nCATEGORIES:buyer,hot\r\nURL:https://x.example\r\n"+
		"item1.X-ABDATE:2001-02-03\r\nitem1.X-ABLabel:_$!<Anniversary>!$_\r\nX-THING:kept\r\nPHOTO;ENCODING=b:QUJD\r\nEND:VCARD\r\n"+
		"BEGIN:VCARD\r\nVERSION:2.1\r\nEND:VCARD\r\nBEGIN:VCARD\r\nVERSION:2.1\r\nORG:Nobody\r\nX-A:b\r\nEND:VCARD\r\n"), importer.Options{Report: filepath.Join(t.TempDir(), "r.vcf")})
	if r.Created != 1 || r.Blank != 1 || r.Refused != 1 || len(r.Warnings) != 1 || r.Program != "vCard" {
		t.Errorf("%+v", r)
	}
	c, notes, custom := only(t, f)
	if c.Name != "Dr. Ana M. Ruiz" || c.FirstName != "Ana" || c.Email != "ana@x.example" || c.Emails[1].Kind != "work" || len(c.Phones) != 1 || c.Phones[0].Kind != "cell" ||
		c.Address != (crm.Address{Line1: "1 Main St, Apt 4", City: "Phoenix", State: "AZ", PostalCode: "85004", Country: "USA"}) || c.Details.Office.City != "Tempe" || c.CompanyName != "Acme" ||
		c.DateOfBirth != "1975-03-24" || !cmp.Equal(c.Tags, []string{"buyer", "hot"}) || c.Website != "https://x.example" {
		t.Errorf("%+v", c)
	}
	if d := cmp.Diff(map[string]any{"Fax": "602-555-0149", "Department": "Sales", "Job Title": "Boss", "Anniversary": "2001-02-03", "X-THING": "kept"}, custom); d != "" || !slices.Equal(notes, []string{"met\nher"}) {
		t.Errorf("%q %s", notes, d)
	}
	text, err := os.ReadFile(r.Report)
	if err != nil || !strings.Contains(string(text), "BEGIN:VCARD\r\nX-FOYER-REFUSED:line 25: there is no name") {
		t.Errorf("%s %v", text, err)
	}
}

func TestCardsOfProgramsAreTaken(t *testing.T) {
	files, err := filepath.Glob("../../../shared/data/vcard/ez-vcard/*.vcf")
	if err != nil || len(files) == 0 {
		t.Skip("skipped: ez-vcard is not here: put it under ../shared/data/vcard to run this test")
	}
	for _, name := range files {
		f := foyertest.New(t)
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		r := run(t, f, file(t, filepath.Base(name), string(text)), importer.Options{})
		if r.Refused > 0 || r.Blank > 0 || r.Created == 0 {
			t.Errorf("%s: %+v", filepath.Base(name), r)
		}
	}
}
