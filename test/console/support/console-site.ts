import { createKey } from '../../../src/ledger/keys/api-keys.ts'
import { type Ids, seedService } from '../../support/seeded-service.ts'
import { openService, type ServiceOptions } from '../../support/service.ts'
import { type Browser, openBrowser } from './browser.ts'

export type ConsoleSite = Awaited<ReturnType<typeof openConsoleSite>>

/** A service with its console, one thing of each kind in it, and a browser. `clerk` may read, enqueue and operate, as an operator's key does. */
export async function openConsoleSite(options: ServiceOptions = {}) {
  const service = await openService(options)
  const ids: Ids = await seedService(service)
  const { key: clerk } = await createKey(service.db, 'clerk', ['read', 'enqueue', 'operate'])
  const { key: everything } = await createKey(service.db, 'everything', ['read', 'enqueue', 'operate', 'admin'])
  const browser: Browser = await openBrowser(service.url)
  const close = async () => {
    await browser.close()
    await service.close()
  }
  return { ...service, ids, clerk, everything, browser, close } as const
}
