// Package sheet reads the files that address books and CRMs write: CSV in
// whatever dialect and encoding, and vCard. It streams: memory does not grow
// with the file, and no input makes it fail but one that cannot be read.
package sheet

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// sample is how much of a file is looked at to tell what it is.
const sample = 64 << 10

// Decode gives the text of a file as UTF-8 without a byte order mark. UTF-16 is
// told by its mark or its zeros. Everything else is read as UTF-8, and what is
// no UTF-8 in it as Windows-1252, byte by byte: that reads either encoding
// whole, and files that were put together from both.
func Decode(r io.Reader) (io.Reader, error) {
	b := bufio.NewReaderSize(r, sample)
	head, err := b.Peek(sample)
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("reading the beginning of the file: %w", err)
	}
	var t transform.Transformer = mend{}
	switch order, mark := utf16(head); {
	case order != nil:
		t = (*order).NewDecoder()
		_, err = b.Discard(mark)
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		_, err = b.Discard(3)
	default:
		err = nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the beginning of the file: %w", err)
	}
	return transform.NewReader(b, t), nil
}

// utf16 tells the byte order of UTF-16 and the length of its mark; nil is for
// text that is none. Without a mark, every other byte of western text is zero.
func utf16(head []byte) (order *encoding.Encoding, mark int) {
	little := unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	big := unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return &little, 2
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return &big, 2
	}
	var zeros [2]int
	for i, c := range head {
		if c == 0 {
			zeros[i%2]++
		}
	}
	switch most := len(head) / 4; {
	case len(head) < 4:
	case zeros[1] > most && zeros[0] < most/4+1:
		return &little, 0
	case zeros[0] > most && zeros[1] < most/4+1:
		return &big, 0
	}
	return nil, 0
}

// mend turns text into valid UTF-8.
type mend struct{ transform.NopResetter }

// Transform copies what is UTF-8, and reads other bytes as Windows-1252.
func (mend) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		if src[nSrc] < utf8.RuneSelf {
			if nDst == len(dst) {
				return nDst, nSrc, transform.ErrShortDst
			}
			dst[nDst] = src[nSrc]
			nDst++
			nSrc++
			continue
		}
		if !atEOF && !utf8.FullRune(src[nSrc:]) {
			return nDst, nSrc, transform.ErrShortSrc
		}
		r, size := utf8.DecodeRune(src[nSrc:])
		if r == utf8.RuneError && size == 1 {
			r = charmap.Windows1252.DecodeByte(src[nSrc])
		}
		if nDst+utf8.RuneLen(r) > len(dst) {
			return nDst, nSrc, transform.ErrShortDst
		}
		nDst += utf8.EncodeRune(dst[nDst:], r)
		nSrc += size
	}
	return nDst, nSrc, nil
}
