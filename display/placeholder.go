package display

import (
	"image/color"
	"strings"
)

// tint picks a colour of a placeholder: main, label, cap.
type tint int

const (
	tintMain tint = iota
	tintLabel
	tintCap
)

// part is a rounded rectangle or, with r and no width, a circle about x, y; in
// a square of 100 by 100.
type part struct {
	x, y, w, h, r float64
	tint          tint
}

type silhouette []part

var (
	bottle = silhouette{
		{44, 5, 12, 14, 3, tintCap}, {45.5, 17, 9, 12, 0, tintMain}, {36, 25, 28, 70, 10, tintMain},
		{36, 50, 28, 24, 0, tintLabel}, {41, 56, 18, 3.4, 1.7, tintMain}, {41, 63, 12, 3.4, 1.7, tintMain},
	}
	can = silhouette{
		{35, 10, 30, 10, 4, tintCap}, {31, 15, 38, 74, 8, tintMain}, {35, 86, 30, 6, 3, tintCap},
		{31, 34, 38, 30, 0, tintLabel}, {50, 49, 0, 0, 9, tintMain},
	}
	carton = silhouette{
		{16, 26, 68, 58, 5, tintMain}, {16, 40, 68, 18, 0, tintLabel},
		{33, 70, 0, 0, 6.5, tintCap}, {50, 70, 0, 0, 6.5, tintCap}, {67, 70, 0, 0, 6.5, tintCap},
	}
	bag = silhouette{
		{24, 10, 52, 82, 7, tintMain}, {24, 10, 52, 8, 3, tintCap}, {24, 84, 52, 8, 3, tintCap},
		{50, 52, 0, 0, 17, tintLabel}, {50, 52, 0, 0, 9, tintMain},
	}
	cup = silhouette{
		{30, 18, 40, 76, 10, tintMain}, {26, 12, 48, 12, 4, tintCap}, {30, 44, 40, 28, 0, tintLabel}, {50, 58, 0, 0, 7, tintMain},
	}
)

// shapes says which words in a product's name tell its silhouette. The first
// that is found counts.
var shapes = []struct {
	words []string
	shape silhouette
}{
	{[]string{"饼干", "巧克力", "纸巾", "cracker", "biscuit", "chocolate", "tissue"}, carton},
	{[]string{"薯片", "坚果", "糖果", "瓜子", "面包", "crisps", "chips", "nuts", "bread"}, bag},
	{[]string{"咖啡", "酸奶", "奶茶", "拿铁", "豆浆", "coffee", "latte", "yoghurt", "yogurt", "milk tea"}, cup},
	{[]string{"可乐", "雪碧", "芬达", "苏打水", "汽水", "啤酒", "红牛", "罐", "330", "cola", "coke", "sprite", "fanta", "soda", "beer", "red bull"}, can},
	{[]string{"水", "茶", "汁", "饮", "奶", "脉动", "ml", "毫升", "water", "tea", "juice", "drink"}, bottle},
}

func shapeOf(name string) silhouette {
	name = strings.ToLower(name)
	for _, s := range shapes {
		for _, word := range s.words {
			if strings.Contains(name, word) {
				return s.shape
			}
		}
	}
	return carton
}

// tints are the colours of placeholders, by slot number.
var tints = [6][3]color.RGBA{
	{rgb(0x8ccbea), rgb(0x2f86c1), rgb(0x2f86c1)},
	{rgb(0xf2cf3a), rgb(0xfff6cf), rgb(0xb9c2be)},
	{rgb(0xc2662d), rgb(0xf4d9b0), rgb(0x7e3b16)},
	{rgb(0xa9c96a), rgb(0xf4f3da), rgb(0x5e7f2e)},
	{rgb(0x8c6bb1), rgb(0xe9ddc6), rgb(0x6b4c91)},
	{rgb(0x5aa36b), rgb(0xf6ebd0), rgb(0xe8c27a)},
}

// placeholder draws a silhouette; a grey that is not zero is what it fades to.
func (c *canvas) placeholder(at box, s silhouette, slot int, grey color.RGBA) {
	k := at.w / 100
	for _, p := range s {
		col := tints[(slot%6+6)%6][p.tint]
		if grey.A != 0 {
			col = faded(col, grey)
		}
		x, y := at.x+p.x*k, at.y+p.y*k
		if p.w == 0 {
			c.disc(x, y, p.r*k, col)
		} else {
			c.rect(box{x, y, p.w * k, p.h * k}, p.r*k, col)
		}
	}
}
