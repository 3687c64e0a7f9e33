import { groupThousands } from '../terminal/format-money.ts'
import { clock, type LogRecord, logSentence } from '../terminal/log-sentence.ts'

const MINUTE_MS = 60_000
/** How long after the last batch its run is looked at: it ends a moment after the batch. */
const LOOK_AFTER_MS = 400

export type Talk = {
  /** Takes a line of a process: a log record, or plain text, which is printed as it is. */
  readonly line: (line: string) => void
  readonly close: () => void
}

export type TalkOptions = {
  readonly print: (text: string) => void
  readonly colours: boolean
  /** How a bill run ended, in words; undefined while it goes on. */
  readonly readFinishedRun: (billRunId: string) => Promise<string | undefined>
}

/**
 * Tells a person at a terminal what a service does, in place of its log: what it prints itself, warnings and errors in full, the credits
 * recorded in the last minute, and how each bill run ended. What is repeated within a minute is counted.
 */
export function openTalk({ print, colours, readFinishedRun }: TalkOptions): Talk {
  let recorded = 0
  let reversed = 0
  const repeated = new Map<string, number>()
  const runs = new Set<string>()
  let look: NodeJS.Timeout | undefined
  const say = (text: string) => print(`${clock(Date.now())}  ${text}`)

  const lookAtRuns = async () => {
    for (const billRunId of runs) {
      const ended = await readFinishedRun(billRunId).catch(() => undefined)
      if (ended === undefined || !runs.delete(billRunId)) continue
      say(ended)
    }
  }
  const tellMinute = () => {
    if (recorded > 0) say(`${groupThousands(recorded)} credits recorded in the last minute.`)
    if (reversed > 0) say(`${groupThousands(reversed)} reversals recorded in the last minute.`)
    for (const [message, count] of repeated) {
      if (count > 0) say(`${groupThousands(count)} more times in the last minute: ${message}`)
    }
    recorded = 0
    reversed = 0
    repeated.clear()
    void lookAtRuns()
  }
  const minutes = setInterval(tellMinute, MINUTE_MS).unref()

  const noteJob = ({ job, ids }: LogRecord) => {
    const done = Array.isArray(ids) ? ids.length : 0
    if (job === 'credit') recorded += done
    if (job === 'reversal') reversed += done
    if (job === 'bill-run') runs.add(String((ids as readonly unknown[])[0]))
    if (job !== 'bill-run' && job !== 'bill-batch') return
    clearTimeout(look)
    look = setTimeout(() => void lookAtRuns(), LOOK_AFTER_MS).unref()
  }

  return {
    line: (line) => {
      const record = recordOf(line)
      if (!record) return print(line)
      if (record.msg === 'job done') return noteJob(record)
      const sentence = logSentence(record, colours)
      if (sentence === undefined) return
      const message = `${record.name}: ${record.msg}`
      const before = repeated.get(message)
      if (record.level >= 40) repeated.set(message, before === undefined ? 0 : before + 1)
      if (before === undefined) print(sentence)
    },
    close: () => {
      clearInterval(minutes)
      clearTimeout(look)
    },
  }
}

function recordOf(line: string): LogRecord | undefined {
  if (!line.startsWith('{"level"')) return undefined
  try {
    return JSON.parse(line) as LogRecord
  } catch {
    return undefined
  }
}
