export type EventuallyOptions = {
  /** How long to go on trying; a minute unless said, so that a slow machine fails nothing. */
  readonly timeoutMs?: number
  /** The pause between two tries; 50 ms unless said. */
  readonly intervalMs?: number
}

/**
 * Repeats a check until it neither throws nor gives `false`, and gives what it gave. When the time is up it throws what the last try threw, so that a
 * failed assertion shows its difference.
 */
export async function eventually<T>(check: () => T | Promise<T>, options: EventuallyOptions = {}): Promise<T> {
  const { timeoutMs = 60_000, intervalMs = 50 } = options
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const outcome = await tried(check)
    if ('value' in outcome && outcome.value !== false) return outcome.value
    if (Date.now() > deadline) throw 'error' in outcome ? outcome.error : new Error(`not so after ${timeoutMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, intervalMs))
  }
}

async function tried<T>(check: () => T | Promise<T>): Promise<{ readonly value: T } | { readonly error: unknown }> {
  try {
    return { value: await check() }
  } catch (error) {
    return { error }
  }
}
