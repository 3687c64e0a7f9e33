/** Replaces control characters by blanks: texts come from callers and must not control the terminal. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ')
}
