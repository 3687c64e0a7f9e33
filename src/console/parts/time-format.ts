import { LRUCache } from 'lru-cache'

/**
 * Formats that were made. Each takes some 100 KB outside of what the garbage collector counts, and a page may need hundreds: made anew each time
 * they filled the memory.
 */
const made = new LRUCache<string, Intl.DateTimeFormat>({ max: 200 })

/** A format of times in a zone, with these parts. Throws a RangeError when there is no such zone. */
export function timeFormat(zone: string, parts: Intl.DateTimeFormatOptions, locale = 'en-GB'): Intl.DateTimeFormat {
  const name = JSON.stringify([locale, zone, parts])
  const known = made.get(name)
  if (known) return known
  const format = new Intl.DateTimeFormat(locale, { timeZone: zone, ...parts })
  made.set(name, format)
  return format
}
