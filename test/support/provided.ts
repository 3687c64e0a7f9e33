import 'vitest'

declare module 'vitest' {
  /** What the global set-up hands to every test file. */
  interface ProvidedContext {
    /** The cluster's maintenance database; the account may create databases and roles. */
    postgresUrl: string
    /** The same server as the service logs in to it. */
    serviceUrl: string
    /** Empty when there is no Redis: tests which need one are skipped. */
    redisUrl: string
  }
}
