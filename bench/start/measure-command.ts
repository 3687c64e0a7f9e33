import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { median } from '../median.ts'
import { processTree } from '../processes.ts'
import { ROOT } from '../worker-processes.ts'

export type MeasuredCommand = { readonly command: string; readonly seconds: number; readonly cpuSeconds: number }

const run = promisify(execFile)

/** Runs a command of `nightbill` several times: the median by the clock, and the mean of its CPU time. The first time does not count. */
export async function measureCommand(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  times: number,
): Promise<MeasuredCommand> {
  const { bin }: { bin: { nightbill: string } } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
  const { PATH = '', HOME = '' } = process.env
  const once = async () => {
    const begun = performance.now()
    await run(process.execPath, [bin.nightbill, ...args], { cwd: ROOT, env: { PATH, HOME, ...env } })
    return (performance.now() - begun) / 1_000
  }
  await once()
  const before = await reapedMs()
  const seconds: number[] = []
  for (let time = 0; time < times; time += 1) seconds.push(await once())
  return {
    command: `nightbill ${args.join(' ')}`,
    seconds: median(seconds),
    cpuSeconds: ((await reapedMs()) - before) / times / 1_000,
  }
}

/** CPU time of all children of this process that have ended. */
async function reapedMs(): Promise<number> {
  return (await processTree(process.pid))[0]?.reapedMs ?? Number.NaN
}
