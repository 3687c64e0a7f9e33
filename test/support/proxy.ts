import { type AddressInfo, createServer, connect, type Socket } from 'node:net'

export type Proxy = Awaited<ReturnType<typeof openProxy>>

type Link = { readonly client: Socket; readonly server: Socket; readonly opening: () => string }

/**
 * A TCP proxy on loopback before whatever the URL names: an address that stays when what is behind it moves, and a wire that can be
 * slow or cut.
 */
export async function openProxy(targetUrl: string) {
  let target = hostAndPort(targetUrl)
  let delayMs = 0
  let commitsToCut: { readonly whose: string; left: number } | undefined
  const links = new Set<Link>()

  const listener = createServer({ noDelay: true }, (client) => {
    const server = connect({ ...target, noDelay: true })
    let opening = ''
    const link: Link = { client, server, opening: () => opening }
    links.add(link)
    const cut = () => {
      links.delete(link)
      client.destroy()
      server.destroy()
    }
    for (const socket of [client, server]) socket.on('error', cut).on('close', cut)
    client.on('data', (chunk) => {
      if (opening.length < 1_000) opening += chunk.toString('latin1')
      if (commitsToCut && commitsToCut.left > 0 && opening.includes(commitsToCut.whose) && isCommit(chunk)) {
        commitsToCut.left -= 1
        // The server gets it and carries it out; its reply finds nobody.
        server.write(chunk, () => server.end())
        links.delete(link)
        client.removeAllListeners('close').destroy()
        server.removeAllListeners('close').resume()
        return
      }
      pass(chunk, server)
    })
    server.on('data', (chunk) => pass(chunk, client))
  })

  /** In order, since all wait alike. */
  const pass = (chunk: Buffer, to: Socket) => {
    if (delayMs === 0) to.write(chunk)
    else setTimeout(() => to.destroyed || to.write(chunk), delayMs)
  }

  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const { port } = listener.address() as AddressInfo
  return {
    /** The same URL by way of the proxy. */
    before: (url: string) => Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(port) }).toString(),
    /** Where new connections go. */
    lead: (url: string) => {
      target = hostAndPort(url)
    },
    /** Holds back everything by this much, each way. */
    delay: (ms: number) => {
      delayMs = ms
    },
    /** Cuts all connections there are; how many. */
    cut: () => {
      const cut = [...links]
      for (const { client } of cut) client.destroy()
      return cut.length
    },
    /** Cuts the next connections whose application name is this just when their COMMIT has gone to the server. */
    loseRepliesToCommit: (whose: string, times: number) => {
      commitsToCut = { whose, left: times }
    },
    /** Replies still to be lost. */
    stillToLose: () => commitsToCut?.left ?? 0,
    close: async () => {
      for (const { client } of links) client.destroy()
      await new Promise((resolve) => listener.close(resolve))
    },
  } as const
}

const hostAndPort = (url: string) => {
  const { hostname, port } = new URL(url)
  return { host: hostname, port: Number(port) }
}

/** A simple query message that says just that. */
const isCommit = (chunk: Buffer) => /^Q[\s\S]{4}commit;?\0/i.test(chunk.toString('latin1'))
