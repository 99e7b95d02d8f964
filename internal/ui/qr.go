package ui

import (
	"fmt"
	"image/color"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// qrCode is a QR code as a drawing: the path of its dark squares, one unit each,
// with the quiet zone around them that readers need.
type qrCode struct {
	Size int
	Path string
}

// newQR makes the QR code of a text.
func newQR(text string) (qrCode, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return qrCode{}, fmt.Errorf("drawing a QR code: %w", err)
	}
	const quiet = 4
	b := code.Bounds()
	var path strings.Builder
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if code.At(x, y) == color.Black {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	return qrCode{Size: b.Dx() + 2*quiet, Path: path.String()}, nil
}
