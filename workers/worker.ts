// Process entry: carries out work. `node workers/worker.ts` takes every kind, `--kinds bill-batch` or `--kinds credit,reversal` some.
import { parseArgs } from 'node:util'
import { openProcess } from '../src/open-process.ts'
import { runEntry } from '../src/run-entry.ts'
import { openGate } from '../src/work/gate.ts'
import { KINDS, stopTogether } from '../src/work/kinds.ts'
import { parseKinds, processName } from '../src/work/parse-kinds.ts'

await runEntry(async () => {
  const { values } = parseArgs({ options: { kinds: { type: 'string' } } })
  const kinds = parseKinds(values.kinds)
  const opened = await openProcess(processName(kinds))
  const gate = openGate()
  opened.onStop(stopTogether(await Promise.all(kinds.map((kind) => KINDS[kind](opened, gate)))))
  opened.started()
})
