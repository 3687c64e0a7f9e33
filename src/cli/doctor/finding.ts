/** What a look at one part has found: good, to be looked at, or wrong, in words. */
export type Finding = {
  readonly part: string
  readonly verdict: 'ok' | 'look' | 'broken'
  readonly text: string
}

/** Runs a check; what it throws is what is wrong. */
export async function checkPart(part: string, check: () => Promise<Omit<Finding, 'part'>>): Promise<Finding> {
  try {
    return { part, ...(await check()) }
  } catch (error) {
    return { part, verdict: 'broken', text: (error as Error).message }
  }
}
