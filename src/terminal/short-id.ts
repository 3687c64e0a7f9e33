/** The end of a UUID: the random part, by which a person tells one from another. Commands take it in place of the whole. */
export function shortId(id: string): string {
  return id.slice(-12)
}

/** The same of a text that may be something else, such as an account's key. */
export function shortIfId(text: string): string {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text) ? shortId(text) : text
}
