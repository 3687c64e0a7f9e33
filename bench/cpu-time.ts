import { readdir, readFile } from 'node:fs/promises'

/** CPU time used so far, in ms, by kind of process. On a busy machine it says more than the clock does. */
export type CpuTime = { readonly postgres: number; readonly redis: number; readonly node: number }

/** Linux counts in hundredths of a second. */
const TICK_MS = 10

type Process = {
  readonly pid: number
  readonly parent: number
  readonly name: string
  readonly own: number
  readonly reaped: number
}

/** Of this process and all below it. All zero where there is no /proc. */
export async function cpuTime(): Promise<CpuTime> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))
  const processes = (await Promise.all(pids.map(readProcess))).filter((process) => process !== undefined)
  const used = { postgres: 0, redis: 0, node: 0 }
  const add = (process: Process) => {
    const kind = process.name.startsWith('postgres') ? 'postgres' : process.name.startsWith('redis') ? 'redis' : 'node'
    // Connections that were closed meanwhile count with the server that has reaped them.
    used[kind] += (process.own + (kind === 'postgres' ? process.reaped : 0)) * TICK_MS
    for (const child of processes) if (child.parent === process.pid) add(child)
  }
  for (const root of processes) if (root.pid === process.pid) add(root)
  return used
}

async function readProcess(pid: string): Promise<Process | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  if (stat === undefined) return undefined
  // The name stands in brackets and may hold blanks: the fields are counted from the last bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const field = (index: number) => Number(fields[index])
  const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'))
  return { pid: Number(pid), parent: field(1), name, own: field(11) + field(12), reaped: field(13) + field(14) }
}
