import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export type Wire = Awaited<ReturnType<typeof openWire>>

type Link = { readonly client: Socket; readonly server: Socket }

/** Which COMMITs are lost next, how many of them, and how: see `loseRepliesToCommit`. */
type Losing = {
  readonly whose: string
  left: number
  readonly goesAway: boolean
  readonly deliverAfterMs: number
  readonly arrives: boolean
  readonly act: () => void
}

const NOT_LOSING: Losing = { whose: '', left: 0, goesAway: false, deliverAfterMs: 0, arrives: true, act: () => {} }

/**
 * A wire, on loopback, to whatever a URL names: an address that stays when what is behind it moves, that can be slow or cut, and
 * that can lose Postgres's reply to a COMMIT.
 */
export async function openWire(targetUrl: string) {
  let target = hostAndPort(targetUrl)
  let delayMs = 0
  let losing = NOT_LOSING
  let away = false
  const links = new Set<Link>()
  const silent = new WeakSet<Link>()

  const accept = (client: Socket) => {
    if (away) {
      client.destroy()
      return
    }
    const server = connect({ ...target, noDelay: true })
    const link = { client, server }
    links.add(link)
    const cut = () => {
      links.delete(link)
      client.destroy()
      server.destroy()
    }
    for (const socket of [client, server]) socket.on('error', cut).on('close', cut)

    let opening = ''
    client.on('data', (chunk) => {
      if (silent.has(link)) return
      if (opening.length < 1_000) opening += chunk.toString('latin1')
      if (losing.left > 0 && opening.includes(losing.whose) && isCommit(chunk)) {
        losing.left -= 1
        away = losing.goesAway
        losing.act()
        if (losing.arrives) {
          // Its reply finds nobody.
          client.off('close', cut).destroy()
          server.resume()
          const deliver = () => server.end(chunk)
          if (losing.deliverAfterMs === 0) deliver()
          else if (losing.deliverAfterMs !== Infinity) setTimeout(deliver, losing.deliverAfterMs)
        } else {
          cut()
        }
        if (away) for (const other of links) if (other !== link) other.client.destroy()
      } else {
        pass(chunk, server)
      }
    })
    server.on('data', (chunk) => {
      if (!silent.has(link)) pass(chunk, client)
    })
  }

  /** In order, since all wait alike. */
  const pass = (chunk: Buffer, to: Socket) => {
    const write = () => to.writable && to.write(chunk)
    if (delayMs === 0) write()
    else setTimeout(write, delayMs)
  }

  const listener = createServer({ noDelay: true }, accept)
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const { port } = listener.address() as AddressInfo
  const cut = () => {
    for (const { client, server } of [...links]) {
      client.destroy()
      server.destroy()
    }
  }
  return {
    /** The same URL by way of the wire. */
    along: (url: string) => Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(port) }).toString(),
    /** Where new connections go. */
    lead: (url: string) => {
      target = hostAndPort(url)
    },
    /** Holds everything back by this much, each way. */
    delay: (ms: number) => {
      delayMs = ms
    },
    /** Cuts all connections there are. */
    cut,
    /** Lets nothing more pass on the connections there are, and cuts none: as a firewall that has forgotten them. */
    silence: () => {
      for (const link of links) silent.add(link)
    },
    /**
     * Lets Postgres have the next COMMITs of connections with this application name, and cuts them before the reply. `goesAway`: takes no
     * connection from then on, either. `deliverAfterMs`: Postgres gets them that much later, or never (Infinity), and does not notice meanwhile
     * that its client is gone. `arrives: false`: they are lost, and Postgres notices. `act`: done at that moment, before any arrives.
     */
    loseRepliesToCommit: (whose: string, times: number, how: Partial<Omit<Losing, 'whose' | 'left'>> = {}) => {
      losing = { ...NOT_LOSING, ...how, whose, left: times }
    },
    /** Cuts all connections and takes none until `comeBack`. */
    goAway: () => {
      away = true
      cut()
    },
    /** Takes connections again. */
    comeBack: () => {
      away = false
    },
    /** Replies that are still to be lost. */
    stillToLose: () => losing.left,
    close: async () => {
      const closed = new Promise((resolve) => listener.close(resolve))
      cut()
      await closed
    },
  } as const
}

const hostAndPort = (url: string) => {
  const { hostname, port } = new URL(url)
  return { host: hostname, port: Number(port) }
}

/** A simple query that says just that. */
const isCommit = (chunk: Buffer) => /^Q[\s\S]{4}commit;?\0/i.test(chunk.toString('latin1'))
