import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

/** What waits does so for what must come, and no longer than it takes: the bounds only end a test that hangs, on a slow machine too. */
const MINUTE_MS = 60_000

const shared = {
  globalSetup: 'test/support/global-setup.ts',
  pool: 'forks',
  // Each test file of the whole service starts processes of its own.
  maxWorkers: Math.min(availableParallelism(), 4),
  hookTimeout: 3 * MINUTE_MS,
  teardownTimeout: MINUTE_MS,
} as const

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'tests',
          include: ['test/**/*.test.ts'],
          exclude: ['test/faults/**'],
          testTimeout: 3 * MINUTE_MS,
        },
      },
      { test: { ...shared, name: 'faults', include: ['test/faults/**/*.test.ts'], testTimeout: 5 * MINUTE_MS } },
    ],
  },
})
