package display

import "image/color"

// colours are the tokens of the design for one theme. No text ever stands
// directly on go or back.
type colours struct {
	paper, card, ink, ink2, line, mute color.RGBA
	keycap, onKeycap                   color.RGBA
	green, greenMark, onGreen          color.RGBA
	greenSoft, greenInk                color.RGBA
	amber, amberMark, onAmber          color.RGBA
	amberSoft, amberInk                color.RGBA
	wait, off, offCard, onOff, onOff2  color.RGBA
	fine, odd, bad                     color.RGBA
}

func rgb(v uint32) color.RGBA {
	return color.RGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 0xff}
}

var (
	white = rgb(0xffffff)
	black = rgb(0x000000)
)

var day = colours{
	paper: rgb(0xf4f6f4), card: rgb(0xffffff), ink: rgb(0x14201a), ink2: rgb(0x56615b), line: rgb(0xdde3df), mute: rgb(0xe9edea),
	keycap: rgb(0x14201a), onKeycap: rgb(0xffffff),
	green: rgb(0x07c160), greenMark: rgb(0x06964d), onGreen: rgb(0xffffff),
	greenSoft: rgb(0xdff5e8), greenInk: rgb(0x06713b),
	amber: rgb(0xffbf47), amberMark: rgb(0xffbf47), onAmber: rgb(0x14201a),
	amberSoft: rgb(0xffefcf), amberInk: rgb(0x8a5200),
	wait: rgb(0xdce5e0), off: rgb(0x24312b), offCard: rgb(0x314039), onOff: rgb(0xffffff), onOff2: rgb(0xc3cec8),
	fine: rgb(0x2bc878), odd: rgb(0xffbf47), bad: rgb(0xff6b5c),
}

var night = colours{
	paper: rgb(0x111613), card: rgb(0x1d2420), ink: rgb(0xeef3f0), ink2: rgb(0xa2aea7), line: rgb(0x313a35), mute: rgb(0x262e29),
	keycap: rgb(0xeef3f0), onKeycap: rgb(0x111613),
	green: rgb(0x0b6b3c), greenMark: rgb(0x2bc878), onGreen: rgb(0x0c1a13),
	greenSoft: rgb(0x143524), greenInk: rgb(0x3ddc8b),
	amber: rgb(0x7a5410), amberMark: rgb(0xe9b251), onAmber: rgb(0x1a1409),
	amberSoft: rgb(0x33280f), amberInk: rgb(0xffc65c),
	wait: rgb(0x27302b), off: rgb(0x0a0e0c), offCard: rgb(0x18201c), onOff: rgb(0xeef3f0), onOff2: rgb(0xa2aea7),
	fine: rgb(0x2bc878), odd: rgb(0xffbf47), bad: rgb(0xff6b5c),
}

// mix goes from a to b by the share t of 0 to 1.
func mix(a, b color.RGBA, t float64) color.RGBA {
	part := func(x, y uint8) uint8 { return uint8(float64(x) + (float64(y)-float64(x))*t + 0.5) }
	return color.RGBA{part(a.R, b.R), part(a.G, b.G), part(a.B, b.B), 0xff}
}
