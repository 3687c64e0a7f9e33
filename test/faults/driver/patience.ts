import { availableParallelism, loadavg } from 'node:os'

/**
 * How many times longer than on a quiet machine something may take here and now, at least 1: bounds in seconds are promises about a machine that
 * is not shared, and this one may have much else to do.
 */
export const patience = (): number => Math.max(1, (loadavg()[0] ?? 0) / availableParallelism())
