import type { RouteOptions } from 'fastify'
import type { Api } from './context.ts'

/**
 * Sees to it that no route is open because somebody forgot to say who may use it: the service does not start while a route declares neither a scope nor
 * that it is public.
 */
export function requireDeclaredAccess(api: Api): void {
  const routes: RouteOptions[] = []
  api.addHook('onRoute', (route) => void routes.push(route))
  // Not in the hook itself: a plugin declares the access of its routes in a hook of its own, which runs later.
  api.addHook('onReady', async () => {
    const open = routes.filter(({ config }) => config?.scope === undefined && config?.isPublic !== true)
    if (open.length === 0) return
    const names = open.map(({ method, url }) => `${[method].flat().join(', ')} ${url}`)
    throw new Error(`these routes declare neither a scope nor that they are public: ${names.join(', ')}`)
  })
}
