import type { Socket } from 'node:net'

/** Which replies to COMMIT a proxy loses, and how. */
export type CommitLoss = {
  /** The application name of the connections that it is about. */
  readonly whose: string
  /** How many replies are still to be lost. */
  left: number
  /** From then on no connection is taken. */
  readonly goesAway: boolean
  /** Postgres gets the COMMIT that much later, or never (Infinity), and does not notice meanwhile that its client is gone. */
  readonly deliverAfterMs: number
  /** Otherwise the COMMIT itself is lost, and Postgres notices. */
  readonly arrives: boolean
  /** Done at that moment, before any arrives. */
  readonly act: () => void
}

export const LOSES_NOTHING: CommitLoss = {
  whose: '',
  left: 0,
  goesAway: false,
  deliverAfterMs: 0,
  arrives: true,
  act: () => {},
}

/** Whether this is a COMMIT whose reply is to be lost; it is counted. `opening`: the first that the client sent, which has its application name. */
export function takesCommit(loss: CommitLoss, opening: string, chunk: Buffer): boolean {
  if (loss.left === 0 || !opening.includes(loss.whose) || !isCommit(chunk)) return false
  loss.left -= 1
  return true
}

type Lost = {
  readonly chunk: Buffer
  readonly client: Socket
  readonly server: Socket
  /** Ends both ways. */
  readonly cut: () => void
}

/** Ends the client, so that the reply finds nobody, and passes the COMMIT on as `loss` says. */
export function loseReply(loss: CommitLoss, { chunk, client, server, cut }: Lost): void {
  loss.act()
  if (!loss.arrives) {
    cut()
    return
  }
  client.off('close', cut).destroy()
  server.resume()
  const deliver = () => server.end(chunk)
  if (loss.deliverAfterMs === 0) deliver()
  else if (loss.deliverAfterMs !== Infinity) setTimeout(deliver, loss.deliverAfterMs)
}

/** A simple query that says just that. */
const isCommit = (chunk: Buffer) => /^Q[\s\S]{4}commit;?\0/i.test(chunk.toString('latin1'))
