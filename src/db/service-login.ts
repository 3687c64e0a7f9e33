import { type Kysely, sql } from 'kysely'
import pg from 'pg'
import { StartError } from '../config.ts'

/** The role that holds the rights of the service (migrations/0003 and 0008). Nobody logs in as it: a login of the service is a member. */
export const SERVICE_ROLE = 'nightbill_service'

const NO_RIGHT = '42501'

/**
 * Lets the login that `url` names act for the service, as the owner of the migrated database: makes it with the password of `url` unless it is there,
 * and makes it a member of the service's role. Throws a StartError when it is the owner's own, or when the owner may not.
 */
export async function admitLogin(ownerUrl: string, url: string): Promise<void> {
  const login = decodeURIComponent(new URL(url).username)
  const password = decodeURIComponent(new URL(url).password)
  if (login === '' || login === decodeURIComponent(new URL(ownerUrl).username)) {
    throw new StartError(
      'DATABASE_URL must name a login of its own for the service, with a password, other than that of OWNER_DATABASE_URL: `nightbill migrate` makes it',
    )
  }
  const client = new pg.Client({ connectionString: ownerUrl, connectionTimeoutMillis: 5_000 })
  await client.connect()
  try {
    const name = pg.escapeIdentifier(login)
    await ensureRole(client, login, `login password ${pg.escapeLiteral(password)}`)
    await client.query(`grant ${SERVICE_ROLE} to ${name} with inherit true, set false`)
  } catch (error) {
    if ((error as { code?: string }).code !== NO_RIGHT) throw error
    throw new StartError(
      `the login of OWNER_DATABASE_URL may not make the login ${login}: have an administrator run \`create role ${login} login password '...'; grant ${SERVICE_ROLE} to ${login}\``,
    )
  } finally {
    await client.end()
  }
}

/** Makes a role with options unless it is there. Others may be making it at the same moment. */
async function ensureRole(client: pg.Client, role: string, options: string): Promise<void> {
  const { rowCount } = await client.query('select from pg_roles where rolname = $1', [role])
  if (rowCount !== 0) return
  try {
    await client.query(`create role ${pg.escapeIdentifier(role)} ${options}`)
  } catch (error) {
    const { code } = error as { code?: string }
    if (code !== '42710' && code !== '23505') throw error
  }
}

/**
 * Throws a StartError unless the login of a connection is one of the service's own: with no more rights than the service has, and no way to
 * get any. As the owner, a mistake in code could edit what a bill run has decided. The database must be migrated.
 */
export async function refuseOwner<T>(db: Kysely<T>): Promise<void> {
  const { rows } = await sql<{ login: string; mighty: boolean; owner: string | null; member: boolean }>`
    select current_user as login, rolsuper or rolcreaterole or rolreplication or rolbypassrls as mighty,
      (select min(pg_get_userbyid(relowner)) from pg_class
       where relkind = 'r' and relnamespace in ('public'::regnamespace, to_regnamespace('bullmq')) and pg_has_role(current_user, relowner, 'member')) as owner,
      pg_has_role(current_user, ${SERVICE_ROLE}, 'usage') as member
    from pg_roles where rolname = current_user`.execute(db)
  const { login, mighty, owner, member } = rows[0] as (typeof rows)[number]
  const mend =
    'name another in DATABASE_URL, and the owner in OWNER_DATABASE_URL, and run `nightbill migrate`, which makes it'
  if (mighty) throw new StartError(`the login ${login} of DATABASE_URL is a superuser, or nearly so: ${mend}`)
  if (owner !== null)
    throw new StartError(`the login ${login} of DATABASE_URL is, or can become, ${owner}, who owns the tables: ${mend}`)
  if (!member)
    throw new StartError(
      `the login ${login} of DATABASE_URL is not one of the service's: run \`nightbill migrate\`, which admits it`,
    )
}
