import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { StartError, userConfigFolder } from '../config.ts'

/** Where a service is, and the key for it. */
export type Profile = { readonly url: string; readonly apiKey: string }

export type Profiles = Readonly<Record<string, Profile>>

/** The file that keeps the profiles of this user. */
export const profilesFile = (): string => join(userConfigFolder(), 'nightbill', 'profiles.json')

/** The profiles by name; none when nobody has signed in. Throws a StartError when the file cannot be read. */
export function readProfiles(): Profiles {
  const file = profilesFile()
  try {
    const { profiles } = JSON.parse(readFileSync(file, 'utf8')) as { profiles: Profiles }
    if (typeof profiles !== 'object' || profiles === null) throw new Error('it has no profiles')
    return profiles
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw new StartError(`${file} cannot be read: ${(error as Error).message}; remove it and sign in again`)
  }
}

/** Writes the profiles where only this user can read them. It is a new file in place of the old one: never half of it. */
export function writeProfiles(profiles: Profiles): void {
  const file = profilesFile()
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const next = `${file}.${process.pid}`
  writeFileSync(next, `${JSON.stringify({ profiles }, null, 2)}\n`, { mode: 0o600 })
  chmodSync(next, 0o600)
  renameSync(next, file)
}
