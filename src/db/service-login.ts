import { type Kysely, sql } from 'kysely'
import pg from 'pg'
import { StartError } from '../config.ts'

/** The role with the rights of the service (migrations/0003 and 0008). It cannot log in; the logins of the service are its members. */
export const SERVICE_ROLE = 'nightbill_service'

const NO_RIGHT = '42501'

/**
 * Gives the login that `url` names the rights of the service, as the owner of the migrated database. Creates the login, with the password
 * of `url`, unless it exists, and makes it a member of the service's role. Throws a StartError when it is the owner's own login, or when
 * the owner lacks the right to do this.
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

/** Creates a role unless it exists. Another process may be creating it at the same moment. */
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
 * Throws a StartError unless the login of a connection is one of the service: with no more rights than the service needs, and no way to get
 * more. With the owner's rights, a mistake in code could edit what a bill run has decided. The database must be migrated.
 */
export async function refuseOwner<T>(db: Kysely<T>): Promise<void> {
  const { rows } = await sql<{ login: string; privileged: boolean; owner: string | null; member: boolean }>`
    select current_user as login, rolsuper or rolcreaterole or rolreplication or rolbypassrls as privileged,
      (select min(pg_get_userbyid(relowner)) from pg_class
       where relkind = 'r' and relnamespace in ('public'::regnamespace, to_regnamespace('bullmq')) and pg_has_role(current_user, relowner, 'member')) as owner,
      pg_has_role(current_user, ${SERVICE_ROLE}, 'usage') as member
    from pg_roles where rolname = current_user`.execute(db)
  const { login, privileged, owner, member } = rows[0] as (typeof rows)[number]
  const advice =
    'name another login in DATABASE_URL, and the owner in OWNER_DATABASE_URL, and run `nightbill migrate`, which creates it'
  if (privileged) throw new StartError(`the login ${login} of DATABASE_URL is a superuser, or nearly so: ${advice}`)
  if (owner !== null)
    throw new StartError(
      `the login ${login} of DATABASE_URL is, or can become, ${owner}, who owns the tables: ${advice}`,
    )
  if (!member)
    throw new StartError(
      `the login ${login} of DATABASE_URL lacks the rights of the service: run \`nightbill migrate\`, which grants them`,
    )
}
