/** The API key and the request behind a change, stored with it. */
export type Actor = { readonly apiKeyId: string; readonly requestId: string }
