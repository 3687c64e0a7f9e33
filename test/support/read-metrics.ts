/** Every series that a service's /metrics shows, by its name with labels, as `nightbill_to_be_done{kind="credit"}`. */
export async function readMetrics(url: string): Promise<Readonly<Record<string, number>>> {
  const response = await fetch(new URL('/metrics', url))
  if (!response.ok) throw new Error(`/metrics answers ${response.status}: ${await response.text()}`)
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return Object.fromEntries(
    lines.map((line) => {
      const space = line.lastIndexOf(' ')
      return [line.slice(0, space), Number(line.slice(space + 1))]
    }),
  )
}
