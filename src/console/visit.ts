import type { SafeHtml } from '@remix-run/html-template'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Me } from '../api/types.ts'
import type { ApiClient } from '../client/api-client.ts'
import type { Config } from '../config.ts'
import type { Preferences } from './preferences.ts'

/** The sections of the console, as the rail names them. */
export type Section =
  | 'home'
  | 'accounts'
  | 'credits'
  | 'invoices'
  | 'bill-runs'
  | 'schedules'
  | 'work'
  | 'keys'
  | 'activity'

/** What a key must allow to see a page, or to post a form. */
export type PageScope = 'read' | 'enqueue' | 'operate' | 'admin'

/** A signed-in person's request for a page. */
export type Visit = {
  readonly client: ApiClient
  readonly me: Me
  /** Whether the key has the scope. A button that is not shown is a courtesy: the API asks again. */
  readonly may: (scope: PageScope) => boolean
  /** Path and query, as asked for. */
  readonly url: URL
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** The fields of a posted form. One that was sent twice counts once, as last sent. */
  readonly form: Readonly<Record<string, string>>
  readonly preferences: Preferences
  readonly config: Config
  readonly now: Date
  /** Aborted when the process is told to stop: a stream ends then. */
  readonly closing: AbortSignal
  /** For what is not a page: a stream, or a file. */
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

/** What happened, said once on the next page. */
export type Notice = {
  readonly tone: 'ok' | 'warn' | 'bad'
  /** The first words, set in bold: what happened. */
  readonly strong: string
  /** What else there is to say, such as what to do next. */
  readonly text?: string
}

/** A page: the layout is put around it. */
export type Page = {
  readonly kind: 'page'
  /** For the browser's tab, before the name of the program. */
  readonly title: string
  readonly section?: Section | undefined
  readonly body: SafeHtml
  /** 200 unless said. */
  readonly status?: number
}

/** A part of a page, for a script that asked for it. */
export type Fragment = { readonly kind: 'fragment'; readonly body: SafeHtml }

/** Somewhere else, as after every post. */
export type Redirect = { readonly kind: 'redirect'; readonly to: string; readonly notice?: Notice | undefined }

/** Whoever answers has answered by itself, by `visit.reply`. */
export type Answered = { readonly kind: 'answered' }

export type Answer = Page | Fragment | Redirect | Answered

export const page = (parts: Omit<Page, 'kind'>): Page => ({ kind: 'page', ...parts })
export const fragment = (body: SafeHtml): Fragment => ({ kind: 'fragment', body })
/** Sends the browser on. `to` is a local path. */
export const redirect = (to: string, notice?: Notice): Redirect => ({ kind: 'redirect', to, notice })
export const answered: Answered = { kind: 'answered' }

export type PageHandler = (visit: Visit) => Promise<Answer>

/** Where pages register themselves. */
export type PageRoutes = {
  /** A page that a key with the scope may see. `path` is Fastify's, with `:names`. */
  readonly get: (path: string, scope: PageScope, handler: PageHandler) => void
  /** A form that a key with the scope may post. */
  readonly post: (path: string, scope: PageScope, handler: PageHandler) => void
}

/** The pages of one file. */
export type Pages = (routes: PageRoutes) => void
