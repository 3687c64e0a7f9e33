import type { Config } from '../config.ts'
import type { ClientDefaults } from './client-command.ts'
import { readProfiles } from './profiles.ts'

type Key = { readonly value: string | undefined; readonly source: string }

/** The profile of those who have named none. */
const DEFAULT_PROFILE = 'default'

/**
 * Where the service is and with which key, when a command does not say: by a profile that is named, else by NIGHTBILL_URL and
 * NIGHTBILL_API_KEY, else by the default profile, else the service of this machine. The key of a profile goes to the address of that
 * profile alone.
 */
export function connectionDefaults(config: Config, named: string | undefined): ClientDefaults {
  const profileName = named ?? config.NIGHTBILL_PROFILE ?? DEFAULT_PROFILE
  const isNamed = profileName !== DEFAULT_PROFILE || named !== undefined
  const profile = readProfiles()[profileName]
  const local = `http://${config.HOST}:${config.PORT}`
  const url = (isNamed ? profile?.url : undefined) ?? config.NIGHTBILL_URL ?? profile?.url ?? local
  const keysFor = (address: string): readonly Key[] => {
    const own = profile && sameOrigin(address, profile.url) ? profile.apiKey : undefined
    const kept: Key = { value: own, source: `profile ${profileName}` }
    return [
      ...(isNamed ? [kept] : []),
      { value: config.NIGHTBILL_API_KEY, source: 'NIGHTBILL_API_KEY' },
      kept,
      { value: config.BOOTSTRAP_API_KEY, source: 'BOOTSTRAP_API_KEY' },
    ]
  }
  const keyFor = (address: string) => keysFor(address).find(({ value }) => value !== undefined)
  return { url, keyFor, profileName, profile }
}

function sameOrigin(one: string, other: string): boolean {
  return URL.canParse(one) && URL.canParse(other) && new URL(one).origin === new URL(other).origin
}
