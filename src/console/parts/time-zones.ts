const ZONES = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')]

/** The time zones to choose from, as options; and the one that is set, under whatever name. */
export const timeZones = (set: string | undefined): readonly (readonly [value: string, text: string])[] =>
  (set === undefined || set === '' || ZONES.includes(set) ? ZONES : [set, ...ZONES]).map((zone) => [zone, zone])
