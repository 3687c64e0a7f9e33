import { groupThousands } from '../../terminal/format-money.ts'
import { openProgress } from '../../terminal/progress.ts'
import type { ClientContext } from '../client-command.ts'
import { CommandError, EXIT } from '../command-error.ts'
import { sayOnInterrupt } from '../interrupt.ts'
import { type CheckedBatch, checkFile } from './check-file.ts'
import { openCheck } from './check-row.ts'
import { mapColumns } from './columns.ts'
import { KINDS, type KindName } from './kinds.ts'
import { openKnownAccounts } from './known-accounts.ts'
import { readHeading } from './read-rows.ts'
import { openRejects } from './rejects.ts'
import { openReport, type Report } from './report.ts'
import { sendBatch } from './send-batch.ts'
import { openSource } from './source.ts'

export type ImportOptions = {
  readonly format?: string
  readonly map: readonly string[]
  readonly reference?: string
  readonly dryRun?: boolean
  readonly skipBad?: boolean
  readonly onError?: string
  readonly rejects?: string
}

type Batches = () => AsyncIterable<CheckedBatch>

/**
 * Imports a file: checks all of it, then sends the good lines in batches. It reads the file once for each, so that memory stays flat.
 * Sets the exit code: 1 when lines are bad, 130 when it is interrupted. Throws a CommandError for wrong usage, and an ApiError when the
 * service cannot take any.
 */
export async function runImport(context: ClientContext, kind: KindName, file: string, options: ImportOptions) {
  const { client, output } = context
  const { map, reference } = options
  if (!['stop', 'skip', undefined].includes(options.onError)) {
    throw new CommandError(`--on-error is stop or skip, not ${options.onError}`)
  }
  const skips = options.skipBad === true || options.onError === 'skip'
  const source = await openSource(file, options.format)
  const heading = await readHeading(source)
  const mapping = mapColumns(KINDS[kind], heading, source, { map, reference })
  if (mapping.unused.length > 0) console.error(`Columns that are not used: ${mapping.unused.join(', ')}`)
  const check = openCheck(KINDS[kind], mapping)
  const accounts = kind === 'accounts' ? undefined : openKnownAccounts(client)
  const report = openReport()
  const rejects = await openRejects(options.rejects, source, heading)
  const batches = () => checkFile(source, check, accounts)
  try {
    await checkAll(batches, source.lines, async ({ items, bad }) => {
      report.addGood(items, accounts)
      report.addBad(bad)
      await rejects.add(bad)
    })
    const sends = options.dryRun !== true && (report.bad() === 0 || skips)
    if (!output.json) output.print(report.foundText(sends))
    if (report.bad() > 0) process.exitCode = EXIT.findings
    if (sends) {
      const complete = await sendAll(batches, report, skips, async ({ items }) => {
        const { accepted, bad } = await sendBatch(client, kind, items, source.hash)
        report.addAccepted(accepted)
        report.addBad(bad)
        await rejects.add(bad)
        return bad.length
      })
      if (!output.json) output.print(report.sentText(complete))
    }
    if (output.json) context.show(report.answer(!sends), () => '')
  } finally {
    await rejects.close()
  }
}

async function checkAll(batches: Batches, lines: number, take: (batch: CheckedBatch) => Promise<void>): Promise<void> {
  const progress = openProgress('Checking', process.stderr, 'lines')
  const end = sayOnInterrupt(() => 'Interrupted: nothing was sent.')
  let read = 0
  try {
    for await (const batch of batches()) {
      await take(batch)
      read += batch.rows
      progress.update(read, Math.max(lines, read))
    }
    progress.update(read, read)
  } finally {
    progress.stop()
    end()
  }
}

/**
 * Sends batches until the end, or until lines are refused and that is not to be skipped. ^C ends it after the batch under way, whose
 * outcome is known then; a second one at once. Returns whether it came to the end.
 */
async function sendAll(
  batches: Batches,
  report: Report,
  skips: boolean,
  send: (batch: CheckedBatch) => Promise<number>,
): Promise<boolean> {
  const progress = openProgress('Sending', process.stderr)
  let interrupted = false
  const onInterrupt = () => {
    interrupted = true
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, onInterrupt)
  let complete = false
  try {
    for await (const batch of batches()) {
      const refused = await send(batch)
      progress.update(report.accepted(), report.good())
      if (refused > 0) process.exitCode = EXIT.findings
      if (interrupted || (refused > 0 && !skips)) return false
    }
    complete = true
    return true
  } finally {
    progress.stop()
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, onInterrupt)
    if (interrupted) process.exitCode = EXIT.interrupted
    if (!complete) {
      const done = `${groupThousands(report.accepted())} are accepted.`
      console.error(`${done} Go on with the same command: references keep them single.`)
    }
  }
}
