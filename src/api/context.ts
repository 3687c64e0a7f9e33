import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify'
import type { Config } from '../config.ts'
import type { Db } from '../db/open.ts'
import type { Backend } from '../queue/backend.ts'
import type { Queues } from '../queue/queues.ts'

/** What the routes work with. */
export type ApiContext = {
  readonly config: Config
  readonly db: Db
  /** For what is only shown: connections of its own, on which nothing can be written. */
  readonly reads: Db
  readonly backend: Backend
  readonly queues: Queues
}

export type Scope = 'enqueue' | 'read' | 'operate' | 'admin'

/** The app, with requests typed by their schemas. */
export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

/** The routes of one resource. */
export type Routes = (api: Api, context: ApiContext) => void

/** The key that a request came with. */
export type Caller = {
  readonly id: string
  readonly scopes: readonly string[]
  /** When the request came with a browser's session, and not with the key itself. */
  readonly sessionId?: string
}

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | undefined
  }
  interface FastifyContextConfig {
    /** What the caller's key must allow; `any`: every key will do. A route declares this or that it is public. */
    scope?: Scope | 'any'
    /** Open to all, without a key. */
    isPublic?: boolean
    /** The key may come as the password of Basic authentication too, as from a browser. */
    asPassword?: boolean
    /** The body may be left out. */
    bodyOptional?: boolean
  }
}
