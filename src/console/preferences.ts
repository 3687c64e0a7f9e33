import { timeFormat } from './parts/time-format.ts'

/** How a reader wants to see the console. Kept in cookies, as there are no user accounts. */
export type Preferences = {
  readonly theme: 'auto' | 'light' | 'dark'
  readonly density: 'normal' | 'compact'
  /** An IANA time zone, in which moments are shown. */
  readonly zone: string
  /** Whether single keys are shortcuts. */
  readonly keys: 'on' | 'off'
}

/** A cookie a preference, named so. They are no secrets, and the browser sets `nightbill-zone` itself at the first visit. */
export const preferenceCookie = (name: keyof Preferences) => `nightbill-${name}`

const DEFAULTS: Preferences = { theme: 'auto', density: 'normal', zone: 'UTC', keys: 'on' }

/** Reads the preferences from cookies. What is not valid counts as not set. */
export function readPreferences(cookies: Readonly<Record<string, string | undefined>>): Preferences {
  const given = (name: keyof Preferences) => cookies[preferenceCookie(name)] ?? ''
  const zone = given('zone')
  return {
    theme: oneOf(given('theme'), ['auto', 'light', 'dark']) ?? DEFAULTS.theme,
    density: oneOf(given('density'), ['normal', 'compact']) ?? DEFAULTS.density,
    zone: isTimeZone(zone) ? zone : DEFAULTS.zone,
    keys: oneOf(given('keys'), ['on', 'off']) ?? DEFAULTS.keys,
  }
}

const oneOf = <Value extends string>(text: string, values: readonly Value[]): Value | undefined =>
  values.find((value) => value === text)

/** Whether the text names a time zone that this Node knows. */
export function isTimeZone(text: string): boolean {
  if (text === '') return false
  try {
    timeFormat(text, {})
    return true
  } catch {
    return false
  }
}
