// The addresses of pages, in one place: a page links to another by these.

/**
 * An account's key in an address. A browser folds the segments `.` and `..` out of a path, and an account may be called so: these two get a `~`, which
 * no key may have.
 */
const accountSegment = (key: string) => (key === '.' || key === '..' ? `~${key}` : encodeURIComponent(key))

/** The key in the parameter of an account's address. */
export const keyOfSegment = (segment: string): string => segment.replace(/^~/, '')

export const accountPath = (key: string): string => `/accounts/${accountSegment(key)}`
export const creditsPath = (key: string): string => `${accountPath(key)}/credits`
export const creditPath = (key: string, creditId: string): string =>
  `${creditsPath(key)}/${encodeURIComponent(creditId)}`
/** People say "invoice 18", so the number is the address. */
export const invoicePath = (number: number): string => `/invoices/${number}`
export const billRunPath = (billRunId: string): string => `/bill-runs/${encodeURIComponent(billRunId)}`
