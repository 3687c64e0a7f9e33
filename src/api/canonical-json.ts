/**
 * A JSON value written in one way only: the order of an object's fields says nothing, so they are sorted, at every level. Takes what was parsed from a
 * body, whose depth is limited there.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}
