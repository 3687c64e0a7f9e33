// Process entry: does work. `node workers/worker.ts` carries every kind, `--kinds bill-batch` or `--kinds credit,reversal` some.
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
