export type Troubles = ReturnType<typeof openTroubles>

/** How long after its end a fault may still be what a process ended of, or wrote of, in ms. */
const ECHO_MS = 5_000

/** Which faults are at work when, so that what they explain is not taken for a defect. */
export function openTroubles() {
  const spans: { readonly fault: string; readonly from: number; to: number }[] = []
  return {
    /** Gives the function that ends it. */
    begin: (fault: string) => {
      const span = { fault, from: performance.now(), to: Number.POSITIVE_INFINITY }
      spans.push(span)
      return () => {
        span.to = performance.now()
      }
    },
    /** Whether any was at work within the last so many ms. */
    during: (lastMs: number) => spans.some(({ to }) => to + ECHO_MS > performance.now() - lastMs),
    forget: () => void spans.splice(0),
  } as const
}
