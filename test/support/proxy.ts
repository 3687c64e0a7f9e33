import { connect, createServer, type Server, type Socket } from 'node:net'

export type TcpProxy = {
  readonly port: number
  /** Takes no connection and ends those that there are, as when what is behind it is stopped. */
  cut(): Promise<void>
  /** Passes everything on again. */
  mend(): Promise<void>
  close(): Promise<void>
}

/** A TCP proxy on a port of its own before another port of this machine, which can be cut. */
export async function openProxy(targetPort: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    return socket
  }
  const pass = (from: Socket, to: Socket) => {
    from.on('data', (chunk) => !to.destroyed && to.write(chunk))
    from.once('close', () => to.destroy())
  }
  const accept = (client: Socket) => {
    const target = keep(connect(targetPort, '127.0.0.1'))
    keep(client)
    pass(client, target)
    pass(target, client)
  }
  const listen = (port: number) =>
    new Promise<Server>((resolve, reject) => {
      const server = createServer(accept).once('error', reject)
      server.listen(port, '127.0.0.1', () => resolve(server))
    })

  let server = await listen(0)
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const cut = async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of sockets) socket.destroy()
    await closed
  }
  return {
    port,
    cut,
    mend: async () => {
      if (!server.listening) server = await listen(port)
    },
    close: async () => {
      if (server.listening) await cut()
    },
  }
}
