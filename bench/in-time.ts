import { setTimeout as sleep } from 'node:timers/promises'

/** Waits until something is ready; asks every `everyMs`. Throws after 30 s. */
export async function inTime(what: string, isReady: () => Promise<boolean>, everyMs = 50): Promise<void> {
  const deadline = performance.now() + 30_000
  while (performance.now() < deadline) {
    if (await isReady()) return
    await sleep(everyMs)
  }
  throw new Error(`not ready after 30 s: ${what}`)
}

/** Waits until the server on this port answers that it is ready. */
export function apiReady(port: number, everyMs?: number): Promise<void> {
  const isReady = async () => {
    const response = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined)
    await response?.arrayBuffer()
    return response?.status === 200
  }
  return inTime('the API', isReady, everyMs)
}
