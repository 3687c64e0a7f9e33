import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'

const here = import.meta.dirname
const require = createRequire(import.meta.url)
/** A file of a package, by its path beside what the package exports: packages do not export all that they ship. */
const beside = (name: string, path: string) => join(dirname(require.resolve(name)), path)
const font = (family: string, file: string) => beside(`@fontsource-variable/${family}`, `files/${file}`)
const SANS = ['latin', 'latin-ext', 'greek', 'cyrillic'].map((subset) =>
  font('source-sans-3', `source-sans-3-${subset}-wght-normal.woff2`),
)
const MONO = ['latin', 'latin-ext'].map((subset) =>
  font('atkinson-hyperlegible-mono', `atkinson-hyperlegible-mono-${subset}-wght-normal.woff2`),
)

/** What the browser loads, by the name under which it is served. It is served as it lies: there is no build. */
const FILES: Readonly<Record<string, string>> = {
  'console.css': join(here, 'assets/console.css'),
  'favicon.svg': join(here, 'assets/favicon.svg'),
  'console.js': join(here, 'browser/console.js'),
  'chart.js': join(here, 'browser/chart.js'),
  'uplot.js': beside('uplot', 'uPlot.iife.min.js'),
  'uplot.css': beside('uplot', 'uPlot.min.css'),
  'htmx.js': beside('htmx.org', 'htmx.min.js'),
  'hx-sse.js': beside('htmx.org', 'ext/hx-sse.min.js'),
  'auto-complete.js': beside('@github/auto-complete-element', 'bundle.js'),
  'hotkey.js': beside('@github/hotkey', 'index.js'),
  ...Object.fromEntries([...SANS, ...MONO].map((file) => [basename(file), file])),
}

/** Changes when any file changes, so that a browser may keep them for ever. */
const VERSION = createHash('sha256')
  .update(Buffer.concat(Object.values(FILES).map((file) => readFileSync(file))))
  .digest('base64url')
  .slice(0, 10)

/** The address of a file, by its name. Throws when there is none. */
export function asset(name: string): string {
  if (!(name in FILES)) throw new Error(`there is no asset ${name}`)
  return `/assets/${VERSION}/${name}`
}

/** Serves the files, to be kept by the browser for a year. */
export async function serveAssets(scope: FastifyInstance): Promise<void> {
  await scope.register(fastifyStatic, { root: here, serve: false })
  scope.get<{ Params: { version: string; name: string } }>(
    '/assets/:version/:name',
    { config: { isPublic: true, rateLimit: false }, schema: { hide: true } },
    (request, reply) => {
      const { version, name } = request.params
      const file = version === VERSION ? FILES[name] : undefined
      if (file === undefined) return reply.callNotFound()
      return reply.sendFile(basename(file), dirname(file), { maxAge: '1y', immutable: true })
    },
  )
}
