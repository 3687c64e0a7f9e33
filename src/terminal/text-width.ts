const segmenter = new Intl.Segmenter()

/** Characters that take two cells of a terminal: East Asian wide and full-width ones, and pictures. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u
const NOTHING = /^\p{Cf}+$/u
/** What most texts are made of, one cell each. */
const PLAIN = /^[\x20-\x7e]*$/

/** How many cells of a terminal a text takes. The text has no control characters. */
export function textWidth(text: string): number {
  if (PLAIN.test(text)) return text.length
  let width = 0
  for (const { segment } of segmenter.segment(text)) width += cellsOf(segment)
  return width
}

/** Cuts a text to a width, and ends it with an ellipsis where something is left out. */
export function cutText(text: string, width: number): string {
  if (textWidth(text) <= width) return text
  let cut = ''
  let left = width - 1
  for (const { segment } of segmenter.segment(text)) {
    left -= cellsOf(segment)
    if (left < 0) break
    cut += segment
  }
  return `${cut}…`
}

function cellsOf(character: string): number {
  if (NOTHING.test(character)) return 0
  return WIDE.test(character) ? 2 : 1
}
