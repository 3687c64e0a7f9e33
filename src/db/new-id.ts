import { randomFillSync } from 'node:crypto'
import { v7 } from 'uuid'

// Chance for many ids at a time: to ask the system for each one's costs more than all the rest of it.
const pool = new Uint8Array(16 * 512)
let used = pool.length
let msecs = 0
let seq = 0

/** A new UUIDv7. Those of one process ascend. */
export function newId(): string {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const random = pool.subarray(used, used + 16)
  used += 16
  const now = Date.now()
  if (now > msecs) {
    msecs = now
    // 23 bits of chance below the sequence's 32, so that it counts up for long without wrapping.
    seq = new DataView(random.buffer, random.byteOffset).getUint32(0) >>> 9
  } else {
    seq += 1
  }
  return v7({ random, msecs, seq })
}
