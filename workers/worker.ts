// Process entry of the workers. `node workers/worker.ts` does every kind of work; `--kinds credit,reversal` limits it to some kinds.
import { parseArgs } from 'node:util'
import { openProcess } from '../src/open-process.ts'
import { runEntry } from '../src/run-entry.ts'
import { parseProcesses, processName } from '../src/work/processes.ts'
import { startWork } from '../src/work/start-work.ts'

await runEntry(async () => {
  const { values } = parseArgs({ options: { kinds: { type: 'string' } } })
  const processes = parseProcesses(values.kinds)
  const opened = await openProcess(processName(processes))
  opened.onStop(await startWork(opened, processes))
  opened.started()
})
