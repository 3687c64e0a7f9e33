import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { type CommitLoss, LOSES_NOTHING, loseReply, takesCommit } from './lose-commit-replies.ts'

export type FlakyProxy = Awaited<ReturnType<typeof openFlakyProxy>>

type Connection = { readonly client: Socket; readonly server: Socket; silent: boolean }

type State = {
  target: { readonly host: string; readonly port: number }
  delayMs: number
  /** Connections are taken and closed at once. */
  away: boolean
  loss: CommitLoss
  readonly connections: Set<Connection>
}

/**
 * A TCP proxy on loopback to whatever a URL names: an address that stays when what is behind it moves. It can be slow, cut, swallow everything or
 * refuse connections, and it can lose Postgres's reply to a COMMIT.
 */
export async function openFlakyProxy(targetUrl: string) {
  const state: State = {
    target: hostAndPort(targetUrl),
    delayMs: 0,
    away: false,
    loss: LOSES_NOTHING,
    connections: new Set(),
  }
  let listener = await listen(state, 0)
  const { port } = listener.address() as AddressInfo
  const cut = () => {
    for (const connection of [...state.connections]) end(state, connection)
  }
  const refuse = async () => {
    if (!listener.listening) return
    const closed = new Promise((resolve) => listener.close(resolve))
    cut()
    await closed
  }
  return {
    /** The same URL by way of the proxy. */
    through: (url: string) => Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(port) }).toString(),
    /** Where new connections go. */
    pointTo: (url: string) => {
      state.target = hostAndPort(url)
    },
    /** Holds everything back by this much, each way. */
    delay: (ms: number) => {
      state.delayMs = ms
    },
    /** Cuts all connections there are. */
    cut,
    /** Lets nothing more pass on the connections there are, and cuts none: as a firewall that has forgotten them. */
    silence: () => {
      for (const connection of state.connections) connection.silent = true
    },
    /** Loses replies to the next COMMITs of connections with this application name; see `CommitLoss`. */
    loseRepliesToCommit: (whose: string, times: number, how: Partial<Omit<CommitLoss, 'whose' | 'left'>> = {}) => {
      state.loss = { ...LOSES_NOTHING, ...how, whose, left: times }
    },
    /** Replies that are still to be lost. */
    stillToLose: () => state.loss.left,
    /** Cuts all connections, and closes new ones as soon as they are open, until `comeBack`. */
    goAway: () => {
      state.away = true
      cut()
    },
    comeBack: () => {
      state.away = false
    },
    /** Cuts all connections, and refuses new ones until `listenAgain`, as when nobody serves the port. */
    refuse,
    listenAgain: async () => {
      if (!listener.listening) listener = await listen(state, port)
    },
    close: refuse,
  } as const
}

function listen(state: State, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({ noDelay: true }, (client) => accept(state, client)).once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}

function accept(state: State, client: Socket): void {
  if (state.away) {
    client.destroy()
    return
  }
  const server = connect({ ...state.target, noDelay: true })
  const connection: Connection = { client, server, silent: false }
  state.connections.add(connection)
  const cut = () => end(state, connection)
  for (const socket of [client, server]) socket.on('error', cut).on('close', cut)

  let opening = ''
  client.on('data', (chunk) => {
    if (connection.silent) return
    if (opening.length < 1_000) opening += chunk.toString('latin1')
    if (!takesCommit(state.loss, opening, chunk)) return pass(state, chunk, server)
    state.away = state.loss.goesAway
    loseReply(state.loss, { chunk, client, server, cut })
    if (state.away) for (const other of state.connections) if (other !== connection) other.client.destroy()
  })
  server.on('data', (chunk) => {
    if (!connection.silent) pass(state, chunk, client)
  })
}

/** In order, since all wait alike. */
function pass({ delayMs }: State, chunk: Buffer, to: Socket): void {
  const write = () => to.writable && to.write(chunk)
  if (delayMs === 0) write()
  else setTimeout(write, delayMs)
}

function end({ connections }: State, connection: Connection): void {
  connections.delete(connection)
  connection.client.destroy()
  connection.server.destroy()
}

const hostAndPort = (url: string) => {
  const { hostname, port } = new URL(url)
  return { host: hostname, port: Number(port) }
}
