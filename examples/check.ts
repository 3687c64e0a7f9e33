/** A figure that has to come out as expected for the demo to succeed. */
export type Check = { readonly name: string; readonly expected: string; readonly actual: string }

/** Says which figures are off, a line each; empty when all are right. */
export function figuresOff(checks: readonly Check[]): readonly string[] {
  return checks
    .filter(({ expected, actual }) => expected !== actual)
    .map(({ name, expected, actual }) => `Off: ${name} should be ${expected} and is ${actual}`)
}
