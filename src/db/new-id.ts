import { randomFillSync } from 'node:crypto'
import { v7 } from 'uuid'

// Random bytes for many ids at a time: to ask the system for each id would cost more than everything else here.
const pool = new Uint8Array(16 * 512)
let used = pool.length
let msecs = 0
let seq = 0

/** Returns a new UUIDv7. The ids of one process are in ascending order. */
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
    // Start with 23 random bits of the sequence's 32, so that it can count up for long without wrapping.
    seq = new DataView(random.buffer, random.byteOffset).getUint32(0) >>> 9
  } else {
    seq += 1
  }
  return v7({ random, msecs, seq })
}
