export const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'

/** Nothing that a browser does by itself: it is to load what the tests serve, and nothing else. */
export const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** The cookie of a new session of a key. */
export async function signIn(baseURL: string, key: string) {
  const answer = await fetch(new URL('/v1/sessions', baseURL), {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
  })
  if (answer.status !== 201) throw new Error(`signing in was answered ${answer.status}`)
  const { token } = (await answer.json()) as { token: string }
  return { name: 'nightbill', value: token, url: baseURL }
}
