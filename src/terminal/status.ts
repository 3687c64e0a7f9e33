import type { Colour } from './render-table.ts'

type Look = { readonly sign: string; readonly colour: Colour }

const WAITING: Look = { sign: '○', colour: 'gray' }
const GOING: Look = { sign: '◐', colour: 'blue' }
const DONE: Look = { sign: '●', colour: 'green' }
const FAILED: Look = { sign: '✗', colour: 'red' }

/** How each status looks: the sign tells as much as the colour. */
const LOOKS: Readonly<Record<string, Look>> = {
  queued: WAITING,
  active: GOING,
  running: GOING,
  pending: WAITING,
  unpaid: WAITING,
  issued: { sign: '●', colour: 'blue' },
  reversal_pending: { sign: '◐', colour: 'magenta' },
  reversed: { sign: '↩', colour: 'magenta' },
  deleted: { sign: '✕', colour: 'gray' },
  paid: { sign: '✓', colour: 'green' },
  billed: { sign: '✓', colour: 'green' },
  done: DONE,
  completed: DONE,
  completed_with_failures: { sign: '▲', colour: 'yellow' },
  cancelled: { sign: '■', colour: 'gray' },
  failed: FAILED,
  ok: { sign: '✓', colour: 'green' },
  broken: FAILED,
  note: { sign: '·', colour: 'gray' },
  look: { sign: '▲', colour: 'yellow' },
  enabled: DONE,
  disabled: WAITING,
}

export function statusOf(code: string): Look {
  return LOOKS[code] ?? { sign: '·', colour: 'gray' }
}
