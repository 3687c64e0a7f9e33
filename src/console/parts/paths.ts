// The addresses of pages, in one place: a page links to another by these.

/**
 * An account's key or a schedule's name in an address. A browser folds the segments `.` and `..` out of a path, and either may be called so: these two
 * get a `~`, which neither may have.
 */
const accountSegment = (key: string) => (key === '.' || key === '..' ? `~${key}` : encodeURIComponent(key))

/** The key or the name in the parameter of such an address. */
export const keyOfSegment = (segment: string): string => segment.replace(/^~/, '')

export const accountPath = (key: string): string => `/accounts/${accountSegment(key)}`
export const creditsPath = (key: string): string => `${accountPath(key)}/credits`
export const creditPath = (key: string, creditId: string): string =>
  `${creditsPath(key)}/${encodeURIComponent(creditId)}`
/** People say "invoice 18", so the number is the address. */
export const invoicePath = (number: number): string => `/invoices/${number}`
export const billRunPath = (billRunId: string): string => `/bill-runs/${encodeURIComponent(billRunId)}`
/** A request: an accepted credit or reversal. */
export const jobPath = (jobId: string): string => `/work/${encodeURIComponent(jobId)}`
export const schedulePath = (name: string): string => `/schedules/${accountSegment(name)}`
export const activityPath = (subject: string): string => `/activity?${new URLSearchParams({ subject })}`
/** Where an id of anything leads to it. */
export const searchPath = (text: string): string => `/search?${new URLSearchParams({ q: text })}`
export const reconciliationPath = (reconciliationId: number): string => `/reconciliations/${reconciliationId}`
