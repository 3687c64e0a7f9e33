/**
 * Returns a Postgres array literal of values that need no quoting: UUIDs, numbers, amounts, dates, plain words. It is one parameter instead
 * of many, and far cheaper than an array that the driver escapes element by element.
 */
export function pgArray(values: readonly (string | number | boolean | null)[]): string {
  return `{${values.map((value) => value ?? 'NULL').join(',')}}`
}
