/** Who did something: the API key and the request, kept with everything that changes. */
export type Actor = { readonly apiKeyId: string; readonly requestId: string }
