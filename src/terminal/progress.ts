import type { WriteStream } from 'node:tty'
import { SingleBar } from 'cli-progress'
import { groupThousands } from './format-money.ts'

export type Progress = {
  readonly update: (done: number, total: number) => void
  readonly stop: () => void
}

/**
 * Shows progress: as a bar on a terminal, otherwise as one line at the start and one at the end, so that a log stays readable. `unit` is
 * what is counted.
 */
export function openProgress(title: string, stream: NodeJS.WriteStream = process.stdout, unit = ''): Progress {
  return stream.isTTY ? openBar(title, stream, unit) : openLines(title, stream)
}

const BAR_CELLS = 22

function openBar(title: string, stream: WriteStream, unit: string): Progress {
  const bar = new SingleBar({
    stream,
    format: (_options, { progress, value, total, startTime }) => {
      const seconds = (Date.now() - startTime) / 1_000
      return barLine({ title, unit, progress, value, total, seconds })
    },
    // gracefulExit would change how Ctrl-C ends the process; the others would change settings of the terminal.
    gracefulExit: false,
    linewrap: null,
    hideCursor: null,
  })
  bar.start(0, 0)
  return {
    update: (done, total) => {
      bar.setTotal(total)
      bar.update(done)
    },
    stop: () => bar.stop(),
  }
}

type BarState = {
  readonly title: string
  readonly unit: string
  /** From 0 to 1. */
  readonly progress: number
  readonly value: number
  readonly total: number
  readonly seconds: number
}

/** `Sending  ████████░░░░  61,000 of 99,997   12,400/s   3 s left` */
function barLine({ title, unit, progress, value, total, seconds }: BarState): string {
  const full = total === 0 ? 0 : Math.round(progress * BAR_CELLS)
  const bar = '█'.repeat(full) + '░'.repeat(BAR_CELLS - full)
  const rate = seconds < 0.5 || value === 0 ? 0 : value / seconds
  const pace = rate === 0 ? '' : `   ${groupThousands(Math.round(rate))}/s`
  const time = value >= total ? `${seconds.toFixed(1)} s` : `${Math.ceil((total - value) / rate)} s left`
  const counted = `${groupThousands(value)} of ${groupThousands(total)}${unit === '' ? '' : ` ${unit}`}`
  return `${title}  ${bar}  ${counted}${pace}${pace === '' ? '' : `   ${time}`}`
}

function openLines(title: string, stream: NodeJS.WritableStream): Progress {
  let last = { done: 0, total: 0 }
  stream.write(`${title} ...\n`)
  return {
    update: (done, total) => {
      last = { done, total }
    },
    stop: () => stream.write(`${title}: ${groupThousands(last.done)} of ${groupThousands(last.total)}\n`),
  }
}
