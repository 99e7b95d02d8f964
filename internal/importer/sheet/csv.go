package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
)

// MaxRow is the longest row that is read, in bytes.
const MaxRow = 1 << 20

// Row is one row of a CSV file.
type Row struct {
	Line   int      // where it begins, from 1
	Cells  []string // without quotation marks
	Broken string   // why it cannot be used as it stands; "" if it can
}

// Blank reports whether there is nothing in the row.
func (r *Row) Blank() bool {
	return r.Broken == "" && !slices.ContainsFunc(r.Cells, func(c string) bool {
		return len(bytes.TrimSpace([]byte(c))) > 0
	})
}

// CSV reads rows as real programs write them: lines end in LF, CRLF or CR, and
// quotation marks stand where they should not. Use NewCSV.
type CSV struct {
	r     io.Reader
	comma byte
	buf   []byte
	pos   int // of the next row in buf
	line  int // of the next row
	eof   bool
	cells []byte // of the row that is being read, one after the other
	ends  []int
}

// commas are what stands between cells, the commonest first.
const commas = ",;\t|"

// NewCSV reads UTF-8 text, see Decode. What stands between the cells is found
// out from the beginning of the file, or said by a first line like "sep=;".
func NewCSV(r io.Reader) (*CSV, error) {
	c := &CSV{r: r, line: 1}
	for !c.eof && len(c.buf) < sample {
		if err := c.fill(); err != nil {
			return nil, err
		}
	}
	if said, ok := bytes.CutPrefix(c.buf, []byte("sep=")); ok && len(said) > 0 && bytes.IndexByte([]byte(commas), said[0]) >= 0 {
		c.comma = said[0]
		if _, err := c.Read(); err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		return c, nil
	}
	c.comma = sniff(c.buf, c.eof)
	return c, nil
}

// Comma is what stands between the cells.
func (c *CSV) Comma() byte { return c.comma }

// sniff tells what stands between the cells: that which gives most rows as many
// cells as the first one has.
func sniff(text []byte, whole bool) byte {
	const rows = 50
	best, most := commas[0], 0.0
	for _, comma := range []byte(commas) {
		c := &CSV{r: bytes.NewReader(nil), comma: comma, buf: text, eof: true, line: 1}
		width, n, same := 0, 0, 0
		for n < rows {
			row, err := c.Read()
			if err != nil || !whole && c.pos >= len(text) && n > 0 {
				break // the last row of a sample may be cut
			}
			if n++; n == 1 {
				width = len(row.Cells)
			}
			if len(row.Cells) == width {
				same++
			}
		}
		if width < 2 {
			continue
		}
		score := float64(same)/float64(n) + float64(min(width, 100))/1000
		if score > most {
			best, most = comma, score
		}
	}
	return best
}

// fill reads on, and makes room for it.
func (c *CSV) fill() error {
	const step = 64 << 10
	if c.pos > 0 && (len(c.buf)-c.pos < c.pos || cap(c.buf)-len(c.buf) < step) {
		c.buf = c.buf[:copy(c.buf, c.buf[c.pos:])]
		c.pos = 0
	}
	c.buf = slices.Grow(c.buf, step)
	n, err := c.r.Read(c.buf[len(c.buf) : len(c.buf)+step])
	c.buf = c.buf[:len(c.buf)+n]
	if errors.Is(err, io.EOF) {
		c.eof = true
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading line %d: %w", c.line, err)
	}
	return nil
}

// errMore says that the row goes on behind what is in the buffer.
var errMore = errors.New("more")

// Read gives the next row, io.EOF behind the last one. Lines with nothing in
// them are rows without cells.
func (c *CSV) Read() (Row, error) {
	for {
		if c.pos >= len(c.buf) && c.eof {
			return Row{}, io.EOF
		}
		size, lines, err := c.parse(c.buf[c.pos:])
		if err == nil && size <= MaxRow {
			row := Row{Line: c.line, Cells: c.strings()}
			c.pos += size
			c.line += lines
			return row, nil
		}
		if tooLong := len(c.buf)-c.pos > MaxRow; c.eof || tooLong {
			return c.broken()
		}
		if err := c.fill(); err != nil {
			return Row{}, err
		}
	}
}

// broken gives the first line of what is no row: a quotation mark is opened and
// never closed, or the row is too long. Reading goes on behind that line.
func (c *CSV) broken() (Row, error) {
	row := Row{Line: c.line, Broken: "a quotation mark is opened and never closed"}
	text := c.buf[c.pos:]
	end := bytes.IndexAny(text, "\r\n")
	if end < 0 && c.eof {
		end = len(text)
	}
	if end < 0 || end > MaxRow {
		row.Broken = "the row is longer than 1 MiB"
	}
	if end >= 0 {
		row.Cells = literal(text[:min(end, MaxRow)], c.comma)
	}
	for end < 0 { // skip to the end of the line
		c.pos = len(c.buf)
		if c.eof {
			c.line++
			return row, nil
		}
		if err := c.fill(); err != nil {
			return Row{}, err
		}
		if end = bytes.IndexAny(c.buf[c.pos:], "\r\n"); end < 0 && c.eof {
			end = len(c.buf) - c.pos
		}
	}
	c.pos += end
	if c.pos+1 >= len(c.buf) && !c.eof {
		if err := c.fill(); err != nil {
			return Row{}, err
		}
	}
	c.pos += newline(c.buf[c.pos:])
	c.line++
	return row, nil
}

// literal splits a line without regard to quotation marks.
func literal(line []byte, comma byte) []string {
	var cells []string
	for _, cell := range bytes.Split(line, []byte{comma}) {
		cells = append(cells, string(cell))
	}
	return cells
}

// newline gives the length of the line end that text begins with.
func newline(text []byte) int {
	switch {
	case bytes.HasPrefix(text, []byte("\r\n")):
		return 2
	case len(text) > 0 && (text[0] == '\n' || text[0] == '\r'):
		return 1
	}
	return 0
}

// parse reads the row that text begins with into c.cells, and gives its length
// and that of its lines. It returns errMore if the row's end is not in text.
func (c *CSV) parse(text []byte) (size, lines int, err error) {
	c.cells, c.ends = c.cells[:0], c.ends[:0]
	for i := 0; ; i++ {
		n, cellLines, err := c.cell(text[i:])
		if err != nil {
			return 0, 0, err
		}
		i += n
		lines += cellLines
		c.ends = append(c.ends, len(c.cells))
		if i < len(text) && text[i] == c.comma {
			continue
		}
		if i+1 >= len(text) && !c.eof {
			return 0, 0, errMore // a CR may have its LF behind it
		}
		return i + newline(text[i:]), lines + 1, nil
	}
}

// cell reads one cell and gives its length and the line ends in it.
func (c *CSV) cell(text []byte) (size, lines int, err error) {
	i := 0
	for i < len(text) && text[i] == ' ' && c.comma != ' ' {
		i++
	}
	if i < len(text) && text[i] == '"' {
		if i, lines, err = c.quoted(text, i+1); err != nil {
			return 0, 0, err
		}
	} else {
		i = 0
	}
	from := i
	for i < len(text) && text[i] != c.comma && text[i] != '\n' && text[i] != '\r' {
		i++
	}
	if i == len(text) && !c.eof {
		return 0, 0, errMore
	}
	rest := text[from:i]
	if from > 0 {
		rest = bytes.TrimRight(rest, " ")
	}
	c.cells = append(c.cells, rest...)
	return i, lines, nil
}

// quoted reads on behind an opening quotation mark, and gives the place behind
// the closing one.
func (c *CSV) quoted(text []byte, from int) (next, lines int, err error) {
	for i := from; ; {
		n := bytes.IndexAny(text[i:], "\"\r\n")
		if n < 0 {
			return 0, 0, errMore
		}
		c.cells = append(c.cells, text[i:i+n]...)
		i += n
		if text[i] != '"' {
			n := newline(text[i:])
			if i+n >= len(text) && !c.eof {
				return 0, 0, errMore
			}
			c.cells = append(c.cells, text[i:i+n]...)
			i += n
			lines++
			continue
		}
		if i+1 < len(text) && text[i+1] == '"' {
			c.cells = append(c.cells, '"')
			i += 2
			continue
		}
		closes, err := c.closes(text[i+1:])
		if err != nil {
			return 0, 0, err
		}
		i++
		if closes {
			return i, lines, nil
		}
		c.cells = append(c.cells, '"')
	}
}

// closes says whether the quotation mark in front of rest closes its cell. One
// that nothing but the cell's end follows does. Of others, as in "6" pipe", the
// last before the end of the cell does; if there is none on the line, as in
// "Bob" Smith, this one does.
func (c *CSV) closes(rest []byte) (bool, error) {
	ends := func(at int) (bool, error) {
		for at < len(rest) && rest[at] == ' ' {
			at++
		}
		if at == len(rest) && !c.eof {
			return false, errMore
		}
		return at == len(rest) || rest[at] == c.comma || rest[at] == '\n' || rest[at] == '\r', nil
	}
	if yes, err := ends(0); yes || err != nil {
		return yes, err
	}
	next := bytes.IndexAny(rest, "\"\r\n")
	if next < 0 && !c.eof {
		return false, errMore
	}
	if next < 0 || rest[next] != '"' {
		return true, nil
	}
	if before := bytes.TrimRight(rest[:next], " "); len(before) == 0 || before[len(before)-1] == c.comma {
		return true, nil // that one opens the next cell
	}
	return false, nil
}

// strings gives the cells of the row: parts of one string.
func (c *CSV) strings() []string {
	if len(c.ends) == 1 && len(c.cells) == 0 {
		return nil
	}
	all := string(c.cells)
	cells := make([]string, len(c.ends))
	from := 0
	for i, end := range c.ends {
		cells[i], from = all[from:end], end
	}
	return cells
}
