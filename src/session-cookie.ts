/** Where the console is reached from outside; undefined when that is not said. */
type Reached = { readonly PUBLIC_URL?: string | undefined }

export const isOverTls = ({ PUBLIC_URL }: Reached): boolean => PUBLIC_URL?.startsWith('https:') ?? false

/** The name of the cookie that carries a session's token. `__Host-` lets a browser take it from this host over TLS only. */
export const sessionCookieName = (reached: Reached): string => (isOverTls(reached) ? '__Host-nightbill' : 'nightbill')
