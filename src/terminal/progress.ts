import type { WriteStream } from 'node:tty'
import { Presets, SingleBar } from 'cli-progress'
import { groupThousands } from './format-money.ts'

export type Progress = {
  readonly update: (done: number, total: number) => void
  readonly stop: () => void
}

/** Shows progress: as a bar on a terminal, otherwise as one line at the start and one at the end, so that a log stays readable. */
export function openProgress(title: string, stream: NodeJS.WriteStream = process.stdout): Progress {
  return stream.isTTY ? openBar(title, stream) : openLines(title, stream)
}

function openBar(title: string, stream: WriteStream): Progress {
  const bar = new SingleBar(
    {
      stream,
      format: `${title} {bar} {percentage}% | {value}/{total} | {duration_formatted}`,
      barsize: 30,
      emptyOnZero: true,
      // gracefulExit would change how Ctrl-C ends the process; the others would change settings of the terminal.
      gracefulExit: false,
      linewrap: null,
      hideCursor: null,
    },
    Presets.shades_classic,
  )
  bar.start(0, 0)
  return {
    update: (done, total) => {
      bar.setTotal(total)
      bar.update(done)
    },
    stop: () => bar.stop(),
  }
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
