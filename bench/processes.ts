import { readdir, readFile } from 'node:fs/promises'

/** A running process, as /proc knows it. */
export type RunningProcess = {
  readonly pid: number
  readonly parent: number
  readonly name: string
  /** CPU time that it has used so far, in ms. */
  readonly ownMs: number
  /** CPU time of its children that have ended, in ms. */
  readonly reapedMs: number
}

/** Linux counts in hundredths of a second. */
const TICK_MS = 10

/** A process and all below it. Nothing where there is no /proc. */
export async function processTree(root: number): Promise<readonly RunningProcess[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))
  const all = (await Promise.all(pids.map(readProcess))).filter((process) => process !== undefined)
  const below = (parent: RunningProcess): readonly RunningProcess[] => [
    parent,
    ...all.filter((process) => process.parent === parent.pid).flatMap(below),
  ]
  return all.filter(({ pid }) => pid === root).flatMap(below)
}

/** Memory that is a process's own, and its part of what it shares, in MB (PSS): such figures of several processes can be added. */
export async function memoryMb(pid: number): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')
  return kilobytes(rollup, 'Pss') / 1_024
}

/** The largest resident memory that a process has had, in MB. 0 where there is no /proc. */
export async function peakMemoryMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Math.round(kilobytes(status, 'VmHWM') / 1_024)
}

const kilobytes = (text: string, field: string) =>
  Number(text.match(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm'))?.[1] ?? 0)

/** What a process was started with, parted by blanks. */
export async function commandLine(pid: number): Promise<string> {
  const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return line.replaceAll('\0', ' ').trim()
}

async function readProcess(pid: string): Promise<RunningProcess | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  if (stat === undefined) return undefined
  // The name stands in brackets and may hold blanks: the fields are counted from the last bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const field = (index: number) => Number(fields[index])
  return {
    pid: Number(pid),
    parent: field(1),
    name: stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')')),
    ownMs: (field(11) + field(12)) * TICK_MS,
    reapedMs: (field(13) + field(14)) * TICK_MS,
  }
}
