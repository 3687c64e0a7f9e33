import { processTree } from './processes.ts'

/** CPU time used so far, in ms, by kind of process. On a busy machine it says more than the clock does. */
export type CpuTime = { readonly postgres: number; readonly redis: number; readonly node: number }

/** Of this process and all below it. All zero where there is no /proc. */
export async function cpuTime(): Promise<CpuTime> {
  const used = { postgres: 0, redis: 0, node: 0 }
  for (const { name, ownMs, reapedMs } of await processTree(process.pid)) {
    const kind = name.startsWith('postgres') ? 'postgres' : name.startsWith('redis') ? 'redis' : 'node'
    // Connections that were closed meanwhile count with the server that has reaped them.
    used[kind] += ownMs + (kind === 'postgres' ? reapedMs : 0)
  }
  return used
}
