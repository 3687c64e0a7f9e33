import { readdir, readFile } from 'node:fs/promises'

/** Ends a Postgres server and all of its processes at once, as a power cut does: nothing more is flushed. */
export async function crashPostgres(postmaster: number): Promise<void> {
  const children = await childrenOf(postmaster)
  // The postmaster first: it would end the others in order, and start again.
  for (const pid of [postmaster, ...children]) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended already.
    }
  }
}

/** Each is in a process group of its own, so that a signal to the server's group does not reach them. */
async function childrenOf(parent: number): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const parents = await Promise.all(
    pids.map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
    }),
  )
  return pids.filter((_, index) => parents[index] === parent)
}
