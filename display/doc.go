// Package display turns a [sale.Scene] into a picture: what happens now, what
// the customer does, where the money is. It needs no GPU, no window and no
// clock; the same scene, style and font always give the same pixels.
//
// [Words] holds every text of the screen, in Chinese and English, as data; a
// terminal shows the same words. [Painter] lays them out for any size from
// 800x480 and 600x1024 to 1920x1080, upright or lying. [Code] makes the QR
// code.
//
// The package promises that
//   - a QR code is drawn pixel for pixel with modules of at least 4 px and a
//     white quiet zone of 4 modules, or [Painter.QRFits] says that it cannot;
//   - no text leaves the screen, its tile or its card, and none lies on
//     another, whatever a product is called: long names end in "…";
//   - words never rely on colour or on a bold face;
//   - a tick of a countdown redraws its own rectangle and nothing else;
//   - a missing or broken font or product picture never stops a sale: there is
//     a built-in bitmap font, and a drawn placeholder for the picture.
package display
